#include "jepsen/real/nemesis.h"

namespace quadraft::jepsen {
namespace {

int AnyNode(Cluster& cluster, Random& random) {
  return 1 + static_cast<int>(random.Below(static_cast<uint64_t>(cluster.size())));
}

// Who leads; any node when none does.
int LeaderOrAny(Cluster& cluster, Random& random) {
  return cluster.Leader().value_or(AnyNode(cluster, random));
}

void CutOneWay(Cluster& cluster, Random& random) {
  const int node = AnyNode(cluster, random);
  const bool outwards = random.OneIn(2);
  for (int other = 1; other <= cluster.size(); ++other) {
    if (other == node) continue;
    cluster.proxy().Set(outwards ? Link{node, other} : Link{other, node}, LinkState::kCut);
  }
}

constexpr std::chrono::milliseconds kChangeTimeout{3000};

// Where nobody takes it in time, the fault did nothing.
void Remove(Cluster& cluster, int node) {
  (void)cluster.ChangeMembers(StrCat("remove=", node), kChangeTimeout);
}

void KillAll(Cluster& cluster, Random&) {
  for (int node = 1; node <= cluster.size(); ++node) cluster.Kill(node);
}

}  // namespace

const std::vector<NemesisRow>& NemesisTable() {
  static const std::vector<NemesisRow> table = {
      {"cut-leader", "every connection between the leader and the others breaks, both ways",
       [](Cluster& cluster, Random& random) {
         cluster.SetLinks(LeaderOrAny(cluster, random), LinkState::kCut);
       }},
      {"cut-one", "the same for any node",
       [](Cluster& cluster, Random& random) {
         cluster.SetLinks(AnyNode(cluster, random), LinkState::kCut);
       }},
      {"cut-one-way", "the connections that one node opens break, or those that are opened to it",
       CutOneWay},
      {"kill-all", "kill -9 of every node", KillAll},
      {"kill-leader", "kill -9 of the leader",
       [](Cluster& cluster, Random& random) { cluster.Kill(LeaderOrAny(cluster, random)); }},
      {"kill-one", "kill -9 of any node",
       [](Cluster& cluster, Random& random) { cluster.Kill(AnyNode(cluster, random)); }},
      {"pause-leader", "SIGSTOP of the leader, which does not know that time passes",
       [](Cluster& cluster, Random& random) { cluster.Pause(LeaderOrAny(cluster, random)); }},
      {"pause-one", "SIGSTOP of any node",
       [](Cluster& cluster, Random& random) { cluster.Pause(AnyNode(cluster, random)); }},
      {"remove-leader", "the leader is removed from the group, and added again later",
       [](Cluster& cluster, Random& random) { Remove(cluster, LeaderOrAny(cluster, random)); }},
      {"remove-one", "the same for any node",
       [](Cluster& cluster, Random& random) { Remove(cluster, AnyNode(cluster, random)); }},
      {"stall-leader", "the leader's connections stay, but nothing comes through",
       [](Cluster& cluster, Random& random) {
         cluster.SetLinks(LeaderOrAny(cluster, random), LinkState::kStalled);
       }},
      {"stall-one", "the same for any node",
       [](Cluster& cluster, Random& random) {
         cluster.SetLinks(AnyNode(cluster, random), LinkState::kStalled);
       }},
      {"transfer-leader", "leadership is handed to any node",
       [](Cluster& cluster, Random& random) {
         (void)cluster.ChangeMembers(StrCat("transfer=", AnyNode(cluster, random)), kChangeTimeout);
       }},
  };
  return table;
}

StatusOr<std::vector<const NemesisRow*>> ParseNemeses(std::string_view names) {
  std::vector<const NemesisRow*> chosen;
  std::string known;
  for (const NemesisRow& row : NemesisTable()) {
    if (names == "all") chosen.push_back(&row);
    StrAppend(&known, known.empty() ? "" : ", ", row.name);
  }
  while (names != "all" && !names.empty()) {
    const size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
    const NemesisRow* found = nullptr;
    for (const NemesisRow& row : NemesisTable()) {
      if (row.name == name) found = &row;
    }
    if (found == nullptr) return InvalidArgument("no nemesis \"", name, "\"; there are ", known);
    chosen.push_back(found);
  }
  return chosen;
}

}  // namespace quadraft::jepsen
