#include "sparql/exec/solutions.h"

#include <utility>

#include "sparql/exec/builder.h"

namespace quadraft::sparql {

namespace {

class PatternSolutions : public Solutions {
 public:
  PatternSolutions(const std::vector<std::string>& variables, std::shared_ptr<const store::ReadView> view,
                   const QueryLimits& limits, std::vector<Var> columns)
      : variables_(variables), columns_(std::move(columns)), context_(std::move(view), limits) {}

  Status Open(const Pattern& pattern, const Dataset& dataset) {
    QR_ASSIGN_OR_RETURN(ResolvedDataset resolved, ResolvedDataset::Resolve(dataset, &context_));
    planner_.emplace(&context_, variables_.size(), std::move(resolved));
    run_.emplace(&context_, &*planner_, &variables_);
    QR_ASSIGN_OR_RETURN(plan_, planner_->Plan(pattern, PlanScope{}));
    QR_ASSIGN_OR_RETURN(root_, run_->Build(*plan_));
    for (const Var var : columns_) sources_.push_back(ColumnOf(root_->vars(), var));
    return OkStatus();
  }

  StatusOr<size_t> Next(Batch* batch) override {
    batch->Reset(columns_.size());
    if (done_) return size_t{0};
    QR_ASSIGN_OR_RETURN(const size_t rows, root_->Next(&batch_));
    done_ = rows == 0;
    for (size_t c = 0; c < sources_.size(); ++c) {
      if (sources_[c] < 0) {
        batch->columns[c].assign(rows, kNoTerm);
      } else {
        batch->columns[c] = batch_.columns[static_cast<size_t>(sources_[c])];
      }
    }
    batch->rows = rows;
    return rows;
  }

  ExecContext& context() override { return context_; }
  std::string Explain() const override { return PrintPlan(*plan_, variables_); }

 private:
  const std::vector<std::string> variables_;
  const std::vector<Var> columns_;
  ExecContext context_;
  std::optional<Planner> planner_;
  std::optional<QueryRun> run_;
  PlanPtr plan_;
  OperatorPtr root_;
  std::vector<int> sources_;
  Batch batch_;
  bool done_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Solutions>> Solutions::Open(const Pattern& pattern,
                                                     const std::vector<std::string>& variables,
                                                     const Dataset& dataset,
                                                     std::shared_ptr<const store::ReadView> view,
                                                     const QueryLimits& limits, std::vector<Var> columns) {
  auto solutions = std::make_unique<PatternSolutions>(variables, std::move(view), limits, std::move(columns));
  QR_RETURN_IF_ERROR(solutions->Open(pattern, dataset));
  return std::unique_ptr<Solutions>(std::move(solutions));
}

}  // namespace quadraft::sparql
