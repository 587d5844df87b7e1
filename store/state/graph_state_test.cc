#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/base/bytes.h"
#include "store/runs/block.h"
#include "store/runs/run_cursor.h"
#include "store/state/graph_state_testing.h"

namespace quadraft::store {
namespace {

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
    for (int p = 0; p < kPermutationCount; ++p)
      EXPECT_EQ(*ReadAll(**view, static_cast<Permutation>(p)), model.at[t]) << t;
  }
  EXPECT_EQ(state->ViewAt(Timestamp(301)).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
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
  Open({.batch_changes = 20, .dictionary = {.cache_terms = 8}});
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
  raft::Entry rubbish{RaftTerm{1}, LogIndex{2}, raft::EntryKind::kNormal,
                      std::make_shared<const std::string>("rubbish")};
  const auto results = state->Apply({&rubbish, 1});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(results->front().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(state->applied_index(), LogIndex{2});
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  Open();
  EXPECT_EQ(state->applied_index(), LogIndex{2});
  ExpectIs(*state, {});
}

TEST_F(GraphStateTest, OldVersionsGoAndNoAnswerChanges) {
  Random random(3, "graph");
  Model model;
  Open({.retention = 100,
        .index = {.recent_rows_max = 32, .block_rows = 5},
        .dictionary = {.cache_terms = 64}});
  std::shared_ptr<const ReadView> old;
  for (int i = 0; i < 600; ++i) {
    model.Add(RandomWrites(random, 6));
    Apply(model.entries.back());
    if (i == 200) old = state->LatestView();
    env.RunOne();
  }
  ExpectIs(*state, model.at.back());
  EXPECT_EQ(*ReadAll(*old), model.at[201]) << "an open view keeps what it needs";
  EXPECT_EQ(state->ViewAt(Timestamp(400)).status().code(), absl::StatusCode::kFailedPrecondition);
  for (uint64_t t = 500; t <= 600; t += 20)
    EXPECT_EQ(*ReadAll(**state->ViewAt(Timestamp(t))), model.at[t]);
  // Delete everything; once the horizon has passed that, nothing of it is left but the terms.
  model.Add({.deletes = {model.at.back().begin(), model.at.back().end()}});
  Apply(model.entries.back());
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  for (int i = 0; i < 300; ++i) {
    model.Add({});
    Apply(model.entries.back());
    env.RunUntilIdle();
  }
  ExpectIs(*state, {});
  const auto it = kv->NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (std::string_view("bfiuxy").find(it->key()[0]) == std::string_view::npos) continue;
    EXPECT_EQ(LoadBigEndian32(it->key().data() + 1), kDictionarySpace) << it->key()[0];
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
    all.push_back({**view->Find(quad.subject), **view->Find(quad.predicate),
                   **view->Find(quad.object), **view->Find(quad.graph)});
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

TEST_F(GraphStateTest, CheckNoticesAnotherRowInAnyPermutation) {
  Random random(6, "graph");
  Model model;
  Open({.index = {.block_rows = 4}});
  model.Add(RandomWrites(random, 40));
  Apply(model.entries.back());
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  ASSERT_TRUE(state->CheckConsistency().ok());
  for (int p = 0; p < kPermutationCount; ++p) {
    const std::string key = BlockKey(1, 1, p, 0);
    std::string value;
    ASSERT_TRUE(*kv->Get(key, &value));
    std::vector<Row> rows;
    Block::Parse(value)->Decode(0, 4, &rows);
    KvBatch batch;
    rows[1].ids[3] ^= 2;
    std::sort(rows.begin(), rows.end());
    batch.Put(key, EncodeBlock(rows));
    ASSERT_TRUE(kv->Write(&batch, false).ok());
    EXPECT_EQ(state->CheckConsistency().code(), absl::StatusCode::kDataLoss) << p;
    batch.Clear();
    batch.Put(key, value);
    ASSERT_TRUE(kv->Write(&batch, false).ok());
    ASSERT_TRUE(state->CheckConsistency().ok());
  }
}

// As the program before runs wrote it: the format's keys, put together by hand.
TEST_F(GraphStateTest, AStateOfTheFormatBeforeRunsIsTakenOver) {
  Random random(8, "graph");
  Model model;
  Open({.retention = 1000});
  for (int i = 0; i < 80; ++i) {
    model.Add(RandomWrites(random, 8));
    Apply(model.entries.back());
  }
  std::map<IdQuad, std::vector<uint64_t>> toggles;
  for (size_t t = 1; t < model.at.size(); ++t) {
    for (const auto* side : {&model.at[t], &model.at[t - 1]}) {
      for (const Quad& quad : *side) {
        if (model.at[t].contains(quad) == model.at[t - 1].contains(quad)) continue;
        const auto view = state->LatestView();
        toggles[{**view->Find(quad.subject), **view->Find(quad.predicate), **view->Find(quad.object),
                 **view->Find(quad.graph)}]
            .push_back(t);
      }
    }
  }
  KvBatch batch;
  for (const auto& [quad, at] : toggles) {
    for (int p = 0; p < kPermutationCount; ++p) {
      std::string key = SpacePrefix(kQuadKind, 1) + static_cast<char>(p), value;
      for (const uint64_t id : KeyOf(quad, static_cast<Permutation>(p))) PutBigEndian64(&key, id);
      for (size_t i = at.size(); i > 0; --i)
        PutVarint(&value, i == at.size() ? at[i - 1] : at[i] - at[i - 1]);
      batch.Put(key, value);
    }
  }
  std::string meta;
  ASSERT_TRUE(state->MakeDurable(state->applied_index()).ok());
  ASSERT_TRUE(*kv->Get(GroupKey(kGroup), &meta));
  meta[0] = 2;
  batch.Put(GroupKey(kGroup), meta);
  ASSERT_TRUE(kv->Write(&batch, true).ok());
  for (int start = 0; start < 2; ++start) {
    Open({.retention = 1000, .index = {.recent_rows_max = 50}});
    ExpectIs(*state, model.at.back());
    for (uint64_t t = 0; t < model.at.size(); t += 9)
      EXPECT_EQ(*ReadAll(**state->ViewAt(Timestamp(t))), model.at[t]);
    EXPECT_EQ(state->applied_index(), LogIndex{80});
    env.RunUntilIdle();
    const auto it = kv->NewIterator();
    it->Seek("q");
    EXPECT_FALSE(it->Valid() && it->key()[0] == kQuadKind) << "the old keys are swept";
  }
}

// --- Crashes
// --------------------------------------------------------------------------------------------------------------

TEST(GraphStateCrashTest, TheStateIsAlwaysOneThatAnAppliedPrefixGives) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    MemoryEnv env(seed);
    Random random(seed, "state crash");
    Model model;
    for (int i = 0; i < 200; ++i) model.Add(RandomWrites(random, 12));
    uint64_t durable = 0;
    for (int life = 0; life < 6; ++life) {
      auto kv = *KvStore::Open(env, "state", Tiny());
      auto state = *GraphState::Open(
          *kv, kGroup,
          {.retention = 50,
           .batch_changes = 20,
           .index = {.recent_rows_max = 60, .block_rows = 6, .merged_rows_per_slice = 100},
           .dictionary = {.cache_terms = 64}});
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
          EXPECT_FALSE(state->MakeDurable(state->applied_index()).ok()) << "an error is final";
          EXPECT_EQ(state->content_digest(), DigestOf(model.at[state->applied_index().value()]))
              << "what was not written was not applied";
          break;
        }
        at += n;
        if (random.OneIn(6) && state->MakeDurable(state->applied_index()).ok()) durable = at;
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
