// Each way for a text to be wrong: where the reader says it is, what it found and what it expected.
#include "core/rdf/testing.h"
#include "gtest/gtest.h"

namespace quadraft::rdf {
namespace {

struct Case {
  std::string_view text;
  std::string_view message;
};

// The same message however the text is cut.
void Check(Syntax syntax, const Case& test) {
  for (size_t piece : {1000, 1, 2, 3}) {
    const Parsed parsed = Parse(test.text, syntax, {}, piece);
    EXPECT_EQ(parsed.status.code(), absl::StatusCode::kInvalidArgument) << test.text;
    EXPECT_EQ(Message(parsed.status), test.message) << test.text << " in pieces of " << piece;
  }
}

TEST(ReaderErrorTest, NTriples) {
  for (const Case& test : std::initializer_list<Case>{
           {"<http://a> <http://b> .",
            "line 1, column 23: found '.', expected an IRI, a blank node or a literal as the "
            "object"},
           {"<http://a> <http://b> <http://c>\n",
            "line 1, column 33: found end of line, expected '.'"},
           {"<http://a> <http://b> <http://c>",
            "line 1, column 33: found end of line, expected '.'"},
           {"\n\r\n\r <http://a> _:b <c> .",
            "line 4, column 13: found '_', expected an IRI as the predicate"},
           {"\"a\" <b> <c> .",
            "line 1, column 1: found '\"', expected an IRI or a blank node as the subject"},
           {"<http://a> <b> <http://c> .",
            "line 1, column 12: found '<b>', expected an absolute IRI"},
           {"<http://a b> <b> <c> .",
            "line 1, column 10: found ' ', expected '>' at the end of the IRI"},
           {"<http://a\n> ",
            "line 1, column 10: found end of line, expected '>' at the end of the IRI"},
           {"<http://\\u00zz> ", "line 1, column 9: found '\\u', expected \\uXXXX or \\UXXXXXXXX"},
           {"<http://\\n> ", "line 1, column 9: found '\\n', expected \\uXXXX or \\UXXXXXXXX"},
           {"<http://\\u0020> ",
            "line 1, column 1: found 'http://\\u0020', expected an IRI without spaces, controls "
            "and <>\"{}|^`\\"},
           {"<http://\xC3\xA9\xFF> ",
            "line 1, column 10: found byte 0xff (not UTF-8), expected an IRI"},
           {"# \xC3\xA9\xC0", "line 1, column 4: found byte 0xc0 (not UTF-8), expected UTF-8 text"},
           {"_a <b> <c> .", "line 1, column 2: found 'a', expected ':' after '_'"},
           {"_:- <b> <c> .", "line 1, column 3: found '-', expected a blank node label"},
           {"_:a <x:b> \"c .\n",
            "line 1, column 15: found end of line, expected '\"' at the end of the string"},
           {"_:a <x:b> \"c\\q\" .",
            "line 1, column 13: found '\\q', expected one of the escapes \\t \\b \\n \\r \\f \\\" "
            "\\' \\\\ \\uXXXX \\UXXXXXXXX"},
           {"_:a <x:b> \"\\uD800\" .",
            "line 1, column 12: found '\\u', expected one of the escapes \\t \\b \\n \\r \\f \\\" "
            "\\' \\\\ \\uXXXX \\UXXXXXXXX"},
           {"_:a <x:b> \"\\U00110000\" .",
            "line 1, column 12: found '\\U', expected one of the escapes \\t \\b \\n \\r \\f \\\" "
            "\\' \\\\ \\uXXXX \\UXXXXXXXX"},
           {"_:a <x:b> \"\xC3\xA9\xE2\x82\" .",
            "line 1, column 13: found byte 0xe2 (not UTF-8), expected UTF-8 text"},
           {"_:a <x:b> \"c\"@1 .",
            "line 1, column 15: found '1', expected a language tag such as en-GB"},
           {"_:a <x:b> \"c\"@en- .",
            "line 1, column 18: found ' ', expected a language tag such as en-GB"},
           {"_:a <x:b> \"c\"^<x:d> .",
            "line 1, column 15: found '<', expected '^^' before the datatype"},
           {"_:a <x:b> \"c\"^^d .",
            "line 1, column 16: found 'd', expected an IRI as the datatype"},
           {"_:a <x:b> <x:c> . <x:d> .",
            "line 1, column 19: found '<', expected the end of the line"},
           {"_:a <x:b> <x:c> <x:g> .", "line 1, column 17: found '<', expected '.'"},
           {"_:a <x:b> 1 .",
            "line 1, column 11: found '1', expected an IRI, a blank node or a literal as the "
            "object"},
           {"\x01",
            "line 1, column 1: found control character 0x01, expected an IRI or a blank node as "
            "the subject"},
       }) {
    Check(Syntax::kNTriples, test);
  }
}

TEST(ReaderErrorTest, NQuads) {
  for (const Case& test : std::initializer_list<Case>{
           {"_:a <x:b> <x:c> \"g\" .",
            "line 1, column 17: found '\"', expected '.', or an IRI or a blank node as the graph"},
           {"_:a <x:b> <x:c> <x:g> <x:h> .", "line 1, column 23: found '<', expected '.'"},
       }) {
    Check(Syntax::kNQuads, test);
  }
}

TEST(ReaderErrorTest, TurtleTokens) {
  for (const Case& test : std::initializer_list<Case>{
           {"<x:a> <x:b> \"c\nd\" .",
            "line 1, column 15: found end of line, expected \" at the end of the string"},
           {"<x:a> <x:b> '''c\n'd''",
            "line 2, column 5: found end of input, expected ''' at the end of the string"},
           {"<x:a> <x:b> \"\"\"c\n\xFF\"\"\"",
            "line 2, column 1: found byte 0xff (not UTF-8), expected UTF-8 text"},
           {"<x:a> <x:b> \"\"\"c\n\\x\"\"\"",
            "line 2, column 1: found '\\x', expected one of the escapes \\t \\b \\n \\r \\f \\\" "
            "\\' \\\\ \\uXXXX \\UXXXXXXXX"},
           {"<x:a> <x:b> \"c\\",
            "line 1, column 16: found end of input, expected \" at the end of the string"},
           {"<x:a", "line 1, column 5: found end of input, expected '>' at the end of the IRI"},
           {"<x:a\\u0041 >", "line 1, column 11: found ' ', expected '>' at the end of the IRI"},
           {"<x:a> <x:b> +", "line 1, column 14: found end of input, expected a digit"},
           {"<x:a> <x:b> -.x", "line 1, column 15: found 'x', expected a digit"},
           {"@prefix e: <x:> . e:a%4 e:b e:c .",
            "line 1, column 23: found '4', expected two hexadecimal digits after '%'"},
           {"@prefix e: <x:> . e:a%4",
            "line 1, column 24: found end of input, expected the rest of a %XX or \\ escape in the "
            "name"},
           {"@prefix e: <x:> . e:a\\b e:b e:c .",
            "line 1, column 23: found 'b', expected one of _~.-!$&'()*+,;=/?#@% after '\\'"},
           {"@1",
            "line 1, column 2: found '1', expected a language tag such as en-GB, or @prefix or "
            "@base"},
           {"<x:a> ^", "line 1, column 8: found end of input, expected '^^' before the datatype"},
           {"<x:\xC3\xA9> & <x:b>",
            "line 1, column 7: found '&', expected an IRI, a name, a blank node, a literal or "
            "punctuation"},
           {"<x:a> <x:b> \xC3",
            "line 1, column 13: found byte 0xc3 (not UTF-8), expected an IRI, a name, a blank "
            "node, a literal or punctuation"},
           {"#\xFF", "line 1, column 2: found byte 0xff (not UTF-8), expected UTF-8 text"},
           {"_:", "line 1, column 3: found end of input, expected a blank node label"},
       }) {
    Check(Syntax::kTurtle, test);
  }
}

TEST(ReaderErrorTest, TurtleGrammar) {
  for (const Case& test : std::initializer_list<Case>{
           {"<x:a> <x:b> <x:c>",
            "line 1, column 18: found end of input, expected ',', ';' or the end of the statement"},
           {"<x:a> .", "line 1, column 7: found '.', expected a predicate"},
           {"<x:a> <x:b> .", "line 1, column 13: found '.', expected an object"},
           {"<x:a> <x:b> a .", "line 1, column 13: found 'a', expected an object"},
           {"<x:a> <x:b> @en .", "line 1, column 13: found '@en', expected an object"},
           {"<x:a> _:b <x:c> .", "line 1, column 7: found '_:b', expected a predicate"},
           {"<x:a> true <x:c> .", "line 1, column 7: found 'true', expected a predicate"},
           {"<x:a> <x:b> <x:c> ; , .",
            "line 1, column 21: found ',', expected a predicate, ';' or the end of the statement"},
           {"<x:a> <x:b> <x:c> ]",
            "line 1, column 19: found ']', expected ',', ';' or the end of the statement"},
           {"1 <x:b> <x:c> .",
            "line 1, column 1: found '1', expected an IRI, a blank node or a list as the subject"},
           {"hello <x:b> <x:c> .",
            "line 1, column 1: found 'hello', expected a subject, @prefix or @base"},
           {"@en <x:b> <x:c> .",
            "line 1, column 1: found '@en', expected a subject, @prefix or @base"},
           {"e:a <x:b> <x:c> .",
            "line 1, column 1: found 'e:a', expected a prefix that was declared"},
           {"<a> <x:b> <x:c> .",
            "line 1, column 1: found '<a>', expected an absolute IRI, as there is no base"},
           {"@prefix e <x:> .", "line 1, column 9: found 'e', expected a prefix and its colon"},
           {"@prefix e:a <x:> .", "line 1, column 9: found 'e:a', expected a prefix and its colon"},
           {"@prefix e: e: .", "line 1, column 12: found 'e:', expected the IRI of the prefix"},
           {"@base e: .", "line 1, column 7: found 'e:', expected the base IRI"},
           {"@base <x:>\n<x:a>",
            "line 2, column 1: found '<x:a>', expected '.' after the directive"},
           {"PREFIX e: <x:> .",
            "line 1, column 16: found '.', expected a subject, @prefix or @base"},
           {"[] .", "line 1, column 4: found '.', expected a predicate"},
           {"[ <x:a> <x:b> ] , .", "line 1, column 17: found ',', expected a predicate or '.'"},
           {"[ . ]", "line 1, column 3: found '.', expected a predicate or ']'"},
           {"[ <x:a> <x:b> .",
            "line 1, column 15: found '.', expected ',', ';' or the end of the statement"},
           {"( <x:a> . )", "line 1, column 9: found '.', expected an item or ')'"},
           {"( <x:a>", "line 1, column 8: found end of input, expected an item or ')'"},
           {"<x:a> <x:b> \"c\"^^1 .",
            "line 1, column 18: found '1', expected an IRI as the datatype"},
           {"<x:a> <x:b> \"c\"^^e:t .",
            "line 1, column 18: found 'e:t', expected a prefix that was declared"},
           {"<x:g> { <x:a> <x:b> <x:c> }", "line 1, column 7: found '{', expected a predicate"},
           {"<x:a> <x:b> '01234567890123456789012345678901234567890123456789' '",
            "line 1, column 67: found end of input, expected ' at the end of the string"},
           {"<x:a> <x:b> '1' '01234567890123456789012345678901234567890123456789' .",
            "line 1, column 17: found ''012345678901234567890123456789012345678...', expected ',', "
            "';' or the end of the statement"},
       }) {
    Check(Syntax::kTurtle, test);
  }
}

TEST(ReaderErrorTest, TriG) {
  for (const Case& test : std::initializer_list<Case>{
           {"GRAPH \"g\" {}",
            "line 1, column 7: found '\"g\"', expected an IRI or a blank node as the graph"},
           {"GRAPH <x:g> .", "line 1, column 13: found '.', expected '{'"},
           {"GRAPH [ <x:a> <x:b> ] {}", "line 1, column 9: found '<x:a>', expected ']'"},
           {"<x:g> .",
            "line 1, column 7: found '.', expected a predicate, or '{' after the name of a graph"},
           {"() {}", "line 1, column 4: found '{', expected a predicate"},
           {"(1) {}", "line 1, column 5: found '{', expected a predicate"},
           {"{ <x:a> <x:b> <x:c> . @prefix",
            "line 1, column 23: found '@prefix', expected a subject or '}'"},
           {"{ { } }", "line 1, column 3: found '{', expected a subject or '}'"},
           {"{ <x:a> <x:b> <x:c>",
            "line 1, column 20: found end of input, expected ',', ';' or the end of the statement"},
           {"{ } .", "line 1, column 5: found '.', expected a subject, a graph, @prefix or @base"},
           {"}", "line 1, column 1: found '}', expected a subject, a graph, @prefix or @base"},
       }) {
    Check(Syntax::kTriG, test);
  }
}

TEST(ReaderErrorTest, ColumnsAreCharactersAndEveryLineEndCounts) {
  Check(Syntax::kTurtle, {"<x:\xC3\xA9\xE2\x82\xAC> \xF0\x9F\x98\x80",
                          "line 1, column 8: found '\xF0\x9F\x98\x80', expected a predicate"});
  Check(Syntax::kTurtle,
        {"# one\r# two\r\n\n\r\n\t<x:a> .", "line 5, column 8: found '.', expected a predicate"});
  Check(Syntax::kTurtle, {"<x:a> <x:b> '''\r\n\r''' .\n.",
                          "line 4, column 1: found '.', expected a subject, @prefix or @base"});
}

}  // namespace
}  // namespace quadraft::rdf
