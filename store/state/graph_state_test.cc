#include "store/state/graph_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/txn/write_set.h"
#include "store/index/quad_key.h"
#include "store/state/snapshot_chunk.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {
namespace {

using rdf::Quad;
using rdf::Term;
using QuadSet = std::set<Quad>;

constexpr GroupId kGroup{1};

KvOptions Tiny() {
  return {.block_cache_bytes = 64u << 10, .write_buffer_bytes = 64u << 10, .table_bytes = 1u << 20};
}

Term RandomTerm(Random& random, uint64_t range) {
  switch (random.Below(5)) {
    case 0: return Term::Literal(StrCat(random.Below(range)), rdf::kXsdInteger);
    case 1: return Term::Literal(StrCat("some longer text ", random.Below(range)));
    case 2: return Term::Literal(StrCat("t", random.Below(range)), {}, "en");
    case 3: return Term::Blank(StrCat("b", random.Below(range)));
    default: return Term::Iri(StrCat("http://example/o", random.Below(range)));
  }
}

Quad RandomQuad(Random& random, uint64_t range = 6) {
  return {Term::Iri(StrCat("http://example/s", random.Below(range))), Term::Iri(StrCat("http://example/p", random.Below(3))),
          RandomTerm(random, range), random.OneIn(2) ? Term::DefaultGraph() : Term::Iri(StrCat("http://example/g", random.Below(2)))};
}

txn::WriteSet RandomWrites(Random& random, size_t size) {
  txn::WriteSet writes;
  for (uint64_t n = random.Below(size); n > 0; --n) writes.deletes.push_back(RandomQuad(random));
  for (uint64_t n = random.Below(size + 2); n > 0; --n) writes.inserts.push_back(RandomQuad(random));
  return writes;
}

raft::Entry MakeEntry(uint64_t index, const txn::WriteSet& writes) {
  return {RaftTerm{1 + index / 50}, LogIndex{index}, raft::EntryKind::kNormal,
          std::make_shared<const std::string>(txn::EncodeWriteSet(writes))};
}

// What the state should be: every version of the set, from plain set arithmetic.
struct Model {
  std::vector<QuadSet> at = {{}};
  std::vector<raft::Entry> entries;
  ApplyResult Add(const txn::WriteSet& writes) {
    QuadSet next = at.back();
    for (const Quad& quad : writes.deletes) next.erase(quad);
    for (const Quad& quad : writes.inserts) next.insert(quad);
    ApplyResult result;
    for (const Quad& quad : next) result.inserted += !at.back().contains(quad);
    for (const Quad& quad : at.back()) result.deleted += !next.contains(quad);
    entries.push_back(MakeEntry(at.size(), writes));
    at.push_back(std::move(next));
    return result;
  }
};

Hash128 DigestOf(const QuadSet& quads) {
  Hash128 digest;
  for (const Quad& quad : quads) digest.Add(rdf::QuadFingerprint(quad));
  return digest;
}

StatusOr<QuadSet> ReadAll(const ReadView& view, Permutation permutation = Permutation::kSpog) {
  const auto scan = view.Scan({.permutation = permutation});
  const auto columns = PermutationColumns(permutation);
  QuadSet out;
  ColumnBatch batch;
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, scan->Next(&batch));
    if (rows == 0) return out;
    for (size_t row = 0; row < rows; ++row) {
      Quad quad;
      Term* const terms[] = {&quad.subject, &quad.predicate, &quad.object, &quad.graph};
      for (size_t i = 0; i < 4; ++i) {
        QR_ASSIGN_OR_RETURN(*terms[static_cast<size_t>(columns[i])], view.Lookup(batch.columns[i][row]));
      }
      if (!out.insert(quad).second) return Internal("a row came twice");
    }
  }
}

struct GraphStateTest : testing::Test {
  void SetUp() override { Open(); }
  void Close() { state.reset(), kv.reset(); }
  void Open(GraphState::Options options = {.dictionary = {.cache_terms = 64}}) {
    Close();
    auto opened = KvStore::Open(env, "state", Tiny());
    ASSERT_TRUE(opened.ok()) << ToString(opened.status());
    kv = std::move(*opened);
    auto graph = GraphState::Open(*kv, kGroup, options);
    ASSERT_TRUE(graph.ok()) << ToString(graph.status());
    state = std::move(*graph);
  }
  ApplyResult Apply(const raft::Entry& entry) {
    auto results = state->Apply({&entry, 1});
    EXPECT_TRUE(results.ok()) << ToString(results.status());
    if (!results.ok() || !results->front().ok()) return {~uint64_t{0}, 0};
    return *DecodeApplyResult(*results->front());
  }
  void ExpectIs(const GraphState& graph, const QuadSet& quads) {
    EXPECT_EQ(*ReadAll(*graph.LatestView()), quads);
    EXPECT_EQ(graph.quad_count(), quads.size());
    EXPECT_EQ(graph.content_digest(), DigestOf(quads));
    const Status status = graph.CheckConsistency();
    EXPECT_TRUE(status.ok()) << ToString(status);
  }
  MemoryEnv env;
  std::unique_ptr<KvStore> kv;
  std::unique_ptr<GraphState> state;
};

