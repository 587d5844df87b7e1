#include "core/rdf/turtle_lexer.h"

#include <cstring>

#include "core/rdf/escape.h"
#include "core/rdf/iri.h"
#include "core/rdf/reader_base.h"
#include "core/rdf/scan.h"

namespace quadraft::rdf {
namespace {

using Result = TurtleLexer::Result;

constexpr std::string_view kPunctuation = ";,[](){}^";              // '.' may also start a number.
constexpr std::string_view kLocalEscapes = "_~.-!$&'()*+,;=/?#@%";  // PN_LOCAL_ESC.
constexpr std::string_view kStringEscapes =
    "one of the escapes \\t \\b \\n \\r \\f \\\" \\' \\\\ \\uXXXX \\UXXXXXXXX";

std::string_view View(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

const char* SkipDigits(const char* p, const char* end) {
  while (p < end && IsAsciiDigit(*p)) ++p;
  return p;
}

// Behind an exponent (e, sign, digits) at `p`; `p` itself when there is none; null when `end` cuts
// it.
const char* SkipExponent(const char* p, const char* end) {
  if (p == end) return nullptr;
  if (*p != 'e' && *p != 'E') return p;
  const char* q = p + 1;
  if (q < end && (*q == '+' || *q == '-')) ++q;
  if (q == end) return nullptr;
  return IsAsciiDigit(*q) ? SkipDigits(q, end) : p;
}

// Runs over a local name's plain characters, colons, %XX and escapes, also over dots at its end.
// Null: cut. Where it stops at a bad escape or percent sign, `*bad` is set.
const char* SkipLocal(const char* p, const char* end, bool* escaped, bool* bad) {
  while (true) {
    p = SkipNameAndDots(p, end);
    if (p == end) return p;
    if (*p == ':') {
      ++p;
    } else if (*p == '\\') {
      if (p + 1 == end) return nullptr;
      *bad = kLocalEscapes.find(p[1]) == std::string_view::npos;
      if (*bad) return p;
      *escaped = true;
      p += 2;
    } else if (*p == '%') {
      for (int i = 1; i <= 2; ++i) {
        if (p + i == end) return nullptr;
        *bad = !IsHexDigit(p[i]);
        if (*bad) return p;
      }
      p += 3;
    } else {
      return p;
    }
  }
}

}  // namespace

Result TurtleLexer::Next(const char** p, const char* end, bool final, Token* token) {
  end_ = end;
  final_ = final;
  if (const Result result = SkipSpaceAndComments(p); result != Result::kToken) return result;
  token->begin = *p;
  token->text = {};
  Result result;
  if (*p == end) {
    if (!final) return Result::kCut;
    result = Done(TokenKind::kEnd, end, token);
  } else {
    result = Dispatch(*p, token);
  }
  if (result == Result::kToken) *p = token->end;
  return result;
}

Result TurtleLexer::Dispatch(const char* p, Token* token) {
  const char c = *p;
  if (c == '<') return ReadIri(p, token);
  if (c == '"' || c == '\'') return ReadString(p, token);
  if (c == '_') return ReadBlank(p, token);
  if (c == '@') return ReadAt(p, token);
  if (IsAsciiDigit(c) || c == '+' || c == '-' || c == '.') return ReadNumber(p, token);
  if (kPunctuation.find(c) != std::string_view::npos) return ReadPunctuation(p, token);
  return ReadName(p, token);
}

Result TurtleLexer::SkipSpaceAndComments(const char** at) {
  const char* p = *at;
  while (p < end_) {
    if (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') {
      ++p;
      continue;
    }
    if (*p != '#') break;
    *at = p;
    const char* stop = p;
    while (stop < end_ && *stop != '\n' && *stop != '\r') ++stop;
    if (stop == end_ && !final_) return Result::kCut;
    const size_t bad = FindInvalidUtf8(View(p, stop));
    if (bad != std::string_view::npos) return Fail(p + bad, "UTF-8 text");
    p = stop;
  }
  *at = p;
  return Result::kToken;
}

Result TurtleLexer::Done(TokenKind kind, const char* stop, Token* token) {
  if (stop == end_ && !final_) return Result::kCut;
  token->kind = kind;
  token->end = stop;
  return Result::kToken;
}

Result TurtleLexer::Fail(const char* at, std::string_view expected) {
  char32_t c;
  if (!final_ && (at == end_ || DecodeUtf8(at, end_, &c) == -1)) return Result::kCut;
  return FailText(at, DescribeCharacter(at, end_), expected);
}

Result TurtleLexer::FailText(const char* at, std::string_view found, std::string_view expected) {
  error_at_ = at;
  error_found_ = found;
  error_expected_ = expected;
  return Result::kBad;
}

Result TurtleLexer::ReadIri(const char* p, Token* token) {
  const char* const open = p;
  uint8_t high = 0;
  p = SkipIriBytes(p + 1, end_, &high);
  const bool escaped = p < end_ && *p == '\\';
  while (p < end_ && *p == '\\') p = SkipIriBytes(p + 1, end_, &high);
  const std::string_view raw = View(open + 1, p);
  if (high >= 0x80) {
    const size_t bad = FindInvalidUtf8(raw);
    if (bad != std::string_view::npos) return Fail(open + 1 + bad, "an IRI");
  }
  if (p == end_ || *p != '>') return Fail(p, "'>' at the end of the IRI");
  token->text = raw;
  if (escaped) {
    unescaped_.clear();
    const size_t bad = AppendUnescaped(&unescaped_, raw, Escapes::kIri);
    if (bad != std::string_view::npos) {
      return FailText(open + 1 + bad, DescribeText(raw.substr(bad, 2)), "\\uXXXX or \\UXXXXXXXX");
    }
    if (FindForbiddenInIri(unescaped_) != std::string_view::npos) {
      return FailText(open, DescribeText(View(open, p + 1)),
                      "an IRI without spaces, controls and <>\"{}|^`\\");
    }
    token->text = unescaped_;
  }
  token->kind = TokenKind::kIri;
  token->end = p + 1;
  return Result::kToken;
}

Result TurtleLexer::ReadString(const char* p, Token* token) {
  const char* const open = p;
  const char quote = *p;
  // Long strings: three quotes. "" may be the empty string or the start of one.
  for (int i = 1; i <= 2; ++i) {
    if (p + i == end_ && !final_) return Result::kCut;
    if (p + i == end_ || p[i] != quote) break;
    if (i == 2) p += 2;
  }
  const bool long_form = p != open;
  uint8_t high = 0;
  bool escaped = false;
  for (++p; p < end_; ++p) {
    const char c = *p;
    high |= static_cast<uint8_t>(c);
    if (c == '\\') {
      escaped = true;
      if (p + 1 == end_) {
        p = end_;
        break;
      }
      if (long_form || (p[1] != '\n' && p[1] != '\r')) high |= static_cast<uint8_t>(*++p);
    } else if (c == quote) {
      if (!long_form) {
        token->end = p + 1;
        return FinishString(open + 1, p, escaped, high, token);
      }
      if (end_ - p < 3 && !final_) return Result::kCut;
      if (end_ - p >= 3 && p[1] == quote && p[2] == quote) {
        token->end = p + 3;
        return FinishString(open + 3, p, escaped, high, token);
      }
    } else if ((c == '\n' || c == '\r') && !long_form) {
      break;
    }
  }
  return Fail(p, StrCat(std::string_view(open, long_form ? 3 : 1), " at the end of the string"));
}

Result TurtleLexer::FinishString(const char* open, const char* close, bool escaped, uint8_t high,
                                 Token* token) {
  const std::string_view raw = View(open, close);
  if (high >= 0x80) {
    const size_t bad = FindInvalidUtf8(raw);
    if (bad != std::string_view::npos) {
      return FailText(open + bad, DescribeCharacter(open + bad, close), "UTF-8 text");
    }
  }
  token->text = raw;
  if (escaped) {
    unescaped_.clear();
    const size_t bad = AppendUnescaped(&unescaped_, raw, Escapes::kString);
    if (bad != std::string_view::npos) {
      return FailText(open + bad, DescribeText(raw.substr(bad, 2)), kStringEscapes);
    }
    token->text = unescaped_;
  }
  token->kind = TokenKind::kString;
  return Result::kToken;
}

Result TurtleLexer::ReadBlank(const char* p, Token* token) {
  if (p + 1 == end_ || p[1] != ':') return Fail(p + 1, "':' after '_'");
  p += 2;
  if (StartsLabel(p, end_) != 1) return Fail(p, "a blank node label");
  const char* const run = SkipNameAndDots(p, end_);
  char32_t c;
  if (!final_ && (run == end_ || DecodeUtf8(run, end_, &c) == -1)) return Result::kCut;
  const char* const stop = TrimDots(p, run);
  token->text = View(p, stop);
  return Done(TokenKind::kBlank, stop, token);
}

Result TurtleLexer::ReadAt(const char* p, Token* token) {
  const char* const stop = SkipTagBytes(p + 1, end_);
  if (stop == end_ && !final_) return Result::kCut;
  if (const char* bad = FindTagError(p + 1, stop)) {
    return Fail(bad, "a language tag such as en-GB, or @prefix or @base");
  }
  token->text = View(p + 1, stop);
  return Done(TokenKind::kAt, stop, token);
}

// INTEGER, DECIMAL, DOUBLE, or the full stop.
Result TurtleLexer::ReadNumber(const char* p, Token* token) {
  const char* const begin = p;
  if (*p == '+' || *p == '-') ++p;
  const char* stop = SkipDigits(p, end_);
  const bool has_whole = stop > p;
  TokenKind kind = TokenKind::kInteger;
  if (stop == end_ && !final_) return Result::kCut;
  if (stop < end_ && *stop == '.') {
    const char* const digits = SkipDigits(stop + 1, end_);
    if (digits == end_ && !final_) return Result::kCut;
    const char* const exponent = SkipExponent(digits, end_);
    if (exponent == nullptr && !final_) return Result::kCut;
    const bool has_fraction = digits > stop + 1;
    if ((has_whole || has_fraction) && exponent != nullptr && exponent > digits) {
      token->text = View(begin, exponent);
      return Done(TokenKind::kDouble, exponent, token);
    }
    if (has_fraction) {
      token->text = View(begin, digits);
      return Done(TokenKind::kDecimal, digits, token);
    }
    if (!has_whole) {
      if (stop != begin) return Fail(stop + 1, "a digit");
      token->text = View(begin, begin + 1);
      token->kind = TokenKind::kPunctuation;
      token->end = begin + 1;
      return Result::kToken;
    }
  } else if (!has_whole) {
    return Fail(stop, "a digit");
  } else {
    const char* const exponent = SkipExponent(stop, end_);
    if (exponent == nullptr && !final_) return Result::kCut;
    if (exponent != nullptr && exponent > stop) {
      stop = exponent;
      kind = TokenKind::kDouble;
    }
  }
  token->text = View(begin, stop);
  return Done(kind, stop, token);
}

// A prefixed name, or a bare word.
Result TurtleLexer::ReadName(const char* p, Token* token) {
  char32_t c = ':';
  const int length = *p == ':' ? 1 : DecodeUtf8(p, end_, &c);
  if (length <= 0 || (c != ':' && !IsPnCharsBase(c))) {
    return Fail(p, "an IRI, a name, a blank node, a literal or punctuation");
  }
  const char* const run = SkipNameAndDots(p, end_);
  char32_t next;
  if (!final_ && (run == end_ || DecodeUtf8(run, end_, &next) == -1)) return Result::kCut;
  if (run < end_ && *run == ':' && (run == p || run[-1] != '.')) {
    token->text = View(p, run);
    return ReadLocal(run + 1, token);
  }
  const char* stop = p;
  while (stop < run && *stop != '.') ++stop;
  token->text = View(p, stop);
  return Done(TokenKind::kWord, stop, token);
}

Result TurtleLexer::ReadLocal(const char* p, Token* token) {
  bool escaped = false, bad = false;
  const bool may_start =
      p < end_ && (*p == ':' || *p == '%' || *p == '\\' || StartsLabel(p, end_) == 1);
  const char* run = may_start ? SkipLocal(p, end_, &escaped, &bad) : p;
  char32_t c;
  if (!final_ && (run == nullptr || run == end_ || DecodeUtf8(run, end_, &c) == -1)) {
    return Result::kCut;
  }
  if (run == nullptr) return Fail(end_, "the rest of a %XX or \\ escape in the name");
  if (bad) {
    return *run == '%' ? Fail(run + 1, "two hexadecimal digits after '%'")
                       : Fail(run + 1, StrCat("one of ", kLocalEscapes, " after '\\'"));
  }
  // Dots at the end are not the name's, but for an escaped one.
  while (run > p && run[-1] == '.' && !(run - 1 > p && run[-2] == '\\')) --run;
  token->local = View(p, run);
  if (escaped) {
    unescaped_.clear();
    for (const char* q = p; q < run; ++q) {
      if (*q == '\\') ++q;
      unescaped_.push_back(*q);
    }
    token->local = unescaped_;
  }
  token->kind = TokenKind::kPrefixedName;
  token->end = run;
  return Result::kToken;
}

Result TurtleLexer::ReadPunctuation(const char* p, Token* token) {
  token->text = View(p, p + 1);
  token->kind = TokenKind::kPunctuation;
  token->end = p + 1;
  if (*p != '^') return Result::kToken;
  if (p + 1 == end_ || p[1] != '^') return Fail(p + 1, "'^^' before the datatype");
  token->kind = TokenKind::kTypeMarker;
  token->end = p + 2;
  return Result::kToken;
}

}  // namespace quadraft::rdf
