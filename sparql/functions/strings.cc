// String functions (section 17.4.3).
#include <cmath>
#include <string>
#include <string_view>

#include "sparql/functions/registry.h"
#include "sparql/functions/unicode.h"

namespace quadraft::sparql::functions {

namespace {

// Argument compatibility, section 17.4.3.1.2: the second is a plain string, or both have the same language.
bool Compatible(const Value& a, const Value& b) {
  if (!a.is_string() || !b.is_string()) return false;
  return b.kind == ValueKind::kString || (a.kind == ValueKind::kLangString && a.extra == b.extra);
}

// fn:round of a numeric argument of SUBSTR as a double; NaN stays.
double RoundedPosition(const Value& value) { return std::floor(value.AsDouble() + 0.5); }

}  // namespace

Value StrLen(EvaluationEnvironment&, FunctionArguments args) {
  if (!args[0].is_string()) return Value::Error();
  return Value::Integer(static_cast<int64_t>(CodePointCount(args[0].text)));
}

// fn:substring: characters whose position p (from 1) has round(start) <= p < round(start) + round(length).
Value SubStr(EvaluationEnvironment&, FunctionArguments args) {
  if (!args[0].is_string() || !args[1].is_numeric() || (args.size() > 2 && !args[2].is_numeric())) {
    return Value::Error();
  }
  const double size = static_cast<double>(CodePointCount(args[0].text));
  const double start = RoundedPosition(args[1]);
  const double end = args.size() > 2 ? start + RoundedPosition(args[2]) : size + 1;
  const double first = std::fmax(start, 1), last = std::fmin(end, size + 1);
  if (std::isnan(start) || std::isnan(end) || !(first < last)) return Value::StringLike("", args[0]);
  const size_t from = static_cast<size_t>(first) - 1;
  return Value::StringLike(
      std::string(CodePointSubstring(args[0].text, from, static_cast<size_t>(last - first))), args[0]);
}

Value UCase(EvaluationEnvironment&, FunctionArguments args) {
  return args[0].is_string() ? Value::StringLike(UpperCase(args[0].text), args[0]) : Value::Error();
}

Value LCase(EvaluationEnvironment&, FunctionArguments args) {
  return args[0].is_string() ? Value::StringLike(LowerCase(args[0].text), args[0]) : Value::Error();
}

Value StrStarts(EvaluationEnvironment&, FunctionArguments args) {
  if (!Compatible(args[0], args[1])) return Value::Error();
  return Value::Boolean(std::string_view(args[0].text).starts_with(args[1].text));
}

Value StrEnds(EvaluationEnvironment&, FunctionArguments args) {
  if (!Compatible(args[0], args[1])) return Value::Error();
  return Value::Boolean(std::string_view(args[0].text).ends_with(args[1].text));
}

Value Contains(EvaluationEnvironment&, FunctionArguments args) {
  if (!Compatible(args[0], args[1])) return Value::Error();
  return Value::Boolean(args[0].text.find(args[1].text) != std::string::npos);
}

// Without a match both give a plain empty string; with one, a string like the first argument.
Value StrBefore(EvaluationEnvironment&, FunctionArguments args) {
  if (!Compatible(args[0], args[1])) return Value::Error();
  const size_t at = args[0].text.find(args[1].text);
  if (at == std::string::npos) return Value::String("");
  return Value::StringLike(args[0].text.substr(0, at), args[0]);
}

Value StrAfter(EvaluationEnvironment&, FunctionArguments args) {
  if (!Compatible(args[0], args[1])) return Value::Error();
  const size_t at = args[0].text.find(args[1].text);
  if (at == std::string::npos) return Value::String("");
  return Value::StringLike(args[0].text.substr(at + args[1].text.size()), args[0]);
}

Value EncodeForUri(EvaluationEnvironment&, FunctionArguments args) {
  if (!args[0].is_string()) return Value::Error();
  std::string out;
  for (const char c : args[0].text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      const unsigned char byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return Value::String(std::move(out));
}

// Keeps a language that all arguments share.
Value Concat(EvaluationEnvironment&, FunctionArguments args) {
  std::string out;
  bool same_language = !args.empty();
  for (const Value& arg : args) {
    if (!arg.is_string()) return Value::Error();
    out += arg.text;
    same_language = same_language && arg.kind == ValueKind::kLangString && arg.extra == args[0].extra;
  }
  return same_language ? Value::LangString(std::move(out), args[0].extra) : Value::String(std::move(out));
}

}  // namespace quadraft::sparql::functions
