#include "store/read/term_id.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "core/env/random.h"

namespace quadraft::store {
namespace {

using rdf::Term;

Term Integer(std::string_view text) { return Term::Literal(text, rdf::kXsdInteger); }
Term Decimal(std::string_view text) { return Term::Literal(text, rdf::kXsdDecimal); }
Term Double(std::string_view text) { return Term::Literal(text, rdf::kXsdDouble); }
Term Date(std::string_view text) { return Term::Literal(text, rdf::kXsdDate); }
Term Boolean(std::string_view text) { return Term::Literal(text, rdf::kXsdBoolean); }

void ExpectInline(const Term& term, IdTag tag) {
  const auto id = InlineId(term);
  ASSERT_TRUE(id.has_value()) << term.value;
  EXPECT_EQ(TagOf(*id), tag) << term.value;
  const auto back = InlineTerm(*id);
  ASSERT_TRUE(back.has_value()) << term.value;
  EXPECT_EQ(*back, term) << term.value << " became " << back->value;
}

void ExpectNotInline(const Term& term) { EXPECT_FALSE(InlineId(term).has_value()) << term.value; }

TEST(TermIdTest, CanonicalFormsAreInlineAndComeBack) {
  for (const char* text : {"0", "1", "-1", "42", "576460752303423487", "-576460752303423488"}) {
    ExpectInline(Integer(text), IdTag::kInteger);
  }
  for (const char* text :
       {"0", "7", "1.0", "0.0", "1.5", "-1.5", "0.001", "-0.25", "36028797018963967",
        "3602879701896396.7", "10.0", "-10", "1.000000000000001"}) {
    ExpectInline(Decimal(text), IdTag::kDecimal);
  }
  for (const char* text :
       {"1.0E0", "0.0E0", "-0.0E0", "1.5E2", "-2.5E-1", "NaN", "INF", "-INF", "1.0E3"}) {
    ExpectInline(Double(text), IdTag::kDouble);
  }
  for (const char* text : {"1970-01-01", "0001-01-01", "9999-12-31", "2000-02-29", "1969-12-31"}) {
    ExpectInline(Date(text), IdTag::kDate);
  }
  ExpectInline(Boolean("true"), IdTag::kBoolean);
  ExpectInline(Boolean("false"), IdTag::kBoolean);
  for (const char* text :
       {"", "a", "seven b", "\xc3\xa9\xc3\xa9", "\xe2\x82\xac\xf0\x9f\x98\x80"}) {
    ExpectInline(Term::Literal(text), IdTag::kString);
  }
  ExpectInline(Term::Literal(std::string_view("a\0", 2)), IdTag::kString);
  ExpectInline(Term::DefaultGraph(), IdTag::kSpecial);
  EXPECT_EQ(InlineId(Term::DefaultGraph()), kDefaultGraphId);
}

TEST(TermIdTest, EveryOtherLexicalFormGoesToTheDictionary) {
  for (const char* text : {"01", "+1", "-0", "00", "", "-", "1.0", "1e0", " 1", "1 ", "--1",
                           "576460752303423488", "-576460752303423489", "99999999999999999999"}) {
    ExpectNotInline(Integer(text));
  }
  for (const char* text : {"1.50", "1.00", "+1.5", "-0.0", "-0", "01.5", ".5", "1.", "", "-.5",
                           "1.5.5", "36028797018963968", "0.0000000000000001", "1,5"}) {
    ExpectNotInline(Decimal(text));
  }
  for (const char* text : {"1",      "1.0",   "1.0e0",   "1E0", "1.50E0",   "10.0E0", "1.0E+0",
                           "1.0E00", "+INF",  "nan",     "inf", "infinity", "-NaN",   "0.1E0",
                           "1.0E-1", "0x1p3", "1.0E400", "",    "+1.0E0",   "00.0E0", "1.0E-0"}) {
    ExpectNotInline(Double(text));
  }
  for (const char* text :
       {"2001-02-29", "2001-13-01", "2001-00-01", "2001-01-00", "0000-01-01", "-0001-01-01",
        "10000-01-01", "2001-01-01Z", "2001-1-01", "2001/01/01", "200a-01-01", "+001-01-01"}) {
    ExpectNotInline(Date(text));
  }
  ExpectNotInline(Boolean("1"));
  ExpectNotInline(Boolean("TRUE"));
  ExpectNotInline(Term::Literal("8 bytes!"));
  ExpectNotInline(Term::Literal("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"));
  ExpectNotInline(Term::Literal("a", {}, "en"));
  ExpectNotInline(Term::Literal("1", rdf::kXsdFloat));
  ExpectNotInline(Term::Literal("1", "http://www.w3.org/2001/XMLSchema#int"));
  ExpectNotInline(Term::Iri("a"));
  ExpectNotInline(Term::Blank("a"));
}

TEST(TermIdTest, IntegersAscendWithTheirValue) {
  EXPECT_LT(*InlineId(Integer("-5")), *InlineId(Integer("-4")));
  EXPECT_LT(*InlineId(Integer("-1")), *InlineId(Integer("0")));
  EXPECT_LT(*InlineId(Integer("9")), *InlineId(Integer("10")));
  EXPECT_LT(*InlineId(Date("1969-12-31")), *InlineId(Date("1970-01-01")));
}

TEST(TermIdTest, IdsThatNothingMakesHaveNoTerm) {
  EXPECT_FALSE(InlineTerm(kNoTerm).has_value());
  EXPECT_FALSE(InlineTerm(TermId{2}).has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kBoolean, 2)).has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kString, uint64_t{9} << 56)).has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kString, (uint64_t{1} << 56) | 1)).has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kDate, 0)).has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kDouble, (uint64_t{0x7ff8} << 44) | 1)).has_value());
  EXPECT_FALSE(
      InlineTerm(MakeTermId(IdTag::kDecimal, (uint64_t{2} << 56) | ((uint64_t{1} << 55) + 150)))
          .has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kIri, 7)).has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kLiteral, 7)).has_value());
  EXPECT_FALSE(InlineTerm(MakeTermId(IdTag::kLocal, 7)).has_value());
}

// Random ids: whichever has a term gives that id back; random lexical forms: no two of them share
// an id.
TEST(TermIdTest, IdsAndTermsAreOneToOne) {
  Random random(1, "term_id");
  std::map<TermId, Term> seen;
  static constexpr char kAlphabet[] = "0011259.-+EeINFNa";
  const std::string_view datatypes[] = {rdf::kXsdInteger, rdf::kXsdDecimal, rdf::kXsdDouble, ""};
  int inline_count = 0;
  for (int i = 0; i < 300000; ++i) {
    std::string text;
    for (uint64_t length = random.Below(8); length > 0; --length) {
      text.push_back(kAlphabet[random.Below(sizeof(kAlphabet) - 1)]);
    }
    const Term term = Term::Literal(text, datatypes[random.Below(4)]);
    const auto id = InlineId(term);
    if (!id) continue;
    ++inline_count;
    const auto [it, fresh] = seen.try_emplace(*id, term);
    EXPECT_EQ(it->second, term);
    EXPECT_EQ(InlineTerm(*id), term);
  }
  EXPECT_GT(inline_count, 10000);
  for (int i = 0; i < 100000; ++i) {
    const TermId id = MakeTermId(IdTag::kDouble, random.Next());
    const auto term = InlineTerm(id);
    if (term) {
      EXPECT_EQ(InlineId(*term), id);
    }
  }
}

}  // namespace
}  // namespace quadraft::store
