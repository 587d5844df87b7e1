#include "core/rdf/testing.h"
#include "gtest/gtest.h"

namespace quadraft::rdf {
namespace {

// The canonical N-Quads of `text`, or its error.
std::string Canonical(Syntax syntax, std::string_view text, const ReaderOptions& options = {}) {
  const Parsed parsed = Parse(text, syntax, options);
  for (size_t piece : {1, 2, 5}) {
    const Parsed cut = Parse(text, syntax, options, piece);
    EXPECT_EQ(cut.quads, parsed.quads) << "in pieces of " << piece;
  }
  return parsed.status.ok() ? Write(parsed.quads) : ToString(parsed.status);
}

TEST(ReaderTest, NTriplesTakesEachFormOfTerm) {
  EXPECT_EQ(Canonical(Syntax::kNTriples,
                      "<x:s>\t<x:p><x:o>.#c\r\n"
                      "_:a.b <x:p> _:c.\n"
                      "   \n# comment\n"
                      "<x:\\u00E9> <x:p> \"\\t\\b\\n\\r\\f\\\"\\'\\\\\\u00e9\\U0001F600\" .\r"
                      "<x:s> <x:p> \"a\"@EN-gb .\n"
                      "<x:s> <x:p> \"a\"^^<http://www.w3.org/2001/XMLSchema#string> .\n"
                      "<x:s> <x:p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> ."),
            "<x:s> <x:p> <x:o> .\n"
            "_:a.b <x:p> _:c .\n"
            "<x:\xC3\xA9> <x:p> \"\t\b\\n\\r\f\\\"'\\\\\xC3\xA9\xF0\x9F\x98\x80\" .\n"
            "<x:s> <x:p> \"a\"@en-gb .\n"
            "<x:s> <x:p> \"a\" .\n"
            "<x:s> <x:p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n");
}

TEST(ReaderTest, QuadsWithoutAGraphGetTheOneOfTheOptions) {
  const ReaderOptions options = {.graph = Term::Iri("x:g")};
  EXPECT_EQ(Canonical(Syntax::kNTriples, "<x:a> <x:b> <x:c> .", options),
            "<x:a> <x:b> <x:c> <x:g> .\n");
  EXPECT_EQ(Canonical(Syntax::kNQuads,
                      "<x:a> <x:b> <x:c> _:h .\n<x:a> <x:b> \"d\"@en <x:i>.\n<x:a> <x:b> <x:c> .",
                      options),
            "<x:a> <x:b> <x:c> _:h .\n<x:a> <x:b> \"d\"@en <x:i> .\n<x:a> <x:b> <x:c> <x:g> .\n");
  EXPECT_EQ(
      Canonical(Syntax::kTriG, "<x:h> { <x:a> a <x:c> } <x:a> a <x:c> . { <x:d> a 1 }", options),
      StrCat("<x:a> <", kRdfType, "> <x:c> <x:h> .\n<x:a> <", kRdfType, "> <x:c> <x:g> .\n<x:d> <",
             kRdfType, "> \"1\"^^<", kXsdInteger, "> <x:g> .\n"));
}

TEST(ReaderTest, TurtleLiteralsKeepTheirLexicalForm) {
  EXPECT_EQ(Canonical(Syntax::kTurtle,
                      "<x:a> <x:b> 01, -1.50, +1e0, .5, 1.E-3, true, 'q\"', '''a''\n''' .\n"
                      "<x:a> <x:b> 1.<x:c><x:d>false."),
            StrCat("<x:a> <x:b> \"01\"^^<", kXsdInteger, "> .\n<x:a> <x:b> \"-1.50\"^^<",
                   kXsdDecimal, "> .\n<x:a> <x:b> \"+1e0\"^^<", kXsdDouble,
                   "> .\n<x:a> <x:b> \".5\"^^<", kXsdDecimal, "> .\n<x:a> <x:b> \"1.E-3\"^^<",
                   kXsdDouble, "> .\n<x:a> <x:b> \"true\"^^<", kXsdBoolean,
                   "> .\n<x:a> <x:b> \"q\\\"\" .\n<x:a> <x:b> \"a''\\n\" .\n<x:a> <x:b> \"1\"^^<",
                   kXsdInteger, "> .\n<x:c> <x:d> \"false\"^^<", kXsdBoolean, "> .\n"));
}

TEST(ReaderTest, TurtleNamesAndBases) {
  EXPECT_EQ(Canonical(Syntax::kTurtle,
                      "@base <http://e/a/> . PREFIX : <b#> prefix p.q: <../>\n"
                      ":x p.q:y.z :%41\\-\\., p.q: .\n@prefix : <x:> . :1:2 a <>.\n"
                      "base <c/> <#d> a <e>."),
            StrCat("<http://e/a/b#x> <http://e/y.z> <http://e/a/b#%41-.> .\n"
                   "<http://e/a/b#x> <http://e/y.z> <http://e/> .\n"
                   "<x:1:2> <",
                   kRdfType, "> <http://e/a/> .\n<http://e/a/c/#d> <", kRdfType,
                   "> <http://e/a/c/e> .\n"));
}

TEST(ReaderTest, AnonymousNodesNeverMeetLabels) {
  EXPECT_EQ(Canonical(Syntax::kTurtle,
                      "_:anon1 <x:p> [ <x:q> _:anon-1, _:anon ], () . [ <x:r> [] ] .\n"
                      "(1 (_:b)) <x:s> [] .",
                      {.blank_prefix = "d7."}),
            StrCat("_:d7.anon-1 <x:p> _:d7.anon1 .\n"
                   "_:d7.anon1 <x:q> _:d7.anon--1 .\n"
                   "_:d7.anon1 <x:q> _:d7.anon- .\n"
                   "_:d7.anon-1 <x:p> <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .\n"
                   "_:d7.anon2 <x:r> _:d7.anon3 .\n"
                   "_:d7.anon4 <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> \"1\"^^<",
                   kXsdInteger, "> .\n",
                   "_:d7.anon4 <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> _:d7.anon5 .\n"
                   "_:d7.anon5 <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> _:d7.anon6 .\n"
                   "_:d7.anon6 <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> _:d7.b .\n"
                   "_:d7.anon6 <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> "
                   "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .\n"
                   "_:d7.anon5 <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> "
                   "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .\n"
                   "_:d7.anon4 <x:s> _:d7.anon7 .\n"));
}

TEST(ReaderTest, ByteOrderMarkIsSkippedOnlyAtTheStart) {
  for (Syntax syntax : {Syntax::kNTriples, Syntax::kTurtle}) {
    EXPECT_EQ(Canonical(syntax, "\xEF\xBB\xBF<x:a> <x:b> <x:c> ."), "<x:a> <x:b> <x:c> .\n");
    EXPECT_EQ(Canonical(syntax, "\xEF\xBB\xBF"), "");
    EXPECT_EQ(Canonical(syntax, ""), "");
    EXPECT_FALSE(Parse("\xEF\xBB", syntax, {}).status.ok());
    EXPECT_FALSE(Parse(" \xEF\xBB\xBF", syntax, {}).status.ok());
  }
}

TEST(ReaderTest, TheFirstErrorStays) {
  for (Syntax syntax : {Syntax::kNTriples, Syntax::kTurtle}) {
    auto reader = NewReader(syntax, {});
    int quads = 0;
    reader->OnQuad([&](Quad&&) { return ++quads == 2 ? Aborted("enough") : OkStatus(); });
    const std::string_view text = "<x:a> <x:b> <x:c> .\n";
    EXPECT_TRUE(reader->Feed(text).ok());
    EXPECT_EQ(reader->Feed(text), Aborted("enough"));
    EXPECT_EQ(reader->Feed(text), Aborted("enough"));
    EXPECT_EQ(reader->Finish(), Aborted("enough"));
    EXPECT_EQ(quads, 2);
    EXPECT_EQ(reader->Finish().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(reader->Feed(text).code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST(ReaderTest, AHandlerMayTakeTheStringsOrLeaveItsOwn) {
  const std::string_view text = "<x:a> <x:b> \"c\"@en .\n<x:d> <x:e> <x:f> .\n";
  for (Syntax syntax : {Syntax::kNTriples, Syntax::kNQuads, Syntax::kTurtle, Syntax::kTriG}) {
    std::string written;
    auto reader = NewReader(syntax, {});
    reader->OnQuad([&](Quad&& quad) {
      AppendNQuad(&written, quad);
      quad = {Term::Literal("1", "x:t"), Term::Literal("2", "x:t"), Term::Literal("3", {}, "de"),
              Term::Literal("4", "x:t")};
      return OkStatus();
    });
    ASSERT_TRUE(reader->Feed(text).ok());
    ASSERT_TRUE(reader->Finish().ok());
    EXPECT_EQ(written, "<x:a> <x:b> \"c\"@en .\n<x:d> <x:e> <x:f> .\n");
  }
}

TEST(ReaderTest, WithoutAHandlerTheTextIsChecked) {
  auto reader = NewReader(Syntax::kTurtle, {});
  EXPECT_TRUE(reader->Feed("<x:a> <x:b> ").ok());
  EXPECT_FALSE(reader->Finish().ok());
}

TEST(ReaderTest, NestingIsBounded) {
  for (const char* open : {"[ <x:p> ", "( "}) {
    std::string text = "<x:s> <x:p> ";
    for (size_t i = 0; i < kReaderNestingMax; ++i) text += open;
    EXPECT_EQ(Parse(text, Syntax::kTurtle, {}).status.code(), absl::StatusCode::kInvalidArgument);
    text += open;
    const Status status = Parse(text, Syntax::kTurtle, {}).status;
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(Message(status).find(StrCat("line 1, column ", text.find_last_of("[(") + 1, ":")), 0u)
        << ToString(status);
  }
}

TEST(ReaderTest, PrefixesAreBounded) {
  std::string text;
  for (int i = 0; i < 1 << 16; ++i) StrAppend(&text, "PREFIX p", i, ": <x:>\n");
  EXPECT_TRUE(Parse(text, Syntax::kTurtle, {}).status.ok());
  text += "PREFIX p1: <x:again>\n";
  EXPECT_TRUE(Parse(text, Syntax::kTurtle, {}).status.ok());
  text += "PREFIX q: <x:>";
  EXPECT_EQ(Message(Parse(text, Syntax::kTurtle, {}).status),
            "line 65538, column 11: more than 65536 prefixes");
}

TEST(ReaderTest, PiecesAreBounded) {
  const std::string chunk(1u << 20, 'x');
  for (Syntax syntax : {Syntax::kNTriples, Syntax::kTurtle}) {
    auto reader = NewReader(syntax, {});
    ASSERT_TRUE(reader->Feed("<x:a> <x:b> \"").ok());
    Status status;
    size_t fed = 0;
    while (status.ok() && fed <= 2 * kStatementBytesMax) {
      status = reader->Feed(chunk);
      fed += chunk.size();
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_LE(fed, kStatementBytesMax + 2 * chunk.size());
    // Whole at once, it is refused, too.
    const std::string text =
        "<x:a> <x:b> \"" + std::string(kStatementBytesMax, 'x') + "\" .\n<x:a> <x:b> 1 .";
    EXPECT_EQ(Parse(text, syntax, {}, text.size()).status.code(),
              absl::StatusCode::kResourceExhausted);
  }
}

// Scanned anew for each crumb, this would take minutes.
TEST(ReaderTest, LongLiteralsInCrumbs) {
  const std::string text = "<x:a> <x:b> \"" + std::string(4u << 20, 'x') + "\" .\n";
  for (Syntax syntax : {Syntax::kNTriples, Syntax::kTurtle}) {
    const Parsed parsed = Parse(text, syntax, {}, 16);
    ASSERT_TRUE(parsed.status.ok());
    ASSERT_EQ(parsed.quads.size(), 1u);
    EXPECT_EQ(parsed.quads[0].object.value.size(), 4u << 20);
  }
}

TEST(WriterTest, CanonicalTerms) {
  std::string out;
  AppendNTerm(&out, Term::DefaultGraph());
  EXPECT_EQ(out, "");
  AppendNTerm(&out, Term::Iri("x:a b>"));
  EXPECT_EQ(out, "<x:a\\u0020b\\u003E>");
  out.clear();
  AppendNTerm(&out, Term::Literal(std::string_view("\0\t\"\\\n\r'\x7f", 8), "x:t"));
  EXPECT_EQ(out, std::string_view("\"\0\t\\\"\\\\\\n\\r'\x7f\"^^<x:t>", 21));
}

TEST(SyntaxTest, Names) {
  EXPECT_EQ(SyntaxByExtension("a/b.c.TTL"), Syntax::kTurtle);
  EXPECT_EQ(SyntaxByExtension("b.nq"), Syntax::kNQuads);
  EXPECT_EQ(SyntaxByExtension("nt"), std::nullopt);
  EXPECT_EQ(SyntaxByExtension("a.xml"), std::nullopt);
  EXPECT_EQ(SyntaxByMediaType("Text/Turtle; charset=utf-8"), Syntax::kTurtle);
  EXPECT_EQ(SyntaxByMediaType("application/n-triples ; x"), Syntax::kNTriples);
  EXPECT_EQ(SyntaxByMediaType("text/html"), std::nullopt);
  for (Syntax syntax : {Syntax::kNTriples, Syntax::kNQuads, Syntax::kTurtle, Syntax::kTriG}) {
    EXPECT_EQ(SyntaxByMediaType(MediaType(syntax)), syntax);
  }
}

}  // namespace
}  // namespace quadraft::rdf
