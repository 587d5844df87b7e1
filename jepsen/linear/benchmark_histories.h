// Histories for the benchmark that are longer or harder than the published ones: a real object,
// clients that keep `clients` operations open at once, and crashed ones (info) among them.
// Deterministic by seed.
//
//   History history = MakeHistory({.shape = Shape::kKv, .clients = 50, .operations = 20'000});
#ifndef QUADRAFT_JEPSEN_LINEAR_BENCHMARK_HISTORIES_H_
#define QUADRAFT_JEPSEN_LINEAR_BENCHMARK_HISTORIES_H_

#include <cstdint>

#include "jepsen/history/history.h"

namespace quadraft::jepsen {

enum class Shape : uint8_t {
  kRegister,  // read, write, cas over few values.
  kKv,        // get, put, append of unique texts, as Porcupine's kv files.
  kSet,       // add, remove, read of the whole.
  kQueue,     // enqueue, dequeue: first in, first out.
};

struct HistorySpec {
  Shape shape = Shape::kRegister;
  int clients = 10;
  int operations = 1000;
  int keys = 1;
  int values = 5;
  int info_per_mille = 0;  // Of the operations, how many crash; half of them take effect.
  bool lie = false;        // The last read tells of a value that was never there.
  uint64_t seed = 1;
};

History MakeHistory(const HistorySpec& spec);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_BENCHMARK_HISTORIES_H_
