#include "sim/workloads/graphs_model.h"

#include <map>
#include <set>
#include <utility>

#include "core/base/hash.h"

namespace quadraft::sim {
namespace {

using jepsen::Operation;
using jepsen::Value;

using State = std::vector<std::set<int64_t>>;

struct Action {
  enum Kind : uint8_t { kInsert, kDelete, kClear, kCopy, kMove, kAdd, kRead } kind = kRead;
  size_t a = 0, b = 0;
  int64_t number = 0;
  enum How : uint8_t { kSilent, kDone, kMissing } how = kSilent;
  State read;
  uint64_t hash = 0;
};

class GraphsMachine : public jepsen::Machine {
 public:
  GraphsMachine(int graphs, std::vector<Action> actions) : actions_(std::move(actions)) {
    Intern(State(static_cast<size_t>(graphs)));
  }
  uint32_t initial() const override { return 0; }
  uint32_t Step(uint32_t state, size_t index) override {
    const Action& action = actions_[index];
    if (action.kind == Action::kRead) return *states_[state] == action.read ? state : kImpossible;
    State next = *states_[state];
    switch (action.kind) {
      case Action::kInsert:
        next[action.a].insert(action.number);
        break;
      case Action::kDelete:
        next[action.a].erase(action.number);
        break;
      case Action::kClear:
        next[action.a].clear();
        break;
      default:
        if (!Transfer(action, &next)) return kImpossible;
    }
    return Intern(std::move(next));
  }
  bool IsPure(size_t index) const override { return actions_[index].kind == Action::kRead; }
  uint64_t Class(size_t index) const override { return actions_[index].hash; }
  std::string Describe(uint32_t state) const override { return Text(*states_[state]); }
  std::string Refusal(uint32_t, size_t index) const override {
    const Action& action = actions_[index];
    if (action.kind == Action::kRead) return "it saw " + Text(action.read);
    return action.how == Action::kMissing ? "it found nothing to take from, and there is something"
                                          : "it took from a graph that holds nothing";
  }

 private:
  static std::string Text(const State& state) {
    std::string text;
    for (const auto& graph : state) {
      StrAppend(&text, text.empty() ? "{" : " {");
      for (const int64_t number : graph) StrAppend(&text, text.back() == '{' ? "" : " ", number);
      text += "}";
    }
    return text;
  }

  static bool Transfer(const Action& action, State* state) {
    const bool there = !(*state)[action.a].empty();
    if (action.how == Action::kMissing) return !there;
    if (!there) return action.how == Action::kSilent;
    if (action.a == action.b) return true;
    auto& target = (*state)[action.b];
    if (action.kind != Action::kAdd) target.clear();
    target.insert((*state)[action.a].begin(), (*state)[action.a].end());
    if (action.kind == Action::kMove) (*state)[action.a].clear();
    return true;
  }

  uint32_t Intern(State state) {
    const auto [found, added] =
        ids_.try_emplace(std::move(state), static_cast<uint32_t>(states_.size()));
    if (added) states_.push_back(&found->first);
    return found->second;
  }

  const std::vector<Action> actions_;
  std::map<State, uint32_t> ids_;
  std::vector<const State*> states_;
};

StatusOr<size_t> GraphOf(const Value& value, int graphs) {
  if (!value.is_int() || value.as_int() < 0 || value.as_int() >= graphs) {
    return InvalidArgument("no such graph: ", value.ToString());
  }
  return static_cast<size_t>(value.as_int());
}

StatusOr<Action> Parse(const Operation& operation, int graphs) {
  static const auto& kinds = *new std::map<std::string, Action::Kind>{
      {"insert", Action::kInsert}, {"delete", Action::kDelete}, {"clear", Action::kClear},
      {"copy", Action::kCopy},     {"move", Action::kMove},     {"add", Action::kAdd},
      {"read", Action::kRead}};
  const auto kind = kinds.find(operation.f);
  if (kind == kinds.end()) return InvalidArgument("no operation of graphs: ", operation.ToString());
  Action action;
  action.kind = kind->second;
  if (action.kind == Action::kRead) {
    for (const Value& graph : operation.output.items()) {
      auto& numbers = action.read.emplace_back();
      for (const Value& number : graph.items()) numbers.insert(number.as_int());
    }
    return action;
  }
  const Value& value = operation.output.is_nil() ? operation.input : operation.output;
  const auto& items = value.items();
  const size_t wanted = action.kind == Action::kClear ? 1 : action.kind <= Action::kDelete ? 2 : 3;
  if (items.size() != wanted) return InvalidArgument("malformed: ", operation.ToString());
  action.hash = Fingerprint64(StrCat(operation.f, value.ToString()));
  QR_ASSIGN_OR_RETURN(action.a, GraphOf(items[0], graphs));
  if (action.kind == Action::kInsert || action.kind == Action::kDelete)
    action.number = items[1].as_int();
  if (action.kind >= Action::kCopy && action.kind <= Action::kAdd) {
    QR_ASSIGN_OR_RETURN(action.b, GraphOf(items[1], graphs));
    action.how = items[2].text() == "done"      ? Action::kDone
                 : items[2].text() == "missing" ? Action::kMissing
                                                : Action::kSilent;
  }
  return action;
}

class Graphs : public jepsen::Model {
 public:
  explicit Graphs(int graphs) : graphs_(graphs) {}
  std::string_view name() const override { return "graphs"; }
  StatusOr<std::unique_ptr<jepsen::Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    std::vector<Action> actions;
    for (const Operation* operation : operations) {
      QR_ASSIGN_OR_RETURN(actions.emplace_back(), Parse(*operation, graphs_));
    }
    return std::unique_ptr<jepsen::Machine>(new GraphsMachine(graphs_, std::move(actions)));
  }

 private:
  const int graphs_;
};

}  // namespace

std::unique_ptr<jepsen::Model> GraphsModel(int graphs) { return std::make_unique<Graphs>(graphs); }

}  // namespace quadraft::sim
