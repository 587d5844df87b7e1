// Decimals, dates, values, comparison and arithmetic.
#include "sparql/functions/value.h"

#include <cmath>

#include "gtest/gtest.h"
#include "sparql/functions/arithmetic.h"
#include "sparql/functions/unicode.h"

namespace quadraft::sparql {
namespace {

Decimal D(std::string_view text) { return *Decimal::Parse(text); }
Value V(std::string_view lexical, std::string_view type = {}, std::string_view language = {}) {
  return ValueFromTerm(rdf::Term::Literal(lexical, type.empty() ? "" : StrCat(rdf::kXsd, type), language));
}
std::string Text(const std::optional<Decimal>& value) { return value ? value->ToString() : "error"; }

TEST(DecimalTest, ParsesAndPrintsCanonically) {
  EXPECT_EQ(D("+012.500").ToString(), "12.5");
  EXPECT_EQ(D("-.05").ToString(), "-0.05");
  EXPECT_EQ(D("7.").ToString(), "7");
  EXPECT_EQ(D("-0.0").ToString(), "0");
  EXPECT_EQ(D("0.00").scale(), 0);
  for (const char* bad : {"", "+", ".", "1e3", "1.2.3", " 1", "0x1", "--1"}) EXPECT_FALSE(Decimal::Parse(bad)) << bad;
  EXPECT_FALSE(Decimal::Parse("1000000000000000000000000000000000000000")) << "40 digits do not fit";
  EXPECT_EQ(D("170141183460469231731687303715884105727").ToString(), "170141183460469231731687303715884105727");
}

TEST(DecimalTest, IsExactOrAnError) {
  EXPECT_EQ(Text(Add(D("0.1"), D("0.2"))), "0.3");
  EXPECT_EQ(Text(Add(D("9223372036854775807"), D("1"))), "9223372036854775808");
  EXPECT_EQ(Text(Multiply(D("-1.5"), D("0.2"))), "-0.3");
  EXPECT_EQ(Text(Divide(D("1"), D("3"))), "0.333333333333333333");
  EXPECT_EQ(Text(Divide(D("-6"), D("0.5"))), "-12");
  EXPECT_EQ(Text(Divide(D("1"), D("0"))), "error");
  const Decimal largest = D("170141183460469231731687303715884105727");
  EXPECT_EQ(Text(Add(largest, D("1"))), "error");
  EXPECT_EQ(Text(Multiply(largest, D("2"))), "error");
  EXPECT_EQ(Text(Subtract(D("1"), largest)), "-170141183460469231731687303715884105726");
}

TEST(DecimalTest, OrdersAndRounds) {
  EXPECT_LT(D("-1.1"), D("-1.09"));
  EXPECT_GT(D("100000000000000000000000000000000000000"), D("0.0000000000000000000000000000000000001"));
  EXPECT_EQ(D("1.50"), D("1.5"));
  EXPECT_EQ(RoundHalfUp(D("2.5")).ToString(), "3");
  EXPECT_EQ(RoundHalfUp(D("-2.5")).ToString(), "-2");
  EXPECT_EQ(RoundHalfUp(D("-2.51")).ToString(), "-3");
  EXPECT_EQ(Floor(D("-0.1")).ToString(), "-1");
  EXPECT_EQ(Ceil(D("-0.1")).ToString(), "0");
  EXPECT_EQ(Ceil(D("0.1")).ToString(), "1");
}

TEST(DateTimeTest, ParsesPrintsAndRefuses) {
  EXPECT_EQ(DateTime::Parse("2011-01-10T14:45:13.8150-05:00")->ToString(), "2011-01-10T14:45:13.815-05:00");
  EXPECT_EQ(DateTime::Parse("1999-12-31T24:00:00Z")->ToString(), "2000-01-01T00:00:00Z");
  EXPECT_EQ(DateTime::Parse("-0044-03-15T00:00:00")->ToString(), "-0044-03-15T00:00:00");
  EXPECT_EQ(DateTime::FromWallTime({-1}).ToString(), "1969-12-31T23:59:59.999999Z");
  for (const char* bad : {"2011-02-29T00:00:00", "2011-13-01T00:00:00", "2011-01-01", "2011-01-01T25:00:00",
                          "2011-01-01T00:00:60", "2011-01-01T00:00:00+15:00", "11-01-01T00:00:00",
                          "2011-01-01T00:00:00.1234567891"}) {
    EXPECT_FALSE(DateTime::Parse(bad)) << bad;
  }
}

TEST(DateTimeTest, OrderIsPartialWithoutZones) {
  const auto compare = [](const char* a, const char* b) { return Compare(*DateTime::Parse(a), *DateTime::Parse(b)); };
  EXPECT_EQ(compare("2011-01-01T00:00:00Z", "2011-01-01T01:00:00+01:00"), std::strong_ordering::equal);
  EXPECT_EQ(compare("2011-01-01T00:00:00", "2011-01-01T00:00:00.5"), std::strong_ordering::less);
  EXPECT_EQ(compare("2011-01-01T00:00:00", "2011-01-01T05:00:00Z"), std::nullopt);
  EXPECT_EQ(compare("2011-01-01T00:00:00", "2011-01-03T00:00:00Z"), std::strong_ordering::less);
  EXPECT_EQ(compare("2011-01-03T00:00:00Z", "2011-01-01T00:00:00"), std::strong_ordering::greater);
}

TEST(ValueTest, KeepsSpellingAndType) {
  const Value byte = V("042", "byte");
  EXPECT_EQ(byte.kind, ValueKind::kInteger);
  EXPECT_EQ(TermFromValue(byte), rdf::Term::Literal("042", StrCat(rdf::kXsd, "byte")));
  EXPECT_EQ(V("300", "byte").kind, ValueKind::kOther) << "out of the type's range";
  EXPECT_EQ(V("1.0", "integer").kind, ValueKind::kOther);
  EXPECT_EQ(CanonicalDouble(1), "1.0E0");
  EXPECT_EQ(CanonicalDouble(-123456), "-1.23456E5");
  EXPECT_EQ(CanonicalDouble(1e-7), "1.0E-7");
  EXPECT_EQ(*ParseDouble("+.5e1"), 5);
  EXPECT_EQ(*ParseDouble("1e999"), INFINITY);
  EXPECT_EQ(*ParseDouble("1e-999"), 0);
  for (const char* bad : {"", "inf", "nan", "1e", "0x1p3", " 1", "+-1"}) EXPECT_FALSE(ParseDouble(bad)) << bad;
}

TEST(ValueTest, EffectiveBooleans) {
  EXPECT_EQ(EffectiveBoolean(V("")), false);
  EXPECT_EQ(EffectiveBoolean(V("0")), true);
  EXPECT_EQ(EffectiveBoolean(V("x", "integer")), false) << "an invalid number is false";
  EXPECT_EQ(EffectiveBoolean(V("NaN", "double")), false);
  EXPECT_EQ(EffectiveBoolean(V("a", "", "en")), std::nullopt);
  EXPECT_EQ(EffectiveBoolean(Value::Iri("x:")), std::nullopt);
  EXPECT_EQ(EffectiveBoolean(V("2011-01-01", "date")), std::nullopt);
}

TEST(ValueTest, Equality) {
  EXPECT_EQ(ValuesEqual(V("1", "integer"), V("1.0", "decimal")), true);
  EXPECT_EQ(ValuesEqual(V("01", "byte"), V("1e0", "double")), true);
  EXPECT_EQ(ValuesEqual(V("NaN", "double"), V("NaN", "double")), false);
  EXPECT_EQ(ValuesEqual(V("1", "integer"), V("1")), false);
  EXPECT_EQ(ValuesEqual(V("a"), V("a", "", "en")), false);
  EXPECT_EQ(ValuesEqual(V("x", "unknown"), V("y", "unknown")), std::nullopt);
  EXPECT_EQ(ValuesEqual(V("x", "unknown"), V("x", "unknown")), true);
  EXPECT_EQ(ValuesEqual(V("x", "unknown"), V("x", "", "en")), false);
  EXPECT_EQ(ValuesEqual(Value::Iri("x:"), V("x:")), false);
  EXPECT_EQ(ValuesEqual(Value::Error(), V("x")), std::nullopt);
  EXPECT_EQ(ValuesCompare(V("a"), V("b")), std::partial_ordering::less);
  EXPECT_EQ(ValuesCompare(V("a"), V("1", "integer")), std::nullopt);
  EXPECT_EQ(ValuesCompare(V("NaN", "float"), V("1", "integer")), std::partial_ordering::unordered);
}

TEST(ValueTest, SortsEverything) {
  const std::vector<Value> ascending = {Value::Error(), Value::Blank("b"), Value::Iri("a:"), Value::Iri("b:"),
                                        V("NaN", "double"), V("-1", "integer"), V("0.5", "decimal"), V("1e0", "double"),
                                        V("2011-01-01T00:00:00Z", "dateTime"), V("2011-01-01", "date"),
                                        V("false", "boolean"), V("true", "boolean"), V("A"), V("a"), V("a", "", "en"),
                                        V("a", "unknown")};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(OrderCompare(ascending[i], ascending[j]), i <=> j) << i << " " << j;
    }
  }
}

