// Each checker can fail: a violation is planted directly, and the right row of the index is named.
#include <memory>

#include "core/env/random.h"
#include "core/raft/raft.h"
#include "core/txn/session_table.h"
#include "core/txn/write_set.h"
#include "gtest/gtest.h"
#include "sim/checkers/committed_log.h"
#include "sim/checkers/invariants.h"
#include "sim/checkers/raft_checker.h"
#include "sim/checkers/state_checker.h"
#include "sim/cluster/cluster.h"

namespace quadraft::sim {
namespace {

std::string Named(const Status& status) {
  if (status.ok()) return "nothing";
  const InvariantRow* row = FindInvariant(Message(status));
  return row == nullptr ? "no row: " + Message(status) : std::string(row->name);
}

raft::Entry EntryOf(uint64_t index, uint64_t term, std::string payload) {
  return {.term = RaftTerm{term},
          .index = LogIndex{index},
          .payload = std::make_shared<const std::string>(std::move(payload))};
}

std::string InsertOf(const std::string& value) {
  txn::WriteSet writes;
  writes.inserts.push_back(
      {rdf::Term::Iri("s:1"), rdf::Term::Iri("p:1"), rdf::Term::Literal(value), {}});
  return txn::EncodeWriteSet(writes);
}

// Groups of one, each sure of being the only one: so they contradict each other.
class RaftCheckerTest : public testing::Test {
 protected:
  RaftCheckerTest()
      : world_(1),
        checker_([this](NodeId id) { return rafts_[id.value()].get(); }, &world_,
                 {NodeId{1}, NodeId{2}}) {
    for (const uint64_t id : {1, 2}) {
      world_.AddProcess(NodeId{id}, StrCat("n", id),
                        [](Env&) { return std::make_unique<Program>(); });
    }
  }

  raft::Raft& Make(uint64_t id, uint64_t term, std::vector<raft::Entry> entries,
                   uint64_t commit = 0, uint64_t vote = 0) {
    raft::Raft::Initial initial;
    initial.hard_state = {RaftTerm{term}, NodeId{vote}, LogIndex{commit}};
    initial.entries = std::move(entries);
    initial.configuration_index = LogIndex{1};  // They do not log that they differ.
    rafts_[id] = std::make_unique<raft::Raft>(
        NodeId{id}, raft::Configuration(std::vector<NodeId>{NodeId{id}}), raft::Options{},
        std::move(initial), MonotonicTime{}, &random_);
    return *rafts_[id];
  }
  // Elected, and no further: nothing that it appended is durable yet.
  void Elect(raft::Raft* raft) {
    raft->Tick(raft->next_deadline());
    raft::Output out;
    for (int i = 0; i < 5 && raft->role() != raft::Role::kLeader; ++i) {
      raft->TakeOutput(&out);
      if (out.sync_id != 0) raft->Synced(out.sync_id);
    }
    ASSERT_EQ(raft->role(), raft::Role::kLeader);
  }
  void Restart(uint64_t id) {
    world_.process(NodeId{id}).Crash(CrashKind::kKill);
    world_.process(NodeId{id}).Start();
    world_.RunFor(milliseconds(1));
  }
  Status Look(uint64_t id) {
    EventRecord event;
    event.node = NodeId{id};
    return checker_.AfterEvent(event);
  }

