// SPARQL's terminals (SPARQL 1.1 Query, section 19.8, rules 139 to 173), one at a time, longest
// match first.
//
//   Tokenizer tokens(source.text());
//   for (Token t = tokens.Next(); t.kind != TokenKind::kEnd; t = tokens.Next()) ...
//
// A character that starts no token gives kError, whose text says what was found; the tokenizer must
// not be asked again.
#ifndef QUADRAFT_SPARQL_PARSER_TOKENIZER_H_
#define QUADRAFT_SPARQL_PARSER_TOKENIZER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace quadraft::sparql {

enum class TokenKind : uint8_t {
  kEnd,
  kError,     // `text`: "found ..., expected ...".
  kIri,       // `text`: between the brackets, not resolved.
  kPrefixed,  // `text`: the prefix; `local`: unescaped, may be empty.
  kBlank,     // `text`: the label.
  kVariable,  // `text`: the name.
  kLanguage,  // `text`: after '@'.
  kInteger,
  kDecimal,
  kDouble,       // `text` as written; a sign belongs to it when it stands right before.
  kString,       // `text`: the value.
  kWord,         // A keyword or a function's name; `text`: upper case.
  kPunctuation,  // `text`: "{", "&&", "^^"...
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t begin = 0, end = 0;  // Bytes of the source's text.
  std::string text;
  std::string local;
};

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}
  Token Next();

 private:
  void SkipBlanks();
  // Each scans from at_ and returns whether it found its token; at_ then stands behind it.
  bool ScanIri(Token* token);
  bool ScanVariable(Token* token);
  bool ScanNumber(Token* token);
  bool ScanBlank(Token* token);
  bool ScanName(Token* token);  // Prefixed names and words.
  bool ScanLanguage(Token* token);
  bool ScanPunctuation(Token* token);
  void ScanString(Token* token);
  bool ScanStringEscape(Token* token);
  bool ScanLocal(std::string* local);
  void Fail(Token* token, std::string found_and_expected);

  bool StartsWith(std::string_view prefix) const { return text_.substr(at_).starts_with(prefix); }
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  // The character at `at`: its length in bytes, or 0 at the end.
  int CharAt(size_t at, char32_t* c) const;

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PARSER_TOKENIZER_H_
