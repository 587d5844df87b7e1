#include "jepsen/history/edn.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "jepsen/history/text.h"

namespace quadraft::jepsen {
namespace {

constexpr uint8_t kBlank = 1;
constexpr uint8_t kDelimiter = 2;  // Ends a token.
constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes = {};
  for (const char c : {' ', '\n', '\t', '\r', ',', '\f', '\v'}) {
    classes[static_cast<unsigned char>(c)] = kBlank | kDelimiter;
  }
  for (const char c : {'"', ';', '(', ')', '[', ']', '{', '}'}) {
    classes[static_cast<unsigned char>(c)] = kDelimiter;
  }
  return classes;
}();

bool IsBlank(char c) { return (kClasses[static_cast<unsigned char>(c)] & kBlank) != 0; }
bool IsDelimiter(char c) { return (kClasses[static_cast<unsigned char>(c)] & kDelimiter) != 0; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(std::string_view text) {
  for (const char c : text) {
    if (!IsDigit(c)) return false;
  }
  return !text.empty();
}

std::string_view WithoutSign(std::string_view token) {
  if (!token.empty() && (token[0] == '-' || token[0] == '+')) token.remove_prefix(1);
  return token;
}

// digits [. digits*] [e sign? digits], nothing else.
bool IsFloat(std::string_view text) {
  size_t i = 0;
  while (i < text.size() && IsDigit(text[i])) ++i;
  if (i == 0) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && IsDigit(text[i])) ++i;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    return AllDigits(WithoutSign(text.substr(i + 1)));
  }
  return i == text.size();
}

Value Integer(std::string_view token, std::string_view digits) {
  // from_chars takes '-' but not '+'.
  const std::string_view text = token[0] == '+' ? digits : token;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return Value::Int(number);
  return Value::Text(Value::Kind::kBigNumber, std::string(text));
}

}  // namespace

std::optional<Value> ParseEdnNumber(std::string_view token) {
  const std::string_view body = WithoutSign(token);
  if (body.empty() || !IsDigit(body[0])) return std::nullopt;
  if (AllDigits(body)) return Integer(token, body);
  const char last = body.back();
  const std::string_view front = body.substr(0, body.size() - 1);
  if (last == 'N' && AllDigits(front)) return Integer(token.substr(0, token.size() - 1), front);
  if (last == 'M' && IsFloat(front)) {
    return Value::Text(Value::Kind::kBigNumber, std::string(token));
  }
  const size_t slash = body.find('/');
  if (slash != std::string_view::npos && AllDigits(body.substr(0, slash)) &&
      AllDigits(body.substr(slash + 1))) {
    return Value::Text(Value::Kind::kBigNumber, std::string(token));
  }
  if (!IsFloat(body)) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), number);
  if (error != std::errc() || end != body.data() + body.size()) {
    return Value::Text(Value::Kind::kBigNumber, std::string(token));
  }
  return Value::Double(token[0] == '-' ? -number : number);
}

Status EdnReader::Error(size_t position, std::string_view what) const {
  return ErrorAt(text_, position, what);
}

// Positions must not decrease from call to call: the text is counted once.
int64_t EdnReader::LineOf(size_t position) {
  if (counted_to_ < position) {
    lines_ += std::count(text_.begin() + static_cast<ptrdiff_t>(counted_to_),
                         text_.begin() + static_cast<ptrdiff_t>(position), '\n');
    counted_to_ = position;
  }
  return lines_;
}

StatusOr<char> EdnReader::Peek() {
  QR_RETURN_IF_ERROR(SkipBlank(0));
  return AtEnd() ? '\0' : text_[position_];
}

StatusOr<bool> EdnReader::NextKey(size_t start, bool, std::string_view* name) {
  QR_ASSIGN_OR_RETURN(const char c, Peek());
  if (AtEnd()) return Error(start, "this is not closed by }");
  if (c == '}') {
    ++position_;
    return false;
  }
  *name = {};
  QR_ASSIGN_OR_RETURN(const std::optional<std::string_view> key, ReadName());
  if (key.has_value()) *name = *key;
  QR_ASSIGN_OR_RETURN(const char next, Peek());
  if (AtEnd()) return Error(start, "this is not closed by }");
  if (next == '}') return Error(start, "this map has a key without a value");
  return true;
}

