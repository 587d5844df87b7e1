// Property paths (rules 88 to 97).
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {
namespace {

PathPtr MakePath(PathKind kind, PathPtr first = nullptr) {
  auto path = std::make_unique<Path>();
  path->kind = kind;
  if (first != nullptr) path->args.push_back(std::move(first));
  return path;
}

PathPtr MakeLink(rdf::Term iri) {
  PathPtr link = MakePath(PathKind::kLink);
  link->iri = std::move(iri);
  return link;
}

}  // namespace

StatusOr<PathPtr> Parser::ParsePath() {
  QR_ASSIGN_OR_RETURN(PathPtr path, ParsePathSequence());
  if (!AtPunctuation("|")) return path;
  path = MakePath(PathKind::kAlternative, std::move(path));
  while (AcceptPunctuation("|")) {
    QR_ASSIGN_OR_RETURN(path->args.emplace_back(), ParsePathSequence());
  }
  return path;
}

StatusOr<PathPtr> Parser::ParsePathSequence() {
  QR_ASSIGN_OR_RETURN(PathPtr path, ParsePathElement());
  if (!AtPunctuation("/")) return path;
  path = MakePath(PathKind::kSequence, std::move(path));
  while (AcceptPunctuation("/")) {
    QR_ASSIGN_OR_RETURN(path->args.emplace_back(), ParsePathElement());
  }
  return path;
}

StatusOr<PathPtr> Parser::ParsePathElement() {
  const bool inverse = AcceptPunctuation("^");
  QR_ASSIGN_OR_RETURN(PathPtr path, ParsePathPrimary());
  if (AcceptPunctuation("*")) {
    path = MakePath(PathKind::kZeroOrMore, std::move(path));
  } else if (AcceptPunctuation("+")) {
    path = MakePath(PathKind::kOneOrMore, std::move(path));
  } else if (AcceptPunctuation("?")) {
    path = MakePath(PathKind::kZeroOrOne, std::move(path));
  }
  return inverse ? MakePath(PathKind::kInverse, std::move(path)) : std::move(path);
}

StatusOr<PathPtr> Parser::ParsePathPrimary() {
  if (AtA()) {
    Advance();
    return MakeLink(rdf::Term::Iri(rdf::kRdfType));
  }
  if (AtIri()) {
    QR_ASSIGN_OR_RETURN(rdf::Term iri, ParseIri());
    return MakeLink(std::move(iri));
  }
  if (AcceptPunctuation("!")) return ParseNegatedSet();
  if (!AtPunctuation("(")) return Unexpected("a step of a property path (an IRI, 'a', '!' or '(')");
  Depth depth(this);
  QR_RETURN_IF_ERROR(Deepen());
  Advance();
  QR_ASSIGN_OR_RETURN(PathPtr path, ParsePath());
  QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
  return path;
}

StatusOr<PathPtr> Parser::ParseNegatedSet() {
  PathPtr set = MakePath(PathKind::kNegatedSet);
  const auto parse_one = [&]() -> Status {
    auto& to = AcceptPunctuation("^") ? set->negated_inverse : set->negated;
    if (AtA()) {
      Advance();
      to.push_back(rdf::Term::Iri(rdf::kRdfType));
      return OkStatus();
    }
    if (!AtIri()) return Unexpected("an IRI or 'a' in a negated property set");
    QR_ASSIGN_OR_RETURN(to.emplace_back(), ParseIri());
    return OkStatus();
  };
  if (!AcceptPunctuation("(")) {
    QR_RETURN_IF_ERROR(parse_one());
    return set;
  }
  if (AcceptPunctuation(")")) return set;
  do {
    QR_RETURN_IF_ERROR(parse_one());
  } while (AcceptPunctuation("|"));
  QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
  return set;
}

}  // namespace quadraft::sparql
