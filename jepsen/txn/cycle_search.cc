#include "jepsen/txn/cycle_search.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "jepsen/txn/consistency.h"
#include "jepsen/txn/reach_index.h"
#include "jepsen/txn/scc.h"

namespace quadraft::jepsen {
namespace {

constexpr uint32_t kFar = std::numeric_limits<uint32_t>::max();

// Breadth-first search in a view; leaving a barrier costs nothing. Keeps its arrays from call to
// call.
class PathFinder {
 public:
  explicit PathFinder(uint64_t* steps) : steps_(steps) {}

  // The shortest way from `from` to `to` over nodes that `may` admits, of at most length_max edges:
  // the edges, each with the node that it leads to; nullopt when there is none or steps ran out.
  // With from == to a way of at least one edge.
  struct Hop {
    uint32_t node;
    EdgeKind kind;
  };
  template <typename May>
  std::optional<std::vector<Hop>> Find(const View& view, uint32_t from, uint32_t to,
                                       uint32_t length_max, May may) {
    Prepare(view.nodes());
    level_.assign(1, from);
    for (uint32_t depth = 0; !level_.empty(); ++depth) {
      // First all that costs nothing: out of barriers, to nodes of this same level.
      for (size_t i = 0; i < level_.size(); ++i) {
        if (!view.is_barrier(level_[i])) continue;
        if (auto way = Expand(view, from, to, level_[i], &level_, may)) return way;
      }
      if (depth == length_max) return std::nullopt;
      next_.clear();
      for (size_t i = 0; i < level_.size(); ++i) {
        if (view.is_barrier(level_[i])) continue;
        if (auto way = Expand(view, from, to, level_[i], &next_, may)) return way;
      }
      if (*steps_ == 0) return std::nullopt;
      level_.swap(next_);
    }
    return std::nullopt;
  }

 private:
  // Puts what an edge from `node` newly reaches into `reached`; the way when that is `to`.
  template <typename May>
  std::optional<std::vector<Hop>> Expand(const View& view, uint32_t from, uint32_t to,
                                         uint32_t node, std::vector<uint32_t>* reached, May may) {
    uint32_t cursor = 0;
    EdgeKind kind = EdgeKind::kWw;
    for (uint32_t next = view.Next(node, &cursor, &kind); next != kNoNode && *steps_ > 0;
         next = view.Next(node, &cursor, &kind)) {
      --*steps_;
      if (next == to) return WayTo(from, node, {next, kind});
      if (stamp_[next] == now_ || next == from || !may(next)) continue;
      stamp_[next] = now_;
      parent_[next] = node;
      kind_[next] = kind;
      reached->push_back(next);
    }
    return std::nullopt;
  }

  void Prepare(uint32_t nodes) {
    if (stamp_.size() < nodes) {
      stamp_.resize(nodes, 0);
      parent_.resize(nodes);
      kind_.resize(nodes);
    }
    ++now_;
  }

  std::vector<Hop> WayTo(uint32_t from, uint32_t last, Hop end) const {
    std::vector<Hop> way = {end};
    for (uint32_t node = last; node != from; node = parent_[node]) {
      way.push_back({node, kind_[node]});
    }
    std::reverse(way.begin(), way.end());
    return way;
  }

  uint64_t* steps_;
  uint32_t now_ = 0;
  std::vector<uint32_t> stamp_;
  std::vector<uint32_t> parent_;
  std::vector<EdgeKind> kind_;
  std::vector<uint32_t> level_;
  std::vector<uint32_t> next_;
};

struct RwEdge {
  uint32_t from;
  uint32_t to;
};

class Search {
 public:
  Search(const SubGraph& graph, uint64_t steps_max, ImpliedNames* names)
      : graph_(graph), steps_max_(steps_max), names_(*names) {
    for (uint32_t node = 0; node < graph.nodes(); ++node) {
      for (uint32_t i = graph.begin(node); i < graph.end(node); ++i) {
        if (graph.edge(i).kind == EdgeKind::kRw) rw_.push_back({node, graph.edge(i).to});
      }
    }
  }

