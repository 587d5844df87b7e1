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

// ---- Where members are reached, and what they are

ConfigurationState WithContacts(ConfigurationState state, std::map<NodeId, Contact> contacts) {
  state.contacts = std::move(contacts);
  return state;
}

TEST(Contacts, AddressesAreRead) {
  for (const char* good : {"10.0.0.1:7001", "a-host.example:1", "[::1]:65535", "localhost:80"}) {
    EXPECT_TRUE(CheckAddress(good).ok()) << good;
  }
  for (const char* bad : {"", "10.0.0.1", ":7001", "h:", "h:0", "h:65536", "h:7x", "::1:80", "[]:80",
                          "a b:80", "http://h:80", "h:-1", "h: 80"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckAddress(bad))) << bad;
  }
  EXPECT_FALSE(CheckAddress(StrCat(std::string(kAddressBytesMax, 'h'), ":1")).ok());
}

TEST(Contacts, WhatCannotBeIsRefused) {
  const auto refusal = [](std::map<NodeId, Contact> contacts) {
    const auto restored =
        Configuration::Restore(WithContacts(State({1, 2}, {}, {3}, {}), std::move(contacts)));
    EXPECT_TRUE(absl::IsInvalidArgument(restored.status()));
    return Message(restored.status());
  };
  EXPECT_EQ(refusal({{NodeId{4}, {.address = "h:1"}}}), "node 4 is no member and has an address");
  EXPECT_EQ(refusal({{NodeId{1}, {}}}), "node 1 has an empty contact");
  EXPECT_EQ(refusal({{NodeId{1}, {.address = "h"}}}), "\"h\" is no HOST:PORT: there is no port");
  EXPECT_EQ(refusal({{NodeId{1}, {.address = "h:1"}}, {NodeId{3}, {.address = "h:1"}}}),
            "node 3: address h:1 is that of node 1");
  EXPECT_EQ(refusal({{NodeId{1}, {.disk = 7}}, {NodeId{2}, {.disk = 7}}}),
            "node 2 lives on the disk of node 1: its folder is a copy");
}

TEST(Contacts, AreWrittenAndReadAgain) {
  const auto with = Configuration::Restore(
      WithContacts(State({1, 2}, {2, 3}, {4}, {}),
                   {{NodeId{1}, {.address = "h:1", .disk = 5}}, {NodeId{4}, {.disk = ~uint64_t{0}}}}));
  ASSERT_TRUE(with.ok());
  const std::string bytes = EncodeConfiguration(*with);
  EXPECT_EQ(bytes[0], 2);
  const auto read = DecodeConfiguration(bytes);
  ASSERT_TRUE(read.ok()) << ToString(read.status());
  EXPECT_EQ(*read, *with);
  EXPECT_EQ(Describe(*read), "voters=(1 2)&&(2 3) learners=(4) at=(1=h:1)");
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeConfiguration(bytes.substr(0, cut)).status())) << cut;
  }
  // Without contacts the bytes are what they were before there were any.
  const Configuration plain({NodeId{1}, NodeId{2}});
  EXPECT_EQ(EncodeConfiguration(plain), std::string("\x01\x00\x02\x01\x01\x02\x01", 7));
  EXPECT_TRUE(absl::IsDataLoss(DecodeConfiguration(std::string("\x03\x00\x00", 3)).status()));
}

TEST(Contacts, ChangeWithTheMembersOrAlone) {
  Configuration now({NodeId{1}, NodeId{2}, NodeId{3}});
  const auto apply = [&](ConfigurationChange change) {
    auto next = Changer(now).Apply(change);
    if (next.ok()) now = *std::move(next);
    return next.ok() ? Describe(now) : Message(next.status());
  };
  const NodeChange learn4{ChangeKind::kAddLearner, NodeId{4}};
  EXPECT_EQ(apply({.changes = {learn4}, .contacts = {{NodeId{4}, {.address = "h:4"}}}}),
            "voters=(1 2 3) learners=(4) at=(4=h:4)");
  EXPECT_EQ(apply({.contacts = {{NodeId{2}, {.address = "h:2", .disk = 22}}}}),
            "voters=(1 2 3) learners=(4) at=(2=h:2 4=h:4)");
  // An empty part says nothing.
  EXPECT_EQ(apply({.contacts = {{NodeId{2}, {.address = "h:20"}}}}),
            "voters=(1 2 3) learners=(4) at=(2=h:20 4=h:4)");
  EXPECT_EQ(now.ContactOf(NodeId{2}).disk, 22u);
  EXPECT_EQ(apply({.contacts = {{NodeId{2}, {.address = "h:4"}}}}),
            "node 4: address h:4 is that of node 2");
  EXPECT_EQ(apply({.contacts = {{NodeId{5}, {.address = "h:5"}}}}), "node 5 is no member");
  // Two nodes change places in one step, and who is replaced is known until it has gone.
  EXPECT_EQ(apply({.contacts = {{NodeId{2}, {.address = "h:4"}}, {NodeId{4}, {.address = "h:20"}}}}),
            "voters=(1 2 3) learners=(4) at=(2=h:4 4=h:20)");
  EXPECT_EQ(apply({.changes = {{ChangeKind::kAddVoter, NodeId{4}}, {ChangeKind::kRemove, NodeId{2}}},
                   .contacts = {{NodeId{4}, {.disk = 44}}}}),
            "voters=(1 3 4)&&(1 2 3) autoleave at=(2=h:4 4=h:20)");
  EXPECT_EQ(apply({.contacts = {{NodeId{1}, {.address = "h:1"}}}}),
            "can't apply simple config change in joint config");
  EXPECT_EQ(apply({}), "voters=(1 3 4) at=(4=h:20)");
  EXPECT_EQ(now.ContactOf(NodeId{4}).disk, 44u);
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
