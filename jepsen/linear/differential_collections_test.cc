// differential.h for sets, queues and sets of quads.
#include "jepsen/linear/differential.h"

namespace quadraft::jepsen {
namespace {

using NewOp = std::pair<std::string, Value>;

std::optional<State> ApplySet(const State& state, const Operation& operation, bool known) {
  State next = state;
  const std::string element = operation.input.ToString();
  if (operation.f == "add") {
    next[element] = "";
  } else if (operation.f == "remove") {
    next.erase(element);
  } else if (operation.f == "contains") {
    if (known && operation.output.as_bool() != state.contains(element)) return std::nullopt;
  } else if (known) {
    State seen;
    for (const Value& item : operation.output.items()) seen[item.ToString()] = "";
    if (seen != state) return std::nullopt;
  }
  return next;
}

Value ReadSet(const State& state, const Operation& operation, Random& random) {
  if (operation.f == "contains") {
    return Value::Bool(random.OneIn(15) != state.contains(operation.input.ToString()));
  }
  if (operation.f != "read") return operation.input;
  std::vector<Value> items;
  for (const auto& [item, unused] : state) {
    if (!random.OneIn(8)) items.push_back(Value::Int(std::stoll(item)));
  }
  return Value::Items(Value::Kind::kSet, std::move(items));
}

TEST(Differential, SetWithReads) {
  Compare(*SetModel(), ApplySet,
          Maker(
              ApplySet,
              [](Random& random) -> NewOp {
                switch (random.Below(5)) {
                  case 0:
                  case 1:
                    return {"add", SmallInt(random)};
                  case 2:
                    return {"remove", SmallInt(random)};
                  case 3:
                    return {"contains", SmallInt(random)};
                  default:
                    return {"read", Value()};
                }
              },
              ReadSet, 0),
          4000);
}

// Nothing is taken out: states that no read allows become one.
TEST(Differential, SetThatGrows) {
  Compare(*SetModel(), ApplySet,
          Maker(
              ApplySet,
              [](Random& random) -> NewOp {
                return random.OneIn(3)
                           ? NewOp{"read", Value()}
                           : NewOp{"add", Value::Int(static_cast<int64_t>(random.Below(6)))};
              },
              ReadSet, 0),
          4000);
}

TEST(Differential, SetByElement) {
  Compare(*SetModel(), ApplySet,
          Maker(
              ApplySet,
              [](Random& random) -> NewOp {
                switch (random.Below(4)) {
                  case 0:
                    return {"add", SmallInt(random)};
                  case 1:
                    return {"remove", SmallInt(random)};
                  default:
                    return {"contains", SmallInt(random)};
                }
              },
              ReadSet, 0),
          4000);
}

// The queue is one text, an element a character.
std::optional<State> ApplyFifo(const State& state, const Operation& operation, bool known) {
  State next = state;
  std::string& queue = next["queue"];
  if (operation.f == "enqueue") {
    queue += operation.input.ToString();
    return next;
  }
  if (known) {
    if (operation.output.is_nil()) return queue.empty() ? std::optional(state) : std::nullopt;
    if (queue.empty() || queue.substr(0, 1) != operation.output.ToString()) return std::nullopt;
  }
  if (!queue.empty()) queue.erase(0, 1);
  return next;
}

Value DequeueFifo(const State& state, const Operation& operation, Random& random) {
  if (operation.f == "enqueue") return operation.input;
  const auto found = state.find("queue");
  if (random.OneIn(20)) return SmallInt(random);
  if (found == state.end() || found->second.empty()) return Value();
  return Value::Int(found->second[0] - '0');
}

TEST(Differential, Fifo) {
  Compare(*QueueModel(), ApplyFifo,
          Maker(
              ApplyFifo,
              [](Random& random) -> NewOp {
                if (random.OneIn(2)) return {"dequeue", Value()};
                return {"enqueue", Value::Int(static_cast<int64_t>(random.Below(10)))};
              },
              DequeueFifo, 0),
          6000);
}

// Any element may come out; `is_known` false changes nothing, as the model leaves it out.
std::optional<State> ApplyBag(const State& state, const Operation& operation, bool known) {
  State next = state;
  if (operation.f == "enqueue") {
    next[operation.input.ToString()] += "+";
    return next;
  }
  if (!known) return next;
  if (operation.output.is_nil()) return state.empty() ? std::optional(state) : std::nullopt;
  const auto found = next.find(operation.output.ToString());
  if (found == next.end()) return std::nullopt;
  found->second.pop_back();
  if (found->second.empty()) next.erase(found);
  return next;
}

NewOp NewBagOp(Random& random) {
  if (random.OneIn(2)) return {"dequeue", Value()};
  return {"enqueue", SmallInt(random)};
}

// The maker's object forgets what it gave: so it gives the same twice now and then, a lie.
Value DequeueBag(const State& state, const Operation& operation, Random& random) {
  if (operation.f == "enqueue") return operation.input;
  if (state.empty()) return SmallInt(random);
  const auto it = std::next(state.begin(), static_cast<ptrdiff_t>(random.Below(state.size())));
  return Value::Int(std::stoll(it->first));
}

TEST(Differential, BagByValue) {
  Compare(*UnorderedQueueModel(), ApplyBag, Maker(ApplyBag, NewBagOp, DequeueBag, 0), 4000);
}

Value Quad(Random& random) {
  return Value::Vector({Value::Int(static_cast<int64_t>(random.Below(2))), Value::Keyword("p"),
                        Value::Int(static_cast<int64_t>(random.Below(2)))});
}

Value Quads(Random& random) {
  std::vector<Value> quads;
  for (uint64_t i = random.Below(3); i > 0; --i) quads.push_back(Quad(random));
  return Value::Vector(std::move(quads));
}

bool MatchesQuad(const Value& pattern, const std::string& quad) {
  // "[0 :p 1]"
  const std::string s =
      pattern.items()[0].is_nil() ? quad.substr(1, 1) : pattern.items()[0].ToString();
  const std::string o =
      pattern.items()[2].is_nil() ? quad.substr(6, 1) : pattern.items()[2].ToString();
  return quad == "[" + s + " :p " + o + "]";
}

std::optional<State> ApplyQuads(const State& state, const Operation& operation, bool known) {
  State next = state;
  const auto erase = [&next](const Value& quads) {
    for (const Value& quad : quads.items()) next.erase(quad.ToString());
  };
  const auto insert = [&next](const Value& quads) {
    for (const Value& quad : quads.items()) next[quad.ToString()] = "";
  };
  if (operation.f == "insert") insert(operation.input);
  if (operation.f == "delete") erase(operation.input);
  if (operation.f == "update") {
    erase(*operation.input.Find("delete"));
    insert(*operation.input.Find("insert"));
  }
  if (!known || (operation.f != "match" && operation.f != "ask")) return next;
  std::set<std::string> matching;
  for (const auto& [quad, unused] : state) {
    if (MatchesQuad(operation.input, quad)) matching.insert(quad);
  }
  if (operation.f == "ask") {
    return operation.output.as_bool() == !matching.empty() ? std::optional(next) : std::nullopt;
  }
  std::set<std::string> seen;
  for (const Value& quad : operation.output.items()) seen.insert(quad.ToString());
  return seen == matching ? std::optional(next) : std::nullopt;
}

Value AnswerQuads(const State& state, const Operation& operation, Random& random) {
  if (operation.f != "match" && operation.f != "ask") return operation.input;
  std::vector<Value> matching;
  for (const auto& [quad, unused] : state) {
    if (!MatchesQuad(operation.input, quad) || random.OneIn(6)) continue;
    matching.push_back(
        Value::Vector({Value::Int(quad[1] - '0'), Value::Keyword("p"), Value::Int(quad[6] - '0')}));
  }
  if (operation.f == "ask") return Value::Bool(matching.empty() == random.OneIn(8));
  return Value::Vector(std::move(matching));
}

NewOp NewQuadOp(Random& random) {
  switch (random.Below(6)) {
    case 0:
    case 1:
      return {"insert", Quads(random)};
    case 2:
      return {"delete", Quads(random)};
    case 3:
      return {"update", Value::Items(Value::Kind::kMap, {Value::Keyword("delete"), Quads(random),
                                                         Value::Keyword("insert"), Quads(random)})};
    default:
      break;
  }
  Value pattern = Quad(random);
  std::vector<Value> items = pattern.items();
  // Subjects mostly fixed, so that the history falls apart into objects.
  if (random.OneIn(6)) items[0] = Value();
  if (random.OneIn(2)) items[2] = Value();
  return {random.OneIn(3) ? "ask" : "match", Value::Vector(std::move(items))};
}

TEST(Differential, QuadSet) {
  Compare(*QuadModel(), ApplyQuads, Maker(ApplyQuads, NewQuadOp, AnswerQuads, 0), 6000);
}

}  // namespace
}  // namespace quadraft::jepsen
