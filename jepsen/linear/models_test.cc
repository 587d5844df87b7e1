// What the models say of histories that people would write down: their operations, how they fall
// apart into objects, and the words of a refusal.
#include "gtest/gtest.h"
#include "jepsen/history/edn.h"
#include "jepsen/linear/checker.h"

namespace quadraft::jepsen {
namespace {

class Story {
 public:
  // One operation after the other, by one client.
  Story& Did(std::string_view f, std::string_view input, std::string_view output) {
    history_.Invoke(0, f, *ParseEdn(input));
    history_.Ok(0, *ParseEdn(output));
    return *this;
  }
  Story& Crashed(std::string_view f, std::string_view input) {
    history_.Invoke(++crashed_, f, *ParseEdn(input));
    return *this;
  }
  CheckResult By(std::string_view model) const {
    return CheckLinearizable(history_, **MakeModel(model), {}, Evidence::kOrders);
  }

 private:
  History history_;
  int64_t crashed_ = 0;
};

bool Says(const CheckResult& result, std::string_view words) {
  return result.explanation.find(words) != std::string::npos;
}

TEST(Models, EachIsMadeByName) {
  for (const NamedModel& named : NamedModels()) {
    const auto model = MakeModel(named.name);
    ASSERT_TRUE(model.ok()) << named.name << model.status();
    History wrong;
    wrong.Invoke(0, "no-such-thing", Value::Int(1));
    wrong.Ok(0, Value());
    const CheckResult result = CheckLinearizable(wrong, **model);
    EXPECT_EQ(result.verdict, Verdict::kUnknown) << named.name;
    EXPECT_EQ(result.error.code(), absl::StatusCode::kInvalidArgument) << named.name;
  }
  EXPECT_FALSE(MakeModel("stack").ok());
}

TEST(Set, AReadSeesAll) {
  Story story;
  story.Did("add", "1", "1")
      .Did("add", "2", "2")
      .Did("remove", "1", "1")
      .Did("read", "nil", "#{2}");
  EXPECT_EQ(story.By("set").verdict, Verdict::kOk);
  EXPECT_EQ(story.By("set").objects.size(), 1u);
  story.Did("read", "nil", "[1 2]");
  EXPECT_TRUE(Says(story.By("set"), "impossible here: it saw 1, not there"))
      << story.By("set").explanation;
  Story lost;
  lost.Did("add", "1", "1").Did("read", "nil", "[]");
  EXPECT_EQ(lost.By("set").verdict, Verdict::kViolation);
}

TEST(Set, WithoutReadsEachElementIsAnObject) {
  Story story;
  story.Did("add", "1", "1").Did("contains", "1", "true").Did("contains", "2", "false");
  EXPECT_EQ(story.By("set").verdict, Verdict::kOk);
  EXPECT_EQ(story.By("set").partitions, 2u);
  story.Did("remove", "1", "1").Did("contains", "1", "true");
  const CheckResult result = story.By("set");
  EXPECT_EQ(result.verdict, Verdict::kViolation);
  EXPECT_EQ(result.objects[0].verdict, Verdict::kViolation);
  EXPECT_EQ(result.objects[1].verdict, Verdict::kOk);
}

TEST(Queue, FirstInFirstOut) {
  Story story;
  story.Did("enqueue", "1", "1").Did("enqueue", "2", "2").Did("dequeue", "nil", "1");
  EXPECT_EQ(story.By("queue").verdict, Verdict::kOk);
  Story wrong = story;
  wrong.Did("dequeue", "nil", "nil");
  EXPECT_TRUE(Says(wrong.By("queue"), "the first in the queue is 2"))
      << wrong.By("queue").explanation;
  story.Did("dequeue", "nil", "2").Did("dequeue", "nil", "nil");
  EXPECT_EQ(story.By("queue").verdict, Verdict::kOk);
  Story swapped;
  swapped.Did("enqueue", "1", "1").Did("enqueue", "2", "2").Did("dequeue", "nil", "2");
  EXPECT_EQ(swapped.By("queue").verdict, Verdict::kViolation);
  EXPECT_EQ(swapped.By("unordered-queue").verdict, Verdict::kOk);
  swapped.Did("dequeue", "nil", "2");
  EXPECT_TRUE(Says(swapped.By("unordered-queue"), "it is not in the queue"));
}

TEST(Queue, ACrashedDequeueMayHaveTakenTheFirst) {
  Story story;
  story.Did("enqueue", "1", "1").Did("enqueue", "2", "2").Crashed("dequeue", "nil");
  story.Did("dequeue", "nil", "2");
  EXPECT_EQ(story.By("queue").verdict, Verdict::kOk);
  EXPECT_EQ(story.By("unordered-queue").verdict, Verdict::kOk);
  story.Did("dequeue", "nil", "nil");
  EXPECT_EQ(story.By("queue").verdict, Verdict::kOk);
  // Which element it took is not searched for; the reason is said.
  EXPECT_EQ(story.By("unordered-queue").verdict, Verdict::kUnknown);
  EXPECT_TRUE(Says(story.By("unordered-queue"), "whose result is unknown"));
}

TEST(Queue, ALongOneIsNoTrouble) {
  // Enqueued three at a time; what came out tells the order.
  History history;
  for (int i = 0; i < 3000; i += 3) {
    for (int j = 0; j < 3; ++j) history.Invoke(j, "enqueue", Value::Int(i + j));
    for (int j = 0; j < 3; ++j) history.Ok(j, Value::Int(i + j));
  }
  for (int i = 0; i < 3000; ++i) {
    history.Invoke(0, "dequeue", Value());
    history.Ok(0, Value::Int(i - i % 3 + (i + 1) % 3));
  }
  const CheckResult result = CheckLinearizable(history, *QueueModel(), {.steps_max = 1'000'000});
  EXPECT_EQ(result.verdict, Verdict::kOk) << result.explanation;
}

TEST(QuadSet, PatternsSeeWhatIsThere) {
  Story story;
  story.Did("insert", "[[s1 p 1 g] [s1 p 2 g]]", "nil")
      .Did("match", "[s1 p nil nil]", "[[s1 p 2 g] [s1 p 1 g]]")
      .Did("update", "{:delete [[s1 p 1 g]] :insert [[s1 p 3 g]]}", "nil")
      .Did("match", "[s1 nil nil nil]", "#{[s1 p 2 g] [s1 p 3 g]}")
      .Did("ask", "[s1 p 1 nil]", "false")
      .Did("ask", "[s2 p nil nil]", "false")
      .Did("insert", "[[s3 p 1 g]]", "nil");
  const CheckResult good = story.By("quad-set");
  EXPECT_EQ(good.verdict, Verdict::kOk) << good.explanation;
  EXPECT_EQ(good.partitions, 3u);
  Story bad = story;
  bad.Did("ask", "[s1 p 1 nil]", "true");
  EXPECT_TRUE(Says(bad.By("quad-set"), "it saw something, and nothing of the kind is there"))
      << bad.By("quad-set").explanation;
  Story torn = story;
  torn.Did("match", "[s1 p nil nil]", "[[s1 p 2 g]]");
  EXPECT_TRUE(Says(torn.By("quad-set"), "it did not see [s1 p 3 g], there"))
      << torn.By("quad-set").explanation;
  Story never = story;
  never.Did("ask", "[s2 p nil nil]", "true");
  EXPECT_EQ(never.By("quad-set").verdict, Verdict::kViolation);
  Story foreign = story;
  foreign.Did("match", "[s1 p nil nil]", "[[s3 p 1 g]]");
  EXPECT_FALSE(foreign.By("quad-set").error.ok());
}

TEST(MultiRegister, RegistersThatNoTransactionJoinsAreApart) {
  Story story;
  story.Did("txn", "[[:w :x 1] [:w :y 1]]", "[[:w :x 1] [:w :y 1]]")
      .Did("txn", "[[:w :z 1]]", "[[:w :z 1]]")
      .Did("txn", "[[:r :y nil]]", "[[:r :y 1]]");
  EXPECT_EQ(story.By("multi-register").verdict, Verdict::kOk);
  EXPECT_EQ(story.By("multi-register").partitions, 2u);
}

// Every order of the two writes is named, and the read fits none.
TEST(Evidence, OtherOrdersAreNamed) {
  History history;
  history.Invoke(0, "write", Value::Int(1));
  history.Invoke(1, "write", Value::Int(2));
  history.Ok(0, Value::Int(1));
  history.Ok(1, Value::Int(2));
  history.Invoke(0, "read", Value());
  history.Ok(0, Value::Int(3));
  const CheckResult result = CheckLinearizable(history, *RegisterModel(), {}, Evidence::kOrders);
  EXPECT_TRUE(Says(result, "impossible here: it needs value 3")) << result.explanation;
  EXPECT_TRUE(Says(result, "other orders lead to value ")) << result.explanation;
  ASSERT_EQ(result.objects.size(), 1u);
  EXPECT_EQ(result.objects[0].order.size(), 2u);
  EXPECT_EQ(result.objects[0].initial, "value nil");
  ASSERT_EQ(result.objects[0].stuck.size(), 1u);
  EXPECT_EQ(result.objects[0].stuck[0].operation, 2u);
}

}  // namespace
}  // namespace quadraft::jepsen
