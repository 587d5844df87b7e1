#include "sparql/functions/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace quadraft::sparql {

namespace {

// 10^n, n in [0, 38]: the last one still fits in 127 bits.
Int128 PowerOfTen(int n) {
  Int128 power = 1;
  for (int i = 0; i < n; ++i) power *= 10;
  return power;
}

UInt128 Magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

// value * 10^digits, or nullopt.
std::optional<Int128> Scaled(Int128 value, int digits) {
  if (value == 0) return Int128{0};
  if (digits > 38) return std::nullopt;
  Int128 out;
  if (__builtin_mul_overflow(value, PowerOfTen(digits), &out)) return std::nullopt;
  return out;
}

}  // namespace

Decimal Decimal::Normalized(Int128 unscaled, int scale) {
  while (scale > 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  Decimal result;
  result.unscaled_ = unscaled;
  result.scale_ = scale;
  return result;
}

std::optional<Decimal> Decimal::Parse(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  Int128 unscaled = 0;
  int scale = 0;
  bool digits = false, dot = false;
  // Trailing zeros of a fraction are not worth their digits.
  if (text.find('.') != std::string_view::npos) {
    while (text.back() == '0') text.remove_suffix(1), digits = true;
  }
  for (const char c : text) {
    if (c == '.') {
      if (dot) return std::nullopt;
      dot = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = true;
    // Accumulates negatively: the most negative value has no positive twin.
    if (__builtin_mul_overflow(unscaled, Int128{10}, &unscaled)) return std::nullopt;
    if (__builtin_sub_overflow(unscaled, Int128{c - '0'}, &unscaled)) return std::nullopt;
    if (dot && ++scale > kDecimalScaleMax) return std::nullopt;
  }
  if (!digits) return std::nullopt;
  if (!negative && __builtin_sub_overflow(Int128{0}, unscaled, &unscaled)) return std::nullopt;
  return Normalized(unscaled, scale);
}

std::optional<Decimal> Decimal::FromDouble(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  char digits[400];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::fixed);
  return Parse(std::string_view(digits, static_cast<size_t>(end.ptr - digits)));
}

std::optional<int64_t> Decimal::AsInt64() const {
  if (scale_ != 0 || unscaled_ > INT64_MAX || unscaled_ < INT64_MIN) return std::nullopt;
  return static_cast<int64_t>(unscaled_);
}

double Decimal::AsDouble() const {
  // Both exact as doubles: one division rounds once.
  constexpr int64_t kExactMax = int64_t{1} << 53;
  if (scale_ <= 18 && unscaled_ <= kExactMax && unscaled_ >= -kExactMax) {
    return static_cast<double>(static_cast<int64_t>(unscaled_)) /
           static_cast<double>(static_cast<int64_t>(PowerOfTen(scale_)));
  }
  // Through text: the one conversion that rounds correctly for 38 digits.
  const std::string text = ToString();
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string Int128ToString(Int128 value) {
  UInt128 magnitude = Magnitude(value);
  std::string reversed;
  do {
    reversed.push_back(static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  } while (magnitude != 0);
  if (value < 0) reversed.push_back('-');
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::string Decimal::ToString() const {
  std::string text = Int128ToString(unscaled_);
  if (scale_ == 0) return text;
  const size_t sign = unscaled_ < 0 ? 1 : 0;
  const size_t width = static_cast<size_t>(scale_) + 1;  // At least one digit before the point.
  if (text.size() - sign < width) text.insert(sign, width - (text.size() - sign), '0');
  text.insert(text.size() - static_cast<size_t>(scale_), 1, '.');
  return text;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.scale_ == b.scale_) return a.unscaled_ <=> b.unscaled_;
  const int scale = std::max(a.scale_, b.scale_);
  const auto left = Scaled(a.unscaled_, scale - a.scale_);
  const auto right = Scaled(b.unscaled_, scale - b.scale_);
  if (left && right) return *left <=> *right;
  // Only the one with the smaller scale can overflow, and then its integer part decides.
  const Int128 left_whole = a.unscaled_ / PowerOfTen(a.scale_);
  const Int128 right_whole = b.unscaled_ / PowerOfTen(b.scale_);
  return left_whole <=> right_whole;
}

std::optional<Decimal> Add(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale(), b.scale());
  const auto left = Scaled(a.unscaled(), scale - a.scale());
  const auto right = Scaled(b.unscaled(), scale - b.scale());
  Int128 sum;
  if (!left || !right || __builtin_add_overflow(*left, *right, &sum)) return std::nullopt;
  return Decimal::Normalized(sum, scale);
}

std::optional<Decimal> Negate(const Decimal& a) {
  Int128 negated;
  if (__builtin_sub_overflow(Int128{0}, a.unscaled(), &negated)) return std::nullopt;
  return Decimal::Normalized(negated, a.scale());
}

std::optional<Decimal> Subtract(const Decimal& a, const Decimal& b) {
  const auto negated = Negate(b);
  return negated ? Add(a, *negated) : std::nullopt;
}

std::optional<Decimal> Multiply(const Decimal& a, const Decimal& b) {
  Int128 product;
  if (__builtin_mul_overflow(a.unscaled(), b.unscaled(), &product)) return std::nullopt;
  int scale = a.scale() + b.scale();
  while (scale > 0 && product % 10 == 0) {
    product /= 10;
    --scale;
  }
  if (scale > kDecimalScaleMax) return std::nullopt;
  return Decimal::Normalized(product, scale);
}

std::optional<Decimal> Divide(const Decimal& a, const Decimal& b) {
  if (b.is_zero()) return std::nullopt;
  // Schoolbook division digit by digit: the numerator never grows past 10 times the denominator.
  const int scale = std::max(a.scale(), b.scale());
  const auto numerator = Scaled(a.unscaled(), scale - a.scale());
  const auto denominator = Scaled(b.unscaled(), scale - b.scale());
  if (!numerator || !denominator) return std::nullopt;
  const bool negative = (*numerator < 0) != (*denominator < 0);
  const UInt128 divisor = Magnitude(*denominator);
  const UInt128 dividend = Magnitude(*numerator);
  UInt128 quotient = dividend / divisor;
  UInt128 rest = dividend % divisor;
  constexpr UInt128 kMax = ~UInt128{0} >> 1;
  int digits = 0;
  while (rest != 0 && digits < kDivisionDigits) {
    if (rest > kMax / 5 || quotient > (kMax - 9) / 10) return std::nullopt;  // kMax / 5 * 10 fits unsigned.
    rest *= 10;
    quotient = quotient * 10 + rest / divisor;
    rest %= divisor;
    ++digits;
  }
  if (quotient > kMax) return std::nullopt;
  const Int128 signed_quotient = static_cast<Int128>(quotient);
  return Decimal::Normalized(negative ? -signed_quotient : signed_quotient, digits);
}

Decimal Truncate(const Decimal& a) {
  return Decimal::Normalized(a.unscaled() / PowerOfTen(a.scale()), 0);
}

Decimal Floor(const Decimal& a) {
  const Decimal cut = Truncate(a);
  return a.is_negative() && !a.is_integer() ? Decimal::Normalized(cut.unscaled() - 1, 0) : cut;
}

Decimal Ceil(const Decimal& a) {
  const Decimal cut = Truncate(a);
  return !a.is_negative() && !a.is_integer() ? Decimal::Normalized(cut.unscaled() + 1, 0) : cut;
}

Decimal RoundHalfUp(const Decimal& a) {
  if (a.is_integer()) return a;
  const Decimal floor = Floor(a);
  // The fraction above the floor, compared with one half of the unit.
  const Int128 unit = PowerOfTen(a.scale());
  const Int128 fraction = a.unscaled() - floor.unscaled() * unit;
  return fraction * 2 >= unit ? Decimal::Normalized(floor.unscaled() + 1, 0) : floor;
}

}  // namespace quadraft::sparql
