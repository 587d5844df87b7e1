// How long a million transactions take, strict serializability included, and what they cost in
// memory. Ten clients, one to four micro-operations each, 32 writes per key: as Elle measures.
//
//   bazel run -c opt //jepsen/txn:txn_benchmark
#include <sys/resource.h>

#include "benchmark/benchmark.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/testing/generator.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {
namespace {

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

TxnHistory Make(TxnKind kind, int64_t txns) {
  GeneratorOptions options;
  options.kind = kind;
  options.txns = static_cast<size_t>(txns);
  return Generate(options);
}

template <typename Check>
void Run(benchmark::State& state, TxnKind kind, Check check) {
  const TxnHistory history = Make(kind, state.range(0));
  TxnReport report;
  for (auto _ : state) {
    report = check(history);
    if (report.outcome != Outcome::kGood) state.SkipWithError(report.summary.c_str());
  }
  state.counters["txns/s"] = benchmark::Counter(static_cast<double>(history.size()),
                                                benchmark::Counter::kIsIterationInvariantRate);
  state.counters["edges"] = static_cast<double>(report.edges);
  state.counters["history_MiB"] = static_cast<double>(history.memory_bytes()) / (1 << 20);
  state.counters["peak_MiB"] = PeakMib();
}

void BM_ListAppendStrict(benchmark::State& state) {
  Run(state, TxnKind::kListAppend,
      [](const TxnHistory& history) { return CheckListAppend(history, {}); });
}

void BM_ListAppendSerializable(benchmark::State& state) {
  TxnOptions options;
  options.consistency = {"serializable"};
  Run(state, TxnKind::kListAppend,
      [&options](const TxnHistory& history) { return CheckListAppend(history, options); });
}

void BM_RwRegisterStrict(benchmark::State& state) {
  Run(state, TxnKind::kRwRegister,
      [](const TxnHistory& history) { return CheckRwRegister(history, {}); });
}

// With the versions ordered by every rule that Elle has.
void BM_RwRegisterAllRules(benchmark::State& state) {
  TxnOptions options;
  options.wfr_keys = options.sequential_keys = options.linearizable_keys = true;
  Run(state, TxnKind::kRwRegister,
      [&options](const TxnHistory& history) { return CheckRwRegister(history, options); });
}

// A million transactions of a database that loses updates all the time.
void BM_ListAppendWrong(benchmark::State& state) {
  GeneratorOptions options;
  options.txns = static_cast<size_t>(state.range(0));
  options.fault = Fault::kSnapshot;
  const TxnHistory history = Generate(options);
  TxnReport report;
  for (auto _ : state) {
    report = CheckListAppend(history, {});
    if (report.outcome != Outcome::kBad) state.SkipWithError("nothing found");
  }
  state.SetLabel(report.summary);
  state.counters["peak_MiB"] = PeakMib();
}

BENCHMARK(BM_ListAppendStrict)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ListAppendSerializable)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_RwRegisterStrict)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_RwRegisterAllRules)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ListAppendWrong)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace quadraft::jepsen
