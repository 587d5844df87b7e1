// What an object promises when one client at a time uses it: the sequential specification that a
// history is judged by.
//
// A Model says which operations touch the same object (`Split`) and compiles the operations of
// one object into a Machine: a state machine over small integers, so that the search compares and
// hashes states as numbers. Equal states have equal ids.
//
//   auto model = CasRegisterModel();     // read, write, cas [from to]; nil at first; one per key
//   StatusOr<std::unique_ptr<Model>> named = MakeModel("mutex");
//
// A new model: a Machine, a Model, a row in model.cc.
#ifndef QUADRAFT_JEPSEN_LINEAR_MODEL_H_
#define QUADRAFT_JEPSEN_LINEAR_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/history.h"
#include "jepsen/linear/objects.h"

namespace quadraft::jepsen {

// The states of one object and what each of the given operations does to them.
class Machine {
 public:
  static constexpr uint32_t kImpossible = static_cast<uint32_t>(-1);
  virtual ~Machine() = default;

  virtual uint32_t initial() const = 0;
  // The state after operation `index` (in the vector given to Compile) in `state`, or kImpossible
  // when the object could not have answered so. Of an operation whose result is unknown: the state
  // if it happened.
  virtual uint32_t Step(uint32_t state, size_t index) = 0;
  // True when operation `index` can only be observed by its own result: when that is unknown, the
  // search leaves it out.
  virtual bool IsPure(size_t index) const = 0;
  // True when operation `index` is possible in every state.
  virtual bool IsTotal(size_t) const { return false; }
  // True when it is total and leaves the same state whatever was before.
  virtual bool IsBlind(size_t) const { return false; }
  // Operations with equal class do the same to every state. Asked of those that are not pure.
  virtual uint64_t Class(size_t index) const = 0;
  // "value 3", "held": for explanations.
  virtual std::string Describe(uint32_t state) const = 0;
  // Why operation `index` is impossible in `state`: "it saw 3". Needs: it is.
  virtual std::string Refusal(uint32_t state, size_t index) const = 0;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual std::string_view name() const = 0;
  // The objects that the operations touch: those on different objects do not matter to each other.
  // The default: one per key.
  virtual Objects Split(const std::vector<Operation>& operations) const;
  // InvalidArgument when an operation is none of the model's, quoting it.
  virtual StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const = 0;
};

// read -> value, write value. `initial` is read before the first write.
std::unique_ptr<Model> RegisterModel(Value initial = {});
// The same and cas [from to]: ok only when the value was `from`. Keyed by (graph, subject,
// predicate) it is the quad register.
std::unique_ptr<Model> CasRegisterModel(Value initial = {});
// acquire, release: free at first.
std::unique_ptr<Model> MutexModel(bool held = false);
// get -> string, put string, append string, per key; "" at first.
std::unique_ptr<Model> KvModel();
// txn [[:read k v] [:write k v] ...] (also :r, :w) over several registers at once. `initial` is a
// map; keys not in it are nil.
std::unique_ptr<Model> MultiRegisterModel(Value initial = {});

// add, remove, contains -> bool, read -> [all]: set_model.cc.
std::unique_ptr<Model> SetModel();
// RDF quads inserted, deleted, updated, matched by pattern, asked for: quad_model.cc.
std::unique_ptr<Model> QuadModel();
// enqueue, dequeue -> value: first in first out, or in any order: queue_model.cc.
std::unique_ptr<Model> QueueModel();
std::unique_ptr<Model> UnorderedQueueModel();

struct NamedModel {
  std::string_view name;
  std::string_view what;  // The operations, one line.
  StatusOr<std::unique_ptr<Model>> (*make)(Value initial);
};
const std::vector<NamedModel>& NamedModels();

// InvalidArgument when there is none of that name (it lists those that are) or it cannot start from
// that value.
StatusOr<std::unique_ptr<Model>> MakeModel(std::string_view name, Value initial = {});

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_MODEL_H_
