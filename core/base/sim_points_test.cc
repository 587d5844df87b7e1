// Compiled as a twin is: QUADRAFT_MUTANTS is set for this file.
#include "core/base/sim_points.h"

#include "gtest/gtest.h"

namespace quadraft {
namespace {

TEST(SimPointsTest, NothingFiresWithoutAChance) {
  ResetSimPoints(nullptr);
  EXPECT_FALSE(SIM_MAYBE("rpc-sent-twice"));
  EXPECT_TRUE(SimFirings().empty());
}

TEST(SimPointsTest, APointThatIsOffIsAskedOnceOneThatIsOnEachTime) {
  int asked = 0;
  ResetSimPoints([&](std::string_view point, int percent) {
    EXPECT_EQ(point, "rpc-sent-twice");
    ++asked;
    return false;
  });
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(SIM_MAYBE("rpc-sent-twice"));
  EXPECT_EQ(asked, 1);

  asked = 0;
  ResetSimPoints([&](std::string_view, int) { return ++asked != 3; });
  EXPECT_TRUE(SIM_MAYBE("rpc-sent-twice"));
  EXPECT_FALSE(SIM_MAYBE("rpc-sent-twice"));
  EXPECT_TRUE(SIM_MAYBE("rpc-sent-twice"));
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(SimFirings(), (std::map<std::string, uint64_t>{{"rpc-sent-twice", 2}}));
  ResetSimPoints(nullptr);
  EXPECT_TRUE(SimFirings().empty());
}

TEST(SimPointsTest, MarksCountOnlyWhenTheConditionHolds) {
  ResetSimPoints(nullptr);
  for (int i = 0; i < 5; ++i) SIM_SOMETIMES(i % 2 == 0, "torn-tail-cut");
  EXPECT_EQ(SimMarks(), (std::map<std::string, uint64_t>{{"torn-tail-cut", 3}}));
}

TEST(SimPointsDeathTest, ANameThatIsNotInTheTableEndsTheProcess) {
  EXPECT_DEATH(FindSimSometimes("none"), "none");
}

}  // namespace
}  // namespace quadraft
