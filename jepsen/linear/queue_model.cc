// Queues: enqueue v, dequeue -> v; a dequeue that says nil saw an empty queue. Empty at first.
//
// queue            first in, first out
// unordered-queue  any element may come out; each value is an object of its own, unless somebody
// saw
//                  the queue empty
#include <algorithm>
#include <utility>

#include "jepsen/linear/intern.h"
#include "jepsen/linear/model.h"

namespace quadraft::jepsen {
namespace {

struct QueueStep {
  bool is_enqueue = false;
  bool is_known = false;  // A dequeue's result.
  bool saw_empty = false;
  uint32_t value = 0;
};

bool SawEmpty(const Operation& operation) {
  return operation.f == "dequeue" && operation.outcome == EventType::kOk &&
         operation.output.is_nil();
}

StatusOr<std::vector<QueueStep>> CompileSteps(const std::vector<const Operation*>& operations,
                                              std::string_view model, ValueTable* values) {
  std::vector<QueueStep> steps;
  for (const Operation* operation : operations) {
    QueueStep step;
    if (operation->f == "enqueue") {
      step.is_enqueue = true;
      step.value = values->Id(operation->input);
    } else if (operation->f == "dequeue") {
      step.is_known = operation->outcome == EventType::kOk;
      step.saw_empty = SawEmpty(*operation);
      if (step.is_known && !step.saw_empty) step.value = values->Id(operation->output);
    } else {
      return InvalidArgument("not an operation of a ", model,
                             " (enqueue v, dequeue -> v): ", operation->ToString());
    }
    steps.push_back(step);
  }
  return steps;
}

// When a value is enqueued once and dequeued once, the dequeues' real time tells in which order the
// enqueues came: those orders that it excludes are refused at the enqueue, not when the dequeue
// fails much later (Bouajjani, Emmi, Enea, Hamza: "On reducing linearizability to state
// reachability", ICALP 2015).
class Precedence {
 public:
  Precedence(const std::vector<const Operation*>& operations, const std::vector<QueueStep>& steps,
             uint32_t values)
      : seen_(values) {
    for (size_t i = 0; i < steps.size(); ++i) {
      const QueueStep& step = steps[i];
      if (!step.is_enqueue && !step.is_known) has_unknown_ = true;
      if (!step.is_enqueue && (!step.is_known || step.saw_empty)) continue;
      Seen& seen = seen_[step.value];
      if (step.is_enqueue) {
        ++seen.enqueues;
      } else {
        ++seen.dequeues;
        seen.invoked = operations[i]->invoked;
        seen.completed = operations[i]->completed;
      }
    }
  }
  // Whether `first` cannot stand before `second` in the queue.
  bool Excludes(uint32_t first, uint32_t second) const {
    const Seen& a = seen_[first];
    const Seen& b = seen_[second];
    if (a.enqueues != 1 || b.enqueues != 1 || b.dequeues != 1 || a.dequeues > 1) return false;
    if (a.dequeues == 0) return !has_unknown_;  // It would stand in the way for ever.
    return b.completed < a.invoked;
  }

 private:
  struct Seen {
    int enqueues = 0;
    int dequeues = 0;
    size_t invoked = 0;
    size_t completed = 0;
  };
  std::vector<Seen> seen_;
  bool has_unknown_ = false;  // A dequeue of nobody knows what.
};

class FifoMachine : public Machine {
 public:
  FifoMachine(const std::vector<const Operation*>& operations, std::vector<QueueStep> steps,
              ValueTable values)
      : steps_(std::move(steps)),
        values_(std::move(values)),
        precedence_(operations, steps_, values_.size()) {
    Intern({});
  }

  uint32_t initial() const override { return 0; }
  uint32_t Step(uint32_t state, size_t index) override {
    const QueueStep& step = steps_[index];
    const std::vector<uint32_t>& queue = states_[state];
    if (step.saw_empty) return queue.empty() ? state : kImpossible;
    if (!step.is_enqueue && step.is_known && (queue.empty() || queue[0] != step.value)) {
      return kImpossible;
    }
    if (!step.is_enqueue && queue.empty()) return state;
    const uint64_t question = (uint64_t{state} << 32) | Class(index);
    const auto found = answers_.find(question);
    if (found != answers_.end()) return found->second;
    uint32_t after = kImpossible;
    if (!step.is_enqueue) {
      after = Intern({queue.begin() + 1, queue.end()});
    } else if (FirstExcluded(queue, step.value) == queue.size()) {
      std::vector<uint32_t> longer = queue;
      longer.push_back(step.value);
      after = Intern(std::move(longer));
    }
    answers_.emplace(question, after);
    return after;
  }
  bool IsPure(size_t index) const override { return steps_[index].saw_empty; }
  uint64_t Class(size_t index) const override {
    const QueueStep& step = steps_[index];
    if (step.is_enqueue) return 2 * uint64_t{step.value} + 2;
    return step.is_known ? 2 * uint64_t{step.value} + 3 : 0;
  }
  std::string Describe(uint32_t state) const override {
    if (states_[state].empty()) return "an empty queue";
    std::string out = "the queue";
    constexpr size_t kShown = 12;
    const size_t shown = std::min(states_[state].size(), kShown);
    for (size_t i = 0; i < shown; ++i) StrAppend(&out, " ", values_.text(states_[state][i]));
    if (shown < states_[state].size()) {
      StrAppend(&out, " and ", states_[state].size() - shown, " more");
    }
    return out;
  }
  std::string Refusal(uint32_t state, size_t index) const override {
    const QueueStep& step = steps_[index];
    const std::vector<uint32_t>& queue = states_[state];
    if (step.is_enqueue) {
      const size_t at = FirstExcluded(queue, step.value);
      return StrCat("it would stand behind ", at < queue.size() ? values_.text(queue[at]) : "one",
                    ", which came out later or never");
    }
    if (queue.empty()) return "the queue is empty";
    return StrCat("the first in the queue is ", values_.text(queue[0]));
  }

