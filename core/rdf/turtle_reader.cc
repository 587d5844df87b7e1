#include "core/rdf/turtle_reader.h"

namespace quadraft::rdf {
namespace {

bool EqualsKeyword(std::string_view word, std::string_view upper) {
  if (word.size() != upper.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if ((word[i] & ~0x20) != upper[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view TurtleReader::Expected(State state, bool trig) {
  switch (state) {
    case State::kStatement:
      return trig ? "a subject, a graph, @prefix or @base" : "a subject, @prefix or @base";
    case State::kPrefixName:
      return "a prefix and its colon";
    case State::kPrefixIri:
      return "the IRI of the prefix";
    case State::kBaseIri:
      return "the base IRI";
    case State::kDirectiveDot:
      return "'.' after the directive";
    case State::kGraphName:
      return "an IRI or a blank node as the graph";
    case State::kGraphOpen:
      return "'{'";
    case State::kGraphOrVerb:
      return "a predicate, or '{' after the name of a graph";
    case State::kInGraph:
      return "a subject or '}'";
    case State::kVerb:
      return "a predicate";
    case State::kVerbOrEnd:
      return "a predicate or '.'";
    case State::kObject:
      return "an object";
    case State::kAfterObject:
      return "',', ';' or the end of the statement";
    case State::kAfterSemicolon:
      return "a predicate, ';' or the end of the statement";
    case State::kBracket:
      return "a predicate or ']'";
    case State::kListStart:
    case State::kListItem:
      return "an item or ')'";
  }
  return "";
}

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
        if (prefixes_.size() >= kPrefixesMax && !prefixes_.contains(Absl(prefix_name_))) {
          return LimitAt(text_, at_, StrCat("more than ", kPrefixesMax, " prefixes"));
        }
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

std::unique_ptr<Reader> NewTurtleReader(bool trig, const ReaderOptions& options) {
  return std::make_unique<TurtleReader>(trig, options);
}

}  // namespace quadraft::rdf
