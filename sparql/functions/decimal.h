// Exact decimal arithmetic for xsd:decimal and xsd:integer (XPath Functions and Operators, section 6).
//
//   std::optional<Decimal> sum = Add(a, b);   // nullopt: overflow, the expression's error (err:FOAR0002). Never a wrong value.
//
// A value is unscaled * 10^-scale with a 128-bit unscaled part: 38 digits. XPath asks for at least 18 digits and for an error
// beyond what an implementation holds.
// Invariants: 1. 0 <= scale <= kDecimalScaleMax; 2. no trailing zero in a fraction (scale 0, or unscaled % 10 != 0), so equal
// values have equal fields.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_DECIMAL_H_
#define QUADRAFT_SPARQL_FUNCTIONS_DECIMAL_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quadraft::sparql {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

inline constexpr int kDecimalScaleMax = 37;
inline constexpr int kDivisionDigits = 18;  // Fraction digits of a quotient that does not end earlier; cut, not rounded.

class Decimal {
 public:
  constexpr Decimal() = default;
  constexpr Decimal(int64_t integer) : unscaled_(integer) {}  // NOLINT: integers are decimals.
  static Decimal Normalized(Int128 unscaled, int scale);

  // [+-]digits[.digits]; nullopt on anything else or when it needs more than 38 digits.
  static std::optional<Decimal> Parse(std::string_view text);
  // The decimal of the shortest digits that name the double; nullopt when not finite or too long.
  static std::optional<Decimal> FromDouble(double value);

  Int128 unscaled() const { return unscaled_; }
  int scale() const { return scale_; }
  bool is_integer() const { return scale_ == 0; }
  bool is_zero() const { return unscaled_ == 0; }
  bool is_negative() const { return unscaled_ < 0; }
  std::optional<int64_t> AsInt64() const;  // nullopt unless an integer that fits.
  double AsDouble() const;                 // Correctly rounded.
  std::string ToString() const;            // Canonical (XSD 1.1): "-0.5", "12".

  friend bool operator==(const Decimal&, const Decimal&) = default;
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);

 private:
  Int128 unscaled_ = 0;
  int scale_ = 0;
};

std::optional<Decimal> Add(const Decimal& a, const Decimal& b);
std::optional<Decimal> Subtract(const Decimal& a, const Decimal& b);
std::optional<Decimal> Multiply(const Decimal& a, const Decimal& b);
std::optional<Decimal> Divide(const Decimal& a, const Decimal& b);  // nullopt also for b = 0.
std::optional<Decimal> Negate(const Decimal& a);
Decimal Floor(const Decimal& a);
Decimal Ceil(const Decimal& a);
Decimal RoundHalfUp(const Decimal& a);  // Ties towards positive infinity (fn:round).
Decimal Truncate(const Decimal& a);

std::string Int128ToString(Int128 value);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_DECIMAL_H_
