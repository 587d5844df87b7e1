#include "sim/world/disk.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "sim/world/manual_executor.h"

namespace quadraft::sim {
namespace {

std::string Contents(SimDisk& disk, std::string_view path) {
  auto file = disk.Open(path, OpenMode::kRead);
  if (!file.ok()) return "<" + ToString(file.status()) + ">";
  return *(*file)->Read(0, size_t{1} << 30);
}

void WriteDurably(SimDisk& disk, std::string_view path, std::string_view bytes) {
  auto file = disk.Open(path, OpenMode::kCreate);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(bytes).ok());
  ASSERT_TRUE((*file)->SyncNow().ok());
  ASSERT_TRUE(disk.SyncDirectory("").ok());
}

TEST(SimDiskTest, ReadsSeeEveryWriteAtOnce) {
  ManualExecutor executor;
  SimDisk disk(1, &executor);
  auto file = disk.Open("a", OpenMode::kCreate);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->Append("hello ").ok());
  ASSERT_TRUE((*file)->Append("world").ok());
  EXPECT_EQ(*(*file)->Read(6, 100), "world");
  EXPECT_EQ(*(*file)->Read(11, 5), "");
  EXPECT_EQ((*file)->size(), 11u);
  EXPECT_EQ(*disk.FileSize("a"), 11u);
  auto reader = disk.Open("a", OpenMode::kRead);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->Append("x").code(), absl::StatusCode::kFailedPrecondition);
  auto again = disk.Open("a", OpenMode::kAppend);
  ASSERT_TRUE((*again)->Append("!").ok());
  EXPECT_EQ(Contents(disk, "a"), "hello world!");
}

