// The checkers against the definitions (testing/brute_force.h) on thousands of small random
// histories, and on larger ones of a database that is right, or wrong in one known way.
#include <iostream>
#include <set>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/testing/brute_force.h"
#include "jepsen/txn/testing/generator.h"

namespace quadraft::jepsen {
namespace {

struct Asked {
  std::string model;
  Orders orders;
};
const Asked kSerialLevels[] = {{"serializable", {false, false}},
                               {"strong-session-serializable", {true, false}},
                               {"strict-serializable", {false, true}}};

std::string Print(const TxnHistory& history) {
  std::string out;
  for (size_t t = 0; t < history.size(); ++t) StrAppend(&out, history.TxnText(t), "\n");
  return out;
}

TxnReport Check(const TxnHistory& history, const std::string& model) {
  TxnOptions options;
  options.consistency = {model};
  return history.kind() == TxnKind::kListAppend ? CheckListAppend(history, options)
                                                : CheckRwRegister(history, options);
}

// Some processes, some keys; reads see anything that is plausible at all: the state at invoke, at
// any time since, or with luck a wrong one.
GeneratorOptions Small(TxnKind kind, uint64_t seed) {
  Random random(seed, "differential/options");
  GeneratorOptions options;
  options.kind = kind;
  options.seed = seed;
  options.txns = 3 + random.Below(3);
  options.processes = 2 + random.Below(3);
  options.keys = 1 + random.Below(3);
  options.mops_max = 1 + random.Below(3);
  options.info_one_in = random.OneIn(3) ? 4 : 0;
  options.fail_one_in = random.OneIn(4) ? 4 : 0;
  options.final_reads = random.OneIn(2);
  options.stale_one_in = random.OneIn(4) ? 0 : 3;
  options.fault = random.OneIn(3) ? Fault::kNone : Fault::kSnapshot;
  return options;
}

// A register's verdict is exact: every order of versions is tried.
TEST(Differential, RegistersAreDecided) {
  size_t good = 0;
  size_t bad = 0;
  for (uint64_t seed = 1; seed <= 2500; ++seed) {
    const TxnHistory history = Generate(Small(TxnKind::kRwRegister, seed));
    for (const Asked& asked : kSerialLevels) {
      const bool expected = IsSerializable(history, asked.orders);
      const TxnReport report = Check(history, asked.model);
      ASSERT_EQ(report.outcome, expected ? Outcome::kGood : Outcome::kBad)
          << "seed " << seed << " " << asked.model << "\n"
          << Print(history) << report.summary << "\n"
          << report.explanation;
      ++(expected ? good : bad);
    }
  }
  std::cout << good << " good and " << bad << " bad judgements agree\n";
  EXPECT_GT(good, 1000u);
  EXPECT_GT(bad, 500u);
}

TEST(Differential, RegistersUnderSnapshotIsolation) {
  size_t good = 0;
  size_t bad = 0;
  for (uint64_t seed = 1; seed <= 6000; ++seed) {
    GeneratorOptions options = Small(TxnKind::kRwRegister, seed);
    options.final_reads = false;
    options.fault = Fault::kSnapshot;
    const TxnHistory history = Generate(options);
    const bool expected = IsSnapshotIsolated(history);
    const TxnReport report = Check(history, "snapshot-isolation");
    ASSERT_EQ(report.outcome, expected ? Outcome::kGood : Outcome::kBad)
        << "seed " << seed << "\n"
        << Print(history) << report.summary << "\n"
        << report.explanation;
    ++(expected ? good : bad);
  }
  std::cout << good << " good and " << bad << " bad judgements agree\n";
  EXPECT_GT(good, 1000u);
  EXPECT_GT(bad, 300u);
}

// Lists: what is serializable is never called bad. What is not is found whenever the order of
// appends can be known, that is when all keys are read in the end.
TEST(Differential, Lists) {
  size_t good = 0;
  size_t bad = 0;
  size_t missed = 0;
  for (uint64_t seed = 1; seed <= 2500; ++seed) {
    const GeneratorOptions options = Small(TxnKind::kListAppend, seed);
    const TxnHistory history = Generate(options);
    for (const Asked& asked : kSerialLevels) {
      const bool expected = IsSerializable(history, asked.orders);
      const TxnReport report = Check(history, asked.model);
      const bool is_good = report.outcome == Outcome::kGood;
      const std::string text = StrCat("seed ", seed, " ", asked.model, "\n", Print(history),
                                      report.summary, "\n", report.explanation);
      if (expected) {
        ASSERT_TRUE(is_good) << text;
        ++good;
      } else if (is_good) {
        ASSERT_FALSE(options.final_reads) << text;
        ++missed;
      } else {
        ++bad;
      }
    }
  }
  std::cout << good << " good and " << bad << " bad judgements agree; " << missed
            << " bad ones without final reads cannot be known\n";
  EXPECT_GT(good, 1000u);
  EXPECT_GT(bad, 500u);
}

TEST(Differential, ListsUnderSnapshotIsolation) {
  size_t bad = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    GeneratorOptions options = Small(TxnKind::kListAppend, seed);
    options.txns = 3 + seed % 2;
    options.keys = 1 + seed % 2;
    options.final_reads = true;
    options.fault = Fault::kSnapshot;
    const TxnHistory history = Generate(options);
    const bool expected = IsSnapshotIsolated(history);
    const TxnReport report = Check(history, "snapshot-isolation");
    ASSERT_EQ(report.outcome, expected ? Outcome::kGood : Outcome::kBad)
        << "seed " << seed << "\n"
        << Print(history) << report.summary << "\n"
        << report.explanation;
    bad += expected ? 0 : 1;
  }
  EXPECT_GT(bad, 100u);
}

struct Planted {
  std::string name;
  Fault fault;
  std::set<std::string> found_as;  // One of these.
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class PlantedFault : public ::testing::TestWithParam<Planted> {};
// One fault among a thousand transactions.
TEST_P(PlantedFault, IsFound) {
  for (const TxnKind kind : {TxnKind::kListAppend, TxnKind::kRwRegister}) {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
      // A register's write that is lost, or fails, and is written over before anybody looks leaves
      // no trace; a list's shows in the last read.
      const Fault fault = GetParam().fault;
      const bool may_hide = fault == Fault::kLostWrite || fault == Fault::kAbortedRead;
      if (kind == TxnKind::kRwRegister && may_hide) continue;
      GeneratorOptions options;
      options.kind = kind;
      options.seed = seed;
      options.final_reads = true;
      options.txns = 1000;
      options.keys = 3;
      options.fail_one_in = 50;
      options.info_one_in = 100;
      options.fault = GetParam().fault;
      const TxnHistory history = Generate(options);
      const TxnReport report = Check(history, "strict-serializable");
      if (GetParam().fault == Fault::kNone) {
        ASSERT_EQ(report.outcome, Outcome::kGood)
            << "seed " << seed << " " << report.summary << "\n"
            << report.explanation;
        continue;
      }
      ASSERT_EQ(report.outcome, Outcome::kBad) << "seed " << seed << " " << report.summary;
      if (kind == TxnKind::kRwRegister) continue;
      bool named = false;
      for (const TxnReport::Count& count : report.counts) {
        named |= GetParam().found_as.contains(count.anomaly);
      }
      EXPECT_TRUE(named) << "seed " << seed << " " << report.summary;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, PlantedFault,
    ::testing::Values(
        Planted{"None", Fault::kNone, {}},
        Planted{"StaleRead", Fault::kStaleRead, {"G-single-item-realtime"}},
        Planted{"AbortedRead", Fault::kAbortedRead, {"G1a"}},
        Planted{"IntermediateRead", Fault::kIntermediateRead, {"G1b"}},
        Planted{"LostWrite", Fault::kLostWrite, {"G0-realtime", "G-single-item-realtime"}},
        Planted{"Snapshot", Fault::kSnapshot, {"lost-update", "G-single-item", "G2-item", "G0"}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace quadraft::jepsen
