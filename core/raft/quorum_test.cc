// Quorums against etcd's published tests (testing/datadriven.h) and against plain definitions.
#include "core/raft/quorum.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <string>

#include "core/base/strings.h"
#include "core/env/random.h"
#include "core/raft/testing/datadriven.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

constexpr int kPublishedCases = 127;

// ---- etcd's quorum/testdata

// One "committed" or "vote": the voters, and one word for each in order of first mention.
struct Question {
  JointMajority voters;
  std::map<NodeId, std::string> words;  // "_": nothing known; left out.
};

Question Read(const DataDrivenCase& c) {
  Question question;
  std::vector<NodeId> named;
  const auto add = [&](const char* key, NodeSet& voters) {
    const auto* list = c.Find(key);
    if (list == nullptr || c.ValueOr(key, "") == "zero") return;
    for (const std::string& word : list->values) {
      const NodeId node(std::stoull(word));
      if (!question.voters.Contains(node)) named.push_back(node);
      voters.Insert(node);
    }
  };
  add("cfg", question.voters.incoming);
  add("cfgj", question.voters.outgoing);
  const auto* words = c.Find(c.command == "vote" ? "votes" : "idx");
  const size_t given = words == nullptr ? 0 : words->values.size();
  EXPECT_EQ(given, named.size()) << "line " << c.line;
  for (size_t i = 0; i < std::min(given, named.size()); ++i) {
    if (words->values[i] != "_") question.words[named[i]] = words->values[i];
  }
  return question;
}

std::string Vote(const Question& question) {
  const VoteResult result = question.voters.Tally([&](NodeId node) {
    const auto word = question.words.find(node);
    if (word == question.words.end()) return Ballot::kUnknown;
    return word->second == "y" ? Ballot::kGranted : Ballot::kRefused;
  });
  if (result == VoteResult::kPending) return "VotePending\n";
  return result == VoteResult::kWon ? "VoteWon\n" : "VoteLost\n";
}

// A bar for each voter, as long as voters are behind it, then the index that the quorum has.
std::string Committed(const Question& question) {
  const auto index_of = [&](NodeId node) -> uint64_t {
    const auto word = question.words.find(node);
    return word == question.words.end() ? 0 : std::stoull(word->second);
  };
  const NodeSet nodes = Union(question.voters.incoming, question.voters.outgoing);
  std::string out;
  if (nodes.empty()) {
    out = "<empty majority quorum>";
  } else {
    out = std::string(nodes.size(), ' ') + "    idx\n";
  }
  for (NodeId node : nodes) {
    const uint64_t index = index_of(node);
    std::string bar = "?";
    if (question.words.contains(node)) {
      const auto behind = std::count_if(nodes.begin(), nodes.end(),
                                        [&](NodeId other) { return index_of(other) < index; });
      bar = std::string(behind, 'x') + ">";
    }
    bar.resize(nodes.size() + 1, ' ');
    const std::string digits = StrCat(index);
    StrAppend(&out, bar, std::string(6 - digits.size(), ' '), digits, "    (id=", node, ")\n");
  }
  const uint64_t value = question.voters.QuorumValue(index_of);
  StrAppend(&out, value == kEveryValue ? "∞" : StrCat(value), "\n");
  return out;
}

TEST(EtcdQuorum, AllPublishedCases) {
  const std::string folder = EtcdFolder();
  if (folder.empty()) GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/raft/etcd";
  int ran = 0;
  for (const DataDrivenFile& file : ReadDataDrivenFiles(folder + "quorum/testdata")) {
    const auto cases = ParseDataDriven(file.text);
    ASSERT_TRUE(cases.ok()) << file.path << ": " << ToString(cases.status());
    for (const DataDrivenCase& c : *cases) {
      SCOPED_TRACE(StrCat(file.path, ":", c.line));
      ASSERT_TRUE(c.command == "vote" || c.command == "committed") << c.command;
      const Question question = Read(c);
      EXPECT_EQ(c.command == "vote" ? Vote(question) : Committed(question), c.expected);
      ++ran;
    }
  }
  std::cout << ran << " cases of etcd's quorum/testdata\n";
  EXPECT_GE(ran, kPublishedCases);
}

// ---- Against plain definitions

constexpr int kRounds = 3000;
constexpr uint64_t kNodes = 8;

