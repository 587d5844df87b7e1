// GraphState::CheckConsistency: reads everything and believes nothing.
#include "core/base/bytes.h"
#include "store/runs/run_cursor.h"
#include "store/state/graph_state.h"

namespace quadraft::store {
namespace {

// What one permutation of one run comes to, whatever its order.
struct Contents {
  uint64_t rows = 0;
  Hash128 sum;  // Of fingerprints of (quad, timestamp).
  friend bool operator==(const Contents&, const Contents&) = default;
};

StatusOr<Contents> ReadPermutation(RunCursor cursor, Permutation permutation, Timestamp applied) {
  Contents contents;
  QR_RETURN_IF_ERROR(cursor.SeekTo({}));
  std::optional<Row> last;
  while (cursor.row() != nullptr) {
    const Row row = *cursor.row();
    if (last && !(*last < row)) return DataLoss("index: rows out of order");
    if (row.at == 0 || row.at > applied.value())
      return DataLoss("index: a row at ", row.at, ", applied is ", applied);
    std::string bytes;
    for (const TermId id : QuadOf(row.ids, permutation)) PutFixed<uint64_t>(&bytes, id.value());
    PutFixed<uint64_t>(&bytes, row.at);
    contents.sum.Add(Fingerprint(bytes));
    ++contents.rows;
    last = row;
    QR_RETURN_IF_ERROR(cursor.Next());
  }
  return contents;
}

// `cursor_of` a permutation. All six must hold the same rows.
template <typename CursorOf>
Status CheckRun(CursorOf cursor_of, std::string_view what, Timestamp applied) {
  std::optional<Contents> first;
  for (int p = 0; p < kPermutationCount; ++p) {
    const auto permutation = static_cast<Permutation>(p);
    auto contents = ReadPermutation(cursor_of(permutation), permutation, applied);
    if (!contents.ok()) return Annotate(contents.status(), what);
    if (!first) first = *contents;
    if (*contents == *first) continue;
    return DataLoss(what, ": permutation ", p, " holds ", contents->rows, " rows that sum to ",
                    contents->sum.ToHex(), ", permutation 0 holds ", first->rows, " that sum to ",
                    first->sum.ToHex());
  }
  return OkStatus();
}

Status CheckContent(const RunSet& runs, const KvSnapshot& snapshot, const Dictionary& dictionary,
                    const GraphMeta& meta) {
  Hash128 digest;
  uint64_t quads = 0;
  RunMerge merge;
  for (const auto& run : runs.recent) merge.Add(RunCursor(*run, Permutation::kSpog, {}));
  for (const auto& run : runs.stored) merge.Add(RunCursor(*run, snapshot, Permutation::kSpog, {}));
  QR_RETURN_IF_ERROR(merge.SeekTo({}));
  while (true) {
    QR_ASSIGN_OR_RETURN(const bool found, merge.Next());
    if (!found) break;
    const IdQuad ids = QuadOf(merge.ids(), Permutation::kSpog);
    rdf::Quad quad;
    rdf::Term* const terms[] = {&quad.subject, &quad.predicate, &quad.object, &quad.graph};
    for (size_t i = 0; i < 4; ++i) {
      QR_ASSIGN_OR_RETURN(*terms[i], dictionary.Lookup(ids[i]));
    }
    QR_ASSIGN_OR_RETURN(const bool there,
                        IsThere(runs, snapshot, ids, Timestamp(meta.applied_index.value())));
    const size_t toggles = merge.toggles().size();
    if (there != (toggles % 2 == 1))
      return DataLoss("index: a filter hides a run that has rows of a quad");
    if (!there) continue;
    digest.Add(rdf::QuadFingerprint(quad));
    ++quads;
  }
  if (quads != meta.quad_count)
    return DataLoss("state: ", quads, " quads, expected ", meta.quad_count);
  if (digest != meta.digest) {
    return DataLoss("state: digest ", digest.ToHex(), ", expected ", meta.digest.ToHex());
  }
  return OkStatus();
}

// What the sessions' digest was counted up to, once more.
Status CheckSessions(const txn::SessionTable& sessions) {
  txn::SessionTable copy;
  for (const LogIndex number : sessions.Numbers()) QR_RETURN_IF_ERROR(copy.Restore(sessions.Encode(number)));
  copy.SetClock(sessions.summary().clock_ms);
  if (copy.summary() == sessions.summary() && copy.outcomes() == sessions.outcomes()) return OkStatus();
  return DataLoss("sessions: digest ", sessions.summary().digest.ToHex(), " of ", sessions.outcomes(),
                  " outcomes, expected ", copy.summary().digest.ToHex(), " of ", copy.outcomes());
}

}  // namespace

Status GraphState::CheckConsistency() const {
  QR_RETURN_IF_ERROR(terms_->Check().status());
  const auto snapshot = kv_.Snapshot();
  const auto runs = index_->runs();
  const Timestamp applied(meta_.applied_index.value());
  for (const auto& run : runs->recent) {
    QR_RETURN_IF_ERROR(CheckRun(
        [&](Permutation permutation) { return RunCursor(*run, permutation, {}); }, "recent run",
        applied));
  }
  for (const auto& run : runs->stored) {
    QR_RETURN_IF_ERROR(CheckRun(
        [&](Permutation permutation) { return RunCursor(*run, *snapshot, permutation, {}); },
        StrCat("run ", run->id, " of space ", run->space), applied));
  }
  QR_RETURN_IF_ERROR(CheckSessions(sessions_));
  return CheckContent(*runs, *snapshot, *terms_->dictionary(), meta_);
}

}  // namespace quadraft::store