  std::vector<FoundCycle> Run() {
    RunVariant(0, "");
    if ((graph_.kinds() & kProcessMask) != 0) RunVariant(kProcessMask, "-process");
    // Order in a process is part of real time.
    if ((graph_.kinds() & kRealtimeMask) != 0) {
      RunVariant(kRealtimeMask | (graph_.kinds() & kProcessMask), "-realtime");
    }
    return std::move(found_);
  }

 private:
  using Steps = std::vector<FoundCycle::Step>;

  // What was found last, until a better one is.
  struct Best {
    Steps steps;
    uint32_t length = kFar;
    bool complete = true;  // All candidates were looked at.
  };

  void RunVariant(KindMask extra, const std::string& suffix) {
    const auto wanted = [&](std::string_view name) {
      return !implied_.contains(std::string(name) + suffix);
    };
    if (wanted("G0")) Report(AnyCycle(kWwMask | extra));
    if (wanted("G1c")) Report(AnyCycle(kWwMask | kWrMask | extra));
    const KindMask base = kWwMask | kWrMask | extra;
    if (wanted("G-single-item")) Report(Single(base));
    if (wanted("G-nonadjacent-item")) Report(Nonadjacent(base));
    if (wanted("G2-item")) Report(Adjacent(base | kRwMask));
  }

  void Report(Best best) {
    if (best.length == kFar) return;
    FoundCycle cycle;
    cycle.name = NameOf(best.steps);
    if (implied_.contains(cycle.name)) return;
    cycle.steps = std::move(best.steps);
    cycle.is_shortest = best.complete;
    const std::set<std::string>& implied = names_.Of(cycle.name);
    implied_.insert(implied.begin(), implied.end());
    found_.push_back(std::move(cycle));
  }

  void Refill() {
    steps_ = steps_max_;
    refills_ = 0;
  }

  // When steps ran out: whether to look on nevertheless. There is a cycle, so one should be shown;
  // a few searches without a bound are linear.
  bool MayGoOn(Best* best) {
    if (steps_ > 0) return true;
    best->complete = false;
    constexpr int kRefillsMax = 4;
    if (best->length != kFar || ++refills_ > kRefillsMax) return false;
    steps_ = std::numeric_limits<uint64_t>::max();
    return true;
  }

  // Looks at a closed way: `first` and then along `way` back to it.
  void Offer(const View& view, uint32_t first, const std::vector<PathFinder::Hop>& way,
             Best* best) const {
    Steps steps;
    uint32_t node = view.base(first);
    bool over_barriers = false;
    uint32_t from = node;
    for (const PathFinder::Hop& hop : way) {
      const uint32_t to = view.base(hop.node);
      if (graph_.is_barrier(to)) {
        over_barriers = true;
      } else {
        steps.push_back({graph_.member(from), over_barriers ? EdgeKind::kRealtime : hop.kind});
        over_barriers = false;
        from = to;
      }
      node = to;
    }
    std::set<uint32_t> distinct;
    for (const FoundCycle::Step& step : steps) distinct.insert(step.txn);
    if (distinct.size() != steps.size() || steps.size() >= best->length) return;
    best->length = static_cast<uint32_t>(steps.size());
    best->steps = std::move(steps);
  }

  uint32_t Limit(const Best& best) const { return best.length == kFar ? kFar : best.length - 1; }

  Best AnyCycle(KindMask mask) {
    Best best;
    const View view(graph_, mask);
    const Components components = FindComponents(view);
    Refill();
    PathFinder finder(&steps_);
    for (uint32_t node = 0; node < view.nodes() && best.length > 2; ++node) {
      const uint32_t component = components.of[node];
      if (components.sizes[component] < 2 || view.is_barrier(node)) continue;
      const auto way = finder.Find(view, node, node, Limit(best),
                                   [&](uint32_t next) { return components.of[next] == component; });
      if (way.has_value()) Offer(view, node, *way, &best);
      if (!MayGoOn(&best)) break;
    }
    return best;
  }

