// What compressing entries costs and saves: records of one write set each, as INSERT DATA makes them.
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/base/compress.h"
#include "core/txn/write_set.h"
#include "store/log/format.h"

namespace quadraft::store {
namespace {

// So many quads of people: IRIs of a few namespaces, short literals.
raft::Entry MakeEntry(int quads) {
  txn::WriteSet writes;
  uint64_t state = 1;
  for (int i = 0; i < quads; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    rdf::Quad quad;
    quad.subject = rdf::Term::Iri(absl::StrCat("http://example.org/person/", state >> 40));
    quad.predicate = rdf::Term::Iri(absl::StrCat("http://xmlns.com/foaf/0.1/p", i % 7));
    quad.object = rdf::Term::Literal(absl::StrCat("value ", state >> 44, " of ", i));
    writes.inserts.push_back(std::move(quad));
  }
  return {RaftTerm{1}, LogIndex{1}, raft::EntryKind::kNormal,
          std::make_shared<const std::string>(txn::EncodeWriteSet(writes))};
}

// bytes: of the record's body; times: how much smaller it became.
void BM_EncodeEntries(benchmark::State& state) {
  const raft::Entry entry = MakeEntry(static_cast<int>(state.range(0)));
  const size_t from = state.range(1) != 0 ? kCompressFromBytes : SIZE_MAX;
  std::string body;
  for (auto _ : state) benchmark::DoNotOptimize(body = EncodeEntries({&entry, 1}, from));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * entry.payload_bytes()));
  state.counters["bytes"] = static_cast<double>(body.size());
  state.counters["times"] = static_cast<double>(entry.payload_bytes()) / static_cast<double>(body.size());
}
BENCHMARK(BM_EncodeEntries)->ArgsProduct({{1, 10, 100, 1000, 10000}, {0, 1}});

void BM_DecodeEntries(benchmark::State& state) {
  const raft::Entry entry = MakeEntry(static_cast<int>(state.range(0)));
  const std::string body =
      EncodeEntries({&entry, 1}, state.range(1) != 0 ? kCompressFromBytes : SIZE_MAX);
  for (auto _ : state) benchmark::DoNotOptimize(DecodeEntries(body));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * entry.payload_bytes()));
}
BENCHMARK(BM_DecodeEntries)->ArgsProduct({{100, 1000, 10000}, {0, 1}});

}  // namespace
}  // namespace quadraft::store
