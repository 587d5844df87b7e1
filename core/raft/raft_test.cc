// The machine by itself: what it does with words that no honest peer says, and its own books.
#include "core/raft/raft.h"

#include <memory>
#include <string>

#include "core/raft/invariants.h"
#include "core/raft/testing/cluster.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

const MonotonicTime kStart{Duration(0)};

std::shared_ptr<const std::string> Bytes(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

// A node that waits to be told who its group is, after one message from node 1 in term 2.
struct Told {
  explicit Told(decltype(Message::body) body)
      : random(1, "node/4"), raft(NodeId{4}, Configuration(), Options(), {}, kStart, &random) {
    raft.Step(kStart, {.from = NodeId{1}, .to = NodeId{4}, .term = RaftTerm{2}, .body = body});
    raft.TakeOutput(&out);
  }
  bool dropped() const {
    return raft.counters().invalid_messages == 1 && raft.term() == RaftTerm{} &&
           raft.fault().ok() && out.snapshot_chunks.empty() && out.entries.empty();
  }
  Random random;
  Raft raft;
  Output out;
};

SnapshotChunk Chunk(LogIndex configuration_index, std::string configuration) {
  return {.index = LogIndex{5},
          .index_term = RaftTerm{1},
          .done = true,
          .data = Bytes(""),
          .configuration_index = configuration_index,
          .configuration = Bytes(std::move(configuration))};
}

TEST(Raft, DropsASnapshotWhoseConfigurationIsNone) {
  const std::string good = EncodeConfiguration(Configuration({NodeId{1}, NodeId{4}}));
  const Told told(Chunk(LogIndex{3}, good));
  EXPECT_EQ(told.out.snapshot_chunks.size(), 1u);
  EXPECT_EQ(told.raft.term(), RaftTerm{2});
  EXPECT_EQ(Told(Chunk(LogIndex{}, "")).out.snapshot_chunks.size(), 1u);
  EXPECT_TRUE(Told(Chunk(LogIndex{3}, "")).dropped());
  EXPECT_TRUE(Told(Chunk(LogIndex{3}, good.substr(1))).dropped());
  EXPECT_TRUE(Told(Chunk(LogIndex{3}, EncodeConfiguration(Configuration()))).dropped());
  EXPECT_TRUE(Told(Chunk(LogIndex{6}, good)).dropped()) << "of an entry behind the snapshot";
}

TEST(Raft, DropsAnEntryWhoseConfigurationIsNone) {
  const auto append = [](const std::string& configuration) {
    return Append{.entries = {{.term = RaftTerm{2},
                               .index = LogIndex{1},
                               .kind = EntryKind::kConfiguration,
                               .payload = Bytes(configuration)}}};
  };
  const std::string good = EncodeConfiguration(Configuration({NodeId{1}, NodeId{4}}));
  EXPECT_EQ(Told(append(good)).out.entries.size(), 1u);
  EXPECT_TRUE(Told(append("")).dropped());
  EXPECT_TRUE(Told(append(good + "x")).dropped());
  EXPECT_TRUE(Told(append(EncodeConfiguration(Configuration()))).dropped());
}

TEST(Raft, AChangeIsAmongTheUncommittedBytes) {
  Options options;
  options.append_entries_max = 1;
  Cluster cluster(3, options, /*seed=*/1);
  cluster.Timeout(1);
  cluster.Settle();
  const auto uncommitted = [&] { return cluster.raft(1).leader_state()->uncommitted_bytes; };
  EXPECT_EQ(uncommitted(), 0u);
  ASSERT_TRUE(cluster.Change(1, {.changes = {{ChangeKind::kAddLearner, NodeId{9}}}}).ok());
  const size_t change = EncodeConfiguration(cluster.raft(1).configuration()).size();
  EXPECT_EQ(uncommitted(), change);
  ASSERT_TRUE(cluster.Propose(1, "twenty bytes of text").ok());
  EXPECT_EQ(uncommitted(), change + 20);
  // Node 2 acknowledges the change and not what follows it.
  cluster.Sync(1);
  for (size_t i = 0; cluster.raft(1).commit() < cluster.raft(1).configuration_index();) {
    ASSERT_LT(i, cluster.bag().size());
    const Message& message = cluster.bag()[i];
    const auto* append = std::get_if<Append>(&message.body);
    const bool later = append != nullptr && append->prev_index > LogIndex{1};
    if (later || message.to == NodeId{3}) {
      ++i;
    } else {
      cluster.Deliver(i);
      cluster.Sync(2);
    }
  }
  EXPECT_EQ(uncommitted(), 20u);
  cluster.Settle();
  EXPECT_EQ(uncommitted(), 0u);
  EXPECT_TRUE(cluster.status().ok()) << ToString(cluster.status());
}

// A node's start with that log and term.
Status ObserveStart(Invariants& invariants, Raft::Initial initial) {
  Random random(1, "node/1");
  const std::vector<NodeId> voters = {NodeId{1}, NodeId{2}, NodeId{3}};
  initial.hard_state.term = RaftTerm{4};
  Raft raft(NodeId{1}, Configuration(voters), Options(), std::move(initial), kStart, &random);
  const Status status = invariants.Observe(raft);
  invariants.Restarted(NodeId{1});
  return status;
}

TEST(Invariants, ASnapshotMayTakeThePlaceOfWhatWasDurable) {
  const Raft::Initial own{.entries = {{.term = RaftTerm{3}, .index = LogIndex{1}}}};
  Invariants invariants;
  EXPECT_TRUE(ObserveStart(invariants, own).ok());
  EXPECT_TRUE(ObserveStart(invariants, {.snapshot_index = LogIndex{1}, .snapshot_term = RaftTerm{4}}).ok());
  // Nothing else may: another entry, or none.
  for (const Raft::Initial& lost :
       {Raft::Initial{.entries = {{.term = RaftTerm{4}, .index = LogIndex{1}}}}, Raft::Initial()}) {
    Invariants strict;
    EXPECT_TRUE(ObserveStart(strict, own).ok());
    EXPECT_NE(quadraft::Message(ObserveStart(strict, lost)).find("durability"), std::string::npos);
  }
}

// A term is durable before the vote that was given in it while it was written.
TEST(Raft, ATermMayBeDurableBeforeTheVoteInIt) {
  Random random(1, "node/1");
  Raft raft(NodeId{1}, Configuration({NodeId{1}, NodeId{2}, NodeId{3}}), Options(), {}, kStart, &random);
  Output out;
  raft.Step(kStart, {.from = NodeId{2}, .to = NodeId{1}, .term = RaftTerm{1}, .body = Heartbeat{}});
  raft.TakeOutput(&out);
  const uint64_t first = out.sync_id;
  const MonotonicTime later = kStart + seconds(10);
  raft.Step(later, {.from = NodeId{3}, .to = NodeId{1}, .term = RaftTerm{2}, .body = VoteReply{}});
  raft.TakeOutput(&out);
  const uint64_t second = out.sync_id;
  raft.Step(later, {.from = NodeId{3}, .to = NodeId{1}, .term = RaftTerm{2}, .body = VoteRequest{}});
  raft.TakeOutput(&out);
  ASSERT_EQ(raft.vote(), NodeId{3});
  raft.Synced(first);
  EXPECT_FALSE(raft.term_is_durable());
  raft.Synced(second);
  EXPECT_TRUE(raft.term_is_durable());
  EXPECT_FALSE(raft.vote_is_durable());
  raft.Synced(out.sync_id);
  EXPECT_TRUE(raft.vote_is_durable());
}

}  // namespace
}  // namespace quadraft::raft
