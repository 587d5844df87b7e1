// What an operator asks of a host: leadership handed over, logs compacted at once, and versions of
// the wire mixed while a cluster is upgraded.
#include <optional>
#include <string>

#include "core/base/compress.h"
#include "core/replica/testing/test_cluster.h"
#include "gtest/gtest.h"

namespace quadraft::replica {
namespace {

using Result = std::optional<StatusOr<ProposalResult>>;

StatusOr<ProposalResult> Propose(TestCluster& cluster, int node, std::string payload) {
  const auto result = std::make_shared<Result>();
  cluster.host(node).Propose(kGroup, std::move(payload), [result](StatusOr<ProposalResult> value) {
    *result = std::move(value);
  });
  cluster.world.RunUntilTrue([&] { return result->has_value(); }, seconds(5));
  return result->has_value() ? **result : DeadlineExceeded("no answer");
}

TEST(LeadershipTransfer, TakesMillisecondsAndLosesNothing) {
  TestCluster cluster(3, 1);
  int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(300));
  for (int round = 0; round < 10; ++round) {
    const int next = leader % 3 + 1;
    ASSERT_TRUE(Propose(cluster, leader, StrCat("round ", round)).ok());
    const Duration before = cluster.world.now();
    ASSERT_TRUE(cluster.host(leader).TransferLeadership(kGroup, NodeId(next)).ok());
    ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return cluster.leader() == next; }, seconds(1)));
    // No follower's silence is waited for: that would take raft.election_timeout_min.
    EXPECT_LT(cluster.world.now() - before, milliseconds(20));
    leader = next;
    cluster.world.RunFor(milliseconds(200));
  }
  ASSERT_TRUE(cluster.Converge());
  EXPECT_EQ(cluster.machine(1).lines().size(), 10u);
}

TEST(LeadershipTransfer, ProposalsAreRefusedMeanwhileAndTakenAgainWhenItFails) {
  TestCluster cluster(3, 2);
  const int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(300));
  const int next = cluster.Follower();
  cluster.CutOff(next, true);
  ASSERT_TRUE(cluster.host(leader).TransferLeadership(kGroup, NodeId(next)).ok());
  EXPECT_TRUE(absl::IsUnavailable(Propose(cluster, leader, "early").status()));
  cluster.world.RunFor(Options().raft.transfer_timeout + milliseconds(200));
  EXPECT_EQ(cluster.leader(), leader);
  EXPECT_TRUE(Propose(cluster, leader, "late").ok());
}

TEST(LeadershipTransfer, IsRefusedWhereItCannotBe) {
  TestCluster cluster(3, 3);
  const int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(300));
  ReplicaHost& host = cluster.host(leader);
  EXPECT_TRUE(absl::IsInvalidArgument(host.TransferLeadership(kGroup, NodeId(leader))));
  EXPECT_TRUE(absl::IsInvalidArgument(host.TransferLeadership(kGroup, NodeId(9))));
  EXPECT_TRUE(absl::IsNotFound(host.TransferLeadership(GroupId(9), NodeId(1))));
  const int follower = cluster.Follower();
  EXPECT_TRUE(
      absl::IsUnavailable(cluster.host(follower).TransferLeadership(kGroup, NodeId(leader))));
}