StatusOr<std::optional<std::string_view>> EdnReader::ReadName() {
  QR_ASSIGN_OR_RETURN(const char c, Peek());
  if (c == ':') {
    const size_t start = position_;
    const std::string_view token = Token();
    if (token.size() == 1) return Error(start, ": without a name");
    return std::optional<std::string_view>(token.substr(1));
  }
  QR_ASSIGN_OR_RETURN(const Value value, Form(1));
  if (!value.is_name()) return std::optional<std::string_view>();
  name_ = value.text();
  return std::optional<std::string_view>(name_);
}

StatusOr<std::optional<Value>> EdnReader::Next() {
  QR_RETURN_IF_ERROR(SkipBlank(0));
  if (AtEnd()) return std::optional<Value>();
  QR_ASSIGN_OR_RETURN(Value value, Form(0));
  return std::optional<Value>(std::move(value));
}

// White space, comments and discarded forms.
Status EdnReader::SkipBlank(int depth) {
  while (!AtEnd()) {
    const char c = text_[position_];
    if (IsBlank(c)) {
      ++position_;
    } else if (c == ';') {
      const size_t end = text_.find('\n', position_);
      position_ = end == std::string_view::npos ? text_.size() : end + 1;
    } else if (text_.substr(position_, 2) == "#_") {
      position_ += 2;
      QR_RETURN_IF_ERROR(Form(depth + 1).status());
    } else {
      return OkStatus();
    }
  }
  return OkStatus();
}

StatusOr<Value> EdnReader::Form(int depth) {
  if (depth > kEdnNestingMax) {
    return Error(position_, StrCat("nested deeper than ", kEdnNestingMax));
  }
  QR_RETURN_IF_ERROR(SkipBlank(depth));
  if (AtEnd()) return Error(position_, "a form is missing: the text ends here");
  switch (text_[position_]) {
    case '(':
      return Collection(Value::Kind::kList, ')', depth);
    case '[':
      return Collection(Value::Kind::kVector, ']', depth);
    case '{':
      return Collection(Value::Kind::kMap, '}', depth);
    case ')':
    case ']':
    case '}':
      return Error(position_, StrCat("unexpected ", text_[position_]));
    case '"':
      return String();
    case '\\':
      return Character();
    case '#':
      return Dispatch(depth);
    case '^': {
      ++position_;
      QR_RETURN_IF_ERROR(Form(depth + 1).status());
      return Form(depth + 1);
    }
    default:
      return Atom();
  }
}

// Stands at the opening bracket.
StatusOr<Value> EdnReader::Collection(Value::Kind kind, char close, int depth) {
  const size_t start = position_++;
  const int64_t line = kind == Value::Kind::kMap ? LineOf(start) : 0;
  std::vector<Value> items;
  items.reserve(4);
  while (true) {
    QR_RETURN_IF_ERROR(SkipBlank(depth));
    if (AtEnd()) return Error(start, StrCat("this is not closed by ", close));
    if (text_[position_] == close) break;
    QR_ASSIGN_OR_RETURN(Value item, Form(depth + 1));
    items.push_back(std::move(item));
  }
  ++position_;
  if (kind == Value::Kind::kMap && items.size() % 2 != 0) {
    return Error(start, "this map has a key without a value");
  }
  Value value = Value::Items(kind, std::move(items));
  value.set_line(line);
  return value;
}

// Stands at '#'.
StatusOr<Value> EdnReader::Dispatch(int depth) {
  const size_t start = position_++;
  if (AtEnd()) return Error(start, "# at the end of the text");
  const char c = text_[position_];
  if (c == '{') return Collection(Value::Kind::kSet, '}', depth);
  if (c == '#') {
    ++position_;
    const std::string_view name = Token();
    if (name == "Inf") return Value::Double(std::numeric_limits<double>::infinity());
    if (name == "-Inf") return Value::Double(-std::numeric_limits<double>::infinity());
    if (name == "NaN") return Value::Double(std::numeric_limits<double>::quiet_NaN());
    return Error(start, StrCat("no such number: ##", name));
  }
  const std::string_view tag = Token();
  if (tag.empty()) return Error(start, "# without a tag");
  QR_ASSIGN_OR_RETURN(Value value, Form(depth + 1));
  return Value::Tagged(std::string(tag), std::move(value));
}

