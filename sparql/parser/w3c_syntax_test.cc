// Every syntax test of the W3C's SPARQL 1.1 suites, query and update, and those of SPARQL 1.0
// that 1.1 still holds with.
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "sparql/parser/parser.h"
#include "sparql/testing/w3c.h"

namespace quadraft::sparql {
namespace {

struct Suite {
  std::string folder;
  size_t tests;  // How many syntax tests the manifest has, so that none is lost on the way.
};
void PrintTo(const Suite& suite, std::ostream* out) { *out << suite.folder; }

class W3cSyntaxTest : public testing::TestWithParam<Suite> {};

TEST_P(W3cSyntaxTest, EveryTestOfTheManifest) {
  std::string why_not;
  const auto suite = W3cSuite::Open(GetParam().folder, &why_not);
  if (!suite.has_value()) GTEST_SKIP() << why_not;
  size_t run = 0;
  for (const W3cTest& test : suite->tests()) {
    if (test.kind.find("Syntax") == std::string::npos) continue;
    ++run;
    SCOPED_TRACE(GetParam().folder + " " + test.name);
    const auto text = suite->Load(test.action);
    ASSERT_TRUE(text.ok()) << ToString(text.status());
    ParseOptions options;
    options.base = test.action.value;
    const Status status = std::string_view(test.action.value).ends_with(".ru")
                              ? ParseUpdate(*text, options).status()
                              : ParseQuery(*text, options).status();
    if (test.kind.starts_with("Positive")) {
      EXPECT_TRUE(status.ok()) << ToString(status) << "\n" << *text;
    } else {
      ASSERT_TRUE(test.kind.starts_with("Negative")) << test.kind;
      EXPECT_FALSE(status.ok()) << "accepted:\n" << *text;
      EXPECT_TRUE(status.ok() || Message(status).starts_with("line ")) << Message(status);
    }
  }
  EXPECT_EQ(run, GetParam().tests);
}

INSTANTIATE_TEST_SUITE_P(
    Sparql, W3cSyntaxTest,
    testing::Values(Suite{"sparql11/syntax-query", 94}, Suite{"sparql11/syntax-update-1", 54},
                    Suite{"sparql11/syntax-update-2", 1}, Suite{"sparql11/syntax-fed", 3},
                    Suite{"sparql11/aggregates", 5}, Suite{"sparql11/grouping", 2},
                    Suite{"sparql11/construct", 2}, Suite{"sparql11/delete-insert", 8},
                    Suite{"sparql10/syntax-sparql1", 81}, Suite{"sparql10/syntax-sparql2", 53},
                    Suite{"sparql10/syntax-sparql3", 51}, Suite{"sparql10/syntax-sparql4", 12},
                    Suite{"sparql10/syntax-sparql5", 2}));

}  // namespace
}  // namespace quadraft::sparql
