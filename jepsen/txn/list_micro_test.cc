// One small history for every anomaly of list-append.
#include "gtest/gtest.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/testing/micro.h"
#include "jepsen/txn/testing/shorthand.h"

namespace quadraft::jepsen {
namespace {

class ListMicro : public ::testing::TestWithParam<Micro> {};
TEST_P(ListMicro, IsJudgedRight) {
  const Micro& micro = GetParam();
  TxnOptions options;
  options.consistency = micro.consistency;
  options.anomalies = micro.anomalies;
  const History history = FromShorthand(micro.txns, TxnKind::kListAppend, micro.timing);
  Expect(micro, CheckListAppend(history, options));
}

const Micro kListCases[] = {
    {"Nothing", "", kAtOnce, {"strict-serializable"}, {}, {}, {}},
    {"Good", "ax1 rx1 ax2 rx12", kInTurn, {"strict-serializable"}, {}, {}, {}},
    {"G0", "ax1ay1 ax2ay2 rx12ry21", kAtOnce, {}, {"G0"}, {"G0"}, {"read-uncommitted"}},
    {"G0IsG1", "ax1ay1 ax2ay2 rx12ry21", kAtOnce, {}, {"G1"}, {"G0"}, {"read-uncommitted"}},
    {"G0IsNotG2", "ax1ay1 ax2ay2 rx12ry21", kAtOnce, {}, {"G2"}, {}, {"read-uncommitted"}},
    {"G1a", "fail:ax1 rx1", kAtOnce, {"read-committed"}, {}, {"G1a"}, {"read-committed"}},
    {"G1aAtReadUncommitted", "fail:ax1 rx1", kAtOnce, {"read-uncommitted"}, {}, {}, {}},
    {"G1aAmongMore",
     "fail:ax1 rx1ax2 rx12ry",
     kAtOnce,
     {"read-committed"},
     {},
     {"G1a", "dirty-update"},
     {"read-committed"}},
    {"G1b",
     "ax1ax2 rx1",
     kAtOnce,
     {"serializable"},
     {},
     {"G1b", "G-single-item"},
     {"read-committed"}},
    {"G1bAloneOnRequest", "ax1ax2 rx1", kAtOnce, {}, {"G1"}, {"G1b"}, {"read-committed"}},
    {"OwnIntermediateIsFine", "ax1rx1ax2", kAtOnce, {"strict-serializable"}, {}, {}, {}},
    {"G1c", "ax1ry1 ax2ay1 rx12ry1", kAtOnce, {"serializable"}, {}, {"G1c"}, {"read-committed"}},
    {"GSingle",
     "ax1ay1 ax2ry rx12",
     kAtOnce,
     {"serializable"},
     {},
     {"G-single-item"},
     {"consistent-view", "repeatable-read"}},
    {"GSingleAtReadCommitted", "ax1ay1 ax2ry rx12", kAtOnce, {"read-committed"}, {}, {}, {}},
    {"GSingleAtRepeatableRead",
     "ax1ay1 rx1ry",
     kAtOnce,
     {"repeatable-read"},
     {},
     {"G-single-item"},
     {"consistent-view", "repeatable-read"}},
    {"G2", "ax1ry ay1rx", kAtOnce, {"serializable"}, {}, {"G2-item"}, {"repeatable-read"}},
    {"G2IsSnapshotIsolation", "ax1ry ay1rx", kAtOnce, {"snapshot-isolation"}, {}, {}, {}},
    {"GNonadjacent",
     "ax1 rx1ry ay1 ry1rx",
     kAtOnce,
     {"serializable"},
     {},
     {"G-nonadjacent-item"},
     {"repeatable-read", "snapshot-isolation"}},
    {"GNonadjacentOfFour",
     "ax1at1 rx1ry ay1az2 rz2rt",
     kAtOnce,
     {"repeatable-read"},
     {},
     {"G-nonadjacent-item"},
     {"repeatable-read", "snapshot-isolation"}},
    {"AdjacentIsNotNonadjacent",
     "rx5ay1 ryaz2 rzat3 rt3au4 ruax5",
     kAtOnce,
     {"snapshot-isolation"},
     {},
     {},
     {}},
    {"GSingleRealtime",
     "ax1 ax2 rx1 rx12",
     kInTurn,
     {"strict-serializable"},
     {},
     {"G-single-item-realtime"},
     {"strong-snapshot-isolation"}},
    {"GSingleRealtimeIsSerializable", "ax1 ax2 rx1 rx12", kInTurn, {"serializable"}, {}, {}, {}},
    {"GSingleProcess",
     "0:ax1 1:ax2 1:rx1 2:rx12",
     kInTurn,
     {"strong-session-snapshot-isolation"},
     {},
     {"G-single-item-process"},
     {"strong-session-snapshot-isolation"}},
    {"GNonadjacentProcess",
     "0:rxrz1 1:ax1 1:rz 2:az1",
     kInTurn,
     {"strong-session-snapshot-isolation"},
     {},
     {"G-nonadjacent-item-process"},
     {"strong-session-snapshot-isolation"}},
    {"G1cProcess",
     "1:rx1ay1 2:ry1 2:ax1",
     kInTurn,
     {"strong-session-snapshot-isolation"},
     {},
     {"G1c-process"},
     {"strong-session-read-committed"}},
    {"G0Realtime",
     "ax2 ax1 rx12",
     kInTurn,
     {"strict-serializable"},
     {},
     {"G0-realtime"},
     {"strong-read-uncommitted"}},
    {"G0Process",
     "1:ax2 1:ax1 rx12",
     kInTurn,
     {"strong-session-read-committed"},
     {},
     {"G0-process"},
     {"strong-session-read-uncommitted"}},
    {"G1cRealtime",
     "rx1 ax1",
     kInTurn,
     {"strict-serializable"},
     {},
     {"G1c-realtime"},
     {"strong-read-committed"}},
    {"IncompatibleOrder",
     "ax1ry1 ax2 ax3ay1 rx13 rx123",
     kAtOnce,
     {},
     {"G1"},
     {"G1c", "incompatible-order"},
     {"read-committed"}},
    {"DirtyUpdate",
     "fail:ax1 ax2 rx12",
     kAtOnce,
     {},
     {"dirty-update"},
     {"dirty-update"},
     {"read-committed"}},
    {"DirtyUpdateOverInfo",
     "fail:ax1 info:ax2 ax3 rx123",
     kAtOnce,
     {},
     {"dirty-update"},
     {"dirty-update"},
     {"read-committed"}},
    {"NoDirtyUpdate", "fail:ax1", kAtOnce, {}, {"dirty-update"}, {}, {}},
    {"DuplicateElements",
     "ax1ry1 ax2ay1 rx121",
     kAtOnce,
     {"read-committed"},
     {},
     {"G1c", "duplicate-elements"},
     {"read-uncommitted"}},
    {"Internal",
     "ax1ax2ax4 ax3rx1234",
     kAtOnce,
     {},
     {"internal"},
     {"internal"},
     {"read-uncommitted"}},
    {"InternalStale", "rx12ax3rx12", kAtOnce, {}, {"internal"}, {"internal"}, {}},
    {"InternalPrefix", "rx12ax3rx023", kAtOnce, {}, {"internal"}, {"internal"}, {}},
    {"InternalLonger", "rx12ax3rx1234", kAtOnce, {}, {"internal"}, {"internal"}, {}},
    {"InternalShorter", "rx12ax3rx1", kAtOnce, {}, {"internal"}, {"internal"}, {}},
    {"InternalOwnAppendMissing", "ax3rx", kAtOnce, {}, {"internal"}, {"internal"}, {}},
    {"InternalGood", "ry56ax3rx123ax4rx1234", kAtOnce, {}, {"internal"}, {}, {}},
    {"FutureRead", "rx1ax1", kAtOnce, {"read-committed"}, {}, {"future-read"}, {"read-committed"}},
    {"FutureReadAmongMore", "ax1rx01ax0ax3", kAtOnce, {}, {"future-read"}, {"future-read"}, {}},
    {"GarbageRead", "rx7", kAtOnce, {"read-committed"}, {}, {"garbage-read"}, {"read-committed"}},
    {"UnobservedComesLast",
     "ax1ay1 ax2ay2 ax3ay3 rx12 ry2",
     kAtOnce,
     {"serializable"},
     {},
     {"G0", "G-single-item"},
     {"read-uncommitted"}},
    {"LostUpdate",
     "ax0 rx0ax1 rx0ax2",
     kAtOnce,
     {"serializable"},
     {},
     {"G2-item", "lost-update"},
     {"cursor-stability", "update-atomic"}},
    // Elle explains the edge by the data and stays silent; the stale read is there nevertheless.
    {"LostUpdateInTurn",
     "ax0 rx0ax1 rx0ax2",
     kInTurn,
     {"strict-serializable"},
     {},
     {"G2-item", "G-single-item-realtime", "lost-update"},
     {"cursor-stability", "update-atomic"}},
    {"TwoWritesAreNoLostUpdate", "rxax1ax2 rx12", kInTurn, {"strict-serializable"}, {}, {}, {}},
    {"InfoReadsAreUnknown", "info:ax2ry ax1ay1 rx12ry1", kAtOnce, {"serializable"}, {}, {}, {}},
    {"InfoWritesCount", "info:ax1ay1 rx1ry", kAtOnce, {"serializable"}, {}, {"G-single-item"}, {}},
    {"InfoNeverEnds", "info:ax1 rx rx1", kInTurn, {"strict-serializable"}, {}, {}, {}},
    {"SingleAppendIsOrdered", "rx ax1", kInTurn, {"strict-serializable"}, {}, {}, {}},
    {"SingleAppendOutOfOrder",
     "ax1 rx",
     kInTurn,
     {"strict-serializable"},
     {},
     {"G-single-item-realtime"},
     {}},
};

INSTANTIATE_TEST_SUITE_P(Elle, ListMicro, ::testing::ValuesIn(kListCases),
                         [](const auto& info) { return info.param.name; });

// T1 misses T2, T2 misses T3, and T3 had completed before T1 began.
TEST(ListTiming, G2Realtime) {
  const auto txn = [](const std::string& text) {
    return FromShorthand(text, TxnKind::kListAppend, kInTurn).events()[1].value;
  };
  History history;
  history.Invoke(2, "txn", txn("ryax1"));
  history.Invoke(3, "txn", txn("ay1"));
  history.Ok(3, txn("ay1"), 2'000'000);
  history.Invoke(1, "txn", txn("rx"), 15'000'000);
  history.Ok(1, txn("rx"));
  history.Ok(2, txn("ryax1"));
  TxnReport report = CheckListAppend(history);
  EXPECT_EQ(Prohibited(report), Names{"G2-item-realtime"}) << report.explanation;
  EXPECT_EQ(report.not_models, std::vector<std::string>{"strict-serializable"});
  EXPECT_NE(
      report.explanation.find("T2 completed (event 2) 0.013 s before T3 was invoked (event 3)"),
      std::string::npos)
      << report.explanation;
  TxnOptions options;
  options.consistency = {"strong-session-serializable"};
  EXPECT_EQ(CheckListAppend(history, options).outcome, Outcome::kGood);
}

// Both orders at once, on request: the broken session is the weaker level.
TEST(ListTiming, SessionsBesideRealtime) {
  const History history = FromShorthand("0:ax1 1:ax2 1:rx1 2:rx12", TxnKind::kListAppend, kInTurn);
  TxnOptions options;
  EXPECT_EQ(CheckListAppend(history, options).not_models,
            std::vector<std::string>{"strong-snapshot-isolation"});
  options.sessions = true;
  EXPECT_EQ(CheckListAppend(history, options).not_models,
            std::vector<std::string>{"strong-session-snapshot-isolation"});
}

TEST(Check, WordsOfACycle) {
  const History history = FromShorthand("ax1ay1 ax2ry rx12", TxnKind::kListAppend, kAtOnce);
  TxnOptions options;
  options.consistency = {"serializable"};
  const TxnReport report = CheckListAppend(history, options);
  EXPECT_EQ(report.verdict, "NOT-serializable");
  EXPECT_EQ(report.summary, "3 transactions, 3 dependencies, G-single-item");
  EXPECT_EQ(report.explanation,
            "not consistent-view, repeatable-read\n"
            "also not forward-consistent-view, serializable, snapshot-isolation, "
            "strict-serializable, strong-session-serializable, "
            "strong-session-snapshot-isolation, strong-snapshot-isolation, update-serializable\n"
            "G-single-item: 1 case\n"
            "  T1 = process 11 [[:append :x 2] [:r :y []]] (ok, events 1 to 4)\n"
            "  T2 = process 10 [[:append :x 1] [:append :y 1]] (ok, events 0 to 3)\n"
            "  T1 < T2, because T1 read key :y as still empty, before T2 appended 1;\n"
            "  However, T2 < T1, because T1 appended 2 to key :x after T2 appended 1: a "
            "contradiction.\n");
}

TEST(Check, WhatCannotBeJudged) {
  const History twice = FromShorthand("ax1 ax1", TxnKind::kListAppend, kAtOnce);
  TxnReport report = CheckListAppend(twice);
  EXPECT_EQ(report.outcome, Outcome::kUnknown);
  EXPECT_NE(Message(report.error).find("value 1 is written to key :x twice"), std::string::npos);
  EXPECT_FALSE(ToStatus(report).ok());
  const History registers = FromShorthand("wx1", TxnKind::kRwRegister, kAtOnce);
  report = CheckListAppend(registers);
  EXPECT_NE(Message(report.error).find("list-append has :append and :r, not [:w :x 1]"),
            std::string::npos)
      << report.error;
  TxnOptions options;
  options.consistency = {"perfect"};
  report = CheckListAppend(History(), options);
  EXPECT_NE(Message(report.error).find("no consistency level \"perfect\""), std::string::npos);
  options = {};
  options.anomalies = {"G99"};
  EXPECT_FALSE(CheckListAppend(History(), options).error.ok());
  History open;
  open.Invoke(0, "txn", Value::Vector({}));
  open.Invoke(0, "txn", Value::Vector({}));
  EXPECT_FALSE(CheckListAppend(open).error.ok());
}

}  // namespace
}  // namespace quadraft::jepsen
