// Text in, algebra out: each testdata/*.txt holds cases "# title", the text, "---", what comes of
// it, a line of "====". After a change of the algebra that is meant: bazel run
// //sparql/parser:golden_test -- --rewrite, and read the diff.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sparql/algebra/print.h"
#include "sparql/parser/parser.h"

namespace quadraft::sparql {
namespace {

constexpr std::string_view kEnd = "====\n";
constexpr std::string_view kBetween = "---\n";
bool rewrite = false;

std::string FolderOfTestdata() {
  // Under `bazel run`, the source tree; in a test, the runfiles.
  const char* const workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  return (workspace != nullptr ? std::string(workspace) + "/" : "") + "sparql/parser/testdata";
}

std::string Outcome(const std::string& file, const std::string& text) {
  ParseOptions options;
  options.base = "http://base/";
  if (file.starts_with("update")) {
    const auto update = ParseUpdate(text, options);
    return update.ok() ? Print(*update) : "error " + Message(update.status()) + "\n";
  }
  const auto query = ParseQuery(text, options);
  return query.ok() ? Print(*query) : "error " + Message(query.status()) + "\n";
}

// Runs every case of the file; returns the file as it would be if all outcomes were as they are
// now.
std::string RunFile(const std::string& file, const std::string& text, size_t* cases) {
  std::string rewritten;
  size_t at = 0;
  while (at < text.size()) {
    const size_t between =
        text.find(std::string("\n") + std::string(kBetween), at == 0 ? 0 : at - 1);
    const size_t end = text.find(kEnd, at);
    if (between == std::string::npos || end == std::string::npos || between > end) {
      ADD_FAILURE() << file << ": a case without --- or ==== after byte " << at;
      return text;
    }
    const std::string input = text.substr(at, between + 1 - at);
    const size_t outcome_at = between + 1 + kBetween.size();
    const std::string actual = Outcome(file, input);
    const std::string expected = rewrite ? actual : text.substr(outcome_at, end - outcome_at);
    EXPECT_EQ(expected, actual) << file << ":\n" << input;
    rewritten += input + std::string(kBetween) + actual + std::string(kEnd);
    at = end + kEnd.size();
    ++*cases;
  }
  return rewritten;
}

TEST(GoldenTest, EveryCaseOfTestdata) {
  size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FolderOfTestdata())) {
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    const std::string rewritten = RunFile(entry.path().filename(), text.str(), &cases);
    if (rewrite) std::ofstream(entry.path()) << rewritten;
  }
  EXPECT_GT(cases, 50u);
}

}  // namespace
}  // namespace quadraft::sparql

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--rewrite") quadraft::sparql::rewrite = true;
  }
  return RUN_ALL_TESTS();
}
