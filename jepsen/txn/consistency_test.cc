#include "jepsen/txn/consistency.h"

#include "gtest/gtest.h"

namespace quadraft::jepsen {
namespace {

using Names = std::vector<std::string>;

TEST(Consistency, WeakestModelBroken) {
  EXPECT_EQ(BoundaryOf({}).not_models, Names{});
  EXPECT_EQ(BoundaryOf({"G0"}).not_models, Names{"read-uncommitted"});
  EXPECT_EQ(BoundaryOf({"G1a"}).not_models, Names{"read-committed"});
  EXPECT_EQ(BoundaryOf({"internal"}).not_models, Names{"read-atomic"});
  EXPECT_EQ(BoundaryOf({"lost-update"}).not_models, (Names{"cursor-stability", "update-atomic"}));
  EXPECT_EQ(BoundaryOf({"G-single"}).not_models, Names{"consistent-view"});
  EXPECT_EQ(BoundaryOf({"G-nonadjacent"}).not_models, Names{"snapshot-isolation"});
  EXPECT_EQ(BoundaryOf({"G2"}).not_models, Names{"serializable"});
  EXPECT_EQ(BoundaryOf({"G2-item"}).not_models, Names{"repeatable-read"});
  EXPECT_EQ(BoundaryOf({"G2-process"}).not_models, Names{"strong-session-serializable"});
  EXPECT_EQ(BoundaryOf({"G2-realtime"}).not_models, Names{"strict-serializable"});
  EXPECT_EQ(BoundaryOf({"G0-realtime"}).not_models, Names{"strong-read-uncommitted"});
}

TEST(Consistency, AlsoNot) {
  EXPECT_EQ(BoundaryOf({"G2"}).also_not,
            (Names{"strict-serializable", "strong-session-serializable"}));
  EXPECT_EQ(BoundaryOf({"G2-realtime"}).also_not, Names{});
}

TEST(Consistency, Prohibited) {
  const auto rc = AnomaliesProhibitedBy({"read-committed"});
  for (const std::string name : {"G0", "G1a", "G1b", "G1c", "dirty-update", "duplicate-elements"}) {
    EXPECT_TRUE(rc.contains(name)) << name;
  }
  EXPECT_FALSE(rc.contains("G-single-item"));
  EXPECT_FALSE(AnomaliesProhibitedBy({"serializable"}).contains("G2-item-realtime"));
  EXPECT_TRUE(AnomaliesProhibitedBy({"strict-serializable"}).contains("G2-item-realtime"));
  EXPECT_TRUE(AnomaliesProhibitedBy({"snapshot-isolation"}).contains("G-single-item"));
  EXPECT_FALSE(AnomaliesProhibitedBy({"snapshot-isolation"}).contains("G2-item"));
  EXPECT_EQ(AnomaliesProhibitedBy({"PL-3"}), AnomaliesProhibitedBy({"serializable"}));
}

TEST(Consistency, Names) {
  EXPECT_TRUE(IsConsistencyModel("strict-serializable"));
  EXPECT_TRUE(IsConsistencyModel("PL-2.99"));
  EXPECT_FALSE(IsConsistencyModel("perfect"));
  EXPECT_TRUE(IsAnomaly("G1a"));
  EXPECT_FALSE(IsAnomaly("G7"));
  EXPECT_TRUE(Implies("strict-serializable", "snapshot-isolation"));
  EXPECT_TRUE(Implies("serializable", "serializable"));
  EXPECT_FALSE(Implies("snapshot-isolation", "serializable"));
  // No level implies itself through others: the table has no cycle.
  for (const std::string& a : ConsistencyModels()) {
    for (const std::string& b : ConsistencyModels()) {
      EXPECT_FALSE(a != b && Implies(a, b) && Implies(b, a)) << a << " " << b;
    }
  }
}

TEST(Consistency, WorseFirst) {
  EXPECT_TRUE(IsWorse("G0", "G1c"));
  EXPECT_TRUE(IsWorse("G1c", "G-single-item"));
  EXPECT_TRUE(IsWorse("G2-item", "G0-process"));
  EXPECT_TRUE(IsWorse("G2-item-process", "G0-realtime"));
  EXPECT_FALSE(IsWorse("G2-item-realtime", "G0-realtime"));
}

}  // namespace
}  // namespace quadraft::jepsen
