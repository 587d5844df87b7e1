#include "jepsen/history/value.h"

#include <charconv>
#include <cmath>

#include "core/base/check.h"

namespace quadraft::jepsen {
namespace {

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        out->push_back(c);
    }
  }
  out->push_back('"');
}

void AppendCharacter(std::string_view text, std::string* out) {
  out->push_back('\\');
  if (text == "\n") {
    out->append("newline");
  } else if (text == " ") {
    out->append("space");
  } else if (text == "\t") {
    out->append("tab");
  } else if (text == "\r") {
    out->append("return");
  } else {
    out->append(text);
  }
}

void AppendDouble(double number, std::string* out) {
  if (std::isnan(number)) {
    out->append("##NaN");
  } else if (std::isinf(number)) {
    out->append(number > 0 ? "##Inf" : "##-Inf");
  } else {
    char digits[40];
    const auto result = std::to_chars(digits, digits + sizeof(digits), number);
    const std::string_view shortest(digits, static_cast<size_t>(result.ptr - digits));
    out->append(shortest);
    // "3" would be read back as an integer.
    if (shortest.find_first_of(".e") == std::string_view::npos) out->append(".0");
  }
}

void AppendItems(std::string_view open, const std::vector<Value>& items, char close,
                 std::string* out) {
  out->append(open);
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out->push_back(' ');
    items[i].AppendTo(out);
  }
  out->push_back(close);
}

bool HasText(Value::Kind kind) {
  return kind == Value::Kind::kBigNumber || kind == Value::Kind::kString ||
         kind == Value::Kind::kCharacter || kind == Value::Kind::kKeyword ||
         kind == Value::Kind::kSymbol;
}

bool HasItems(Value::Kind kind) {
  return kind == Value::Kind::kList || kind == Value::Kind::kVector || kind == Value::Kind::kSet ||
         kind == Value::Kind::kMap;
}

// Sets and maps are equal whatever the order that they were written in. `stride` is 1 for sets, 2
// for maps.
bool EqualUnordered(const std::vector<Value>& a, const std::vector<Value>& b, size_t stride) {
  for (size_t i = 0; i < a.size(); i += stride) {
    bool found = false;
    for (size_t j = 0; j < b.size() && !found; j += stride) {
      found = a[i] == b[j] && (stride == 1 || a[i + 1] == b[j + 1]);
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace

Value Value::Bool(bool b) {
  Value value;
  value.kind_ = Kind::kBool;
  value.number_.integer = b ? 1 : 0;
  return value;
}

Value Value::Int(int64_t number) {
  Value value;
  value.kind_ = Kind::kInt;
  value.number_.integer = number;
  return value;
}

Value Value::Double(double number) {
  Value value;
  value.kind_ = Kind::kDouble;
  value.number_.real = number;
  return value;
}

Value Value::Text(Kind kind, std::string text) {
  QR_CHECK(HasText(kind));
  Value value;
  value.kind_ = kind;
  value.text_ = std::move(text);
  return value;
}

Value Value::Items(Kind kind, std::vector<Value> items) {
  QR_CHECK(HasItems(kind));
  Value value;
  value.kind_ = kind;
  value.items_ = std::move(items);
  return value;
}

Value Value::Tagged(std::string tag, Value inner) {
  Value value;
  value.kind_ = Kind::kTagged;
  value.text_ = std::move(tag);
  value.items_.push_back(std::move(inner));
  return value;
}

const Value* Value::Find(std::string_view name) const {
  if (kind_ != Kind::kMap) return nullptr;
  for (size_t i = 0; i + 1 < items_.size(); i += 2) {
    if (items_[i].is_name() && items_[i].text_ == name) return &items_[i + 1];
  }
  return nullptr;
}

std::string Value::ToString() const {
  std::string out;
  AppendTo(&out);
  return out;
}

void Value::AppendTo(std::string* out) const {
  switch (kind_) {
    case Kind::kNil:
      out->append("nil");
      return;
    case Kind::kBool:
      out->append(as_bool() ? "true" : "false");
      return;
    case Kind::kInt:
      out->append(std::to_string(number_.integer));
      return;
    case Kind::kDouble:
      return AppendDouble(number_.real, out);
    case Kind::kString:
      return AppendQuoted(text_, out);
    case Kind::kCharacter:
      return AppendCharacter(text_, out);
    case Kind::kKeyword:
      out->push_back(':');
      out->append(text_);
      return;
    case Kind::kBigNumber:
    case Kind::kSymbol:
      out->append(text_);
      return;
    case Kind::kList:
      return AppendItems("(", items_, ')', out);
    case Kind::kVector:
      return AppendItems("[", items_, ']', out);
    case Kind::kSet:
      return AppendItems("#{", items_, '}', out);
    case Kind::kMap:
      return AppendItems("{", items_, '}', out);
    case Kind::kTagged:
      out->push_back('#');
      out->append(text_);
      out->push_back(' ');
      items_[0].AppendTo(out);
      return;
  }
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_sequence() && b.is_sequence()) return a.items_ == b.items_;
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Value::Kind::kNil:
      return true;
    case Value::Kind::kBool:
    case Value::Kind::kInt:
      return a.number_.integer == b.number_.integer;
    case Value::Kind::kDouble:
      return a.number_.real == b.number_.real;
    case Value::Kind::kSet:
      return a.items_.size() == b.items_.size() && EqualUnordered(a.items_, b.items_, 1);
    case Value::Kind::kMap:
      return a.items_.size() == b.items_.size() && EqualUnordered(a.items_, b.items_, 2);
    default:
      return a.text_ == b.text_ && a.items_ == b.items_;
  }
}

}  // namespace quadraft::jepsen
