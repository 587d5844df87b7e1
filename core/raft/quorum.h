// What a quorum of some voters says: of one list (a majority) and of two (joint: a majority of
// each; thesis section 4.3). Pure arithmetic over node ids; who votes is said in configuration.h.
//
//   JointMajority voters{.incoming = NodeSet({NodeId{1}, NodeId{2}, NodeId{3}})};
//   uint64_t durable = voters.QuorumValue([&](NodeId n) { return match[n]; });
//   VoteResult result = voters.Tally([&](NodeId n) { return ballots[n]; });
//
// A list without voters agrees to everything (kEveryValue, kWon), so that a joint majority with an
// empty outgoing list is a majority of the incoming one. Nothing may rest on an empty pair.
#ifndef QUADRAFT_CORE_RAFT_QUORUM_H_
#define QUADRAFT_CORE_RAFT_QUORUM_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/base/ids.h"

namespace quadraft::raft {

inline constexpr size_t kVotersMax = 31;  // Of one list.
inline constexpr uint64_t kEveryValue = UINT64_MAX;

enum class VoteResult { kPending, kWon, kLost };
enum class Ballot : uint8_t { kUnknown, kGranted, kRefused };

// Different nodes, sorted.
class NodeSet {
 public:
  NodeSet() = default;
  explicit NodeSet(std::vector<NodeId> nodes);  // In any order; one named twice is in it once.

  bool empty() const { return nodes_.empty(); }
  size_t size() const { return nodes_.size(); }
  auto begin() const { return nodes_.begin(); }
  auto end() const { return nodes_.end(); }
  const std::vector<NodeId>& nodes() const { return nodes_; }
  bool Contains(NodeId node) const {
    return std::binary_search(nodes_.begin(), nodes_.end(), node);
  }
  void Insert(NodeId node);  // Does nothing when it is there.
  void Erase(NodeId node);   // Does nothing when it is not.
  friend bool operator==(const NodeSet&, const NodeSet&) = default;

 private:
  std::vector<NodeId> nodes_;
};

NodeSet Union(const NodeSet& a, const NodeSet& b);
bool Intersect(const NodeSet& a, const NodeSet& b);
// How many are in one and not in the other.
size_t DifferenceSize(const NodeSet& a, const NodeSet& b);
// "(1 2 3)".
std::string Describe(const NodeSet& nodes);

// The largest v such that a majority of the voters (at most kVotersMax) has value_of(node) >= v.
template <typename ValueOf>
uint64_t MajorityValue(const NodeSet& voters, ValueOf value_of) {
  if (voters.empty()) return kEveryValue;
  QR_CHECK(voters.size() <= kVotersMax) << voters.size() << " voters";
  std::array<uint64_t, kVotersMax> values;
  size_t n = 0;
  for (NodeId node : voters) values[n++] = value_of(node);
  std::sort(values.begin(), values.begin() + n, std::greater<>());
  return values[n / 2];  // Held by n/2 + 1 voters.
}

// ballot_of(node) -> Ballot.
template <typename BallotOf>
VoteResult MajorityTally(const NodeSet& voters, BallotOf ballot_of) {
  if (voters.empty()) return VoteResult::kWon;
  size_t granted = 0, refused = 0;
  for (NodeId node : voters) {
    const Ballot ballot = ballot_of(node);
    granted += ballot == Ballot::kGranted;
    refused += ballot == Ballot::kRefused;
  }
  if (granted > voters.size() / 2) return VoteResult::kWon;
  if (voters.size() - refused <= voters.size() / 2) return VoteResult::kLost;
  return VoteResult::kPending;
}

struct JointMajority {
  NodeSet incoming;
  NodeSet outgoing;  // Empty: not joint.

  bool joint() const { return !outgoing.empty(); }
  bool Contains(NodeId node) const { return incoming.Contains(node) || outgoing.Contains(node); }

  // The largest v such that a majority of each list has value_of(node) >= v. Of match indexes: what
  // may be committed (etcd's CommittedIndex).
  template <typename ValueOf>
  uint64_t QuorumValue(ValueOf value_of) const {
    const uint64_t value = MajorityValue(incoming, value_of);
    return joint() ? std::min(value, MajorityValue(outgoing, value_of)) : value;
  }

  // Won by both lists, or lost by one.
  template <typename BallotOf>
  VoteResult Tally(BallotOf ballot_of) const {
    const VoteResult result = MajorityTally(incoming, ballot_of);
    if (!joint() || result == VoteResult::kLost) return result;
    const VoteResult other = MajorityTally(outgoing, ballot_of);
    return result == VoteResult::kWon || other == VoteResult::kLost ? other : result;
  }
  friend bool operator==(const JointMajority&, const JointMajority&) = default;
};

// "(1 2 3)", joint "(1 2 3)&&(3 4)".
std::string Describe(const JointMajority& voters);

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_QUORUM_H_
