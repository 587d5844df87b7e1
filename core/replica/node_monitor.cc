#include "core/replica/node_monitor.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"

namespace quadraft::replica {

NodeMonitor::News NodeMonitor::OnBatch(NodeId from, const BatchHead& head, MonotonicTime now) {
  Peer& peer = peers_[from];
  News news;
  if (peer.beat > Duration(0) && now > peer.last_heard) {
    peer.late.Add(std::max(now - peer.last_heard - peer.beat, Duration(0)), now);
  }
  news.back = std::exchange(peer.silent, false);
  news.restarted = peer.incarnation != 0 && peer.incarnation != head.incarnation;
  const bool was_gone = peer.last_heard + options_.check_quorum_timeout_min < now;
  if (peer.version == 0 || news.back || news.restarted || was_gone) peer.up_since = now;
  peer.version = head.version;
  peer.priority = head.priority;
  peer.leads = head.leads;
  peer.incarnation = head.incarnation;
  peer.last_heard = now;
  peer.beat = head.beat;
  peer.relies = head.relies;
  if (Beats(peer)) Arm(now);
  return news;
}

BatchHead NodeMonitor::Head(NodeId to) {
  BatchHead head{.version = speaks_};
  if (speaks_ < kWireVersionQuiesce) return head;
  Peer& peer = peers_[to];
  peer.last_sent = now_;
  peer.tell = false;
  head.incarnation = incarnation_;
  head.beat = Beats(peer) ? options_.heartbeat_interval_min : Duration(0);
  head.relies = peer.sleepers > 0;
  head.priority = options_.priority;
  head.leads = leads_;
  return head;
}

void NodeMonitor::AddSleeper(NodeId node, MonotonicTime now) {
  Peer& peer = peers_[node];
  if (peer.sleepers++ == 0) {
    peer.silent =
        peer.last_heard + options_.check_quorum_timeout_min < now;  // As Of() said so far.
    peer.relied_since = now;
  }
  Arm(now);
}

void NodeMonitor::RemoveSleeper(NodeId node) {
  Peer& peer = peers_[node];
  if (--peer.sleepers > 0) return;
  peer.tell = true;
  peer.silent = false;  // Of() judges by the last word from here on.
}

// At multiples of the beat's interval, with the heartbeats of the groups that are awake.
void NodeMonitor::Arm(MonotonicTime now) {
  if (next_tick_ != MonotonicTime::max()) return;
  const MonotonicTime next = now + options_.heartbeat_interval_min;
  next_tick_ = next - next.time_since_epoch() % options_.heartbeat_interval_min;
}

MonotonicTime NodeMonitor::next_deadline() const { return next_tick_; }

Duration NodeMonitor::Timeout(const Peer& peer) const {
  if (peer.beat <= Duration(0)) return options_.check_quorum_timeout_min;
  const Duration beats = raft::kHeartbeatsPerTimeout * peer.beat;
  const Duration needed =
      peer.late.known() ? peer.beat + peer.late.Needed() : options_.election_timeout_start;
  return std::clamp(std::max(beats, needed), options_.election_timeout_min,
                    std::max(options_.election_timeout_max, options_.election_timeout_min));
}

Duration NodeMonitor::TimeoutOf(NodeId node) const {
  const auto found = peers_.find(node);
  return Timeout(found == peers_.end() ? Peer() : found->second);
}

void NodeMonitor::Tick(MonotonicTime now, std::vector<NodeId>* silent, std::vector<NodeId>* beats) {
  if (now < next_tick_) return;
  const Duration interval = options_.heartbeat_interval_min;
  // We stood still: what the others said may wait behind this tick.
  if (now - next_tick_ > interval) excused_until_ = now + 2 * interval;
  next_tick_ = MonotonicTime::max();
  for (auto& [node, peer] : peers_) {
    // Who relies on us says so all the time.
    if (peer.last_heard + options_.check_quorum_timeout_min < now) peer.relies = false;
    if (!Beats(peer) && !peer.tell) continue;
    Arm(now);
    if (peer.last_sent + interval / 2 <= now) beats->push_back(node);
    const MonotonicTime since = std::max(peer.last_heard, peer.relied_since);
    if (peer.sleepers == 0 || peer.silent || now < excused_until_ || now < since + Timeout(peer)) {
      continue;
    }
    peer.silent = true;
    if (!QR_MUTANT("silent-node-wakes-nobody")) silent->push_back(node);
  }
}

raft::Health NodeMonitor::Of(NodeId node) const {
  const auto found = peers_.find(node);
  if (speaks_ < kWireVersionQuiesce || found == peers_.end() ||
      found->second.version < kWireVersionQuiesce) {
    return raft::Health::kUnwatched;
  }
  const Peer& peer = found->second;
  const bool silent =
      peer.sleepers > 0 ? peer.silent : peer.last_heard + options_.check_quorum_timeout_min < now_;
  return silent ? raft::Health::kSilent : raft::Health::kAlive;
}

uint32_t NodeMonitor::PriorityOf(NodeId node) const {
  const auto found = peers_.find(node);
  return found == peers_.end() ? raft::kPriorityDefault : found->second.priority;
}

uint32_t NodeMonitor::LeadsOf(NodeId node) const {
  const auto found = peers_.find(node);
  return found == peers_.end() ? 0 : found->second.leads;
}

Duration NodeMonitor::UpFor(NodeId node) const {
  return Of(node) == raft::Health::kAlive ? now_ - peers_.at(node).up_since : Duration(0);
}

Duration NodeMonitor::SilentFor(NodeId node, MonotonicTime now) const {
  const auto found = peers_.find(node);
  return found == peers_.end() ? now.time_since_epoch() : now - found->second.last_heard;
}

}  // namespace quadraft::replica
