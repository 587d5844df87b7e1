#include "sim/world/disk.h"

#include <map>
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

TEST(SimDiskTest, LaterNamesOutliveEarlierOnesOnlyWhereTheyAreReordered) {
  std::map<CrashStyle, int> later_alone;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const CrashStyle style = seed % 2 == 0 ? CrashStyle::kAny : CrashStyle::kReorderNames;
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    WriteDurably(disk, "synced", "s");
    ASSERT_TRUE(disk.Open("earlier", OpenMode::kCreate).ok());
    ASSERT_TRUE(disk.Open("later", OpenMode::kCreate).ok());
    disk.set_next_crash(style);
    disk.Crash();
    EXPECT_TRUE(disk.Exists("synced"));
    later_alone[style] += disk.Exists("later") && !disk.Exists("earlier") ? 1 : 0;
  }
  EXPECT_EQ(later_alone[CrashStyle::kAny], 0);
  EXPECT_GT(later_alone[CrashStyle::kReorderNames], 5);
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

TEST(SimDiskTest, ADirectoryIsDurableOnceItsParentIsSynced) {
  int gone = 0, there = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    ASSERT_TRUE(disk.CreateDirectory("a/b").ok());
    auto file = disk.Open("a/b/f", OpenMode::kCreate);
    ASSERT_TRUE((*file)->Append("abc").ok());
    ASSERT_TRUE((*file)->SyncNow().ok());
    ASSERT_TRUE(disk.SyncDirectory("a/b").ok());
    ASSERT_TRUE(disk.SyncDirectory("a").ok());
    if (seed % 2 == 0) {
      ASSERT_TRUE(disk.SyncDirectory("").ok());
    }
    disk.Crash();
    if (seed % 2 == 0) {
      EXPECT_EQ(Contents(disk, "a/b/f"), "abc");
    } else {
      disk.Exists("a") ? ++there : ++gone;
      EXPECT_EQ(disk.Exists("a/b/f"), disk.Exists("a"));
    }
  }
  EXPECT_GT(gone, 5);
  EXPECT_GT(there, 5);
}

TEST(SimDiskTest, HarmIsVisibleAndRemembered) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  WriteDurably(disk, "f", std::string(2000, 'x'));
  WriteDurably(disk, "g", "there");
  EXPECT_TRUE(disk.Harms().empty());
  ASSERT_TRUE(disk.FlipBit("f", 10, 0).ok());
  ASSERT_TRUE(disk.Overwrite("f", 20, "yyy").ok());
  EXPECT_EQ(Contents(disk, "f").substr(9, 14), "xyxxxxxxxxxyyy");
  EXPECT_EQ(disk.FlipBit("f", 2000, 0).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(disk.FlipBit("none", 0, 0).code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(disk.CutFile("f", 1000).ok());
  EXPECT_EQ(*disk.FileSize("f"), 1000u);
  ASSERT_TRUE(disk.LoseFile("g").ok());
  EXPECT_FALSE(disk.Exists("g"));
  disk.Crash();
  EXPECT_EQ(*disk.FileSize("f"), 1000u);
  EXPECT_FALSE(disk.Exists("g"));
  const auto harms = disk.Harms();
  ASSERT_EQ(harms.size(), 4u);
  EXPECT_EQ(harms[0].path, "g");
  EXPECT_EQ(harms[3].from, 1000u);
  EXPECT_EQ(harms[3].to, 2000u);
  ASSERT_TRUE(disk.Truncate("f", 15).ok());
  EXPECT_EQ(disk.Harms().size(), 2u);  // What was cut off is no longer harmed.
}

TEST(SimDiskTest, AnUnreadablePlaceStaysSo) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  WriteDurably(disk, "f", std::string(2000, 'x'));
  ASSERT_TRUE(disk.MakeUnreadable("f", 512, 1024).ok());
  auto file = disk.Open("f", OpenMode::kRead);
  EXPECT_TRUE((*file)->Read(0, 512).ok());
  EXPECT_TRUE((*file)->Read(1024, 512).ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*file)->Read(0, 513).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ((*file)->Read(1023, 1).status().code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(disk.unreadable_hits(), 6u);
}

TEST(SimDiskTest, ALostWriteShowsWhenTheCacheIsGone) {
  for (const bool power : {false, true}) {
    ManualExecutor executor;
    SimDisk disk(3, &executor);
    WriteDurably(disk, "f", std::string(600, 'x'));
    auto file = disk.Open("f", OpenMode::kAppend);
    ASSERT_TRUE((*file)->Append(std::string(1000, 'y')).ok());
    ASSERT_TRUE((*file)->SyncNow().ok());
    const auto files = disk.DurableFiles();
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].sync_from, 600u);
    EXPECT_EQ(files[0].sync_to, 1600u);
    ASSERT_TRUE(*disk.LoseWrite("f", 600, 1600));
    const std::string good = std::string(600, 'x') + std::string(1000, 'y');
    EXPECT_EQ(Contents(disk, "f"), good);
    disk.Detach();
    EXPECT_EQ(Contents(disk, "f"), good);
    power ? disk.Crash() : disk.DropCache();
    const std::string after = Contents(disk, "f");
    EXPECT_EQ(after.size(), 1600u);
    EXPECT_EQ(after.substr(0, 600), std::string(600, 'x'));
    EXPECT_EQ(after.substr(600).find("yy"), std::string::npos);
  }
}

