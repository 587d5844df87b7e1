#include <gtest/gtest.h>

#include "store/state/graph_state_testing.h"
#include "store/state/snapshot_chunk.h"

namespace quadraft::store {
namespace {

using txn::SessionCommand;
using txn::SessionVerdict;

constexpr uint64_t kKey = 0xfeed;

class GraphSessionsTest : public GraphStateTest {
 protected:
  raft::Entry EntryOf(const SessionCommand& command) {
    return {RaftTerm{1}, LogIndex{++last_}, raft::EntryKind::kNormal,
            std::make_shared<const std::string>(txn::EncodeSessionCommand(command))};
  }
  static SessionCommand Register(uint64_t time_ms = 1) {
    return {.kind = SessionCommand::Kind::kRegister,
            .time_ms = time_ms,
            .session = {LogIndex{}, kKey},
            .timeout_ms = 1000,
            .sessions_max = 100};
  }
  // Inserts a quad that the other copies of the same update do not.
  SessionCommand Update(uint64_t session, uint64_t sequence, uint64_t time_ms = 1) {
    const Quad quad{Term::Iri("http://s"), Term::Iri("http://p"), Term::Literal(StrCat("copy ", ++copies_)), {}};
    return {.kind = SessionCommand::Kind::kUpdate,
            .time_ms = time_ms,
            .session = {LogIndex{session}, kKey},
            .sequence = sequence,
            .fingerprint = sequence,
            .writes = txn::EncodeWriteSet({.inserts = {quad}})};
  }
  txn::SessionResult Do(const SessionCommand& command) { return DoAll({EntryOf(command)}).back(); }
  std::vector<txn::SessionResult> DoAll(const std::vector<raft::Entry>& entries) {
    auto results = state->Apply(entries);
    EXPECT_TRUE(results.ok()) << ToString(results.status());
    std::vector<txn::SessionResult> out;
    for (const auto& result : *results) out.push_back(*txn::DecodeSessionResult(*result));
    const Status consistent = state->CheckConsistency();
    EXPECT_TRUE(consistent.ok()) << ToString(consistent);
    return out;
  }
  uint64_t last_ = 0;
  int copies_ = 0;
};

TEST_F(GraphSessionsTest, AnUpdateIsDoneOnceWithinABatchAndBetween) {
  Do(Register());
  const auto results = DoAll({EntryOf(Update(1, 1)), EntryOf(Update(1, 2)), EntryOf(Update(1, 1))});
  EXPECT_EQ(results[0].verdict, SessionVerdict::kDone);
  EXPECT_EQ(results[0].outcome.inserted, 1u);
  EXPECT_EQ(results[2].verdict, SessionVerdict::kRepeated);
  EXPECT_EQ(results[2].outcome, results[0].outcome);
  EXPECT_EQ(Do(Update(1, 2)).verdict, SessionVerdict::kRepeated);
  EXPECT_EQ(state->quad_count(), 2u);
}

TEST_F(GraphSessionsTest, ARefusalIsAnOutcomeToo) {
  Do(Register());
  SessionCommand refused = Update(1, 1);
  refused.code = static_cast<uint32_t>(absl::StatusCode::kNotFound);
  refused.message = "no such graph";
  refused.writes.clear();
  EXPECT_EQ(Do(refused).verdict, SessionVerdict::kDone);
  const auto again = Do(Update(1, 1));
  EXPECT_EQ(again.verdict, SessionVerdict::kRepeated);
  EXPECT_EQ(again.outcome.message, "no such graph");
  EXPECT_EQ(state->quad_count(), 0u);
}

TEST_F(GraphSessionsTest, OutcomesAreFoldedWithTheirQuads) {
  Do(Register());
  Do(Update(1, 1));
  Do(Update(1, 2));
  Do(Register());
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  const txn::SessionSummary kept = state->sessions().summary();
  Open();
  EXPECT_EQ(state->sessions().summary(), kept);
  EXPECT_EQ(state->applied_index(), LogIndex{last_});
  EXPECT_EQ(Do(Update(1, 2)).verdict, SessionVerdict::kRepeated);
  EXPECT_EQ(Do(Update(4, 1)).verdict, SessionVerdict::kDone);
  EXPECT_EQ(Do(Update(4, 2, /*time_ms=*/5000)).verdict, SessionVerdict::kUnknownSession);  // It and the other have expired.
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  Open();
  EXPECT_EQ(state->sessions().summary(), (txn::SessionSummary{.clock_ms = 5000}));
}

TEST_F(GraphSessionsTest, WhatWasNotFoldedIsReplayedToTheSame) {
  const auto begin = EntryOf(Register());
  const auto first = EntryOf(Update(1, 1));
  const auto copy = EntryOf(Update(1, 1));
  DoAll({begin, first});
  ASSERT_TRUE(state->MakeDurable(LogIndex{2}).ok());
  DoAll({copy});
  const txn::SessionSummary before = state->sessions().summary();
  Open();
  EXPECT_EQ(state->applied_index(), LogIndex{2});
  EXPECT_EQ(DoAll({copy})[0].verdict, SessionVerdict::kRepeated);
  EXPECT_EQ(state->sessions().summary(), before);
  EXPECT_EQ(state->quad_count(), 1u);
}

TEST_F(GraphSessionsTest, LostSessionsAreNoticedAtTheStart) {
  Do(Register());
  Do(Update(1, 1));
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  KvBatch batch;
  batch.Delete(SessionKey(1, LogIndex{1}));
  ASSERT_TRUE(kv->Write(&batch, true).ok());
  state.reset();
  const auto opened = GraphState::Open(*kv, kGroup, {});
  EXPECT_TRUE(absl::IsDataLoss(opened.status())) << ToString(opened.status());
}

TEST_F(GraphSessionsTest, ASnapshotTakesThemAlong) {
  for (int i = 0; i < 20; ++i) Do(Register());
  for (uint64_t i = 1; i <= 20; ++i) Do(Update(i, 1));
  auto reader = *state->OpenSnapshot();
  const txn::SessionSummary then = state->sessions().summary();
  std::vector<std::string> chunks = {*reader->NextChunk(100)};
  Do(Update(3, 2));  // Meanwhile.
  while (!chunks.back().empty()) chunks.push_back(*reader->NextChunk(100));
  chunks.pop_back();

  MemoryEnv other_env;
  auto other_kv = std::move(*KvStore::Open(other_env, "state", Tiny()));
  auto other = *GraphState::Open(*other_kv, kGroup, {});
  {
    auto writer = *other->BeginSnapshot(reader->index(), reader->term(), {});
    for (const std::string& chunk : chunks) ASSERT_TRUE(writer->AddChunk(chunk).ok());
    const Status installed = writer->Commit();
    ASSERT_TRUE(installed.ok()) << ToString(installed);
  }
  EXPECT_EQ(other->sessions().summary(), then);
  EXPECT_TRUE(other->CheckConsistency().ok());
  other.reset();
  other = *GraphState::Open(*other_kv, kGroup, {});
  EXPECT_EQ(other->sessions().summary(), then);

  // One chunk of them missing is noticed.
  auto writer = *other->BeginSnapshot(reader->index(), reader->term(), {});
  uint64_t number = 0;
  Status status;
  bool dropped = false;
  for (const std::string& chunk : chunks) {
    SnapshotChunk decoded = *DecodeSnapshotChunk(chunk);
    if (!dropped && std::holds_alternative<SnapshotSessions>(decoded.content)) {
      dropped = true;
      continue;
    }
    decoded.number = number++;
    status.Update(writer->AddChunk(EncodeSnapshotChunk(decoded)));
  }
  status.Update(writer->Commit());
  EXPECT_TRUE(dropped);
  EXPECT_TRUE(absl::IsDataLoss(status)) << ToString(status);
}

TEST_F(GraphSessionsTest, ASpaceOfBeforeASnapshotLosesItsSessionsToo) {
  Do(Register());
  Do(Update(1, 1));
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  MemoryEnv other_env;
  auto other_kv = std::move(*KvStore::Open(other_env, "state", Tiny()));
  auto other = *GraphState::Open(*other_kv, kGroup, {});
  std::vector<raft::Entry> entries;
  for (uint64_t i = 1; i <= 5; ++i) entries.push_back(MakeEntry(i, {}));
  ASSERT_TRUE(other->Apply(entries).ok());
  auto reader = *other->OpenSnapshot();
  {
    auto writer = *state->BeginSnapshot(LogIndex{5}, RaftTerm{1}, {});
    ASSERT_TRUE(writer->AddChunk(*reader->NextChunk(1000)).ok());
    ASSERT_TRUE(writer->Commit().ok());
  }
  EXPECT_EQ(state->sessions().summary(), txn::SessionSummary{});
  env.RunUntilIdle();
  const auto it = kv->NewIterator();
  it->Seek(std::string(1, kSessionKind));
  EXPECT_FALSE(it->Valid() && it->key()[0] == kSessionKind);
}

TEST_F(GraphSessionsTest, WithoutSessionsTheFormatIsThatOfBefore) {
  Apply(MakeEntry(1, {}));
  ASSERT_TRUE(state->MakeDurable(LogIndex{1}).ok());
  std::string value;
  ASSERT_TRUE(*kv->Get(GroupKey(kGroup), &value));
  EXPECT_EQ(LoadFixed<uint32_t>(value.data()), 3u);
  last_ = 1;
  Do(Register());
  ASSERT_TRUE(state->MakeDurable(LogIndex{2}).ok());
  ASSERT_TRUE(*kv->Get(GroupKey(kGroup), &value));
  EXPECT_EQ(LoadFixed<uint32_t>(value.data()), 4u);
  EXPECT_EQ(*DecodeGraphMeta(value), *DecodeGraphMeta(EncodeGraphMeta(*DecodeGraphMeta(value))));
  EXPECT_TRUE(absl::IsDataLoss(DecodeGraphMeta(value.substr(0, value.size() - 1)).status()));
}

TEST_F(GraphSessionsTest, WhatIsNoCommandChangesNothing) {
  Do(Register());
  raft::Entry bad = EntryOf(Update(1, 1));
  bad.payload = std::make_shared<const std::string>(bad.payload->substr(0, bad.payload->size() - 1));
  const auto results = state->Apply({&bad, 1});
  ASSERT_TRUE(results.ok());
  EXPECT_TRUE(absl::IsDataLoss(results->front().status()));
  EXPECT_EQ(state->applied_index(), LogIndex{2});
}

}  // namespace
}  // namespace quadraft::store
