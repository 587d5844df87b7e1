// Triples with their property lists and collections (rules 52, 75 to 87, 98 to 105), for patterns
// and for templates.
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {
namespace {

constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

rdf::Term RdfIri(std::string_view local) { return rdf::Term::Iri(StrCat(kRdf, local)); }

TriplePattern MakeTriple(VarOrTerm subject, VarOrTerm predicate, VarOrTerm object) {
  TriplePattern triple;
  triple.subject = std::move(subject);
  triple.predicate = std::move(predicate);
  triple.object = std::move(object);
  return triple;
}

PathPtr ClonePath(const Path& path) {
  auto copy = std::make_unique<Path>();
  copy->kind = path.kind;
  copy->iri = path.iri;
  copy->negated = path.negated;
  copy->negated_inverse = path.negated_inverse;
  for (const auto& arg : path.args) copy->args.push_back(ClonePath(*arg));
  return copy;
}

size_t BytesOf(const VarOrTerm& position) {
  const auto* term = std::get_if<rdf::Term>(&position);
  return term == nullptr ? 0 : term->value.size() + term->datatype.size();
}

size_t BytesOf(const Path& path) {
  size_t bytes = sizeof(Path) + path.iri.value.size();
  for (const auto& iris : {&path.negated, &path.negated_inverse}) {
    for (const rdf::Term& iri : *iris) bytes += sizeof(iri) + iri.value.size();
  }
  for (const auto& arg : path.args) bytes += BytesOf(*arg);
  return bytes;
}

bool IsData(TripleContext context) {
  return context == TripleContext::kData || context == TripleContext::kGroundData;
}

}  // namespace

bool Parser::AtTriples() const {
  return AtVariable() || AtIri() || AtLiteral() || token_.kind == TokenKind::kBlank ||
         AtPunctuation("(") || AtPunctuation("[");
}

bool Parser::AtVerb() const {
  return AtVariable() || AtIri() || AtA() || AtPunctuation("(") || AtPunctuation("^") ||
         AtPunctuation("!");
}

Status Parser::ParseTriplesSameSubject(TripleContext context, std::vector<TriplePattern>* out) {
  bool has_triples = false;
  QR_ASSIGN_OR_RETURN(const VarOrTerm subject, ParseGraphNode(context, out, &has_triples));
  if (has_triples && !AtVerb()) return OkStatus();
  return ParsePropertyList(subject, context, out);
}

Status Parser::ParseTriplesTemplate(TripleContext context, std::vector<TriplePattern>* out) {
  while (AtTriples()) {
    QR_RETURN_IF_ERROR(ParseTriplesSameSubject(context, out));
    if (!AcceptPunctuation(".")) break;
  }
  return OkStatus();
}

Status Parser::ParsePropertyList(const VarOrTerm& subject, TripleContext context,
                                 std::vector<TriplePattern>* out) {
  while (true) {
    TriplePattern verb;
    QR_RETURN_IF_ERROR(ParseVerb(context, &verb));
    QR_RETURN_IF_ERROR(ParseObjectList(subject, &verb, context, out));
    if (!AtPunctuation(";")) return OkStatus();
    while (AcceptPunctuation(";")) {
    }
    if (!AtVerb()) return OkStatus();
  }
}

Status Parser::ParseVerb(TripleContext context, TriplePattern* verb) {
  if (AtVariable()) {
    if (IsData(context)) return Unexpected("an IRI: data holds no variables");
    QR_ASSIGN_OR_RETURN(verb->predicate, ParseVariable());
    return OkStatus();
  }
  if (context != TripleContext::kPattern) {
    if (AtA()) {
      Advance();
      verb->predicate = rdf::Term::Iri(rdf::kRdfType);
      return OkStatus();
    }
    if (!AtIri()) return Unexpected("a predicate (an IRI, 'a' or a variable)");
    QR_ASSIGN_OR_RETURN(verb->predicate, ParseIri());
    return OkStatus();
  }
  if (!AtIri() && !AtA() && !AtPunctuation("(") && !AtPunctuation("^") && !AtPunctuation("!")) {
    return Unexpected("a predicate (an IRI, 'a', a variable or a property path)");
  }
  QR_ASSIGN_OR_RETURN(PathPtr path, ParsePath());
  if (path->kind == PathKind::kLink) {
    verb->predicate = std::move(path->iri);
  } else {
    verb->path = std::move(path);
  }
  return OkStatus();
}

Status Parser::ParseObjectList(const VarOrTerm& subject, TriplePattern* verb, TripleContext context,
                               std::vector<TriplePattern>* out) {
  const size_t bytes = BytesOf(subject) + BytesOf(verb->predicate) +
                       (verb->path == nullptr ? 0 : BytesOf(*verb->path));
  do {
    QR_RETURN_IF_ERROR(Spend(bytes));
    bool has_triples = false;
    // The triples of a nested node come after the one that mentions it, as they are written.
    const size_t at = out->size();
    out->push_back(MakeTriple(subject, verb->predicate, Var{}));
    if (verb->path != nullptr) out->back().path = ClonePath(*verb->path);
    QR_ASSIGN_OR_RETURN(VarOrTerm object, ParseGraphNode(context, out, &has_triples));
    (*out)[at].object = std::move(object);
  } while (AcceptPunctuation(","));
  return OkStatus();
}

StatusOr<VarOrTerm> Parser::ParseGraphNode(TripleContext context, std::vector<TriplePattern>* out,
                                           bool* has_triples) {
  if (AtVariable()) {
    if (IsData(context)) return Unexpected("a term: data holds no variables");
    QR_ASSIGN_OR_RETURN(const Var variable, ParseVariable());
    return VarOrTerm(variable);
  }
  if (AtIri()) {
    QR_ASSIGN_OR_RETURN(rdf::Term iri, ParseIri());
    return VarOrTerm(std::move(iri));
  }
  if (AtLiteral()) {
    QR_ASSIGN_OR_RETURN(rdf::Term literal, ParseLiteral());
    return VarOrTerm(std::move(literal));
  }
  if (token_.kind == TokenKind::kBlank) {
    const Token token = token_;
    Advance();
    return BlankNode(token.text, token.begin, context);
  }
  if (AtPunctuation("(")) {
    *has_triples = PeekNext().kind != TokenKind::kPunctuation || PeekNext().text != ")";
    return ParseCollection(context, out);
  }
  if (!AtPunctuation("[")) {
    return Unexpected("a term: a variable, an IRI, a literal, a blank node, '(' or '['");
  }
  if (context == TripleContext::kNoBlanks || context == TripleContext::kGroundData) {
    return Unexpected("no blank node in what is deleted (use a variable)");
  }
  Depth depth(this);
  QR_RETURN_IF_ERROR(Deepen());
  Advance();
  VarOrTerm node = FreshBlank(context);
  if (AcceptPunctuation("]")) return node;
  QR_RETURN_IF_ERROR(ParsePropertyList(node, context, out));
  QR_RETURN_IF_ERROR(ExpectPunctuation("]"));
  *has_triples = true;
  return node;
}

StatusOr<VarOrTerm> Parser::ParseCollection(TripleContext context,
                                            std::vector<TriplePattern>* out) {
  const size_t begin = token_.begin;
  Depth depth(this);
  QR_RETURN_IF_ERROR(Deepen());
  QR_RETURN_IF_ERROR(ExpectPunctuation("("));
  if (AcceptPunctuation(")")) return VarOrTerm(RdfIri("nil"));
  if (context == TripleContext::kNoBlanks || context == TripleContext::kGroundData) {
    return ErrorAt(begin,
                   "found a list, which holds blank nodes, expected none in what is deleted");
  }
  const VarOrTerm head = FreshBlank(context);
  VarOrTerm cell = head;
  while (true) {
    bool has_triples = false;
    const size_t at = out->size();
    out->push_back(MakeTriple(cell, RdfIri("first"), Var{}));
    QR_ASSIGN_OR_RETURN(VarOrTerm member, ParseGraphNode(context, out, &has_triples));
    (*out)[at].object = std::move(member);
    if (AcceptPunctuation(")")) break;
    VarOrTerm next = FreshBlank(context);
    out->push_back(MakeTriple(std::move(cell), RdfIri("rest"), next));
    cell = std::move(next);
  }
  out->push_back(MakeTriple(std::move(cell), RdfIri("rest"), RdfIri("nil")));
  return head;
}

}  // namespace quadraft::sparql
