#include "sparql/exec/quad_source.h"

#include <algorithm>

#include "sparql/planner/plan_nodes.h"

namespace quadraft::sparql {

store::Permutation BestPermutation(const QuadPattern& quad) { return UsablePermutations(quad)[0]; }

QuadSource::QuadSource(ExecContext* context, const QuadPattern& quad, store::Permutation permutation)
    : context_(context), graphs_(quad.graphs), excluded_(quad.excluded_predicates), merge_(quad.merge_graphs) {
  const store::ScanSpec spec = SpecFor(quad, permutation);
  const auto positions = store::PermutationColumns(permutation);
  std::vector<Var> vars;
  for (size_t i = spec.prefix.size(); i < positions.size(); ++i) {
    FreeColumn column{positions[i], -1, false};
    const QuadSlot& slot = quad.slots[static_cast<size_t>(positions[i])];
    if (slot.var) {
      const auto found = std::find(vars.begin(), vars.end(), *slot.var);
      column.output = static_cast<int>(found - vars.begin());
      column.repeated = found != vars.end();
      if (found == vars.end()) vars.push_back(*slot.var);
    }
    has_repeated_ = has_repeated_ || column.repeated;
    check_graph_ = check_graph_ || positions[i] == store::Position::kGraph;
    columns_.push_back(column);
  }
  output_columns_ = vars.size();
  scan_ = context->view().Scan(spec);
}

bool QuadSource::RowPasses(size_t row) {
  bool same_as_last = merge_ && last_.size() == columns_.size();
  for (size_t i = 0; i < columns_.size(); ++i) {
    const TermId value = raw_.columns[i][row];
    const FreeColumn& column = columns_[i];
    if (column.position == store::Position::kGraph) {
      if (graphs_ != nullptr ? !std::binary_search(graphs_->begin(), graphs_->end(), value)
                             : value == store::kDefaultGraphId) {
        return false;
      }
      continue;
    }
    if (column.position == store::Position::kPredicate && excluded_ != nullptr &&
        std::binary_search(excluded_->begin(), excluded_->end(), value)) {
      return false;
    }
    same_as_last = same_as_last && last_[i] == value;
  }
  if (same_as_last) return false;
  if (has_repeated_) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].repeated) continue;
      for (size_t j = 0; j < i; ++j) {
        if (columns_[j].output == columns_[i].output && raw_.columns[j][row] != raw_.columns[i][row]) return false;
      }
    }
  }
  if (merge_) {
    last_.resize(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) last_[i] = raw_.columns[i][row];
  }
  return true;
}

void QuadSource::TakeRows(size_t rows, Batch* out) {
  if (!NeedsRowChecks()) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].output >= 0) out->columns[static_cast<size_t>(columns_[i].output)].swap(raw_.columns[i]);
    }
    out->rows = rows;
    return;
  }
  kept_.clear();
  for (size_t row = 0; row < rows; ++row) {
    if (RowPasses(row)) kept_.push_back(static_cast<uint32_t>(row));
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].output < 0 || columns_[i].repeated) continue;
    auto& target = out->columns[static_cast<size_t>(columns_[i].output)];
    target.resize(kept_.size());
    const auto& source = raw_.columns[i];
    for (size_t k = 0; k < kept_.size(); ++k) target[k] = source[kept_[k]];
  }
  out->rows = kept_.size();
}

StatusOr<size_t> QuadSource::Next(Batch* out) {
  while (!done_) {
    out->Reset(output_columns_);
    QR_ASSIGN_OR_RETURN(const size_t rows, scan_->Next(&raw_));
    if (rows == 0) break;
    if (columns_.empty()) {  // No free position at all: the quad is there, once.
      out->rows = 1;
      done_ = true;
      return size_t{1};
    }
    TakeRows(rows, out);
    if (out->rows > 0) return out->rows;
    QR_RETURN_IF_ERROR(context_->CheckInterrupted());
  }
  done_ = true;
  out->Reset(output_columns_);
  return size_t{0};
}

Status QuadSource::SkipTo(TermId value) {
  if (done_ || columns_.empty() || columns_[0].output != 0) return OkStatus();
  return scan_->SeekTo({value});
}

}  // namespace quadraft::sparql
