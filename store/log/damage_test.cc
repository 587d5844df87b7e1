// What recovery makes of a log that the medium damaged: DataLoss, a torn tail, or a log that is rebuilt.
#include <gtest/gtest.h>

#include <map>

#include "core/base/bytes.h"
#include "core/env/random.h"
#include "store/log/high_water.h"
#include "store/log/log_testing.h"
#include "store/log/promises.h"

namespace quadraft::store {
namespace {

using replica::RecoveredGroup;

// --- Damage
// ---------------------------------------------------------------------------------------------------------------

struct Damaged : testing::Test {
  MemoryEnv env;
  std::string File(uint64_t n) { return "log/" + SegmentName(n); }
  Status Reopen() { return WriteAheadLog::Open(env, "log", {.segment_bytes = 4096}).status(); }
  void Fill(uint64_t entries) {
    auto log = OpenLog(env, 4096);
    for (uint64_t i = 1; i <= entries; ++i) {
      ASSERT_TRUE(log->Append(kA, Entries(i, i, 1, 100)).ok());
      ASSERT_TRUE(SyncAndWait(env, *log).ok());
    }
  }
};

TEST_F(Damaged, EveryFlippedByteOfSyncedRecordsIsDataLoss) {
  Fill(3);
  const std::string good = *env.memory_disk().MutableBytes(File(1));
  int tails = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    *env.memory_disk().MutableBytes(File(1)) = good;
    (*env.memory_disk().MutableBytes(File(1)))[at] ^= 0x10;
    const Status status = Reopen();
    if (status.ok()) {
      ++tails;  // The last sync mark itself was never synced: losing it loses nothing.
      EXPECT_GE(at, good.size() - kRecordHeaderBytes) << at;
    } else {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << at;
      EXPECT_NE(Message(status).find(File(1)), std::string::npos) << Message(status);
      EXPECT_EQ(*env.memory_disk().MutableBytes(File(1)), [&] {
        std::string expected = good;
        expected[at] ^= 0x10;
        return expected;
      }()) << "nothing may be changed";
    }
  }
  EXPECT_EQ(tails, static_cast<int>(kRecordHeaderBytes));
}

TEST_F(Damaged, MissingSegmentsAreNoticed) {
  Fill(100);
  ASSERT_TRUE(env.memory_disk().Exists(File(3)));
  const std::string first = *env.memory_disk().MutableBytes(File(1));
  ASSERT_TRUE(env.disk().Remove(File(2)).ok());
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(env.disk().Remove(File(1)).ok());
  const Status status = Reopen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(status).find("oldest segment is 3"), std::string::npos) << Message(status);
}

TEST_F(Damaged, AShortenedMiddleSegmentIsNoticed) {
  Fill(100);
  env.memory_disk().MutableBytes(File(2))->resize(2000);
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
  // Cut at a record boundary: only the next segment's header can tell.
  std::string* bytes = env.memory_disk().MutableBytes(File(1));
  const auto record = ParseRecord(std::string_view(*bytes).substr(kSegmentHeaderBytes));
  ASSERT_TRUE(record.has_value());
  bytes->resize(kSegmentHeaderBytes + record->bytes);
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
}

TEST_F(Damaged, SwappedSegmentsAreNoticed) {
  Fill(100);
  std::swap(*env.memory_disk().MutableBytes(File(1)), *env.memory_disk().MutableBytes(File(2)));
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
}

TEST_F(Damaged, AnUnsyncedTailIsCutEvenWhenSomethingValidStandsBehindTheHole) {
  size_t hole = 0;
  {
    auto log = OpenLog(env);
    ASSERT_TRUE(log->Append(kA, Entries(1, 2, 1)).ok());
    ASSERT_TRUE(SyncAndWait(env, *log).ok());
    hole = log->stats().current_segment_bytes;
    ASSERT_TRUE(log->Append(kA, Entries(3, 3, 1)).ok());
    ASSERT_TRUE(log->Append(kA, Entries(4, 4, 1)).ok());
  }
  (*env.memory_disk().MutableBytes(File(1)))[hole + 40] ^= 1;
  auto log = OpenLog(env);
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->TakeRecovered()[kA].entries, Entries(1, 2, 1));
  ASSERT_FALSE(env.lines().empty());
  EXPECT_NE(env.lines().back().find("never synced"), std::string::npos) << env.lines().back();
  EXPECT_EQ(env.memory_disk().MutableBytes(File(1))->size(), hole);
}

TEST_F(Damaged, ASegmentWhoseCreationWasCutShortIsRemoved) {
  Fill(10);
  auto file = env.disk().Open(File(2), OpenMode::kCreate);
  ASSERT_TRUE((*file)->Append("QRWALSEG\1").ok());
  EXPECT_TRUE(Reopen().ok());
  EXPECT_FALSE(env.disk().Exists(File(2)));
  EXPECT_EQ(OpenLog(env)->TakeRecovered()[kA].entries.size(), 10u);
}

