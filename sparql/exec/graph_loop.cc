#include "sparql/exec/graph_loop.h"

#include "sparql/exec/builder.h"

namespace quadraft::sparql {

GraphLoopOperator::GraphLoopOperator(QueryRun* run, const Plan& plan)
    : Operator(&run->context(), plan.vars),
      run_(run),
      pattern_(plan.pattern),
      scope_(plan.scope),
      variable_(plan.graph_variable),
      graphs_(run->planner().dataset().named_graphs) {}

StatusOr<std::optional<TermId>> GraphLoopOperator::NextGraph() {
  if (graphs_ != nullptr) {
    if (next_ >= graphs_->size()) return std::optional<TermId>();
    return std::optional<TermId>((*graphs_)[next_++]);
  }
  if (scan_ == nullptr) scan_ = context().view().Scan({store::Permutation::kGspo, {}});
  // The default graph has the smallest graph id of all.
  const TermId after = last_graph_.value_or(store::kDefaultGraphId);
  QR_RETURN_IF_ERROR(scan_->SeekTo({after.Next()}));
  store::ColumnBatch raw;
  QR_ASSIGN_OR_RETURN(const size_t rows, scan_->Next(&raw));
  if (rows == 0) return std::optional<TermId>();
  // A batch may run over several graphs and a scan never goes back: the next graph gets a scan of its own.
  last_graph_ = raw.columns[0][0];
  scan_ = nullptr;
  return last_graph_;
}

StatusOr<bool> GraphLoopOperator::OpenNext() {
  QR_ASSIGN_OR_RETURN(const std::optional<TermId> graph, NextGraph());
  if (!graph) return false;
  graph_ = *graph;
  PlanScope scope = scope_;
  scope.graph = ActiveGraph{ActiveGraph::Kind::kNamed, graph_, {}};
  QR_ASSIGN_OR_RETURN(inner_, run_->Open(*pattern_, scope));
  return true;
}

Status GraphLoopOperator::Produce(Batch* out) {
  while (true) {
    if (inner_ == nullptr) {
      QR_ASSIGN_OR_RETURN(const bool more, OpenNext());
      if (!more) return OkStatus();
    }
    QR_ASSIGN_OR_RETURN(const size_t rows, inner_->Next(&batch_));
    if (rows == 0) {
      inner_.reset();
      continue;
    }
    const int own = ColumnOf(inner_->vars(), variable_);
    std::vector<int> sources;
    for (const Var var : vars()) sources.push_back(ColumnOf(inner_->vars(), var));
    for (size_t row = 0; row < rows; ++row) {
      if (own >= 0) {  // The pattern binds the variable itself: a join.
        const TermId bound = batch_.columns[static_cast<size_t>(own)][row];
        if (bound != kNoTerm && bound != graph_) continue;
      }
      for (size_t c = 0; c < sources.size(); ++c) {
        TermId value = sources[c] < 0 ? kNoTerm : batch_.columns[static_cast<size_t>(sources[c])][row];
        if (vars()[c] == variable_) value = graph_;
        out->columns[c].push_back(value);
      }
      ++out->rows;
    }
    if (out->rows > 0) return OkStatus();
  }
}

}  // namespace quadraft::sparql