std::string_view EdnReader::Token() {
  const size_t start = position_;
  while (!AtEnd() && !IsDelimiter(text_[position_])) ++position_;
  return text_.substr(start, position_ - start);
}

StatusOr<uint32_t> EdnReader::HexDigits(size_t start, size_t count) {
  uint32_t code = 0;
  const std::string_view digits = text_.substr(std::min(start, text_.size()), count);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (error != std::errc() || digits.size() != count || end != digits.data() + count) {
    return Error(start, StrCat("\\u needs ", count, " hexadecimal digits"));
  }
  return code;
}

StatusOr<Value> EdnReader::String() {
  const size_t start = position_++;
  std::string out;
  while (!AtEnd() && text_[position_] != '"') {
    const char c = text_[position_++];
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    if (AtEnd()) break;
    const char escape = text_[position_++];
    constexpr std::string_view kEscapes = "tnrbf\\\"";
    constexpr std::string_view kMeanings = "\t\n\r\b\f\\\"";
    const size_t known = kEscapes.find(escape);
    if (known != std::string_view::npos) {
      out.push_back(kMeanings[known]);
    } else if (escape == 'u') {
      QR_ASSIGN_OR_RETURN(const uint32_t code, HexDigits(position_, 4));
      AppendUtf8(code, &out);
      position_ += 4;
    } else {
      return Error(position_ - 2, StrCat("no such escape: \\", escape));
    }
  }
  if (AtEnd()) return Error(start, "this string is not closed");
  ++position_;
  return Value::String(std::move(out));
}

StatusOr<Value> EdnReader::Character() {
  const size_t start = position_++;
  if (AtEnd()) return Error(start, "\\ at the end of the text");
  ++position_;  // The character itself may be a delimiter: \( or \;
  while (!AtEnd() && !IsDelimiter(text_[position_])) ++position_;
  const std::string_view name = text_.substr(start + 1, position_ - start - 1);
  const auto make = [](std::string text) {
    return Value::Text(Value::Kind::kCharacter, std::move(text));
  };
  if (name == "newline") return make("\n");
  if (name == "return") return make("\r");
  if (name == "space") return make(" ");
  if (name == "tab") return make("\t");
  if (name == "formfeed") return make("\f");
  if (name == "backspace") return make("\b");
  if (name.size() == 5 && name[0] == 'u') {
    QR_ASSIGN_OR_RETURN(const uint32_t code, HexDigits(start + 2, 4));
    std::string text;
    AppendUtf8(code, &text);
    return make(std::move(text));
  }
  const bool is_one = name.size() == 1 || (static_cast<unsigned char>(name[0]) >= 0x80);
  if (!is_one) return Error(start, StrCat("no such character: \\", name));
  return make(std::string(name));
}

StatusOr<Value> EdnReader::Atom() {
  const size_t start = position_;
  const std::string_view token = Token();
  // Nearly all are small integers.
  if (token.size() <= 18 && AllDigits(token)) {
    int64_t number = 0;
    for (const char digit : token) number = 10 * number + (digit - '0');
    return Value::Int(number);
  }
  if (token == "nil") return Value();
  if (token == "true") return Value::Bool(true);
  if (token == "false") return Value::Bool(false);
  if (token[0] == ':') {
    if (token.size() == 1) return Error(start, ": without a name");
    return Value::Keyword(std::string(token.substr(1)));
  }
  if (std::optional<Value> number = ParseEdnNumber(token)) return *std::move(number);
  const std::string_view body = WithoutSign(token);
  if (!body.empty() && IsDigit(body[0])) return Error(start, StrCat("not a number: ", token));
  return Value::Text(Value::Kind::kSymbol, std::string(token));
}

StatusOr<Value> ParseEdn(std::string_view text) {
  EdnReader reader(text);
  QR_ASSIGN_OR_RETURN(std::optional<Value> value, reader.Next());
  if (!value.has_value()) return InvalidArgument("line 1, column 1: there is no form here");
  const size_t end = reader.offset();
  QR_ASSIGN_OR_RETURN(const std::optional<Value> other, reader.Next());
  if (other.has_value()) return ErrorAt(text, end, "more follows after the form");
  return *std::move(value);
}

}  // namespace quadraft::jepsen
