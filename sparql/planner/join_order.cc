#include "sparql/planner/join_order.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/check.h"

namespace quadraft::sparql {

namespace {

using ItemSet = uint64_t;  // Bit i: item i.

// The cheapest plans of one set of items, one for each variable that it may be ordered by first.
class Candidates {
 public:
  void Offer(const PlanPtr& plan) {
    if (plan == nullptr) return;
    for (PlanPtr& known : plans_) {
      if (FirstOrder(*known) != FirstOrder(*plan)) continue;
      if (plan->cost < known->cost) known = plan;
      return;
    }
    plans_.push_back(plan);
  }
  const std::vector<PlanPtr>& plans() const { return plans_; }
  PlanPtr Cheapest() const {
    return *std::min_element(plans_.begin(), plans_.end(),
                             [](const PlanPtr& a, const PlanPtr& b) { return a->cost < b->cost; });
  }

 private:
  static std::optional<Var> FirstOrder(const Plan& plan) {
    if (plan.order.empty()) return std::nullopt;
    return plan.order[0];
  }
  std::vector<PlanPtr> plans_;
};

class JoinSearch {
 public:
  JoinSearch(ExecContext* context, std::vector<JoinItem> items, std::vector<PendingFilter>* filters,
             bool count_rows)
      : context_(context), items_(std::move(items)), filters_(filters), count_rows_(count_rows) {}

  StatusOr<PlanPtr> Run() {
    for (size_t i = 0; i < items_.size(); ++i) {
      QR_ASSIGN_OR_RETURN(Candidates alone, Alone(i));
      alone_.push_back(std::move(alone));
    }
    PlanPtr best;
    if (items_.size() <= kExhaustiveItemsMax) {
      best = Exhaustive();
    } else {
      best = Greedy();
    }
    // What was applied on the way is done.
    std::erase_if(*filters_, [&](const PendingFilter& f) { return Applicable(f, *best); });
    return best;
  }

 private:
  bool Applicable(const PendingFilter& pending, const Plan& plan) const {
    return pending.movable && IsSubset(pending.needed, MakeSet(plan.certain));
  }

  // Applies the filters that `plan` makes possible and that none of its inputs did.
  PlanPtr Filtered(PlanPtr plan, std::initializer_list<const Plan*> inputs) const {
    if (plan == nullptr) return plan;
    std::vector<PlannedFilter> now;
    for (const PendingFilter& pending : *filters_) {
      if (!Applicable(pending, *plan)) continue;
      const bool before = std::any_of(inputs.begin(), inputs.end(), [&](const Plan* input) { return Applicable(pending, *input); });
      if (!before) now.push_back(pending.filter);
    }
    return MakeFilter(std::move(plan), std::move(now));
  }

  StatusOr<Candidates> Alone(size_t index) {
    const JoinItem& item = items_[index];
    Candidates candidates;
    if (item.leaf != nullptr) {
      candidates.Offer(Filtered(item.leaf, {}));
    } else if (item.path != nullptr) {
      QR_ASSIGN_OR_RETURN(const double graph_rows, GraphRows(item));
      candidates.Offer(Filtered(MakePath(UnitPlan(), item.quad, *item.path, graph_rows), {}));
    } else {
      std::optional<uint64_t> rows;
      if (!count_rows_) rows = store::kExactCountRows;
      for (const store::Permutation permutation : UsablePermutations(item.quad)) {
        if (!rows) {
          QR_ASSIGN_OR_RETURN(rows, context_->view().EstimateRows(SpecFor(item.quad, permutation)));
        }
        candidates.Offer(Filtered(MakeScan(item.quad, permutation, static_cast<double>(*rows)), {}));
      }
    }
    return candidates;
  }

  StatusOr<double> GraphRows(const JoinItem& item) {
    QuadPattern any = item.quad;
    for (const size_t position : {0, 1, 2}) any.slots[position] = QuadSlot{};
    QR_ASSIGN_OR_RETURN(const uint64_t rows,
                        context_->view().EstimateRows(SpecFor(any, UsablePermutations(any)[0])));
    return static_cast<double>(rows);
  }

