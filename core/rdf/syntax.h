// Reading and writing RDF 1.1 text, streaming.
//
//   auto reader = NewReader(Syntax::kTurtle, {.base = "http://example/", .blank_prefix = "r7x"});
//   reader->OnQuad([&](rdf::Quad&& quad) { ...; return OkStatus(); });
//   QR_RETURN_IF_ERROR(reader->Feed(bytes)); ... QR_RETURN_IF_ERROR(reader->Finish());
//
// Errors are InvalidArgument "line L, column C: what was found, what was expected": the first ends
// the reading. Quads before it were handed out. A line (N-Triples, N-Quads) or token (Turtle, TriG)
// is held in memory until it is whole: at most kStatementBytesMax (ResourceExhausted). Once an
// error was returned, every later call returns it again.
//
// Blank nodes: N-Triples and N-Quads keep each label behind `blank_prefix`. Turtle and TriG name []
// and () nodes prefix + "anon" + number; a label that starts with "anon" gets a '-' behind that, so
// the two never meet. Prefixes of documents that share a store must be such that none followed by a
// label reads like another (end them alike: "d12.").
#ifndef QUADRAFT_CORE_RDF_SYNTAX_H_
#define QUADRAFT_CORE_RDF_SYNTAX_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "core/base/status.h"
#include "core/rdf/term.h"

namespace quadraft::rdf {

enum class Syntax : uint8_t { kNTriples, kNQuads, kTurtle, kTriG };

std::optional<Syntax> SyntaxByExtension(
    std::string_view file_name);  // "x.ttl", ".nt", ".nq", ".trig".
std::optional<Syntax> SyntaxByMediaType(
    std::string_view media_type);  // "text/turtle; charset=utf-8" too.
std::string_view MediaType(Syntax syntax);

struct ReaderOptions {
  std::string base;          // For Turtle and TriG.
  std::string blank_prefix;  // Put before every blank node label, so that labels of two documents
                             // never meet.
  Term graph;                // Quads without a graph get this one.
};
inline constexpr size_t kStatementBytesMax = 64u << 20;  // Of an N-Triples line, a Turtle token.
inline constexpr size_t kReaderNestingMax = 4096;  // [ and ( inside each other (ResourceExhausted).

class Reader {
 public:
  virtual ~Reader() = default;
  // Called for every quad in document order; an error ends the reading and is returned by Feed or
  // Finish unchanged.
  using QuadHandler = absl::AnyInvocable<Status(Quad&&)>;
  virtual void OnQuad(QuadHandler handler) = 0;
  virtual Status Feed(std::string_view bytes) = 0;  // Any cut, even inside a character.
  virtual Status Finish() = 0;
};
std::unique_ptr<Reader> NewReader(Syntax syntax, const ReaderOptions& options);

// Canonical N-Triples/N-Quads (RDF 1.1 N-Triples, section 4): appends one line with its newline.
void AppendNQuad(std::string* out, const Quad& quad);
void AppendNTerm(std::string* out,
                 const Term& term);  // <iri>, _:label, "text"@en; nothing for the default graph.

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_SYNTAX_H_
