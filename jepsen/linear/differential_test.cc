// The checker against a brute-force one that shares nothing with it but the history: no memory, no
// order of trying, no models compiled to numbers. Thousands of tiny random histories, right and
// wrong, with unknown results.
#include <functional>
#include <map>
#include <optional>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "jepsen/linear/checker.h"

namespace quadraft::jepsen {
namespace {

using State = std::map<std::string, std::string>;
// Applies the operation; nullopt when it could not have answered so. `known`: its output counts.
using Apply = std::function<std::optional<State>(const State&, const Operation&, bool known)>;

bool BruteForce(const std::vector<Operation>& operations, std::vector<bool>* placed,
                const State& state, const Apply& apply) {
  size_t first_return = Operation::kNever;
  for (size_t i = 0; i < operations.size(); ++i) {
    if (!(*placed)[i] && operations[i].outcome == EventType::kOk) {
      first_return = std::min(first_return, operations[i].completed);
    }
  }
  if (first_return == Operation::kNever) return true;
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    if ((*placed)[i] || operation.outcome == EventType::kFail || operation.invoked > first_return) {
      continue;
    }
    const auto next = apply(state, operation, operation.outcome == EventType::kOk);
    if (!next.has_value()) continue;
    (*placed)[i] = true;
    const bool found = BruteForce(operations, placed, *next, apply);
    (*placed)[i] = false;
    if (found) return true;
  }
  return false;
}

std::optional<State> ApplyRegister(const State& state, const Operation& operation, bool known) {
  State next = state;
  std::string& value = next.try_emplace(operation.key.ToString(), "nil").first->second;
  if (operation.f == "read") {
    if (known && value != operation.output.ToString()) return std::nullopt;
  } else if (operation.f == "write") {
    value = operation.input.ToString();
  } else {
    if (value != operation.input.items()[0].ToString()) return std::nullopt;
    value = operation.input.items()[1].ToString();
  }
  return next;
}

std::optional<State> ApplyMutex(const State& state, const Operation& operation, bool) {
  State next = state;
  const bool held = state.contains("held");
  if (held == (operation.f == "acquire")) return std::nullopt;
  if (held) {
    next.clear();
  } else {
    next["held"] = "";
  }
  return next;
}

std::optional<State> ApplyKv(const State& state, const Operation& operation, bool known) {
  State next = state;
  std::string& value = next[operation.key.ToString()];
  if (operation.f == "get") {
    if (known && value != operation.output.text()) return std::nullopt;
  } else if (operation.f == "put") {
    value = operation.input.text();
  } else {
    value += operation.input.text();
  }
  return next;
}

std::optional<State> ApplyMulti(const State& state, const Operation& operation, bool known) {
  State next = state;
  const Value& body = known ? operation.output : operation.input;
  for (const Value& micro : body.items()) {
    std::string& value = next.try_emplace(micro.items()[1].ToString(), "nil").first->second;
    if (micro.items()[0].text() == "w") {
      value = micro.items()[2].ToString();
    } else if (known && value != micro.items()[2].ToString()) {
      return std::nullopt;
    }
  }
  return next;
}

// Makes histories of a real object whose operations take effect at a random moment, and sometimes
// lies about a result.
class Maker {
 public:
  using NewOp = std::function<std::pair<std::string, Value>(Random&)>;
  using Result = std::function<Value(const State&, const Operation&, Random&)>;

  Maker(Apply apply, NewOp new_op, Result result, int keys)
      : apply_(std::move(apply)),
        new_op_(std::move(new_op)),
        result_(std::move(result)),
        keys_(keys) {}

  History Make(Random& random, int operations) {
    History history;
    State state;
    struct Running {
      Operation operation;
      bool applied = false;
      bool possible = true;
      Value result;
    };
    std::map<int64_t, Running> running;
    int64_t next_process = 4;  // Processes die with an unknown result; others take their places.
    std::vector<int64_t> idle = {0, 1, 2, 3};
    while (operations > 0 || !running.empty()) {
      const uint64_t dice = random.Below(8);
      if (dice < 3 && operations > 0 && !idle.empty()) {
        --operations;
        Running one;
        one.operation.process = idle.back();
        idle.pop_back();
        std::tie(one.operation.f, one.operation.input) = new_op_(random);
        if (keys_ > 0) one.operation.key = Value::Int(static_cast<int64_t>(random.Below(keys_)));
        history.Invoke(one.operation.process, one.operation.f, one.operation.input, 0,
                       one.operation.key);
        running[one.operation.process] = one;
        continue;
      }
      if (running.empty()) continue;
      auto it = std::next(running.begin(), static_cast<ptrdiff_t>(random.Below(running.size())));
      Running& one = it->second;
      if (!one.applied) {
        one.applied = true;
        one.result = result_(state, one.operation, random);
        one.operation.output = one.result;
        const auto next = apply_(state, one.operation, false);
        one.possible = next.has_value();
        if (next.has_value()) state = *next;
        continue;
      }
      if (random.OneIn(5)) {
        if (random.OneIn(2)) history.Info(it->first);
        idle.push_back(next_process++);
      } else if (!one.possible && !random.OneIn(20)) {
        history.Fail(it->first);
        idle.push_back(it->first);
      } else {
        history.Ok(it->first, one.result);
        idle.push_back(it->first);
      }
      running.erase(it);
    }
    return history;
  }

