// Reads SPARQL 1.1 Query Results JSON back (W3C Recommendation, 21 March 2013): strict JSON (RFC
// 8259), members in any order, unknown ones left alone.
//
//   QR_ASSIGN_OR_RETURN(JsonResults results, ReadJsonResults(text));
//   if (results.boolean) ...; for (const auto& row : results.rows) ... row[i], by
//   results.variables[i] ...
//
// For clients and tests: the whole answer is held in memory.
#ifndef QUADRAFT_SPARQL_RESULTS_JSON_READER_H_
#define QUADRAFT_SPARQL_RESULTS_JSON_READER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/rdf/term.h"

namespace quadraft::sparql {

struct JsonResults {
  std::optional<bool> boolean;  // ASK; then there are no rows.
  std::vector<std::string> variables;
  std::vector<std::vector<std::optional<rdf::Term>>> rows;  // By variable; nullopt: unbound.
};

inline constexpr int kJsonNestingMax = 64;

// InvalidArgument "byte N: ..." on what is not JSON, not results, or nested deeper than
// kJsonNestingMax.
StatusOr<JsonResults> ReadJsonResults(std::string_view text);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_RESULTS_JSON_READER_H_
