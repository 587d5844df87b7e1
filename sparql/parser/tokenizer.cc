#include "sparql/parser/tokenizer.h"

#include <array>

#include "core/base/strings.h"
#include "core/rdf/chars.h"

namespace quadraft::sparql {
namespace {

using rdf::IsAsciiDigit;
using rdf::IsAsciiLetter;

// Longer ones first.
constexpr std::array<std::string_view, 29> kPunctuationMarks = {
    "^^", "&&", "||", "!=", "<=", ">=", "{", "}", "(", ")", "[", "]", ".", ";", ",",
    "=",  "<",  ">",  "+",  "-",  "*",  "/", "|", "!", "^", "?", "$", "&", "@"};

constexpr std::string_view kLocalEscapes = "_~.-!$&'()*+,;=/?#@%";

bool IsVariableStart(char32_t c) { return rdf::IsPnCharsU(c) || (c >= '0' && c <= '9'); }
bool IsVariableChar(char32_t c) { return c != '-' && rdf::IsPnChars(c); }

}  // namespace

int Tokenizer::CharAt(size_t at, char32_t* c) const {
  if (at >= text_.size()) return 0;
  const int length = rdf::DecodeUtf8(text_.data() + at, text_.data() + text_.size(), c);
  return length > 0 ? length : 0;
}

void Tokenizer::SkipBlanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '#') {
      while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
    } else {
      return;
    }
  }
}

Token Tokenizer::Next() {
  SkipBlanks();
  Token token;
  token.begin = at_;
  if (at_ == text_.size()) {
    token.end = at_;
    return token;
  }
  const char c = Peek();
  if (c == '"' || c == '\'') {
    ScanString(&token);
  } else if (!ScanIri(&token) && !ScanVariable(&token) && !ScanNumber(&token) &&
             !ScanBlank(&token) && !ScanName(&token) && !ScanLanguage(&token) &&
             !ScanPunctuation(&token)) {
    char32_t whole = 0;
    const int length = CharAt(at_, &whole);
    Fail(&token, StrCat("found '", text_.substr(at_, length > 0 ? length : 1),
                        "', which starts nothing in SPARQL, expected a token"));
  }
  token.end = at_;
  return token;
}

void Tokenizer::Fail(Token* token, std::string found_and_expected) {
  token->kind = TokenKind::kError;
  token->text = std::move(found_and_expected);
}

bool Tokenizer::ScanIri(Token* token) {
  if (Peek() != '<') return false;
  size_t end = at_ + 1;
  while (end < text_.size() && rdf::IsIriByte(text_[end])) ++end;
  if (end == text_.size() || text_[end] != '>') return false;  // A comparison, then.
  token->kind = TokenKind::kIri;
  token->text = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end + 1;
  return true;
}

bool Tokenizer::ScanVariable(Token* token) {
  if (Peek() != '?' && Peek() != '$') return false;
  char32_t c = 0;
  size_t end = at_ + 1;
  int length = CharAt(end, &c);
  if (length == 0 || !IsVariableStart(c)) return false;
  while (length > 0 && IsVariableChar(c)) {
    end += length;
    length = CharAt(end, &c);
  }
  token->kind = TokenKind::kVariable;
  token->text = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end;
  return true;
}

bool Tokenizer::ScanNumber(Token* token) {
  size_t end = at_;
  if (Peek() == '+' || Peek() == '-') ++end;
  const auto digits = [&] {
    const size_t from = end;
    while (end < text_.size() && IsAsciiDigit(text_[end])) ++end;
    return end - from;
  };
  const auto exponent = [&] {
    const size_t from = end;
    if (end == text_.size() || (text_[end] != 'e' && text_[end] != 'E')) return false;
    ++end;
    if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
    if (digits() > 0) return true;
    end = from;
    return false;
  };
  const size_t whole = digits();
  TokenKind kind = TokenKind::kInteger;
  const size_t whole_end = end;
  if (end < text_.size() && text_[end] == '.') {
    ++end;
    const size_t fraction = digits();
    if (whole + fraction > 0 && exponent()) {
      kind = TokenKind::kDouble;
    } else if (fraction > 0) {
      kind = TokenKind::kDecimal;
    } else {
      end = whole_end;  // "1." is an integer and a full stop.
    }
  } else if (whole > 0 && exponent()) {
    kind = TokenKind::kDouble;
  }
  if (kind == TokenKind::kInteger && whole == 0) return false;
  token->kind = kind;
  token->text = text_.substr(at_, end - at_);
  at_ = end;
  return true;
}

bool Tokenizer::ScanBlank(Token* token) {
  if (!StartsWith("_:")) return false;
  char32_t c = 0;
  size_t end = at_ + 2;
  int length = CharAt(end, &c);
  if (length == 0 || !IsVariableStart(c)) return false;
  size_t last = end;  // Behind the last character that may end a label: it never ends with a dot.
  while (length > 0 && (c == '.' || rdf::IsPnChars(c))) {
    end += length;
    if (c != '.') last = end;
    length = CharAt(end, &c);
  }
  token->kind = TokenKind::kBlank;
  token->text = text_.substr(at_ + 2, last - at_ - 2);
  at_ = last;
  return true;
}