TEST(SimDiskTest, AReadLiesOnceAndTheDiskIsAsItWas) {
  for (const bool misdirect : {false, true}) {
    ManualExecutor executor;
    SimDisk disk(3, &executor);
    std::string good;
    for (int i = 0; i < 3000; ++i) good.push_back(static_cast<char>('a' + i / 512));
    WriteDurably(disk, "f", good);
    auto file = disk.Open("f", OpenMode::kRead);
    misdirect ? disk.MisdirectNthRead(2) : disk.FlipNthRead(2);
    EXPECT_EQ(*(*file)->Read(0, 3000), good);
    EXPECT_FALSE(disk.lied());
    int different = 0;
    for (int i = 0; i < 50; ++i) {
      const std::string told = *(*file)->Read(0, 3000);
      ASSERT_EQ(told.size(), 3000u);
      if (told != good) ++different;
    }
    EXPECT_EQ(different, 1);
    EXPECT_EQ(disk.lies(), 1u);
    EXPECT_TRUE(disk.lied());
    disk.Detach();
    EXPECT_FALSE(disk.lied());
    EXPECT_EQ(disk.Peek("f"), good);
  }
}

TEST(SimDiskTest, AFailedSyncKeepsOrDropsThePages) {
  int kept = 0, dropped = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    ManualExecutor executor;
    SimDisk disk(seed, &executor);
    WriteDurably(disk, "f", std::string(600, 'x'));
    auto file = disk.Open("f", OpenMode::kAppend);
    ASSERT_TRUE((*file)->Append(std::string(2000, 'y')).ok());
    disk.FailNth(kDiskSync, 1);
    EXPECT_FALSE((*file)->SyncNow().ok());
    disk.Detach();  // The process is restarted over the same page cache.
    const std::string seen = Contents(disk, "f");
    ASSERT_EQ(seen.size(), 2600u);
    EXPECT_EQ(seen.substr(0, 600), std::string(600, 'x'));
    seen.substr(600) == std::string(2000, 'y') ? ++kept : ++dropped;
  }
  EXPECT_GT(kept, 15);
  EXPECT_GT(dropped, 10);
}

TEST(SimDiskTest, PowerGoesAtTheNthOperation) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  WriteDurably(disk, "f", "old");
  int cut = 0;
  disk.DieAtNth(kDiskName, 3, [&cut] { ++cut; });
  auto file = disk.Open("t", OpenMode::kCreate);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(disk.Rename("t", "f").ok());
  EXPECT_EQ(cut, 0);
  EXPECT_FALSE(disk.SyncDirectory("").ok());
  EXPECT_EQ(cut, 1);
  EXPECT_FALSE((*file)->Append("x").ok());
  EXPECT_FALSE((*file)->SyncNow().ok());
  EXPECT_EQ(disk.unsynced_names(), 2u);
  disk.set_next_crash(CrashStyle::kLoseAll);
  disk.Crash();
  EXPECT_EQ(Contents(disk, "f"), "old");
  EXPECT_FALSE(disk.Exists("t"));
  EXPECT_TRUE(disk.SyncDirectory("").ok());
}

TEST(SimDiskTest, AnImageHoldsWhatWasDurable) {
  ManualExecutor executor;
  SimDisk disk(3, &executor);
  ASSERT_TRUE(disk.CreateDirectory("d").ok());
  WriteDurably(disk, "f", "one");
  const SimDisk::Image image = disk.TakeImage();
  auto file = disk.Open("f", OpenMode::kAppend);
  ASSERT_TRUE((*file)->Append("two").ok());
  EXPECT_EQ(disk.TakeImage(), image);
  ASSERT_TRUE((*file)->SyncNow().ok());
  WriteDurably(disk, "g", "new");
  EXPECT_NE(disk.TakeImage(), image);
  disk.Restore(image);
  EXPECT_EQ(Contents(disk, "f"), "one");
  EXPECT_FALSE(disk.Exists("g"));
  EXPECT_TRUE(disk.Exists("d"));
  EXPECT_EQ(disk.used_bytes(), 3u);
  disk.Crash();
  EXPECT_EQ(Contents(disk, "f"), "one");
}

TEST(SimDiskTest, AFullDiskTakesNoNewFile) {
  ManualExecutor executor;
  SimDisk disk(3, &executor, {.capacity_bytes = 3});
  WriteDurably(disk, "f", "abc");
  EXPECT_EQ(disk.Open("g", OpenMode::kCreate).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(disk.refused_for_space(), 1u);
}

}  // namespace
}  // namespace quadraft::sim
