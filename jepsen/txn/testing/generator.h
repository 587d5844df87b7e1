// Histories of a database that exists only here, right or wrong in known ways: for differential
// tests and the benchmark.
//
//   GeneratorOptions options;
//   options.txns = 1'000'000;
//   TxnHistory history = Generate(options);         // Strictly serializable.
#ifndef QUADRAFT_JEPSEN_TXN_TESTING_GENERATOR_H_
#define QUADRAFT_JEPSEN_TXN_TESTING_GENERATOR_H_

#include <cstddef>
#include <cstdint>

#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

enum class Fault : uint8_t {
  kNone,
  kStaleRead,         // One read sees its key as it was long before: broken real time.
  kAbortedRead,       // One transaction fails, though others saw it.
  kIntermediateRead,  // One read sees a key in the middle of a transaction.
  kLostWrite,         // One acknowledged write is gone from all later reads.
  kSnapshot,          // All reads come from the state at invoke: lost updates, write skew.
};

struct GeneratorOptions {
  TxnKind kind = TxnKind::kListAppend;
  uint64_t seed = 1;
  size_t txns = 1000;
  size_t processes = 10;
  size_t keys = 10;  // In use at a time, each next one half as likely; as in Elle's generator.
  size_t writes_per_key_max = 32;  // Then a new key takes its place.
  size_t mops_max = 4;
  uint64_t info_one_in = 0;  // Every so many transactions end in info, done or not; 0: none.
  uint64_t fail_one_in = 0;
  uint64_t stale_one_in = 0;  // Every so many reads see an earlier state, any one.
  bool final_reads = false;  // Ends with a read of every key, one transaction each.
  Fault fault = Fault::kNone;
};

// With a fault other than kSnapshot it happens once, somewhere in the middle.
TxnHistory Generate(const GeneratorOptions& options);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_TESTING_GENERATOR_H_