TEST(SimDiskTest, NamesAndErrors) {
  ManualExecutor executor;
  SimDisk disk(1, &executor);
  EXPECT_EQ(disk.Open("none", OpenMode::kRead).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(disk.Open("no/dir", OpenMode::kCreate).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(disk.Open("../up", OpenMode::kCreate).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(disk.Open("/abs", OpenMode::kCreate).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(disk.Remove("none").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(disk.List("d").status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(disk.CreateDirectory("d/e").ok());
  ASSERT_TRUE(disk.CreateDirectory("d/e").ok());
  ASSERT_TRUE(disk.Open("d/b", OpenMode::kCreate).ok());
  ASSERT_TRUE(disk.Open("d/a", OpenMode::kCreate).ok());
  EXPECT_EQ(*disk.List("d"), (std::vector<std::string>{"a", "b", "e"}));
  ASSERT_TRUE(disk.Rename("d/a", "d/b").ok());
  EXPECT_EQ(*disk.List("d"), (std::vector<std::string>{"b", "e"}));
  EXPECT_TRUE(disk.Exists("d"));
  EXPECT_FALSE(disk.Exists("d/a"));
  EXPECT_EQ(disk.Truncate("d/b", 5).code(), absl::StatusCode::kInvalidArgument);
}

TEST(SimDiskTest, SyncedSurvivesUnsyncedMayVanishOrTear) {
  std::set<std::string> outcomes;
  bool lost_all = false, kept_some = false, torn = false;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    const std::string first(700, 'a'), second(3000, 'b');
    WriteDurably(disk, "f", first);
    auto file = disk.Open("f", OpenMode::kAppend);
    ASSERT_TRUE((*file)->Append(second).ok());
    disk.Crash();
    EXPECT_EQ((*file)->Append("x").code(), absl::StatusCode::kUnavailable);
    const std::string after = Contents(disk, "f");
    ASSERT_GE(after.size(), first.size());
    ASSERT_EQ(after.substr(0, 700), first);
    const std::string rest = after.substr(700);
    ASSERT_LE(rest.size(), second.size());
    if (rest.empty()) lost_all = true;
    if (!rest.empty() && rest == second.substr(0, rest.size())) kept_some = true;
    if (rest.find_first_not_of('b') != std::string::npos) torn = true;
  }
  EXPECT_TRUE(lost_all);
  EXPECT_TRUE(kept_some);
  EXPECT_TRUE(torn);
}

TEST(SimDiskTest, NamesAreDurableOnlyAfterSyncDirectory) {
  int gone = 0, there = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    auto file = disk.Open("f", OpenMode::kCreate);
    ASSERT_TRUE((*file)->Append("abc").ok());
    ASSERT_TRUE((*file)->SyncNow().ok());
    disk.Crash();
    if (disk.Exists("f")) {
      ++there;
      EXPECT_EQ(Contents(disk, "f"), "abc");
    } else {
      ++gone;
    }
  }
  EXPECT_GT(gone, 5);
  EXPECT_GT(there, 5);
}

TEST(SimDiskTest, AnUnsyncedRenameIsWholeOrUndone) {
  int renamed = 0, old = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    WriteDurably(disk, "current", "old");
    WriteDurably(disk, "tmp", "new");
    ASSERT_TRUE(disk.Rename("tmp", "current").ok());
    disk.Crash();
    const std::string now = Contents(disk, "current");
    if (now == "new") {
      ++renamed;
      EXPECT_FALSE(disk.Exists("tmp"));
    } else {
      ++old;
      EXPECT_EQ(now, "old");
      EXPECT_EQ(Contents(disk, "tmp"), "new");
    }
  }
  EXPECT_GT(renamed, 5);
  EXPECT_GT(old, 5);
}

TEST(SimDiskTest, AnUnsyncedTruncationMayBeUndone) {
  int undone = 0, cut = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    WriteDurably(disk, "f", "0123456789");
    ASSERT_TRUE(disk.Truncate("f", 4).ok());
    EXPECT_EQ(Contents(disk, "f"), "0123");
    disk.Crash();
    const std::string after = Contents(disk, "f");
    after == "0123456789" ? ++undone : ++cut;
    if (after != "0123456789") {
      EXPECT_EQ(after, "0123");
    }
  }
  EXPECT_GT(undone, 5);
  EXPECT_GT(cut, 5);
}

TEST(SimDiskTest, SyncCompletesLaterInOrderAndCoversWhatWasThere) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  WriteDurably(disk, "f", "");
  auto file = disk.Open("f", OpenMode::kAppend);
  std::vector<int> done;
  ASSERT_TRUE((*file)->Append("one").ok());
  (*file)->Sync([&](Status s) {
    EXPECT_TRUE(s.ok());
    done.push_back(1);
  });
  ASSERT_TRUE((*file)->Append("two").ok());
  (*file)->Sync([&](Status s) { done.push_back(2); });
  EXPECT_TRUE(done.empty());
  while (done.empty()) ASSERT_TRUE(executor.RunOne());
  EXPECT_EQ(done, std::vector<int>{1});
  disk.Crash();
  EXPECT_EQ(Contents(disk, "f").substr(0, 3), "one");
  executor.RunUntilIdle();
  EXPECT_EQ(done, std::vector<int>{1});  // The second one was cut off by the crash.
}

TEST(SimDiskTest, AClosedFileStillCallsBack) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  bool called = false;
  {
    auto file = disk.Open("f", OpenMode::kCreate);
    (*file)->Sync([&](Status s) { called = s.ok(); });
  }
  executor.RunUntilIdle();
  EXPECT_TRUE(called);
}

TEST(SimDiskTest, FailsTheNthOperationOnceOfAKind) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  auto file = disk.Open("f", OpenMode::kCreate);
  disk.FailNth(kDiskAppend, 2);
  EXPECT_TRUE((*file)->Append("a").ok());
  EXPECT_TRUE((*file)->SyncNow().ok());  // Another kind does not count.
  EXPECT_EQ((*file)->Append("bbbb").code(), absl::StatusCode::kUnavailable);
  EXPECT_LE((*file)->size(), 5u);
  EXPECT_TRUE((*file)->Append("c").ok());
  EXPECT_EQ(disk.injected_errors(), 1u);
  disk.FailNth(kDiskRead, 1);
  EXPECT_EQ((*file)->Read(0, 1).status().code(), absl::StatusCode::kUnavailable);
  disk.FailNth(kDiskName, 1);
  EXPECT_EQ(disk.SyncDirectory("").code(), absl::StatusCode::kUnavailable);
}

