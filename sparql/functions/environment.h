// What the evaluation of an expression may see besides its arguments: the query's terms, clock and draws, caches, and where
// errors of the store go.
//
//   EvaluationEnvironment env(&context);
//   const Value& v = env.ValueOf(id);      // Cached; good until the next ValueOf.
//   env.NewSolution();                     // BNODE("x") gives a new blank node for each solution.
//   QR_RETURN_IF_ERROR(env.status());      // After each batch: a failed look-up or an unsupported feature.
//
// An expression error is a value; what stops the query (DataLoss, Unimplemented) is kept in status() and the first one stays.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_ENVIRONMENT_H_
#define QUADRAFT_SPARQL_FUNCTIONS_ENVIRONMENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sparql/exec/context.h"
#include "sparql/functions/value.h"

namespace re2 {
class RE2;
}

namespace quadraft::sparql {

inline constexpr size_t kValueCacheSlots = 1u << 12;
inline constexpr size_t kRegexCacheMax = 256;            // Compiled patterns kept per expression.
inline constexpr size_t kRegexBytesMax = 8u << 20;       // RE2's memory for one pattern.

class EvaluationEnvironment {
 public:
  explicit EvaluationEnvironment(ExecContext* context);
  ~EvaluationEnvironment();

  ExecContext& context() { return *context_; }
  const Status& status() const { return status_; }
  // Keeps the first error; returns the error value.
  Value Fail(Status status);

  // The value behind an id; kError for kNoTerm.
  const Value& ValueOf(TermId id);
  // The id of a value; kNoTerm for kError.
  TermId IdOf(const Value& value);

  void NewSolution() { blank_labels_.clear(); }
  // The blank node of BNODE(name) within the current solution.
  std::string BlankLabelFor(const std::string& name);

  // The compiled XPath pattern, or null when the pattern or the flags are invalid (an expression error), or when RE2 lacks
  // the feature (status() is then Unimplemented).
  const re2::RE2* Regex(const std::string& pattern, const std::string& flags);

 private:
  ExecContext* const context_;
  Status status_;
  IdCache<Value> cache_{kValueCacheSlots};
  absl::flat_hash_map<std::string, std::string> blank_labels_;
  absl::flat_hash_map<std::string, std::unique_ptr<re2::RE2>> regexes_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_ENVIRONMENT_H_