// Node 3 is not upgraded yet: it replicates, leads and votes with the others, but it neither hands
// leadership on nor is handed it; once upgraded it is.
TEST(WireVersions, AnOlderNodeTakesPartInAllButTransfers) {
  TestCluster cluster(3, 4);
  cluster.options_of[3].wire_version = kWireVersionMin;
  int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(300));
  if (leader == 3) {
    EXPECT_TRUE(absl::IsFailedPrecondition(cluster.host(3).TransferLeadership(kGroup, NodeId(1))));
    cluster.CutOff(3, true);
    ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return cluster.leader() != 3; }, seconds(10)));
    leader = cluster.leader();
    cluster.CutOff(3, false);
    cluster.world.RunFor(milliseconds(300));
  }
  ASSERT_TRUE(Propose(cluster, leader, "mixed").ok());
  ASSERT_TRUE(cluster.Converge());
  EXPECT_EQ(cluster.machine(3).lines(), std::vector<std::string>{"mixed"});
  EXPECT_GT(cluster.host(leader).counters().batches_of_other_version, 0u);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(cluster.host(leader).TransferLeadership(kGroup, NodeId(3))));
  // Between the two new ones it works, and the old one votes in it, or its lease is no hindrance.
  const int next = leader == 1 ? 2 : 1;
  ASSERT_TRUE(cluster.host(leader).TransferLeadership(kGroup, NodeId(next)).ok());
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return cluster.leader() == next; }, seconds(1)));
  EXPECT_EQ(cluster.host(3).counters().batches_invalid, 0u);

  cluster.options_of[3].wire_version = kWireVersion;
  cluster.process(3).Crash(sim::CrashKind::kKill);
  cluster.Restart(3);
  cluster.world.RunFor(milliseconds(500));
  ASSERT_TRUE(cluster.Converge());
  leader = cluster.WaitForLeader();
  ASSERT_TRUE(cluster.host(leader).TransferLeadership(kGroup, NodeId(3)).ok());
  EXPECT_TRUE(cluster.world.RunUntilTrue([&] { return cluster.leader() == 3; }, seconds(1)));
}

struct Sink : Network {
  void SetAddress(NodeId, std::string_view) override {}
  void Send(NodeId, Channel, std::string payload) override { sent = std::move(payload); }
  void OnMessage(Channel, MessageHandler) override {}
  StatusOr<std::unique_ptr<Listener>> Listen(std::string_view, AcceptHandler) override {
    return Unavailable("");
  }
  void Connect(std::string_view, ConnectHandler) override {}
  std::string sent;
};

raft::Message AppendOf(std::string payload) {
  return {.to = NodeId(2),
          .term = RaftTerm(3),
          .body = raft::Append{
              .entries = {{.term = RaftTerm(3),
                           .index = LogIndex(1),
                           .payload = std::make_shared<const std::string>(std::move(payload))}}}};
}

// What a receiver of that version makes of it: the first payload, or the kind that it refuses.
std::string Received(std::string_view sent, uint32_t version) {
  proto::RaftBatch scratch;
  uint32_t sender = 0;
  std::string seen;
  const Status status = DecodeBatch(
      NodeId(1), NodeId(2), sent, version, &scratch, &sender, [&](GroupId, raft::Message m) {
        const raft::Entry& entry = std::get<raft::Append>(m.body).entries.at(0);
        seen = entry.kind > raft::EntryKind::kConfiguration ? "unknown kind" : *entry.payload;
      });
  return status.ok() ? seen : Message(status);
}

TEST(WireVersions, LargeEntriesAreCompressedForWhoHasSaidThatItKnows) {
  const std::string large(5000, 'q');
  for (const uint32_t peer : {0u, kWireVersionQuiesce, kWireVersion}) {
    Sink network;
    Outbox outbox(kWireVersion, nullptr, [peer](NodeId) { return peer; });
    outbox.Add(kGroup, AppendOf(large));
    outbox.Flush(network);
    EXPECT_EQ(Received(network.sent, kWireVersion), large);
    const bool compressed = peer >= kWireVersionCompression;
    EXPECT_EQ(network.sent.size() < 1000, compressed) << network.sent.size();
    // One that was set back since refuses the entry, as one of a kind that it does not know.
    EXPECT_EQ(Received(network.sent, kWireVersionQuiesce), compressed ? "unknown kind" : large);
    outbox.Add(kGroup, AppendOf(std::string(kCompressFromBytes - 1, 'q')));
    outbox.Flush(network);
    EXPECT_GT(network.sent.size(), kCompressFromBytes - 1);
  }
}

