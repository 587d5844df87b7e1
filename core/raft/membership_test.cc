// Changes of configuration against etcd's published tests (testing/datadriven.h) and against what
// must hold for any change.
#include "core/raft/membership.h"

#include <iostream>
#include <sstream>
#include <string>

#include "core/base/strings.h"
#include "core/env/random.h"
#include "core/raft/testing/datadriven.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

constexpr int kPublishedCases = 58;

// ---- etcd's confchange/testdata

// "v1 l2 r3"; "u4" is etcd's change that changes nothing.
std::vector<NodeChange> ReadChanges(const std::string& input) {
  std::vector<NodeChange> changes;
  std::istringstream words(input);
  for (std::string word; words >> word;) {
    const NodeId node(std::stoull(word.substr(1)));
    if (word[0] == 'v') changes.push_back({ChangeKind::kAddVoter, node});
    if (word[0] == 'l') changes.push_back({ChangeKind::kAddLearner, node});
    if (word[0] == 'r') changes.push_back({ChangeKind::kRemove, node});
    EXPECT_NE(std::string("vlru").find(word[0]), std::string::npos) << word;
  }
  return changes;
}

// A group that the commands of one file change; each command counts as one entry of the log.
class Group {
 public:
  std::string Run(const DataDrivenCase& c) {
    const auto next = Change(c);
    const LogIndex last = std::exchange(last_, last_.Next());
    if (!next.ok()) return StrCat(Message(next.status()), "\n");
    configuration_ = *next;
    progress_.Follow(configuration_, last, MonotonicTime());
    std::string out = StrCat(Describe(configuration_), "\n");
    for (const Progress& row : progress_) {
      EXPECT_EQ(row.state, ProgressState::kProbe);
      StrAppend(&out, row.node, ": StateProbe match=", row.match, " next=", row.next,
                configuration_.IsLearner(row.node) ? " learner\n" : "\n");
    }
    return out;
  }

 private:
  StatusOr<Configuration> Change(const DataDrivenCase& c) const {
    const Changer changer(configuration_);
    if (c.command == "simple") return changer.Simple(ReadChanges(c.input));
    if (c.command == "leave-joint") return changer.LeaveJoint();
    if (c.command != "enter-joint") return Internal("no command ", c.command);
    return changer.EnterJoint(c.ValueOr("autoleave", "false") == "true", ReadChanges(c.input));
  }

  Configuration configuration_;
  ProgressTable progress_;
  LogIndex last_;
};

TEST(EtcdConfchange, AllPublishedCases) {
  const std::string folder = EtcdFolder();
  if (folder.empty()) GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/raft/etcd";
  int ran = 0;
  for (const DataDrivenFile& file : ReadDataDrivenFiles(folder + "confchange/testdata")) {
    const auto cases = ParseDataDriven(file.text);
    ASSERT_TRUE(cases.ok()) << file.path << ": " << ToString(cases.status());
    Group group;
    for (const DataDrivenCase& c : *cases) {
      SCOPED_TRACE(StrCat(file.path, ":", c.line));
      EXPECT_EQ(group.Run(c), c.expected);
      ++ran;
    }
  }
  std::cout << ran << " cases of etcd's confchange/testdata\n";
  EXPECT_GE(ran, kPublishedCases);
}

// ---- What must hold for any change

constexpr uint64_t kNodes = 7;
constexpr int kWalks = 60;
constexpr int kSteps = 100;

std::vector<NodeChange> AnyChanges(Random& random) {
  std::vector<NodeChange> changes;
  for (uint64_t n = random.Below(5); n > 0; --n) {
    changes.push_back({static_cast<ChangeKind>(random.Below(3)), NodeId(random.Below(kNodes + 1))});
  }
  return changes;
}

bool IsQuorum(const Configuration& configuration, uint64_t nodes) {
  return configuration.Tally([nodes](NodeId node) {
    return (nodes >> node.value()) & 1 ? Ballot::kGranted : Ballot::kRefused;
  }) == VoteResult::kWon;
}

// No set of nodes is a quorum of one while the others are a quorum of the other.
bool QuorumsMeet(const Configuration& a, const Configuration& b) {
  const uint64_t everybody = (uint64_t{1} << (kNodes + 1)) - 1;
  for (uint64_t nodes = 0; nodes <= everybody; ++nodes) {
    if (IsQuorum(a, nodes) && IsQuorum(b, everybody & ~nodes)) return false;
  }
  return true;
}

StatusOr<Configuration> AnyStep(Random& random, const Configuration& from) {
  const Changer changer(from);
  switch (random.Below(4)) {
    case 0:
      return changer.Simple(AnyChanges(random));
    case 1: {
      const bool auto_leave = random.OneIn(2);
      return changer.EnterJoint(auto_leave, AnyChanges(random));
    }
    case 2:
      return changer.LeaveJoint();
    default: {
      const auto transition = static_cast<Transition>(random.Below(3));
      return changer.Apply({.transition = transition, .changes = AnyChanges(random)});
    }
  }
}

