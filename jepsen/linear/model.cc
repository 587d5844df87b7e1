#include "jepsen/linear/model.h"

#include <utility>

namespace quadraft::jepsen {
namespace {

using Made = StatusOr<std::unique_ptr<Model>>;

template <std::unique_ptr<Model> (*Make)(Value)>
Made FromValue(Value initial) {
  return Make(std::move(initial));
}

template <std::unique_ptr<Model> (*Make)()>
Made FromNothing(Value initial) {
  if (!initial.is_nil()) return InvalidArgument("the model has no initial value to choose");
  return Make();
}

Made FreeMutex(Value initial) {
  if (!initial.is_nil()) return InvalidArgument("a mutex is free at first");
  return MutexModel();
}

Made FromMap(Value initial) {
  if (!initial.is_nil() && !initial.is_map()) {
    return InvalidArgument("multi-register starts from a map such as {:x 0 :y 0}, not from ",
                           initial.ToString());
  }
  return MultiRegisterModel(std::move(initial));
}

}  // namespace

Objects Model::Split(const std::vector<Operation>& operations) const {
  ObjectMaker maker;
  for (const Operation& operation : operations) maker.Put(operation.key);
  return maker.Take();
}

const std::vector<NamedModel>& NamedModels() {
  static const std::vector<NamedModel>* const models = new std::vector<NamedModel>{
      {"register", "read, write v; one per key", FromValue<RegisterModel>},
      {"cas-register", "the same and cas [from to]", FromValue<CasRegisterModel>},
      {"quad-register", "a cas-register per (graph, subject, predicate)",
       FromValue<CasRegisterModel>},
      {"multi-register", "txn [[:read k v] [:write k v] ...]", FromMap},
      {"mutex", "acquire, release", FreeMutex},
      {"kv", "get, put \"s\", append \"s\"; one text per key", FromNothing<KvModel>},
      {"set", "add v, remove v, contains v -> bool, read -> [v ...]", FromNothing<SetModel>},
      {"queue", "enqueue v, dequeue -> v; first in, first out", FromNothing<QueueModel>},
      {"unordered-queue", "enqueue v, dequeue -> v; in any order",
       FromNothing<UnorderedQueueModel>},
      {"quad-set",
       "insert [q ...], delete [q ...], update {:delete [q ...] :insert [q ...]}, match pattern -> "
       "[q ...], ask pattern -> bool; a pattern is a quad with nil for anything",
       FromNothing<QuadModel>},
  };
  return *models;
}

StatusOr<std::unique_ptr<Model>> MakeModel(std::string_view name, Value initial) {
  std::string names;
  for (const NamedModel& model : NamedModels()) {
    if (model.name == name) return model.make(std::move(initial));
    StrAppend(&names, names.empty() ? "" : ", ", model.name);
  }
  return InvalidArgument("no model \"", name, "\"; there are ", names);
}

}  // namespace quadraft::jepsen