TEST_F(GraphStateTest, EveryVersionIsWhatSetArithmeticSays) {
  Random random(1, "graph");
  Model model;
  for (int i = 0; i < 300; ++i) {
    const ApplyResult expected = model.Add(RandomWrites(random, 6));
    EXPECT_EQ(Apply(model.entries.back()), expected) << i;
  }
  ExpectIs(*state, model.at.back());
  for (uint64_t t = 0; t < model.at.size(); t += 7) {
    const auto view = state->ViewAt(Timestamp(t));
    ASSERT_TRUE(view.ok());
    for (int p = 0; p < kPermutationCount; ++p) EXPECT_EQ(*ReadAll(**view, static_cast<Permutation>(p)), model.at[t]) << t;
  }
  EXPECT_EQ(state->ViewAt(Timestamp(301)).status().code(), absl::StatusCode::kUnavailable);
  Open();
  ExpectIs(*state, model.at.back());
  EXPECT_EQ(state->applied_index(), LogIndex{300});
  EXPECT_EQ(state->applied_term(), RaftTerm{7});
}

TEST_F(GraphStateTest, AnyGroupingOfEntriesIntoBatchesGivesTheSame) {
  Random random(2, "graph");
  Model model;
  std::vector<ApplyResult> expected;
  for (int i = 0; i < 200; ++i) expected.push_back(model.Add(RandomWrites(random, 6)));
  Open({.batch_bytes = 3000, .dictionary = {.cache_terms = 8}});
  for (size_t at = 0; at < model.entries.size();) {
    const size_t n = std::min<size_t>(1 + random.Below(60), model.entries.size() - at);
    const auto results = state->Apply(std::span(model.entries).subspan(at, n));
    ASSERT_TRUE(results.ok());
    for (size_t i = 0; i < n; ++i) EXPECT_EQ(*DecodeApplyResult(*(*results)[i]), expected[at + i]);
    at += n;
  }
  ExpectIs(*state, model.at.back());
}

TEST_F(GraphStateTest, EntriesWithoutAWriteSetOnlyMoveTheIndex) {
  raft::Entry noop{RaftTerm{1}, LogIndex{1}, raft::EntryKind::kNoop, nullptr};
  EXPECT_EQ(Apply(noop), (ApplyResult{0, 0}));
  raft::Entry rubbish{RaftTerm{1}, LogIndex{2}, raft::EntryKind::kNormal, std::make_shared<const std::string>("rubbish")};
  const auto results = state->Apply({&rubbish, 1});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(results->front().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(state->applied_index(), LogIndex{2});
  Open();
  EXPECT_EQ(state->applied_index(), LogIndex{2});
  ExpectIs(*state, {});
}

TEST_F(GraphStateTest, OldVersionsGoAndNoAnswerChanges) {
  Random random(3, "graph");
  Model model;
  Open({.retention = 100, .dictionary = {.cache_terms = 64}});
  std::shared_ptr<const ReadView> old;
  for (int i = 0; i < 600; ++i) {
    model.Add(RandomWrites(random, 6));
    Apply(model.entries.back());
    if (i == 200) old = state->LatestView();
  }
  ExpectIs(*state, model.at.back());
  EXPECT_EQ(*ReadAll(*old), model.at[201]) << "an open view keeps what it needs";
  EXPECT_EQ(state->ViewAt(Timestamp(400)).status().code(), absl::StatusCode::kFailedPrecondition);
  for (uint64_t t = 500; t <= 600; t += 20) EXPECT_EQ(*ReadAll(**state->ViewAt(Timestamp(t))), model.at[t]);
  // Delete everything; once the horizon has passed that, nothing of it is left but the terms.
  model.Add({.deletes = {model.at.back().begin(), model.at.back().end()}});
  Apply(model.entries.back());
  for (int i = 0; i < 300; ++i) {
    model.Add({});
    Apply(model.entries.back());
  }
  ExpectIs(*state, {});
  const auto it = kv->NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    EXPECT_NE(it->key()[0], kQuadKind);
    EXPECT_NE(it->key()[0], kHistoryKind);
  }
}

