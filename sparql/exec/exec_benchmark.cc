// Scans, joins and aggregates over a synthetic view of kNodes subjects: rows of the inputs per second.
#include <benchmark/benchmark.h>

#include <memory>

#include "core/base/check.h"
#include "core/env/random.h"
#include "sparql/exec/solutions.h"
#include "sparql/parser/parser.h"
#include "sparql/testing/memory_view.h"

namespace quadraft::sparql {
namespace {

constexpr int kNodes = 100'000;

std::shared_ptr<const MemoryView> Data() {
  static const auto view = [] {
    Random random(1, "benchmark");
    std::vector<rdf::Quad> quads;
    const auto node = [](uint64_t i) { return rdf::Term::Iri(StrCat("http://example.org/node/", i)); };
    for (uint64_t i = 0; i < kNodes; ++i) {
      quads.push_back({node(i), rdf::Term::Iri("p:value"), rdf::Term::Literal(StrCat(random.Below(1000)), rdf::kXsdInteger), {}});
      quads.push_back({node(i), rdf::Term::Iri("p:next"), node(random.Below(kNodes)), {}});
      quads.push_back({node(i), rdf::Term::Iri("p:kind"), rdf::Term::Iri(StrCat("k:", i % 4)), {}});
      quads.push_back({node(i), rdf::Term::Iri("p:half"), rdf::Term::Iri(StrCat("h:", i % 2)), {}});
    }
    return MemoryView::Of(std::move(quads));
  }();
  return view;
}

// `input_rows`: what the query must at least touch.
void Run(benchmark::State& state, const char* text, int64_t input_rows) {
  const auto view = Data();
  const auto query = ParseQuery(text, {});
  QR_CHECK(query.ok()) << ToString(query.status());
  size_t answers = 0;
  for (auto unused : state) {
    auto solutions = Solutions::Open(*query->pattern, query->variables, query->dataset, view, {}, query->projection);
    QR_CHECK(solutions.ok()) << ToString(solutions.status());
    Batch batch;
    answers = 0;
    while (true) {
      const auto rows = (*solutions)->Next(&batch);
      QR_CHECK(rows.ok()) << ToString(rows.status());
      if (*rows == 0) break;
      answers += *rows;
    }
  }
  state.counters["answers"] = static_cast<double>(answers);
  state.SetItemsProcessed(state.iterations() * input_rows);
}

void BM_Scan(benchmark::State& state) { Run(state, "SELECT * { ?s <p:next> ?o }", kNodes); }
void BM_MergeJoin(benchmark::State& state) {
  Run(state, "SELECT * { ?s <p:kind> <k:1> . ?s <p:half> <h:1> }", kNodes / 4 + kNodes / 2);
}
void BM_HashJoin(benchmark::State& state) {
  Run(state, "SELECT * { ?s <p:next> ?t . ?s <p:value> ?v }", 2 * kNodes);
}
void BM_IndexJoin(benchmark::State& state) {
  Run(state, "SELECT * { <http://example.org/node/7> <p:next> ?t . ?t <p:value> ?v }", 2);
}
void BM_FilterInteger(benchmark::State& state) {
  Run(state, "SELECT * { ?s <p:value> ?v FILTER(?v > 990) }", kNodes);
}
void BM_FilterString(benchmark::State& state) {
  Run(state, "SELECT * { ?s <p:half> <h:1> FILTER(STRENDS(STR(?s), \"7\")) }", kNodes / 2);
}
void BM_GroupCount(benchmark::State& state) {
  Run(state, "SELECT ?v (COUNT(*) AS ?c) { ?s <p:value> ?v } GROUP BY ?v", kNodes);
}
void BM_GroupSum(benchmark::State& state) {
  Run(state, "SELECT ?k (SUM(?v) AS ?c) { ?s <p:kind> ?k . ?s <p:value> ?v } GROUP BY ?k", 2 * kNodes);
}
void BM_Distinct(benchmark::State& state) { Run(state, "SELECT DISTINCT ?o { ?s <p:next> ?o }", kNodes); }
void BM_OrderBy(benchmark::State& state) { Run(state, "SELECT ?v { ?s <p:value> ?v } ORDER BY ?v", kNodes); }
void BM_Top(benchmark::State& state) { Run(state, "SELECT ?v { ?s <p:value> ?v } ORDER BY DESC(?v) LIMIT 10", kNodes); }
void BM_Exists(benchmark::State& state) {
  Run(state, "SELECT ?s { ?s <p:next> ?t FILTER EXISTS { ?t <p:kind> <k:1> } }", kNodes);
}
BENCHMARK(BM_Scan)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_MergeJoin)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_HashJoin)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_IndexJoin)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_FilterInteger)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_FilterString)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_GroupCount)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_GroupSum)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Distinct)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_OrderBy)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Top)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Exists)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace quadraft::sparql
