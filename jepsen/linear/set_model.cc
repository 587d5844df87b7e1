// A set of values: add v, remove v, contains v -> true or false, read -> all of it (as a vector,
// list or set). Empty at first.
#include <utility>

#include "jepsen/linear/intern.h"
#include "jepsen/linear/member_machine.h"
#include "jepsen/linear/model.h"

namespace quadraft::jepsen {
namespace {

bool IsCollection(const Value& value) {
  return value.is_sequence() || value.kind() == Value::Kind::kSet;
}

class SetModelImpl : public Model {
 public:
  std::string_view name() const override { return "set"; }

  // Without a read of the whole, each element is an object of its own.
  Objects Split(const std::vector<Operation>& operations) const override {
    for (const Operation& operation : operations) {
      if (operation.f == "read" && operation.outcome == EventType::kOk) {
        return Model::Split(operations);
      }
    }
    ObjectMaker maker;
    for (const Operation& operation : operations) {
      if (operation.f == "read") {
        maker.PutNowhere();
      } else if (operation.key.is_nil()) {
        maker.Put(operation.input);
      } else {
        maker.Put(Value::Vector({operation.key, operation.input}));
      }
    }
    return maker.Take();
  }

  StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    ValueTable values;
    const uint32_t count = CountMembers(operations, &values);
    std::vector<MemberStep> steps;
    for (const Operation* operation : operations) {
      MemberStep step;
      const bool is_known = operation->outcome == EventType::kOk;
      if (operation->f == "add") {
        step.added.push_back(values.Id(operation->input));
      } else if (operation->f == "remove") {
        step.removed.push_back(values.Id(operation->input));
      } else if (operation->f == "contains" &&
                 (!is_known || operation->output.kind() == Value::Kind::kBool)) {
        auto& seen = operation->output.as_bool() ? step.present : step.absent;
        if (is_known) seen.push_back(values.Id(operation->input));
      } else if (operation->f == "read" && (!is_known || IsCollection(operation->output))) {
        if (is_known) Look(operation->output, count, &values, &step);
      } else {
        return InvalidArgument(
            "not an operation of a set (add v, remove v, contains v -> true, read -> [v ...]): ",
            operation->ToString());
      }
      steps.push_back(std::move(step));
    }
    std::vector<std::string> names;
    for (uint32_t i = 0; i < count; ++i) names.push_back(values.text(i));
    return MakeMemberMachine(std::move(names), std::move(steps));
  }

 private:
  static uint32_t CountMembers(const std::vector<const Operation*>& operations,
                               ValueTable* values) {
    for (const Operation* operation : operations) {
      if (operation->f != "read") {
        values->Id(operation->input);
      } else if (IsCollection(operation->output)) {
        for (const Value& item : operation->output.items()) values->Id(item);
      }
    }
    return values->size();
  }

  static void Look(const Value& seen, uint32_t count, ValueTable* values, MemberStep* step) {
    for (const Value& item : seen.items()) step->present.push_back(values->Id(item));
    Normalize(&step->present);
    size_t next = 0;
    for (uint32_t member = 0; member < count; ++member) {
      if (next < step->present.size() && step->present[next] == member) {
        ++next;
      } else {
        step->absent.push_back(member);
      }
    }
  }
};

}  // namespace

std::unique_ptr<Model> SetModel() { return std::make_unique<SetModelImpl>(); }

}  // namespace quadraft::jepsen
