// Turtle and TriG (RDF 1.1 Turtle, section 6; RDF 1.1 TriG, section 4): a pushdown machine over tokens.
//
// A push reader cannot use the call stack, so nesting lives in frames_: the statement below, each open [ or ( above. Quads
// leave as soon as their object is known, so nothing but the current token and the frames is ever held.
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/rdf/iri.h"
#include "core/rdf/reader_base.h"
#include "core/rdf/turtle_lexer.h"

namespace quadraft::rdf {
namespace {

constexpr std::string_view kRdfFirst = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
constexpr std::string_view kRdfRest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
constexpr std::string_view kRdfNil = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";

// Anonymous nodes are called this and a number. A label of the document that starts so gets a '-' behind it: no label then
// has a digit there, so the two never meet.
constexpr std::string_view kAnonymous = "anon";

// What the frame waits for.
enum class State : uint8_t {
  kStatement,       // A directive, a subject or (TriG) a graph.
  kPrefixName,      // The name of @prefix, then its IRI; the IRI of @base; the '.' that ends either.
  kPrefixIri,
  kBaseIri,
  kDirectiveDot,
  kGraphName,       // After GRAPH.
  kGraphOpen,       // '{' after that name.
  kGraphOrVerb,     // After the first term of a TriG statement, which may name a graph.
  kInGraph,         // A subject or '}'.
  kVerb,
  kVerbOrEnd,       // After a subject [ :p :o ], which may stand alone.
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

bool EqualsKeyword(std::string_view word, std::string_view upper) {
  if (word.size() != upper.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if ((word[i] & ~0x20) != upper[i]) return false;
  }
  return true;
}

std::string_view Expected(State state, bool trig) {
  switch (state) {
    case State::kStatement:
      return trig ? "a subject, a graph, @prefix or @base" : "a subject, @prefix or @base";
    case State::kPrefixName: return "a prefix and its colon";
    case State::kPrefixIri: return "the IRI of the prefix";
    case State::kBaseIri: return "the base IRI";
    case State::kDirectiveDot: return "'.' after the directive";
    case State::kGraphName: return "an IRI or a blank node as the graph";
    case State::kGraphOpen: return "'{'";
    case State::kGraphOrVerb: return "a predicate, or '{' after the name of a graph";
    case State::kInGraph: return "a subject or '}'";
    case State::kVerb: return "a predicate";
    case State::kVerbOrEnd: return "a predicate or '.'";
    case State::kObject: return "an object";
    case State::kAfterObject: return "',', ';' or the end of the statement";
    case State::kAfterSemicolon: return "a predicate, ';' or the end of the statement";
    case State::kBracket: return "a predicate or ']'";
    case State::kListStart:
    case State::kListItem: return "an item or ')'";
  }
  return "";
}

class TurtleReader final : public ReaderBase {
 public:
  TurtleReader(bool trig, const ReaderOptions& options)
      : ReaderBase(options), trig_(trig), base_(options.base), graph_(options.graph), frames_(1) {}

 protected:
  StatusOr<size_t> Consume(std::string_view text, bool final) override;