TEST(SimDiskTest, AfterAFailedSyncTheBytesStayInDoubt) {
  int damaged = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    WriteDurably(disk, "f", "");
    auto file = disk.Open("f", OpenMode::kAppend);
    ASSERT_TRUE((*file)->Append(std::string(2000, 'x')).ok());
    disk.FailNth(kDiskSync, 1);
    EXPECT_FALSE((*file)->SyncNow().ok());
    EXPECT_TRUE((*file)->SyncNow().ok());  // It lies, as Linux does.
    disk.Crash();
    if (Contents(disk, "f") != std::string(2000, 'x')) ++damaged;
  }
  EXPECT_GT(damaged, 10);
}

TEST(SimDiskTest, WhatSurvivesAFailedSyncLiesWhereItWasWritten) {
  std::string pattern;
  for (int i = 0; i < 3000; ++i) pattern.push_back(static_cast<char>('a' + i % 26));
  for (uint64_t seed = 0; seed < 100; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    WriteDurably(disk, "f", pattern.substr(0, 100));
    auto file = disk.Open("f", OpenMode::kAppend);
    ASSERT_TRUE((*file)->Append(pattern.substr(100, 2000)).ok());
    disk.FailNth(kDiskSync, 1);
    EXPECT_FALSE((*file)->SyncNow().ok());
    ASSERT_TRUE((*file)->Append(pattern.substr(2100)).ok());
    disk.Crash();
    const std::string after = Contents(disk, "f");
    ASSERT_LE(after.size(), pattern.size());
    EXPECT_EQ(after.substr(0, 100), pattern.substr(0, 100));
    for (size_t sector = 512; sector + 512 <= after.size(); sector += 512) {
      // Whole sectors are there, or zero, or noise; never another sector's bytes.
      if (after.substr(sector, 512) == pattern.substr(sector, 512)) continue;
      for (size_t other = 0; other + 512 <= pattern.size(); ++other) {
        ASSERT_NE(after.substr(sector, 512), pattern.substr(other, 512))
            << sector << " holds what belongs to " << other;
      }
    }
  }
}

TEST(SimDiskTest, NoSpaceWritesAPrefixAndSpaceComesBack) {
  ManualExecutor executor;
  SimDisk disk(3, &executor, {.capacity_bytes = 10});
  auto file = disk.Open("f", OpenMode::kCreate);
  EXPECT_TRUE((*file)->Append("12345678").ok());
  EXPECT_EQ((*file)->Append("abcd").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ((*file)->size(), 10u);
  ASSERT_TRUE(disk.Truncate("f", 8).ok());
  EXPECT_TRUE((*file)->Append("ab").ok());
  EXPECT_EQ(disk.used_bytes(), 10u);
  ASSERT_TRUE(disk.Remove("f").ok());
  EXPECT_EQ(disk.used_bytes(), 0u);
}

TEST(SimDiskTest, SlownessStretchesSyncs) {
  ManualExecutor executor;
  SimDisk disk(3, &executor, {.sync_latency = milliseconds(1), .sync_jitter = Duration(0)});
  disk.set_slowness(50);
  auto file = disk.Open("f", OpenMode::kCreate);
  bool done = false;
  (*file)->Sync([&](Status) { done = true; });
  executor.Advance(milliseconds(49));
  EXPECT_FALSE(done);
  executor.Advance(milliseconds(1));
  EXPECT_TRUE(done);
}

TEST(SimDiskTest, DetachKeepsEveryByteAndKillsOpenFiles) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  auto file = disk.Open("f", OpenMode::kCreate);
  ASSERT_TRUE((*file)->Append("unsynced").ok());
  disk.Detach();
  EXPECT_FALSE((*file)->Append("x").ok());
  EXPECT_EQ(Contents(disk, "f"), "unsynced");
}

}  // namespace
}  // namespace quadraft::sim
