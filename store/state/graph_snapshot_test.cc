#include <gtest/gtest.h>

#include "store/state/graph_state_testing.h"
#include "store/state/snapshot_chunk.h"

namespace quadraft::store {
namespace {

std::vector<std::string> Chunks(GraphState& state, size_t bytes) {
  auto reader = *state.OpenSnapshot();
  std::vector<std::string> out;
  while (true) {
    out.push_back(*reader->NextChunk(bytes));
    if (out.back().empty()) break;
  }
  out.pop_back();
  return out;
}

struct SnapshotTest : GraphStateTest {
  void SetUp() override {
    GraphStateTest::SetUp();
    Random random(7, "snapshot");
    for (int i = 0; i < 120; ++i) {
      model.Add(RandomWrites(random, 8));
      Apply(model.entries.back());
    }
    chunks = Chunks(*state, 400);
    ASSERT_GT(chunks.size(), 3u);
    other_kv = std::move(*KvStore::Open(other_env, "state", Tiny()));
    other = *GraphState::Open(*other_kv, kGroup, {});
    // Something of its own, which must go.
    other_model.Add(
        {.inserts = {
             RandomQuad(random),
             RandomQuad(random),
             {Term::Iri("http://own/"), Term::Iri("http://own/"), Term::Literal("own"), {}}}});
    ASSERT_TRUE(other->Apply(other_model.entries).ok());
  }
  Status Install(const std::vector<std::string>& pieces, LogIndex index = LogIndex{120},
                 RaftTerm term = RaftTerm{3}) {
    QR_ASSIGN_OR_RETURN(auto writer, other->BeginSnapshot(index, term, {}));
    for (const std::string& piece : pieces) QR_RETURN_IF_ERROR(writer->AddChunk(piece));
    return writer->Commit();
  }
  Model model, other_model;
  std::vector<std::string> chunks;
  MemoryEnv other_env;
  std::unique_ptr<KvStore> other_kv;
  std::unique_ptr<GraphState> other;
};

TEST_F(SnapshotTest, ReplacesTheStateAndTheOldOneIsSweptAway) {
  const auto before = other->LatestView();
  ASSERT_TRUE(Install(chunks).ok());
  ExpectIs(*other, model.at.back());
  EXPECT_EQ(other->applied_index(), LogIndex{120});
  EXPECT_EQ(other->applied_term(), RaftTerm{3});
  EXPECT_EQ(other->content_digest(), state->content_digest());
  EXPECT_EQ(ReadAll(*before)->size(), 3u) << "an open view keeps its moment";
  other_env.RunUntilIdle();
  const auto it = other_kv->NewIterator();
  for (const char* kind : {"b", "f", "i", "u"}) {
    for (it->Seek(kind); it->Valid() && it->key()[0] == *kind; it->Next())
      if (const SpaceId space = LoadBigEndian32(it->key().data() + 1); space != kDictionarySpace) {
        EXPECT_EQ(space, 2u);
      }
  }
  it->Seek("x");
  EXPECT_FALSE(it->Valid() && it->key()[0] == kOldSpaceKind);
  ExpectIs(*other, model.at.back());
  // And life goes on.
  model.Add({.inserts = {
                 {Term::Iri("http://new/"), Term::Iri("http://new/"), Term::Literal("new"), {}}}});
  ASSERT_TRUE(other->Apply({&model.entries.back(), 1}).ok());
  ExpectIs(*other, model.at.back());
  EXPECT_EQ(other->ViewAt(Timestamp(119)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*ReadAll(**other->ViewAt(Timestamp(120))), model.at[120]);
}

TEST_F(SnapshotTest, AReaderKeepsToItsMoment) {
  auto reader = *state->OpenSnapshot();
  std::vector<std::string> pieces = {*reader->NextChunk(300)};
  Random random(8, "later");
  const QuadSet then = model.at.back();
  for (int i = 0; i < 50; ++i) {
    model.Add(RandomWrites(random, 8));
    Apply(model.entries.back());
  }
  while (true) {
    pieces.push_back(*reader->NextChunk(300));
    if (pieces.back().empty()) break;
  }
  pieces.pop_back();
  EXPECT_EQ(reader->index(), LogIndex{120});
  ASSERT_TRUE(Install(pieces).ok());
  ExpectIs(*other, then);
}

TEST_F(SnapshotTest, NothingButTheWholeSnapshotIsTaken) {
  const auto refused = [&](const std::vector<std::string>& pieces, std::string_view what) {
    const Status status = Install(pieces);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << what;
    EXPECT_NE(Message(status).find(std::string(what)), std::string::npos) << Message(status);
    ExpectIs(*other, other_model.at.back());
  };
  auto pieces = chunks;
  pieces.pop_back();
  refused(pieces, "the last chunk is missing");
  pieces = chunks;
  pieces.erase(pieces.begin() + 1);
  refused(pieces, "expected 1");
  pieces = chunks;
  std::swap(pieces[0], pieces[1]);
  refused(pieces, "expected 0");
  pieces = chunks;
  pieces.push_back(chunks.back());
  refused(pieces, "after the end");
  for (const size_t at :
       {size_t{0}, size_t{5}, size_t{9}, chunks[1].size() / 2, chunks[1].size() - 1}) {
    pieces = chunks;
    pieces[1][at] ^= 2;
    refused(pieces, "snapshot chunk");
  }
  // A well-formed chunk with the wrong content: the digest tells.
  pieces = chunks;
  auto chunk = *DecodeSnapshotChunk(pieces[0]);
  std::get<std::vector<Quad>>(chunk.content)[0].object = Term::Literal("forged");
  pieces[0] = EncodeSnapshotChunk(chunk);
  refused(pieces, "digest");
  EXPECT_EQ(Install(chunks, LogIndex{121}).code(), absl::StatusCode::kDataLoss);
  other_env.RunUntilIdle();  // What was staged is discarded.
  const auto it = other_kv->NewIterator();
  for (const char* kind : {"b", "f", "i", "u"}) {
    for (it->Seek(kind); it->Valid() && it->key()[0] == *kind; it->Next())
      ASSERT_EQ(LoadBigEndian32(it->key().data() + 1), 1u);
  }
  ASSERT_TRUE(Install(chunks).ok());
}

TEST_F(SnapshotTest, ACrashAnywhereLeavesTheOldOrTheNew) {
  other.reset(), other_kv.reset();
  Random random(9, "crash");
  int old_ones = 0, new_ones = 0;
  for (uint64_t stop = 1; stop < 300; stop += 1 + stop / 10) {
    MemoryEnv machine;
    {
      auto store = *KvStore::Open(machine, "state", Tiny());
      auto graph = *GraphState::Open(*store, kGroup, {});
      ASSERT_TRUE(graph->Apply(other_model.entries).ok());
      ASSERT_TRUE(graph->MakeDurable(graph->applied_index()).ok());
    }
    machine.memory_disk().FailFrom(stop);
    bool committed = false;
    if (auto store = KvStore::Open(machine, "state", Tiny()); store.ok()) {
      if (auto graph = GraphState::Open(**store, kGroup, {.batch_changes = 20}); graph.ok()) {
        if (auto writer = (*graph)->BeginSnapshot(LogIndex{120}, RaftTerm{3}, {}); writer.ok()) {
          for (const std::string& chunk : chunks) (void)(*writer)->AddChunk(chunk);
          committed = (*writer)->Commit().ok();
          writer->reset();
          while (machine.RunOne()) {
          }
        }
      }
    }
    machine.Crash(random);
    auto store = *KvStore::Open(machine, "state", Tiny());
    auto graph = *GraphState::Open(*store, kGroup, {});
    machine.RunUntilIdle();
    const bool is_new = graph->applied_index() == LogIndex{120};
    ExpectIs(*graph, is_new ? model.at.back() : other_model.at.back());
    if (committed) {
      EXPECT_TRUE(is_new);
    }
    (is_new ? new_ones : old_ones)++;
    if (HasFailure()) return;
  }
  EXPECT_GT(old_ones, 5);
  EXPECT_GT(new_ones, 5);
}

}  // namespace
}  // namespace quadraft::store
