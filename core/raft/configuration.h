// Who belongs to a group and who of them votes. Every majority question of the machine goes through
// here, so that a joint configuration (two voter lists, a quorum of each; thesis section 4.3)
// changes this file and not the machine. A configuration is a value and never changes: the next one
// is made by membership.h.
//
//   Configuration config({NodeId{1}, NodeId{2}, NodeId{3}});
//   uint64_t durable = config.QuorumValue([&](NodeId n) { return match[n]; });
//
// Invariants (Restore checks them; a stored configuration is not trusted):
//   1. No voters: nobody at all (a node that waits to be told who its group is). Otherwise the
//      incoming list has 1 to kVotersMax nodes, the outgoing one at most as many, and no node is 0.
//   2. A learner votes in neither list.
//   3. learners_next are voters of the outgoing list only: a node is no learner while it votes.
//   4. Not joint: no learners_next, no auto_leave.
//   5. Contacts are of members only; no two have one address, or live on one disk.
#ifndef QUADRAFT_CORE_RAFT_CONFIGURATION_H_
#define QUADRAFT_CORE_RAFT_CONFIGURATION_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/raft/quorum.h"

namespace quadraft::raft {

inline constexpr size_t kLearnersMax = 31;
inline constexpr size_t kAddressBytesMax = 255;

// Where a member is reached, and what it is. Of groups of before contacts, and of who was never
// heard, parts are not known.
struct Contact {
  std::string address;  // "host:port" of its listener for messages; empty: not known.
  uint64_t disk = 0;    // Drawn by the node with its data folder: what it promised stands there and
                        // nowhere else (core/replica/identity.h). 0: not known.
  bool empty() const { return address.empty() && disk == 0; }
  friend bool operator==(const Contact&, const Contact&) = default;
};
// OK, or InvalidArgument: "1.2.3.4:7001", "[::1]:7001" and "name:7001" are addresses.
Status CheckAddress(std::string_view address);

// A configuration as a log entry or a snapshot carries it: plain data.
struct ConfigurationState {
  JointMajority voters;
  NodeSet learners;         // They get the log and do not count.
  NodeSet learners_next;    // Voters of the outgoing list that become learners when it is left.
  bool auto_leave = false;  // Joint: the leader proposes to leave by itself.
  std::map<NodeId, Contact> contacts;  // Of those members of whom something is known.
  friend bool operator==(const ConfigurationState&, const ConfigurationState&) = default;
};

class Configuration {
 public:
  Configuration() = default;  // Nobody.
  // 1 to kVotersMax different nodes, in any order.
  explicit Configuration(std::vector<NodeId> voters);
  // InvalidArgument when an invariant is broken, with a sentence that names it and the node.
  static StatusOr<Configuration> Restore(ConfigurationState state);

  const ConfigurationState& state() const { return state_; }
  // Of both lists, sorted.
  const std::vector<NodeId>& voters() const { return voters_.nodes(); }
  bool IsVoter(NodeId node) const { return voters_.Contains(node); }
  bool IsLearner(NodeId node) const { return state_.learners.Contains(node); }
  bool IsMember(NodeId node) const { return IsVoter(node) || IsLearner(node); }
  NodeSet Members() const { return Union(voters_, state_.learners); }
  bool joint() const { return state_.voters.joint(); }
  const Contact& ContactOf(NodeId node) const;  // An empty one when nothing is known.

  // Whether those other than `node` can elect a leader among themselves.
  bool HasQuorumWithout(NodeId node) const;
  // The largest v such that a quorum of the voters has value_of(node) >= v.
  template <typename ValueOf>
  uint64_t QuorumValue(ValueOf value_of) const {
    return state_.voters.QuorumValue(value_of);
  }
  // ballot_of(node) -> Ballot.
  template <typename BallotOf>
  VoteResult Tally(BallotOf ballot_of) const {
    return state_.voters.Tally(ballot_of);
  }

  friend bool operator==(const Configuration& a, const Configuration& b) {
    return a.state_ == b.state_;
  }

 private:
  ConfigurationState state_;
  NodeSet voters_;  // The union of both lists.
};

// The payload of an entry of kind kConfiguration: version, whether it is left by itself, then each
// member by id: its id and a byte of its roles (1 incoming, 2 outgoing, 4 learner, 8 learner next);
// in version 2 also its address (length as a varint, bytes) and its disk (8 bytes). Version 1 when
// there are no contacts, so that programs that know no others can read it.
std::string EncodeConfiguration(const Configuration& configuration);
// DataLoss: malformed, or against the invariants above.
StatusOr<Configuration> DecodeConfiguration(std::string_view bytes);

// "voters=(1 2)&&(2 3) learners=(4) learners_next=(3) autoleave at=(1=10.0.0.1:7001 2=...)".
std::string Describe(const Configuration& configuration);

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_CONFIGURATION_H_