TEST_F(GraphStateTest, ScansByPrefixSeekAndCount) {
  Random random(4, "graph");
  Model model;
  txn::WriteSet writes;
  for (int i = 0; i < 5000; ++i) writes.inserts.push_back(RandomQuad(random, 300));
  model.Add(writes);
  Apply(model.entries.back());
  const auto view = state->LatestView();
  std::vector<IdQuad> all;
  for (const Quad& quad : model.at.back()) {
    all.push_back({**view->Find(quad.subject), **view->Find(quad.predicate), **view->Find(quad.object), **view->Find(quad.graph)});
  }
  for (int round = 0; round < 100; ++round) {
    const auto permutation = static_cast<Permutation>(random.Below(kPermutationCount));
    const auto columns = PermutationColumns(permutation);
    const auto ids = [&](const IdQuad& quad) {
      std::vector<TermId> out;
      for (const Position column : columns) out.push_back(quad[static_cast<size_t>(column)]);
      return out;
    };
    ScanSpec spec{.permutation = permutation, .prefix = ids(all[random.Below(all.size())])};
    const size_t depth = random.Below(5);
    spec.prefix.resize(depth);
    std::vector<std::vector<TermId>> expected;
    for (const IdQuad& quad : all) {
      const auto key = ids(quad);
      if (std::equal(spec.prefix.begin(), spec.prefix.end(), key.begin())) {
        expected.emplace_back(key.begin() + static_cast<ptrdiff_t>(depth), key.end());
      }
    }
    std::sort(expected.begin(), expected.end());
    const auto scan = view->Scan(spec);
    // Jump forward a few times, then read on.
    size_t from = 0;
    for (uint64_t jumps = random.Below(4); jumps > 0 && depth < 4; --jumps) {
      auto key = expected[random.Below(expected.size())];
      key.resize(random.Below(key.size() + 1));
      ASSERT_TRUE(scan->SeekTo(key).ok());
      const auto at = std::lower_bound(expected.begin(), expected.end(), key);
      from = std::max<size_t>(from, static_cast<size_t>(at - expected.begin()));
    }
    std::vector<std::vector<TermId>> found;
    ColumnBatch batch;
    while (true) {
      const auto rows = scan->Next(&batch);
      ASSERT_TRUE(rows.ok());
      if (*rows == 0) break;
      EXPECT_LE(*rows, kBatchRows);
      ASSERT_EQ(batch.columns.size(), 4 - depth);
      for (size_t row = 0; row < *rows; ++row) {
        found.emplace_back();
        for (const auto& column : batch.columns) found.back().push_back(column[row]);
      }
    }
    EXPECT_EQ(found, std::vector(expected.begin() + static_cast<ptrdiff_t>(from), expected.end()));
    const uint64_t estimate = *view->EstimateRows(spec);
    if (expected.size() <= kExactCountRows) {
      EXPECT_EQ(estimate, expected.size());
    } else {
      EXPECT_GT(estimate, kExactCountRows);
      EXPECT_LT(estimate, expected.size() * 3);
    }
  }
}

TEST_F(GraphStateTest, GroupsOfOneStoreDoNotSeeEachOther) {
  auto other = *GraphState::Open(*kv, GroupId{2}, {});
  Random random(5, "graph");
  Model a, b;
  for (int i = 0; i < 50; ++i) {
    a.Add(RandomWrites(random, 5));
    b.Add(RandomWrites(random, 5));
    Apply(a.entries.back());
    ASSERT_TRUE(other->Apply({&b.entries.back(), 1}).ok());
  }
  ExpectIs(*state, a.at.back());
  ExpectIs(*other, b.at.back());
  const Term term = Term::Iri("http://example/s1");
  EXPECT_EQ(*state->LatestView()->Find(term), *other->LatestView()->Find(term));
}

