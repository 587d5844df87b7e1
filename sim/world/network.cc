#include "sim/world/network.h"

#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/hash.h"
#include "sim/world/process.h"
#include "sim/world/stream.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

constexpr uint32_t kMillion = 1'000'000;
constexpr uint32_t kStrideMin = 16;
constexpr int64_t kSecondNs = 1'000'000'000;

}  // namespace

SimNetwork::SimNetwork(World* world, uint64_t seed, NetworkOptions options)
    : world_(world), seed_(seed), options_(options), now_(options.base) {}

SimNetwork::~SimNetwork() = default;

void SimNetwork::OnProcessAdded() {
  const uint32_t count = static_cast<uint32_t>(world_->process_count());
  if (count <= stride_) return;
  uint32_t stride = std::max(stride_, kStrideMin);
  while (stride < count) stride *= 2;
  std::vector<uint16_t> cuts(size_t{stride} * stride, 0);
  std::vector<uint32_t> blocked(size_t{stride} * stride, 0);
  std::vector<uint64_t> queued(size_t{stride} * stride, 0);
  std::vector<uint32_t> chances(size_t{stride} * stride, 0);
  for (uint32_t from = 0; from < stride_; ++from) {
    for (uint32_t to = 0; to < stride_; ++to) {
      cuts[from * stride + to] = cuts_[from * stride_ + to];
      blocked[from * stride + to] = blocked_[from * stride_ + to];
      queued[from * stride + to] = queued_bytes_[from * stride_ + to];
      chances[from * stride + to] = chances_at_[from * stride_ + to];
    }
  }
  stride_ = stride;
  cuts_ = std::move(cuts);
  blocked_ = std::move(blocked);
  queued_bytes_ = std::move(queued);
  chances_at_ = std::move(chances);
}

void SimNetwork::Cut(NodeId from, NodeId to) {
  const int cuts = ++cuts_[world_->index_of(from) * stride_ + world_->index_of(to)];
  if (Observer* const watching = world_->observer()) watching->OnLink(from, to, cuts);
}

void SimNetwork::Heal(NodeId from, NodeId to) {
  uint16_t& cuts = cuts_[world_->index_of(from) * stride_ + world_->index_of(to)];
  QR_CHECK(cuts > 0) << "heal without a cut";
  --cuts;
  if (Observer* const watching = world_->observer()) watching->OnLink(from, to, cuts);
}

bool SimNetwork::Reachable(NodeId from, NodeId to) const {
  return ReachableIndex(world_->index_of(from), world_->index_of(to));
}

uint64_t SimNetwork::blocked(NodeId from, NodeId to) const {
  return blocked_[world_->index_of(from) * stride_ + world_->index_of(to)];
}

uint64_t SimNetwork::AddConditions(const NetworkConditions& conditions) {
  added_[next_id_] = conditions;
  now_ = options_.base;
  shapes_.clear();
  for (const auto& [id, c] : added_) {
    now_.delay += c.delay;
    now_.jitter += c.jitter;
    now_.loss_ppm = std::min(kMillion, now_.loss_ppm + c.loss_ppm);
    now_.duplicate_ppm = std::min(kMillion, now_.duplicate_ppm + c.duplicate_ppm);
    now_.spike_ppm = std::min(kMillion, now_.spike_ppm + c.spike_ppm);
    now_.spike_max = std::max(now_.spike_max, c.spike_max);
    now_.corrupt_ppm = std::min(kMillion, now_.corrupt_ppm + c.corrupt_ppm);
    if (c.shape_scale.count() > 0) shapes_.emplace_back(c.shape, c.shape_scale);
    if (c.bytes_per_second > 0 &&
        (now_.bytes_per_second == 0 || c.bytes_per_second < now_.bytes_per_second)) {
      now_.bytes_per_second = c.bytes_per_second;
    }
  }
  if (now_.bytes_per_second == 0) uplink_free_ns_.clear();
  return next_id_++;
}

void SimNetwork::RemoveConditions(uint64_t id) {
  added_.erase(id);
  const uint64_t kept = next_id_;
  AddConditions({});  // Sums up anew.
  added_.erase(kept);
}

SimNetwork::Chances& SimNetwork::ChancesOf(uint32_t from, uint32_t to) {
  uint32_t& at = chances_at_[from * stride_ + to];
  const int64_t now = world_->now_ns();
  if (at != 0 && now - chances_[at - 1].begun_ns < kSecondNs) return chances_[at - 1];
  const int64_t second = now / kSecondNs;
  std::string key;
  for (const uint64_t part : {world_->process_at(from).id().value(),
                              world_->process_at(to).id().value(), static_cast<uint64_t>(second)}) {
    PutFixed<uint64_t>(&key, part);
  }
  const uint64_t seed = Fingerprint64(key, seed_);
  const Chances fresh{second * kSecondNs, Random(seed, "sim/network"),
                      Random(seed, "sim/network/faults")};
  if (at == 0) {
    chances_.push_back(fresh);
    at = static_cast<uint32_t>(chances_.size());
  } else {
    chances_[at - 1] = fresh;
  }
  return chances_[at - 1];
}

