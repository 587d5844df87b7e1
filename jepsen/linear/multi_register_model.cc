// Several registers read and written together: txn [[:read k v] [:write k v] ...] (Knossos'
// multi-register).
#include <algorithm>
#include <optional>
#include <utility>

#include "jepsen/linear/intern.h"
#include "jepsen/linear/model.h"

namespace quadraft::jepsen {
namespace {

struct Micro {
  bool is_write = false;
  uint32_t key = 0;
  uint32_t value = 0;
};
using Txn = std::vector<Micro>;

// The state as bytes: one 32-bit value id per register, in order of key ids.
std::string Pack(const std::vector<uint32_t>& registers) {
  return std::string(reinterpret_cast<const char*>(registers.data()),
                     registers.size() * sizeof(uint32_t));
}

class MultiRegisterMachine : public Machine {
 public:
  MultiRegisterMachine(ValueTable values, ValueTable keys, std::vector<uint32_t> initial,
                       std::vector<Txn> txns)
      : values_(std::move(values)), keys_(std::move(keys)), txns_(std::move(txns)) {
    Intern(std::move(initial));
    for (const Txn& txn : txns_) {
      std::string text;
      for (const Micro& micro : txn)
        StrAppend(&text, micro.is_write, micro.key, "=", micro.value, " ");
      classes_.push_back(class_table_.Id(text));
    }
  }

  uint32_t initial() const override { return 0; }
  uint32_t Step(uint32_t state, size_t index) override {
    std::vector<uint32_t> registers = states_[state];
    bool changed = false;
    for (const Micro& micro : txns_[index]) {
      if (!micro.is_write) {
        if (registers[micro.key] != micro.value) return kImpossible;
      } else if (registers[micro.key] != micro.value) {
        registers[micro.key] = micro.value;
        changed = true;
      }
    }
    return changed ? Intern(std::move(registers)) : state;
  }
  bool IsPure(size_t index) const override {
    for (const Micro& micro : txns_[index]) {
      if (micro.is_write) return false;
    }
    return true;
  }
  bool IsTotal(size_t index) const override {
    for (const Micro& micro : txns_[index]) {
      if (!micro.is_write) return false;
    }
    return true;
  }
  bool IsBlind(size_t index) const override {
    return IsTotal(index) && WritesEveryRegister(txns_[index]);
  }
  uint64_t Class(size_t index) const override { return classes_[index]; }
  std::string Describe(uint32_t state) const override {
    std::string out = "values {";
    for (uint32_t key = 0; key < states_[state].size(); ++key) {
      StrAppend(&out, key > 0 ? ", " : "", keys_.text(key), " ", values_.text(states_[state][key]));
    }
    return StrCat(out, "}");
  }
  std::string Refusal(uint32_t state, size_t index) const override {
    std::vector<uint32_t> registers = states_[state];
    for (const Micro& micro : txns_[index]) {
      if (micro.is_write) {
        registers[micro.key] = micro.value;
      } else if (registers[micro.key] != micro.value) {
        return StrCat("it read ", keys_.text(micro.key), " = ", values_.text(micro.value));
      }
    }
    return "";
  }

 private:
  bool WritesEveryRegister(const Txn& txn) const {
    std::vector<bool> written(states_[0].size());
    for (const Micro& micro : txn) written[micro.key] = true;
    return std::find(written.begin(), written.end(), false) == written.end();
  }
  uint32_t Intern(std::vector<uint32_t> registers) {
    const uint32_t id = state_table_.Id(Pack(registers));
    if (id == states_.size()) states_.push_back(std::move(registers));
    return id;
  }

  ValueTable values_;
  ValueTable keys_;
  std::vector<Txn> txns_;
  TextTable class_table_;
  std::vector<uint64_t> classes_;
  TextTable state_table_;
  std::vector<std::vector<uint32_t>> states_;
};

class MultiRegisterModelImpl : public Model {
 public:
  explicit MultiRegisterModelImpl(Value initial) : initial_(std::move(initial)) {}

  std::string_view name() const override { return "multi-register"; }

  // Registers that one transaction touches belong together.
  Objects Split(const std::vector<Operation>& operations) const override {
    ValueTable keys;
    UnionFind together;
    std::vector<uint32_t> first;
    for (const Operation& operation : operations) {
      first.push_back(Objects::kNone);
      // Also what is wrong must reach Compile: it stands on an object of its own.
      for (const Value* body : {&operation.input, &operation.output}) {
        for (const Value& micro : body->items()) {
          if (!micro.is_sequence() || micro.items().size() < 2) continue;
          const uint32_t key = keys.Id(micro.items()[1]);
          if (first.back() == Objects::kNone) first.back() = key;
          together.Join(first.back(), key);
        }
      }
    }
    ObjectMaker maker;
    for (const uint32_t key : first) {
      maker.Put(key == Objects::kNone
                    ? Value()
                    : Value::String(StrCat("with ", keys.text(together.Find(key)))));
    }
    return maker.Take();
  }

  StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    Tables tables;
    for (size_t i = 0; i + 1 < initial_.items().size(); i += 2) {
      tables.registers[tables.Key(initial_.items()[i])] = tables.values.Id(initial_.items()[i + 1]);
    }
    std::vector<Txn> txns;
    for (const Operation* operation : operations) {
      std::optional<Txn> txn = CompileOne(*operation, &tables);
      if (!txn.has_value()) {
        return InvalidArgument(
            "not an operation of multi-register (txn [[:read k v] [:write k v] ...]): ",
            operation->ToString());
      }
      txns.push_back(std::move(*txn));
    }
    return std::make_unique<MultiRegisterMachine>(std::move(tables.values), std::move(tables.keys),
                                                  std::move(tables.registers), std::move(txns));
  }

 private:
  struct Tables {
    ValueTable values;
    ValueTable keys;
    std::vector<uint32_t> registers;  // The initial state, by key id.

    uint32_t Key(const Value& key) {
      const uint32_t id = keys.Id(key);
      if (id == registers.size()) registers.push_back(values.Id(Value()));
      return id;
    }
  };

  static std::optional<Txn> CompileOne(const Operation& operation, Tables* tables) {
    const bool is_known = operation.outcome == EventType::kOk;
    const Value& body = is_known ? operation.output : operation.input;
    if (operation.f != "txn" || !body.is_sequence()) return std::nullopt;
    Txn txn;
    for (const Value& item : body.items()) {
      if (!item.is_sequence() || item.items().size() != 3 || !item.items()[0].is_name()) {
        return std::nullopt;
      }
      const std::string& f = item.items()[0].text();
      const bool is_write = f == "write" || f == "w";
      if (!is_write && f != "read" && f != "r") return std::nullopt;
      const uint32_t key = tables->Key(item.items()[1]);
      // What an unfinished transaction read is unknown: only its writes count.
      if (!is_write && !is_known) continue;
      txn.push_back({is_write, key, tables->values.Id(item.items()[2])});
    }
    return txn;
  }

  Value initial_;
};

}  // namespace

std::unique_ptr<Model> MultiRegisterModel(Value initial) {
  return std::make_unique<MultiRegisterModelImpl>(std::move(initial));
}

}  // namespace quadraft::jepsen
