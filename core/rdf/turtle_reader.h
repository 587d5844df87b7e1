// Turtle and TriG (RDF 1.1 Turtle, section 6; RDF 1.1 TriG, section 4): a pushdown machine over
// tokens. Internal to core/rdf.
//
// A push reader cannot use the call stack, so nesting lives in frames_: the statement below, each
// open [ or ( above. Quads leave as soon as their object is known, so nothing but the current
// token, the frames and the prefixes is ever held. turtle_reader.cc moves between states;
// turtle_terms.cc makes terms and quads.
#ifndef QUADRAFT_CORE_RDF_TURTLE_READER_H_
#define QUADRAFT_CORE_RDF_TURTLE_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/rdf/reader_base.h"
#include "core/rdf/turtle_lexer.h"

namespace quadraft::rdf {

inline constexpr size_t kPrefixesMax = 1u << 16;  // Of one document (ResourceExhausted).

class TurtleReader final : public ReaderBase {
 public:
  TurtleReader(bool trig, const ReaderOptions& options)
      : ReaderBase(options), trig_(trig), base_(options.base), graph_(options.graph), frames_(1) {}

 protected:
  StatusOr<size_t> Consume(std::string_view text, bool final) override;

 private:
  // What a frame waits for.
  enum class State : uint8_t {
    kStatement,   // A directive, a subject or (TriG) a graph.
    kPrefixName,  // The name of @prefix, then its IRI; the IRI of @base; the '.' that ends either.
    kPrefixIri,
    kBaseIri,
    kDirectiveDot,
    kGraphName,    // After GRAPH.
    kGraphOpen,    // '{' after that name.
    kGraphOrVerb,  // After the first term of a TriG statement, which may name a graph.
    kInGraph,      // A subject or '}'.
    kVerb,
    kVerbOrEnd,  // After a subject [ :p :o ], which may stand alone.
    kObject,
    kAfterObject,     // , ; or the end of the triples.
    kAfterSemicolon,  // A verb, ; or the end of the triples.
    kBracket,         // Behind '[': a verb or ']'.
    kListStart,       // Behind '(': an item or ')'.
    kListItem,        // Later.
  };

  struct Frame {
    State state = State::kStatement;
    bool is_subject = false;  // Of [ only: it stands where its parent's subject belongs.
    Term subject;             // Of ( : the node of the latest item.
    Term predicate;
  };
  enum class Literal : uint8_t { kNone, kAfterString, kDatatype };

  Frame& top() { return frames_.back(); }
  Status Step(const Token& token);
  Status StepStatement(const Token& token);
  Status StepDirective(const Token& token);
  Status StepGraph(const Token& token);
  Status StepVerb(const Token& token);
  Status StepAfterObject(const Token& token);
  Status StepLiteral(const Token& token, bool* taken);
  Status StepTerm(const Token& token);  // A subject, object or list item.
  Status EndTriples(const Token& token);
  Status StartDirective(bool is_prefix, bool needs_dot);

  // A whole subject, object or list item is in term_.
  Status TakeTerm();
  Status OpenBracket();
  Status CloseBracket();
  Status OpenList();
  Status AppendListNode();  // Room for one more item. The first node is the term that the frame
                            // below waits for.
  Status CloseList();
  Status TakeList();  // TakeTerm for the first node of a list, or for ().
  Status Push(State state);
  Status EmitTerm(std::string_view predicate);  // Of the top frame's subject; term_ is the object.

  // Fill term_; the token must be one of theirs.
  Status SetIri(const Token& token);
  void SetBlank(std::string_view label);
  void SetAnonymous();
  void SetLiteral(std::string_view lexical, std::string_view datatype);
  static bool IsResource(const Token& token) {
    return token.kind == TokenKind::kIri || token.kind == TokenKind::kPrefixedName;
  }

  static std::string_view Expected(State state, bool trig);
  Status Unexpected(const Token& token, std::string_view expected) const;
  Status Unexpected(const Token& token) const {
    return Unexpected(token, Expected(frames_.back().state, trig_));
  }

  const bool trig_;
  std::string base_;
  absl::flat_hash_map<std::string, std::string> prefixes_;
  Term graph_;  // Of the quads now read.
  bool in_graph_ = false;
  std::vector<Frame> frames_;  // Never empty.

  Term term_;
  Literal literal_ = Literal::kNone;  // term_ is a string that may get a language or datatype.
  std::string prefix_name_;           // Of the directive being read.
  bool needs_dot_ = false;
  uint64_t anonymous_count_ = 0;

  TurtleLexer lexer_;
  std::string_view text_;     // Being read.
  const char* at_ = nullptr;  // The token being taken, in text_.
  Quad quad_;
};

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_TURTLE_READER_H_