  World world_;
  Random random_{7};
  std::map<uint64_t, std::unique_ptr<raft::Raft>> rafts_;
  RaftChecker checker_;
};

TEST_F(RaftCheckerTest, ElectionSafety) {
  Elect(&Make(1, 0, {}));
  Elect(&Make(2, 0, {}));
  EXPECT_EQ(Named(Look(1)), "nothing");
  EXPECT_EQ(Named(Look(2)), "election safety");
}

TEST_F(RaftCheckerTest, LeaderAppendOnly) {
  raft::Raft& leader = Make(1, 0, {});
  Elect(&leader);
  ASSERT_TRUE(leader.Propose(std::make_shared<const std::string>("x")).ok());
  EXPECT_EQ(Named(Look(1)), "nothing");
  Elect(&Make(1, 0, {}));  // The same leader of the same term, without the proposal.
  EXPECT_EQ(Named(Look(1)), "leader append-only");
}

TEST_F(RaftCheckerTest, LogMatching) {
  Make(1, 3, {EntryOf(1, 3, "a")});
  Make(2, 3, {EntryOf(1, 3, "b")});
  EXPECT_EQ(Named(Look(1)), "nothing");
  EXPECT_EQ(Named(Look(2)), "log matching");
}

TEST_F(RaftCheckerTest, LeaderCompleteness) {
  Make(1, 3, {EntryOf(1, 3, "a")}, /*commit=*/1);
  EXPECT_EQ(Named(Look(1)), "nothing");
  Elect(&Make(2, 5, {}));
  EXPECT_EQ(Named(Look(2)), "leader completeness");
}

TEST_F(RaftCheckerTest, StateMachineSafety) {
  Make(1, 3, {EntryOf(1, 3, "a")}, /*commit=*/1);
  Make(2, 4, {EntryOf(1, 4, "b")}, /*commit=*/1);
  EXPECT_EQ(Named(Look(1)), "nothing");
  EXPECT_EQ(Named(Look(2)), "state machine safety");
}

TEST_F(RaftCheckerTest, TermsDoNotGoBack) {
  Make(1, 5, {});
  EXPECT_EQ(Named(Look(1)), "nothing");
  Make(1, 4, {});
  EXPECT_EQ(Named(Look(1)), "went back");
}

TEST_F(RaftCheckerTest, OneVotePerTerm) {
  Make(1, 5, {}, 0, /*vote=*/2);
  EXPECT_EQ(Named(Look(1)), "nothing");
  Make(1, 5, {}, 0, /*vote=*/3);
  EXPECT_EQ(Named(Look(1)), "one vote per term");
}

TEST_F(RaftCheckerTest, DurabilityOfVotes) {
  Make(1, 5, {}, 0, /*vote=*/2);
  EXPECT_EQ(Named(Look(1)), "nothing");
  Restart(1);
  Make(1, 5, {}, 0, /*vote=*/2);
  EXPECT_EQ(Named(Look(1)), "nothing");
  Restart(1);
  Make(1, 5, {});
  EXPECT_EQ(Named(Look(1)), "durability");
}

TEST_F(RaftCheckerTest, AVoteThatWasOnItsWayMayBeThereAfterARestart) {
  Make(1, 5, {});
  EXPECT_EQ(Named(Look(1)), "nothing");
  Restart(1);
  Make(1, 5, {}, 0, /*vote=*/2);
  EXPECT_EQ(Named(Look(1)), "nothing");
}

TEST_F(RaftCheckerTest, DurabilityOfEntries) {
  Make(1, 5, {EntryOf(1, 5, "a"), EntryOf(2, 5, "b")});
  EXPECT_EQ(Named(Look(1)), "nothing");
  Restart(1);
  Make(1, 5, {EntryOf(1, 5, "a")});
  EXPECT_EQ(Named(Look(1)), "durability");
}

// A real node, and a committed log that the test writes.
class StateCheckerTest : public testing::Test {
 protected:
  StateCheckerTest()
      : world_(3),
        cluster_(&world_, OneNode()),
        committed_([](NodeId) { return nullptr; }),
        checker_(&cluster_, &committed_) {
    cluster_.StartAll();
    world_.RunFor(seconds(5));
    QR_CHECK(cluster_.node(NodeId{1}) != nullptr);
    next_ = state().applied_index().value() + 1;
    for (uint64_t i = 1; i < next_; ++i) {  // What it did by itself changed no quad.
      EXPECT_TRUE(committed_.Append(EntryOf(i, 1, txn::EncodeWriteSet({}))).ok());
    }
  }
  static ClusterOptions OneNode() {
    ClusterOptions options;
    options.nodes = 1;
    return options;
  }
  store::GraphState& state() { return cluster_.node(NodeId{1})->state(); }
  void Apply(const std::string& payload) {
    const std::vector<raft::Entry> entries = {
        EntryOf(next_, state().applied_term().value(), payload)};
    ASSERT_TRUE(state().Apply(entries).ok());
  }
  Status Look() {
    EventRecord event;
    event.node = NodeId{1};
    return checker_.AfterEvent(event);
  }

