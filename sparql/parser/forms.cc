// The four query forms and their datasets (rules 7, 10 to 16, 73, 74).
#include "sparql/algebra/walk.h"
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {
namespace {

QuadTemplate ToTemplate(const TriplePattern& triple) {
  return {triple.subject, triple.predicate, triple.object, rdf::Term::DefaultGraph()};
}

}  // namespace

Status Parser::ParseDatasetClauses(Dataset* dataset) {
  while (AcceptWord("FROM")) {
    dataset->set = true;
    auto& graphs = AcceptWord("NAMED") ? dataset->named_graphs : dataset->default_graphs;
    QR_ASSIGN_OR_RETURN(graphs.emplace_back(), ParseIri());
  }
  return OkStatus();
}

StatusOr<Query> Parser::ParseSelectQuery() {
  Query query;
  query.form = QueryForm::kSelect;
  Selection selection;
  QR_RETURN_IF_ERROR(ParseSelectClause(&selection));
  QR_RETURN_IF_ERROR(ParseDatasetClauses(&query.dataset));
  QR_ASSIGN_OR_RETURN(PatternPtr where, ParseWhere());
  QR_RETURN_IF_ERROR(ParseSolutionModifiers(&selection));
  QR_RETURN_IF_ERROR(ParseTrailingValues(&selection));
  QR_ASSIGN_OR_RETURN(query.pattern,
                      ApplyModifiers(std::move(selection), std::move(where), &query.projection));
  return query;
}

StatusOr<Query> Parser::ParseConstructQuery() {
  Query query;
  query.form = QueryForm::kConstruct;
  QR_RETURN_IF_ERROR(ExpectWord("CONSTRUCT"));
  if (AcceptPunctuation("{")) {
    std::vector<TriplePattern> triples;
    QR_RETURN_IF_ERROR(ParseTriplesTemplate(TripleContext::kTemplate, &triples));
    if (!AcceptPunctuation("}")) return Unexpected("'}' or a triple of the template");
    for (const TriplePattern& triple : triples) query.construct.push_back(ToTemplate(triple));
    QR_RETURN_IF_ERROR(ParseDatasetClauses(&query.dataset));
    QR_ASSIGN_OR_RETURN(query.pattern, ParseWhere());
  } else {
    QR_RETURN_IF_ERROR(ParseDatasetClauses(&query.dataset));
    QR_RETURN_IF_ERROR(ParseConstructWhere(&query));
  }
  Selection selection;
  QR_RETURN_IF_ERROR(ParseSolutionModifiers(&selection));
  QR_RETURN_IF_ERROR(ParseTrailingValues(&selection));
  QR_ASSIGN_OR_RETURN(query.pattern,
                      ApplyModifiers(std::move(selection), std::move(query.pattern), nullptr));
  return query;
}

// CONSTRUCT WHERE { triples }: the triples are template and pattern at once; blank nodes are
// variables in the pattern only.
Status Parser::ParseConstructWhere(Query* query) {
  if (!AcceptWord("WHERE")) return Unexpected("'{', FROM or WHERE after CONSTRUCT");
  QR_RETURN_IF_ERROR(ExpectPunctuation("{"));
  query->pattern = MakePattern(PatternKind::kBasic);
  std::vector<TriplePattern>& triples = query->pattern->triples;
  QR_RETURN_IF_ERROR(ParseTriplesTemplate(TripleContext::kTemplate, &triples));
  if (!AcceptPunctuation("}"))
    return Unexpected("'}' or a triple (CONSTRUCT WHERE holds triples only)");
  std::map<std::string, Var> blanks;
  const auto replace_blank = [&](VarOrTerm* position) {
    const auto* term = std::get_if<rdf::Term>(position);
    if (term == nullptr || !term->is_blank()) return;
    const auto it = blanks.find(term->value);
    const Var variable = it != blanks.end() ? it->second : InternalVariable();
    if (it == blanks.end()) blanks.emplace(term->value, variable);
    *position = variable;
  };
  for (TriplePattern& triple : triples) {
    query->construct.push_back(ToTemplate(triple));
    replace_blank(&triple.subject);
    replace_blank(&triple.object);
  }
  return OkStatus();
}

StatusOr<Query> Parser::ParseDescribeQuery() {
  Query query;
  query.form = QueryForm::kDescribe;
  QR_RETURN_IF_ERROR(ExpectWord("DESCRIBE"));
  const bool star = AcceptPunctuation("*");
  while (!star && (AtVariable() || AtIri())) {
    QR_ASSIGN_OR_RETURN(query.describe.emplace_back(), ParseVarOrIri());
  }
  if (!star && query.describe.empty())
    return Unexpected("'*', a variable or an IRI after DESCRIBE");
  QR_RETURN_IF_ERROR(ParseDatasetClauses(&query.dataset));
  PatternPtr where;
  if (AtWord("WHERE") || AtPunctuation("{")) {
    QR_ASSIGN_OR_RETURN(where, ParseWhere());
  }
  Selection selection;
  QR_RETURN_IF_ERROR(ParseSolutionModifiers(&selection));
  QR_RETURN_IF_ERROR(ParseTrailingValues(&selection));
  if (where == nullptr && selection.values != nullptr) where = MakePattern(PatternKind::kBasic);
  if (where == nullptr) return query;
  QR_ASSIGN_OR_RETURN(query.pattern,
                      ApplyModifiers(std::move(selection), std::move(where), nullptr));
  if (star) {
    Selection all;
    all.star = true;
    QR_ASSIGN_OR_RETURN(const std::vector<Var> scope, ProjectionOf(all, *query.pattern));
    query.describe.assign(scope.begin(), scope.end());
  }
  return query;
}

StatusOr<Query> Parser::ParseAskQuery() {
  Query query;
  query.form = QueryForm::kAsk;
  QR_RETURN_IF_ERROR(ExpectWord("ASK"));
  QR_RETURN_IF_ERROR(ParseDatasetClauses(&query.dataset));
  QR_ASSIGN_OR_RETURN(PatternPtr where, ParseWhere());
  Selection selection;
  QR_RETURN_IF_ERROR(ParseSolutionModifiers(&selection));
  QR_RETURN_IF_ERROR(ParseTrailingValues(&selection));
  QR_ASSIGN_OR_RETURN(query.pattern,
                      ApplyModifiers(std::move(selection), std::move(where), nullptr));
  return query;
}

}  // namespace quadraft::sparql
