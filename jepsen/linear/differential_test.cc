// differential.h for registers, mutex, kv and multi-register.
#include "jepsen/linear/differential.h"

namespace quadraft::jepsen {
namespace {

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