TEST(WireVersions, ACompressedEntryThatIsNoneOrTooLargeIsNoMessage) {
  proto::RaftBatch batch;
  batch.set_version(kWireVersion);
  auto* entry = batch.add_messages()->mutable_append()->add_entries();
  entry->set_kind(kCompressedKind + 1);
  for (const std::string_view bytes :
       {std::string_view("\xff\xff\xff\xff\x0f\x00", 6), std::string_view("\x05\x00", 2),
        std::string_view()}) {
    entry->set_payload(std::string(bytes));
    EXPECT_NE(Received(batch.SerializeAsString(), kWireVersion).find("unknown kind from node 1"),
              std::string::npos);
  }
}

// Node 3 is older: the same entries, large ones too, come to be everywhere.
TEST(WireVersions, AnOlderNodeGetsLargeEntriesAsTheyAre) {
  TestCluster cluster(3, 6);
  cluster.options_of[3].wire_version = kWireVersionQuiesce;
  for (int i = 0; i < 10; ++i) {
    const int leader = cluster.WaitForLeader();
    ASSERT_TRUE(Propose(cluster, leader, std::string(3000, static_cast<char>('a' + i))).ok());
    if (i == 5) cluster.options_of[3].wire_version = kWireVersion;
    if (i % 3 != 2) continue;
    cluster.process(3).Crash(sim::CrashKind::kKill);
    cluster.Restart(3);
  }
  ASSERT_TRUE(cluster.Converge());
  EXPECT_EQ(cluster.machine(3).lines().size(), 10u);
}

// What is said of leases and of who is to lead, between a sender and a receiver of any version; a
// length that is waited for is never rounded down.
TEST(WireVersions, LeasesAreForThoseWhoKnowThem) {
  for (const auto& [from, to] : {std::pair(kWireVersion, kWireVersion),
                                std::pair(kWireVersion, kWireVersionQuiesce),
                                std::pair(kWireVersionQuiesce, kWireVersion)}) {
    Sink network;
    Outbox outbox(from, [](NodeId) {
      return BatchHead{.priority = 0, .leads = 7};
    });
    const auto add = [&](auto body) {
      outbox.Add(kGroup, {.to = NodeId(2), .term = RaftTerm(3), .body = std::move(body)});
    };
    const raft::PromiseLeft promise{.term = RaftTerm(2), .round = 9, .left = Duration(1'000'001)};
    add(raft::Heartbeat{.round = 5, .lease = milliseconds(300), .rank = 2});
    add(raft::HeartbeatReply{.round = 5, .promised = true});
    add(raft::VoteRequest{});
    add(raft::VoteReply{.granted = true, .promise = promise});
    add(raft::TimeoutNow{.waived_round = 8});
    outbox.Flush(network);
    proto::RaftBatch scratch;
    uint32_t sender = 0;
    std::vector<raft::Message> seen;
    BatchHead head;
    ASSERT_TRUE(DecodeBatch(NodeId(1), NodeId(2), network.sent, to, &scratch, &sender,
                            [&](GroupId, raft::Message m) { seen.push_back(std::move(m)); },
                            [&](const BatchHead& said) { head = said; })
                    .ok());
    ASSERT_EQ(seen.size(), 5u);
    const bool known = from == to;
    EXPECT_EQ(std::get<raft::Heartbeat>(seen[0].body).lease, milliseconds(known ? 300 : 0));
    EXPECT_EQ(std::get<raft::Heartbeat>(seen[0].body).rank, known ? 2u : 0u);
    EXPECT_EQ(std::get<raft::HeartbeatReply>(seen[1].body).promised, known || from < to);
    EXPECT_EQ(std::get<raft::VoteRequest>(seen[2].body).waits, known);
    const auto& vote = std::get<raft::VoteReply>(seen[3].body);
    EXPECT_EQ(vote.promise_known, known);
    EXPECT_EQ(vote.promise.left, known ? Duration(1'001'000) : Duration(0));
    EXPECT_EQ(vote.promise.round, known ? 9u : 0u);
    EXPECT_EQ(std::get<raft::TimeoutNow>(seen[4].body).waived_round, known ? 8u : 0u);
    EXPECT_EQ(head.priority, known ? 0u : raft::kPriorityDefault);
    EXPECT_EQ(head.leads, known ? 7u : 0u);
  }
}

