#include <string>

#include "gtest/gtest.h"
#include "sparql/results/escape.h"
#include "sparql/results/json_reader.h"
#include "sparql/results/result_writer.h"

namespace quadraft::sparql {
namespace {

using rdf::Term;

const Term kIri = Term::Iri("http://e/a?b&c");
const Term kBlank = Term::Blank("b.1");
const Term kPlain = Term::Literal("a \"quoted\" \\ <&> \t\r\n line, é\x01");
const Term kTagged = Term::Literal("chat", {}, "fr-CA");
const Term kInteger = Term::Literal("-07", rdf::kXsdInteger);
const Term kTyped = Term::Literal("x", "http://e/t");

// The rows (iri, plain), (unbound, tagged), (blank, integer), (typed, unbound).
std::string Table(ResultFormat format) {
  std::string out;
  const auto writer = ResultWriter::New(format, QueryForm::kSelect, &out);
  EXPECT_TRUE(writer.ok()) << ToString(writer.status());
  (*writer)->Begin({"x", "long_name"});
  const Term* const rows[][2] = {
      {&kIri, &kPlain}, {nullptr, &kTagged}, {&kBlank, &kInteger}, {&kTyped, nullptr}};
  for (const auto& row : rows) (*writer)->Row(row);
  (*writer)->End();
  return out;
}

std::string Answer(ResultFormat format, bool answer) {
  std::string out;
  (*ResultWriter::New(format, QueryForm::kAsk, &out))->Ask(answer);
  return out;
}

TEST(ResultWriterTest, Json) {
  EXPECT_EQ(Table(ResultFormat::kJson),
            R"({"head":{"vars":["x","long_name"]},"results":{"bindings":[
{"x":{"type":"uri","value":"http://e/a?b&c"},"long_name":{"type":"literal","value":"a \"quoted\" \\ <&> \t\r\n line, é\u0001"}},
{"long_name":{"type":"literal","value":"chat","xml:lang":"fr-ca"}},
{"x":{"type":"bnode","value":"b.1"},"long_name":{"type":"literal","value":"-07","datatype":"http://www.w3.org/2001/XMLSchema#integer"}},
{"x":{"type":"literal","value":"x","datatype":"http://e/t"}}
]}}
)");
  EXPECT_EQ(Answer(ResultFormat::kJson, true), "{\"head\":{},\"boolean\":true}\n");
}

TEST(ResultWriterTest, Xml) {
  EXPECT_EQ(Table(ResultFormat::kXml), R"(<?xml version="1.0" encoding="UTF-8"?>
<sparql xmlns="http://www.w3.org/2005/sparql-results#">
<head><variable name="x"/><variable name="long_name"/></head>
<results>
<result><binding name="x"><uri>http://e/a?b&amp;c</uri></binding><binding name="long_name"><literal>a &quot;quoted&quot; \ &lt;&amp;&gt; &#9;&#13;&#10; line, é)"
                                       "\xEF\xBF\xBD"
                                       R"(</literal></binding></result>
<result><binding name="long_name"><literal xml:lang="fr-ca">chat</literal></binding></result>
<result><binding name="x"><bnode>b.1</bnode></binding><binding name="long_name"><literal datatype="http://www.w3.org/2001/XMLSchema#integer">-07</literal></binding></result>
<result><binding name="x"><literal datatype="http://e/t">x</literal></binding></result>
</results>
</sparql>
)");
  EXPECT_NE(Answer(ResultFormat::kXml, false).find("<boolean>false</boolean>"), std::string::npos);
}

TEST(ResultWriterTest, CsvAndTsv) {
  EXPECT_EQ(Table(ResultFormat::kCsv),
            "x,long_name\r\nhttp://e/a?b&c,\"a \"\"quoted\"\" \\ <&> \t\r\n line, "
            "é\x01\"\r\n,chat\r\n_:b.1,-07\r\nx,\r\n");
  EXPECT_EQ(Table(ResultFormat::kTsv),
            "?x\t?long_name\n<http://e/a?b&c>\t\"a \\\"quoted\\\" \\\\ <&> \\t\\r\\n line, "
            "é\\u0001\"\n\t\"chat\"@fr-ca\n"
            "_:b.1\t-07\n\"x\"^^<http://e/t>\t\n");
  EXPECT_EQ(Answer(ResultFormat::kCsv, true), "true\r\n");
  EXPECT_EQ(Answer(ResultFormat::kTsv, false), "false\n");
}

TEST(ResultWriterTest, TsvWritesNumbersBareOnlyWhenTurtleReadsThemBack) {
  const auto cell = [](const Term& term) {
    std::string out;
    const auto writer = ResultWriter::New(ResultFormat::kTsv, QueryForm::kSelect, &out);
    (*writer)->Begin({"n"});
    out.clear();
    const Term* const row[] = {&term};
    (*writer)->Row(row);
    return out;
  };
  EXPECT_EQ(cell(Term::Literal("1.5", rdf::kXsdDecimal)), "1.5\n");
  EXPECT_EQ(cell(Term::Literal("-.5", rdf::kXsdDecimal)), "-.5\n");
  EXPECT_EQ(cell(Term::Literal("1.0E6", rdf::kXsdDouble)), "1.0E6\n");
  EXPECT_EQ(cell(Term::Literal("+1e-06", rdf::kXsdDouble)), "+1e-06\n");
  for (const char* text : {"1.", ".", "", "+", "1e", "e5", "1e+", "1 ", "0x1", "INF"}) {
    EXPECT_EQ(cell(Term::Literal(text, rdf::kXsdDouble)).front(), '"') << text;
  }
  EXPECT_EQ(cell(Term::Literal("1", rdf::kXsdDouble)).front(), '"');
  EXPECT_EQ(cell(Term::Literal("1.0", rdf::kXsdInteger)).front(), '"');
  EXPECT_EQ(cell(Term::Literal("1")), "\"1\"\n");
}

