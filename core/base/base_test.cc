#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/crc32c.h"
#include "core/base/hash.h"
#include "core/base/status.h"
#include "core/base/task.h"

namespace quadraft {
namespace {

TEST(BytesTest, VarintRoundTripsAtEveryWidth) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t value : {(uint64_t{1} << shift) - 1, uint64_t{1} << shift}) {
      std::string encoded;
      PutVarint(&encoded, value);
      std::string_view in = encoded;
      uint64_t decoded = 0;
      ASSERT_TRUE(GetVarint(&in, &decoded));
      EXPECT_EQ(decoded, value);
      EXPECT_TRUE(in.empty());
      std::string_view cut = std::string_view(encoded).substr(0, encoded.size() - 1);
      EXPECT_FALSE(GetVarint(&cut, &decoded));
    }
  }
}

TEST(BytesTest, VarintRefusesOverlongInput) {
  const std::string overlong(11, '\x80');
  std::string_view in = overlong;
  uint64_t value;
  EXPECT_FALSE(GetVarint(&in, &value));
}

TEST(BytesTest, BigEndianKeepsOrder) {
  std::string a, b;
  PutBigEndian64(&a, 255);
  PutBigEndian64(&b, 256);
  EXPECT_LT(a, b);
}

TEST(Crc32cTest, KnownVectors) {  // RFC 3720, B.4.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(ExtendCrc32c(Crc32c("1234"), "56789"), Crc32c("123456789"));
}

TEST(HashTest, AddIsUndoneBySubtractAndCommutes) {
  const Hash128 a = Fingerprint("a"), b = Fingerprint("b");
  Hash128 ab = a, ba = b;
  ab.Add(b);
  ba.Add(a);
  EXPECT_EQ(ab, ba);
  ab.Subtract(b);
  EXPECT_EQ(ab, a);
  Hash128 borrow{1, 0};
  borrow.Subtract({0, 1});
  EXPECT_EQ(borrow, (Hash128{0, ~uint64_t{0}}));
}

TEST(HashTest, RunHashDependsOnOrder) {
  RunHash one, two;
  one.Fold(1), one.Fold(2);
  two.Fold(2), two.Fold(1);
  EXPECT_NE(one.value(), two.value());
}

TEST(StatusTest, AnnotateKeepsTheCode) {
  const Status status = Annotate(NotFound("file ", 7), "opening");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Message(status), "opening: file 7");
}

Task<int> Add(int a, int b) { co_return a + b; }

TEST(TaskTest, AwaitsTasksAndCallbacksAtOnceAndLater) {
  absl::AnyInvocable<void(int)> later;
  int result = 0;
  Spawn([](absl::AnyInvocable<void(int)>& later, int& result) -> Task<void> {
    const int sum = co_await Add(1, 2);
    const int now = co_await Callback<int>([](auto done) { done(10); });
    const int then = co_await Callback<int>([&](auto done) { later = std::move(done); });
    result = sum + now + then;
  }(later, result));
  EXPECT_EQ(result, 0);
  later(100);
  EXPECT_EQ(result, 113);
}

TEST(TaskTest, ScopeDestroysWaitingFramesAndLateCallbacksResumeNothing) {
  absl::AnyInvocable<void(int)> late;
  bool resumed = false;
  auto alive = std::make_shared<int>(1);
  {
    TaskScope scope;
    scope.Spawn([](absl::AnyInvocable<void(int)>& late, bool& resumed, std::shared_ptr<int> alive) -> Task<void> {
      co_await Callback<int>([&](auto done) { late = std::move(done); });
      resumed = *alive == 1;
    }(late, resumed, alive));
    scope.Spawn([]() -> Task<void> { co_return; }());
    EXPECT_EQ(scope.size(), 1u);
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
  late(5);
  EXPECT_FALSE(resumed);
}

}  // namespace
}  // namespace quadraft
