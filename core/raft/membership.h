// From one configuration to the next (thesis chapter 4; the semantics of etcd's confchange). Pure:
// who proposes a change, and when it counts, is the machine's business.
//
//   QR_ASSIGN_OR_RETURN(next, Changer(now).Apply({.changes = {{ChangeKind::kAddVoter,
//   NodeId{4}}}})); progress.Follow(next, log.last_index(), time);
//
// Two ways, both such that every quorum of a configuration meets every quorum of the next:
//   simple   at most one voter comes or goes; learners come and go freely.
//   joint    any change: EnterJoint keeps the old voters as the outgoing list, a quorum of each of
//            the two decides; LeaveJoint drops it. A voter that is demoted goes on voting in the
//            outgoing list and becomes a learner when that is left (learners_next).
// Changes are idempotent: removing who is not there, or adding who is, does nothing. Node 0 is
// skipped. Within one list the later change wins. Contacts change with the members, or alone: no
// quorum moves by that.
#ifndef QUADRAFT_CORE_RAFT_MEMBERSHIP_H_
#define QUADRAFT_CORE_RAFT_MEMBERSHIP_H_

#include <cstdint>
#include <map>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/time.h"
#include "core/raft/configuration.h"
#include "core/raft/progress.h"

namespace quadraft::raft {

enum class ChangeKind : uint8_t {
  kAddVoter = 0,    // Also makes a voter of a learner.
  kAddLearner = 1,  // Also demotes a voter.
  kRemove = 2,
};
struct NodeChange {
  ChangeKind kind = ChangeKind::kAddVoter;
  NodeId node;
};

enum class Transition : uint8_t {
  kAuto = 0,           // Simple for one change, else joint and left by itself.
  kJointImplicit = 1,  // Joint, left by itself.
  kJointExplicit = 2,  // Joint until somebody asks to leave.
};
// What a leader is asked for; the entry that follows holds the configuration that comes of it. No
// changes, no contacts and kAuto: leave the joint configuration.
struct ConfigurationChange {
  Transition transition = Transition::kAuto;
  std::vector<NodeChange> changes;
  std::map<NodeId, Contact> contacts;  // What becomes known; an empty part says nothing.

  bool leaves_joint() const {
    return transition == Transition::kAuto && changes.empty() && contacts.empty();
  }
  bool enters_joint() const { return transition != Transition::kAuto || changes.size() > 1; }
  bool auto_leave() const { return enters_joint() && transition != Transition::kJointExplicit; }
};

class Changer {
 public:
  explicit Changer(Configuration from) : from_(std::move(from)) {}

  // Each gives the next configuration, or FailedPrecondition (in etcd's words) and nothing changed;
  // InvalidArgument: too many nodes.
  StatusOr<Configuration> Simple(const std::vector<NodeChange>& changes) const;
  StatusOr<Configuration> EnterJoint(bool auto_leave, const std::vector<NodeChange>& changes) const;
  StatusOr<Configuration> LeaveJoint() const;
  // The one of the three that the change asks for, with its contacts. InvalidArgument: a contact of
  // who is no member, an address that is none or another member's.
  StatusOr<Configuration> Apply(const ConfigurationChange& change) const;

 private:
  const Configuration from_;
};

// What a leader knows of each node of a configuration, by id.
class ProgressTable {
 public:
  // Forgets who no longer belongs; meets new nodes at the end of the log (a probe finds out what
  // they have), as heard of `now`, so that check-quorum gives them their time. Who stays keeps its
  // progress, whatever it becomes. `self` has no row.
  void Follow(const Configuration& configuration, LogIndex last_index, MonotonicTime now,
              NodeId self = NodeId{});

  Progress* Find(NodeId node);  // Null: not a member.
  const Progress* Find(NodeId node) const { return const_cast<ProgressTable*>(this)->Find(node); }
  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  Progress& operator[](size_t at) { return rows_[at]; }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }
  auto begin() { return rows_.begin(); }
  auto end() { return rows_.end(); }

 private:
  std::vector<Progress> rows_;  // Sorted by node.
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_MEMBERSHIP_H_
