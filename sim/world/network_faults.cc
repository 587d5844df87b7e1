// The parts of the network that only faults use: clogged links, spoiled and replayed messages,
// limited bandwidth, shaped delays, connections that are reset or stranded.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/proto/frame.h"
#include "sim/world/network.h"
#include "sim/world/stream.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kTailMax = 20;           // A heavy tail ends at so many times its scale.
constexpr int kExponentialRoundsMax = 40;  // The chance to get there is e to the minus 40.
constexpr uint64_t kFlippedBitsMax = 8;
constexpr size_t kFollowingBytesMax = 2 * proto::kFragmentBytesMax;
constexpr Duration kReconnectPause = milliseconds(20);  // As net/env's peers wait at least.

// Von Neumann's draw of an exponential variate by comparisons alone (1951; Devroye, IV.2): the
// whole part counts the runs of even length, the fraction is the first draw of the odd one.
// In 2^-32 of the mean.
uint64_t DrawExponential(Random& random) {
  for (uint64_t whole = 0; whole < kExponentialRoundsMax; ++whole) {
    const uint32_t first = static_cast<uint32_t>(random.Next() >> 32);
    uint32_t last = first;
    bool odd = true;
    for (uint32_t next = static_cast<uint32_t>(random.Next() >> 32); next < last;
         next = static_cast<uint32_t>(random.Next() >> 32)) {
      last = next;
      odd = !odd;
    }
    if (odd) return whole << 32 | first;
  }
  return uint64_t{kExponentialRoundsMax} << 32;
}

// What the receiver's end of a connection makes of bytes: the code of production.
class Receiver : public proto::FrameReader {
 public:
  std::vector<std::pair<Channel, std::string>> messages;

 protected:
  Status OnHello(const proto::Hello&) override { return OkStatus(); }
  void OnMessage(Channel channel, std::string_view payload) override {
    messages.emplace_back(channel, payload);
  }
};

std::string Frames(Channel channel, std::string_view payload) {
  std::string frames;
  do {
    const size_t size = std::min(payload.size(), proto::kFragmentBytesMax);
    proto::AppendFrame(&frames, static_cast<uint8_t>(channel), size < payload.size(),
                       payload.substr(0, size));
    payload.remove_prefix(size);
  } while (!payload.empty());
  return frames;
}

}  // namespace

Duration DrawShaped(DelayShape shape, Duration scale, Random& random) {
  const int64_t ns = scale.count();
  switch (shape) {
    case DelayShape::kExponential:
      return Duration(static_cast<int64_t>(static_cast<unsigned __int128>(DrawExponential(random)) *
                                               static_cast<uint64_t>(ns) >>
                                           32));
    case DelayShape::kBimodal:
      if (random.OneIn(20)) return Duration(random.Between(ns / 2, ns + ns / 2));
      return Duration(random.Between(0, ns / 50));
    case DelayShape::kHeavyTail: {
      const uint64_t draw = (random.Next() >> 32) + 1;
      const auto long_one = (static_cast<unsigned __int128>(ns / 20) << 32) / draw;
      return Duration(static_cast<int64_t>(
          std::min<unsigned __int128>(long_one, static_cast<unsigned __int128>(ns) * kTailMax)));
    }
  }
  return Duration(0);
}

Duration SimNetwork::Transmission(uint32_t from, size_t bytes) {
  if (uplink_free_ns_.size() <= from) uplink_free_ns_.resize(world_->process_count(), 0);
  const int64_t now = world_->now_ns();
  int64_t& free_at = uplink_free_ns_[from];
  if (free_at > now) ++counters_.throttled;
  const auto takes = static_cast<unsigned __int128>(bytes) * kNsPerSecond / now_.bytes_per_second;
  free_at = std::max(free_at, now) + static_cast<int64_t>(takes);
  return Duration(free_at - now);
}

void SimNetwork::Clog(NodeId from, NodeId to) {
  ++clogs_[{world_->index_of(from), world_->index_of(to)}].count;
}

void SimNetwork::Unclog(NodeId from, NodeId to) {
  const auto found = clogs_.find({world_->index_of(from), world_->index_of(to)});
  QR_CHECK(found != clogs_.end()) << "unclog without a clog";
  if (--found->second.count > 0) return;
  const std::vector<uint32_t> held = std::move(found->second.held);
  const auto [sender, receiver] = found->first;
  clogs_.erase(found);
  for (const uint32_t slot : held) {
    world_->Schedule(DrawDelay(sender, receiver), EventKind::kMessage, receiver, slot,
                     Delivery(this, slot));
  }
}

void SimNetwork::DropHeld(uint32_t to) {
  for (auto& [link, clogged] : clogs_) {
    if (link.second != to) continue;
    for (const uint32_t slot : clogged.held) Discard(slot);
    clogged.held.clear();
  }
}