 private:
  size_t FirstExcluded(const std::vector<uint32_t>& queue, uint32_t value) const {
    size_t at = 0;
    while (at < queue.size() && !precedence_.Excludes(queue[at], value)) ++at;
    return at;
  }
  uint32_t Intern(std::vector<uint32_t> queue) {
    const uint32_t id = state_table_.Id(std::string_view(
        reinterpret_cast<const char*>(queue.data()), queue.size() * sizeof(uint32_t)));
    if (id == states_.size()) states_.push_back(std::move(queue));
    return id;
  }

  std::vector<QueueStep> steps_;
  ValueTable values_;
  Precedence precedence_;
  TextTable state_table_;
  std::vector<std::vector<uint32_t>> states_;
  absl::flat_hash_map<uint64_t, uint32_t> answers_;  // Never iterated.
};

// The state is how many of each value are in it, by value id.
class BagMachine : public Machine {
 public:
  BagMachine(std::vector<QueueStep> steps, ValueTable values)
      : steps_(std::move(steps)), values_(std::move(values)) {
    Intern(std::vector<uint32_t>(values_.size(), 0));
  }

  uint32_t initial() const override { return 0; }
  uint32_t Step(uint32_t state, size_t index) override {
    const QueueStep& step = steps_[index];
    if (step.saw_empty) return state == 0 ? state : kImpossible;
    std::vector<uint32_t> counts = states_[state];
    if (step.is_enqueue) {
      ++counts[step.value];
    } else if (counts[step.value]-- == 0) {
      return kImpossible;
    }
    return Intern(std::move(counts));
  }
  bool IsPure(size_t index) const override { return steps_[index].saw_empty; }
  bool IsTotal(size_t index) const override { return steps_[index].is_enqueue; }
  uint64_t Class(size_t index) const override {
    return 2 * uint64_t{steps_[index].value} + (steps_[index].is_enqueue ? 1 : 0);
  }
  std::string Describe(uint32_t state) const override {
    std::string out;
    for (uint32_t value = 0; value < states_[state].size(); ++value) {
      const uint32_t count = states_[state][value];
      if (count == 0) continue;
      StrAppend(&out, out.empty() ? "in the queue " : ", ", values_.text(value));
      if (count > 1) StrAppend(&out, " (", count, " times)");
    }
    return out.empty() ? "an empty queue" : out;
  }
  std::string Refusal(uint32_t, size_t index) const override {
    return steps_[index].saw_empty ? "the queue is not empty" : "it is not in the queue";
  }

 private:
  uint32_t Intern(std::vector<uint32_t> counts) {
    const uint32_t id = state_table_.Id(std::string_view(
        reinterpret_cast<const char*>(counts.data()), counts.size() * sizeof(uint32_t)));
    if (id == states_.size()) states_.push_back(std::move(counts));
    return id;
  }

  std::vector<QueueStep> steps_;
  ValueTable values_;
  TextTable state_table_;
  std::vector<std::vector<uint32_t>> states_;
};

class QueueModelImpl : public Model {
 public:
  explicit QueueModelImpl(bool is_fifo) : is_fifo_(is_fifo) {}

  std::string_view name() const override { return is_fifo_ ? "queue" : "unordered-queue"; }

  Objects Split(const std::vector<Operation>& operations) const override {
    const bool any_empty = std::any_of(operations.begin(), operations.end(), SawEmpty);
    if (is_fifo_ || any_empty) return Model::Split(operations);
    ObjectMaker maker;
    for (const Operation& operation : operations) {
      const bool is_dequeue = operation.f == "dequeue";
      const Value& value = is_dequeue ? operation.output : operation.input;
      if (is_dequeue && operation.outcome != EventType::kOk) {
        maker.PutNowhere();  // It can only take away, which never helps.
      } else if (operation.key.is_nil()) {
        maker.Put(value);
      } else {
        maker.Put(Value::Vector({operation.key, value}));
      }
    }
    return maker.Take();
  }

  StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    ValueTable values;
    QR_ASSIGN_OR_RETURN(std::vector<QueueStep> steps, CompileSteps(operations, name(), &values));
    if (is_fifo_) {
      return std::make_unique<FifoMachine>(operations, std::move(steps), std::move(values));
    }
    for (size_t i = 0; i < steps.size(); ++i) {
      if (!steps[i].is_enqueue && !steps[i].is_known) {
        return InvalidArgument(
            "an unordered-queue that somebody saw empty is not judged together with a dequeue "
            "whose "
            "result is unknown: ",
            operations[i]->ToString());
      }
    }
    return std::make_unique<BagMachine>(std::move(steps), std::move(values));
  }

 private:
  bool is_fifo_;
};

}  // namespace

std::unique_ptr<Model> QueueModel() { return std::make_unique<QueueModelImpl>(true); }
std::unique_ptr<Model> UnorderedQueueModel() { return std::make_unique<QueueModelImpl>(false); }

}  // namespace quadraft::jepsen
