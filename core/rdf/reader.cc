// The factory and the names of syntaxes of syntax.h.
#include "core/base/check.h"
#include "core/rdf/reader_base.h"
#include "core/rdf/syntax.h"

namespace quadraft::rdf {
namespace {

struct SyntaxRow {
  Syntax syntax;
  std::string_view extension;
  std::string_view media_type;
};
// RDF 1.1 N-Triples, N-Quads, Turtle, TriG: the sections on media types.
constexpr SyntaxRow kSyntaxes[] = {
    {Syntax::kNTriples, ".nt", "application/n-triples"},
    {Syntax::kNQuads, ".nq", "application/n-quads"},
    {Syntax::kTurtle, ".ttl", "text/turtle"},
    {Syntax::kTriG, ".trig", "application/trig"},
};

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<Syntax> SyntaxByExtension(std::string_view file_name) {
  const size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  for (const SyntaxRow& row : kSyntaxes) {
    if (EqualIgnoringCase(file_name.substr(dot), row.extension)) return row.syntax;
  }
  return std::nullopt;
}

std::optional<Syntax> SyntaxByMediaType(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  while (media_type.starts_with(' ')) media_type.remove_prefix(1);
  while (media_type.ends_with(' ')) media_type.remove_suffix(1);
  for (const SyntaxRow& row : kSyntaxes) {
    if (EqualIgnoringCase(media_type, row.media_type)) return row.syntax;
  }
  return std::nullopt;
}

std::string_view MediaType(Syntax syntax) {
  for (const SyntaxRow& row : kSyntaxes) {
    if (row.syntax == syntax) return row.media_type;
  }
  QR_CHECK(false) << "not a syntax: " << static_cast<int>(syntax);
  return {};
}

std::unique_ptr<Reader> NewReader(Syntax syntax, const ReaderOptions& options) {
  const bool graphs = syntax == Syntax::kNQuads || syntax == Syntax::kTriG;
  const bool lines = syntax == Syntax::kNTriples || syntax == Syntax::kNQuads;
  return lines ? NewLineReader(graphs, options) : NewTurtleReader(graphs, options);
}

}  // namespace quadraft::rdf
