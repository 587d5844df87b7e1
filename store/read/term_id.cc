#include "store/read/term_id.h"

#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>

namespace quadraft::store {
namespace {

constexpr uint64_t kBias = uint64_t{1} << (kIdValueBits - 1);

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(std::string_view text) {
  for (const char c : text) {
    if (!IsDigit(c)) return false;
  }
  return !text.empty();
}

// "0" or digits without a leading zero.
bool IsPlainNumber(std::string_view text) {
  return AllDigits(text) && (text.size() == 1 || text[0] != '0');
}

std::optional<int64_t> ParseInt(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<TermId> Biased(IdTag tag, int64_t value) {
  constexpr auto kLimit = static_cast<int64_t>(kBias);
  if (value < -kLimit || value >= kLimit) return std::nullopt;
  return MakeTermId(tag, static_cast<uint64_t>(value) + kBias);
}

int64_t Unbiased(TermId id) {
  return static_cast<int64_t>(IdValueOf(id)) - static_cast<int64_t>(kBias);
}

std::optional<TermId> IntegerId(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (!IsPlainNumber(digits) || (negative && digits == "0")) return std::nullopt;
  const auto value = ParseInt(text);
  return value ? Biased(IdTag::kInteger, *value) : std::nullopt;
}

// kDecimal's value: 4 bits of scale (digits after the point), 56 bits of the digits as a number +
// 2^55. Scale 0 is written without a point ("7"); a fraction ends in a digit other than 0 unless it
// is ".0". So each (scale, number) that passes has exactly one lexical form, and the other way
// round.
constexpr int kDecimalBits = 56;
constexpr uint64_t kDecimalBias = uint64_t{1} << (kDecimalBits - 1);
constexpr size_t kDecimalScaleMax = 15;

std::optional<TermId> DecimalId(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  const size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  if (!IsPlainNumber(whole)) return std::nullopt;
  std::string_view fraction;
  if (point != std::string_view::npos) {
    fraction = digits.substr(point + 1);
    if (!AllDigits(fraction) || fraction.size() > kDecimalScaleMax) return std::nullopt;
    if (fraction.back() == '0' && fraction.size() > 1) return std::nullopt;
  }
  const auto magnitude = ParseInt(StrCat(whole, fraction));
  if (!magnitude || (negative && *magnitude == 0)) return std::nullopt;
  if (*magnitude >= static_cast<int64_t>(kDecimalBias)) return std::nullopt;
  const int64_t value = negative ? -*magnitude : *magnitude;
  const uint64_t biased = static_cast<uint64_t>(value) + kDecimalBias;
  return MakeTermId(IdTag::kDecimal, (uint64_t{fraction.size()} << kDecimalBits) | biased);
}

std::string DecimalText(TermId id) {
  const uint64_t bits = IdValueOf(id);
  const size_t scale = bits >> kDecimalBits;
  const int64_t value = static_cast<int64_t>(bits & ((uint64_t{1} << kDecimalBits) - 1)) -
                        static_cast<int64_t>(kDecimalBias);
  std::string digits = StrCat(value < 0 ? -value : value);
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, 1, '.');
  }
  return value < 0 ? "-" + digits : digits;
}

// XSD 1.0 part 2, section 3.2.5.2: one digit before the point, at least one after it, no '+', no
// needless zero; of the many digit strings of one double the shortest that reads back.
std::string CanonicalDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-INF" : "INF";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));  // "-1.5e+02"
  const size_t e = text.find('e');
  std::string out(text.substr(0, e));
  if (out.find('.') == std::string::npos) out += ".0";
  std::string_view exponent = text.substr(e + 1);
  out += 'E';
  if (exponent.starts_with('-')) out += '-';
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent.starts_with('0')) exponent.remove_prefix(1);
  return out.append(exponent);
}

std::optional<TermId> DoubleId(std::string_view text) {
  double value = 0;
  if (text == "NaN") {
    value = std::bit_cast<double>(uint64_t{0x7ff8} << 48);
  } else if (text == "INF" || text == "-INF") {
    value = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  } else {
    if (text.empty() || text.size() > 32 || !(IsDigit(text[0]) || text[0] == '-'))
      return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (!std::isfinite(value)) return std::nullopt;
  }
  const auto bits = std::bit_cast<uint64_t>(value);
  if ((bits & 15) != 0 || CanonicalDouble(value) != text) return std::nullopt;
  return MakeTermId(IdTag::kDouble, bits >> 4);
}

