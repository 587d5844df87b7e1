// Who votes, and what a quorum of them says. Every majority question of the machine goes through
// here, so that a joint configuration (two voter lists, a quorum of each; thesis section 4.3)
// changes this file and not the machine.
//
//   Configuration config({NodeId{1}, NodeId{2}, NodeId{3}});
//   uint64_t durable = config.QuorumValue([&](NodeId n) { return match[n]; });
#ifndef QUADRAFT_CORE_RAFT_CONFIGURATION_H_
#define QUADRAFT_CORE_RAFT_CONFIGURATION_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/check.h"
#include "core/base/ids.h"

namespace quadraft::raft {

inline constexpr size_t kVotersMax = 31;

enum class VoteResult { kPending, kWon, kLost };
enum class Ballot : uint8_t { kUnknown, kGranted, kRefused };

class Configuration {
 public:
  // 1 to kVotersMax different nodes, in any order.
  explicit Configuration(std::vector<NodeId> voters) : voters_(std::move(voters)) {
    std::sort(voters_.begin(), voters_.end());
    QR_CHECK(!voters_.empty() && voters_.size() <= kVotersMax) << voters_.size() << " voters";
    QR_CHECK(std::adjacent_find(voters_.begin(), voters_.end()) == voters_.end())
        << "voter named twice";
  }

  const std::vector<NodeId>& voters() const { return voters_; }  // Sorted.
  bool IsVoter(NodeId node) const {
    return std::binary_search(voters_.begin(), voters_.end(), node);
  }

  // The largest v such that a quorum of the voters has value_of(node) >= v.
  template <typename ValueOf>
  uint64_t QuorumValue(ValueOf value_of) const {
    std::array<uint64_t, kVotersMax> values;
    size_t n = 0;
    for (NodeId node : voters_) values[n++] = value_of(node);
    std::sort(values.begin(), values.begin() + n, std::greater<>());
    return values[n / 2];  // Held by n/2 + 1 voters.
  }

  // ballot_of(node) -> Ballot.
  template <typename BallotOf>
  VoteResult Tally(BallotOf ballot_of) const {
    size_t granted = 0, refused = 0;
    for (NodeId node : voters_) {
      const Ballot ballot = ballot_of(node);
      granted += ballot == Ballot::kGranted;
      refused += ballot == Ballot::kRefused;
    }
    if (granted > voters_.size() / 2) return VoteResult::kWon;
    if (voters_.size() - refused <= voters_.size() / 2) return VoteResult::kLost;
    return VoteResult::kPending;
  }

 private:
  std::vector<NodeId> voters_;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_CONFIGURATION_H_
