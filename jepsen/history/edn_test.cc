#include "jepsen/history/edn.h"

#include <cmath>

#include "gtest/gtest.h"
#include "jepsen/history/json.h"

namespace quadraft::jepsen {
namespace {

// What the text is read as, printed again; or the error.
std::string Read(std::string_view text) {
  const auto value = ParseEdn(text);
  return value.ok() ? value->ToString() : Message(value.status());
}

std::string ReadJson(std::string_view text) {
  JsonReader reader(text);
  const auto value = reader.Next();
  if (!value.ok()) return Message(value.status());
  if (!value->has_value()) return "nothing";
  const auto more = reader.Next();
  if (!more.ok()) return Message(more.status());
  return (*value)->ToString() + (more->has_value() ? " and more" : "");
}

TEST(Edn, Atoms) {
  EXPECT_EQ(Read("nil"), "nil");
  EXPECT_EQ(Read(" true "), "true");
  EXPECT_EQ(Read("false"), "false");
  EXPECT_EQ(Read(":a/b"), ":a/b");
  EXPECT_EQ(Read("foo.bar/baz?"), "foo.bar/baz?");
  EXPECT_EQ(Read("-"), "-");
  EXPECT_EQ(Read("+x"), "+x");
}

TEST(Edn, Numbers) {
  EXPECT_EQ(Read("42"), "42");
  EXPECT_EQ(Read("+42"), "42");
  EXPECT_EQ(Read("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Read("9223372036854775808"), "9223372036854775808");
  EXPECT_EQ(ParseEdn("9223372036854775808")->kind(), Value::Kind::kBigNumber);
  EXPECT_EQ(ParseEdn("7N")->as_int(), 7);
  EXPECT_EQ(Read("1.5"), "1.5");
  EXPECT_EQ(Read("-1e3"), "-1000.0");
  EXPECT_EQ(Read("1.50M"), "1.50M");
  EXPECT_EQ(Read("2/3"), "2/3");
  EXPECT_EQ(Read("##-Inf"), "##-Inf");
  EXPECT_TRUE(std::isnan(ParseEdn("##NaN")->as_double()));
  EXPECT_EQ(Read("12x"), "line 1, column 1: not a number: 12x");
  EXPECT_EQ(Read("1.2.3"), "line 1, column 1: not a number: 1.2.3");
  EXPECT_EQ(Read("##Foo"), "line 1, column 1: no such number: ##Foo");
}

TEST(Edn, StringsAndCharacters) {
  EXPECT_EQ(ParseEdn(R"("a\n\t\"\\\u00e9")")->text(), "a\n\t\"\\\xc3\xa9");
  EXPECT_EQ(Read(R"("a\nb")"), R"("a\nb")");
  EXPECT_EQ(Read("\\a"), "\\a");
  EXPECT_EQ(Read("\\newline"), "\\newline");
  EXPECT_EQ(ParseEdn("\\u0041")->text(), "A");
  EXPECT_EQ(Read("[\\( \\;]"), "[\\( \\;]");
  EXPECT_EQ(Read("\"ab"), "line 1, column 1: this string is not closed");
  EXPECT_EQ(Read("\"a\\q\""), "line 1, column 3: no such escape: \\q");
  EXPECT_EQ(Read("\"\\u00g0\""), "line 1, column 4: \\u needs 4 hexadecimal digits");
  EXPECT_EQ(Read("\\foo"), "line 1, column 1: no such character: \\foo");
}

TEST(Edn, Collections) {
  EXPECT_EQ(Read("[1, 2 (3) #{4} {:a 5}]"), "[1 2 (3) #{4} {:a 5}]");
  EXPECT_EQ(Read("#inst \"2024\""), "#inst \"2024\"");
  EXPECT_EQ(Read("[1 #_2 #_ [3 4] 5 ; six\n 7]"), "[1 5 7]");
  EXPECT_EQ(Read("^{:line 3} [1]"), "[1]");
  EXPECT_EQ(Read("{:a 1, :b}"), "line 1, column 1: this map has a key without a value");
  EXPECT_EQ(Read("[1\n  (2]"), "line 2, column 5: unexpected ]");
  EXPECT_EQ(Read("[1\n  (2"), "line 2, column 3: this is not closed by )");
  EXPECT_EQ(Read("1 2"), "line 1, column 2: more follows after the form");
  EXPECT_EQ(Read(""), "line 1, column 1: there is no form here");
  EXPECT_EQ(Read("#_"), "line 1, column 3: a form is missing: the text ends here");
  EXPECT_EQ(Read("[1 :]"), "line 1, column 4: : without a name");
}

TEST(Edn, NestingIsBounded) {
  const std::string deep(100000, '[');
  EXPECT_NE(Read(deep).find("nested deeper than 256"), std::string::npos);
  std::string discards;
  for (int i = 0; i < 100000; ++i) discards += "#_ ";
  EXPECT_NE(Read(discards).find("nested deeper than 256"), std::string::npos);
}

TEST(Edn, EveryPrefixAndEveryByteIsReadOrRefused) {
  const std::string text = R"({:a [1 -2.5M "x\n" \a #{nil} #t (##Inf)] #_ x :b ^{} y})";
  ASSERT_TRUE(ParseEdn(text).ok());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseEdn(text.substr(0, size)).ok()) << size;
    for (int byte = 0; byte < 256; ++byte) {
      std::string broken = text;
      broken[size] = static_cast<char>(byte);
      Read(broken);
    }
  }
}

TEST(Json, Values) {
  EXPECT_EQ(ReadJson(R"({"a": [1, -2.5e1, null, true, false, ""], "b": {}})"),
            R"({"a" [1 -25.0 nil true false ""] "b" {}})");
  EXPECT_EQ(ReadJson(R"("\u00e9\ud83d\ude00\/")"), "\"\xc3\xa9\xf0\x9f\x98\x80/\"");
  EXPECT_EQ(ReadJson("[] []"), "[] and more");
  EXPECT_EQ(ReadJson(" "), "nothing");
}

TEST(Json, Errors) {
  EXPECT_EQ(ReadJson("[1\n 2]"), "line 2, column 2: expected , or ]");
  EXPECT_EQ(ReadJson("{\"a\" 1}"), "line 1, column 6: expected :");
  EXPECT_EQ(ReadJson("{a: 1}"), "line 1, column 2: expected a name in quotes");
  EXPECT_EQ(ReadJson("[1"), "line 1, column 1: this array is not closed");
  EXPECT_EQ(ReadJson("01"), "line 1, column 1: not a number: 01");
  EXPECT_EQ(ReadJson("nul"), "line 1, column 1: unexpected n");
  EXPECT_EQ(ReadJson("\"a"), "line 1, column 1: this string is not closed");
  EXPECT_EQ(ReadJson("[1,]"), "line 1, column 4: unexpected ]");
  EXPECT_EQ(ReadJson("\"\\ud83d\\u0041\""), "line 1, column 8: half a surrogate pair");
  EXPECT_NE(ReadJson(std::string(100000, '[')).find("nested deeper than 256"), std::string::npos);
}

TEST(Value, Equality) {
  EXPECT_EQ(*ParseEdn("[1 2]"), *ParseEdn("(1 2)"));
  EXPECT_EQ(*ParseEdn("{:a 1 :b 2}"), *ParseEdn("{:b 2 :a 1}"));
  EXPECT_EQ(*ParseEdn("#{1 2}"), *ParseEdn("#{2 1}"));
  EXPECT_FALSE(*ParseEdn("#{1 2}") == *ParseEdn("#{2 3}"));
  EXPECT_FALSE(*ParseEdn("1") == *ParseEdn("1.0"));
  EXPECT_FALSE(*ParseEdn(":a") == *ParseEdn("\"a\""));
  EXPECT_FALSE(Value() == Value::Int(0));
}

}  // namespace
}  // namespace quadraft::jepsen
