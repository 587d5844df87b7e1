// Whether the nodes are alive whose groups sleep here (core/raft/raft_quiesce.cc): one for all
// groups, so that a node with 50,000 of them says as much as one with a single one.
//
//   monitor.AddSleeper(peer);                          // A group of that peer sleeps here: rely on
//   it. const auto news = monitor.OnBatch(from, head, now);   // Whatever comes is a sign of life.
//   monitor.Tick(now, &silent, &beats);                // Who fell silent; whom to send a beat.
//
// Two nodes that share a sleeping group send each other something at every beat interval: what they
// say anyway, else an empty batch. Each batch says whether its sender does that for its receiver
// (`beat`), whether it relies on the receiver for that (`relies`, and then it is answered alike),
// and in which life it is (`incarnation`). How long a silence is borne is measured as followers
// measure their leaders (core/raft/pace.h).
#ifndef QUADRAFT_CORE_REPLICA_NODE_MONITOR_H_
#define QUADRAFT_CORE_REPLICA_NODE_MONITOR_H_

#include <cstdint>
#include <map>
#include <vector>

#include "core/base/ids.h"
#include "core/env/time.h"
#include "core/raft/options.h"
#include "core/raft/pace.h"
#include "core/raft/peer_health.h"
#include "core/replica/codec.h"

namespace quadraft::replica {

class NodeMonitor : public raft::PeerHealth {
 public:
  // `speaks`: this node's wire version; below kWireVersionQuiesce nobody is watched. `incarnation`:
  // this life's, not zero.
  NodeMonitor(const raft::Options& options, uint32_t speaks, uint64_t incarnation)
      : options_(options), speaks_(speaks), incarnation_(incarnation) {}

  struct News {
    bool back = false;       // It had been silent.
    bool restarted = false;  // It is in another life than last time.
  };
  News OnBatch(NodeId from, const BatchHead& head, MonotonicTime now);
  // What a batch to `to` that leaves now says; it is a beat too.
  BatchHead Head(NodeId to);

  void AddSleeper(NodeId peer, MonotonicTime now);
  void RemoveSleeper(NodeId peer);

  // Appends those that are silent from now on, and those to whom an empty batch is due. Late ticks
  // excuse the others' silence for a while.
  void Tick(MonotonicTime now, std::vector<NodeId>* silent, std::vector<NodeId>* beats);
  MonotonicTime next_deadline() const;  // Of Tick; max: nobody to watch.

  void SetNow(MonotonicTime now) { now_ = now; }  // For Of.
  void SetLeads(uint32_t groups) { leads_ = groups; }
  raft::Health Of(NodeId node) const override;
  uint32_t PriorityOf(NodeId node) const override;
  uint32_t LeadsOf(NodeId node) const;  // So many groups, as it said last.
  // For so long it has been there without a silence or a restart; zero: it is not.
  Duration UpFor(NodeId node) const;
  Duration SilentFor(NodeId node, MonotonicTime now) const;
  // The silence after which a peer that promised beats is taken for dead.
  Duration TimeoutOf(NodeId node) const;

 private:
  struct Peer {
    uint32_t version = 0;  // Zero: never heard.
    uint64_t incarnation = 0;
    MonotonicTime last_heard;
    MonotonicTime last_sent;
    MonotonicTime relied_since;  // By a first sleeper.
    size_t sleepers = 0;
    Duration beat{0};     // What it promises; zero: nothing.
    bool relies = false;  // On us.
    bool silent = false;
    bool tell = false;  // That we no longer rely on it.
    MonotonicTime up_since;
    uint32_t priority = raft::kPriorityDefault;
    uint32_t leads = 0;
    raft::Estimate late;
  };
  bool Beats(const Peer& peer) const { return peer.sleepers > 0 || peer.relies; }
  Duration Timeout(const Peer& peer) const;
  void Arm(MonotonicTime now);

  const raft::Options options_;
  const uint32_t speaks_;
  const uint64_t incarnation_;
  MonotonicTime now_{Duration(0)};
  MonotonicTime next_tick_ = MonotonicTime::max();
  MonotonicTime excused_until_{Duration(0)};
  uint32_t leads_ = 0;
  std::map<NodeId, Peer> peers_;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_NODE_MONITOR_H_
