#include "sim/oracle/functions.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <regex>

#include "sim/oracle/number.h"
#include "sim/oracle/terms.h"

namespace quadraft::sim::oracle {
namespace {

using rdf::Term;
using Args = std::vector<Term>;

FunctionResult Value(Term term) { return {std::move(term)}; }
FunctionResult Bool(bool value) { return {BooleanTerm(value)}; }
FunctionResult Error() { return {}; }
FunctionResult Beyond() { return {.term = {}, .beyond = true}; }

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}
bool IsStringLiteral(const Term& term) { return IsString(term) || !term.language.empty(); }
// A string with the language of `like`.
Term Like(const Term& like, std::string text) { return Term::Literal(text, {}, like.language); }

// Section 17.4.3.1.2: the second is a simple literal, or of the first's language.
bool Compatible(const Term& a, const Term& b) {
  return IsStringLiteral(a) && IsStringLiteral(b) &&
         (b.language.empty() || a.language == b.language);
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}
std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

FunctionResult Str(const Args& a) {
  if (a[0].is_blank()) return Error();
  return Value(Term::Literal(a[0].value));
}
FunctionResult Lang(const Args& a) {
  return a[0].is_literal() ? Value(Term::Literal(a[0].language)) : Error();
}
FunctionResult Datatype(const Args& a) {
  return a[0].is_literal() ? Value(Term::Iri(a[0].DatatypeIri())) : Error();
}
FunctionResult Iri(const Args& a) {
  if (a[0].is_iri()) return Value(a[0]);
  if (!IsString(a[0])) return Error();
  if (a[0].value.find(':') == std::string::npos) return Beyond();  // Relative to the base.
  return Value(Term::Iri(a[0].value));
}
FunctionResult StrDt(const Args& a) {
  if (!IsString(a[0]) || !a[1].is_iri()) return Error();
  return Value(Term::Literal(a[0].value, a[1].value == rdf::kXsdString ? "" : a[1].value));
}
FunctionResult StrLang(const Args& a) {
  if (!IsString(a[0]) || !IsString(a[1]) || a[1].value.empty()) return Error();
  return Value(Term::Literal(a[0].value, {}, a[1].value));
}

// RFC 4647 basic filtering.
FunctionResult LangMatches(const Args& a) {
  if (!IsString(a[0]) || !IsString(a[1])) return Error();
  const std::string tag = Lower(a[0].value), range = Lower(a[1].value);
  if (range == "*") return Bool(!tag.empty());
  return Bool(tag == range ||
              (tag.starts_with(range) && tag.size() > range.size() && tag[range.size()] == '-'));
}

FunctionResult StrLen(const Args& a) {
  if (!IsStringLiteral(a[0])) return Error();
  // Code points: bytes that do not continue one.
  const auto count = std::count_if(a[0].value.begin(), a[0].value.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
  return Value(ToTerm(Number::Integer(count)));
}
FunctionResult SubStr(const Args& a) {
  if (!IsStringLiteral(a[0]) || !IsNumeric(a[1])) return Error();
  if (!IsAscii(a[0].value)) return Beyond();
  const auto start = ParseNumber(a[1]);
  const auto length =
      a.size() > 2 ? ParseNumber(a[2]) : Number::Integer(static_cast<__int128>(1) << 60);
  if (!start || !length) return Error();
  if (start->type != NumberType::kInteger || length->type != NumberType::kInteger) return Beyond();
  // fn:substring: the characters at positions p, from 1, with start <= p < start + length.
  std::string out;
  for (size_t i = 0; i < a[0].value.size(); ++i) {
    const auto position = static_cast<__int128>(i) + 1;
    if (position >= start->digits && position < start->digits + length->digits)
      out += a[0].value[i];
  }
  return Value(Like(a[0], out));
}
FunctionResult UCase(const Args& a) {
  if (!IsStringLiteral(a[0])) return Error();
  return IsAscii(a[0].value) ? Value(Like(a[0], Upper(a[0].value))) : Beyond();
}
FunctionResult LCase(const Args& a) {
  if (!IsStringLiteral(a[0])) return Error();
  return IsAscii(a[0].value) ? Value(Like(a[0], Lower(a[0].value))) : Beyond();
}
FunctionResult Contains(const Args& a) {
  return Compatible(a[0], a[1]) ? Bool(a[0].value.find(a[1].value) != std::string::npos) : Error();
}
FunctionResult StrStarts(const Args& a) {
  return Compatible(a[0], a[1]) ? Bool(a[0].value.starts_with(a[1].value)) : Error();
}
FunctionResult StrEnds(const Args& a) {
  return Compatible(a[0], a[1]) ? Bool(a[0].value.ends_with(a[1].value)) : Error();
}
FunctionResult StrBefore(const Args& a) {
  if (!Compatible(a[0], a[1])) return Error();
  const size_t at = a[0].value.find(a[1].value);
  return Value(at == std::string::npos ? Term::Literal("") : Like(a[0], a[0].value.substr(0, at)));
}
FunctionResult StrAfter(const Args& a) {
  if (!Compatible(a[0], a[1])) return Error();
  const size_t at = a[0].value.find(a[1].value);
  return Value(at == std::string::npos ? Term::Literal("")
                                       : Like(a[0], a[0].value.substr(at + a[1].value.size())));
}
FunctionResult Concat(const Args& a) {
  std::string text;
  bool same = !a.empty();
  for (const Term& arg : a) {
    if (!IsStringLiteral(arg)) return Error();
    text += arg.value;
    same = same && arg.language == a[0].language;
  }
  return Value(same ? Like(a[0], text) : Term::Literal(text));
}

// The part of XPath's regular expressions that ECMAScript's means the same by.
FunctionResult Regex(const Args& a) {
  if (!IsStringLiteral(a[0]) || !IsString(a[1]) || (a.size() > 2 && !IsString(a[2])))
    return Error();
  const std::string flags = a.size() > 2 ? a[2].value : "";
  // Look-ahead is not XPath's; classes by property and subtraction are not ECMAScript's.
  bool plain = true;
  for (const std::string_view other : {"(?", "\\p", "\\P", "\\i", "\\c", "\\I", "\\C", "-["}) {
    plain = plain && a[1].value.find(other) == std::string::npos;
  }
  if (!plain || !IsAscii(a[0].value) || !IsAscii(a[1].value) || (!flags.empty() && flags != "i") ||
      a[0].value.find('\n') != std::string::npos) {
    return Beyond();
  }
  auto options = std::regex::ECMAScript;
  if (flags == "i") options |= std::regex::icase;
  try {
    return Bool(std::regex_search(a[0].value, std::regex(a[1].value, options)));
  } catch (const std::regex_error&) {
    return Error();
  }
}

FunctionResult Rounded(const Args& a, Rounding rounding) {
  const auto number = ParseNumber(a[0]);
  if (!number) return Error();
  const auto rounded = Round(*number, rounding);
  return rounded ? Value(ToTerm(*rounded)) : Beyond();
}
FunctionResult Abs(const Args& a) {
  const auto number = ParseNumber(a[0]);
  if (!number) return Error();
  const bool negative = number->digits < 0 || number->real < 0;
  return Value(ToTerm(negative ? Negate(*number) : *number));
}

// XPath's casting to xs:string: the canonical form of numbers, and "1" for 1.0.
std::string StringOf(const Term& from) {
  if (from.datatype == rdf::kXsdBoolean) {
    return from.value == "1" ? "true" : from.value == "0" ? "false" : from.value;
  }
  const auto number = ParseNumber(from);
  if (!number) return from.value;
  std::string text = ToTerm(*number).value;
  if (number->exact()) {
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
  }
  const double size = number->real < 0 ? -number->real : number->real;
  if (size == 0) return "0";
  if (!(size >= 1e-6 && size < 1e6)) return text;
  char buffer[64];
  const auto end = number->type == NumberType::kFloat
                       ? std::to_chars(buffer, buffer + 64, static_cast<float>(number->real),
                                       std::chars_format::fixed)
                       : std::to_chars(buffer, buffer + 64, number->real, std::chars_format::fixed);
  return std::string(buffer, end.ptr);
}

// The casts of section 17.1 from and to what the oracle knows.
FunctionResult Cast(const std::string& type, const Term& from) {
  if (IsBeyond(from) || from.is_blank()) return IsBeyond(from) ? Beyond() : Error();
  if (type == rdf::kXsdString) return Value(Term::Literal(StringOf(from)));
  if (!from.is_literal() || !from.language.empty()) return Error();
  const bool from_string = IsString(from);
  const bool from_boolean = from.datatype == rdf::kXsdBoolean;
  if (type == rdf::kXsdBoolean) {
    if (from_string || from_boolean) {
      const bool yes = from.value == "true" || from.value == "1";
      return yes || from.value == "false" || from.value == "0" ? Bool(yes) : Error();
    }
    return ParseNumber(from) ? Bool(*EffectiveBoolean(from)) : Error();
  }
  if (from_boolean) {
    const bool yes = from.value == "true" || from.value == "1";
    if (!yes && from.value != "false" && from.value != "0") return Error();
    return Cast(type, ToTerm(Number::Integer(yes ? 1 : 0)));
  }
  if (from_string) {
    const auto number = ParseNumber(Term::Literal(from.value, type));
    return number ? Value(ToTerm(*number)) : Error();
  }
  auto number = ParseNumber(from);
  if (!number) return Error();
  const auto target = ParseNumber(Term::Literal("0", type));
  if (!target) return Beyond();
  if (!target->exact()) {
    const double real = number->ToDouble();
    const bool single = target->type == NumberType::kFloat;
    return Value(ToTerm({.type = target->type, .real = single ? static_cast<float>(real) : real}));
  }
  if (!number->exact()) {
    if (!(number->real > -1e15 && number->real < 1e15))
      return number->real == number->real ? Beyond() : Error();
    if (number->real != static_cast<double>(static_cast<int64_t>(number->real)) &&
        target->type == NumberType::kDecimal) {
      return Beyond();
    }
    number = Number::Integer(static_cast<int64_t>(number->real));
  }
  if (target->type == NumberType::kInteger) {  // Towards zero.
    const bool negative = number->digits < 0;
    number = Round(negative ? Negate(*number) : *number, Rounding::kFloor);
    if (!number) return Beyond();
    if (negative) number = Negate(*number);
  }
  number->type = target->type;
  return Value(ToTerm(*number));
}

using Function = FunctionResult (*)(const Args&);
const std::map<std::string, Function>& Table() {
  static const auto& table = *new std::map<std::string, Function>{
      {"STR", Str},
      {"LANG", Lang},
      {"DATATYPE", Datatype},
      {"IRI", Iri},
      {"URI", Iri},
      {"STRDT", StrDt},
      {"STRLANG", StrLang},
      {"LANGMATCHES", LangMatches},
      {"STRLEN", StrLen},
      {"SUBSTR", SubStr},
      {"UCASE", UCase},
      {"LCASE", LCase},
      {"CONTAINS", Contains},
      {"STRSTARTS", StrStarts},
      {"STRENDS", StrEnds},
      {"STRBEFORE", StrBefore},
      {"STRAFTER", StrAfter},
      {"CONCAT", Concat},
      {"REGEX", Regex},
      {"ABS", Abs},
      {"CEIL", [](const Args& a) { return Rounded(a, Rounding::kCeiling); }},
      {"FLOOR", [](const Args& a) { return Rounded(a, Rounding::kFloor); }},
      {"ROUND", [](const Args& a) { return Rounded(a, Rounding::kHalfUp); }},
      {"ISIRI", [](const Args& a) { return Bool(a[0].is_iri()); }},
      {"ISURI", [](const Args& a) { return Bool(a[0].is_iri()); }},
      {"ISBLANK", [](const Args& a) { return Bool(a[0].is_blank()); }},
      {"ISLITERAL", [](const Args& a) { return Bool(a[0].is_literal()); }},
      {"ISNUMERIC", [](const Args& a) { return Bool(ParseNumber(a[0]).has_value()); }},
      {"SAMETERM", [](const Args& a) { return Bool(a[0] == a[1]); }},
  };
  return table;
}

}  // namespace

FunctionResult CallFunction(const std::string& name, const std::vector<Term>& args) {
  const auto found = Table().find(name);
  if (found != Table().end()) return found->second(args);
  if (name.starts_with(rdf::kXsd) && args.size() == 1) {
    const bool known = name == rdf::kXsdString || name == rdf::kXsdBoolean ||
                       name == rdf::kXsdInteger || name == rdf::kXsdDecimal ||
                       name == rdf::kXsdDouble || name == rdf::kXsdFloat;
    if (known) return Cast(name, args[0]);
  }
  return Beyond();
}

}  // namespace quadraft::sim::oracle
