// Planted bugs that etcd's interaction tests find (this binary links the twin libraries). The
// others of this folder are about reads, restarts or what is left out of those tests here; the
// simulator finds them (docs/mutants.md).
#include <iostream>
#include <string>
#include <vector>

#include "core/base/mutant.h"
#include "core/raft/testing/etcd_scenarios.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

// Which files say something else with the bug switched on.
std::string Finders(const std::vector<std::string>& bugs, const std::string& folder) {
  SetActiveMutants(bugs);
  std::string finders;
  for (const DataDrivenFile& file : ReadDataDrivenFiles(folder)) {
    if (RunEtcdScenario(file).problems.empty()) continue;
    finders += " " + file.path.substr(folder.size() + 1);
  }
  SetActiveMutants({});
  return finders;
}

TEST(EtcdInteractionMutants, AreFound) {
  const std::string shared = EtcdFolder();
  if (shared.empty()) GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/raft/etcd";
  const std::string folder = shared + "testdata";
  EXPECT_EQ(Finders({}, folder), "");
  for (const char* bug : {"ack-before-sync", "append-matches-by-index", "conflict-kept",
                          "heartbeat-commits-beyond-match", "new-term-before-step-down",
                          "step-down-forgets-vote", "unsorted-quorum", "vote-without-log-check"}) {
    const std::string finders = Finders({bug}, folder);
    EXPECT_NE(finders, "") << bug;
    std::cout << bug << ":" << finders << "\n";
  }
}

}  // namespace
}  // namespace quadraft::raft
