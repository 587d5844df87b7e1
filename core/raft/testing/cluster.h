// A whole Raft group in one object, for tests: machines, their disks (with what is not yet
// synced), a bag of messages, and a tiny state machine (the rolling hash of what was applied).
// Every step checks the invariants; the first violation stays in status(). Nothing happens by
// itself: the test (or a seeded random driver) chooses each step.
//
//   Cluster cluster(3, options, /*seed=*/1);
//   cluster.Timeout(1);  cluster.Settle();  cluster.Propose(1, "a");
#ifndef QUADRAFT_CORE_RAFT_TESTING_CLUSTER_H_
#define QUADRAFT_CORE_RAFT_TESTING_CLUSTER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/hash.h"
#include "core/raft/invariants.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

class Cluster {
 public:
  // Nodes 1 to `size` are the founders, and all vote; `spares` more wait to be added.
  // watched: its groups may sleep (quiesce_after), and SetSilent says which nodes are taken for
  // dead.
  Cluster(int size, const Options& options, uint64_t seed, bool trace = false, int spares = 0,
          bool watched = false);

  // ---- Steps. `node` counts from 1; steps on a node that is down do nothing.
  void Advance(int node, Duration by);  // Its clock, then Tick.
  void Timeout(int node);               // Its clock jumps to its next deadline.
  StatusOr<LogIndex> Propose(int node, std::string payload);
  Status Transfer(int node, int to);  // Its leadership.
  StatusOr<LogIndex> Change(int node, const ConfigurationChange& change);
  void Read(int node, uint64_t id);
  // What it wrote so far (or only its first `writes`) becomes durable and it learns of that.
  void Sync(int node, size_t writes = SIZE_MAX);
  void Deliver(size_t position,
               bool keep = false);  // One message of the bag; keep: it stays (a duplicate).
  void Drop(size_t position);
  void Crash(int node,
             uint64_t surviving_writes = 0);  // Of the unsynced writes, in order, so many survive.
  void Restart(int node);
  // A bug: who restarts thinks that it never promised a lease.
  void ForgetPromises() { forgets_promises_ = true; }
  // A node that is down, with entries of these terms on its disk, in the last of them.
  void RestartWithLog(int node, const std::vector<RaftTerm>& terms);
  // A node that is down, of whose disk the entries from `first` on are damaged (Raft::repairing).
  void RestartDamaged(int node, LogIndex first);
  void Compact(int node, LogIndex index);
  void Cut(int from, int to, bool cut);  // One way; what is sent over a cut link is lost.
  // `node` takes the node of `peer` for dead, or no longer: who sleeps for it is woken.
  void SetSilent(int node, int peer, bool silent);
  void Settle(
      int rounds_max = 2000);  // Syncs everything and delivers everything until nothing is left.

  // ---- Views
  int size() const { return static_cast<int>(nodes_.size()); }
  bool up(int node) const { return at(node).raft != nullptr; }
  const Raft& raft(int node) const { return *at(node).raft; }
  LogIndex applied(int node) const { return at(node).applied; }
  MonotonicTime now(int node) const { return at(node).now; }
  const std::string& applied_text(int node) const { return at(node).applied_text; }
  bool HasUnsynced(int node) const { return !at(node).unsynced.empty(); }
  size_t unsynced_writes(int node) const { return at(node).unsynced.size(); }
  const std::deque<Message>& bag() const { return bag_; }
  uint64_t snapshots_installed() const { return snapshots_installed_; }
  int leader() const;  // The one of the highest term that is up; 0: none.
  const Status& status() const { return status_; }
  LogIndex highest_commit() const { return invariants_.highest_commit(); }
  // Answers of reads that may run: node, id, index.
  struct Answer {
    int node;
    ReadResult result;
  };
  std::vector<Answer> TakeAnswers() { return std::exchange(answers_, {}); }
  // What happened since the last call, one line each (when tracing).
  std::string TakeTrace() { return std::exchange(trace_text_, {}); }

 private:
  struct Write {
    uint64_t sync_id;
    std::optional<HardState> hard_state;
    std::vector<Entry> entries;
  };
  struct State {  // Of the tiny state machine.
    LogIndex index;
    RaftTerm term;
    RunHash hash;
    AppliedConfiguration configuration;
  };
  struct Watch : PeerHealth {
    Health Of(NodeId node) const override {
      return silent.contains(node) ? Health::kSilent : Health::kAlive;
    }
    std::set<NodeId> silent;
  };
  struct Node {
    std::unique_ptr<Watch> watch;
    std::unique_ptr<Random> random;
    std::unique_ptr<Raft> raft;  // Null: down.
    MonotonicTime now{Duration(0)};
    // On disk.
    HardState hard_state;
    RaftTerm repair_floor;
    State snapshot;
    std::deque<Entry> log;
    // In memory.
    std::deque<Write> unsynced;
    LogIndex applied;
    std::map<LogIndex, State> states;  // After each applied entry, from the snapshot on.
    std::string applied_text;
    Role role = Role::kFollower;
    RaftTerm role_term;
    std::map<uint64_t, std::string> staged;  // By stream.
  };
  const Node& at(int node) const { return nodes_[node - 1]; }
  Node& at(int node) { return nodes_[node - 1]; }
  static void ApplyWrite(Node& node, const Write& write);
  void Pump(int node);  // Takes and carries out the output, until there is none; then checks.
  void Apply(int node);
  void StreamSnapshot(int from, NodeId to);
  void Stage(int node, const ReceivedChunk& received);
  void Install(int node, const SnapshotChunk& last, std::string_view bytes);
  void Trace(std::string line);
  void Check(Status status) { status_.Update(status); }

  const Options options_;
  const bool trace_;
  const bool watched_;
  const int founders_;
  std::vector<Node> nodes_;
  std::deque<Message> bag_;
  std::set<std::pair<int, int>> cut_;
  std::vector<Answer> answers_;
  Invariants invariants_;
  std::map<LogIndex, Hash128> applied_hashes_;  // State machine safety, from the outside.
  bool forgets_promises_ = false;
  Status status_;
  std::string trace_text_;
  uint64_t next_stream_ = 1;
  uint64_t snapshots_installed_ = 0;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TESTING_CLUSTER_H_
