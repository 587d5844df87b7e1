// Agreement with the published verdicts of Porcupine's and Knossos' histories. They are not part of
// this repository: the test reads them from $QUADRAFT_SHARED/data/histories, and says so when they
// are absent.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "gtest/gtest.h"
#include "jepsen/history/edn.h"
#include "jepsen/history/read_history.h"
#include "jepsen/linear/checker.h"

namespace quadraft::jepsen {
namespace {

struct Row {
  std::string file;
  std::string model;
  std::string verdict;
};

std::string Folder() {
  const char* shared = std::getenv("QUADRAFT_SHARED");
  return shared == nullptr || *shared == '\0' ? "" : StrCat(shared, "/data/histories");
}

// Of VERDICTS.tsv: file, model, verdict; more columns are remarks.
std::vector<Row> ReadVerdicts(const std::string& path) {
  std::vector<Row> rows;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);  // Names of the columns.
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    Row row;
    std::getline(fields, row.file, '\t');
    std::getline(fields, row.model, '\t');
    std::getline(fields, row.verdict, '\t');
    rows.push_back(row);
  }
  return rows;
}

std::unique_ptr<Model> ModelOf(const Row& row) {
  if (row.model.starts_with("kv")) return KvModel();
  if (row.model.starts_with("mutex")) return MutexModel();
  // The history's own first line says so: x=0 and y=0.
  if (row.model.starts_with("multi-register")) return MultiRegisterModel(*ParseEdn("{:x 0 :y 0}"));
  if (row.model.starts_with("cas-register")) return CasRegisterModel();
  return nullptr;
}

// How many histories agreed; `root` is what the rows' paths are relative to.
int CheckAll(const std::string& root, const std::vector<Row>& rows) {
  int agreed = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const Row& row : rows) {
    const std::string path = StrCat(root, "/", row.file);
    // Some verdicts name histories that the collection leaves out; the counts below hold for what
    // is there.
    if (!std::filesystem::exists(path)) continue;
    const auto model = ModelOf(row);
    EXPECT_NE(model, nullptr) << row.model;
    const auto history = ReadHistoryFile(path);
    EXPECT_TRUE(history.ok()) << path << ": " << history.status();
    if (model == nullptr || !history.ok()) continue;
    const CheckResult result = CheckLinearizable(*history, *model);
    EXPECT_EQ(Name(result.verdict), row.verdict) << path << "\n" << result.explanation;
    if (Name(result.verdict) == row.verdict) ++agreed;
    EXPECT_EQ(result.explanation.empty(), result.verdict == Verdict::kOk) << path;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << agreed << " histories agree, read and checked in " << seconds.count() << " s\n";
  return agreed;
}

TEST(Verdicts, Porcupine) {
  const std::string root = StrCat(Folder(), "/porcupine");
  if (Folder().empty() || !std::filesystem::exists(root)) {
    GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/histories/porcupine";
  }
  const auto rows = ReadVerdicts(StrCat(root, "/VERDICTS.tsv"));
  EXPECT_EQ(rows.size(), 82u);
  EXPECT_EQ(CheckAll(root, rows), 82);
}

TEST(Verdicts, Knossos) {
  const std::string root = Folder();
  if (root.empty() || !std::filesystem::exists(root + "/knossos")) {
    GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/histories/knossos";
  }
  const auto rows = ReadVerdicts(StrCat(root, "/knossos/VERDICTS.tsv"));
  EXPECT_EQ(rows.size(), 122u);
  EXPECT_EQ(CheckAll(root, rows), 88);
}

// The same histories in JSON get the same verdicts.
TEST(Verdicts, ElleCliJson) {
  const std::string root = StrCat(Folder(), "/elle-cli/histories/knossos");
  if (Folder().empty() || !std::filesystem::exists(root)) {
    GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/histories/elle-cli";
  }
  EXPECT_EQ(CheckAll(root, {{"cas-register/good/memstress3-9.json", "cas-register", "linearizable"},
                            {"cas-register/good/memstress3-9.edn", "cas-register", "linearizable"},
                            {"mutex/bad/etcd.json", "mutex", "NOT-linearizable"},
                            {"mutex/bad/etcd.edn", "mutex", "NOT-linearizable"}}),
            4);
}

}  // namespace
}  // namespace quadraft::jepsen