std::optional<TermId> DateId(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::string_view year = text.substr(0, 4), month = text.substr(5, 2),
                         day = text.substr(8, 2);
  if (!AllDigits(year) || !AllDigits(month) || !AllDigits(day) || year == "0000")
    return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*ParseInt(year))),
      std::chrono::month(static_cast<unsigned>(*ParseInt(month))),
      std::chrono::day(static_cast<unsigned>(*ParseInt(day)))};
  if (!date.ok()) return std::nullopt;
  return Biased(IdTag::kDate, std::chrono::sys_days(date).time_since_epoch().count());
}

std::optional<std::string> DateText(TermId id) {
  // Years 0001 to 9999 only: the ones with four digits and no sign.
  constexpr int64_t kFirst = -719162, kLast = 2932896;
  const int64_t days = Unbiased(id);
  if (days < kFirst || days > kLast) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  std::string out;
  const auto append = [&out](unsigned number, size_t width) {
    const std::string digits = StrCat(number);
    out.append(width - digits.size(), '0').append(digits);
  };
  append(static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append(static_cast<unsigned>(date.month()), 2);
  out += '-';
  append(static_cast<unsigned>(date.day()), 2);
  return out;
}

constexpr size_t kInlineStringBytes = 7;

std::optional<TermId> StringId(std::string_view text) {
  if (text.size() > kInlineStringBytes) return std::nullopt;
  uint64_t value = text.size();
  for (size_t i = 0; i < kInlineStringBytes; ++i) {
    value = value << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
  }
  return MakeTermId(IdTag::kString, value);
}

std::string StringText(TermId id) {
  const uint64_t value = IdValueOf(id);
  const size_t size = std::min<size_t>(value >> 56, kInlineStringBytes);
  std::string out;
  for (size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (48 - 8 * i)));
  return out;
}

// The only possible term of `id`, if `id` is well formed.
std::optional<rdf::Term> CandidateTerm(TermId id) {
  switch (TagOf(id)) {
    case IdTag::kSpecial:
      return rdf::Term::DefaultGraph();
    case IdTag::kInteger:
      return rdf::Term::Literal(StrCat(Unbiased(id)), rdf::kXsdInteger);
    case IdTag::kDecimal:
      return rdf::Term::Literal(DecimalText(id), rdf::kXsdDecimal);
    case IdTag::kDouble:
      return rdf::Term::Literal(CanonicalDouble(std::bit_cast<double>(IdValueOf(id) << 4)),
                                rdf::kXsdDouble);
    case IdTag::kBoolean:
      return rdf::Term::Literal(IdValueOf(id) == 1 ? "true" : "false", rdf::kXsdBoolean);
    case IdTag::kString:
      return rdf::Term::Literal(StringText(id));
    case IdTag::kDate: {
      const auto text = DateText(id);
      if (!text) return std::nullopt;
      return rdf::Term::Literal(*text, rdf::kXsdDate);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<TermId> InlineId(const rdf::Term& term) {
  if (term.is_default_graph()) return kDefaultGraphId;
  if (!term.is_literal() || !term.language.empty()) return std::nullopt;
  if (term.datatype.empty()) return StringId(term.value);
  if (!term.datatype.starts_with(rdf::kXsd)) return std::nullopt;
  if (term.datatype == rdf::kXsdInteger) return IntegerId(term.value);
  if (term.datatype == rdf::kXsdDecimal) return DecimalId(term.value);
  if (term.datatype == rdf::kXsdDouble) return DoubleId(term.value);
  if (term.datatype == rdf::kXsdDate) return DateId(term.value);
  if (term.datatype == rdf::kXsdBoolean && (term.value == "true" || term.value == "false")) {
    return MakeTermId(IdTag::kBoolean, term.value == "true");
  }
  return std::nullopt;
}

std::optional<rdf::Term> InlineTerm(TermId id) {
  std::optional<rdf::Term> term = CandidateTerm(id);
  // Ids that InlineId never makes (a damaged key) have no term: the round trip is the whole rule.
  if (!term || InlineId(*term) != id) return std::nullopt;
  return term;
}

}  // namespace quadraft::store
