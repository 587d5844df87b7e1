// N-Triples and N-Quads (RDF 1.1 N-Triples, section 7; RDF 1.1 N-Quads, section 4).
//
// Only whole lines are scanned. Their last byte is CR or LF, which no token may hold, so every
// inner loop stops there without asking for the end. The four terms are reused: a handler that
// moves nothing out costs no allocation.
#include "core/rdf/escape.h"
#include "core/rdf/iri.h"
#include "core/rdf/reader_base.h"
#include "core/rdf/scan.h"

namespace quadraft::rdf {
namespace {

constexpr bool IsEndOfLine(char c) { return c == '\n' || c == '\r'; }

// How many bytes of `text` are whole lines.
size_t WholeLines(std::string_view text) {
  const size_t lf = text.rfind('\n');
  const size_t whole = lf == std::string_view::npos ? 0 : lf + 1;
  const size_t cr = text.substr(whole).rfind('\r');
  return cr == std::string_view::npos ? whole : whole + cr + 1;
}

class LineReader final : public ReaderBase {
 public:
  LineReader(bool quads, const ReaderOptions& options) : ReaderBase(options), quads_(quads) {}

 protected:
  StatusOr<size_t> Consume(std::string_view text, bool final) override;

 private:
  Status ReadLines(std::string_view lines);
  // Each answers where it stopped, or null after setting error_.
  const char* ReadStatement(const char* p);
  const char* ReadIri(const char* p, std::string* out);
  const char* ReadBlank(const char* p, Term* term);
  const char* ReadLiteral(const char* p, Term* term);
  const char* ReadLiteralType(const char* p, Term* term);
  const char* ReadResource(const char* p, Term* term, std::string_view expected);
  const char* SkipComment(const char* p);
  const char* SkipSpace(const char* p) const {
    while (*p == ' ' || *p == '\t') ++p;
    return p;
  }
  // Two forms of the same error: what was found is the character at `p`, or `found`.
  const char* Fail(const char* p, std::string_view expected);
  const char* Fail(const char* p, std::string_view found, std::string_view expected);