TEST_F(GraphStateTest, CheckNoticesAMissingKeyInAnyPermutation) {
  Random random(6, "graph");
  Model model;
  model.Add(RandomWrites(random, 40));
  Apply(model.entries.back());
  ASSERT_TRUE(state->CheckConsistency().ok());
  for (int p = 0; p < kPermutationCount; ++p) {
    const std::string prefix = SpacePrefix(kQuadKind, 1) + static_cast<char>(p);
    const auto it = kv->NewIterator();
    it->Seek(prefix);
    ASSERT_TRUE(it->Valid() && it->key().starts_with(prefix));
    const std::string key(it->key()), value(it->value());
    KvBatch batch;
    batch.Delete(key);
    ASSERT_TRUE(kv->Write(&batch, false).ok());
    EXPECT_EQ(state->CheckConsistency().code(), absl::StatusCode::kDataLoss) << p;
    batch.Clear();
    batch.Put(key, value);
    ASSERT_TRUE(kv->Write(&batch, false).ok());
    ASSERT_TRUE(state->CheckConsistency().ok());
  }
}

// --- Snapshots ------------------------------------------------------------------------------------------------------------

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
    other_model.Add({.inserts = {RandomQuad(random), RandomQuad(random), {Term::Iri("http://own/"), Term::Iri("http://own/"), Term::Literal("own"), {}}}});
    ASSERT_TRUE(other->Apply(other_model.entries).ok());
  }
  Status Install(const std::vector<std::string>& pieces, LogIndex index = LogIndex{120}, RaftTerm term = RaftTerm{3}) {
    QR_ASSIGN_OR_RETURN(auto writer, other->BeginSnapshot(index, term));
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
  for (it->Seek("q"); it->Valid() && it->key()[0] == kQuadKind; it->Next()) EXPECT_EQ(LoadBigEndian32(it->key().data() + 1), 2u);
  it->Seek("x");
  EXPECT_FALSE(it->Valid() && it->key()[0] == kOldSpaceKind);
  ExpectIs(*other, model.at.back());
  // And life goes on.
  model.Add({.inserts = {{Term::Iri("http://new/"), Term::Iri("http://new/"), Term::Literal("new"), {}}}});
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
  for (const size_t at : {size_t{0}, size_t{5}, size_t{9}, chunks[1].size() / 2, chunks[1].size() - 1}) {
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
  for (it->Seek("q"); it->Valid() && it->key()[0] == kQuadKind; it->Next()) ASSERT_EQ(LoadBigEndian32(it->key().data() + 1), 1u);
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
      ASSERT_TRUE(graph->MakeDurable().ok());
    }
    machine.memory_disk().FailFrom(stop);
    bool committed = false;
    if (auto store = KvStore::Open(machine, "state", Tiny()); store.ok()) {
      if (auto graph = GraphState::Open(**store, kGroup, {.batch_bytes = 2000}); graph.ok()) {
        if (auto writer = (*graph)->BeginSnapshot(LogIndex{120}, RaftTerm{3}); writer.ok()) {
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

// --- Crashes --------------------------------------------------------------------------------------------------------------

TEST(GraphStateCrashTest, TheStateIsAlwaysOneThatAnAppliedPrefixGives) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    MemoryEnv env(seed);
    Random random(seed, "state crash");
    Model model;
    for (int i = 0; i < 200; ++i) model.Add(RandomWrites(random, 12));
    uint64_t durable = 0;
    for (int life = 0; life < 6; ++life) {
      auto kv = *KvStore::Open(env, "state", Tiny());
      auto state = *GraphState::Open(*kv, kGroup, {.retention = 50, .batch_bytes = 4000, .dictionary = {.cache_terms = 64}});
      const uint64_t applied = state->applied_index().value();
      ASSERT_GE(applied, durable);
      EXPECT_EQ(*ReadAll(*state->LatestView()), model.at[applied]);
      EXPECT_EQ(state->content_digest(), DigestOf(model.at[applied]));
      const Status status = state->CheckConsistency();
      ASSERT_TRUE(status.ok()) << ToString(status);
      if (random.OneIn(2)) env.memory_disk().FailFrom(1 + random.Below(120));
      for (size_t at = applied; at < model.entries.size();) {
        const size_t n = std::min<size_t>(1 + random.Below(10), model.entries.size() - at);
        if (!state->Apply(std::span(model.entries).subspan(at, n)).ok()) {
          EXPECT_FALSE(state->MakeDurable().ok()) << "an error is final";
          break;
        }
        at += n;
        if (random.OneIn(6) && state->MakeDurable().ok()) durable = at;
        if (random.OneIn(3)) env.RunOne();
        if (random.OneIn(40)) break;
      }
      state.reset(), kv.reset();
      env.Crash(random);
    }
  }
}

}  // namespace
}  // namespace quadraft::store
