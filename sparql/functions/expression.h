// Expressions bound to the columns of an operator's batches and evaluated row by row (section 17.2).
//
//   QR_ASSIGN_OR_RETURN(auto condition, BoundExpression::Bind(*pattern.condition, scope));
//   if (condition->Test(batch, row).value_or(false)) kept.push_back(row);     // An error removes the solution.
//   QR_RETURN_IF_ERROR(env.status());
//
// Terms are looked up only when a value is needed: comparing ids decides most equalities, and inline integers never leave
// their id. Binding refuses (Unimplemented) functions that the registry does not know, so nothing is answered wrongly.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_EXPRESSION_H_
#define QUADRAFT_SPARQL_FUNCTIONS_EXPRESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sparql/algebra/algebra.h"
#include "sparql/exec/batch.h"
#include "sparql/functions/environment.h"
#include "sparql/functions/registry.h"
#include "sparql/functions/value.h"

namespace quadraft::sparql {

// Variables replaced by values, by Var::index: the substitution of EXISTS (section 18.6).
using Substitution = absl::flat_hash_map<uint32_t, TermId>;

// EXISTS for one solution; made by the executor, which knows how to run patterns.
class ExistsChecker {
 public:
  virtual ~ExistsChecker() = default;
  virtual StatusOr<bool> Check(const Batch& batch, size_t row) = 0;
};

// What an expression is bound to. `make_exists` may be null where EXISTS cannot occur.
struct ExpressionScope {
  EvaluationEnvironment* env = nullptr;
  std::vector<Var> columns;
  const Substitution* substitution = nullptr;  // May be null.
  std::function<StatusOr<std::unique_ptr<ExistsChecker>>(const Pattern&, const std::vector<Var>& columns)>
      make_exists;
};

class BoundExpression {
 public:
  // Unimplemented for unknown functions, InvalidArgument for a wrong number of arguments.
  static StatusOr<std::unique_ptr<BoundExpression>> Bind(const Expression& expression,
                                                         const ExpressionScope& scope);
  ~BoundExpression();

  Value Evaluate(const Batch& batch, size_t row) const;
  // The id of the value; kNoTerm for an error. Makes no value when the expression is a variable.
  TermId EvaluateId(const Batch& batch, size_t row) const;
  // The effective boolean value; nullopt for an error.
  std::optional<bool> Test(const Batch& batch, size_t row) const;

 private:
  struct Node;
  BoundExpression(EvaluationEnvironment* env, std::unique_ptr<Node> root);
  static StatusOr<std::unique_ptr<Node>> BindNode(const Expression& expression, const ExpressionScope& scope);
  static StatusOr<std::unique_ptr<Node>> BindLeaf(const Expression& expression, const ExpressionScope& scope);
  static Status BindFunction(const Expression& expression, Node* node);

  // The id of a variable or constant, when `node` is one.
  std::optional<TermId> LeafId(const Node& node, const Batch& batch, size_t row) const;
  Value Evaluate(const Node& node, const Batch& batch, size_t row) const;
  std::optional<bool> Test(const Node& node, const Batch& batch, size_t row) const;
  std::optional<bool> Compare(const Node& node, const Batch& batch, size_t row) const;
  std::optional<bool> Equal(const Node& a, const Node& b, const Batch& batch, size_t row) const;
  std::optional<bool> In(const Node& node, const Batch& batch, size_t row) const;
  Value Call(const Node& node, const Batch& batch, size_t row) const;
  Value SpecialForm(const Node& node, const Batch& batch, size_t row) const;

  EvaluationEnvironment* const env_;
  std::unique_ptr<Node> root_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_EXPRESSION_H_
