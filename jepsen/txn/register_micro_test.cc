// One small history for every anomaly of rw-register.
#include "gtest/gtest.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/testing/micro.h"
#include "jepsen/txn/testing/shorthand.h"

namespace quadraft::jepsen {
namespace {

struct RegisterMicro {
  Micro micro;
  bool wfr = false;
  bool sequential = false;
  bool linearizable = false;
  bool solve = false;
};

void PrintTo(const RegisterMicro& micro, std::ostream* out) { *out << micro.micro.name; }

class RwMicro : public ::testing::TestWithParam<RegisterMicro> {};
TEST_P(RwMicro, IsJudgedRight) {
  const RegisterMicro& rw = GetParam();
  TxnOptions options;
  options.consistency = rw.micro.consistency;
  options.anomalies = rw.micro.anomalies;
  options.wfr_keys = rw.wfr;
  options.sequential_keys = rw.sequential;
  options.linearizable_keys = rw.linearizable;
  options.solve = rw.solve;
  options.garbage_allowed = true;
  const History history = FromShorthand(rw.micro.txns, TxnKind::kRwRegister, rw.micro.timing);
  Expect(rw.micro, CheckRwRegister(history, options));
}

const RegisterMicro kRegisterCases[] = {
    {{"Good", "wx1 rx1 wx2 rx2", kInTurn, {"strict-serializable"}, {}, {}, {}},
     false,
     false,
     false,
     true},
    {{"GarbageIsAllowed", "0:wx1 0:rx2", kInTurn, {"strict-serializable"}, {}, {}, {}},
     false,
     false,
     true,
     true},
    {{"CyclicVersionsLinearizable",
      "0:wx1 0:rx2 0:rx1",
      kInTurn,
      {"strict-serializable"},
      {},
      {"cyclic-versions"},
      {"read-uncommitted"}},
     false,
     false,
     true},
    {{"CyclicVersionsSequential",
      "0:wx1 0:wx2 0:rx1",
      kInTurn,
      {"strict-serializable"},
      {},
      {"cyclic-versions"},
      {"read-uncommitted"}},
     false,
     true},
    {{"G0NeedsAnOrder", "0:wx1wy2 1:wx2wy1", kInTurn, {}, {"G0"}, {}, {}}},
    {{"G0", "0:wx1wy2 1:wx2wy1 0:rx2 1:ry2", kInTurn, {}, {"G0"}, {"G0"}, {"read-uncommitted"}},
     false,
     true},
    {{"G1a", "rx1 fail:wx1", kAtOnce, {}, {"G1"}, {"G1a"}, {"read-committed"}}},
    {{"G1b", "wx1wx2 rx1", kAtOnce, {"repeatable-read"}, {}, {"G1b"}, {"read-committed"}}},
    {{"G1bNotAskedFor", "wx1wx2 rx1", kAtOnce, {}, {"G0"}, {}, {"read-committed"}}},
    {{"G1c", "wx1ry1 wy1rx1", kAtOnce, {"serializable"}, {}, {"G1c"}, {"read-committed"}}},
    {{"G1cIsNotG2", "wx1ry1 wy1rx1", kAtOnce, {}, {"G2"}, {}, {"read-committed"}}},
    {{"Internal", "rx1rx2", kAtOnce, {}, {"internal"}, {"internal"}, {"read-atomic"}}},
    {{"InternalOwnWrite", "rx1wx2rx1", kAtOnce, {}, {"internal"}, {"internal"}, {"read-atomic"}}},
    {{"InternalGood", "ry2wx2rx2wx1rx1", kAtOnce, {}, {"internal"}, {}, {}}},
    {{"FutureRead",
      "rx1wx1",
      kAtOnce,
      {"read-committed"},
      {},
      {"future-read"},
      {"read-committed"}}},
    {{"GSingleFromNil",
      "rx_ry1 wy1wx2",
      kAtOnce,
      {"serializable"},
      {},
      {"G-single-item"},
      {"consistent-view", "repeatable-read"}}},
    {{"GSingleNeedsWfr", "ry1wx1wy2 rx1ry1", kAtOnce, {"serializable"}, {}, {}, {}}},
    {{"GSingleWithWfr",
      "ry1wx1wy2 rx1ry1",
      kAtOnce,
      {"serializable"},
      {},
      {"G-single-item"},
      {"consistent-view", "repeatable-read"}},
     true},
    {{"LostUpdate",
      "rx0wx1 rx0wx2",
      kAtOnce,
      {"strict-serializable"},
      {},
      {"lost-update"},
      {"cursor-stability", "update-atomic"}}},
    {{"G2FromNil",
      "rx_wy1 ry_wx1",
      kAtOnce,
      {"serializable"},
      {},
      {"G2-item"},
      {"repeatable-read"}}},
    {{"InfoWriteThatWasSeen",
      "info:wx1wy1 rx1ry_",
      kAtOnce,
      {"serializable"},
      {},
      {"G-single-item"},
      {"consistent-view", "repeatable-read"}}},
    {{"InfoWriteThatWasNot", "info:wx1wy1 rx_ry_", kInTurn, {"strict-serializable"}, {}, {}, {}},
     false,
     false,
     false,
     true},
    // The orders of writes are unknown to all rules; only trying them finds it.
    {{"SolvedLongFork",
      "wx1wy1 wx2 wy2 rx1ry2 rx2ry1",
      kAtOnce,
      {"serializable"},
      {},
      {"PL-SI-cycle-exists"},
      {"snapshot-isolation"}},
     false,
     false,
     false,
     true},
    {{"UnsolvedLongFork", "wx1wy1 wx2 wy2 rx1ry2 rx2ry1", kAtOnce, {"serializable"}, {}, {}, {}}},
    {{"SolvedStaleRead",
      "wx1 wx2 rx1",
      kInTurn,
      {"strict-serializable"},
      {},
      {"strong-snapshot-isolation-cycle-exists"},
      {"strong-snapshot-isolation"}},
     false,
     false,
     false,
     true},
    {{"SolvedStaleReadIsSerializable", "wx1 wx2 rx1", kInTurn, {"serializable"}, {}, {}, {}},
     false,
     false,
     false,
     true},
    {{"SolvedWriteSkew",
      "wx1wy1 rx1wy2 ry1wx2 rx2ry2",
      kAtOnce,
      {"serializable"},
      {},
      {"PL-3-cycle-exists"},
      {"serializable"}},
     false,
     false,
     false,
     true},
    {{"WriteSkewIsSnapshotIsolation",
      "wx1wy1 rx1wy2 ry1wx2 rx2ry2",
      kAtOnce,
      {"snapshot-isolation"},
      {},
      {},
      {}},
     false,
     false,
     false,
     true},
};

INSTANTIATE_TEST_SUITE_P(Elle, RwMicro, ::testing::ValuesIn(kRegisterCases),
                         [](const auto& info) { return info.param.micro.name; });

// Only while t1 and t2 overlap is it not a matter of real time.
TEST(RwTiming, G2WithLinearizableKeys) {
  History history;
  const auto txn = [](const std::string& text) {
    return FromShorthand(text, TxnKind::kRwRegister, kInTurn).events()[1].value;
  };
  history.Invoke(0, "txn", txn("rx1ry1"));
  history.Ok(0, txn("rx1ry1"));
  history.Invoke(1, "txn", txn("rx1wy2"));
  history.Invoke(2, "txn", txn("ry1wx2"));
  history.Ok(2, txn("ry1wx2"));
  history.Ok(1, txn("rx1wy2"));
  TxnOptions options;
  options.linearizable_keys = true;
  options.garbage_allowed = true;
  options.consistency = {"repeatable-read"};
  const TxnReport report = CheckRwRegister(history, options);
  EXPECT_EQ(Prohibited(report), Names{"G2-item"}) << report.explanation;
}

}  // namespace
}  // namespace quadraft::jepsen