TEST(ResultWriterTest, Triples) {
  const rdf::Quad quad{kBlank, Term::Iri("http://e/p q"), kPlain, Term::Iri("http://e/g")};
  const auto written = [&](ResultFormat format) {
    std::string out;
    const auto writer = ResultWriter::New(format, QueryForm::kConstruct, &out);
    (*writer)->Begin({});
    (*writer)->Triple(quad);
    (*writer)->End();
    return out;
  };
  const std::string triple =
      "_:b.1 <http://e/p\\u0020q> \"a \\\"quoted\\\" \\\\ <&> \\t\\r\\n line, é\\u0001\"";
  EXPECT_EQ(written(ResultFormat::kNTriples), triple + " .\n");
  EXPECT_EQ(written(ResultFormat::kTurtle), triple + " .\n");
  EXPECT_EQ(written(ResultFormat::kNQuads), triple + " <http://e/g> .\n");
}

TEST(ResultWriterTest, EmptyTables) {
  std::string out;
  for (const ResultFormat format :
       {ResultFormat::kJson, ResultFormat::kXml, ResultFormat::kCsv, ResultFormat::kTsv}) {
    const auto writer = ResultWriter::New(format, QueryForm::kSelect, &out);
    (*writer)->Begin({});
    (*writer)->Row({});
    (*writer)->End();
  }
  EXPECT_EQ(out,
            "{\"head\":{\"vars\":[]},\"results\":{\"bindings\":[\n{}\n]}}\n"
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sparql "
            "xmlns=\"http://www.w3.org/2005/sparql-results#\">\n"
            "<head></head>\n<results>\n<result></result>\n</results>\n</sparql>\n"
            "\r\n\r\n\n\n");
}

TEST(ResultWriterTest, FormatsFitTheForm) {
  std::string out;
  EXPECT_EQ(ResultWriter::New(ResultFormat::kCsv, QueryForm::kConstruct, &out).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ResultWriter::New(ResultFormat::kTurtle, QueryForm::kSelect, &out).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ResultWriter::New(ResultFormat::kNQuads, QueryForm::kDescribe, &out).ok());
}

TEST(JsonReaderTest, ReadsWhatTheWriterWrote) {
  const auto results = ReadJsonResults(Table(ResultFormat::kJson));
  ASSERT_TRUE(results.ok()) << ToString(results.status());
  EXPECT_EQ(results->variables, (std::vector<std::string>{"x", "long_name"}));
  const std::vector<std::vector<std::optional<Term>>> expected = {
      {kIri, kPlain}, {std::nullopt, kTagged}, {kBlank, kInteger}, {kTyped, std::nullopt}};
  EXPECT_EQ(results->rows, expected);
  EXPECT_EQ(ReadJsonResults(Answer(ResultFormat::kJson, false))->boolean, false);
}

TEST(JsonReaderTest, OtherOrdersAndEscapes) {
  const auto results = ReadJsonResults(
      R"( {"results":{"distinct":[1,-2.5e+3,null,{}],"bindings":[{"a":{"value":"\ud83d\udc6a\/\u00e9",
      "type":"typed-literal","datatype":"http://e/t"}}]}, "head":{"link":[],"vars":["a","b"]}} )");
  ASSERT_TRUE(results.ok()) << ToString(results.status());
  EXPECT_EQ(results->rows[0][0], Term::Literal("👪/é", "http://e/t"));
  EXPECT_EQ(results->rows[0][1], std::nullopt);
}

TEST(JsonReaderTest, Errors) {
  for (const char* text :
       {"", "{", "[]", "{}", "{\"head\":{}}", "{\"boolean\":true}", "{\"head\":{},\"boolean\":1}",
        "{\"head\":{},\"boolean\":true} x",
        "{\"head\":{\"vars\":[1]},\"results\":{\"bindings\":[]}}",
        "{\"head\":{\"vars\":[]},\"results\":{\"bindings\":[{\"a\":{\"type\":\"uri\",\"value\":"
        "\"x\"}}]}}",
        "{\"head\":{\"vars\":[\"a\"]},\"results\":{\"bindings\":[{\"a\":{\"type\":\"what\","
        "\"value\":\"x\"}}]}}",
        "{\"head\":{\"vars\":[\"a\"]},\"results\":{\"bindings\":[{\"a\":{\"type\":\"uri\"}}]}}",
        "{\"head\":{\"vars\":[\"\\ud800\"]},\"boolean\":true}",
        "{\"head\":{\"vars\":[\"\\x\"]},\"boolean\":true}",
        "{\"head\":{\"n\":01},\"boolean\":true}",
        "{\"head\":{\"vars\":[\"\xff\"]},\"boolean\":true}",
        "{\"head\":{\"vars\":[\"a\nb\"]},\"boolean\":true}"}) {
    EXPECT_FALSE(ReadJsonResults(text).ok()) << text;
  }
  EXPECT_FALSE(ReadJsonResults("{\"head\":" + std::string(100'000, '[')).ok());
}

}  // namespace
}  // namespace quadraft::sparql