NodeSet AnyNodes(Random& random, uint64_t at_most) {
  NodeSet nodes;
  for (uint64_t n = random.Between(0, at_most); n > 0; --n) {
    nodes.Insert(NodeId(random.Between(1, kNodes)));
  }
  return nodes;
}

// More than half of the list.
bool IsMajority(const NodeSet& voters, const NodeSet& some) {
  size_t there = 0;
  for (NodeId node : voters) there += some.Contains(node);
  return voters.empty() || 2 * there > voters.size();
}
bool IsQuorum(const JointMajority& voters, const NodeSet& some) {
  return IsMajority(voters.incoming, some) && IsMajority(voters.outgoing, some);
}

TEST(Quorum, ValueIsTheLargestThatAMajorityOfEachListHas) {
  Random random(1, "quorum");
  for (int round = 0; round < kRounds; ++round) {
    const JointMajority voters{.incoming = AnyNodes(random, 7), .outgoing = AnyNodes(random, 7)};
    std::map<NodeId, uint64_t> index;
    for (uint64_t n = 1; n <= kNodes; ++n) index[NodeId(n)] = random.Below(6);
    uint64_t expected = kEveryValue;
    if (!voters.incoming.empty() || !voters.outgoing.empty()) {
      for (uint64_t v = 0; v < 6; ++v) {
        NodeSet reached;
        for (const auto& [node, has] : index) {
          if (has >= v) reached.Insert(node);
        }
        if (IsQuorum(voters, reached)) expected = v;
      }
    }
    EXPECT_EQ(voters.QuorumValue([&](NodeId node) { return index[node]; }), expected)
        << Describe(voters);
  }
}

// Won: whatever the rest say, it stays won. Lost: whatever they say, it is not won.
TEST(Quorum, AVoteIsOverWhenNothingStillOpenMatters) {
  Random random(2, "quorum");
  for (int round = 0; round < kRounds; ++round) {
    const JointMajority voters{.incoming = AnyNodes(random, 7), .outgoing = AnyNodes(random, 7)};
    std::map<NodeId, Ballot> ballots;
    NodeSet granted, granted_or_open;
    for (NodeId node : Union(voters.incoming, voters.outgoing)) {
      const Ballot ballot = static_cast<Ballot>(random.Below(3));
      ballots[node] = ballot;
      if (ballot == Ballot::kGranted) granted.Insert(node);
      if (ballot != Ballot::kRefused) granted_or_open.Insert(node);
    }
    VoteResult expected = VoteResult::kPending;
    if (IsQuorum(voters, granted)) expected = VoteResult::kWon;
    if (!IsQuorum(voters, granted_or_open)) expected = VoteResult::kLost;
    EXPECT_EQ(voters.Tally([&](NodeId node) { return ballots[node]; }), expected)
        << Describe(voters);
  }
}

TEST(Quorum, AListWithItselfWithNoneOrTurnedRoundSaysTheSame) {
  Random random(3, "quorum");
  for (int round = 0; round < kRounds; ++round) {
    const NodeSet a = AnyNodes(random, 7);
    const NodeSet b = AnyNodes(random, 7);
    std::map<NodeId, uint64_t> index;
    for (uint64_t n = 1; n <= kNodes; ++n) index[NodeId(n)] = random.Below(100);
    const auto value = [&](const NodeSet& incoming, const NodeSet& outgoing) {
      return JointMajority{incoming, outgoing}.QuorumValue([&](NodeId n) { return index[n]; });
    };
    EXPECT_EQ(value(a, b), value(b, a));
    EXPECT_EQ(value(a, a), value(a, {}));
    EXPECT_EQ(value({}, a), value(a, {}));
  }
}

TEST(NodeSet, IsASortedSet) {
  NodeSet nodes({NodeId{3}, NodeId{1}, NodeId{3}});
  nodes.Insert(NodeId{2});
  nodes.Insert(NodeId{2});
  EXPECT_EQ(Describe(nodes), "(1 2 3)");
  nodes.Erase(NodeId{1});
  nodes.Erase(NodeId{7});
  EXPECT_EQ(Describe(nodes), "(2 3)");
  EXPECT_EQ(Describe(NodeSet()), "()");
  const NodeSet other({NodeId{3}, NodeId{4}});
  EXPECT_EQ(Describe(Union(nodes, other)), "(2 3 4)");
  EXPECT_EQ(DifferenceSize(nodes, other), 2u);
}

}  // namespace
}  // namespace quadraft::raft
