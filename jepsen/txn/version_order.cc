#include "jepsen/txn/version_order.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/strings.h"
#include "jepsen/txn/scc.h"

namespace quadraft::jepsen {
namespace {

bool Less(const VersionEdge& a, const VersionEdge& b) {
  if (a.key != b.key) return a.key < b.key;
  return a.before != b.before ? a.before < b.before : a.after < b.after;
}

// The version that a later transaction starts from, and the one it leaves behind.
VersionId FirstOf(const Access& access) {
  return access.read != kNoVersionId ? access.read : access.write;
}
VersionId LastOf(const Access& access) {
  return access.write != kNoVersionId ? access.write : access.read;
}

// A key's versions as a graph.
class KeyGraph {
 public:
  KeyGraph(VersionId begin, VersionId end, std::vector<std::pair<uint32_t, uint32_t>> arcs)
      : nodes_(end - begin), begin_(nodes_ + 1, 0), to_(arcs.size()) {
    for (const auto& [from, to] : arcs) ++begin_[from + 1];
    for (uint32_t i = 0; i < nodes_; ++i) begin_[i + 1] += begin_[i];
    std::vector<uint32_t> place(begin_.begin(), begin_.end() - 1);
    for (const auto& [from, to] : arcs) to_[place[from]++] = to;
  }
  uint32_t nodes() const { return nodes_; }
  uint32_t Next(uint32_t node, uint32_t* cursor) const {
    const uint32_t i = begin_[node] + (*cursor)++;
    return i < begin_[node + 1] ? to_[i] : kNoNode;
  }

 private:
  uint32_t nodes_;
  std::vector<uint32_t> begin_;
  std::vector<uint32_t> to_;
};

class Orderer {
 public:
  Orderer(const TxnHistory& history, const VersionIndex& versions, CaseList* cases)
      : history_(history), versions_(versions), cases_(*cases) {}

  // The edges of one more rule.
  void AddRule(std::string_view name, std::vector<VersionEdge> edges) {
    std::sort(edges.begin(), edges.end(), Less);
    std::vector<VersionEdge> merged;
    merged.reserve(edges_.size() + edges.size());
    auto old = edges_.begin();
    for (auto begin = edges.begin(); begin != edges.end();) {
      const KeyId key = begin->key;
      const auto end = std::find_if(begin, edges.end(),
                                    [key](const VersionEdge& edge) { return edge.key != key; });
      for (; old != edges_.end() && old->key < key; ++old) merged.push_back(*old);
      auto old_end = old;
      while (old_end != edges_.end() && old_end->key == key) ++old_end;
      std::vector<VersionEdge> both(old, old_end);
      both.insert(both.end(), begin, end);
      if (IsCyclic(key, name, both)) both.assign(old, old_end);
      merged.insert(merged.end(), both.begin(), both.end());
      old = old_end;
      begin = end;
    }
    merged.insert(merged.end(), old, edges_.end());
    edges_ = std::move(merged);
    StrAppend(&rules_, ", ", name);
  }

  std::vector<VersionEdge> Take() && {
    // nil's own edges only served to find cycles.
    std::erase_if(edges_, [this](const VersionEdge& edge) {
      return versions_.is_nil(edge.key, edge.before);
    });
    std::sort(edges_.begin(), edges_.end(), Less);
    edges_.erase(std::unique(edges_.begin(), edges_.end(),
                             [](const VersionEdge& a, const VersionEdge& b) {
                               return !Less(a, b) && !Less(b, a);
                             }),
                 edges_.end());
    return std::move(edges_);
  }

 private:
  bool IsCyclic(KeyId key, std::string_view rule, const std::vector<VersionEdge>& edges) {
    const VersionId begin = versions_.begin(key);
    std::vector<std::pair<uint32_t, uint32_t>> arcs;
    for (const VersionEdge& edge : edges) {
      arcs.push_back({edge.before - begin, edge.after - begin});
      // nil comes before all that anybody met.
      if (edge.before != begin) arcs.push_back({0, edge.before - begin});
    }
    const KeyGraph graph(begin, versions_.end(key), std::move(arcs));
    const Components components = FindComponents(graph);
    const auto worst = std::find_if(components.sizes.begin(), components.sizes.end(),
                                    [](uint32_t size) { return size > 1; });
    if (worst == components.sizes.end()) return false;
    const auto component = static_cast<uint32_t>(worst - components.sizes.begin());
    cases_.Add("cyclic-versions", {}, [&] {
      std::string list;
      constexpr size_t kShown = 12;
      size_t shown = 0;
      for (uint32_t node = 0; node < graph.nodes() && shown < kShown; ++node) {
        if (components.of[node] != component) continue;
        ++shown;
        StrAppend(&list, list.empty() ? "" : " ",
                  history_.ValueName(versions_.value(begin + node)));
      }
      if (shown < *worst) StrAppend(&list, " and ", *worst - shown, " more");
      return StrCat("key ", history_.KeyName(key), ": each of the versions ", list,
                    " comes before the others, by these rules: ", rules_, ", ", rule);
    });
    return true;
  }

