#include "sparql/results/escape.h"

#include <array>

namespace quadraft::sparql {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// A flag per byte: whether a format must look at it.
using ByteSet = std::array<bool, 256>;

constexpr ByteSet MakeSet(std::string_view special, bool controls) {
  ByteSet set{};
  for (const char c : special) set[static_cast<unsigned char>(c)] = true;
  for (int c = 0; controls && c < 0x20; ++c) set[c] = true;
  return set;
}

constexpr ByteSet kJsonSpecial = MakeSet("\"\\\x7f", true);
constexpr ByteSet kXmlSpecial = MakeSet("&<>\"", true);
constexpr ByteSet kLiteralSpecial = MakeSet("\"\\\x7f", true);
constexpr ByteSet kIriSpecial = MakeSet("<>\"{}|^`\\ ", true);

// Copies `text`, giving each special byte to `escape`.
template <typename Escape>
void AppendEscaped(std::string* out, std::string_view text, const ByteSet& special, Escape escape) {
  size_t clean = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!special[c]) continue;
    out->append(text, clean, i - clean);
    escape(c);
    clean = i + 1;
  }
  out->append(text, clean, text.size() - clean);
}

void AppendUnicodeEscape(std::string* out, unsigned char c) {
  *out += "\\u00";
  out->push_back(kHex[c >> 4]);
  out->push_back(kHex[c & 15]);
}

// The escapes that JSON, N-Triples and Turtle share.
void AppendBackslashEscape(std::string* out, unsigned char c) {
  switch (c) {
    case '"':
      *out += "\\\"";
      break;
    case '\\':
      *out += "\\\\";
      break;
    case '\n':
      *out += "\\n";
      break;
    case '\r':
      *out += "\\r";
      break;
    case '\t':
      *out += "\\t";
      break;
    case '\b':
      *out += "\\b";
      break;
    case '\f':
      *out += "\\f";
      break;
    default:
      AppendUnicodeEscape(out, c);
  }
}

}  // namespace

void AppendJsonString(std::string* out, std::string_view text) {
  out->push_back('"');
  AppendEscaped(out, text, kJsonSpecial, [out](unsigned char c) { AppendBackslashEscape(out, c); });
  out->push_back('"');
}

void AppendXmlText(std::string* out, std::string_view text) {
  AppendEscaped(out, text, kXmlSpecial, [out](unsigned char c) {
    switch (c) {
      case '&':
        *out += "&amp;";
        break;
      case '<':
        *out += "&lt;";
        break;
      case '>':
        *out += "&gt;";
        break;
      case '"':
        *out += "&quot;";
        break;
      case '\n':
        *out += "&#10;";
        break;  // Spelled out, so that no reader normalises them away.
      case '\r':
        *out += "&#13;";
        break;
      case '\t':
        *out += "&#9;";
        break;
      default:
        *out += kReplacement;
    }
  });
}

void AppendCsvField(std::string* out, std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    out->append(text);
    return;
  }
  out->push_back('"');
  for (const char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

void AppendTurtleTerm(std::string* out, const rdf::Term& term) {
  const auto append_iri = [out](std::string_view iri) {
    out->push_back('<');
    AppendEscaped(out, iri, kIriSpecial, [out](unsigned char c) { AppendUnicodeEscape(out, c); });
    out->push_back('>');
  };
  switch (term.kind) {
    case rdf::TermKind::kDefaultGraph:
      return;
    case rdf::TermKind::kIri:
      append_iri(term.value);
      return;
    case rdf::TermKind::kBlank:
      *out += "_:";
      *out += term.value;
      return;
    case rdf::TermKind::kLiteral:
      break;
  }
  out->push_back('"');
  AppendEscaped(out, term.value, kLiteralSpecial,
                [out](unsigned char c) { AppendBackslashEscape(out, c); });
  out->push_back('"');
  if (!term.language.empty()) {
    out->push_back('@');
    *out += term.language;
  } else if (!term.datatype.empty()) {
    *out += "^^";
    append_iri(term.datatype);
  }
}

}  // namespace quadraft::sparql
