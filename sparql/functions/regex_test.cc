#include "gtest/gtest.h"
#include "sparql/functions/regex_translate.h"

namespace quadraft::sparql {
namespace {

std::string Translated(std::string_view pattern, std::string_view flags = "") {
  const auto result = TranslateXpathRegex(pattern, flags);
  return result.ok() ? result->pattern : ToString(result.status());
}

TEST(RegexTranslateTest, KeepsWhatIsTheSame) { EXPECT_EQ(Translated("^(a|b)+c{2,3}[^x-z]?$"), "^(a|b)+c{2,3}[^x-z]?$"); }

TEST(RegexTranslateTest, ChangesWhatDiffers) {
  EXPECT_EQ(Translated("a.b"), "a[^\\n\\r]b");
  EXPECT_EQ(Translated("a.b", "s"), "a.b");
  EXPECT_EQ(Translated("\\d\\s"), "\\p{Nd}[ \\t\\n\\r]");
  EXPECT_EQ(Translated("a b\tc", "x"), "abc");
  EXPECT_EQ(Translated("[a b]", "x"), "[a b]") << "blanks in a class stay";
  EXPECT_EQ(Translated("a.b(", "q"), "a.b(");
}

TEST(RegexTranslateTest, RefusesWithTheReason) {
  EXPECT_EQ(TranslateXpathRegex("(a)\\1", "").status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(TranslateXpathRegex("[a-z-[aeiou]]", "").status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(TranslateXpathRegex("\\p{IsBasicLatin}", "").status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(TranslateXpathRegex("a", "g").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TranslateXpathRegex("a\\", "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TranslateXpathRegex("(?=a)", "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TranslateXpathRegex("[a", "").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace quadraft::sparql
