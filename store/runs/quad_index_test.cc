#include "store/runs/quad_index.h"

#include <gtest/gtest.h>

#include <map>

#include "store/testing/memory_env.h"

namespace quadraft::store {
namespace {

constexpr GroupId kGroup{1};
constexpr SpaceId kSpace = 3;

// What the index should say: every quad's toggles.
using Model = std::map<IdQuad, std::vector<uint64_t>>;

bool ThereAt(const std::vector<uint64_t>& toggles, uint64_t at) {
  return (std::upper_bound(toggles.begin(), toggles.end(), at) - toggles.begin()) % 2 == 1;
}

struct QuadIndexTest : testing::Test {
  void SetUp() override { Open(); }
  void Open() {
    index.reset();
    kv.reset();
    auto opened = KvStore::Open(env, "state", KvOptions::Small());
    ASSERT_TRUE(opened.ok()) << ToString(opened.status());
    kv = std::move(*opened);
    auto made = QuadIndex::Open(*kv, kGroup, kSpace, options,
                                [this](SpaceId, RunId run) { old_runs.push_back(run); });
    ASSERT_TRUE(made.ok()) << ToString(made.status());
    index = std::move(*made);
  }
  IdQuad RandomQuad() {
    const auto id = [this](uint64_t range) { return TermId((uint64_t{1} << 60) + random.Below(range)); };
    return {id(20), id(3), id(30), id(2)};
  }
  void Step(size_t changes_max) {
    ++now;
    std::map<IdQuad, bool> touched;
    std::vector<QuadChange> changes;
    for (uint64_t n = random.Below(changes_max + 1); n > 0; --n) {
      const IdQuad quad = RandomQuad();
      if (!touched.emplace(quad, true).second) continue;
      changes.push_back({quad, Timestamp(now)});
      model[quad].push_back(now);
    }
    index->Add(changes);
  }
  void ExpectEveryReadFrom(uint64_t from) {
    const auto runs = index->runs();
    const auto snapshot = kv->Snapshot();
    for (int p = 0; p < kPermutationCount; ++p) {
      const auto permutation = static_cast<Permutation>(p);
      std::map<KeyIds, std::vector<uint64_t>> expected;
      for (const auto& [quad, toggles] : model) expected[KeyOf(quad, permutation)] = toggles;
      for (int depth = 0; depth < 4; ++depth) {
        const KeyIds some = std::next(expected.begin(), static_cast<ptrdiff_t>(
                                                            random.Below(expected.size())))->first;
        const KeyPrefix prefix(some.begin(), some.begin() + depth);
        RunMerge merge;
        for (const auto& run : runs->recent) merge.Add(RunCursor(*run, permutation, prefix));
        for (const auto& run : runs->stored) merge.Add(RunCursor(*run, *snapshot, permutation, prefix));
        ASSERT_TRUE(merge.SeekTo(prefix).ok());
        std::map<KeyIds, std::vector<uint64_t>> found;
        while (true) {
          const auto next = merge.Next();
          ASSERT_TRUE(next.ok()) << ToString(next.status());
          if (!*next) break;
          ASSERT_TRUE(found.emplace(merge.ids(), merge.toggles()).second) << "a quad came twice";
        }
        for (const auto& [key, toggles] : expected) {
          const bool wanted = CompareToPrefix(key, prefix) == 0;
          for (uint64_t at = from; at <= now; at += 1 + (now - from) / 7)
            ASSERT_EQ(found.contains(key) && ThereAt(found[key], at), wanted && ThereAt(toggles, at));
        }
        for (const auto& [key, toggles] : found) ASSERT_TRUE(expected.contains(key));
      }
    }
    for (const auto& [quad, toggles] : model)
      ASSERT_EQ(*IsThere(*runs, *snapshot, quad, Timestamp(now)), ThereAt(toggles, now));
  }
  MemoryEnv env;
  QuadIndex::Options options{.recent_rows_max = 40, .block_rows = 7, .merged_rows_per_slice = 50};
  std::unique_ptr<KvStore> kv;
  std::unique_ptr<QuadIndex> index;
  std::vector<RunId> old_runs;
  Random random{1, "quad index"};
  Model model;
  uint64_t now = 0;
};

TEST_F(QuadIndexTest, EveryVersionStaysWhatItWasThroughFoldsAndMerges) {
  for (int i = 0; i < 400; ++i) {
    Step(6);
    KvBatch nothing;
    if (index->WantsFold()) {
      ASSERT_TRUE(index->Fold(&nothing).ok());
    }
    if (random.OneIn(3)) env.RunOne();
    if (i % 40 == 39) ExpectEveryReadFrom(0);
  }
  EXPECT_FALSE(old_runs.empty()) << "nothing was merged";
  env.RunUntilIdle();
  ExpectEveryReadFrom(0);
  EXPECT_LT(index->runs()->stored.size(), 2 * kRunsPerLevel);
  KvBatch nothing;
  ASSERT_TRUE(index->Fold(&nothing).ok());
  Open();
  ExpectEveryReadFrom(0);
}

TEST_F(QuadIndexTest, WhatIsNotFoldedIsGoneAfterAStartAndNothingElse) {
  for (int i = 0; i < 30; ++i) Step(4);
  KvBatch nothing;
  ASSERT_TRUE(index->Fold(&nothing).ok());
  const Model folded = model;
  for (int i = 0; i < 3; ++i) Step(4);
  Open();
  model = folded;
  ExpectEveryReadFrom(0);
}

TEST_F(QuadIndexTest, OldVersionsGoAndReadsFromTheHorizonOnStay) {
  for (int i = 0; i < 600; ++i) {
    Step(6);
    size_t live = 0;
    for (const auto& [quad, toggles] : model) live += ThereAt(toggles, now);
    if (now > 50) index->AllowDropBefore(Timestamp(now - 50), live);
    KvBatch nothing;
    if (index->WantsFold()) {
      ASSERT_TRUE(index->Fold(&nothing).ok());
    }
    env.RunOne();
    if (i % 60 == 59) ExpectEveryReadFrom(index->horizon().value());
  }
  EXPECT_GT(index->horizon(), Timestamp(0));
  EXPECT_LE(index->horizon(), Timestamp(550));
  uint64_t rows = 0, toggles = 0;
  for (const auto& run : index->runs()->stored) rows += run->rows;
  for (const auto& [quad, all] : model) toggles += all.size();
  EXPECT_LT(rows, toggles) << "nothing was dropped";
}

TEST_F(QuadIndexTest, WhenEverythingWentNothingIsLeft) {
  for (int i = 0; i < 20; ++i) Step(6);
  ++now;
  std::vector<QuadChange> changes;
  for (const auto& [quad, toggles] : model) {
    if (ThereAt(toggles, now)) changes.push_back({quad, Timestamp(now)});
  }
  index->Add(changes);
  KvBatch nothing;
  ASSERT_TRUE(index->Fold(&nothing).ok());
  EXPECT_FALSE(index->runs()->stored.empty());
  index->AllowDropBefore(Timestamp(now), 0);
  env.RunUntilIdle();
  EXPECT_TRUE(index->runs()->stored.empty());
}

TEST_F(QuadIndexTest, ASeekGoesToTheFirstRowAtOrAfterItsTarget) {
  for (int i = 0; i < 100; ++i) {
    Step(12);
    KvBatch nothing;
    if (index->WantsFold()) {
      ASSERT_TRUE(index->Fold(&nothing).ok());
    }
  }
  const auto runs = index->runs();
  const auto snapshot = kv->Snapshot();
  std::vector<KeyIds> keys;
  for (const auto& [quad, toggles] : model) keys.push_back(KeyOf(quad, Permutation::kPosg));
  std::sort(keys.begin(), keys.end());
  for (int round = 0; round < 200; ++round) {
    RunMerge merge;
    for (const auto& run : runs->recent) merge.Add(RunCursor(*run, Permutation::kPosg, {}));
    for (const auto& run : runs->stored)
      merge.Add(RunCursor(*run, *snapshot, Permutation::kPosg, {}));
    ASSERT_TRUE(merge.SeekTo({}).ok());
    size_t from = 0;
    for (int jump = 0; jump < 5; ++jump) {
      KeyIds target = keys[random.Below(keys.size())];
      if (random.OneIn(2)) ++target[random.Below(4)];
      ASSERT_TRUE(merge.SeekTo(std::span(target.data(), 1 + random.Below(4))).ok());
      ASSERT_TRUE(merge.SeekTo(target).ok());
      const auto at = std::lower_bound(keys.begin(), keys.end(), target);
      from = std::max(from, static_cast<size_t>(at - keys.begin()));
      const auto next = merge.Next();
      ASSERT_TRUE(next.ok());
      ASSERT_EQ(*next, from < keys.size());
      if (!*next) break;
      EXPECT_EQ(merge.ids(), keys[from]);
      ++from;
    }
  }
}

// Changes that come while a fold goes on are not in it, and not lost with it.
TEST_F(QuadIndexTest, AFoldInSlicesLetsChangesComeInBetween) {
  options.folded_rows_per_slice = 10;
  Open();
  for (int round = 0; round < 6; ++round) {
    while (!index->WantsFold()) Step(6);
    ASSERT_TRUE(index->BeginFold().ok());
    EXPECT_TRUE(index->folding());
    EXPECT_EQ(index->recent_rows(), 0u);
    int slices = 0;
    for (bool done = false; !done; ++slices) {
      Step(2);
      if (slices % 5 == 0) ExpectEveryReadFrom(0);
      const auto written = index->FoldSlice();
      ASSERT_TRUE(written.ok()) << ToString(written.status());
      done = *written;
    }
    EXPECT_GT(slices, 6);
    KvBatch nothing;
    ASSERT_TRUE(index->FinishFold(&nothing).ok());
    EXPECT_FALSE(index->folding());
    EXPECT_GT(index->recent_rows(), 0u);
    ExpectEveryReadFrom(0);
    env.RunUntilIdle();
  }
}

TEST_F(QuadIndexTest, TheFilterKnowsSubjects) {
  for (int i = 0; i < 20; ++i) Step(6);
  KvBatch nothing;
  ASSERT_TRUE(index->Fold(&nothing).ok());
  const auto run = index->runs()->stored.front();
  EXPECT_TRUE(run->filter_first);
  for (const auto& [quad, toggles] : model) {
    const uint64_t subject[] = {quad[0].value()};
    EXPECT_TRUE(run->filter.MayHave(subject));
  }
  int others = 0;
  for (uint64_t id = 1000; id < 1200; ++id) others += run->filter.MayHave({&id, 1});
  EXPECT_LT(others, 40);
}

TEST_F(QuadIndexTest, AMissingOrMangledBlockIsDataLoss) {
  for (int i = 0; i < 20; ++i) Step(6);
  KvBatch batch;
  ASSERT_TRUE(index->Fold(&batch).ok());
  const auto run = index->runs()->stored.front();
  const std::string key = BlockKey(kSpace, run->id, 1, 2);
  std::string value;
  ASSERT_TRUE(*kv->Get(key, &value));
  const auto read = [&] {
    RunMerge merge;
    const auto snapshot = kv->Snapshot();
    merge.Add(RunCursor(*run, *snapshot, Permutation::kPosg, {}));
    QR_RETURN_IF_ERROR(merge.SeekTo({}));
    while (true) {
      QR_ASSIGN_OR_RETURN(const bool found, merge.Next());
      if (!found) return OkStatus();
    }
  };
  EXPECT_TRUE(read().ok());
  batch.Clear();
  batch.Put(key, value.substr(0, value.size() - 1));
  ASSERT_TRUE(kv->Write(&batch, false).ok());
  EXPECT_EQ(read().code(), absl::StatusCode::kDataLoss);
  batch.Clear();
  batch.Delete(key);
  ASSERT_TRUE(kv->Write(&batch, false).ok());
  EXPECT_EQ(read().code(), absl::StatusCode::kDataLoss);
  for (const std::string& part : {FencesKey(kSpace, run->id, 4), FilterKey(kSpace, run->id)}) {
    std::string kept;
    ASSERT_TRUE(*kv->Get(part, &kept));
    batch.Clear();
    batch.Delete(part);
    ASSERT_TRUE(kv->Write(&batch, false).ok());
    EXPECT_EQ(LoadRuns(*kv, kSpace, kQuadShape).status().code(), absl::StatusCode::kDataLoss);
    batch.Clear();
    batch.Put(part, kept);
    ASSERT_TRUE(kv->Write(&batch, false).ok());
  }
}

}  // namespace
}  // namespace quadraft::store
