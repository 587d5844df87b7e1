// What a node knows of the nodes of its peers, whatever the group: by it a group may go to sleep
// (raft_quiesce.cc), and campaigns are put in order (Raft::RankOf). core/replica's NodeMonitor
// implements it.
#ifndef QUADRAFT_CORE_RAFT_PEER_HEALTH_H_
#define QUADRAFT_CORE_RAFT_PEER_HEALTH_H_

#include <cstdint>

#include "core/base/ids.h"

namespace quadraft::raft {

inline constexpr uint32_t kPriorityDefault = 100;
inline constexpr uint32_t kPriorityMax = 1000;

enum class Health : uint8_t {
  kUnwatched,  // Nobody would tell us of its silence, or it does not know what sleeping groups are.
  kAlive,      // It was heard of late; Raft::Wake is called when that ends, or when it restarts.
  kSilent,
};

class PeerHealth {
 public:
  virtual ~PeerHealth() = default;
  virtual Health Of(NodeId node) const = 0;
  // Options::priority of that node, as it said.
  virtual uint32_t PriorityOf(NodeId) const { return kPriorityDefault; }
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_PEER_HEALTH_H_
