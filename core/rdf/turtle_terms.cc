// The half of TurtleReader that makes terms and quads, [ ] and ( ).
#include <utility>

#include "core/rdf/iri.h"
#include "core/rdf/turtle_reader.h"

namespace quadraft::rdf {
namespace {

constexpr std::string_view kRdfFirst = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
constexpr std::string_view kRdfRest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
constexpr std::string_view kRdfNil = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";

// Anonymous nodes are called this and a number. A label of the document that starts so gets a '-'
// behind it: no label then has a digit there, so the two never meet.
constexpr std::string_view kAnonymous = "anon";

}  // namespace

Status TurtleReader::TakeTerm() {
  Frame& frame = top();
  switch (frame.state) {
    case State::kStatement:
    case State::kInGraph:
      std::swap(frame.subject, term_);
      frame.state = trig_ && frame.state == State::kStatement ? State::kGraphOrVerb : State::kVerb;
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
    return LimitAt(text_, at_,
                   StrCat("more than ", kReaderNestingMax, " [ and ( inside each other"));
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

}  // namespace quadraft::rdf