bool Tokenizer::ScanName(Token* token) {
  char32_t c = 0;
  size_t end = at_;
  int length = CharAt(end, &c);
  if (c != ':' && (length == 0 || !rdf::IsPnCharsBase(c))) return false;
  size_t last = end;
  while (length > 0 && (c == '.' || rdf::IsPnChars(c))) {
    end += length;
    if (c != '.') last = end;
    length = CharAt(end, &c);
  }
  if (c == ':' && length > 0 && last == end) {
    token->kind = TokenKind::kPrefixed;
    token->text = text_.substr(at_, end - at_);
    at_ = end + 1;
    if (!ScanLocal(&token->local)) {
      Fail(token,
           "found a bad escape in a prefixed name, expected '%' and two hexadecimal digits or '\\' "
           "and one of _~.-!$&'()*+,;=/?#@%");
    }
    return true;
  }
  end = at_;
  while (end < text_.size() &&
         (IsAsciiLetter(text_[end]) || IsAsciiDigit(text_[end]) || text_[end] == '_')) {
    ++end;
  }
  if (end == at_) return false;
  token->kind = TokenKind::kWord;
  for (const char letter : text_.substr(at_, end - at_)) {
    token->text.push_back(letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A')
                                                         : letter);
  }
  at_ = end;
  return true;
}

// PN_LOCAL from at_ on; false on a malformed escape.
bool Tokenizer::ScanLocal(std::string* local) {
  size_t end = at_;      // Behind the last character that may end the name.
  size_t local_end = 0;  // The length of *local there.
  bool first = true;
  while (at_ < text_.size()) {
    char32_t c = 0;
    const int length = CharAt(at_, &c);
    if (length == 0) break;
    if (c == '%') {
      if (!rdf::IsHexDigit(Peek(1)) || !rdf::IsHexDigit(Peek(2))) return false;
      local->append(text_.substr(at_, 3));
      at_ += 3;
    } else if (c == '\\') {
      if (Peek(1) == '\0' || kLocalEscapes.find(Peek(1)) == std::string_view::npos) return false;
      local->push_back(Peek(1));
      at_ += 2;
    } else if (c == ':' || (first ? IsVariableStart(c) : rdf::IsPnChars(c)) ||
               (c == '.' && !first)) {
      local->append(text_.substr(at_, length));
      at_ += length;
    } else {
      break;
    }
    first = false;
    if (c != '.') {
      end = at_;
      local_end = local->size();
    }
  }
  at_ = end;
  local->resize(local_end);
  return true;
}

bool Tokenizer::ScanLanguage(Token* token) {
  if (Peek() != '@' || !IsAsciiLetter(Peek(1))) return false;
  size_t end = at_ + 1;
  while (end < text_.size() && IsAsciiLetter(text_[end])) ++end;
  while (end + 1 < text_.size() && text_[end] == '-' &&
         (IsAsciiLetter(text_[end + 1]) || IsAsciiDigit(text_[end + 1]))) {
    ++end;
    while (end < text_.size() && (IsAsciiLetter(text_[end]) || IsAsciiDigit(text_[end]))) ++end;
  }
  token->kind = TokenKind::kLanguage;
  token->text = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end;
  return true;
}

bool Tokenizer::ScanPunctuation(Token* token) {
  for (const std::string_view mark : kPunctuationMarks) {
    if (!StartsWith(mark)) continue;
    token->kind = TokenKind::kPunctuation;
    token->text = mark;
    at_ += mark.size();
    return true;
  }
  return false;
}

constexpr bool MayEndPlainText(char c) {
  return c == '"' || c == '\'' || c == '\\' || c == '\n' || c == '\r';
}

// One of the four string forms, from its opening quotes on.
void Tokenizer::ScanString(Token* token) {
  const char quote = Peek();
  const std::string triple(3, quote);
  const bool is_long = StartsWith(triple);
  const std::string close = is_long ? triple : std::string(1, quote);
  at_ += close.size();
  token->kind = TokenKind::kString;
  while (at_ < text_.size()) {
    if (StartsWith(close)) {
      at_ += close.size();
      return;
    }
    const char c = Peek();
    if (c == '\\') {
      if (!ScanStringEscape(token)) return;
      continue;
    }
    if (!is_long && (c == '\n' || c == '\r')) {
      return Fail(token, StrCat("found the end of the line in a string, expected ", close,
                                " (strings of many lines stand in ", triple, ")"));
    }
    size_t end = at_ + 1;
    while (end < text_.size() && !MayEndPlainText(text_[end])) ++end;
    token->text.append(text_.substr(at_, end - at_));
    at_ = end;
  }
  Fail(token, StrCat("found the end of the text in a string, expected ", close));
}

bool Tokenizer::ScanStringEscape(Token* token) {
  constexpr std::string_view kLetters = "tbnrf\\\"'";
  constexpr std::string_view kMeanings = "\t\b\n\r\f\\\"'";
  const size_t which = Peek(1) == '\0' ? std::string_view::npos : kLetters.find(Peek(1));
  if (which == std::string_view::npos) {
    token->begin = at_;
    Fail(token,
         "found a bad escape in a string, expected one of \\t \\b \\n \\r \\f \\\\ \\\" \\'");
    return false;
  }
  token->text.push_back(kMeanings[which]);
  at_ += 2;
  return true;
}

}  // namespace quadraft::sparql