 private:
  Apply apply_;
  NewOp new_op_;
  Result result_;
  int keys_;
};

void Compare(const Model& model, const Apply& apply, Maker maker, int rounds) {
  int right = 0;
  int wrong = 0;
  for (int seed = 0; seed < rounds; ++seed) {
    Random random(static_cast<uint64_t>(seed), model.name());
    const History history = maker.Make(random, 2 + static_cast<int>(random.Below(8)));
    const auto operations = history.Operations();
    ASSERT_TRUE(operations.ok()) << operations.status();
    std::vector<bool> placed(operations->size());
    const bool expected = BruteForce(*operations, &placed, {}, apply);
    const CheckResult result = CheckLinearizable(history, model);
    ASSERT_EQ(result.verdict, expected ? Verdict::kOk : Verdict::kViolation)
        << "seed " << seed << "\n"
        << history.ToEdn() << result.explanation;
    ++(expected ? right : wrong);
  }
  // Both kinds must occur in number, or this test proves nothing.
  EXPECT_GT(right, rounds / 10);
  EXPECT_GT(wrong, rounds / 20);
}

Value SmallInt(Random& random) { return Value::Int(static_cast<int64_t>(random.Below(3))); }

Value ReadRegister(const State& state, const Operation& operation, Random& random) {
  if (operation.f != "read") return operation.input;
  if (random.OneIn(15)) return SmallInt(random);
  const auto found = state.find(operation.key.ToString());
  if (found == state.end() || found->second == "nil") return Value();
  return Value::Int(std::stoll(found->second));
}

TEST(Differential, CasRegister) {
  for (const int keys : {0, 2}) {
    Compare(*CasRegisterModel(), ApplyRegister,
            Maker(
                ApplyRegister,
                [](Random& random) -> std::pair<std::string, Value> {
                  switch (random.Below(3)) {
                    case 0:
                      return {"read", Value()};
                    case 1:
                      return {"write", SmallInt(random)};
                    default:
                      return {"cas", Value::Vector({SmallInt(random), SmallInt(random)})};
                  }
                },
                ReadRegister, keys),
            4000);
  }
}

TEST(Differential, Mutex) {
  Compare(*MutexModel(), ApplyMutex,
          Maker(
              ApplyMutex,
              [](Random& random) -> std::pair<std::string, Value> {
                return {random.OneIn(2) ? "acquire" : "release", Value()};
              },
              [](const State&, const Operation&, Random&) { return Value(); }, 0),
          4000);
}

TEST(Differential, Kv) {
  Compare(*KvModel(), ApplyKv,
          Maker(
              ApplyKv,
              [](Random& random) -> std::pair<std::string, Value> {
                const Value letter =
                    Value::String(std::string(1, static_cast<char>('a' + random.Below(3))));
                switch (random.Below(5)) {
                  case 0:
                    return {"put", letter};
                  case 1:
                  case 2:
                    return {"append", letter};
                  default:
                    return {"get", Value()};
                }
              },
              [](const State& state, const Operation& operation, Random& random) {
                if (operation.f != "get") return operation.input;
                const auto found = state.find(operation.key.ToString());
                std::string text = found == state.end() ? "" : found->second;
                if (random.OneIn(15)) text += "b";
                return Value::String(text);
              },
              2),
          4000);
}

TEST(Differential, MultiRegister) {
  const auto micro = [](const char* f, const char* key, Value value) {
    return Value::Vector({Value::Keyword(f), Value::Keyword(key), std::move(value)});
  };
  Compare(*MultiRegisterModel(), ApplyMulti,
          Maker(
              ApplyMulti,
              [micro](Random& random) -> std::pair<std::string, Value> {
                std::vector<Value> txn;
                for (const char* key : {"x", "y"}) {
                  if (random.OneIn(3)) continue;
                  const bool write = random.OneIn(2);
                  txn.push_back(micro(write ? "w" : "r", key, write ? SmallInt(random) : Value()));
                }
                return {"txn", Value::Vector(std::move(txn))};
              },
              [micro](const State& state, const Operation& operation, Random& random) {
                std::vector<Value> txn;
                for (const Value& item : operation.input.items()) {
                  if (item.items()[0].text() == "w") {
                    txn.push_back(item);
                    continue;
                  }
                  const auto found = state.find(item.items()[1].ToString());
                  Value seen;
                  if (found != state.end() && found->second != "nil") {
                    seen = Value::Int(std::stoll(found->second));
                  }
                  if (random.OneIn(15)) seen = SmallInt(random);
                  txn.push_back(micro("r", item.items()[1].text().c_str(), seen));
                }
                return Value::Vector(std::move(txn));
              },
              0),
          4000);
}

}  // namespace
}  // namespace quadraft::jepsen
