// Registers and the mutex: objects whose whole state is one value.
#include <utility>

#include "jepsen/linear/intern.h"
#include "jepsen/linear/model.h"

namespace quadraft::jepsen {
namespace {

// What an operation needs of the state and what it leaves. Enough for read, write, cas, acquire and
// release.
struct CellStep {
  bool has_need = false;
  bool has_effect = false;
  uint32_t need = 0;
  uint32_t effect = 0;
};

class CellMachine : public Machine {
 public:
  CellMachine(ValueTable values, std::vector<CellStep> steps, uint32_t initial, std::string noun)
      : values_(std::move(values)), steps_(std::move(steps)), initial_(initial), noun_(noun) {}

  uint32_t initial() const override { return initial_; }
  uint32_t Step(uint32_t state, size_t index) override {
    const auto& step = steps_[index];
    if (step.has_need && step.need != state) return kImpossible;
    return step.has_effect ? step.effect : state;
  }
  bool IsPure(size_t index) const override { return !steps_[index].has_effect; }
  bool IsTotal(size_t index) const override { return !steps_[index].has_need; }
  bool IsBlind(size_t index) const override { return !steps_[index].has_need; }
  uint64_t Class(size_t index) const override {
    const auto& step = steps_[index];
    // Ids are below 2^31: they index a vector of values that were read into memory.
    return (uint64_t{step.has_need ? step.need + 1 : 0} << 32) | step.effect;
  }
  std::string Describe(uint32_t state) const override { return StrCat(noun_, values_.text(state)); }
  std::string Refusal(uint32_t, size_t index) const override {
    return StrCat("it needs ", noun_, values_.text(steps_[index].need));
  }

 private:
  ValueTable values_;
  std::vector<CellStep> steps_;
  uint32_t initial_;
  std::string noun_;
};

class RegisterModelImpl : public Model {
 public:
  RegisterModelImpl(Value initial, bool has_cas)
      : initial_(std::move(initial)), has_cas_(has_cas) {}

  std::string_view name() const override { return has_cas_ ? "cas-register" : "register"; }

  StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    ValueTable values;
    const uint32_t initial = values.Id(initial_);
    std::vector<CellStep> steps;
    steps.reserve(operations.size());
    for (const Operation* operation : operations) {
      CellStep step;
      if (operation->f == "read" || operation->f == "r") {
        step.has_need = true;
        step.need = values.Id(operation->output);
      } else if (operation->f == "write" || operation->f == "w") {
        step.has_effect = true;
        step.effect = values.Id(operation->input);
      } else if (has_cas_ && operation->f == "cas" && operation->input.is_sequence() &&
                 operation->input.items().size() == 2) {
        step.has_need = true;
        step.need = values.Id(operation->input.items()[0]);
        step.effect = values.Id(operation->input.items()[1]);
        step.has_effect = step.need != step.effect;  // cas [3 3] is a read of 3.
      } else {
        return InvalidArgument("not an operation of a ", name(), " (read, write v",
                               has_cas_ ? ", cas [from to]" : "", "): ", operation->ToString());
      }
      steps.push_back(step);
    }
    return std::make_unique<CellMachine>(std::move(values), std::move(steps), initial, "value ");
  }

 private:
  Value initial_;
  bool has_cas_;
};

class MutexModelImpl : public Model {
 public:
  explicit MutexModelImpl(bool held) : held_(held) {}

  std::string_view name() const override { return "mutex"; }

  StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    ValueTable values;
    const uint32_t free = values.Id(Value::Text(Value::Kind::kSymbol, "free"));
    const uint32_t held = values.Id(Value::Text(Value::Kind::kSymbol, "held"));
    std::vector<CellStep> steps;
    steps.reserve(operations.size());
    for (const Operation* operation : operations) {
      if (operation->f == "acquire") {
        steps.push_back({.has_need = true, .has_effect = true, .need = free, .effect = held});
      } else if (operation->f == "release") {
        steps.push_back({.has_need = true, .has_effect = true, .need = held, .effect = free});
      } else {
        return InvalidArgument("not an operation of a mutex (acquire, release): ",
                               operation->ToString());
      }
    }
    return std::make_unique<CellMachine>(std::move(values), std::move(steps), held_ ? held : free,
                                         "lock ");
  }

 private:
  bool held_;
};

}  // namespace

std::unique_ptr<Model> RegisterModel(Value initial) {
  return std::make_unique<RegisterModelImpl>(std::move(initial), false);
}

std::unique_ptr<Model> CasRegisterModel(Value initial) {
  return std::make_unique<RegisterModelImpl>(std::move(initial), true);
}

std::unique_ptr<Model> MutexModel(bool held) { return std::make_unique<MutexModelImpl>(held); }

}  // namespace quadraft::jepsen
