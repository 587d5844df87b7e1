// The operators that are a few lines each: unit, empty, values, filter, restrict, extend, project, slice, union, distinct,
// reduced. Each keeps at most its current batch but for distinct, which keeps every row that it has seen once.
#ifndef QUADRAFT_SPARQL_EXEC_SIMPLE_OPERATORS_H_
#define QUADRAFT_SPARQL_EXEC_SIMPLE_OPERATORS_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sparql/exec/conditions.h"
#include "sparql/exec/operator.h"
#include "sparql/exec/row_table.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

// Fixed rows: VALUES; one row without columns is the unit, no row the empty table.
class ValuesOperator : public Operator {
 public:
  ValuesOperator(ExecContext* context, std::vector<Var> vars, std::vector<std::vector<TermId>> rows)
      : Operator(context, std::move(vars)), rows_(std::move(rows)) {}

 protected:
  Status Produce(Batch* out) override;

 private:
  const std::vector<std::vector<TermId>> rows_;
  size_t next_ = 0;
};

class FilterOperator : public Operator {
 public:
  FilterOperator(ExecContext* context, OperatorPtr child, std::unique_ptr<Conditions> conditions)
      : Operator(context, child->vars()), child_(std::move(child)), conditions_(std::move(conditions)) {}
  Status SkipTo(TermId value) override { return child_->SkipTo(value); }

 protected:
  Status Produce(Batch* out) override;

 private:
  const OperatorPtr child_;
  const std::unique_ptr<Conditions> conditions_;
  std::vector<uint32_t> kept_;
};

// Keeps rows that agree with given values: what is left of a substitution after a subquery.
class RestrictOperator : public Operator {
 public:
  RestrictOperator(ExecContext* context, OperatorPtr child, const std::vector<std::pair<Var, TermId>>& restrictions);

 protected:
  Status Produce(Batch* out) override;

 private:
  const OperatorPtr child_;
  std::vector<std::pair<size_t, TermId>> wanted_;
  std::vector<uint32_t> kept_;
};

// BIND, one or several: later ones see earlier ones.
class ExtendOperator : public Operator {
 public:
  ExtendOperator(ExecContext* context, std::vector<Var> vars, OperatorPtr child, EvaluationEnvironment* env,
                 std::vector<std::unique_ptr<BoundExpression>> extensions)
      : Operator(context, std::move(vars)), child_(std::move(child)), env_(env), extensions_(std::move(extensions)) {}
  Status SkipTo(TermId value) override { return child_->SkipTo(value); }

 protected:
  Status Produce(Batch* out) override;

 private:
  const OperatorPtr child_;
  EvaluationEnvironment* const env_;
  const std::vector<std::unique_ptr<BoundExpression>> extensions_;
};

// Picks columns by variable; a variable that the child lacks is unbound.
class ProjectOperator : public Operator {
 public:
  ProjectOperator(ExecContext* context, std::vector<Var> vars, OperatorPtr child);
  Status SkipTo(TermId value) override { return skips_ ? child_->SkipTo(value) : OkStatus(); }

 protected:
  Status Produce(Batch* out) override;

 private:
  const OperatorPtr child_;
  std::vector<int> sources_;
  bool skips_ = false;  // The plan's order came through.
  Batch batch_;

 public:
  void AllowSkips() { skips_ = true; }
};

class SliceOperator : public Operator {
 public:
  SliceOperator(ExecContext* context, OperatorPtr child, uint64_t offset, std::optional<uint64_t> limit)
      : Operator(context, child->vars()), child_(std::move(child)), skip_(offset), limit_(limit) {}

 protected:
  Status Produce(Batch* out) override;

 private:
  const OperatorPtr child_;
  uint64_t skip_;
  std::optional<uint64_t> limit_;
};

class UnionOperator : public Operator {
 public:
  UnionOperator(ExecContext* context, std::vector<Var> vars, std::vector<OperatorPtr> children)
      : Operator(context, std::move(vars)), children_(std::move(children)) {}

 protected:
  Status Produce(Batch* out) override;

 private:
  std::vector<OperatorPtr> children_;
  size_t current_ = 0;
  Batch batch_;
};

class DistinctOperator : public Operator {
 public:
  DistinctOperator(ExecContext* context, OperatorPtr child)
      : Operator(context, child->vars()), child_(std::move(child)), seen_(context, vars().size()) {}
  Status SkipTo(TermId value) override { return child_->SkipTo(value); }

 protected:
  Status Produce(Batch* out) override;

 private:
  const OperatorPtr child_;
  KeySet seen_;
  std::vector<uint32_t> kept_;
};

// Drops rows equal to the one before: allowed by REDUCED, and free of memory.
class ReducedOperator : public Operator {
 public:
  ReducedOperator(ExecContext* context, OperatorPtr child)
      : Operator(context, child->vars()), child_(std::move(child)) {}
  Status SkipTo(TermId value) override { return child_->SkipTo(value); }

 protected:
  Status Produce(Batch* out) override;

 private:
  const OperatorPtr child_;
  std::vector<TermId> last_;
  bool any_ = false;
  std::vector<uint32_t> kept_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_SIMPLE_OPERATORS_H_
