// Strings under keys, with append: the object of Porcupine's kv histories (get, put, append; "" at
// first).
#include <algorithm>
#include <utility>

#include "jepsen/linear/intern.h"
#include "jepsen/linear/model.h"

namespace quadraft::jepsen {
namespace {

enum class KvKind : uint8_t { kGet, kPut, kAppend };

struct KvStep {
  KvKind kind;
  uint32_t text;           // Of the argument, or of the result of a get.
  uint32_t put_state = 0;  // The state that a put leaves.
};

// A state that begins no text that a get returned is like every other such state: no append makes a
// get possible again, and a put does so for all alike. They are one state, kLost, so that the
// orders of appends that nobody saw are not told apart.
class KvMachine : public Machine {
 public:
  KvMachine(TextTable texts, std::vector<KvStep> steps)
      : texts_(std::move(texts)), steps_(std::move(steps)) {
    for (const KvStep& step : steps_) {
      if (step.kind == KvKind::kGet) seen_.push_back(texts_.text(step.text));
    }
    std::sort(seen_.begin(), seen_.end());
    for (KvStep& step : steps_) {
      step.put_state = BeginsSeen(texts_.text(step.text)) ? step.text : kLost;
    }
  }

  uint32_t initial() const override { return BeginsSeen("") ? 0 : kLost; }
  uint32_t Step(uint32_t state, size_t index) override {
    const KvStep& step = steps_[index];
    switch (step.kind) {
      case KvKind::kGet:
        return step.text == state ? state : kImpossible;
      case KvKind::kPut:
        return step.put_state;
      case KvKind::kAppend:
        break;
    }
    if (state == kLost) return kLost;
    // The search asks the same question again and again: strings are joined once per (state,
    // argument).
    const uint64_t question = (uint64_t{state} << 32) | step.text;
    const auto [found, is_new] = appended_.try_emplace(question, 0);
    if (is_new) {
      const std::string text = StrCat(texts_.text(state), texts_.text(step.text));
      found->second = BeginsSeen(text) ? texts_.Id(text) : kLost;
    }
    return found->second;
  }
  bool IsPure(size_t index) const override { return steps_[index].kind == KvKind::kGet; }
  bool IsTotal(size_t index) const override { return steps_[index].kind != KvKind::kGet; }
  bool IsBlind(size_t index) const override { return steps_[index].kind == KvKind::kPut; }
  uint64_t Class(size_t index) const override {
    return (uint64_t{static_cast<uint8_t>(steps_[index].kind)} << 32) | steps_[index].text;
  }
  std::string Describe(uint32_t state) const override {
    if (state == kLost) return "a value that no get ever saw";
    return StrCat("value ", Value::String(texts_.text(state)).ToString());
  }
  // Texts are long: what matters is where they part.
  std::string Refusal(uint32_t state, size_t index) const override {
    if (state == kLost) return "no get ever saw what is there";
    const std::string& seen = texts_.text(steps_[index].text);
    const std::string& there = texts_.text(state);
    const auto parted = std::mismatch(seen.begin(), seen.end(), there.begin(), there.end());
    const auto same = static_cast<size_t>(parted.first - seen.begin());
    return StrCat(
        "it saw a text that is the same for ", same, " bytes and then ",
        same == seen.size() ? "ends" : Value::String(seen.substr(same, 20)).ToString(), ", not ",
        same == there.size() ? "the end" : Value::String(there.substr(same, 20)).ToString());
  }

 private:
  static constexpr uint32_t kLost = kImpossible - 1;

  bool BeginsSeen(const std::string& text) const {
    const auto first = std::lower_bound(seen_.begin(), seen_.end(), text);
    return first != seen_.end() && first->starts_with(text);
  }

  TextTable texts_;
  std::vector<KvStep> steps_;
  std::vector<std::string> seen_;                     // By gets; sorted.
  absl::flat_hash_map<uint64_t, uint32_t> appended_;  // Never iterated.
};

class KvModelImpl : public Model {
 public:
  std::string_view name() const override { return "kv"; }

  StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    TextTable texts;
    texts.Id("");  // State 0.
    std::vector<KvStep> steps;
    steps.reserve(operations.size());
    for (const Operation* operation : operations) {
      const bool is_get = operation->f == "get";
      const Value& value = is_get ? operation->output : operation->input;
      const bool is_text = value.kind() == Value::Kind::kString;
      if (is_get && (is_text || operation->outcome != EventType::kOk)) {
        steps.push_back({KvKind::kGet, texts.Id(value.text())});
      } else if (operation->f == "put" && is_text) {
        steps.push_back({KvKind::kPut, texts.Id(value.text())});
      } else if (operation->f == "append" && is_text) {
        steps.push_back({KvKind::kAppend, texts.Id(value.text())});
      } else {
        return InvalidArgument("not an operation of kv (get, put \"s\", append \"s\"): ",
                               operation->ToString());
      }
    }
    return std::make_unique<KvMachine>(std::move(texts), std::move(steps));
  }
};

}  // namespace

std::unique_ptr<Model> KvModel() { return std::make_unique<KvModelImpl>(); }

}  // namespace quadraft::jepsen
