// Which processes of a world are servers: the founders of its group, and spare ones with empty
// disks that wait to take the place of a server that lost its own.
//
//   ServerSet servers(/*founders=*/3);
//   const NodeId spare = servers.TakeSpare();           // Zero: none is left.
//   servers.Replace(lost, spare);                       // Once the group says so.
#ifndef QUADRAFT_SIM_CLUSTER_SERVER_SET_H_
#define QUADRAFT_SIM_CLUSTER_SERVER_SET_H_

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/strings.h"
#include "core/env/network.h"
#include "sim/world/world.h"

namespace quadraft::sim {

inline constexpr int kSpareServers = 4;

class ServerSet {
 public:
  explicit ServerSet(int founders) {
    for (int i = 1; i <= founders + kSpareServers; ++i) {
      all_.push_back(NodeId{static_cast<uint64_t>(i)});
    }
    founders_.assign(all_.begin(), all_.begin() + founders);
    current_ = founders_;
    next_spare_ = static_cast<size_t>(founders);
  }

  const std::vector<NodeId>& all() const { return all_; }
  const std::vector<NodeId>& founders() const { return founders_; }
  const std::vector<NodeId>& current() const { return current_; }  // In order; should be members.
  bool Has(NodeId node) const { return node.value() >= 1 && node.value() <= all_.size(); }
  bool IsFounder(NodeId node) const { return Has(node) && node <= founders_.back(); }

  NodeId TakeSpare() { return next_spare_ < all_.size() ? all_[next_spare_++] : NodeId{}; }
  void Replace(NodeId lost, NodeId spare) {
    std::erase(current_, lost);
    current_.insert(std::lower_bound(current_.begin(), current_.end(), spare), spare);
  }

  // Where a server listens for messages: those of the founders stand in each other's flags.
  static std::string PeerAddress(NodeId node) { return StrCat("10.0.0.", node, ":7001"); }
  void GiveFlags(NodeId node, Network& network) const {
    if (!IsFounder(node)) return;
    for (const NodeId other : founders_) network.SetAddress(other, PeerAddress(other));
  }

 private:
  std::vector<NodeId> all_, founders_, current_;
  size_t next_spare_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CLUSTER_SERVER_SET_H_
