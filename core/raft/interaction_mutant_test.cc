// Planted bugs that etcd's interaction tests find (this binary links the twin libraries). The
// others of this folder are about reads, restarts or what is left out of those tests here; the
// simulator finds them (docs/mutants.md).
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/base/mutant.h"
#include "core/raft/testing/etcd_scenarios.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

// What a file's comparison finds, and what our machine does where it differs on purpose.
using Reports = std::map<std::string, std::string>;
Reports RunAll(const std::vector<std::string>& bugs, const std::string& folder) {
  SetActiveMutants(bugs);
  Reports reports;
  for (const DataDrivenFile& file : ReadDataDrivenFiles(folder)) {
    const EtcdReport report = RunEtcdScenario(file);
    reports[file.path.substr(folder.size() + 1)] = report.problems + report.ours;
    EXPECT_TRUE(!bugs.empty() || report.problems.empty()) << report.problems;
  }
  SetActiveMutants({});
  return reports;
}

TEST(EtcdInteractionMutants, AreFound) {
  const std::string shared = EtcdFolder();
  if (shared.empty()) GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/raft/etcd";
  const std::string folder = shared + "testdata";
  const Reports without = RunAll({}, folder);
  for (const char* bug :
       {"ack-before-sync", "append-matches-by-index", "change-before-first-commit", "conflict-kept",
        "heartbeat-commits-beyond-match", "joint-decided-by-one", "new-term-before-step-down",
        "step-down-forgets-vote", "unsorted-quorum", "vote-without-log-check"}) {
    std::string finders;
    for (const auto& [file, report] : RunAll({bug}, folder)) {
      if (report != without.at(file)) finders += " " + file;
    }
    EXPECT_NE(finders, "") << bug;
    std::cout << bug << ":" << finders << "\n";
  }
}

}  // namespace
}  // namespace quadraft::raft
