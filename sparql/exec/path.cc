#include "sparql/exec/path.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace quadraft::sparql {

namespace {

constexpr uint32_t kAnyVar =
    UINT32_MAX;  // Variables of the evaluator's own scans, seen by nobody else.
constexpr Var kNodeVar{kAnyVar}, kOtherVar{kAnyVar - 1};

}  // namespace

StatusOr<TermId> PathEvaluator::IdOf(const rdf::Term& iri) {
  const auto known = ids_.find(&iri);
  if (known != ids_.end()) return known->second;
  QR_ASSIGN_OR_RETURN(const TermId id, context_->IdOf(iri));
  ids_.emplace(&iri, id);
  return id;
}

Status PathEvaluator::AllNodes(KeySet* out) {
  QuadPattern quad = graph_;
  quad.slots[0].var = kNodeVar;
  quad.slots[2].var = kOtherVar;
  QuadSource source(context_, quad, BestPermutation(quad));
  Batch batch;
  while (true) {
    QR_RETURN_IF_ERROR(context_->CheckInterrupted());
    QR_ASSIGN_OR_RETURN(const size_t rows, source.Next(&batch));
    if (rows == 0) return OkStatus();
    for (const auto& column : batch.columns) {
      for (size_t row = 0; row < rows; ++row)
        QR_RETURN_IF_ERROR(out->Insert(&column[row]).status());
    }
  }
}

StatusOr<bool> PathEvaluator::IsNode(TermId term) {
  if (store::TagOf(term) == store::IdTag::kLocal) return false;
  for (const size_t position : {size_t{0}, size_t{2}}) {
    QuadPattern quad = graph_;
    quad.slots[position].id = term;
    quad.slots[2 - position].var = kOtherVar;
    QuadSource source(context_, quad, BestPermutation(quad));
    Batch batch;
    QR_ASSIGN_OR_RETURN(const size_t rows, source.Next(&batch));
    if (rows > 0) return true;
  }
  return false;
}

Status PathEvaluator::Step(TermId start, bool forward, TermId predicate,
                           const std::vector<rdf::Term>* excluded, KeySet* out) {
  QuadPattern quad = graph_;
  quad.slots[forward ? 0 : 2].id = start;
  quad.slots[1].id = predicate;
  quad.slots[forward ? 2 : 0].var = kNodeVar;
  if (excluded != nullptr) {
    auto ids = std::make_shared<std::vector<TermId>>();
    for (const rdf::Term& iri : *excluded) {
      QR_ASSIGN_OR_RETURN(const TermId id, IdOf(iri));
      ids->push_back(id);
    }
    std::sort(ids->begin(), ids->end());
    quad.excluded_predicates = std::move(ids);
  }
  for (const TermId id : {start, predicate}) {
    if (id != kNoTerm && store::TagOf(id) == store::IdTag::kLocal) return OkStatus();
  }
  QuadSource source(context_, quad, BestPermutation(quad));
  Batch batch;
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, source.Next(&batch));
    if (rows == 0) return OkStatus();
    for (size_t row = 0; row < rows; ++row)
      QR_RETURN_IF_ERROR(out->Insert(&batch.columns[0][row]).status());
  }
}

Status PathEvaluator::Reach(const Path& path, TermId start, bool forward, KeySet* out) {
  switch (path.kind) {
    case PathKind::kLink: {
      QR_ASSIGN_OR_RETURN(const TermId predicate, IdOf(path.iri));
      return Step(start, forward, predicate, nullptr, out);
    }
    case PathKind::kInverse:
      return Reach(*path.args[0], start, !forward, out);
    case PathKind::kSequence:
      return ReachSequence(path, start, forward, out);
    case PathKind::kAlternative:
      for (const auto& arg : path.args) QR_RETURN_IF_ERROR(Reach(*arg, start, forward, out));
      return OkStatus();
    case PathKind::kZeroOrOne:
      QR_RETURN_IF_ERROR(out->Insert(&start).status());
      return Reach(*path.args[0], start, forward, out);
    case PathKind::kZeroOrMore:
    case PathKind::kOneOrMore:
      return ReachClosure(path, start, forward, out);
    case PathKind::kNegatedSet:
      return ReachNegated(path, start, forward, out);
  }
  return Internal("unknown path kind");
}

Status PathEvaluator::ReachSequence(const Path& path, TermId start, bool forward, KeySet* out) {
  auto current = std::make_unique<KeySet>(context_, 1);
  QR_RETURN_IF_ERROR(current->Insert(&start).status());
  for (size_t i = 0; i < path.args.size(); ++i) {
    const Path& step = *path.args[forward ? i : path.args.size() - 1 - i];
    const bool last = i + 1 == path.args.size();
    auto next = std::make_unique<KeySet>(context_, 1);
    for (size_t n = 0; n < current->size(); ++n) {
      if (i > 0 && *current->key(n) == start) {  // Between two steps stands a variable.
        QR_ASSIGN_OR_RETURN(const bool node, IsNode(start));
        if (!node) continue;
      }
      QR_RETURN_IF_ERROR(Reach(step, *current->key(n), forward, last ? out : next.get()));
    }
    current = std::move(next);
  }
  return OkStatus();
}

