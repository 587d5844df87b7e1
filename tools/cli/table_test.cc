#include "tools/cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace quadraft::cli {
namespace {

TEST(TableTest, AlignsByCodePointsAndCountsRows) {
  std::ostringstream out;
  TablePrinter printer(out);
  for (const char c : std::string("?a\t?b\n\"ü\"\t1\n\"xyz\"\t2")) printer.Feed(std::string_view(&c, 1));
  printer.Finish();
  EXPECT_EQ(out.str(),
            "?a     ?b\n"
            "---------\n"
            "\"ü\"    1\n"
            "\"xyz\"  2\n"
            "(2 rows)\n");
}

TEST(TableTest, RowsBehindTheMeasuredOnesAreWholeToo) {
  std::ostringstream out;
  TablePrinter printer(out);
  printer.Feed("?a\t?b\n");
  for (size_t i = 0; i < TablePrinter::kMeasuredRows + 5; ++i) printer.Feed("x\ty\n");
  printer.Feed("a much wider cell\tz\n");
  printer.Finish();
  EXPECT_NE(out.str().find("a much wider cell  z\n"), std::string::npos);
  EXPECT_NE(out.str().find("(1006 rows)"), std::string::npos);
}

}  // namespace
}  // namespace quadraft::cli