Duration SimNetwork::DrawDelay(uint32_t from, uint32_t to) {
  Chances& chances = ChancesOf(from, to);
  int64_t delay = now_.delay.count();
  if (now_.jitter.count() > 0)
    delay += static_cast<int64_t>(chances.usual.Below(now_.jitter.count()));
  if (now_.spike_ppm > 0 && chances.faults.Chance(now_.spike_ppm, kMillion)) {
    ++counters_.spiked;
    delay += static_cast<int64_t>(chances.faults.Below(now_.spike_max.count() + 1));
  }
  for (const auto& [shape, scale] : shapes_) {
    ++counters_.shaped;
    delay += DrawShaped(shape, scale, chances.faults).count();
  }
  return Duration(delay);
}

bool SimNetwork::DrawLoss(uint32_t from, uint32_t to) {
  return now_.loss_ppm > 0 && ChancesOf(from, to).faults.Chance(now_.loss_ppm, kMillion);
}

void SimNetwork::Send(uint32_t from, NodeId to_node, Channel channel, std::string payload) {
  QR_CHECK(payload.size() <= kMessageBytesMax) << "message of " << payload.size() << " bytes";
  const int64_t to = world_->FindIndex(to_node);
  ++counters_.sent;
  for (const auto& [id, tap] : taps_) tap(world_->process_at(from).id(), to_node, channel, payload);
  if (to < 0 || to == from || !world_->process_at(static_cast<uint32_t>(to)).running()) {
    return NoteSend(from, to_node, channel, payload, MessageFate::kNobody);
  }
  const uint32_t index = static_cast<uint32_t>(to);
  if (!world_->process_at(from).env()->Knows(world_->process_at(index))) {
    ++counters_.unaddressed;
    return NoteSend(from, to_node, channel, payload, MessageFate::kNobody);
  }
  if (!ReachableIndex(from, index)) {
    ++counters_.blocked;
    CountBlocked(from, index);
    return NoteSend(from, to_node, channel, payload, MessageFate::kBlocked);
  }
  if (DrawLoss(from, index)) {
    ++counters_.lost;
    return NoteSend(from, to_node, channel, payload, MessageFate::kLost);
  }
  if (queued_bytes_[from * stride_ + index] + payload.size() > kPeerQueueBytesMax) {
    ++counters_.overflowed;
    return NoteSend(from, to_node, channel, payload, MessageFate::kOverflow);
  }
  NoteSend(from, to_node, channel, payload, MessageFate::kSent);
  const uint64_t digest = Fingerprint64(payload, from << 8 | static_cast<uint64_t>(channel));
  if (now_.duplicate_ppm > 0 &&
      ChancesOf(from, index).faults.Chance(now_.duplicate_ppm, kMillion)) {
    ++counters_.duplicated;
    ScheduleDelivery({payload, from, index, channel, counters_.sent}, digest);
  }
  ScheduleDelivery({std::move(payload), from, index, channel, counters_.sent}, digest);
}

void SimNetwork::NoteSend(uint32_t from, NodeId to, Channel channel, std::string_view payload,
                          MessageFate fate) {
  Observer* const watching = world_->observer();
  if (watching == nullptr) return;
  watching->OnSend(counters_.sent, world_->process_at(from).id(), to, channel, payload, fate);
}

void SimNetwork::NoteArrival(uint32_t slot, bool delivered) {
  Observer* const watching = world_->observer();
  if (watching != nullptr) watching->OnArrival(pending_[slot].number, delivered);
}

void SimNetwork::ScheduleDelivery(Pending message, uint64_t digest) {
  uint32_t slot;
  if (free_pending_.empty()) {
    slot = static_cast<uint32_t>(pending_.size());
    pending_.emplace_back();
  } else {
    slot = free_pending_.back();
    free_pending_.pop_back();
  }
  const size_t bytes = message.payload.size();
  queued_bytes_[message.from * stride_ + message.to] += bytes;
  const uint32_t to = message.to;
  Duration delay = DrawDelay(message.from, to);
  if (now_.bytes_per_second > 0) delay += Transmission(message.from, bytes);
  if (now_.corrupt_ppm > 0 &&
      ChancesOf(message.from, to).faults.Chance(now_.corrupt_ppm, kMillion)) {
    message.state = PendingState::kCorrupt;
  }
  pending_[slot] = std::move(message);
  world_->Schedule(delay, EventKind::kMessage, to, digest, Delivery(this, slot));
}

void SimNetwork::Discard(uint32_t slot) {
  Pending& message = pending_[slot];
  queued_bytes_[message.from * stride_ + message.to] -= message.payload.size();
  message.payload = std::string();
  free_pending_.push_back(slot);
}

