// What core/env promises about clock, executor, random and disk, held against both worlds.
#include <optional>
#include <string>
#include <vector>

#include "net/testing/env_pair.h"

namespace quadraft::net {
namespace {

using absl::StatusCode;

class EnvTest : public EnvPairTest {
 protected:
  Executor& executor() { return a().executor(); }
  void WriteFile(std::string_view path, std::string_view bytes) {
    auto file = a().disk().Open(path, OpenMode::kCreate);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->Append(bytes).ok());
  }
  std::string ReadFile(std::string_view path) {
    auto file = a().disk().Open(path, OpenMode::kRead);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? (*file)->Read(0, 1 << 20).value_or("error") : "";
  }
};

TEST_P(EnvTest, MonotonicTimeGoesOn) {
  const MonotonicTime start = a().clock().Now();
  const WallTime wall = a().clock().WallNow();
  pair->RunFor(milliseconds(50));
  EXPECT_GE(a().clock().Now() - start, milliseconds(45));
  EXPECT_GT(a().clock().WallNow(), wall);
}

TEST_P(EnvTest, PostedClosuresRunInOrderAfterTheCurrentOne) {
  std::vector<int> order;
  executor().Post([&] {
    executor().Post([&] { order.push_back(3); });
    order.push_back(1);
  });
  executor().Post([&] { order.push_back(2); });
  EXPECT_TRUE(pair->RunUntil([&] { return order.size() == 3; }));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_P(EnvTest, TimersRunInOrderOfTimeNeverEarly) {
  std::string order;
  const MonotonicTime start = a().clock().Now();
  MonotonicTime late;
  executor().RunAfter(milliseconds(30), [&] { order += "c"; late = a().clock().Now(); });
  executor().RunAfter(milliseconds(10), [&] { order += "b"; });
  executor().RunAfter(milliseconds(-5), [&] { order += "a"; });
  EXPECT_TRUE(pair->RunUntil([&] { return order.size() == 3; }));
  EXPECT_EQ(order, "abc");
  EXPECT_GE(late - start, milliseconds(30));
}

TEST_P(EnvTest, CancelSaysWhetherItPreventedTheRun) {
  int ran = 0;
  auto owned = std::make_shared<int>(1);
  const TimerId doomed = executor().RunAfter(milliseconds(5), [&ran, owned] { ++ran; });
  EXPECT_TRUE(executor().Cancel(doomed));
  EXPECT_EQ(owned.use_count(), 1) << "a cancelled closure is destroyed";
  EXPECT_FALSE(executor().Cancel(doomed));
  EXPECT_FALSE(executor().Cancel(TimerId()));
  TimerId self;
  self = executor().RunAfter(milliseconds(5), [&] {
    ++ran;
    EXPECT_FALSE(executor().Cancel(self)) << "it is running";
  });
  EXPECT_NE(self, doomed);
  EXPECT_TRUE(pair->RunUntil([&] { return ran == 1; }));
  EXPECT_FALSE(executor().Cancel(self));
  pair->RunFor(milliseconds(20));
  EXPECT_EQ(ran, 1);
}

TEST_P(EnvTest, ATimerMayCancelAnother) {
  bool second = false, third = false;
  TimerId victim;
  executor().RunAfter(milliseconds(5), [&] { EXPECT_TRUE(executor().Cancel(victim)); });
  victim = executor().RunAfter(milliseconds(5), [&] { second = true; });
  executor().RunAfter(milliseconds(6), [&] { third = true; });
  EXPECT_TRUE(pair->RunUntil([&] { return third; }));
  EXPECT_FALSE(second);
}

TEST_P(EnvTest, ManyTimersSetAndCancelledLeaveTheRest) {
  int ran = 0;
  for (int i = 0; i < 20'000; ++i) {
    const TimerId timer = executor().RunAfter(milliseconds(5), [&] { ++ran; });
    if (i % 1000 == 0) continue;
    EXPECT_TRUE(executor().Cancel(timer));
  }
  EXPECT_TRUE(pair->RunUntil([&] { return ran == 20; }));
}

TEST_P(EnvTest, OffloadRunsTheWorkThenDoneOnTheLoop) {
  std::vector<std::string> order;
  int finished = 0;
  std::vector<int> results(8);
  for (int i = 0; i < 8; ++i) {
    executor().Offload([&results, i] { results[i] = i * i; }, [&, i] {
      EXPECT_EQ(results[i], i * i);
      ++finished;
    });
  }
  EXPECT_EQ(finished, 0);
  EXPECT_TRUE(pair->RunUntil([&] { return finished == 8; }));
}

TEST_P(EnvTest, AWorkerMayPost) {
  std::string order;
  executor().Offload([&] { executor().Post([&] { order += "posted "; }); }, [&] { order += "done"; });
  EXPECT_TRUE(pair->RunUntil([&] { return order.size() > 8; }));
  EXPECT_EQ(order, "posted done");
}

TEST_P(EnvTest, RandomIsOneStreamPerName) {
  Random& x = a().random("x");
  EXPECT_EQ(&x, &a().random("x"));
  EXPECT_NE(&x, &a().random("y"));
  EXPECT_NE(a().random("p").Next(), a().random("q").Next());
}

TEST_P(EnvTest, FilesAppendReadAndKnowTheirSize) {
  auto file = a().disk().Open("f", OpenMode::kCreate);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Append("hello ").ok());
  EXPECT_TRUE((*file)->Append("world").ok());
  EXPECT_EQ((*file)->size(), 11u);
  EXPECT_EQ(*(*file)->Read(6, 100), "world");
  EXPECT_EQ(*(*file)->Read(0, 5), "hello");
  EXPECT_EQ(*(*file)->Read(11, 5), "");
  EXPECT_EQ(*(*file)->Read(500, 5), "");
  EXPECT_EQ(ReadFile("f"), "hello world") << "another handle sees what is not synced";
  auto more = a().disk().Open("f", OpenMode::kAppend);
  EXPECT_TRUE((*more)->Append("!").ok());
  EXPECT_EQ((*file)->size(), 12u);
  auto reader = a().disk().Open("f", OpenMode::kRead);
  EXPECT_EQ((*reader)->Append("x").code(), StatusCode::kFailedPrecondition);
  auto fresh = a().disk().Open("f", OpenMode::kCreate);
  EXPECT_EQ((*fresh)->size(), 0u);
}

TEST_P(EnvTest, SyncsCompleteLaterAndInOrder) {
  auto file = a().disk().Open("f", OpenMode::kCreate);
  std::vector<int> order;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE((*file)->Append("x").ok());
    (*file)->Sync([&, i](Status status) {
      EXPECT_TRUE(status.ok()) << status;
      order.push_back(i);
    });
  }
  EXPECT_TRUE(order.empty());
  EXPECT_TRUE((*file)->SyncNow().ok());
  EXPECT_TRUE(pair->RunUntil([&] { return order.size() == 20; }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(order[i], i);
}

TEST_P(EnvTest, ASyncOfAFileThatIsClosedMeanwhileStillCallsBack) {
  auto file = a().disk().Open("f", OpenMode::kCreate);
  std::optional<Status> synced;
  (*file)->Sync([&](Status status) { synced = status; });
  file->reset();
  EXPECT_TRUE(pair->RunUntil([&] { return synced.has_value(); }));
  EXPECT_TRUE(synced->ok()) << *synced;
}

TEST_P(EnvTest, NamesAreRenamedRemovedListed) {
  EXPECT_TRUE(a().disk().List("")->empty());
  EXPECT_TRUE(a().disk().CreateDirectory("d/e").ok());
  EXPECT_TRUE(a().disk().CreateDirectory("d/e").ok());
  WriteFile("d/z", "1");
  WriteFile("d/a", "2");
  EXPECT_EQ(*a().disk().List("d"), (std::vector<std::string>{"a", "e", "z"}));
  EXPECT_EQ(*a().disk().List(""), (std::vector<std::string>{"d"}));
  EXPECT_TRUE(a().disk().Rename("d/z", "d/a").ok());
  EXPECT_EQ(ReadFile("d/a"), "1");
  EXPECT_FALSE(a().disk().Exists("d/z"));
  EXPECT_TRUE(a().disk().Exists("d"));
  EXPECT_TRUE(a().disk().SyncDirectory("d").ok());
  EXPECT_TRUE(a().disk().SyncDirectory("").ok());
  EXPECT_EQ(*a().disk().FileSize("d/a"), 1u);
  EXPECT_TRUE(a().disk().Remove("d/a").ok());
  EXPECT_EQ(*a().disk().List("d"), (std::vector<std::string>{"e"}));
}

TEST_P(EnvTest, TruncateOnlyShrinks) {
  WriteFile("f", "hello");
  auto open = a().disk().Open("f", OpenMode::kAppend);
  EXPECT_TRUE(a().disk().Truncate("f", 2).ok());
  EXPECT_EQ(ReadFile("f"), "he");
  EXPECT_EQ((*open)->size(), 2u);
  EXPECT_TRUE((*open)->Append("y").ok());
  EXPECT_EQ(ReadFile("f"), "hey");
  EXPECT_EQ(a().disk().Truncate("f", 100).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadFile("f"), "hey");
}

TEST_P(EnvTest, ARemovedFileStaysReadableByWhoHasItOpen) {
  WriteFile("f", "hello");
  auto open = a().disk().Open("f", OpenMode::kRead);
  EXPECT_TRUE(a().disk().Remove("f").ok());
  EXPECT_EQ(*(*open)->Read(0, 10), "hello");
}

TEST_P(EnvTest, DiskErrorsHaveTheirCodes) {
  Disk& disk = a().disk();
  EXPECT_EQ(disk.Open("none", OpenMode::kRead).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.Open("no/dir", OpenMode::kCreate).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.Remove("none").code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.Rename("none", "x").code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.Truncate("none", 0).code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.List("none").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.SyncDirectory("none").code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.FileSize("none").status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(disk.Exists("none"));
  WriteFile("file", "x");
  EXPECT_EQ(disk.CreateDirectory("file").code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(disk.CreateDirectory("file/below").code(), StatusCode::kAlreadyExists);
  for (const char* bad : {"", "/etc/passwd", "../x", "a/../../x", "a//b"}) {
    EXPECT_EQ(disk.Open(bad, OpenMode::kCreate).status().code(), StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(disk.Rename("file", bad).code(), StatusCode::kInvalidArgument) << bad;
    EXPECT_FALSE(disk.Remove(bad).ok()) << bad;
  }
}

INSTANTIATE_ENV_PAIR_TEST(EnvTest);

}  // namespace
}  // namespace quadraft::net
