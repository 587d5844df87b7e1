#include "sparql/update/templates.h"

#include <set>

namespace quadraft::sparql {
namespace {

bool IsQuad(const rdf::Quad& quad) {
  return !quad.subject.is_literal() && quad.predicate.is_iri() && !quad.graph.is_literal();
}

}  // namespace

StatusOr<bool> Templates::Fill(const VarOrTerm& position, const Solution& solution,
                               rdf::Term* term) const {
  if (const Var* variable = std::get_if<Var>(&position)) {
    const TermId id = solution.IdOf(*variable);
    if (id == store::kNoTerm) return false;
    QR_ASSIGN_OR_RETURN(*term, solution.Lookup(id));
    // A blank node that no dictionary knows was made by this query: its label is unique there only.
    if (term->is_blank() && store::TagOf(id) == store::IdTag::kLocal) {
      term->value = StrCat(blank_prefix_, "n.", term->value);
    }
    return true;
  }
  *term = std::get<rdf::Term>(position);
  if (term->is_blank()) term->value = StrCat(blank_prefix_, solutions_, ".", term->value);
  return true;
}

Status Templates::Instantiate(const Solution& solution, const Emit& emit) {
  for (const QuadTemplate& quad : *quads_) {
    rdf::Quad filled;
    bool whole = true;
    const std::pair<const VarOrTerm*, rdf::Term*> positions[] = {
        {&quad.subject, &filled.subject},
        {&quad.predicate, &filled.predicate},
        {&quad.object, &filled.object},
        {&quad.graph, &filled.graph}};
    for (const auto& [position, term] : positions) {
      QR_ASSIGN_OR_RETURN(whole, Fill(*position, solution, term));
      if (!whole) break;
    }
    if (whole && IsQuad(filled)) QR_RETURN_IF_ERROR(emit(std::move(filled)));
  }
  ++solutions_;
  return OkStatus();
}

std::vector<Var> VariablesOf(const std::vector<QuadTemplate>& deletes,
                             const std::vector<QuadTemplate>& inserts) {
  std::set<Var> variables;
  for (const auto* templates : {&deletes, &inserts}) {
    for (const QuadTemplate& quad : *templates) {
      for (const VarOrTerm* position :
           {&quad.subject, &quad.predicate, &quad.object, &quad.graph}) {
        if (const Var* variable = std::get_if<Var>(position)) variables.insert(*variable);
      }
    }
  }
  return {variables.begin(), variables.end()};
}

}  // namespace quadraft::sparql
