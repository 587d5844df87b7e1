// Nodes with a ReplicaHost each, in a simulated world, for the tests of this folder.
#ifndef QUADRAFT_CORE_REPLICA_TESTING_TEST_CLUSTER_H_
#define QUADRAFT_CORE_REPLICA_TESTING_TEST_CLUSTER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/invariants.h"
#include "core/replica/replica_host.h"
#include "core/replica/testing/memory_store.h"
#include "gtest/gtest.h"
#include "sim/world/world.h"

namespace quadraft::replica {

inline constexpr GroupId kGroup{1};

// One running node.
struct TestNode : sim::Program {
  TestNode(Env& env, NodeId self, MemoryImage* image, int voters, int groups, Options options)
      : log(image, env), host(env, self, log, WithFatal(std::move(options))) {
    std::vector<NodeId> ids;  // A node beyond the founders waits to be added.
    for (int i = 1; i <= voters && self.value() <= static_cast<uint64_t>(voters); ++i) {
      ids.push_back(NodeId(i));
    }
    for (int g = 1; g <= groups; ++g) {
      machines.push_back(std::make_unique<MemoryStateMachine>(image, GroupId(g)));
      added.Update(host.AddGroup(GroupId(g), ids, machines.back().get()));
    }
    if (added.ok()) host.Start();
  }
  Options WithFatal(Options options) {
    options.on_fatal = [this](const Status& status) { fatal = status; };
    return options;
  }

  Status added;
  Status fatal;
  MemoryLog log;
  std::vector<std::unique_ptr<MemoryStateMachine>> machines;
  ReplicaHost host;
};

class TestCluster {
 public:
  // `founders`: the first so many vote from the beginning; 0: all.
  TestCluster(int size, uint64_t seed, Options options = {}, int groups = 1,
              sim::WorldOptions world_options = {}, int founders = 0)
      : images(size), world(seed, world_options) {
    for (int i = 1; i <= size; ++i) {
      options_of[i] = options;
      world.AddProcess(NodeId(i), StrCat("n", i), [=, this](Env& env) {
        if (flags) flags(env, NodeId(i));
        return std::make_unique<TestNode>(env, NodeId(i), &images[i - 1],
                                          founders > 0 ? founders : size, groups, options_of[i]);
      });
      process(i).Start();
    }
    world.AddHook([this](const sim::EventRecord&) { Observe(); });
  }

  sim::Process& process(int node) { return world.process(NodeId(node)); }
  bool up(int node) { return process(node).running() && process(node).program() != nullptr; }
  TestNode& node(int node) { return static_cast<TestNode&>(*process(node).program()); }
  ReplicaHost& host(int node) { return this->node(node).host; }
  MemoryStateMachine& machine(int node, int group = 1) {
    return *this->node(node).machines[group - 1];
  }
  int size() const { return static_cast<int>(images.size()); }

  // The leader of the highest term among the running; 0: none.
  int leader() {
    int best = 0;
    for (int i = 1; i <= size(); ++i) {
      if (!up(i) || host(i).raft(kGroup).role() != raft::Role::kLeader) continue;
      if (best == 0 || host(i).raft(kGroup).term() > host(best).raft(kGroup).term()) best = i;
    }
    return best;
  }
  int WaitForLeader(Duration limit = seconds(10)) {
    EXPECT_TRUE(world.RunUntilTrue([this] { return leader() != 0; }, limit)) << "no leader";
    return leader();
  }
  int Follower() { return leader() == 1 ? 2 : 1; }
  void CutOff(int node, bool cut) {
    for (int other = 1; other <= size(); ++other) {
      if (other == node) continue;
      for (const auto& [from, to] : {std::pair(node, other), std::pair(other, node)}) {
        cut ? world.network().Cut(NodeId(from), NodeId(to))
            : world.network().Heal(NodeId(from), NodeId(to));
      }
    }
  }
  void Restart(int node) {
    invariants.Restarted(NodeId(node));
    process(node).Start();
  }
  // What becomes of it, waited for.
  Status Change(int node, raft::ConfigurationChange change) {
    return Await([&](ProposalCallback done) { host(node).ChangeMembership(kGroup, std::move(change), std::move(done)); });
  }
  Status Write(int node, std::string payload) {
    return Await([&](ProposalCallback done) { host(node).Propose(kGroup, std::move(payload), std::move(done)); });
  }
  Status Await(const std::function<void(ProposalCallback)>& ask) {
    const auto result = std::make_shared<std::optional<Status>>();
    ask([result](const StatusOr<ProposalResult>& value) { *result = value.status(); });
    world.RunUntilTrue([&] { return result->has_value(); }, seconds(5));
    return result->value_or(DeadlineExceeded("no answer"));
  }
  // Waits until every running node has applied the same lines.
  bool Converge(Duration limit = seconds(20)) {
    return world.RunUntilTrue(
        [this] {
          const int lead = leader();
          if (lead == 0) return false;
          for (int i = 1; i <= size(); ++i) {
            if (!up(i) || host(i).applied_index(kGroup) != host(lead).last_index(kGroup))
              return false;
            if (machine(i).lines() != machine(lead).lines()) return false;
          }
          return true;
        },
        limit);
  }
  void Observe() {
    for (int i = 1; i <= size(); ++i) {
      if (!up(i) || !node(i).added.ok()) continue;
      const Status status = invariants.Observe(host(i).raft(kGroup));
      if (!status.ok() && violation.ok() && host(i).fault().ok()) {
        violation = status;
        ADD_FAILURE() << ToString(status);
      }
    }
  }

  std::vector<MemoryImage>
      images;  // Outlive the world: a node that ends may leave something there.
  std::map<int, Options> options_of;  // What each node starts with.
  std::function<void(Env&, NodeId self)> flags;  // Called before a node is made, if set.
  raft::Invariants invariants;        // Of group 1.
  Status violation;
  sim::World world;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_TESTING_TEST_CLUSTER_H_