  const TxnHistory& history_;
  const VersionIndex& versions_;
  CaseList& cases_;
  std::string rules_ = "initial-state";
  std::vector<VersionEdge> edges_;
};

// Within one transaction: what it read, then what it wrote.
std::vector<VersionEdge> WritesFollowReads(const VersionIndex& versions) {
  std::vector<VersionEdge> edges;
  for (const Access& access : versions.accesses()) {
    if (access.read == kNoVersionId || access.write == kNoVersionId) continue;
    if (access.read == access.write || versions.is_nil(access.key, access.read)) continue;
    edges.push_back({access.key, access.read, access.write});
  }
  return edges;
}

void Link(const Access& a, const Access& b, std::vector<VersionEdge>* edges) {
  const VersionId before = LastOf(a);
  const VersionId after = FirstOf(b);
  if (before == kNoVersionId || after == kNoVersionId || before == after) return;
  edges->push_back({a.key, before, after});
}

// Each key's accesses together, each key's in order of transactions.
std::vector<Access> ByKey(const VersionIndex& versions) {
  std::vector<Access> accesses;
  for (const Access& access : versions.accesses()) {
    if (FirstOf(access) != kNoVersionId) accesses.push_back(access);
  }
  std::stable_sort(accesses.begin(), accesses.end(),
                   [](const Access& a, const Access& b) { return a.key < b.key; });
  return accesses;
}

std::vector<VersionEdge> SequentialKeys(const TxnHistory& history, const VersionIndex& versions) {
  std::vector<VersionEdge> edges;
  std::vector<uint32_t> last(history.processes().size(), kNoTxn);  // Index into accesses.
  const std::vector<Access> accesses = ByKey(versions);
  for (uint32_t i = 0; i < accesses.size(); ++i) {
    uint32_t& before = last[history.txn(accesses[i].txn).process];
    if (before != kNoTxn && accesses[before].key == accesses[i].key) {
      Link(accesses[before], accesses[i], &edges);
    }
    before = i;
  }
  return edges;
}

// Per key: every access follows those that completed before it was invoked, but for those that one
// of these follows itself.
class LinearizableKeys {
 public:
  LinearizableKeys(const TxnHistory& history, const VersionIndex& versions)
      : history_(history), accesses_(ByKey(versions)) {}

  std::vector<VersionEdge> Run() {
    for (size_t begin = 0; begin < accesses_.size();) {
      size_t end = begin;
      while (end < accesses_.size() && accesses_[end].key == accesses_[begin].key) ++end;
      RunKey(begin, end);
      begin = end;
    }
    return std::move(edges_);
  }

 private:
  void RunKey(size_t begin, size_t end) {
    std::vector<size_t> by_completion;
    for (size_t i = begin; i < end; ++i) {
      if (TxnOf(i).ok()) by_completion.push_back(i);
    }
    std::sort(by_completion.begin(), by_completion.end(),
              [this](size_t a, size_t b) { return TxnOf(a).completed < TxnOf(b).completed; });
    std::vector<size_t> frontier;  // Completed; no other one in it follows them.
    size_t done = 0;
    for (size_t i = begin; i < end; ++i) {
      for (; done < by_completion.size() && TxnOf(by_completion[done]).completed < TxnOf(i).invoked;
           ++done) {
        const size_t newest = by_completion[done];
        std::erase_if(frontier,
                      [&](size_t other) { return TxnOf(other).completed < TxnOf(newest).invoked; });
        frontier.push_back(newest);
      }
      for (const size_t before : frontier) Link(accesses_[before], accesses_[i], &edges_);
    }
  }

  const Txn& TxnOf(size_t access) const { return history_.txn(accesses_[access].txn); }

  const TxnHistory& history_;
  const std::vector<Access> accesses_;
  std::vector<VersionEdge> edges_;
};

}  // namespace

std::vector<VersionEdge> OrderVersions(const TxnHistory& history, const VersionIndex& versions,
                                       const TxnOptions& options, CaseList* cases) {
  Orderer orderer(history, versions, cases);
  if (options.wfr_keys) orderer.AddRule("wfr-keys", WritesFollowReads(versions));
  if (options.sequential_keys) {
    orderer.AddRule("sequential-keys", SequentialKeys(history, versions));
  }
  if (options.linearizable_keys) {
    orderer.AddRule("linearizable-keys", LinearizableKeys(history, versions).Run());
  }
  return std::move(orderer).Take();
}

}  // namespace quadraft::jepsen