bool SimNetwork::DeliverNormally(uint32_t slot) {
  const Pending& message = pending_[slot];
  const auto clogged = clogs_.find({message.from, message.to});
  if (clogged != clogs_.end()) {
    ++counters_.held;
    clogged->second.held.push_back(slot);
    return false;
  }
  switch (message.state) {
    case PendingState::kWhole:
      return true;
    case PendingState::kLost:
      ++counters_.lost;
      NoteArrival(slot, false);
      Discard(slot);
      return false;
    case PendingState::kCorrupt:
      DeliverCorrupt(slot);
      return false;
  }
  return true;
}

// Its frames, some bits of them flipped, go through the check of production's receiver. What that
// refuses ends the connection: what was under way is lost, and the sender pauses.
void SimNetwork::DeliverCorrupt(uint32_t slot) {
  const uint32_t from = pending_[slot].from, to = pending_[slot].to;
  const Channel channel = pending_[slot].channel;
  const std::string sent = pending_[slot].payload;
  NoteArrival(slot, false);  // Unless the check lets it pass, which the receiver then shows.
  Discard(slot);
  if (!ReachableIndex(from, to)) {
    ++counters_.blocked;
    return CountBlocked(from, to);
  }
  std::string bytes = Frames(channel, sent);
  Random& random = ChancesOf(from, to).faults;
  const uint64_t first = random.Below(bytes.size() * 8);
  for (uint64_t n = 1 + random.Below(kFlippedBitsMax), bit = first; n > 0; --n) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    bit = (first + 1 + random.Below(64)) % (bytes.size() * 8);
  }
  Receiver receiver;
  const NodeId sender = world_->process_at(from).id();
  Status status = receiver.Feed(proto::EncodeHello({sender, world_->process_at(to).id(), ""}));
  if (status.ok()) status = receiver.Feed(bytes);
  // A length that was spoiled makes it wait for what follows.
  const std::string following = Frames(channel, std::string(1024, '.'));
  for (size_t fed = 0; status.ok() && receiver.messages.empty() && fed < kFollowingBytesMax;
       fed += following.size()) {
    status = receiver.Feed(following);
  }
  if (!status.ok() && receiver.messages.empty()) {
    ++counters_.corrupted;
    LoseUnderWay(sender, world_->process_at(to).id());
    ++cuts_[from * stride_ + to];
    world_->After(kReconnectPause, [this, from, to] { --cuts_[from * stride_ + to]; });
    return;
  }
  for (const auto& [on, payload] : receiver.messages) {
    if (payload != sent) ++counters_.corruption_missed;
    world_->process_at(to).env()->HandleMessage(sender, on, payload);
  }
}

size_t SimNetwork::LoseUnderWay(NodeId from, NodeId to) {
  const uint32_t from_index = world_->index_of(from), to_index = world_->index_of(to);
  if (queued_bytes_[from_index * stride_ + to_index] == 0) return 0;
  size_t lost = 0;
  for (Pending& message : pending_) {
    // A slot that is free has no bytes.
    if (message.payload.empty() || message.from != from_index || message.to != to_index) continue;
    if (std::exchange(message.state, PendingState::kLost) != PendingState::kLost) ++lost;
  }
  return lost;
}

size_t SimNetwork::ResetConnections(NodeId a, NodeId b) {
  size_t reset = 0;
  for (const auto& [id, weak] : connections_) {
    const auto connection = weak.lock();
    if (connection == nullptr || !connection->open()) continue;
    if (!connection->IsBetween(world_->index_of(a), world_->index_of(b))) continue;
    connection->Reset();
    ++reset;
  }
  return reset;
}

size_t SimNetwork::Strand(NodeId a, NodeId b) {
  size_t stranded = 0;
  for (const auto& [id, weak] : connections_) {
    const auto connection = weak.lock();
    if (connection == nullptr || !connection->open()) continue;
    if (!connection->IsBetween(world_->index_of(a), world_->index_of(b))) continue;
    connection->Strand();
    ++stranded;
  }
  return stranded;
}

uint64_t SimNetwork::AddTap(Tap tap) {
  taps_[next_id_] = std::move(tap);
  return next_id_++;
}

void SimNetwork::RemoveTap(uint64_t id) { taps_.erase(id); }

bool SimNetwork::Replay(NodeId from, NodeId to, Channel channel, std::string payload) {
  const uint32_t from_index = world_->index_of(from), to_index = world_->index_of(to);
  if (!world_->process_at(to_index).running() || !ReachableIndex(from_index, to_index))
    return false;
  ++counters_.replayed;
  const uint64_t digest = Fingerprint64(payload, from_index << 8 | static_cast<uint64_t>(channel));
  ++counters_.sent;
  NoteSend(from_index, to, channel, payload, MessageFate::kSent);
  ScheduleDelivery({std::move(payload), from_index, to_index, channel, counters_.sent}, digest);
  return true;
}

}  // namespace quadraft::sim