  bool Connected(const Plan& plan, size_t index) const {
    return std::any_of(plan.vars.begin(), plan.vars.end(),
                       [&](Var var) { return Contains(items_[index].vars, var); });
  }

  // Every way to join one more item to `left`.
  void Extend(const PlanPtr& left, size_t index, Candidates* out) const {
    const JoinItem& item = items_[index];
    for (const PlanPtr& right : alone_[index].plans()) {
      out->Offer(Filtered(MakeMergeJoin(left, right), {left.get(), right.get()}));
      out->Offer(Filtered(MakeHashJoin(left, right, false, {}), {left.get(), right.get()}));
      out->Offer(Filtered(MakeHashJoin(right, left, false, {}), {left.get(), right.get()}));
    }
    if (item.leaf != nullptr) return;
    const Plan& alone = *alone_[index].plans()[0];
    if (item.path != nullptr) {
      out->Offer(Filtered(MakePath(left, item.quad, *item.path, alone.rows), {left.get()}));
    } else if (Connected(*left, index) || item.vars.empty()) {
      out->Offer(Filtered(MakeIndexJoin(left, item.quad, Unfiltered(alone), false), {left.get()}));
    }
  }

  static const Plan& Unfiltered(const Plan& plan) {
    return plan.kind == PlanKind::kFilter ? *plan.children[0] : plan;
  }

  PlanPtr Exhaustive() const {
    std::vector<Candidates> best(size_t{1} << items_.size());
    for (size_t i = 0; i < items_.size(); ++i) best[size_t{1} << i] = alone_[i];
    for (ItemSet set = 1; set < best.size(); ++set) {
      if (best[set].plans().empty()) continue;
      bool any_connected = false;
      for (const bool cartesian : {false, true}) {
        if (cartesian && any_connected) break;
        for (size_t i = 0; i < items_.size(); ++i) {
          if (set & (ItemSet{1} << i)) continue;
          if (!cartesian && !Connected(*best[set].plans()[0], i)) continue;
          any_connected = true;
          for (const PlanPtr& left : best[set].plans()) Extend(left, i, &best[set | (ItemSet{1} << i)]);
        }
      }
    }
    return best.back().Cheapest();
  }

  PlanPtr Greedy() const {
    std::vector<bool> used(items_.size(), false);
    size_t first = 0;
    for (size_t i = 1; i < items_.size(); ++i) {
      if (alone_[i].Cheapest()->rows < alone_[first].Cheapest()->rows) first = i;
    }
    used[first] = true;
    Candidates current = alone_[first];
    for (size_t step = 1; step < items_.size(); ++step) {
      std::optional<size_t> chosen;
      Candidates next;
      for (const bool cartesian : {false, true}) {
        if (chosen) break;
        for (size_t i = 0; i < items_.size(); ++i) {
          if (used[i] || (!cartesian && !Connected(*current.plans()[0], i))) continue;
          Candidates extended;
          for (const PlanPtr& left : current.plans()) Extend(left, i, &extended);
          // The fewest rows first, then the cheapest: a large result hurts everything after it.
          const bool better = !chosen || extended.Cheapest()->rows + extended.Cheapest()->cost <
                                             next.Cheapest()->rows + next.Cheapest()->cost;
          if (better) chosen = i, next = extended;
        }
      }
      used[*chosen] = true;
      current = next;
    }
    return current.Cheapest();
  }

  ExecContext* const context_;
  const std::vector<JoinItem> items_;
  std::vector<PendingFilter>* const filters_;
  const bool count_rows_;
  std::vector<Candidates> alone_;
};

}  // namespace

StatusOr<PlanPtr> SearchJoins(ExecContext* context, std::vector<JoinItem> items,
                              std::vector<PendingFilter>* filters, bool count_rows) {
  if (items.empty()) return UnitPlan();
  return JoinSearch(context, std::move(items), filters, count_rows).Run();
}

}  // namespace quadraft::sparql