// --- Damage, rebuilt
// ---------------------------------------------------------------------------------------------------

constexpr raft::HardState kPromised{RaftTerm{7}, NodeId{3}, LogIndex{0}};

struct Rebuilt : Damaged {
  StatusOr<std::unique_ptr<WriteAheadLog>> Rebuild() {
    return WriteAheadLog::Open(env, "log", {.segment_bytes = 4096, .rebuild_damaged = true});
  }
  // Entries with promises among them, the last of which is `kPromised`.
  void FillWithPromises() {
    auto log = OpenLog(env, 4096);
    for (uint64_t i = 1; i <= 60; ++i) {
      if (i % 20 == 1) {
        ASSERT_TRUE(log->SaveHardState(kA, {RaftTerm{5 + i / 20}, NodeId{i == 41 ? 3u : 2u}, {}}).ok());
      }
      ASSERT_TRUE(log->Append(kA, Entries(i, i, 5 + (i - 1) / 20, 100)).ok());
      ASSERT_TRUE(SyncAndWait(env, *log).ok());
    }
    ASSERT_TRUE(log->SaveHardState(kB, {RaftTerm{1}, NodeId{1}, {}}).ok());
    ASSERT_TRUE(log->Append(kB, Entries(1, 3, 1)).ok());
    ASSERT_TRUE(SyncAndWait(env, *log).ok());
  }
  // What is there is a prefix of what was, with a promise above the last one and the mark of a
  // repair; it is there after another start, and takes more.
  void ExpectRebuilt(StatusOr<std::unique_ptr<WriteAheadLog>> log) {
    ASSERT_TRUE(log.ok()) << ToString(log.status());
    for (int again = 0; again < 2; ++again) {
      auto groups = (*log)->TakeRecovered();
      const RecoveredGroup& a = groups[kA];
      ASSERT_LE(a.entries.size(), 61u);
      for (uint64_t i = 1; i <= a.entries.size(); ++i) {
        ASSERT_EQ(a.entries[i - 1], Entries(i, i, 5 + (i - 1) / 20, 100)[0]);
      }
      EXPECT_EQ(a.repair_floor, kPromised.term);
      EXPECT_EQ(a.hard_state.term, kPromised.term.Next());
      EXPECT_EQ(a.hard_state.vote, NodeId{});
      EXPECT_LE(groups[kB].entries.size(), 3u);
      EXPECT_NE(groups[kB].repair_floor, RaftTerm{});
      if (again > 0) break;
      const uint64_t next = a.entries.size() + 1;
      ASSERT_TRUE((*log)->Append(kA, Entries(next, next, 5 + (next - 1) / 20, 100)).ok());
      ASSERT_TRUE(SyncAndWait(env, **log).ok());
      log->reset();
      log = WriteAheadLog::Open(env, "log", {.segment_bytes = 4096});
      ASSERT_TRUE(log.ok()) << ToString(log.status());
    }
  }
  void Take(const std::map<std::string, std::string>& files) {
    const auto names = env.disk().List("log");
    for (const std::string& name : *names) {
      ASSERT_TRUE(env.disk().Remove("log/" + name).ok());
    }
    for (const auto& [name, bytes] : files) {
      auto file = env.disk().Open("log/" + name, OpenMode::kCreate);
      ASSERT_TRUE((*file)->Append(bytes).ok());
    }
  }
  std::map<std::string, std::string> Files() {
    std::map<std::string, std::string> files;
    const auto names = env.disk().List("log");
    for (const std::string& name : *names) {
      files[name] = *env.memory_disk().MutableBytes("log/" + name);
    }
    return files;
  }
};

