// Runs parser_fuzz.cc without libFuzzer: a fixed number of seeded mutations of texts that hold
// every construct, and texts that nest without end.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "sparql/parser/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace quadraft::sparql {
namespace {

constexpr int kMutationsPerSeed = 4000;

constexpr std::string_view kSeeds[] = {
    "PREFIX : <http://e/> SELECT DISTINCT ?s (COUNT(DISTINCT ?o) AS ?n) FROM <http://g> WHERE { ?s "
    ":p/^:q|!(:r|^a)* ?o ; a [ :x "
    "( 1 -2.5 'c'@en \"d\"^^:t ) ] . FILTER(?o IN (1, 2) || !bound(?s) && regex(str(?o), '''x''') "
    "= true) } GROUP BY ?s "
    "(str(?o) AS ?k) HAVING (SUM(?o) > 1e3) ORDER BY DESC(?s) ?n LIMIT 5 OFFSET 2 VALUES (?s) { "
    "(UNDEF) (:a) }",
    "SELECT * { { ?a <http://p> ?b } UNION { OPTIONAL { ?a ?b ?c FILTER EXISTS { ?c ?d ?e } } "
    "MINUS { ?x ?y ?z } } GRAPH ?g { _:l "
    "?p _:l } BIND(IF(?a < 3, ?b + 1, -?c * 2 / 4) AS ?q) VALUES ?v { 1 'x' } { SELECT ?h { ?h ?i "
    "\"\\u0041\\t\" } } SERVICE "
    "SILENT <http://s> { } }",
    "BASE <http://b/> CONSTRUCT { ?s <p> [] } WHERE { ?s ?p ?o } LIMIT 1",
    "DESCRIBE ?x <http://y> WHERE { ?x ?p ?o } # comment\n",
    "PREFIX : <http://e/> INSERT DATA { :a :b _:c . GRAPH :g { :d :e 1.5 } } ; WITH :w DELETE { ?s "
    "?p ?o } INSERT { ?s ?p [] } USING "
    ":u USING NAMED :n WHERE { ?s ?p ?o } ; DELETE WHERE { GRAPH ?g { ?s ?p ?o } } ; LOAD SILENT "
    "<http://x> INTO GRAPH :g ; CLEAR "
    "ALL ; COPY DEFAULT TO :g ; CREATE GRAPH :h",
};
constexpr std::string_view kPieces[] = {
    "<",         ">",      "\"",        "'''",     "[",          "]",       "(",       ")",
    "{",         "}",      ".",         ";",       ",",          "_:l",     "@",       "^^",
    "\\u",       "%",      "#",         "\n",      "?x",         "*",       "/",       "|",
    "^",         "!",      "+",         "-1",      "&&",         "SELECT ", "FILTER ", "BIND(",
    " AS ?x",    "GRAPH ", "COUNT(",    "VALUES ", "\xC3",       "\xFF",    ":a",      "a ",
    "OPTIONAL ", "UNION ", "GROUP BY ", "*)",      "NOT EXISTS "};

void CheckInput(uint8_t choice, const std::string& text) {
  const std::string input = std::string(1, static_cast<char>(choice)) + text;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

TEST(ParserFuzzTest, MutationsOfEverySeed) {
  Random random(20130321, "parser_fuzz");
  for (const std::string_view seed : kSeeds) {
    for (uint8_t choice = 0; choice < 4; ++choice) CheckInput(choice, std::string(seed));
    for (int i = 0; i < kMutationsPerSeed; ++i) {
      std::string text(seed);
      for (uint64_t changes = 1 + random.Below(4); changes > 0 && !text.empty(); --changes) {
        const size_t at = random.Below(text.size());
        switch (random.Below(4)) {
          case 0:
            text.erase(at, 1 + random.Below(8));
            break;
          case 1:
            text.insert(at, kPieces[random.Below(std::size(kPieces))]);
            break;
          case 2:
            text[at] = static_cast<char>(random.Below(256));
            break;
          case 3: {
            const size_t from = random.Below(text.size());
            text.insert(at, text.substr(from, random.Below(40)));
            break;
          }
        }
      }
      CheckInput(static_cast<uint8_t>(random.Below(4)), text);
    }
  }
}

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Deep texts are refused before any stack is in danger; what is only long is not deep.
TEST(ParserNestingTest, IsBounded) {
  constexpr int kMany = 100'000;
  for (const std::string& deep :
       {"ASK " + Repeat("{", kMany), "ASK { FILTER " + Repeat("(", kMany),
        "ASK { FILTER(" + Repeat("1+", kMany) + "1) }", "ASK { ?s " + Repeat("(", kMany),
        "ASK { ?s ?p " + Repeat("[ ?p ", kMany), "ASK { ?s ?p " + Repeat("( ", kMany),
        "ASK " + Repeat("{ SELECT * ", kMany),
        "ASK { FILTER EXISTS " + Repeat("{ FILTER EXISTS ", kMany),
        "ASK { " + Repeat("OPTIONAL { } ", kMany) + "}",
        "ASK { " + Repeat("MINUS { } ", kMany) + "}",
        "ASK { " + Repeat("{ ?s ?p ?o } ", kMany) + "}", "ASK { FILTER(" + Repeat("abs(", kMany)}) {
    const Status status = ParseQuery(deep, {}).status();
    ASSERT_FALSE(status.ok()) << deep.substr(0, 50);
    EXPECT_NE(Message(status).find("nesting deeper than 500"), std::string::npos)
        << Message(status);
  }
  for (const std::string& wide : {"ASK { FILTER(" + Repeat("?x = 1 || ", kMany) + "?y) }",
                                  "ASK { { }" + Repeat(" UNION { }", kMany) + " }",
                                  "ASK { ?s " + Repeat("<http://e/>/", kMany) + "<http://e/> ?o }",
                                  "ASK { " + Repeat("?s ?p ?o . ", kMany) + "}",
                                  "ASK { ?s ?p ?o FILTER(?o IN (1" + Repeat(", 2", kMany) + ")) }",
                                  "ASK { ?s ?p ( " + Repeat("1 ", kMany) + ") }",
                                  "ASK { " + Repeat("FILTER(?x) ", kMany) + "}",
                                  "ASK " + Repeat("{ ", 400) + Repeat("} ", 400)}) {
    EXPECT_TRUE(ParseQuery(wide, {}).ok())
        << wide.substr(0, 50) << ToString(ParseQuery(wide, {}).status());
  }
}

// A long prefix or subject, named often, unfolds to far more bytes than the text has.
TEST(ParserBytesTest, AreBounded) {
  const std::string prefix = "PREFIX p: <http://" + std::string(1 << 20, 'x') + "> ";
  const Status by_prefix =
      ParseQuery(prefix + "ASK { ?s p:a ?o" + Repeat(" . ?s p:a ?o", 100'000) + " }", {}).status();
  EXPECT_EQ(by_prefix.code(), absl::StatusCode::kResourceExhausted) << ToString(by_prefix);
  const Status by_list = ParseQuery("ASK { <http://" + std::string(1 << 20, 'x') + "> ?p 1" +
                                        Repeat(", 1", 100'000) + " }",
                                    {})
                             .status();
  EXPECT_EQ(by_list.code(), absl::StatusCode::kResourceExhausted) << ToString(by_list);
}

}  // namespace
}  // namespace quadraft::sparql
