// The built-in functions that the oracle knows (SPARQL 1.1 Query, section 17.4), over lexical
// terms. BOUND, IF and COALESCE, which do not evaluate all of their arguments, are the evaluator's.
#ifndef QUADRAFT_SIM_ORACLE_FUNCTIONS_H_
#define QUADRAFT_SIM_ORACLE_FUNCTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "core/rdf/term.h"

namespace quadraft::sim::oracle {

struct FunctionResult {
  std::optional<rdf::Term> term;  // nullopt: the type error.
  bool beyond = false;            // The oracle cannot say.
};
// `name`: upper case, or the IRI of a cast. All arguments are bound.
FunctionResult CallFunction(const std::string& name, const std::vector<rdf::Term>& args);

}  // namespace quadraft::sim::oracle

#endif  // QUADRAFT_SIM_ORACLE_FUNCTIONS_H_