TEST(Membership, QuorumsOfConsecutiveConfigurationsMeet) {
  int taken = 0, joint = 0, moved = 0;
  for (int walk = 0; walk < kWalks; ++walk) {
    Random random(walk, "membership");
    Configuration now({NodeId{1}});
    for (int step = 0; step < kSteps; ++step) {
      const auto next = AnyStep(random, now);
      if (!next.ok()) {
        EXPECT_TRUE(absl::IsFailedPrecondition(next.status())) << ToString(next.status());
        continue;
      }
      ASSERT_TRUE(QuorumsMeet(now, *next)) << Describe(now) << " -> " << Describe(*next);
      const auto restored = Configuration::Restore(next->state());
      ASSERT_TRUE(restored.ok()) << ToString(restored.status());
      EXPECT_EQ(*restored, *next);
      ++taken;
      joint += next->joint();
      moved += !Intersect(NodeSet(now.voters()), next->state().voters.incoming);
      now = *next;
    }
  }
  EXPECT_GT(taken, kWalks * kSteps / 3);
  EXPECT_GT(joint, taken / 10);
  EXPECT_GT(moved, 0) << "no change to wholly other voters was seen";
}

// The check above is one that can fail: a step that no rule allows.
TEST(Membership, QuorumsOfUnrelatedConfigurationsDoNotMeet) {
  EXPECT_FALSE(QuorumsMeet(Configuration({NodeId{1}}), Configuration({NodeId{2}})));
  EXPECT_FALSE(QuorumsMeet(Configuration({NodeId{1}, NodeId{2}, NodeId{3}}),
                           Configuration({NodeId{1}, NodeId{4}, NodeId{5}})));
}

// Whatever is asked for in one list: the last word on each node holds once the joint configuration
// is left.
TEST(Membership, TheLaterChangeWins) {
  Random random(1, "membership");
  for (int round = 0; round < 2000; ++round) {
    const Configuration from({NodeId{1}, NodeId{2}, NodeId{3}});
    const auto changes = AnyChanges(random);
    NodeSet voters = NodeSet(from.voters());
    NodeSet learners;
    for (const auto& [kind, node] : changes) {
      if (node == NodeId{}) continue;
      voters.Erase(node);
      learners.Erase(node);
      if (kind == ChangeKind::kAddVoter) voters.Insert(node);
      if (kind == ChangeKind::kAddLearner) learners.Insert(node);
    }
    const auto joint = Changer(from).EnterJoint(false, changes);
    ASSERT_EQ(joint.ok(), !voters.empty());
    if (!joint.ok()) continue;
    const auto left = Changer(*joint).LeaveJoint();
    ASSERT_TRUE(left.ok());
    EXPECT_EQ(left->state(), (ConfigurationState{.voters = {voters, {}}, .learners = learners}));
  }
}

TEST(Membership, TheTransitionSaysWhichWay) {
  const Configuration from({NodeId{1}});
  const NodeChange add2{ChangeKind::kAddVoter, NodeId{2}}, add3{ChangeKind::kAddVoter, NodeId{3}};
  const auto apply = [&](Transition transition, std::vector<NodeChange> changes) {
    const auto next = Changer(from).Apply({.transition = transition, .changes = changes});
    return next.ok() ? Describe(*next) : Message(next.status());
  };
  EXPECT_EQ(apply(Transition::kAuto, {add2}), "voters=(1 2)");
  EXPECT_EQ(apply(Transition::kAuto, {add2, add3}), "voters=(1 2 3)&&(1) autoleave");
  EXPECT_EQ(apply(Transition::kJointImplicit, {add2}), "voters=(1 2)&&(1) autoleave");
  EXPECT_EQ(apply(Transition::kJointExplicit, {add2}), "voters=(1 2)&&(1)");
  EXPECT_EQ(apply(Transition::kJointExplicit, {}), "voters=(1)&&(1)");
  EXPECT_EQ(apply(Transition::kAuto, {}), "can't leave a non-joint config");
}

