// etcd's published interaction tests against our machine, with what is known of where they part.
// docs/etcd_scenarios.md gives the reasons for each row of the tables in etcd_scenarios.cc.
//
//   for (const DataDrivenFile& file : ReadDataDrivenFiles(EtcdFolder() + "testdata")) {
//     EXPECT_EQ(RunEtcdScenario(file).problems, "");
//   }
#ifndef QUADRAFT_CORE_RAFT_TESTING_ETCD_SCENARIOS_H_
#define QUADRAFT_CORE_RAFT_TESTING_ETCD_SCENARIOS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "core/raft/testing/datadriven.h"

namespace quadraft::raft {

struct EtcdReport {
  // Where our machine let happen something else, lines of both ('-' etcd's, '+' ours); where a row
  // of the tables is no longer true. Empty: none.
  std::string problems;
  // What our machine let happen where it is not compared with etcd's: the lines that differ on
  // purpose, and all of a detour. core/raft/testdata/etcd/differences.txt keeps it.
  std::string ours;
  bool whole = false;    // To the end of the file.
  size_t commands = 0;   // Compared.
  size_t events = 0;     // In them.
  size_t different = 0;  // Commands with a difference on purpose.
  size_t detours = 0;    // Stretches of which the result was compared,
  size_t by_result = 0;  // the commands in them,
  size_t results = 0;    // and the lines of the results.
};
EtcdReport RunEtcdScenario(const DataDrivenFile& file);

// The files that the tables name, and how many differences and detours they hold.
std::vector<std::string> EtcdFilesInTables();
size_t EtcdDifferencesInTables();
size_t EtcdDetoursInTables();

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TESTING_ETCD_SCENARIOS_H_
