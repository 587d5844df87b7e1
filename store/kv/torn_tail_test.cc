#include "store/kv/torn_tail.h"

#include <gtest/gtest.h>

#include <map>

#include "store/kv/kv_store.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {
namespace {

struct TornTail : testing::Test {
  MemoryEnv env;

  std::unique_ptr<KvStore> Reopen() {
    auto kv = KvStore::Open(env, "state", KvOptions::Small());
    status = kv.status();
    return kv.ok() ? std::move(*kv) : nullptr;
  }
  std::string NewestLog() {
    std::string newest;
    const auto names = env.disk().List("state");
    for (const std::string& name : *names) {
      if (name.ends_with(".log")) newest = "state/" + name;
    }
    return newest;
  }
  std::string Manifest() {
    std::string name = *env.memory_disk().MutableBytes("state/CURRENT");
    name.pop_back();
    return "state/" + name;
  }
  void Put(KvStore& kv, int n, size_t bytes) {
    KvBatch batch;
    batch.Put(StrCat(n), std::string(bytes, 'v'));
    ASSERT_TRUE(kv.Write(&batch, false).ok());
  }
  Status status;
};

TEST_F(TornTail, ScanFindsWholeRecordsAcrossBlocks) {
  auto kv = Reopen();
  std::vector<size_t> ends = {0};
  for (const size_t bytes : {10, 40000, 100, 70000, 32710, 5}) {
    Put(*kv, static_cast<int>(ends.size()), bytes);
    ends.push_back(env.memory_disk().MutableBytes(NewestLog())->size());
  }
  const std::string whole = *env.memory_disk().MutableBytes(NewestLog());
  EXPECT_EQ(ScanLevelDbLog(whole).whole_bytes, whole.size());
  for (size_t cut = 0; cut < whole.size(); cut += cut < 50 ? 1 : 997) {
    const LogScan scan = ScanLevelDbLog(std::string_view(whole).substr(0, cut));
    EXPECT_EQ(scan.whole_bytes, *std::prev(std::upper_bound(ends.begin(), ends.end(), cut))) << cut;
  }
  for (size_t at = 3; at < whole.size(); at += 7919) {
    std::string damaged = whole;
    damaged[at] ^= 1;
    EXPECT_EQ(ScanLevelDbLog(damaged).whole_bytes,
              *std::prev(std::upper_bound(ends.begin(), ends.end(), at)))
        << at;
  }
}

// LevelDB alone would skip the zeros and keep what stands behind them.
TEST_F(TornTail, NothingBehindAHoleOfZerosSurvives) {
  auto kv = Reopen();
  for (int n = 1; n <= 6; ++n) Put(*kv, n, 30000);
  kv.reset();
  std::string* bytes = env.memory_disk().MutableBytes(NewestLog());
  std::fill(bytes->begin() + 65536, bytes->begin() + 98304, '\0');  // One whole block.
  kv = Reopen();
  ASSERT_NE(kv, nullptr) << ToString(status);
  std::string value;
  EXPECT_TRUE(*kv->Get("1", &value));
  EXPECT_TRUE(*kv->Get("2", &value));
  for (const char* key : {"3", "4", "5", "6"}) EXPECT_FALSE(*kv->Get(key, &value)) << key;
}

TEST_F(TornTail, DamageInTheManifestIsDataLossUnlessItIsTheLastRecord) {
  auto kv = Reopen();
  for (int n = 0; n < 2000; ++n)
    Put(*kv, n, 500);  // Several memtables, so several manifest records.
  env.RunUntilIdle();
  kv.reset();
  const std::string good = *env.memory_disk().MutableBytes(Manifest());
  (*env.memory_disk().MutableBytes(Manifest()))[20] ^= 1;
  EXPECT_EQ(Reopen(), nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(status).find("MANIFEST"), std::string::npos);
  *env.memory_disk().MutableBytes(Manifest()) = good + std::string(600, '\0');
  kv = Reopen();
  EXPECT_NE(kv, nullptr) << ToString(status);
}

TEST_F(TornTail, DamageInALogThatIsNotTheNewestIsDataLoss) {
  auto kv = Reopen();
  Put(*kv, 1, 1000);
  kv.reset();
  const std::string log = NewestLog();
  const std::string later = "state/999999.log";
  ASSERT_TRUE((*env.disk().Open(later, OpenMode::kCreate))
                  ->Append(*env.memory_disk().MutableBytes(log))
                  .ok());
  (*env.memory_disk().MutableBytes(log))[50] ^= 1;
  EXPECT_EQ(Reopen(), nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(status).find(log), std::string::npos) << Message(status);
}

// A log that was replayed and given up may come back torn: its removal was not synced.
TEST_F(TornTail, LogsThatAreNotNeededAnyMoreMayBeDamaged) {
  auto kv = Reopen();
  Put(*kv, 1, 1000);
  kv.reset();
  const std::string old = NewestLog();
  std::string torn = *env.memory_disk().MutableBytes(old);
  torn[50] ^= 1;
  kv = Reopen();
  Put(*kv, 2, KvOptions::Small().write_buffer_bytes);
  Put(*kv, 3, 1000);  // Finds the memtable full: another log begins.
  env.RunUntilIdle();
  kv.reset();
  ASSERT_FALSE(env.disk().Exists(old));
  ASSERT_TRUE((*env.disk().Open(old, OpenMode::kCreate))->Append(torn).ok());
  kv = Reopen();
  ASSERT_NE(kv, nullptr) << ToString(status);
  std::string value;
  EXPECT_TRUE(*kv->Get("1", &value));
  EXPECT_TRUE(*kv->Get("2", &value));
}

// An opened store goes on with its log. What it adds must not rest on bytes that were never made
// durable: the process before may have died of a failed sync.
TEST_F(TornTail, TheLastLogGoesOnAndIsDurableFirst) {
  auto kv = Reopen();
  Put(*kv, 1, 1000);
  kv.reset();
  const std::string log = NewestLog();
  kv = Reopen();
  ASSERT_NE(kv, nullptr) << ToString(status);
  EXPECT_EQ(NewestLog(), log);
  Put(*kv, 2, 1000);
  ASSERT_TRUE(kv->Sync().ok());
  kv.reset();
  Random random(1, "crash");
  for (int crash = 0; crash < 20; ++crash) {  // Nothing was unsynced at any of these.
    env.memory_disk().Crash(random);
    kv = Reopen();
    ASSERT_NE(kv, nullptr) << ToString(status);
    std::string value;
    EXPECT_TRUE(*kv->Get("1", &value));
    EXPECT_TRUE(*kv->Get("2", &value));
    kv.reset();
  }
  ASSERT_TRUE((*env.disk().Open(log + ".copy", OpenMode::kCreate))->Append("cut short").ok());
  kv = Reopen();
  EXPECT_NE(kv, nullptr) << ToString(status);
  EXPECT_FALSE(env.disk().Exists(log + ".copy"));
  const auto names = env.disk().List("state");
  for (const std::string& name : *names) EXPECT_FALSE(name.ends_with(".ldb")) << name;
}

TEST_F(TornTail, AnEmptyNewLogDoesNotMakeTheOneBeforeItOld) {
  auto kv = Reopen();
  Put(*kv, 1, 1000);
  Put(*kv, 2, 1000);
  kv.reset();
  env.memory_disk().MutableBytes(NewestLog())->back() ^= 1;
  ASSERT_TRUE((*env.disk().Open("state/999999.log", OpenMode::kCreate))->Append("").ok());
  kv = Reopen();
  ASSERT_NE(kv, nullptr) << ToString(status);
  std::string value;
  EXPECT_TRUE(*kv->Get("1", &value));
  EXPECT_FALSE(*kv->Get("2", &value));
}

// Each record of the manifest cut away in turn, with all behind it: older tables under newer writes
// would be a store with a hole. What opens must hold all of the first n writes.
TEST_F(TornTail, AManifestThatLostItsEndIsNoticed) {
  auto kv = Reopen();
  for (int n = 0; n < 2000; ++n) Put(*kv, n, 500);
  env.RunUntilIdle();
  kv.reset();
  std::map<std::string, std::string> files;
  const auto names = env.disk().List("state");
  for (const std::string& name : *names) {
    files[name] = *env.memory_disk().MutableBytes("state/" + name);
  }
  const std::string manifest = Manifest();
  const std::string good = *env.memory_disk().MutableBytes(manifest);
  int refused = 0;
  for (size_t cut = 0; cut < good.size(); cut += 3) {
    for (const auto& [name, bytes] : files) {
      ASSERT_TRUE((*env.disk().Open("state/" + name, OpenMode::kCreate))->Append(bytes).ok());
    }
    env.memory_disk().MutableBytes(manifest)->resize(cut);
    kv = Reopen();
    if (kv == nullptr) {
      ++refused;
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << cut << ": " << ToString(status);
    } else {
      std::string value;
      int there = 0;
      while (there < 2000 && *kv->Get(StrCat(there), &value)) ++there;
      for (int n = there; n < 2000; ++n) {
        ASSERT_FALSE(*kv->Get(StrCat(n), &value))
            << "cut at " << cut << ": " << n << " is there, " << there << " is not";
      }
      kv.reset();
    }
    const auto now = env.disk().List("state");
    for (const std::string& name : *now) {
      ASSERT_TRUE(env.disk().Remove("state/" + name).ok());
    }
  }
  EXPECT_GT(refused, 10);
}

TEST_F(TornTail, AMissingCurrentIsNoticed) {
  Put(*Reopen(), 1, 10);
  ASSERT_TRUE(env.disk().Remove("state/CURRENT").ok());
  EXPECT_EQ(Reopen(), nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quadraft::store
