#include "jepsen/history/json.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "jepsen/history/edn.h"
#include "jepsen/history/text.h"

namespace quadraft::jepsen {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The number grammar of RFC 8259, section 6.
bool IsJsonNumber(std::string_view token) {
  size_t i = token.empty() || token[0] != '-' ? 0 : 1;
  const auto digits = [&token, &i] {
    const size_t start = i;
    while (i < token.size() && IsDigit(token[i])) ++i;
    return i - start;
  };
  const size_t whole = i;
  const size_t count = digits();
  if (count == 0 || (count > 1 && token[whole] == '0')) return false;
  if (i < token.size() && token[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < token.size() && (token[i] == 'e' || token[i] == 'E')) {
    ++i;
    if (i < token.size() && (token[i] == '+' || token[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == token.size();
}

}  // namespace

Status JsonReader::Error(size_t position, std::string_view what) const {
  return ErrorAt(text_, position, what);
}

void JsonReader::SkipBlank() {
  while (!AtEnd()) {
    const char c = text_[position_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++position_;
  }
}

bool JsonReader::Take(std::string_view word) {
  if (text_.substr(position_, word.size()) != word) return false;
  position_ += word.size();
  return true;
}

// Positions must not decrease from call to call: the text is counted once.
int64_t JsonReader::LineOf(size_t position) {
  if (counted_to_ < position) {
    lines_ += std::count(text_.begin() + static_cast<ptrdiff_t>(counted_to_),
                         text_.begin() + static_cast<ptrdiff_t>(position), '\n');
    counted_to_ = position;
  }
  return lines_;
}

StatusOr<char> JsonReader::Peek() {
  SkipBlank();
  return AtEnd() ? '\0' : text_[position_];
}

Status JsonReader::Separator(char close) {
  SkipBlank();
  if (!Take(",")) return Error(position_, StrCat("expected , or ", close));
  return OkStatus();
}

// Without a copy when there is nothing to unescape.
StatusOr<std::string_view> JsonReader::PlainString() {
  const size_t start = position_ + 1;
  size_t end = start;
  while (end < text_.size() && text_[end] != '"' && text_[end] != '\\' &&
         static_cast<unsigned char>(text_[end]) >= 0x20) {
    ++end;
  }
  if (end < text_.size() && text_[end] == '"') {
    position_ = end + 1;
    return text_.substr(start, end - start);
  }
  QR_ASSIGN_OR_RETURN(name_, String());
  return std::string_view(name_);
}

StatusOr<bool> JsonReader::NextKey(size_t start, bool is_first, std::string_view* name) {
  SkipBlank();
  if (AtEnd()) return Error(start, "this object is not closed");
  if (Take("}")) return false;
  if (!is_first) {
    if (!Take(",")) return Error(position_, "expected , or }");
    SkipBlank();
  }
  if (AtEnd() || text_[position_] != '"') return Error(position_, "expected a name in quotes");
  QR_ASSIGN_OR_RETURN(*name, PlainString());
  SkipBlank();
  if (!Take(":")) return Error(position_, "expected :");
  return true;
}

StatusOr<std::optional<std::string_view>> JsonReader::ReadName() {
  SkipBlank();
  if (!AtEnd() && text_[position_] == '"') {
    QR_ASSIGN_OR_RETURN(const std::string_view name, PlainString());
    return std::optional<std::string_view>(name);
  }
  QR_RETURN_IF_ERROR(Element(1).status());
  return std::optional<std::string_view>();
}

StatusOr<std::optional<Value>> JsonReader::Next() {
  SkipBlank();
  if (AtEnd()) return std::optional<Value>();
  QR_ASSIGN_OR_RETURN(Value value, Element(0));
  return std::optional<Value>(std::move(value));
}

StatusOr<Value> JsonReader::Element(int depth) {
  if (depth > kJsonNestingMax) {
    return Error(position_, StrCat("nested deeper than ", kJsonNestingMax));
  }
  SkipBlank();
  if (AtEnd()) return Error(position_, "a value is missing: the text ends here");
  const char c = text_[position_];
  if (c == '{') return Object(depth);
  if (c == '[') return Array(depth);
  if (c == '"') {
    QR_ASSIGN_OR_RETURN(std::string text, String());
    return Value::String(std::move(text));
  }
  if (Take("null")) return Value();
  if (Take("true")) return Value::Bool(true);
  if (Take("false")) return Value::Bool(false);
  return Number();
}

StatusOr<Value> JsonReader::Array(int depth) {
  const size_t start = position_++;
  std::vector<Value> items;
  SkipBlank();
  while (!Take("]")) {
    if (AtEnd()) return Error(start, "this array is not closed");
    if (!items.empty() && !Take(",")) return Error(position_, "expected , or ]");
    QR_ASSIGN_OR_RETURN(Value item, Element(depth + 1));
    items.push_back(std::move(item));
    SkipBlank();
  }
  return Value::Items(Value::Kind::kVector, std::move(items));
}

StatusOr<Value> JsonReader::Object(int depth) {
  const size_t start = position_++;
  const int64_t line = LineOf(start);
  std::vector<Value> items;
  SkipBlank();
  while (!Take("}")) {
    if (AtEnd()) return Error(start, "this object is not closed");
    if (!items.empty()) {
      if (!Take(",")) return Error(position_, "expected , or }");
      SkipBlank();
    }
    if (AtEnd() || text_[position_] != '"') return Error(position_, "expected a name in quotes");
    QR_ASSIGN_OR_RETURN(std::string name, String());
    items.push_back(Value::String(std::move(name)));
    SkipBlank();
    if (!Take(":")) return Error(position_, "expected :");
    QR_ASSIGN_OR_RETURN(Value value, Element(depth + 1));
    items.push_back(std::move(value));
    SkipBlank();
  }
  Value value = Value::Items(Value::Kind::kMap, std::move(items));
  value.set_line(line);
  return value;
}

// Stands after "\u".
StatusOr<uint32_t> JsonReader::EscapedCode() {
  uint32_t code = 0;
  const std::string_view digits = text_.substr(position_, 4);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4) {
    return Error(position_, "\\u needs four hexadecimal digits");
  }
  position_ += 4;
  return code;
}

StatusOr<std::string> JsonReader::String() {
  const size_t start = position_++;
  std::string out;
  while (!AtEnd() && text_[position_] != '"') {
    const char c = text_[position_++];
    if (static_cast<unsigned char>(c) < 0x20) {
      return Error(position_ - 1, "a control character in a string");
    }
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    if (AtEnd()) break;
    const char escape = text_[position_++];
    constexpr std::string_view kEscapes = "tnrbf\\\"/";
    constexpr std::string_view kMeanings = "\t\n\r\b\f\\\"/";
    const size_t known = kEscapes.find(escape);
    if (known != std::string_view::npos) {
      out.push_back(kMeanings[known]);
      continue;
    }
    if (escape != 'u') return Error(position_ - 2, StrCat("no such escape: \\", escape));
    QR_ASSIGN_OR_RETURN(uint32_t code, EscapedCode());
    if (code >= 0xd800 && code < 0xdc00 && Take("\\u")) {
      QR_ASSIGN_OR_RETURN(const uint32_t low, EscapedCode());
      if (low < 0xdc00 || low > 0xdfff) return Error(position_ - 6, "half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    AppendUtf8(code, &out);
  }
  if (AtEnd()) return Error(start, "this string is not closed");
  ++position_;
  return out;
}

StatusOr<Value> JsonReader::Number() {
  const size_t start = position_;
  constexpr std::string_view kNumberBytes = "+-.0123456789eE";
  while (!AtEnd() && kNumberBytes.find(text_[position_]) != std::string_view::npos) ++position_;
  const std::string_view token = text_.substr(start, position_ - start);
  if (token.empty()) return Error(start, StrCat("unexpected ", text_[start]));
  if (!IsJsonNumber(token)) return Error(start, StrCat("not a number: ", token));
  // What is a number in JSON is the same number in EDN.
  return *ParseEdnNumber(token);
}

}  // namespace quadraft::jepsen
