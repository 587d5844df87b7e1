// Quads out of templates, one solution at a time (SPARQL 1.1 Update, section 3.1.3; Query,
// section 16.2.1): what has an unbound variable or is no RDF quad is left out; blank nodes of the
// template are new in every solution.
//
//   Templates inserts(operation.inserts, columns, "r7t0.");
//   QR_RETURN_IF_ERROR(inserts.Instantiate(batch, row, solutions, [&](rdf::Quad q) { return
//   writes.Insert(std::move(q)); }));
#ifndef QUADRAFT_SPARQL_UPDATE_TEMPLATES_H_
#define QUADRAFT_SPARQL_UPDATE_TEMPLATES_H_

#include <functional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "sparql/algebra/algebra.h"
#include "store/read/term_id.h"

namespace quadraft::sparql {

// The terms of one solution: the id of a variable, kNoTerm when it is unbound, and its term.
class Solution {
 public:
  virtual ~Solution() = default;
  virtual TermId IdOf(Var variable) const = 0;
  virtual StatusOr<rdf::Term> Lookup(TermId id) const = 0;
};

class Templates {
 public:
  using Emit = std::function<Status(rdf::Quad)>;

  // `quads` must outlive this. Blank nodes come out as `blank_prefix`, the number of the solution,
  // '.', their own label; a blank node that the query itself made (BNODE()) gets the prefix too.
  Templates(const std::vector<QuadTemplate>* quads, std::string blank_prefix)
      : quads_(quads), blank_prefix_(std::move(blank_prefix)) {}

  Status Instantiate(const Solution& solution, const Emit& emit);

 private:
  // False when the position cannot be filled.
  StatusOr<bool> Fill(const VarOrTerm& position, const Solution& solution, rdf::Term* term) const;

  const std::vector<QuadTemplate>* const quads_;
  const std::string blank_prefix_;
  uint64_t solutions_ = 0;
};

// The variables of the templates, each once, in order.
std::vector<Var> VariablesOf(const std::vector<QuadTemplate>& deletes,
                             const std::vector<QuadTemplate>& inserts);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_UPDATE_TEMPLATES_H_
