// How fast entries are applied and scanned, on one core, over a disk in memory.
//   bazel run -c opt //store/state:apply_benchmark
#include <benchmark/benchmark.h>

#include "core/txn/write_set.h"
#include "store/state/graph_state.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {
namespace {

using rdf::Term;

// Shaped like vocabulary and product data: subjects with about ten properties, objects half shared
// and half their own.
rdf::Quad QuadNumber(uint64_t n) {
  const uint64_t subject = n / 10;
  rdf::Quad quad;
  quad.subject = Term::Iri(
      StrCat("http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/instances/Product", subject));
  quad.predicate = Term::Iri(
      StrCat("http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/property", n % 10));
  const uint64_t mixed = n * 0x9e3779b97f4a7c15u >> 32;
  switch (n % 4) {
    case 0:
      quad.object = Term::Literal(StrCat(mixed % 2000), rdf::kXsdInteger);
      break;
    case 1:
      quad.object = Term::Iri(
          StrCat("http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/instances/Type", mixed % 500));
      break;
    case 2:
      quad.object = Term::Literal(StrCat("a label that is unique to the subject ", n), {}, "en");
      break;
    default:
      quad.object =
          Term::Iri(StrCat("http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/instances/Product",
                           mixed % (subject + 1)));
  }
  return quad;
}

raft::Entry EntryOf(uint64_t index, uint64_t first, uint64_t count) {
  txn::WriteSet writes;
  for (uint64_t n = first; n < first + count; ++n) writes.inserts.push_back(QuadNumber(n));
  return {RaftTerm{1}, LogIndex{index}, raft::EntryKind::kNormal,
          std::make_shared<const std::string>(txn::EncodeWriteSet(writes))};
}

struct Fixture {
  MemoryEnv env;
  std::unique_ptr<KvStore> kv = std::move(*KvStore::Open(env, "state", {}));
  std::unique_ptr<GraphState> state = *GraphState::Open(*kv, GroupId{1}, {});
};

// `quads` quads in entries of range(1).
void BM_Apply(benchmark::State& bench) {
  const auto quads = static_cast<uint64_t>(bench.range(0)),
             per_entry = static_cast<uint64_t>(bench.range(1));
  std::vector<raft::Entry> entries;
  for (uint64_t n = 0; n < quads; n += per_entry)
    entries.push_back(EntryOf(entries.size() + 1, n, per_entry));
  for (auto _ : bench) {
    Fixture fixture;
    for (const raft::Entry& entry : entries) {
      if (!fixture.state->Apply({&entry, 1}).ok()) bench.SkipWithError("apply");
    }
    if (!fixture.state->MakeDurable(fixture.state->applied_index()).ok()) bench.SkipWithError("make durable");
    fixture.env.RunUntilIdle();
    if (fixture.state->quad_count() == 0) bench.SkipWithError("nothing applied");
    bench.counters["bytes_per_quad"] =
        static_cast<double>(fixture.env.memory_disk().total_bytes()) / static_cast<double>(quads);
  }
  bench.SetItemsProcessed(static_cast<int64_t>(bench.iterations() * quads));
}
BENCHMARK(BM_Apply)
    ->Args({500000, 1000})
    ->Args({50000, 1})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

void BM_Scan(benchmark::State& bench) {
  Fixture fixture;
  constexpr uint64_t kQuads = 200000;
  for (uint64_t i = 0; i < 200; ++i) {
    const raft::Entry entry = EntryOf(i + 1, i * kQuads / 200, kQuads / 200);
    if (!fixture.state->Apply({&entry, 1}).ok()) bench.SkipWithError("apply");
  }
  fixture.env.RunUntilIdle();
  const auto view = fixture.state->LatestView();
  int64_t rows = 0;
  for (auto _ : bench) {
    const auto scan = view->Scan({.permutation = static_cast<Permutation>(bench.range(0))});
    ColumnBatch batch;
    while (true) {
      const auto found = scan->Next(&batch);
      if (!found.ok()) bench.SkipWithError("scan");
      if (!found.ok() || *found == 0) break;
      rows += static_cast<int64_t>(*found);
      benchmark::DoNotOptimize(batch);
    }
  }
  bench.SetItemsProcessed(rows);
}
BENCHMARK(BM_Scan)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace quadraft::store