void SimNetwork::Deliver(uint32_t slot) {
  const uint32_t from = pending_[slot].from, to = pending_[slot].to;
  const bool special = pending_[slot].state != PendingState::kWhole || !clogs_.empty();
  if (special && !DeliverNormally(slot)) return;
  NoteArrival(slot, ReachableIndex(from, to));
  if (!ReachableIndex(from, to)) {  // Cut while it was on its way.
    ++counters_.blocked;
    CountBlocked(from, to);
    Discard(slot);
    return;
  }
  const std::string payload = std::move(pending_[slot].payload);
  const Channel channel = pending_[slot].channel;
  queued_bytes_[from * stride_ + to] -= payload.size();
  pending_[slot].payload = std::string();
  free_pending_.push_back(slot);
  ++counters_.delivered;
  world_->process_at(to).env()->HandleMessage(world_->process_at(from).id(), channel, payload);
}

void SimNetwork::OnCrash(uint32_t process) {
  DropHeld(process);
  for (auto it = listening_.begin(); it != listening_.end();) {
    it = it->second.process == process ? listening_.erase(it) : std::next(it);
  }
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (const auto connection = it->second.lock()) {
      connection->OnCrash(process);
      ++it;
    } else {
      it = connections_.erase(it);
    }
  }
}

class SimListener : public Listener {
 public:
  SimListener(SimNetwork* network, std::string address, uint64_t id)
      : network_(network), address_(std::move(address)), id_(id) {}
  ~SimListener() override { network_->StopListening(address_, id_); }
  std::string address() const override { return address_; }

 private:
  SimNetwork* network_;
  std::string address_;
  uint64_t id_;
};

StatusOr<std::unique_ptr<Listener>> SimNetwork::Listen(uint32_t process, std::string_view address,
                                                       Network::AcceptHandler on_accept) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == address.size()) {
    return InvalidArgument("bad address '", address, "', want host:port");
  }
  std::string bound(address);
  if (address.substr(colon + 1) == "0") {
    bound = StrCat(address.substr(0, colon + 1), next_port_++);
  }
  if (listening_.find(bound) != listening_.end()) return AlreadyExists(bound, " is taken");
  const uint64_t id = next_id_++;
  auto handler = std::make_shared<Network::AcceptHandler>(std::move(on_accept));
  listening_.emplace(bound, Listening{process, id, std::move(handler)});
  return std::make_unique<SimListener>(this, bound, id);
}

void SimNetwork::StopListening(std::string_view address, uint64_t id) {
  const auto found = listening_.find(address);
  if (found != listening_.end() && found->second.id == id) listening_.erase(found);
}

void SimNetwork::Connect(uint32_t process, std::string_view address, Network::ConnectHandler done) {
  auto handler = std::make_shared<Network::ConnectHandler>(std::move(done));
  if (address.rfind(':') == std::string_view::npos) {
    world_->Schedule(Duration(1), EventKind::kStream, process, 0,
                     [handler, at = std::string(address)] {
                       (*handler)(InvalidArgument("bad address '", at, "', want host:port"));
                     });
    return;
  }
  Answer(process, std::string(address), std::move(handler));
}

// The SYN travels, the listener's side accepts, the SYN-ACK travels back.
void SimNetwork::Answer(uint32_t client, std::string address,
                        std::shared_ptr<Network::ConnectHandler> done) {
  const auto fail = [this, client, done](Duration after, std::string why) {
    world_->Schedule(after, EventKind::kStream, client, 1,
                     [done, why = std::move(why)] { (*done)(Unavailable(why)); });
  };
  const auto found = listening_.find(address);
  if (found == listening_.end()) {  // Nobody's address: a link of the client to itself.
    const Duration there = DrawDelay(client, client), back = DrawDelay(client, client);
    return fail(there + back, address + ": connection refused");
  }
  const uint32_t server = found->second.process;
  const Duration there = DrawDelay(client, server), back = DrawDelay(server, client);
  if (!Passes(client, server) || !Passes(server, client)) {
    const bool to_server = !Passes(client, server);
    CountStopped(to_server ? client : server, to_server ? server : client);
    fail(options_.connect_timeout, address + ": connection timed out");
    return;
  }
  Duration late{0};
  while (DrawLoss(client, server) && late < options_.connect_timeout) late += options_.retransmit;
  // Until the server accepts, the client only knows its timer: a server that dies or pauses
  // meanwhile runs into it.
  auto connection = std::make_shared<Connection>(this, next_id_++, client, server, address);
  connections_[connection->id()] = connection;
  const uint64_t timeout = world_->Schedule(
      options_.connect_timeout + late, EventKind::kStream, client, 2, [connection, done, address] {
        connection->Abandon();
        if (*done) std::exchange(*done, nullptr)(Unavailable(address, ": connection timed out"));
      });
  world_->Schedule(there + late, EventKind::kStream, server, 3, [=, this] {
    const auto listener = listening_.find(address);
    if (listener == listening_.end() || connection->abandoned()) return;
    ++counters_.streams;
    const auto accept = listener->second.on_accept;  // Lives through its own call.
    if (world_->process_at(client).running()) {
      world_->Schedule(back, EventKind::kStream, client, 4, [=, this] {
        if (!*done) return;
        world_->CancelEvent(timeout);
        std::exchange(*done, nullptr)(connection->OpenSide(0));
      });
    }
    (*accept)(connection->OpenSide(1));
  });
}

}  // namespace quadraft::sim
