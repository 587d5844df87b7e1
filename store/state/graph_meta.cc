#include "store/state/graph_meta.h"

#include "core/base/bytes.h"

namespace quadraft::store {
namespace {

constexpr uint32_t kFormat = 4;
constexpr uint32_t kFormatWithoutSessions = 3;  // The same without the last part.
constexpr uint32_t kFormatWithoutRuns = 2;  // The same record; the quads are kept as state/format2.h says.
constexpr uint32_t kFormatWithoutConfiguration = 1;

}  // namespace

std::string EncodeGraphMeta(const GraphMeta& meta) {
  std::string out;
  const bool sessions = meta.sessions != txn::SessionSummary{};
  PutFixed<uint32_t>(&out, sessions ? kFormat : kFormatWithoutSessions);
  PutFixed<uint32_t>(&out, meta.space);
  for (const uint64_t number :
       {meta.applied_index.value(), meta.applied_term.value(), meta.quad_count, meta.digest.high,
        meta.digest.low, meta.horizon.value()}) {
    PutFixed<uint64_t>(&out, number);
  }
  PutFixed<uint64_t>(&out, meta.configuration.index.value());
  PutLengthPrefixed(&out, meta.configuration.payload);
  if (!sessions) return out;
  for (const uint64_t number : {meta.sessions.clock_ms, meta.sessions.count, meta.sessions.digest.high,
                                meta.sessions.digest.low}) {
    PutFixed<uint64_t>(&out, number);
  }
  return out;
}

StatusOr<GraphMeta> DecodeGraphMeta(std::string_view bytes) {
  uint32_t format = 0, space = 0;
  uint64_t index = 0, term = 0, quads = 0, high = 0, low = 0, horizon = 0, configuration = 0;
  std::string_view payload;
  if (!GetFixed(&bytes, &format) || format < kFormatWithoutConfiguration || format > kFormat)
    return DataLoss("group state: format ", format, "; this program knows ", kFormatWithoutConfiguration,
                    " to ", kFormat);
  if (!GetFixed(&bytes, &space) || !GetFixed(&bytes, &index) || !GetFixed(&bytes, &term) ||
      !GetFixed(&bytes, &quads) || !GetFixed(&bytes, &high) || !GetFixed(&bytes, &low) ||
      !GetFixed(&bytes, &horizon)) {
    return DataLoss("group state: malformed");
  }
  if (format != kFormatWithoutConfiguration &&
      (!GetFixed(&bytes, &configuration) || !GetLengthPrefixed(&bytes, &payload))) {
    return DataLoss("group state: malformed");
  }
  txn::SessionSummary sessions;
  if (format == kFormat && (!GetFixed(&bytes, &sessions.clock_ms) || !GetFixed(&bytes, &sessions.count) ||
                            !GetFixed(&bytes, &sessions.digest.high) || !GetFixed(&bytes, &sessions.digest.low))) {
    return DataLoss("group state: malformed");
  }
  if (!bytes.empty()) return DataLoss("group state: malformed");
  return GraphMeta{LogIndex(index),
                   RaftTerm(term),
                   quads,
                   Hash128{high, low},
                   space,
                   Timestamp(horizon),
                   {LogIndex(configuration), std::string(payload)},
                   sessions,
                   /*has_runs=*/format >= kFormatWithoutSessions};
}

}  // namespace quadraft::store
