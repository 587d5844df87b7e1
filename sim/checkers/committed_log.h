// The truth of a run, seen from inside: every entry of the data group as it is committed, and the
// quads that the entries so far amount to, kept by the plain definition (sim/oracle/dataset.h).
// What nodes hold and what clients were told is held against it.
//
//   const oracle::Dataset before = committed.DataAt(index.Previous());
//   committed.at(index).inserted                       // What that entry changed.
//
// An entry is taken from the first server that is seen to have committed it, as it is in its log
// now, or (one event may commit, apply and compact) as it was after an earlier event; that all of
// them commit the same is RaftChecker's business. Updates may carry a mark: a deletion of
// <urn:mark:ID> <urn:mark> <urn:mark>, which changes nothing and tells which request an entry is
// of. A copy of an update that its session has done already has no effect and no marks.
#ifndef QUADRAFT_SIM_CHECKERS_COMMITTED_LOG_H_
#define QUADRAFT_SIM_CHECKERS_COMMITTED_LOG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/hash.h"
#include "core/raft/raft.h"
#include "core/txn/write_set.h"
#include "sim/checkers/session_model.h"
#include "sim/checkers/checker.h"
#include "sim/oracle/dataset.h"

namespace quadraft::sim {

class CommittedLog : public Checker {
 public:
  struct Entry {
    std::vector<rdf::Quad> inserted, erased;  // That were not, and were, there.
    std::vector<uint64_t> marks;
    Hash128 digest;  // Of all quads after it.
    txn::SessionSummary sessions;  // After it.
  };
  // Null: the node is no server, or down.
  using RaftOf = absl::AnyInvocable<const raft::Raft*(NodeId)>;
  explicit CommittedLog(RaftOf raft_of) : raft_of_(std::move(raft_of)) {}

  std::string_view name() const override { return "committed-log"; }
  Status AfterEvent(const EventRecord& event) override;

  LogIndex commit() const { return LogIndex{entries_.size()}; }  // The highest that was seen.
  const Entry& at(LogIndex index) const { return entries_[index.value() - 1]; }
  const oracle::Dataset& data() const { return data_; }  // At commit().
  // Takes back what the entry at `index` did; *data is as it was just after it.
  void Undo(LogIndex index, oracle::Dataset* data) const;

  // For each entry with marks, once data() has it. Not OK: a violation.
  using Listener = std::function<Status(LogIndex index, const Entry& entry)>;
  void Listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  static std::string MarkText(uint64_t id);  // An update operation.

  // The next entry of the log, from wherever. For AfterEvent and for tests.
  Status Append(const raft::Entry& entry);

 private:
  // What the entry does to the quads; a copy, or a command without quads: nothing.
  StatusOr<txn::WriteSet> WritesOf(const raft::Entry& entry, std::optional<txn::SessionCommand>* command);

  // The entries of one server's log beyond commit(), as last seen.
  struct Tail {
    LogIndex last;
    uint64_t truncations = 0;
    std::map<LogIndex, raft::Entry> entries;
  };
  void Remember(const raft::Log& log, Tail* tail);
  // Null: no server was seen to hold one that a log with this snapshot can have had.
  const raft::Entry* Remembered(NodeId node, LogIndex index, RaftTerm snapshot_term) const;

  RaftOf raft_of_;
  std::map<NodeId, Tail> tails_;
  std::vector<Entry> entries_;  // From index 1.
  oracle::Dataset data_;
  SessionModel sessions_;
  txn::SessionSummary session_summary_;
  Hash128 digest_;
  std::vector<Listener> listeners_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CHECKERS_COMMITTED_LOG_H_