  // Exactly one rw edge: from -> to, and back without another.
  Best Single(KindMask base) {
    Best best;
    if (rw_.empty()) return best;
    const View view(graph_, base);
    const ReachIndex index(view);
    Refill();
    PathFinder finder(&steps_);
    for (const RwEdge& rw : rw_) {
      if (best.length == 2) break;
      if (steps_ == 0) {
        best.complete = false;
        break;
      }
      if (!index.May(rw.to, rw.from)) continue;
      const uint32_t limit = best.length == kFar ? kFar : best.length - 2;
      const auto way = finder.Find(view, rw.to, rw.from, limit,
                                   [&](uint32_t next) { return index.May(next, rw.from); });
      if (way.has_value()) OfferRw(view, rw, *way, &best);
    }
    return best;
  }

  // Two rw edges or more, no two adjacent.
  Best Nonadjacent(KindMask base) {
    const View view(graph_, base, true);
    return ThroughRw(view, 4);
  }

  Best Adjacent(KindMask mask) {
    const View view(graph_, mask);
    return ThroughRw(view, 2);
  }

  // The shortest cycle through any rw edge of a view that has rw edges.
  Best ThroughRw(const View& view, uint32_t least) {
    Best best;
    if (rw_.empty()) return best;
    const Components components = FindComponents(view);
    Refill();
    PathFinder finder(&steps_);
    for (const RwEdge& rw : rw_) {
      if (best.length <= least) break;
      const uint32_t from = view.Start(rw.from);
      const uint32_t to = view.Arrive(rw.to, EdgeKind::kRw);
      const uint32_t component = components.of[from];
      if (components.of[to] != component) continue;
      if (!MayGoOn(&best)) break;
      const uint32_t limit = best.length == kFar ? kFar : best.length - 2;
      const auto way = finder.Find(view, to, from, limit,
                                   [&](uint32_t next) { return components.of[next] == component; });
      if (way.has_value()) OfferRw(view, rw, *way, &best);
    }
    return best;
  }

  void OfferRw(const View& view, const RwEdge& rw, std::vector<PathFinder::Hop> way, Best* best) {
    way.insert(way.begin(), {view.Arrive(rw.to, EdgeKind::kRw), EdgeKind::kRw});
    Offer(view, view.Start(rw.from), way, best);
  }

  const SubGraph& graph_;
  const uint64_t steps_max_;
  ImpliedNames& names_;
  uint64_t steps_ = 0;
  int refills_ = 0;
  std::vector<RwEdge> rw_;
  std::set<std::string> implied_;
  std::vector<FoundCycle> found_;
};

}  // namespace

std::string NameOf(const std::vector<FoundCycle::Step>& steps) {
  size_t counts[5] = {};
  bool adjacent = false;
  for (size_t i = 0; i < steps.size(); ++i) {
    ++counts[static_cast<size_t>(steps[i].kind)];
    const FoundCycle::Step& next = steps[(i + 1) % steps.size()];
    adjacent |= steps[i].kind == EdgeKind::kRw && next.kind == EdgeKind::kRw;
  }
  const size_t rw = counts[static_cast<size_t>(EdgeKind::kRw)];
  std::string name = rw == 1                                          ? "G-single-item"
                     : rw > 1 && adjacent                             ? "G2-item"
                     : rw > 1                                         ? "G-nonadjacent-item"
                     : counts[static_cast<size_t>(EdgeKind::kWr)] > 0 ? "G1c"
                                                                      : "G0";
  if (counts[static_cast<size_t>(EdgeKind::kRealtime)] > 0) return name + "-realtime";
  if (counts[static_cast<size_t>(EdgeKind::kProcess)] > 0) return name + "-process";
  return name;
}

const std::set<std::string>& ImpliedNames::Of(const std::string& name) {
  const auto [found, is_new] = known_.try_emplace(name);
  if (is_new) found->second = AnomaliesImpliedBy({name});
  return found->second;
}

std::vector<FoundCycle> FindCycles(const SubGraph& graph, uint64_t steps_max,
                                   ImpliedNames* implied) {
  return Search(graph, steps_max, implied).Run();
}

}  // namespace quadraft::jepsen
