// Runs the commands of etcd's interaction tests on our machine and tells what happened in their
// words (etcd_text.h). Nothing happens by itself; a "Ready" is what the machine has put out since
// the last one was handled (its output is taken after each input, as etcd sends at once).
//
// Where the two machines differ the driver translates; each is a schedule or an input that our
// machine must bear anyway:
//   1. Ours always asks for pre-votes. Where a test does not, the driver answers "granted" for the
//      others, so that the campaign is a real one from the start.
//   2. Ours always refuses candidates within a leader's lease. Where a test has no check-quorum,
//      every candidate campaigns as if its leader had asked for it.
//   3. Words of an earlier term that etcd leaves unanswered are lost on their way.
//   4. With asynchronous storage a candidate's sync is done at once: its requests wait for it.
//   5. A change that is to wait ("ask again") is asked for again until it is taken; one that is
//      refused becomes an empty entry, as at etcd, so that indexes stay comparable; one that is
//      asked of a follower is asked of its leader.
//   6. One tick is 100 ms; the election timeout is 3 ticks, as there.
#ifndef QUADRAFT_CORE_RAFT_TESTING_INTERACTION_H_
#define QUADRAFT_CORE_RAFT_TESTING_INTERACTION_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "core/raft/invariants.h"
#include "core/raft/raft.h"
#include "core/raft/testing/datadriven.h"
#include "core/raft/testing/etcd_text.h"

namespace quadraft::raft {

class Interaction {
 public:
  // The output of one command. Unimplemented, with what is missing, when our machine cannot do it;
  // Internal when an invariant is broken.
  StatusOr<std::string> Run(const DataDrivenCase& command);

 private:
  // What the machine has put out and nobody has handled yet.
  struct Ready {
    std::vector<Entry> entries;
    uint64_t sync_id = 0;
    std::vector<Message> messages;
    std::vector<ReceivedChunk> chunks;
  };
  struct AppendWork {
    uint64_t sync_id = 0;
    std::vector<Entry> entries;
    std::vector<Message> responses;
  };
  struct Asked {
    std::string name;  // In etcd's words.
    ConfigurationChange change;
  };
  struct Node {
    std::unique_ptr<Random> random;
    std::unique_ptr<Raft> raft;
    MonotonicTime now{Duration(0)};
    Ready ready;
    std::deque<AppendWork> append_work;
    std::deque<Entry> storage;
    std::deque<Asked> asked;  // Changes that the machine has not taken yet.
    LogIndex applied;
    // As of the last Ready.
    HardState hard;
    std::pair<NodeId, Role> soft{NodeId{}, Role::kFollower};
  };

  StatusOr<std::string> AddNodes(const DataDrivenCase& command);
  void Campaign(Node& node);
  void Tick(Node& node, int ticks);
  StatusOr<std::string> Propose(const DataDrivenCase& command);
  StatusOr<std::string> ProposeChange(const DataDrivenCase& command, Node& at);
  void ProposeAsked(Node& node);
  Status TransferLeadership(const DataDrivenCase& command);
  StatusOr<std::string> ForEach(const DataDrivenCase& command, std::string_view heading,
                                std::string (Interaction::*work)(Node&));
  StatusOr<std::string> DeliverMessages(const DataDrivenCase& command);
  StatusOr<std::string> Stabilize(const DataDrivenCase& command);
  std::string RaftLog(const Node& node) const;
  std::string RaftState() const;
  std::string ProgressOf(const Node& node) const;
  std::string Compact(Node& node, LogIndex index);

  bool HasReady(const Node& node) const;
  std::string HandleReady(Node& node);
  void Store(Node& node, bool hard_changed, Ready& ready);
  std::string ProcessAppendThread(Node& node);
  std::vector<Message> TakeMessages(NodeId to, std::string_view type);
  std::string Receive(Node& node, std::string_view type);
  void PrintEntries(std::string_view heading, const std::vector<Entry>& entries,
                    std::string* out) const;
  static std::pair<LogIndex, Configuration> ConfigurationAt(const Node& node, LogIndex index);
  SnapshotChunk SnapshotOf(const Node& node) const;
  std::string SendSnapshot(Node& node, NodeId to);
  bool HasMessages(const Node& node) const;
  void Pump(Node& node);
  void Gather(Node& node, Output& out);
  void FinishSync(Node& node, uint64_t sync_id, std::vector<Message>* released);
  void InstallSnapshot(Node& node, std::string* out);
  bool Unanswered(const Node& node, const Message& message) const;
  void SendAll(std::vector<Message> messages);
  StatusOr<std::vector<Node*>> Named(const DataDrivenCase& command);
  StatusOr<Node*> At(std::string_view id);
  LogIndex ApplyLimit(const Node& node) const;

  Options options_;
  bool pre_vote_ = false;
  bool check_quorum_ = false;
  bool async_ = false;
  size_t applied_max_ = SIZE_MAX;  // Entries per Ready.
  ChangeNames names_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::deque<Message> bag_;
  Invariants invariants_;
  Status status_;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TESTING_INTERACTION_H_
