#include "jepsen/linear/model.h"

#include <utility>

namespace quadraft::jepsen {

std::string Model::Partition(const Operation& operation) const {
  return operation.key.is_nil() ? std::string() : operation.key.ToString();
}

StatusOr<std::unique_ptr<Model>> MakeModel(std::string_view name, Value initial) {
  if (name == "register") return RegisterModel(std::move(initial));
  if (name == "cas-register" || name == "quad-register") {
    return CasRegisterModel(std::move(initial));
  }
  if (name == "multi-register") {
    if (!initial.is_nil() && !initial.is_map()) {
      return InvalidArgument("multi-register starts from a map such as {:x 0 :y 0}, not from ",
                             initial.ToString());
    }
    return MultiRegisterModel(std::move(initial));
  }
  if (name == "mutex" || name == "kv") {
    if (!initial.is_nil()) return InvalidArgument("the model ", name, " has no initial value");
    if (name == "mutex") return MutexModel();
    return KvModel();
  }
  return InvalidArgument("no model \"", name,
                         "\"; there are register, cas-register, quad-register, mutex, kv, "
                         "multi-register");
}

}  // namespace quadraft::jepsen