  const bool quads_;
  std::string_view lines_;  // Being read; ends with CR or LF.
  Quad quad_;
  Status error_;
};

StatusOr<size_t> LineReader::Consume(std::string_view text, bool final) {
  const size_t whole = WholeLines(text);
  if (whole > 0) QR_RETURN_IF_ERROR(ReadLines(text.substr(0, whole)));
  if (!final || whole == text.size()) return whole;
  // The last line has no end: give it one. Positions are counted from the text that was offered.
  std::string with_end(text);
  with_end.push_back('\n');
  lines_ = with_end;
  const char* const rest = with_end.data() + whole;
  if (ReadStatement(rest) == nullptr) return error_;
  return text.size();
}

Status LineReader::ReadLines(std::string_view lines) {
  lines_ = lines;
  const char* p = lines.data();
  const char* const end = p + lines.size();
  while (p < end) {
    const char* const start = p;
    p = ReadStatement(p);
    if (p == nullptr) return error_;
    if (static_cast<size_t>(p - start) > kStatementBytesMax) {
      return LimitAt(lines, start, kTooLong);
    }
    ++p;
  }
  return OkStatus();
}

// One line; answers where its CR or LF stands.
const char* LineReader::ReadStatement(const char* p) {
  p = SkipSpace(p);
  if (IsEndOfLine(*p)) return p;
  if (*p == '#') return SkipComment(p);
  p = ReadResource(p, &quad_.subject, "an IRI or a blank node as the subject");
  if (p == nullptr) return p;
  p = SkipSpace(p);
  if (*p != '<') return Fail(p, "an IRI as the predicate");
  quad_.predicate.kind = TermKind::kIri;
  if (p = ReadIri(p, &quad_.predicate.value); p == nullptr) return p;
  p = SkipSpace(p);
  p = *p == '"' ? ReadLiteral(p, &quad_.object)
                : ReadResource(p, &quad_.object, "an IRI, a blank node or a literal as the object");
  if (p == nullptr) return p;
  p = SkipSpace(p);
  if (quads_ && *p != '.') {
    p = ReadResource(p, &quad_.graph, "'.', or an IRI or a blank node as the graph");
    if (p == nullptr) return p;
    p = SkipSpace(p);
  } else {
    quad_.graph = options_.graph;
  }
  if (*p != '.') return Fail(p, "'.'");
  p = SkipSpace(p + 1);
  if (*p == '#') p = SkipComment(p);
  if (p == nullptr) return p;
  if (!IsEndOfLine(*p)) return Fail(p, "the end of the line");
  // A handler may have moved strings out, or left others behind: all but these is set anew for each
  // statement.
  quad_.predicate.datatype.clear();
  quad_.predicate.language.clear();
  error_ = Emit(&quad_);
  return error_.ok() ? p : nullptr;
}

const char* LineReader::ReadResource(const char* p, Term* term, std::string_view expected) {
  term->datatype.clear();
  term->language.clear();
  if (*p == '<') {
    term->kind = TermKind::kIri;
    return ReadIri(p, &term->value);
  }
  return *p == '_' ? ReadBlank(p, term) : Fail(p, expected);
}

const char* LineReader::ReadIri(const char* p, std::string* out) {
  const char* const open = p;
  const char* const end = lines_.data() + lines_.size();
  uint8_t high = 0;
  p = SkipIriBytes(p + 1, end, &high);
  const bool escaped = *p == '\\';
  while (*p == '\\') p = SkipIriBytes(p + 1, end, &high);
  const std::string_view raw(open + 1, static_cast<size_t>(p - open - 1));
  if (high >= 0x80) {
    if (const size_t bad = FindInvalidUtf8(raw); bad != std::string_view::npos) {
      return Fail(open + 1 + bad, "an IRI");
    }
  }
  if (*p != '>') return Fail(p, "'>' at the end of the IRI");
  if (escaped) {
    out->clear();
    if (const size_t bad = AppendUnescaped(out, raw, Escapes::kIri);
        bad != std::string_view::npos) {
      return Fail(open + 1 + bad, DescribeText(raw.substr(bad, 2)), "\\uXXXX or \\UXXXXXXXX");
    }
    if (FindForbiddenInIri(*out) != std::string_view::npos) {
      return Fail(open, DescribeText(raw), "an IRI without spaces, controls and <>\"{}|^`\\");
    }
  } else {
    out->assign(raw);
  }
  if (!IsAbsoluteIri(*out))
    return Fail(open, DescribeText({open, raw.size() + 2}), "an absolute IRI");
  return p + 1;
}

const char* LineReader::ReadBlank(const char* p, Term* term) {
  const char* const end = lines_.data() + lines_.size();
  if (p[1] != ':') return Fail(p + 1, "':' after '_'");
  p += 2;
  if (StartsLabel(p, end) != 1) return Fail(p, "a blank node label");
  const char* const stop = TrimDots(p, SkipNameAndDots(p, end));
  term->kind = TermKind::kBlank;
  term->value.assign(options_.blank_prefix);
  term->value.append(p, stop);
  return stop;
}

const char* LineReader::ReadLiteral(const char* p, Term* term) {
  const char* const open = p++;
  uint8_t high = 0;
  bool escaped = false;
  while (true) {
    const char c = *p;
    if (c == '"' || IsEndOfLine(c)) break;
    if (c == '\\') {
      escaped = true;
      if (!IsEndOfLine(p[1])) ++p;
    }
    high |= static_cast<uint8_t>(*p++);
  }
  const std::string_view raw(open + 1, static_cast<size_t>(p - open - 1));
  if (high >= 0x80) {
    if (const size_t bad = FindInvalidUtf8(raw); bad != std::string_view::npos) {
      return Fail(open + 1 + bad, "UTF-8 text");
    }
  }
  if (*p != '"') return Fail(p, "'\"' at the end of the string");
  if (escaped) {
    term->value.clear();
    const size_t bad = AppendUnescaped(&term->value, raw, Escapes::kString);
    if (bad != std::string_view::npos) {
      return Fail(open + 1 + bad, DescribeText(raw.substr(bad, 2)),
                  "one of the escapes \\t \\b \\n \\r \\f \\\" \\' \\\\ \\uXXXX \\UXXXXXXXX");
    }
  } else {
    term->value.assign(raw);
  }
  term->kind = TermKind::kLiteral;
  term->datatype.clear();
  term->language.clear();
  return ReadLiteralType(SkipSpace(p + 1), term);
}

const char* LineReader::ReadLiteralType(const char* p, Term* term) {
  if (*p == '@') {
    const char* const tag = p + 1;
    const char* const stop = SkipTagBytes(tag, lines_.data() + lines_.size());
    if (const char* bad = FindTagError(tag, stop)) return Fail(bad, "a language tag such as en-GB");
    term->language.assign(tag, stop);
    for (char& c : term->language) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return stop;
  }
  if (*p != '^') return p;
  if (p[1] != '^') return Fail(p + 1, "'^^' before the datatype");
  p = SkipSpace(p + 2);
  if (*p != '<') return Fail(p, "an IRI as the datatype");
  p = ReadIri(p, &term->datatype);
  if (p != nullptr && term->datatype == kXsdString) term->datatype.clear();
  return p;
}

const char* LineReader::SkipComment(const char* p) {
  uint8_t high = 0;
  const char* const start = p;
  while (!IsEndOfLine(*p)) high |= static_cast<uint8_t>(*p++);
  if (high >= 0x80) {
    const size_t bad = FindInvalidUtf8({start, static_cast<size_t>(p - start)});
    if (bad != std::string_view::npos) return Fail(start + bad, "UTF-8 text");
  }
  return p;
}

const char* LineReader::Fail(const char* p, std::string_view expected) {
  return Fail(p, DescribeCharacter(p, lines_.data() + lines_.size()), expected);
}

const char* LineReader::Fail(const char* p, std::string_view found, std::string_view expected) {
  error_ = ErrorAt(lines_, p, found, expected);
  return nullptr;
}

}  // namespace

std::unique_ptr<Reader> NewLineReader(bool quads, const ReaderOptions& options) {
  return std::make_unique<LineReader>(quads, options);
}

}  // namespace quadraft::rdf
