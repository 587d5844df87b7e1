// That the oracle can say "wrong": answers and effects that differ a little from the right ones.
#include "sim/oracle/oracle.h"

#include "gtest/gtest.h"
#include "sparql/parser/parser.h"

namespace quadraft::sim::oracle {
namespace {

Dataset DataOf(const std::string& quads) {
  const auto update = sparql::ParseUpdate("INSERT DATA { " + quads + " }", {});
  EXPECT_TRUE(update.ok()) << ToString(update.status());
  return *Apply(*update, Dataset(), "d");
}

Judgement Judge(const std::string& text, const std::string& quads,
                const std::vector<std::string>& columns, const std::vector<Row>& rows) {
  const auto query = sparql::ParseQuery(text, {});
  EXPECT_TRUE(query.ok()) << ToString(query.status());
  return JudgeAnswer(*query, DataOf(quads),
                     {.boolean = {}, .columns = columns, .rows = rows, .quads = {}});
}

rdf::Term Int(int number) { return rdf::Term::Literal(StrCat(number), rdf::kXsdInteger); }

constexpr const char* kData =
    "<s:1> <p:v> 1 . <s:2> <p:v> 2 . <s:3> <p:v> 3 . GRAPH <g:1> { <s:1> <p:v> 9 }";

TEST(OracleTest, ARowTooManyTooFewOrDoubledIsWrong) {
  const std::string query = "SELECT ?v { ?s <p:v> ?v FILTER(?v > 1) }";
  EXPECT_EQ(Judge(query, kData, {"v"}, {{Int(3)}, {Int(2)}}).verdict, Judgement::kRight);
  EXPECT_EQ(Judge(query, kData, {"v"}, {{Int(2)}}).verdict, Judgement::kWrong);
  EXPECT_EQ(Judge(query, kData, {"v"}, {{Int(2)}, {Int(3)}, {Int(9)}}).verdict, Judgement::kWrong);
  EXPECT_EQ(Judge(query, kData, {"v"}, {{Int(2)}, {Int(2)}}).verdict, Judgement::kWrong);
  EXPECT_EQ(Judge(query, kData, {"w"}, {{Int(2)}, {Int(3)}}).verdict, Judgement::kWrong);
}

TEST(OracleTest, OrderAndLimit) {
  const std::string query = "SELECT ?v { ?s <p:v> ?v } ORDER BY DESC(?v) LIMIT 2";
  EXPECT_EQ(Judge(query, kData, {"v"}, {{Int(3)}, {Int(2)}}).verdict, Judgement::kRight);
  EXPECT_EQ(Judge(query, kData, {"v"}, {{Int(2)}, {Int(3)}}).verdict, Judgement::kWrong);
  EXPECT_EQ(Judge(query, kData, {"v"}, {{Int(3)}, {Int(1)}}).verdict, Judgement::kWrong);
  // Where keys are equal, any of them may be cut.
  const std::string tied = "SELECT ?s { ?s <p:a> ?v } ORDER BY STRLEN(STR(?s)) LIMIT 1";
  const std::string data = "<s:1> <p:a> 1 . <s:2> <p:a> 1 . <s:33> <p:a> 1";
  EXPECT_EQ(Judge(tied, data, {"s"}, {{rdf::Term::Iri("s:1")}}).verdict, Judgement::kRight);
  EXPECT_EQ(Judge(tied, data, {"s"}, {{rdf::Term::Iri("s:2")}}).verdict, Judgement::kRight);
  EXPECT_EQ(Judge(tied, data, {"s"}, {{rdf::Term::Iri("s:33")}}).verdict, Judgement::kWrong);
}

TEST(OracleTest, CalculatedNumbersCountByValue) {
  const std::string query = "SELECT (SUM(?v) / 4 AS ?x) { ?s <p:v> ?v }";
  EXPECT_EQ(Judge(query, kData, {"x"}, {{rdf::Term::Literal("1.5", rdf::kXsdDecimal)}}).verdict,
            Judgement::kRight);
  EXPECT_EQ(Judge(query, kData, {"x"}, {{rdf::Term::Literal("1.50", rdf::kXsdDecimal)}}).verdict,
            Judgement::kRight);
  EXPECT_EQ(Judge(query, kData, {"x"}, {{rdf::Term::Literal("1.5", rdf::kXsdDouble)}}).verdict,
            Judgement::kWrong);
  EXPECT_EQ(Judge(query, kData, {"x"}, {{rdf::Term::Literal("1.6", rdf::kXsdDecimal)}}).verdict,
            Judgement::kWrong);
}

TEST(OracleTest, WhatIsBeyondItIsSaidNotGuessed) {
  EXPECT_EQ(Judge("SELECT (MD5(\"a\") AS ?x) { }", kData, {"x"}, {}).verdict, Judgement::kBeyond);
  EXPECT_EQ(Judge("SELECT (SAMPLE(?v) AS ?x) { ?s <p:v> ?v }", kData, {"x"}, {}).verdict,
            Judgement::kBeyond);
  const auto query = sparql::ParseQuery("SELECT * { ?a <p:v> ?b . ?c <p:v> ?d . ?e <p:v> ?f }", {});
  EXPECT_EQ(JudgeAnswer(*query, DataOf(kData), {}, /*steps_max=*/5).verdict,
            Judgement::kWrong);  // The columns.
  EXPECT_TRUE(absl::IsUnimplemented(Evaluate(*query, DataOf(kData), /*steps_max=*/5).status()));
}

TEST(OracleTest, UpdatesByTheirDefinition) {
  const Dataset data = DataOf(kData);
  const auto apply = [&](const std::string& text) {
    return Apply(*sparql::ParseUpdate(text, {}), data, "n");
  };
  EXPECT_TRUE(SameData(*apply("MOVE <g:1> TO DEFAULT"), DataOf("<s:1> <p:v> 9")));
  EXPECT_TRUE(SameData(
      *apply("DELETE { ?s <p:v> ?v } INSERT { ?s <p:w> ?v } WHERE { ?s <p:v> ?v FILTER(?v < 3) }"),
      DataOf("<s:1> <p:w> 1 . <s:2> <p:w> 2 . <s:3> <p:v> 3 . GRAPH <g:1> { <s:1> <p:v> 9 }")));
  EXPECT_FALSE(SameData(*apply("CLEAR GRAPH <g:1>"), data));
  EXPECT_TRUE(absl::IsNotFound(apply("COPY <g:none> TO DEFAULT").status()));
  // Each solution has a blank node of its own; labels do not matter.
  EXPECT_TRUE(SameData(
      *apply("INSERT { _:b <p:of> ?s } WHERE { ?s <p:v> ?v }"),
      DataOf(std::string(kData) + ". _:x <p:of> <s:1> . _:y <p:of> <s:2> . _:z <p:of> <s:3>")));
  EXPECT_FALSE(SameData(
      *apply("INSERT { _:b <p:of> ?s } WHERE { ?s <p:v> ?v }"),
      DataOf(std::string(kData) + ". _:x <p:of> <s:1> . _:x <p:of> <s:2> . _:z <p:of> <s:3>")));
}

}  // namespace
}  // namespace quadraft::sim::oracle