// Every record of every file in turn, flipped; every file cut at each of them, and within. Term and
// vote are never forgotten, and no entry comes back that was not there.
TEST_F(Rebuilt, DamageOfEveryRecordLeavesAPrefixAndEveryPromise) {
  FillWithPromises();
  const auto good = Files();
  ASSERT_GE(good.size(), 5u);  // Segments, high-water, promises.
  int rebuilt = 0, whole = 0;
  for (const auto& [name, bytes] : good) {
    const size_t step = name == kPromisesName || name == kHighWaterName ? kPromiseRecordBytes : 8;
    for (size_t at = 0; at < bytes.size(); at += step * 3) {
      for (const bool cut : {false, true}) {
        for (const size_t within : {size_t{0}, step / 2 + 1}) {
          SCOPED_TRACE(StrCat(name, cut ? " cut at " : " flipped at ", at + within));
          auto files = good;
          std::string& harmed = files[name];
          if (at + within >= harmed.size()) continue;
          cut ? harmed.resize(at + within) : void(harmed[at + within] ^= 0x20);
          Take(files);
          auto log = Rebuild();
          ASSERT_TRUE(log.ok()) << ToString(log.status());
          auto groups = (*log)->TakeRecovered();
          log->reset();
          if (groups[kA].repair_floor != RaftTerm{}) {
            EXPECT_TRUE(SegmentNumber(name).has_value());
            ++rebuilt;
            ExpectRebuilt(WriteAheadLog::Open(env, "log", {.segment_bytes = 4096}));
          } else {  // A witness, or the sync mark at the end: nothing is lost.
            ++whole;
            EXPECT_EQ(groups[kA].entries.size(), 60u);
            EXPECT_EQ(groups[kA].hard_state, kPromised);
          }
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
  EXPECT_GT(rebuilt, 500);
  EXPECT_GT(whole, 20);
}

TEST_F(Rebuilt, ALostSegmentOrAllOfThemAreRebuilt) {
  FillWithPromises();
  const auto good = Files();
  for (const auto& [name, bytes] : good) {
    if (!SegmentNumber(name)) continue;
    SCOPED_TRACE(name);
    auto files = good;
    files.erase(name);
    Take(files);
    ExpectRebuilt(Rebuild());
  }
  auto files = good;
  std::erase_if(files, [](const auto& file) { return SegmentNumber(file.first).has_value(); });
  Take(files);
  ExpectRebuilt(Rebuild());
}

// Nobody else has it: what is not known of promises ends the matter, and nothing is changed.
TEST_F(Rebuilt, WithoutWholePromisesItIsDataLoss) {
  FillWithPromises();
  auto files = Files();
  files[SegmentName(1)][200] ^= 1;
  for (const size_t cut : {0, 1, 2}) {
    auto harmed = files;
    if (cut == 0) harmed.erase(std::string(kPromisesName));
    if (cut == 1) harmed[std::string(kPromisesName)][10] ^= 1;
    if (cut == 2) harmed[std::string(kPromisesName)] = EncodePromise(kA, {RaftTerm{1}, NodeId{1}});
    if (cut == 2) harmed[SegmentName(1)] = Files()[SegmentName(1)], harmed[SegmentName(2)][300] ^= 1;
    Take(harmed);
    const Status status = Rebuild().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << cut;
    EXPECT_NE(Message(status).find("log/promises"), std::string::npos) << Message(status);
    EXPECT_EQ(Files(), harmed);
    Take(files);
  }
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss) << "nobody asked for a rebuilt one";
}

// The log may have lost its end and not know it: a vote is remembered all the same.
TEST_F(Rebuilt, APromiseThatTheLogLostIsKept) {
  size_t before = 0;
  {
    auto log = OpenLog(env);
    ASSERT_TRUE(log->Append(kA, Entries(1, 2, 1)).ok());
    ASSERT_TRUE(SyncAndWait(env, *log).ok());
    before = log->stats().current_segment_bytes;
    ASSERT_TRUE(log->SaveHardState(kA, kPromised).ok());
    Status synced = Internal("not called back");
    log->Sync([&](Status status) { synced = std::move(status); });
    while (!synced.ok() && env.RunOne()) {
    }
    ASSERT_TRUE(synced.ok());
  }
  env.memory_disk().MutableBytes(File(1))->resize(before);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(OpenLog(env)->TakeRecovered()[kA].hard_state, kPromised);
  }
}

// A newer program's log is not damage.
TEST_F(Rebuilt, ARecordOfANewerProgramIsRefusedAndKept) {
  Fill(3);
  std::string* bytes = env.memory_disk().MutableBytes(File(1));
  const auto first = ParseRecord(std::string_view(*bytes).substr(kSegmentHeaderBytes));
  std::string newer;
  AppendRecord(&newer, {.type = static_cast<RecordType>(99),
                        .group = kA,
                        .sequence = 1,
                        .body = first->record.body});
  bytes->replace(kSegmentHeaderBytes, newer.size(), newer);
  const std::string kept = *bytes;
  const Status status = Rebuild().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << ToString(status);
  EXPECT_EQ(*env.memory_disk().MutableBytes(File(1)), kept);
}

// The power goes at every call of a rebuilding: the next start finds the one log or the other.
TEST_F(Rebuilt, APowerCutAtEveryCallOfIt) {
  FillWithPromises();
  auto files = Files();
  files[SegmentName(2)][kSegmentHeaderBytes + 100] ^= 1;
  Random random(1, "crash");
  for (uint64_t stop = 1;; ++stop) {
    SCOPED_TRACE(stop);
    Take(files);
    for (const auto& [name, bytes] : files) {
      ASSERT_TRUE((*env.disk().Open("log/" + name, OpenMode::kAppend))->SyncNow().ok());
    }
    ASSERT_TRUE(env.disk().SyncDirectory("log").ok());
    env.memory_disk().FailFrom(stop);
    const bool done = Rebuild().ok();
    env.Crash(random);
    env.memory_disk().ClearFault();
    ExpectRebuilt(Rebuild());
    if (done || testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace quadraft::store