  World world_;
  Cluster cluster_;
  CommittedLog committed_;
  StateChecker checker_;
  uint64_t next_ = 0;
};

TEST_F(StateCheckerTest, WhatTheEntriesAmountToIsRight) {
  ASSERT_TRUE(committed_.Append(EntryOf(next_, 1, InsertOf("one"))).ok());
  Apply(InsertOf("one"));
  EXPECT_EQ(Named(Look()), "nothing");
  EXPECT_EQ(Named(checker_.AtEnd()), "nothing");
  EXPECT_EQ(committed_.data().size(), 1u);
}

TEST_F(StateCheckerTest, OtherQuadsThanTheEntriesGive) {
  ASSERT_TRUE(committed_.Append(EntryOf(next_, 1, InsertOf("one"))).ok());
  Apply(InsertOf("two"));
  EXPECT_EQ(Named(Look()), "digests");
}

TEST_F(StateCheckerTest, AnEntryThatNobodyCommitted) {
  Apply(InsertOf("one"));
  EXPECT_EQ(Named(Look()), "state machine safety");
}

TEST(CommittedLogTest, WhatANodeCommittedAndCompactedUnseen) {
  raft::Raft::Initial initial;
  initial.hard_state = {RaftTerm{2}, NodeId{}, LogIndex{7}};
  initial.snapshot_index = LogIndex{7};
  initial.snapshot_term = RaftTerm{2};
  Random random(1);
  const raft::Raft raft(NodeId{1}, raft::Configuration(std::vector<NodeId>{NodeId{1}}),
                        raft::Options{}, std::move(initial), MonotonicTime{}, &random);
  CommittedLog committed([&](NodeId) { return &raft; });
  EventRecord event;
  event.node = NodeId{1};
  EXPECT_EQ(Named(committed.AfterEvent(event)), "leader completeness");
}

// A leader that hears of a quorum may commit, apply and compact before anybody looks again.
TEST(CommittedLogTest, WhatWasCommittedAndCompactedInOneEvent) {
  const auto machine = [](RaftTerm term, uint64_t commit, LogIndex snapshot,
                          std::vector<raft::Entry> entries, Random* random) {
    raft::Raft::Initial initial;
    initial.hard_state = {term, NodeId{}, LogIndex{commit}};
    initial.snapshot_index = snapshot;
    initial.snapshot_term = snapshot == LogIndex{} ? RaftTerm{} : term;
    initial.entries = std::move(entries);
    return std::make_unique<raft::Raft>(
        NodeId{1}, raft::Configuration(std::vector<NodeId>{NodeId{1}}), raft::Options{},
        std::move(initial), MonotonicTime{}, random);
  };
  Random random(1);
  raft::Entry entry;
  entry.index = LogIndex{1};
  entry.term = RaftTerm{2};
  entry.kind = raft::EntryKind::kNoop;
  std::unique_ptr<raft::Raft> raft = machine(RaftTerm{2}, 0, LogIndex{}, {entry}, &random);
  CommittedLog committed([&](NodeId) { return raft.get(); });
  EventRecord event;
  event.node = NodeId{1};
  ASSERT_TRUE(committed.AfterEvent(event).ok());
  ASSERT_EQ(committed.commit(), LogIndex{});
  raft = machine(RaftTerm{2}, 1, LogIndex{1}, {}, &random);
  EXPECT_EQ(ToString(committed.AfterEvent(event)), "OK");
  EXPECT_EQ(committed.commit(), LogIndex{1});
}

TEST(CommittedLogTest, EveryVersionCanBeHadAgain) {
  CommittedLog committed([](NodeId) { return nullptr; });
  std::vector<oracle::Dataset> versions = {committed.data()};
  for (uint64_t i = 1; i <= 6; ++i) {
    txn::WriteSet writes;
    const auto quad = [](uint64_t n) {
      return rdf::Quad{
          rdf::Term::Iri("s:1"), rdf::Term::Iri("p:1"), rdf::Term::Literal(StrCat(n % 3)), {}};
    };
    writes.deletes = {quad(i)};
    writes.inserts = {quad(i + 1), quad(i + 2)};
    ASSERT_TRUE(committed.Append(EntryOf(i, 1, txn::EncodeWriteSet(writes))).ok());
    versions.push_back(committed.data());
  }
  oracle::Dataset data = committed.data();
  for (uint64_t i = 6; i > 0; --i) {
    EXPECT_EQ(data, versions[i]);
    committed.Undo(LogIndex{i}, &data);
  }
  EXPECT_EQ(data.size(), 0u);
}

// Of one of the last sessions mostly.
txn::SessionCommand RandomCommand(Random& random, uint64_t index, const std::vector<uint64_t>& registered) {
  txn::SessionCommand command;
  command.kind = static_cast<txn::SessionCommand::Kind>(random.OneIn(10) ? 3 : 1 + (random.Below(8) > 0));
  command.time_ms = index * 10 + random.Below(100);
  const uint64_t back = 1 + random.Below(4);
  command.session.index = LogIndex{registered.size() < back ? index : registered[registered.size() - back]};
  command.session.key = random.OneIn(20);
  command.timeout_ms = random.Between(50, 400);
  command.sessions_max = 1 + random.Below(6);
  command.sequence = 1 + random.Below(random.OneIn(10) ? 2 * txn::kSessionWindow : 8);
  command.kept_from = random.OneIn(3) ? 1 + random.Below(command.sequence) : 1;
  command.fingerprint = random.Below(3) > 0;
  return command;
}

TEST(SessionModelTest, ComesToWhatTheTableOfNodesComesTo) {
  Random random(1, "sessions");
  txn::SessionTable table;
  SessionModel model;
  std::vector<uint64_t> registered;
  uint64_t verdicts[7] = {};
  for (uint64_t i = 1; i <= 20'000; ++i) {
    txn::SessionCommand command = RandomCommand(random, i, registered);
    if (command.kind == txn::SessionCommand::Kind::kRegister) {
      command.session.key = 0;
      registered.push_back(i);
    }
    const bool update = command.kind == txn::SessionCommand::Kind::kUpdate;
    const txn::SessionResult result = table.Begin(command, LogIndex{i});
    const bool done = update && result.verdict == txn::SessionVerdict::kDone;
    verdicts[static_cast<int>(result.verdict)] += update;
    ASSERT_EQ(model.Append(command, LogIndex{i}) == SessionModel::Ruling::kDo, done) << i;
    if (done) {
      const txn::SessionOutcome outcome{.index = LogIndex{i}, .fingerprint = command.fingerprint, .inserted = i};
      table.Record(command, outcome);
      model.Record(command, outcome);
    }
    ASSERT_EQ(model.Summary(), table.summary()) << i;
  }
  for (int verdict = 1; verdict <= 6; ++verdict) EXPECT_GT(verdicts[verdict], 20u) << verdict;
  EXPECT_GT(table.counters().expired, 100u);
  EXPECT_GT(table.counters().evicted, 100u);
}

TEST_F(StateCheckerTest, OtherSessionsThanTheEntriesGive) {
  txn::SessionCommand command;
  command.time_ms = 1;
  command.timeout_ms = 1000;
  command.sessions_max = 3;
  const std::string one = txn::EncodeSessionCommand(command);
  command.session.key = 7;
  Apply(one);
  ASSERT_TRUE(committed_.Append(EntryOf(next_, 1, txn::EncodeSessionCommand(command))).ok());
  EXPECT_EQ(Named(Look()), "sessions");
}

TEST_F(StateCheckerTest, ACopyOfAnUpdateHasNoEffect) {
  txn::SessionCommand registers;
  registers.timeout_ms = 1000;
  registers.sessions_max = 3;
  txn::SessionCommand update;
  update.kind = txn::SessionCommand::Kind::kUpdate;
  update.session.index = LogIndex{next_};
  update.sequence = 1;
  for (const char* value : {"", "one", "another"}) {
    update.writes = InsertOf(value);
    const std::string payload = txn::EncodeSessionCommand(*value == 0 ? registers : update);
    Apply(payload);
    ASSERT_TRUE(committed_.Append(EntryOf(next_++, 1, payload)).ok());
    EXPECT_TRUE(Look().ok()) << ToString(Look());
  }
  EXPECT_EQ(committed_.data().size(), 1u);
}

TEST(InvariantsTest, TheRowThatIsNamedFirstCounts) {
  EXPECT_EQ(FindInvariant("raft: log matching: ... election safety")->name, "log matching");
  EXPECT_EQ(FindInvariant("acknowledged write lost: e7")->name, "acknowledged write lost");
  EXPECT_EQ(FindInvariant("something else"), nullptr);
}

}  // namespace
}  // namespace quadraft::sim
