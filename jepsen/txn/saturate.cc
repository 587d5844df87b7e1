#include "jepsen/txn/saturate.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "cadical.hpp"
#include "core/base/strings.h"
#include "jepsen/txn/scc.h"

namespace quadraft::jepsen {
namespace {

// Arcs by their source.
class ArcGraph {
 public:
  ArcGraph(uint32_t nodes, const std::vector<PolyArc>& arcs) : arcs_(arcs) {
    begin_.assign(nodes + 1, 0);
    for (const PolyArc& arc : arcs) ++begin_[arc.from + 1];
    for (uint32_t i = 0; i < nodes; ++i) begin_[i + 1] += begin_[i];
    index_.resize(arcs.size());
    std::vector<uint32_t> place(begin_.begin(), begin_.end() - 1);
    for (uint32_t i = 0; i < arcs.size(); ++i) index_[place[arcs[i].from]++] = i;
  }

  uint32_t nodes() const { return static_cast<uint32_t>(begin_.size() - 1); }
  uint32_t Next(uint32_t node, uint32_t* cursor) const {
    const uint32_t i = begin_[node] + (*cursor)++;
    return i < begin_[node + 1] ? arcs_[index_[i]].to : kNoNode;
  }

  // The shortest cycle through `start` within its component; empty when there is none.
  std::vector<PolyArc> CycleThrough(uint32_t start, const Components& components) {
    constexpr uint32_t kUnseen = std::numeric_limits<uint32_t>::max();
    parent_arc_.assign(nodes(), kUnseen);
    std::vector<uint32_t> queue = {start};
    for (size_t head = 0; head < queue.size(); ++head) {
      const uint32_t node = queue[head];
      for (uint32_t i = begin_[node]; i < begin_[node + 1]; ++i) {
        const uint32_t to = arcs_[index_[i]].to;
        if (components.of[to] != components.of[start] || parent_arc_[to] != kUnseen) continue;
        parent_arc_[to] = index_[i];
        if (to == start) return WayBack(start);
        queue.push_back(to);
      }
    }
    return {};
  }

 private:
  std::vector<PolyArc> WayBack(uint32_t start) const {
    std::vector<PolyArc> cycle;
    uint32_t node = start;
    do {
      cycle.push_back(arcs_[parent_arc_[node]]);
      node = cycle.back().from;
    } while (node != start);
    std::reverse(cycle.begin(), cycle.end());
    return cycle;
  }

  const std::vector<PolyArc>& arcs_;
  std::vector<uint32_t> begin_;
  std::vector<uint32_t> index_;
  std::vector<uint32_t> parent_arc_;
};

bool IsAcyclic(const Components& components) {
  return std::all_of(components.sizes.begin(), components.sizes.end(),
                     [](uint32_t size) { return size == 1; });
}

// A short cycle: the shortest through the first members of the smallest component.
std::vector<PolyArc> ShortCycle(ArcGraph* graph, const Components& components) {
  uint32_t smallest = kNoNode;
  for (uint32_t c = 0; c < components.sizes.size(); ++c) {
    if (components.sizes[c] < 2) continue;
    if (smallest == kNoNode || components.sizes[c] < components.sizes[smallest]) smallest = c;
  }
  constexpr size_t kTries = 64;
  std::vector<PolyArc> best;
  size_t tries = 0;
  for (uint32_t node = 0; node < graph->nodes() && tries < kTries; ++node) {
    if (components.of[node] != smallest) continue;
    ++tries;
    std::vector<PolyArc> cycle = graph->CycleThrough(node, components);
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
  }
  return best;
}

// Who reaches whom, a bit each.
class Reach {
 public:
  Reach(const ArcGraph& graph, const Components& components)
      : words_((graph.nodes() + 63) / 64), bits_(size_t{graph.nodes()} * words_, 0) {
    // Targets have smaller components than sources.
    std::vector<uint32_t> order(graph.nodes());
    for (uint32_t node = 0; node < graph.nodes(); ++node) order[components.of[node]] = node;
    for (const uint32_t node : order) {
      uint64_t* row = Row(node);
      uint32_t cursor = 0;
      for (uint32_t to = graph.Next(node, &cursor); to != kNoNode; to = graph.Next(node, &cursor)) {
        const uint64_t* other = Row(to);
        for (size_t w = 0; w < words_; ++w) row[w] |= other[w];
        row[to / 64] |= uint64_t{1} << (to % 64);
      }
    }
  }
  bool Has(uint32_t from, uint32_t to) const {
    return (bits_[from * words_ + to / 64] >> (to % 64) & 1) != 0;
  }

 private:
  uint64_t* Row(uint32_t node) { return bits_.data() + node * words_; }

  size_t words_;
  std::vector<uint64_t> bits_;
};

class Decider {
 public:
  Decider(const Polygraph& graph, uint64_t conflicts_max)
      : graph_(graph), conflicts_max_(conflicts_max), arcs_(graph.certain()) {
    for (uint32_t c = 0; c < graph.choices().size(); ++c) open_.push_back(c);
  }

