#include "jepsen/txn/workloads.h"

#include "gtest/gtest.h"
#include "jepsen/history/read_history.h"

namespace quadraft::jepsen {
namespace {

History Of(std::string_view edn) {
  auto history = ReadHistory(edn);
  EXPECT_TRUE(history.ok()) << history.status();
  return history.ok() ? *std::move(history) : History();
}

// An operation that ended in ok, alone in its time.
std::string Op(int process, std::string_view f, std::string_view in, std::string_view out) {
  const std::string head = StrCat("{:process ", process, " :f :", f, " :type ");
  return StrCat(head, ":invoke :value ", in, "}\n", head, ":ok :value ", out, "}\n");
}
std::string Read(std::string_view out) { return Op(0, "read", "nil", out); }
std::string Add(std::string_view v) { return Op(1, "add", v, v); }

void Expect(const Report& report, Outcome outcome, std::string_view said) {
  EXPECT_TRUE(report.error.ok()) << report.error;
  EXPECT_EQ(report.outcome, outcome) << report.explanation;
  EXPECT_NE(report.explanation.find(said), std::string::npos) << report.explanation;
}

TEST(Bank, TotalsAndAccounts) {
  const std::string first = Read("{0 10, 1 5}");
  Expect(CheckBank(Of(first + Read("{0 5, 1 10}")), {}), Outcome::kGood, "");
  Expect(CheckBank(Of(first + Read("{0 5, 1 5}")), {}), Outcome::kBad,
         "wrong-total: 1 case\n  the total is 10, not 15: process 0: read");
  Expect(CheckBank(Of(first + Read("{0 5, 2 10}")), {}), Outcome::kBad, "no account 2");
  Expect(CheckBank(Of(first + Read("{0 15, 1 nil}")), {}), Outcome::kBad, "nothing in 1");
  Expect(CheckBank(Of(first + Read("{0 16, 1 -1}")), {}), Outcome::kBad, "below zero");
  Expect(CheckBank(Of(first + Read("{0 16, 1 -1}")), {.negative_allowed = true}), Outcome::kGood,
         "");
  Expect(CheckBank(Of(first), {.total = 16}), Outcome::kBad, "the total is 15, not 16");
  Expect(CheckBank(Of(Op(0, "transfer", "{:from 0}", "{:from 0}")), {}), Outcome::kUnknown,
         "no read");
  EXPECT_FALSE(CheckBank(Of(Read("[1 2]")), {}).error.ok());
}

TEST(Set, LastReadCounts) {
  Expect(CheckSet(Of(Add("1") + Read("[]") + Add("2") + Read("#{1 2}"))), Outcome::kGood, "");
  Expect(CheckSet(Of(Add("1") + Add("2") + Read("[2]"))), Outcome::kBad, "lost: 1 case");
  Expect(CheckSet(Of(Add("1") + Read("[1 7]"))), Outcome::kBad, "nobody added 7");
  Expect(CheckSet(Of(Add("1"))), Outcome::kUnknown, "no read");
  // What is uncertain may be there or not.
  const std::string maybe =
      "{:process 3 :type :invoke :f :add :value 9}{:process 3 :type :info :f :add :value 9}";
  Expect(CheckSet(Of(maybe + Read("[9]"))), Outcome::kGood, "");
  Expect(CheckSet(Of(maybe + Read("[]"))), Outcome::kGood, "");
}

TEST(SetFull, EveryReadCounts) {
  Expect(CheckSetFull(Of(Add("1") + Read("[1]")), false), Outcome::kGood, "");
  Expect(CheckSetFull(Of(Add("1") + Read("[1]") + Read("[]")), false), Outcome::kBad,
         "lost: 1 case");
  // Missed for a while: only linearizable sets forbid that.
  const History stale = Of(Add("1") + Read("[]") + Read("[1]"));
  Expect(CheckSetFull(stale, false), Outcome::kGood, "");
  Expect(CheckSetFull(stale, true), Outcome::kBad, "stale: 1 case");
  Expect(CheckSetFull(Of(Add("1") + Read("[1 1]")), false), Outcome::kBad, "stands twice");
  Expect(CheckSetFull(Of(Add("1")), false), Outcome::kUnknown, "no read");
}

TEST(Counter, WithinBounds) {
  Expect(CheckCounter(Of(Add("2") + Add("3") + Read("5"))), Outcome::kGood, "");
  Expect(CheckCounter(Of(Add("2") + Read("3"))), Outcome::kBad, "between 2 and 2");
  const std::string open = "{:process 5 :type :invoke :f :add :value 4}";
  Expect(CheckCounter(Of(open + Read("0") + Read("4"))), Outcome::kGood, "");
  Expect(CheckCounter(Of(open + Read("5"))), Outcome::kBad, "between 0 and 4");
  const std::string failed = open + "{:process 5 :type :fail :f :add :value 4}";
  Expect(CheckCounter(Of(failed + Read("4"))), Outcome::kBad, "between 0 and 0");
  const std::string down = "{:process 5 :type :invoke :f :add :value -4}";
  Expect(CheckCounter(Of(Add("4") + down + Read("0"))), Outcome::kGood, "");
  // Open over the whole decrement: before it or after it.
  const std::string around = "{:process 6 :type :invoke :f :read :value nil}" +
                             Op(5, "add", "-4", "-4") + "{:process 6 :type :ok :f :read :value ";
  Expect(CheckCounter(Of(around + "0}")), Outcome::kGood, "");
  Expect(CheckCounter(Of(around + "-4}")), Outcome::kGood, "");
  Expect(CheckCounter(Of(around + "-5}")), Outcome::kBad, "between -4 and 0");
}

TEST(LongFork, OppositeOrders) {
  const std::string writes =
      Op(1, "write", "[[:w 0 1]]", "[[:w 0 1]]") + Op(1, "write", "[[:w 1 1]]", "[[:w 1 1]]");
  const std::string both = Read("[[:r 0 1] [:r 1 1]]");
  const std::string first = Read("[[:r 0 1] [:r 1 nil]]");
  const std::string second = Read("[[:r 1 1] [:r 0 nil]]");
  Expect(CheckLongFork(Of(writes + both + first), 2), Outcome::kGood, "");
  Expect(CheckLongFork(Of(writes + both + first + second), 0), Outcome::kBad, "long-fork: 1 case");
  EXPECT_FALSE(CheckLongFork(Of(writes + both), 3).error.ok());
  EXPECT_FALSE(CheckLongFork(Of(writes + writes), 0).error.ok());
  EXPECT_FALSE(CheckLongFork(Of(both + Read("[[:r 0 2] [:r 1 1]]")), 0).error.ok());
}

TEST(Comments, SeeWhatCameBefore) {
  const std::string writes = Op(1, "write", "1", "1") + Op(1, "write", "2", "2");
  Expect(CheckComments(Of(writes + Read("#{1 2}"))), Outcome::kGood, "");
  Expect(CheckComments(Of(writes + Read("#{1}"))), Outcome::kGood, "");
  Expect(CheckComments(Of(writes + Read("#{2}"))), Outcome::kBad, "but not 1");
}

TEST(Sequential, NoOlderIsMissing) {
  Expect(CheckSequential(Of(Read("[7 [nil nil]]") + Read("[7 [nil \"7_0\"]]"))), Outcome::kGood,
         "");
  Expect(CheckSequential(Of(Read("[7 [\"7_1\" nil]]"))), Outcome::kBad, "an older subkey");
  EXPECT_FALSE(CheckSequential(Of(Read("7"))).error.ok());
}

}  // namespace
}  // namespace quadraft::jepsen