TEST(Membership, ListsAreBounded) {
  std::vector<NodeChange> learners, voters;
  for (uint64_t n = 2; n <= kLearnersMax + 2; ++n) {
    learners.push_back({ChangeKind::kAddLearner, NodeId(n)});
    voters.push_back({ChangeKind::kAddVoter, NodeId(n)});
  }
  const Changer changer(Configuration({NodeId{1}}));
  EXPECT_TRUE(absl::IsInvalidArgument(changer.Simple(learners).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(changer.EnterJoint(true, voters).status()));
  learners.pop_back();
  EXPECT_TRUE(changer.Simple(learners).ok());
}

// ---- What is stored is not trusted

ConfigurationState State(std::vector<uint64_t> incoming, std::vector<uint64_t> outgoing,
                         std::vector<uint64_t> learners, std::vector<uint64_t> learners_next,
                         bool auto_leave = false) {
  const auto set = [](const std::vector<uint64_t>& numbers) {
    NodeSet nodes;
    for (uint64_t n : numbers) nodes.Insert(NodeId(n));
    return nodes;
  };
  return {.voters = {set(incoming), set(outgoing)},
          .learners = set(learners),
          .learners_next = set(learners_next),
          .auto_leave = auto_leave};
}

TEST(Configuration, RestoresWhatCanBe) {
  for (const auto& state :
       {State({}, {}, {}, {}), State({1, 2, 3}, {}, {}, {}), State({1, 2, 3}, {}, {4, 5}, {}),
        State({1, 2}, {2, 3}, {}, {}, true), State({1, 2, 3}, {1, 2, 4, 6}, {5}, {4})}) {
    const auto restored = Configuration::Restore(state);
    ASSERT_TRUE(restored.ok()) << ToString(restored.status());
    EXPECT_EQ(restored->state(), state);
    EXPECT_EQ(NodeSet(restored->voters()), Union(state.voters.incoming, state.voters.outgoing));
  }
}

TEST(Configuration, RefusesWhatCannotBe) {
  const auto refusal = [](const ConfigurationState& state) {
    const auto restored = Configuration::Restore(state);
    EXPECT_TRUE(absl::IsInvalidArgument(restored.status()));
    return Message(restored.status());
  };
  EXPECT_EQ(refusal(State({}, {1}, {}, {})), "no incoming voters");
  EXPECT_EQ(refusal(State({}, {}, {1}, {})), "no incoming voters");
  EXPECT_EQ(refusal(State({0, 1}, {}, {}, {})), "node 0 is no node");
  EXPECT_EQ(refusal(State({1, 2}, {}, {2}, {})), "node 2 is a learner and votes");
  EXPECT_EQ(refusal(State({1}, {2}, {2}, {})), "node 2 is a learner and votes");
  EXPECT_EQ(refusal(State({1}, {2}, {}, {3})),
            "node 3 is to become a learner and is no leaving voter");
  EXPECT_EQ(refusal(State({1, 2}, {2}, {}, {2})),
            "node 2 is to become a learner and is no leaving voter");
  EXPECT_EQ(refusal(State({1}, {}, {}, {2})),
            "node 2 is to become a learner and is no leaving voter");
  EXPECT_EQ(refusal(State({1}, {}, {}, {}, true)),
            "auto_leave in a configuration that is not joint");
  std::vector<uint64_t> many;
  for (uint64_t n = 1; n <= kVotersMax + 1; ++n) many.push_back(n);
  EXPECT_EQ(refusal(State(many, {}, {}, {})), StrCat("more than ", kVotersMax, " voters"));
}

// ---- Progress

TEST(ProgressTable, WhoStaysKeepsItsProgress) {
  ProgressTable table;
  Configuration now({NodeId{1}, NodeId{2}});
  table.Follow(now, LogIndex{10}, MonotonicTime(milliseconds(5)));
  table.Find(NodeId{2})->match = LogIndex{10};
  table.Find(NodeId{2})->BecomeReplicate();
  now = *Changer(now).EnterJoint(
      false, {{ChangeKind::kAddLearner, NodeId{2}}, {ChangeKind::kAddVoter, NodeId{3}}});
  table.Follow(now, LogIndex{20}, MonotonicTime(milliseconds(9)));
  ASSERT_EQ(table.size(), 3u);
  EXPECT_EQ(table.Find(NodeId{2})->state, ProgressState::kReplicate);
  EXPECT_EQ(table.Find(NodeId{2})->match, LogIndex{10});
  EXPECT_EQ(table.Find(NodeId{2})->last_heard, MonotonicTime(milliseconds(5)));
  EXPECT_EQ(table.Find(NodeId{3})->match, LogIndex{0});
  EXPECT_EQ(table.Find(NodeId{3})->next, LogIndex{20});
  EXPECT_EQ(table.Find(NodeId{3})->last_heard, MonotonicTime(milliseconds(9)));
  now = *Changer(now).LeaveJoint();
  now = *Changer(now).Simple({{ChangeKind::kRemove, NodeId{2}}});
  table.Follow(now, LogIndex{30}, MonotonicTime(milliseconds(9)));
  EXPECT_EQ(table.Find(NodeId{2}), nullptr);
  EXPECT_EQ(table.size(), 2u);
}

}  // namespace
}  // namespace quadraft::raft