  Decided Run() {
    while (true) {
      ArcGraph certain(graph_.nodes(), arcs_);
      const Components components = FindComponents(certain);
      if (!IsAcyclic(components)) {
        result_.decision = Decision::kImpossible;
        result_.cycle = ShortCycle(&certain, components);
        return std::move(result_);
      }
      if (!Saturate(Reach(certain, components))) break;
    }
    result_.open = open_.size();
    if (open_.empty()) {
      result_.decision = Decision::kPossible;
    } else {
      Solve();
    }
    return std::move(result_);
  }

 private:
  bool ClosesCycle(const Reach& reach, uint32_t choice, bool way) const {
    bool closes = false;
    graph_.ForEachArc(choice, way, [&](const PolyArc& arc) {
      closes |= arc.from == arc.to || reach.Has(arc.to, arc.from);
    });
    return closes;
  }

  // One round. True: something became certain.
  bool Saturate(const Reach& reach) {
    std::vector<uint32_t> still_open;
    for (const uint32_t choice : open_) {
      const bool first_is_bad = ClosesCycle(reach, choice, true);
      const bool second_is_bad = ClosesCycle(reach, choice, false);
      if (!first_is_bad && !second_is_bad) {
        still_open.push_back(choice);
        continue;
      }
      // Both bad: either shows the cycle.
      const bool way = !first_is_bad;
      graph_.ForEachArc(choice, way, [this](const PolyArc& arc) { arcs_.push_back(arc); });
    }
    const bool changed = still_open.size() < open_.size();
    open_ = std::move(still_open);
    return changed;
  }

  int VariableOf(uint32_t choice) const {
    const auto found = std::lower_bound(open_.begin(), open_.end(), choice);
    return static_cast<int>(found - open_.begin()) + 1;
  }

  void Solve() {
    CaDiCaL::Solver solver;
    solver.set("quiet", 1);
    for (size_t i = 0; i < open_.size(); ++i) {
      const int variable = static_cast<int>(i) + 1;
      // A clause that says nothing, so that the solver knows the variable.
      solver.add(variable);
      solver.add(-variable);
      solver.add(0);
      solver.phase(FirstIsEarlier(open_[i]) ? variable : -variable);
    }
    const size_t certain = arcs_.size();
    constexpr size_t kRoundsMax = 100'000;
    for (size_t round = 0; round < kRoundsMax; ++round) {
      solver.limit("conflicts", static_cast<int>(std::min<uint64_t>(conflicts_max_, 1u << 30)));
      const int answer = solver.solve();
      if (answer == 20) {
        result_.decision = Decision::kImpossible;
        return;
      }
      if (answer != 10) {
        result_.why_unknown = StrCat("the SAT solver reached its bound of ", conflicts_max_,
                                     " conflicts over ", open_.size(), " open pairs of writes");
        return;
      }
      arcs_.resize(certain);
      for (size_t i = 0; i < open_.size(); ++i) {
        const bool way = solver.val(static_cast<int>(i) + 1) > 0;
        graph_.ForEachArc(open_[i], way, [this](const PolyArc& arc) { arcs_.push_back(arc); });
      }
      if (!RefuteCycles(&solver)) {
        result_.decision = Decision::kPossible;
        return;
      }
    }
    result_.why_unknown = StrCat("no end after ", kRoundsMax, " rounds of SAT");
  }

  bool FirstIsEarlier(uint32_t choice) const {
    bool earlier = false;
    graph_.ForEachArc(choice, true, [&](const PolyArc& arc) {
      if (arc.kind == EdgeKind::kWw) earlier = graph_.txn(arc.from) < graph_.txn(arc.to);
    });
    return earlier;
  }

  // Gives the solver some cycles of the graph as it is. False: there is none.
  bool RefuteCycles(CaDiCaL::Solver* solver) {
    ArcGraph graph(graph_.nodes(), arcs_);
    const Components components = FindComponents(graph);
    if (IsAcyclic(components)) return false;
    constexpr size_t kPerRound = 128;
    std::vector<bool> seen(graph_.nodes(), false);
    size_t added = 0;
    for (uint32_t node = 0; node < graph_.nodes() && added < kPerRound; ++node) {
      if (components.sizes[components.of[node]] < 2 || seen[node]) continue;
      const std::vector<PolyArc> cycle = graph.CycleThrough(node, components);
      for (const PolyArc& arc : cycle) seen[arc.from] = true;
      std::vector<int> clause;
      for (const PolyArc& arc : cycle) {
        if (arc.choice == kNoChoice) continue;
        const auto open = std::lower_bound(open_.begin(), open_.end(), arc.choice);
        if (open == open_.end() || *open != arc.choice) continue;  // Certain by saturation.
        const int variable = VariableOf(arc.choice);
        clause.push_back(arc.way ? -variable : variable);
      }
      std::sort(clause.begin(), clause.end());
      clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
      for (const int literal : clause) solver->add(literal);
      solver->add(0);
      ++added;
      ++result_.refuted;
      if (result_.cycle.empty() || cycle.size() < result_.cycle.size()) result_.cycle = cycle;
    }
    return true;
  }

  const Polygraph& graph_;
  const uint64_t conflicts_max_;
  std::vector<PolyArc> arcs_;
  std::vector<uint32_t> open_;  // Choices, in order.
  Decided result_;
};

}  // namespace

Decided Decide(const Polygraph& graph, uint64_t conflicts_max) {
  return Decider(graph, conflicts_max).Run();
}

}  // namespace quadraft::jepsen
