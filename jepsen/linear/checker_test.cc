#include "jepsen/linear/checker.h"

#include "gtest/gtest.h"
#include "jepsen/history/edn.h"
#include "jepsen/history/read_history.h"

namespace quadraft::jepsen {
namespace {

Value Pair(int64_t from, int64_t to) { return Value::Vector({Value::Int(from), Value::Int(to)}); }

Verdict Check(const History& history, const Model& model) {
  return CheckLinearizable(history, model).verdict;
}

// "0 invoke write 1": one event per line, EDN value.
History Parse(std::string_view lines) {
  std::string log;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
    log += StrCat("jepsen.util - ", line, "\n");
  }
  const auto history = ReadHistory(log, {.format = HistoryFormat::kLog});
  EXPECT_TRUE(history.ok()) << history.status();
  return history.ok() ? *history : History();
}

TEST(Register, AnEmptyHistoryIsLinearizable) {
  const CheckResult result = CheckLinearizable(History(), *RegisterModel());
  EXPECT_EQ(result.verdict, Verdict::kOk);
  EXPECT_EQ(result.operations, 0u);
}

TEST(Register, AStaleReadIsAViolation) {
  const History history = Parse(
      "0 :invoke :write 1\n0 :ok :write 1\n"
      "1 :invoke :write 2\n1 :ok :write 2\n"
      "0 :invoke :read nil\n0 :ok :read 1");
  const CheckResult result = CheckLinearizable(history, *RegisterModel());
  ASSERT_EQ(result.verdict, Verdict::kViolation);
  EXPECT_EQ(result.prefix, (std::vector<size_t>{0, 1}));
  EXPECT_EQ(result.stuck, (std::vector<size_t>{2}));
  EXPECT_EQ(
      result.explanation,
      "no order of the operations is one of a register.\n"
      "The longest that can be ordered is 2 of 3 operations:\n"
      "  value nil\n"
      "  process 0: write 1 -> ok (line 1, events 0 to 1), then value 1\n"
      "  process 1: write 2 -> ok (line 3, events 2 to 3), then value 2\n"
      "Now, with value 2, this one must come before event 5:\n"
      "  process 0: read -> ok 1 (line 5, events 4 to 5): impossible here: it needs value 1\n");
}

TEST(Register, ConcurrentWritesMayGoEitherWay) {
  for (const char* seen : {"1", "2"}) {
    const History history =
        Parse(StrCat("0 :invoke :write 1\n1 :invoke :write 2\n0 :ok :write 1\n1 :ok :write 2\n"
                     "0 :invoke :read nil\n0 :ok :read ",
                     seen));
    EXPECT_EQ(Check(history, *RegisterModel()), Verdict::kOk) << seen;
  }
  const History torn = Parse(
      "0 :invoke :write 1\n1 :invoke :write 2\n0 :ok :write 1\n1 :ok :write 2\n"
      "0 :invoke :read nil\n0 :ok :read 1\n1 :invoke :read nil\n1 :ok :read 2");
  EXPECT_EQ(Check(torn, *RegisterModel()), Verdict::kViolation);
}

TEST(Register, AnUnknownWriteMayHappenLateOrNever) {
  const std::string start = "0 :invoke :write 1\n0 :info :write 1\n";
  EXPECT_EQ(Check(Parse(start + "1 :invoke :read nil\n1 :ok :read nil"), *RegisterModel()),
            Verdict::kOk);
  EXPECT_EQ(Check(Parse(start + "1 :invoke :read nil\n1 :ok :read nil\n1 :invoke :read nil\n"
                                "1 :ok :read 1"),
                  *RegisterModel()),
            Verdict::kOk);
  // But once only.
  EXPECT_EQ(Check(Parse(start + "1 :invoke :read nil\n1 :ok :read 1\n1 :invoke :write 2\n"
                                "1 :ok :write 2\n1 :invoke :read nil\n1 :ok :read 1"),
                  *RegisterModel()),
            Verdict::kViolation);
}

TEST(Register, AnUnknownWriteDoesNotHappenBeforeItsInvoke) {
  const History history = Parse(
      "1 :invoke :read nil\n1 :ok :read 1\n"
      "0 :invoke :write 1\n0 :info :write 1");
  EXPECT_EQ(Check(history, *RegisterModel()), Verdict::kViolation);
}

TEST(Register, AFailedWriteDidNotHappen) {
  const History history = Parse(
      "0 :invoke :write 1\n0 :fail :write 1\n"
      "1 :invoke :read nil\n1 :ok :read 1");
  EXPECT_EQ(Check(history, *RegisterModel()), Verdict::kViolation);
}

TEST(Register, EachKeyIsAnObject) {
  History history;
  history.Invoke(0, "write", Value::Int(1), 0, Value::String("a"));
  history.Ok(0, Value::Int(1));
  history.Invoke(0, "read", Value(), 0, Value::String("b"));
  history.Ok(0, Value());
  const CheckResult ok = CheckLinearizable(history, *CasRegisterModel());
  EXPECT_EQ(ok.verdict, Verdict::kOk) << ok.explanation;
  EXPECT_EQ(ok.partitions, 2u);
  history.Invoke(0, "read", Value(), 0, Value::String("a"));
  history.Ok(0, Value());
  const CheckResult bad = CheckLinearizable(history, *CasRegisterModel());
  EXPECT_EQ(bad.verdict, Verdict::kViolation);
  EXPECT_EQ(bad.explanation.find("object \"a\": "), 0u) << bad.explanation;
}

TEST(CasRegister, ACasThatSucceededNeedsItsValue) {
  History history;
  history.Invoke(0, "cas", Pair(0, 1));
  history.Ok(0, Pair(0, 1));
  EXPECT_EQ(Check(history, *CasRegisterModel()), Verdict::kViolation);
  EXPECT_EQ(Check(history, *CasRegisterModel(Value::Int(0))), Verdict::kOk);
}

TEST(Mutex, TwoHolders) {
  const std::string one = "0 :invoke :acquire nil\n0 :ok :acquire nil\n";
  EXPECT_EQ(Check(Parse(one + "1 :invoke :acquire nil\n1 :ok :acquire nil"), *MutexModel()),
            Verdict::kViolation);
  EXPECT_EQ(Check(Parse(one + "0 :invoke :release nil\n1 :invoke :acquire nil\n"
                              "1 :ok :acquire nil\n0 :ok :release nil"),
                  *MutexModel()),
            Verdict::kOk);
}

TEST(Kv, AppendsHaveOneOrder) {
  const std::string appends =
      "0 :invoke :append \"a\"\n1 :invoke :append \"b\"\n0 :ok :append \"a\"\n1 :ok :append "
      "\"b\"\n";
  const auto get = [](std::string_view text) {
    return StrCat("2 :invoke :get nil\n2 :ok :get \"", text, "\"\n");
  };
  const auto model = KvModel();
  EXPECT_EQ(Check(Parse(appends), *model), Verdict::kOk);
  EXPECT_EQ(Check(Parse(StrCat(appends, get("ab"))), *model), Verdict::kOk);
  EXPECT_EQ(Check(Parse(StrCat(appends, get("ba"), get("ba"))), *model), Verdict::kOk);
  EXPECT_EQ(Check(Parse(StrCat(appends, get("ba"), get("ab"))), *model), Verdict::kViolation);
  EXPECT_EQ(Check(Parse(StrCat(appends, get("a"))), *model), Verdict::kViolation);
  EXPECT_EQ(Check(Parse(StrCat(appends, get(""))), *model), Verdict::kViolation);
  const std::string put = "3 :invoke :put \"z\"\n3 :ok :put \"z\"\n";
  EXPECT_EQ(Check(Parse(StrCat(appends, put, get("z"))), *model), Verdict::kOk);
  EXPECT_EQ(Check(Parse(StrCat(appends, put, get("zb"))), *model), Verdict::kViolation);
}

TEST(MultiRegister, TornReads) {
  const std::string write =
      "0 :invoke :txn [[:w :x 1] [:w :y 1]]\n0 :ok :txn [[:w :x 1] [:w :y 1]]\n";
  const std::string torn = "1 :invoke :txn nil\n1 :ok :txn [[:r :x 1] [:r :y 0]]";
  const std::string whole = "1 :invoke :txn nil\n1 :ok :txn [[:r :x 1] [:r :y 1]]";
  const auto model = MultiRegisterModel(*ParseEdn("{:x 0 :y 0}"));
  EXPECT_EQ(Check(Parse(write + torn), *model), Verdict::kViolation);
  EXPECT_EQ(Check(Parse(write + whole), *model), Verdict::kOk);
}

TEST(Checker, WhatCannotBeJudgedIsUnknownWithTheReason) {
  History history;
  history.Invoke(0, "enqueue", Value::Int(1));
  history.Ok(0, Value::Int(1));
  const CheckResult result = CheckLinearizable(history, *RegisterModel());
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_EQ(result.error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      result.explanation,
      "not an operation of a register (read, write v): process 0: enqueue 1 -> ok (events 0 to "
      "1)\n");
  EXPECT_FALSE(MakeModel("no-such").ok());
  EXPECT_FALSE(MakeModel("mutex", Value::Int(1)).ok());
  EXPECT_FALSE(MakeModel("multi-register", Value::Int(1)).ok());
}

// Many concurrent writes and a read of what nobody wrote: every subset of them is tried.
History HardViolation(int writers) {
  History history;
  for (int i = 0; i < writers; ++i) history.Invoke(i, "write", Value::Int(i));
  for (int i = 0; i < writers; ++i) history.Ok(i, Value::Int(i));
  history.Invoke(0, "read", Value());
  history.Ok(0, Value::Int(-1));
  return history;
}

TEST(Checker, StopsAtItsLimits) {
  const History history = HardViolation(14);
  EXPECT_EQ(Check(history, *RegisterModel()), Verdict::kViolation);
  const CheckResult few = CheckLinearizable(history, *RegisterModel(), {.steps_max = 1000});
  EXPECT_EQ(few.verdict, Verdict::kUnknown);
  EXPECT_TRUE(few.error.ok());
  EXPECT_NE(few.explanation.find("limit of 1000 steps"), std::string::npos) << few.explanation;
  const CheckResult small =
      CheckLinearizable(history, *RegisterModel(), {.memory_bytes_max = 100'000});
  EXPECT_EQ(small.verdict, Verdict::kUnknown);
  EXPECT_NE(small.explanation.find("limit of 100000 bytes"), std::string::npos)
      << small.explanation;
  // Five words would hold a configuration; half the table is empty at worst, and two live while it
  // grows.
  EXPECT_LE(small.configurations * 16, 100'000u);
}

TEST(Checker, ManyOpenOperationsOfUniqueValuesAreNoTrouble) {
  History history;
  for (int i = 0; i < 300; ++i) {
    history.Invoke(1000 + i, "write", Value::Int(1000 + i));  // Never answered.
    history.Invoke(0, "write", Value::Int(i));
    history.Ok(0, Value::Int(i));
    history.Invoke(0, "read", Value());
    history.Ok(0, Value::Int(i % 7 == 3 ? 1000 + i : i));
  }
  const CheckResult ok = CheckLinearizable(history, *RegisterModel());
  EXPECT_EQ(ok.verdict, Verdict::kOk) << ok.explanation;
  history.Invoke(0, "read", Value());
  history.Ok(0, Value::Int(5));
  const CheckResult bad = CheckLinearizable(history, *RegisterModel(), {.steps_max = 10'000'000});
  EXPECT_EQ(bad.verdict, Verdict::kViolation) << bad.explanation;
}

TEST(Checker, LongHistoriesAreLinear) {
  History history;
  for (int i = 0; i < 200'000; ++i) {
    history.Invoke(i % 5, "write", Value::Int(i));
    history.Ok(i % 5, Value::Int(i));
  }
  const CheckResult result = CheckLinearizable(history, *RegisterModel());
  EXPECT_EQ(result.verdict, Verdict::kOk);
  EXPECT_LE(result.configurations, 200'001u);
}

}  // namespace
}  // namespace quadraft::jepsen
