// What is known of a group after some commands, read from their events (etcd_text.h): so that two
// machines that go different ways for a while can be held against each other where the ways meet.
//
//   EtcdState theirs, ours;
//   theirs.Take(command, EtcdEvents(command.expected));  ours.Take(command, EtcdEvents(output));
//   EXPECT_EQ(theirs.Lines(), ours.Lines());
#ifndef QUADRAFT_CORE_RAFT_TESTING_ETCD_STATE_H_
#define QUADRAFT_CORE_RAFT_TESTING_ETCD_STATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/raft/testing/datadriven.h"

namespace quadraft::raft {

class EtcdState {
 public:
  void Take(const DataDrivenCase& command, const std::vector<std::string>& events);
  // "2: Lead:1 State:StateFollower", "2: HardState Term:1 Commit:4", "2: applied 1/4",
  // "2: voters=(1 2)"; of what any node logged, the last at each index: "log: 1/4 EntryNormal "a"".
  std::vector<std::string> Lines() const;

 private:
  struct Node {
    std::string soft;
    std::string hard;
    std::string applied;
    std::string configuration;
  };
  void TakeEntry(std::string_view event, Node* applies);  // Null: it is logged only.

  std::map<std::string, Node> nodes_;
  std::map<uint64_t, std::string> log_;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TESTING_ETCD_STATE_H_