// What a node says to one that knows no transfer: the mark in a vote request is nothing to it.
TEST(WireVersions, TheOlderDecoderSeesNothingOfTheNewerVersion) {
  Sink network;
  Outbox outbox;
  outbox.Add(kGroup, {.to = NodeId(2), .term = RaftTerm(3), .body = raft::TimeoutNow{}});
  outbox.Add(kGroup,
             {.to = NodeId(2), .term = RaftTerm(3), .body = raft::VoteRequest{.transfer = true}});
  outbox.Flush(network);
  for (const uint32_t version : {kWireVersionMin, kWireVersion}) {
    proto::RaftBatch scratch;
    uint32_t sender = 0;
    std::string seen;
    const Status status =
        DecodeBatch(NodeId(1), NodeId(2), network.sent, version, &scratch, &sender,
                    [&](GroupId, raft::Message m) { StrAppend(&seen, raft::Describe(m), "\n"); });
    EXPECT_EQ(sender, kWireVersion);
    EXPECT_EQ(absl::IsInvalidArgument(status), version == kWireVersionMin) << ToString(status);
    EXPECT_EQ(seen, version == kWireVersionMin
                        ? "1->2 term=3 Vote last=0/0 waits_not\n"
                        : "1->2 term=3 TimeoutNow\n1->2 term=3 Vote last=0/0 transfer\n");
  }
}

TEST(Compaction, NowMeansNow) {
  TestCluster cluster(3, 5);
  const int leader = cluster.WaitForLeader();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Propose(cluster, leader, StrCat(i)).ok());
  ASSERT_TRUE(cluster.Converge());
  EXPECT_EQ(cluster.host(leader).raft(kGroup).log().snapshot_index(), LogIndex{});
  ASSERT_TRUE(cluster.host(leader).CompactNow(kGroup, /*keep_for_followers=*/true).ok());
  EXPECT_EQ(cluster.host(leader).raft(kGroup).log().snapshot_index(),
            cluster.host(leader).applied_index(kGroup));
  EXPECT_TRUE(absl::IsNotFound(cluster.host(leader).CompactNow(kGroup, true)));
}

TEST(Compaction, KeepsWhatFollowersNeedUnlessToldOtherwise) {
  TestCluster cluster(3, 6);
  const int leader = cluster.WaitForLeader();
  ASSERT_TRUE(Propose(cluster, leader, "everywhere").ok());
  ASSERT_TRUE(cluster.Converge());
  const int lagging = cluster.Follower();
  const LogIndex held = cluster.host(lagging).applied_index(kGroup);
  cluster.CutOff(lagging, true);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Propose(cluster, leader, StrCat(i)).ok());
  ReplicaHost& host = cluster.host(leader);
  ASSERT_TRUE(host.CompactNow(kGroup, /*keep_for_followers=*/true).ok());
  EXPECT_EQ(host.raft(kGroup).log().snapshot_index(), held);
  ASSERT_TRUE(host.CompactNow(kGroup, /*keep_for_followers=*/false).ok());
  EXPECT_EQ(host.raft(kGroup).log().snapshot_index(), host.applied_index(kGroup));
  cluster.CutOff(lagging, false);
  ASSERT_TRUE(cluster.Converge());
  EXPECT_GT(cluster.host(lagging).counters().snapshots_installed, 0u);
}

}  // namespace
}  // namespace quadraft::replica
