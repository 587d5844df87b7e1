#include "core/raft/testing/datadriven.h"

#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

TEST(DataDriven, ReadsCommandsArgumentsInputAndOutput) {
  const auto cases = ParseDataDriven(
      "# A comment.\n"
      "\n"
      "commit cfg=(1, 22,3) empty=() fast mode=slow 7\n"
      "----\n"
      "one\n"
      " two\n"
      "\n"
      "change\n"
      "v1 v2\n"
      "l3\n"
      "----\n");
  ASSERT_TRUE(cases.ok()) << ToString(cases.status());
  ASSERT_EQ(cases->size(), 2u);
  const DataDrivenCase& first = (*cases)[0];
  EXPECT_EQ(first.line, 3);
  EXPECT_EQ(first.command, "commit");
  ASSERT_EQ(first.arguments.size(), 5u);
  EXPECT_EQ(first.Find("cfg")->values, (std::vector<std::string>{"1", "22", "3"}));
  EXPECT_TRUE(first.Find("empty")->values.empty());
  EXPECT_TRUE(first.Find("fast")->values.empty());
  EXPECT_EQ(first.Find("slow"), nullptr);
  EXPECT_EQ(first.ValueOr("mode", "fast"), "slow");
  EXPECT_EQ(first.ValueOr("colour", "red"), "red");
  EXPECT_EQ(first.arguments[4].key, "7");
  EXPECT_EQ(first.input, "");
  EXPECT_EQ(first.expected, "one\n two\n");
  EXPECT_EQ((*cases)[1].input, "v1 v2\nl3\n");
  EXPECT_EQ((*cases)[1].expected, "");
}

TEST(DataDriven, OutputWithEmptyLinesStandsBetweenDoubledSeparators) {
  const auto cases = ParseDataDriven("a\n----\n----\nx\n\ny\n----\n----\n\nb \\\n c\n----\nz\n");
  ASSERT_TRUE(cases.ok()) << ToString(cases.status());
  ASSERT_EQ(cases->size(), 2u);
  EXPECT_EQ((*cases)[0].expected, "x\n\ny\n");
  EXPECT_EQ((*cases)[1].command, "b");
  EXPECT_NE((*cases)[1].Find("c"), nullptr);
  EXPECT_EQ((*cases)[1].expected, "z\n");
}

TEST(DataDriven, NamesTheLineOfWhatItCannotRead) {
  const auto open = ParseDataDriven("\na x=(1\n----\n");
  EXPECT_TRUE(absl::IsInvalidArgument(open.status()));
  EXPECT_EQ(Message(open.status()), "line 2: open parenthesis");
  EXPECT_TRUE(absl::IsInvalidArgument(ParseDataDriven("a\nb\n").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ParseDataDriven("a\n----\n----\nx\n").status()));
}

}  // namespace
}  // namespace quadraft::raft
