// One value of a history: what EDN (github.com/edn-format/edn) or JSON (RFC 8259) can write down.
//
// Why one class for both: a checker compares values and prints them; it must not care which reader
// made them. Numbers that do not fit are kept as their text, never rounded. Lists and vectors with
// equal items are equal, as EDN says; 1 and 1.0 are not. A Value owns everything below it and may
// be copied freely.
//
//   Value pair = Value::Vector({Value::Int(1), Value::Int(2)});
//   pair.items()[0].as_int();             // 1
//   pair.ToString();                      // "[1 2]"
//   Value().is_nil();                     // true
#ifndef QUADRAFT_JEPSEN_HISTORY_VALUE_H_
#define QUADRAFT_JEPSEN_HISTORY_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quadraft::jepsen {

class Value {
 public:
  enum class Kind : uint8_t {
    kNil,
    kBool,
    kInt,  // 64 bits.
    kDouble,
    kBigNumber,  // An integer beyond 64 bits, or a decimal ("1.5M"): text() has its digits and
                 // suffix.
    kString,
    kCharacter,  // text() is its UTF-8.
    kKeyword,    // text() without the colon.
    kSymbol,
    kList,
    kVector,
    kSet,     // items() in the order written.
    kMap,     // items() are key, value, key, value, in the order written.
    kTagged,  // text() is the tag without '#', items()[0] the value.
  };

  Value() = default;  // nil
  static Value Bool(bool b);
  static Value Int(int64_t number);
  static Value Double(double number);
  static Value String(std::string text) { return Text(Kind::kString, std::move(text)); }
  static Value Keyword(std::string text) { return Text(Kind::kKeyword, std::move(text)); }
  static Value Vector(std::vector<Value> items) { return Items(Kind::kVector, std::move(items)); }
  // The general makers. Needs: the kind has text, has items.
  static Value Text(Kind kind, std::string text);
  static Value Items(Kind kind, std::vector<Value> items);
  static Value Tagged(std::string tag, Value value);

  Kind kind() const { return kind_; }
  bool is_nil() const { return kind_ == Kind::kNil; }
  bool is_int() const { return kind_ == Kind::kInt; }
  bool is_sequence() const { return kind_ == Kind::kList || kind_ == Kind::kVector; }
  bool is_map() const { return kind_ == Kind::kMap; }
  // A string, keyword or symbol: the three ways in which histories name things.
  bool is_name() const {
    return kind_ == Kind::kString || kind_ == Kind::kKeyword || kind_ == Kind::kSymbol;
  }
  bool as_bool() const { return number_.integer != 0; }
  int64_t as_int() const { return number_.integer; }
  double as_double() const { return number_.real; }
  const std::string& text() const { return text_; }
  const std::vector<Value>& items() const { return items_; }

  // In a map: the value whose key is the keyword, string or symbol `name`; null when absent or not
  // a map.
  const Value* Find(std::string_view name) const;

  // Where a reader found this map, from 1; 0 elsewhere. No part of equality.
  int64_t line() const { return line_; }
  void set_line(int64_t line) { line_ = static_cast<uint32_t>(line); }

  std::string ToString() const;  // EDN; equal values of one kind give equal text.
  void AppendTo(std::string* out) const;

  friend bool operator==(const Value& a, const Value& b);

 private:
  Kind kind_ = Kind::kNil;
  uint32_t line_ = 0;
  union {
    int64_t integer = 0;
    double real;
  } number_;
  std::string text_;
  std::vector<Value> items_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_VALUE_H_