Status PathEvaluator::ReachClosure(const Path& path, TermId start, bool forward, KeySet* out) {
  // `visited` is both the queue (in the order of insertion) and the set of nodes not to expand
  // again.
  KeySet visited(context_, 1);
  if (path.kind == PathKind::kZeroOrMore && !QR_MUTANT("path-misses-zero-length")) {
    QR_RETURN_IF_ERROR(visited.Insert(&start).status());
  } else {
    QR_RETURN_IF_ERROR(Reach(*path.args[0], start, forward, &visited));
  }
  for (size_t n = 0; n < visited.size(); ++n) {
    QR_RETURN_IF_ERROR(context_->CheckInterrupted());
    const TermId node = *visited.key(n);
    QR_RETURN_IF_ERROR(out->Insert(&node).status());
    QR_RETURN_IF_ERROR(Reach(*path.args[0], node, forward, &visited));
  }
  return OkStatus();
}

Status PathEvaluator::ReachNegated(const Path& path, TermId start, bool forward, KeySet* out) {
  if (!path.negated.empty() || path.negated_inverse.empty()) {
    QR_RETURN_IF_ERROR(Step(start, forward, kNoTerm, &path.negated, out));
  }
  if (!path.negated_inverse.empty()) {
    QR_RETURN_IF_ERROR(Step(start, !forward, kNoTerm, &path.negated_inverse, out));
  }
  return OkStatus();
}

PathOperator::PathOperator(ExecContext* context, const Plan& plan, OperatorPtr left)
    : Operator(context, plan.vars),
      left_(std::move(left)),
      quad_(plan.quad),
      path_(plan.path),
      evaluator_(context, [&plan] {
        QuadPattern graph = plan.quad;
        for (const size_t position : {0, 1, 2}) graph.slots[position] = QuadSlot{};
        return graph;
      }()) {
  for (const int end : {0, 1}) {
    const QuadSlot& slot = quad_.slots[end == 0 ? 0 : 2];
    left_columns_[end] = slot.var ? ColumnOf(left_->vars(), *slot.var) : -1;
    output_columns_[end] = slot.var ? ColumnOf(vars(), *slot.var) : -1;
  }
}

TermId PathOperator::EndOf(size_t end) const {
  if (left_columns_[end] >= 0)
    return left_batch_.columns[static_cast<size_t>(left_columns_[end])][left_row_];
  return quad_.slots[end == 0 ? 0 : 2].id;
}

StatusOr<bool> PathOperator::NextLeftRow() {
  if (started_) ++left_row_;
  if (!started_ || left_row_ >= left_batch_.rows) {
    QR_ASSIGN_OR_RETURN(const size_t rows, left_->Next(&left_batch_));
    if (rows == 0) return false;
    left_row_ = 0;
    started_ = true;
  }
  const TermId subject = EndOf(0), object = EndOf(1);
  from_all_ = subject == kNoTerm && object == kNoTerm;
  forward_ = subject != kNoTerm || from_all_;
  start_ = 0;
  if (from_all_ && !all_nodes_) {
    all_nodes_.emplace(&context(), 1);
    QR_RETURN_IF_ERROR(evaluator_.AllNodes(&*all_nodes_));
  }
  QR_RETURN_IF_ERROR(Search());
  return true;
}

StatusOr<bool> PathOperator::StartsNowhere() {
  const size_t end = forward_ ? 0 : 1;
  if (from_all_ || left_columns_[end] < 0) return false;
  const TermId start = EndOf(end), other = quad_.slots[end == 0 ? 2 : 0].id;
  if (other == start) return false;
  QR_ASSIGN_OR_RETURN(const bool node, evaluator_.IsNode(start));
  return !node;
}

Status PathOperator::Search() {
  found_.emplace(&context(), 1);
  next_found_ = 0;
  if (from_all_ && start_ >= all_nodes_->size()) return OkStatus();
  QR_ASSIGN_OR_RETURN(const bool nowhere, StartsNowhere());
  if (nowhere) return OkStatus();
  const TermId start = from_all_ ? *all_nodes_->key(start_) : EndOf(forward_ ? 0 : 1);
  return evaluator_.Reach(*path_, start, forward_, &*found_);
}

void PathOperator::Emit(TermId subject, TermId object, Batch* out) {
  for (size_t c = 0; c < out->columns.size(); ++c) {
    out->columns[c].push_back(c < left_batch_.columns.size() ? left_batch_.columns[c][left_row_]
                                                             : kNoTerm);
  }
  if (output_columns_[0] >= 0)
    out->columns[static_cast<size_t>(output_columns_[0])].back() = subject;
  if (output_columns_[1] >= 0)
    out->columns[static_cast<size_t>(output_columns_[1])].back() = object;
  ++out->rows;
}

Status PathOperator::Produce(Batch* out) {
  if (ended_) return OkStatus();
  if (!started_) {
    QR_ASSIGN_OR_RETURN(const bool more, NextLeftRow());
    if (!more) return OkStatus();
  }
  const bool same_variable = output_columns_[0] >= 0 && output_columns_[0] == output_columns_[1];
  while (out->rows < kBatchRows) {
    if (next_found_ < found_->size()) {
      const TermId start = from_all_ ? *all_nodes_->key(start_) : EndOf(forward_ ? 0 : 1);
      const TermId end = *found_->key(next_found_++);
      const TermId wanted = from_all_ ? kNoTerm : EndOf(forward_ ? 1 : 0);
      if (wanted != kNoTerm && wanted != end) continue;
      if (same_variable && start != end) continue;
      Emit(forward_ ? start : end, forward_ ? end : start, out);
      continue;
    }
    if (from_all_ && ++start_ < all_nodes_->size()) {
      QR_RETURN_IF_ERROR(context().CheckInterrupted());
      QR_RETURN_IF_ERROR(Search());
      continue;
    }
    QR_ASSIGN_OR_RETURN(const bool more, NextLeftRow());
    if (!more) {
      ended_ = true;
      return OkStatus();
    }
  }
  return OkStatus();
}

}  // namespace quadraft::sparql
