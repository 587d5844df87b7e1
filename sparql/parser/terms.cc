// IRIs, literals, variables and blank nodes (rules 108, 125 to 138).
#include "core/rdf/iri.h"
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {

bool Parser::AtNumber() const {
  return token_.kind == TokenKind::kInteger || token_.kind == TokenKind::kDecimal ||
         token_.kind == TokenKind::kDouble;
}

bool Parser::AtLiteral() const {
  return token_.kind == TokenKind::kString || AtNumber() || AtWord("TRUE") || AtWord("FALSE");
}

bool Parser::AtA() const { return AtWord("A") && source_->text()[token_.begin] == 'a'; }

StatusOr<std::string> Parser::ResolveIriToken(const Token& token) {
  std::string iri;
  if (token.kind == TokenKind::kPrefixed) {
    const auto prefix = prefixes_.find(token.text);
    if (prefix == prefixes_.end()) {
      return ErrorAt(token.begin, StrCat("found the undeclared prefix '", token.text,
                                         ":', expected a PREFIX line for it"));
    }
    iri = prefix->second + token.local;  // The namespace was resolved when it was declared.
  } else {
    iri = rdf::ResolveIri(base_, token.text);
  }
  QR_RETURN_IF_ERROR(Spend(iri.size()));
  if (!rdf::IsAbsoluteIri(iri)) {
    return ErrorAt(token.begin, StrCat("found the relative IRI <", iri,
                                       ">, expected an absolute one: ", "there is no BASE"));
  }
  return iri;
}

StatusOr<rdf::Term> Parser::ParseIri() {
  if (!AtIri()) return Unexpected("an IRI");
  QR_ASSIGN_OR_RETURN(const std::string iri, ResolveIriToken(token_));
  Advance();
  return rdf::Term::Iri(iri);
}

StatusOr<rdf::Term> Parser::ParseLiteral() {
  const Token token = token_;
  Advance();
  switch (token.kind) {
    case TokenKind::kInteger:
      return rdf::Term::Literal(token.text, rdf::kXsdInteger);
    case TokenKind::kDecimal:
      return rdf::Term::Literal(token.text, rdf::kXsdDecimal);
    case TokenKind::kDouble:
      return rdf::Term::Literal(token.text, rdf::kXsdDouble);
    case TokenKind::kWord:
      return rdf::Term::Literal(token.text == "TRUE" ? "true" : "false", rdf::kXsdBoolean);
    default:
      break;
  }
  if (token_.kind == TokenKind::kLanguage) {
    const std::string language = token_.text;
    Advance();
    return rdf::Term::Literal(token.text, {}, language);
  }
  if (!AcceptPunctuation("^^")) return rdf::Term::Literal(token.text);
  QR_ASSIGN_OR_RETURN(const rdf::Term datatype, ParseIri());
  return rdf::Term::Literal(token.text, datatype.value);
}

StatusOr<Var> Parser::ParseVariable() {
  if (!AtVariable()) return Unexpected("a variable");
  const Var variable = NamedVariable(token_.text);
  Advance();
  return variable;
}

StatusOr<VarOrTerm> Parser::ParseVarOrIri() {
  if (AtVariable()) {
    QR_ASSIGN_OR_RETURN(const Var variable, ParseVariable());
    return VarOrTerm(variable);
  }
  if (!AtIri()) return Unexpected("a variable or an IRI");
  QR_ASSIGN_OR_RETURN(rdf::Term iri, ParseIri());
  return VarOrTerm(std::move(iri));
}

StatusOr<VarOrTerm> Parser::BlankNode(const std::string& label, size_t offset,
                                      TripleContext context) {
  switch (context) {
    case TripleContext::kNoBlanks:
    case TripleContext::kGroundData:
      return ErrorAt(offset,
                     "found a blank node, expected none in what is deleted (use a variable)");
    case TripleContext::kData:
      if (used_data_labels_.contains(label)) {
        return ErrorAt(offset,
                       StrCat("found the blank node _:", label, ", which an earlier INSERT DATA ",
                              "used, expected another label"));
      }
      data_labels_.insert(label);
      return VarOrTerm(rdf::Term::Blank(label));
    case TripleContext::kTemplate:
      return VarOrTerm(rdf::Term::Blank(label));
    case TripleContext::kPattern:
      break;
  }
  const auto it = blanks_.find(label);
  if (it == blanks_.end()) {
    const Var variable = InternalVariable();
    blanks_.emplace(label, BlankUse{block_, variable});
    return VarOrTerm(variable);
  }
  if (it->second.block != block_) {
    return ErrorAt(offset,
                   StrCat("found the blank node _:", label, " again in another basic graph ",
                          "pattern, expected another label (or a variable)"));
  }
  return VarOrTerm(it->second.variable);
}

VarOrTerm Parser::FreshBlank(TripleContext context) {
  if (context == TripleContext::kPattern) return InternalVariable();
  // No label of the text starts with a dot.
  return rdf::Term::Blank(StrCat(".", blank_labels_++));
}

}  // namespace quadraft::sparql
