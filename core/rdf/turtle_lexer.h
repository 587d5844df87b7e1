// Tokens of Turtle and TriG (RDF 1.1 Turtle, section 6.5), from text that may end anywhere.
// Internal to core/rdf.
//
//   TurtleLexer lexer;
//   const char* p = text.data();
//   switch (lexer.Next(&p, end, final, &token)) { case kToken: ...; case kCut: /* come again from p
//   */; case kBad: ... }
//
// A token is complete only when the character behind it is seen (or `final` says that none will
// come): "1." may go on as 1.5, and "ex:a." as ex:a.b. The lexer keeps no state between calls but
// the room for unescaped text.
#ifndef QUADRAFT_CORE_RDF_TURTLE_LEXER_H_
#define QUADRAFT_CORE_RDF_TURTLE_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace quadraft::rdf {

enum class TokenKind : uint8_t {
  kEnd,           // Of the input; only when `final`.
  kIri,           // text: what stands between < and >, unescaped, maybe relative.
  kPrefixedName,  // text: the prefix without its colon; local: the rest, unescaped.
  kBlank,         // text: the label without "_:".
  kString,        // text: the lexical form, unescaped.
  kAt,            // text: what follows '@': a language tag, "prefix" or "base".
  kInteger,       // text: as written, like the next two.
  kDecimal,
  kDouble,
  kWord,         // text: a bare word: a, true, PREFIX, ...
  kTypeMarker,   // ^^
  kPunctuation,  // text: one of . ; , [ ] ( ) { }
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view
      text;  // Points into the input or the lexer: valid until the next token is asked for.
  std::string_view local;
  const char* begin = nullptr;  // The token in the input, for messages.
  const char* end = nullptr;

  bool Is(char punctuation) const {
    return kind == TokenKind::kPunctuation && text.front() == punctuation;
  }
};

class TurtleLexer {
 public:
  enum class Result { kToken, kCut, kBad };
  // White space and comments before the token are taken with it. kCut: *p is where the cut token
  // starts.
  Result Next(const char** p, const char* end, bool final, Token* token);

  // After kBad.
  const char* error_at() const { return error_at_; }
  const std::string& error_found() const { return error_found_; }
  const std::string& error_expected() const { return error_expected_; }

 private:
  Result Dispatch(const char* p, Token* token);
  Result SkipSpaceAndComments(const char** p);
  Result ReadIri(const char* p, Token* token);
  Result ReadString(const char* p, Token* token);
  Result FinishString(const char* open, const char* close, bool escaped, uint8_t high,
                      Token* token);
  Result ReadBlank(const char* p, Token* token);
  Result ReadNumber(const char* p, Token* token);
  Result ReadAt(const char* p, Token* token);
  Result ReadName(const char* p, Token* token);
  Result ReadLocal(const char* p, Token* token);
  Result ReadPunctuation(const char* p, Token* token);
  // The token ends at `stop`. When that is also the end of what has come so far, it may go on:
  // kCut.
  Result Done(TokenKind kind, const char* stop, Token* token);
  // kBad at `at`, unless more input may mend it because `at` is a cut character or the end.
  Result Fail(const char* at, std::string_view expected);
  Result FailText(const char* at, std::string_view found, std::string_view expected);

  const char* end_ = nullptr;
  bool final_ = false;
  std::string unescaped_;
  const char* error_at_ = nullptr;
  std::string error_found_;
  std::string error_expected_;
};

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_TURTLE_LEXER_H_