 private:
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
  Status AppendListNode();  // Room for one more item. The first node is the term that the frame below waits for.
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

StatusOr<size_t> TurtleReader::Consume(std::string_view text, bool final) {
  text_ = text;
  const char* p = text.data();
  const char* const end = p + text.size();
  Token token;
  while (true) {
    switch (lexer_.Next(&p, end, final, &token)) {
      case TurtleLexer::Result::kCut:
        return static_cast<size_t>(p - text.data());
      case TurtleLexer::Result::kBad:
        return ErrorAt(text, lexer_.error_at(), lexer_.error_found(), lexer_.error_expected());
      case TurtleLexer::Result::kToken:
        if (static_cast<size_t>(token.end - token.begin) > kStatementBytesMax) {
          return LimitAt(text, token.begin, kTooLong);
        }
        QR_RETURN_IF_ERROR(Step(token));
        if (token.kind == TokenKind::kEnd) return text.size();
    }
  }
}

Status TurtleReader::Step(const Token& token) {
  at_ = token.begin;
  if (literal_ != Literal::kNone) {
    bool taken = false;
    QR_RETURN_IF_ERROR(StepLiteral(token, &taken));
    if (taken) return OkStatus();
  }
  switch (top().state) {
    case State::kStatement:
    case State::kInGraph:
      return StepStatement(token);
    case State::kPrefixName:
    case State::kPrefixIri:
    case State::kBaseIri:
    case State::kDirectiveDot:
      return StepDirective(token);
    case State::kGraphName:
    case State::kGraphOpen:
      return StepGraph(token);
    case State::kGraphOrVerb:
      if (token.Is('{')) {
        std::swap(graph_, top().subject);
        return StepGraph(token);
      }
      return StepVerb(token);
    case State::kBracket:
      if (token.Is(']')) return CloseBracket();
      if (frames_.front().state == State::kGraphName) return Unexpected(token, "']'");
      return StepVerb(token);
    case State::kVerb:
    case State::kVerbOrEnd:
    case State::kAfterSemicolon:
      return StepVerb(token);
    case State::kAfterObject:
      return StepAfterObject(token);
    case State::kListStart:
    case State::kListItem:
      if (token.Is(')')) return CloseList();
      if (token.kind == TokenKind::kEnd) return Unexpected(token);
      QR_RETURN_IF_ERROR(AppendListNode());
      return StepTerm(token);
    case State::kObject:
      return StepTerm(token);
  }
  return Internal("rdf reader: no such state");
}

Status TurtleReader::StepStatement(const Token& token) {
  if (in_graph_) {
    if (!token.Is('}')) return StepTerm(token);
    return EndTriples(token);
  }
  switch (token.kind) {
    case TokenKind::kEnd:
      return OkStatus();
    case TokenKind::kAt:
      if (token.text == "prefix") return StartDirective(true, true);
      if (token.text == "base") return StartDirective(false, true);
      return Unexpected(token);
    case TokenKind::kWord:
      if (EqualsKeyword(token.text, "PREFIX")) return StartDirective(true, false);
      if (EqualsKeyword(token.text, "BASE")) return StartDirective(false, false);
      if (trig_ && EqualsKeyword(token.text, "GRAPH")) {
        top().state = State::kGraphName;
        return OkStatus();
      }
      return Unexpected(token);
    default:
      if (trig_ && token.Is('{')) return StepGraph(token);
      return StepTerm(token);
  }
}

Status TurtleReader::StartDirective(bool is_prefix, bool needs_dot) {
  needs_dot_ = needs_dot;
  top().state = is_prefix ? State::kPrefixName : State::kBaseIri;
  return OkStatus();
}

Status TurtleReader::StepDirective(const Token& token) {
  Frame& frame = top();
  switch (frame.state) {
    case State::kPrefixName:
      if (token.kind != TokenKind::kPrefixedName || !token.local.empty()) return Unexpected(token);
      prefix_name_ = token.text;
      frame.state = State::kPrefixIri;
      return OkStatus();
    case State::kPrefixIri:
    case State::kBaseIri:
      if (token.kind != TokenKind::kIri) return Unexpected(token);
      QR_RETURN_IF_ERROR(SetIri(token));
      if (frame.state == State::kBaseIri) {
        base_ = term_.value;
      } else {
        prefixes_[Absl(prefix_name_)] = term_.value;
      }
      frame.state = needs_dot_ ? State::kDirectiveDot : State::kStatement;
      return OkStatus();
    default:
      if (!token.Is('.')) return Unexpected(token);
      frame.state = State::kStatement;
      return OkStatus();
  }
}

// The name after GRAPH, and the '{' of any graph.
Status TurtleReader::StepGraph(const Token& token) {
  Frame& frame = top();
  if (frame.state != State::kGraphName) {
    if (!token.Is('{')) return Unexpected(token);
    in_graph_ = true;
    frame.state = State::kInGraph;
    return OkStatus();
  }
  if (token.Is('[')) return OpenBracket();
  if (token.kind == TokenKind::kBlank) {
    SetBlank(token.text);
  } else if (IsResource(token)) {
    QR_RETURN_IF_ERROR(SetIri(token));
  } else {
    return Unexpected(token);
  }
  graph_ = term_;
  frame.state = State::kGraphOpen;
  return OkStatus();
}

Status TurtleReader::StepVerb(const Token& token) {
  Frame& frame = top();
  if (token.kind == TokenKind::kWord && token.text == "a") {
    frame.predicate.value = kRdfType;
  } else if (IsResource(token)) {
    QR_RETURN_IF_ERROR(SetIri(token));
    std::swap(frame.predicate.value, term_.value);
  } else if (frame.state == State::kVerbOrEnd) {
    return EndTriples(token);
  } else if (frame.state == State::kAfterSemicolon) {
    return token.Is(';') ? OkStatus() : EndTriples(token);
  } else {
    return Unexpected(token);
  }
  frame.predicate.kind = TermKind::kIri;
  frame.state = State::kObject;
  return OkStatus();
}

Status TurtleReader::StepAfterObject(const Token& token) {
  if (token.Is(',')) {
    top().state = State::kObject;
    return OkStatus();
  }
  if (token.Is(';')) {
    top().state = State::kAfterSemicolon;
    return OkStatus();
  }
  return EndTriples(token);
}

// '.', ']' or '}' where the triples of a subject may end.
Status TurtleReader::EndTriples(const Token& token) {
  if (frames_.size() > 1) return token.Is(']') ? CloseBracket() : Unexpected(token);
  if (token.Is('.')) {
    top().state = in_graph_ ? State::kInGraph : State::kStatement;
    return OkStatus();
  }
  if (!in_graph_ || !token.Is('}')) return Unexpected(token);
  in_graph_ = false;
  graph_ = options_.graph;
  top().state = State::kStatement;
  return OkStatus();
}

Status TurtleReader::StepLiteral(const Token& token, bool* taken) {
  *taken = true;
  if (literal_ == Literal::kDatatype) {
    if (!IsResource(token)) return Unexpected(token, "an IRI as the datatype");
    std::string lexical = std::move(term_.value);
    QR_RETURN_IF_ERROR(SetIri(token));
    std::swap(term_.value, lexical);
    term_.kind = TermKind::kLiteral;
    if (lexical != kXsdString) term_.datatype = std::move(lexical);
  } else if (token.kind == TokenKind::kTypeMarker) {
    literal_ = Literal::kDatatype;
    return OkStatus();
  } else if (token.kind == TokenKind::kAt) {
    term_.language = token.text;
    for (char& c : term_.language) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
  } else {
    *taken = false;
  }
  literal_ = Literal::kNone;
  return TakeTerm();
}

Status TurtleReader::StepTerm(const Token& token) {
  const bool subject = top().state == State::kStatement || top().state == State::kInGraph;
  switch (token.kind) {
    case TokenKind::kIri:
    case TokenKind::kPrefixedName:
      QR_RETURN_IF_ERROR(SetIri(token));
      return TakeTerm();
    case TokenKind::kBlank:
      SetBlank(token.text);
      return TakeTerm();
    case TokenKind::kPunctuation:
      if (token.Is('[')) return OpenBracket();
      if (token.Is('(')) return OpenList();
      return Unexpected(token);
    case TokenKind::kEnd:
    case TokenKind::kAt:
    case TokenKind::kTypeMarker:
      return Unexpected(token);
    default:
      break;
  }
  if (subject) return Unexpected(token, "an IRI, a blank node or a list as the subject");
  switch (token.kind) {
    case TokenKind::kString:
      SetLiteral(token.text, {});
      literal_ = Literal::kAfterString;
      return OkStatus();
    case TokenKind::kInteger:
      SetLiteral(token.text, kXsdInteger);
      return TakeTerm();
    case TokenKind::kDecimal:
      SetLiteral(token.text, kXsdDecimal);
      return TakeTerm();
    case TokenKind::kDouble:
      SetLiteral(token.text, kXsdDouble);
      return TakeTerm();
    default:
      if (token.text != "true" && token.text != "false") return Unexpected(token);
      SetLiteral(token.text, kXsdBoolean);
      return TakeTerm();
  }
}

Status TurtleReader::TakeTerm() {
  Frame& frame = top();
  switch (frame.state) {
    case State::kStatement:
    case State::kInGraph:
      std::swap(frame.subject, term_);
      frame.state =
          trig_ && frame.state == State::kStatement ? State::kGraphOrVerb : State::kVerb;
      return OkStatus();
    case State::kListItem:
      return EmitTerm(kRdfFirst);
    default:
      frame.state = State::kAfterObject;
      return EmitTerm(frame.predicate.value);
  }
}

Status TurtleReader::EmitTerm(std::string_view predicate) {
  quad_.subject = top().subject;
  quad_.predicate.kind = TermKind::kIri;
  quad_.predicate.value = predicate;
  quad_.predicate.datatype.clear();
  quad_.predicate.language.clear();
  std::swap(quad_.object, term_);
  quad_.graph = graph_;
  return Emit(&quad_);
}

Status TurtleReader::Push(State state) {
  if (frames_.size() > kReaderNestingMax) {
    return LimitAt(text_, at_, StrCat("more than ", kReaderNestingMax, " [ and ( inside each other"));
  }
  frames_.emplace_back().state = state;
  return OkStatus();
}

Status TurtleReader::OpenBracket() {
  const State state = top().state;
  const bool is_subject =
      state == State::kStatement || state == State::kInGraph || state == State::kGraphName;
  SetAnonymous();
  Term node = term_;
  if (!is_subject) QR_RETURN_IF_ERROR(TakeTerm());
  QR_RETURN_IF_ERROR(Push(State::kBracket));
  top().subject = std::move(node);
  top().is_subject = is_subject;
  return OkStatus();
}

Status TurtleReader::CloseBracket() {
  const bool empty = top().state == State::kBracket;
  const bool is_subject = top().is_subject;
  std::swap(term_, top().subject);
  frames_.pop_back();
  if (!is_subject) return OkStatus();
  if (top().state == State::kGraphName) {
    graph_ = term_;
    top().state = State::kGraphOpen;
    return OkStatus();
  }
  QR_RETURN_IF_ERROR(TakeTerm());
  if (!empty) top().state = State::kVerbOrEnd;
  return OkStatus();
}

Status TurtleReader::OpenList() { return Push(State::kListStart); }

Status TurtleReader::AppendListNode() {
  SetAnonymous();
  Term node = term_;
  if (top().state == State::kListItem) {
    QR_RETURN_IF_ERROR(EmitTerm(kRdfRest));
  } else {
    frames_.pop_back();
    QR_RETURN_IF_ERROR(TakeList());
    QR_RETURN_IF_ERROR(Push(State::kListItem));
  }
  top().subject = std::move(node);
  return OkStatus();
}

Status TurtleReader::CloseList() {
  const bool empty = top().state == State::kListStart;
  term_ = Term::Iri(kRdfNil);
  if (!empty) QR_RETURN_IF_ERROR(EmitTerm(kRdfRest));
  frames_.pop_back();
  return empty ? TakeList() : OkStatus();
}

Status TurtleReader::TakeList() {
  QR_RETURN_IF_ERROR(TakeTerm());
  if (top().state == State::kGraphOrVerb) top().state = State::kVerb;  // No graph has such a name.
  return OkStatus();
}

Status TurtleReader::SetIri(const Token& token) {
  term_.kind = TermKind::kIri;
  term_.datatype.clear();
  term_.language.clear();
  if (token.kind == TokenKind::kPrefixedName) {
    const auto found = prefixes_.find(Absl(token.text));
    if (found == prefixes_.end()) return Unexpected(token, "a prefix that was declared");
    term_.value.assign(found->second).append(token.local);
    return OkStatus();
  }
  if (IsAbsoluteIri(token.text)) {
    term_.value = token.text;
    return OkStatus();
  }
  term_.value = ResolveIri(base_, token.text);
  if (IsAbsoluteIri(term_.value)) return OkStatus();
  return Unexpected(token, "an absolute IRI, as there is no base");
}

void TurtleReader::SetBlank(std::string_view label) {
  term_.kind = TermKind::kBlank;
  term_.datatype.clear();
  term_.language.clear();
  term_.value = options_.blank_prefix;
  if (label.starts_with(kAnonymous)) {
    term_.value.append(kAnonymous).push_back('-');
    label.remove_prefix(kAnonymous.size());
  }
  term_.value.append(label);
}

void TurtleReader::SetAnonymous() {
  term_.kind = TermKind::kBlank;
  term_.datatype.clear();
  term_.language.clear();
  term_.value = options_.blank_prefix;
  StrAppend(&term_.value, kAnonymous, ++anonymous_count_);
}

void TurtleReader::SetLiteral(std::string_view lexical, std::string_view datatype) {
  term_.kind = TermKind::kLiteral;
  term_.value = lexical;
  term_.datatype = datatype;
  term_.language.clear();
}

Status TurtleReader::Unexpected(const Token& token, std::string_view expected) const {
  if (token.kind == TokenKind::kEnd) return ErrorAt(text_, token.begin, "end of input", expected);
  const std::string_view source(token.begin, static_cast<size_t>(token.end - token.begin));
  return ErrorAt(text_, token.begin, DescribeText(source), expected);
}

}  // namespace

std::unique_ptr<Reader> NewTurtleReader(bool trig, const ReaderOptions& options) {
  return std::make_unique<TurtleReader>(trig, options);
}

}  // namespace quadraft::rdf
