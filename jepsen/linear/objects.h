// How a history falls apart into objects that can be judged apart (P-compositionality, Horn &
// Kroening, FORTE 2015; locality, Herlihy & Wing 1990).
//
//   ObjectMaker maker;
//   maker.Put(Value::Keyword("x"));           // The first operation is on x,
//   maker.Put(Value::Keyword("y"));           // the second on y.
//   Objects objects = maker.Take();           // names {":x", ":y"}, of {0, 1}
#ifndef QUADRAFT_JEPSEN_LINEAR_OBJECTS_H_
#define QUADRAFT_JEPSEN_LINEAR_OBJECTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

struct Objects {
  // Of an operation that touches nothing and says nothing: it is left out.
  static constexpr uint32_t kNone = static_cast<uint32_t>(-1);

  std::vector<std::string> names;  // In order of first use; "" when there is only one.
  std::vector<uint32_t> of;        // The object of each operation.
};

class ObjectMaker {
 public:
  // The next operation is on the object of this key; nil has no name.
  void Put(const Value& key);
  void PutNowhere() { objects_.of.push_back(Objects::kNone); }
  Objects Take() { return std::move(objects_); }

 private:
  uint32_t IdOf(const Value& key);

  Objects objects_;
  absl::flat_hash_map<int64_t, uint32_t> integers_;  // Never iterated.
  absl::flat_hash_map<std::string, uint32_t> others_;
};

// Sets of numbers that have been joined.
class UnionFind {
 public:
  uint32_t Find(uint32_t item);
  void Join(uint32_t a, uint32_t b);

 private:
  std::vector<uint32_t> parents_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_OBJECTS_H_