TEST(ArithmeticTest, PromotesAndFails) {
  const auto add = [](const Value& a, const Value& b) { return Arithmetic(ExpressionKind::kAdd, a, b); };
  EXPECT_EQ(TermFromValue(add(V("1", "byte"), V("2", "int"))), rdf::Term::Literal("3", rdf::kXsdInteger));
  EXPECT_EQ(TermFromValue(add(V("1", "integer"), V("0.5", "decimal"))), rdf::Term::Literal("1.5", rdf::kXsdDecimal));
  EXPECT_EQ(TermFromValue(add(V("1", "integer"), V("1", "float"))), rdf::Term::Literal("2.0E0", rdf::kXsdFloat));
  EXPECT_TRUE(add(V("1"), V("1", "integer")).is_error());
  const Value quotient = Arithmetic(ExpressionKind::kDivide, V("4", "integer"), V("2", "integer"));
  EXPECT_EQ(TermFromValue(quotient), rdf::Term::Literal("2", rdf::kXsdDecimal));
  EXPECT_TRUE(Arithmetic(ExpressionKind::kDivide, V("1", "integer"), V("0", "integer")).is_error());
  EXPECT_EQ(Arithmetic(ExpressionKind::kDivide, V("1", "double"), V("0", "integer")).floating(), INFINITY);
}

TEST(UnicodeTest, CountsCutsAndMaps) {
  EXPECT_EQ(CodePointCount("naïve 食 😀"), 9u);
  EXPECT_EQ(CodePointSubstring("食べ物", 1, 1), "べ");
  EXPECT_EQ(UpperCase("éàß жω z"), "ÉÀß ЖΩ Z");
  EXPECT_EQ(LowerCase("ÉÀ ЖΩŁ Z"), "éà жωł z");
}

}  // namespace
}  // namespace quadraft::sparql
