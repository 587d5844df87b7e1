// The simulated network between the processes of a World: messages that are delayed, lost, doubled,
// reordered; links that are cut in either direction; streams that stay ordered and whole until they
// break (stream.h).
//
//   network.Cut(NodeId{1}, NodeId{2});            // One way. Cuts count: two faults may cut the
//   same link. auto id = network.AddConditions({.loss_ppm = 200'000});
//   network.RemoveConditions(id);
//
// What chance does to a link in a given second is drawn from a stream of that link and second: what
// happens elsewhere or earlier moves nothing of it, so that most of a run stays when one fault is
// taken out of it (sim/explore/shrink.h). What faults draw comes from a second stream of the link.
#ifndef QUADRAFT_SIM_WORLD_NETWORK_H_
#define QUADRAFT_SIM_WORLD_NETWORK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/env/network.h"
#include "core/env/random.h"
#include "core/env/time.h"
#include "sim/world/event.h"
#include "sim/world/observer.h"

namespace quadraft::sim {

class World;
class Process;
class Connection;

// How a delay is spread, on top of NetworkConditions' delay and jitter.
enum class DelayShape : uint8_t {
  kExponential,  // Mean `scale`.
  kBimodal,      // One in twenty takes about `scale`, the others a fiftieth of it at most.
  kHeavyTail,    // Pareto with exponent 1: one in n takes longer than n twentieths of `scale`.
};
// A draw by integers alone, so that it is the same on every machine.
Duration DrawShaped(DelayShape shape, Duration scale, Random& random);

// What the network does to messages. Several sets add up. Streams never lose bytes: a lost packet
// costs them a delay.
struct NetworkConditions {
  Duration delay{0};      // Of every message.
  Duration jitter{0};     // Uniform on top: more than the gap between two messages reorders them.
  uint32_t loss_ppm = 0;  // Chance in a million.
  uint32_t duplicate_ppm = 0;
  uint32_t spike_ppm = 0;  // Chance that a message takes up to spike_max longer.
  Duration spike_max{0};
  DelayShape shape = DelayShape::kExponential;
  Duration shape_scale{0};        // Zero: no such delay.
  uint32_t corrupt_ppm = 0;       // Chance that some bits of a message are flipped.
  uint64_t bytes_per_second = 0;  // That each node can send; zero: any number. The least counts.
};

struct NetworkOptions {
  NetworkConditions base{.delay = microseconds(150), .jitter = microseconds(350)};
  Duration connect_timeout = seconds(2);  // Of a connection attempt into the void.
  Duration stream_timeout = seconds(6);   // Unacknowledged bytes break a stream after that.
  Duration retransmit =
      milliseconds(200);  // How often a cut stream tries again; what a lost packet costs it.
};

class SimNetwork {
 public:
  SimNetwork(World* world, uint64_t seed, NetworkOptions options);
  ~SimNetwork();

  // Reachability, directed. Heal takes back one Cut of that link.
  void Cut(NodeId from, NodeId to);
  void Heal(NodeId from, NodeId to);
  bool Reachable(NodeId from, NodeId to) const;
  // How many messages, connection attempts and pieces of streams have found that link cut.
  uint64_t blocked(NodeId from, NodeId to) const;

  // What is sent or arrives over a clogged link waits there, nothing is lost; Unclog takes back one
  // Clog and lets it go.
  void Clog(NodeId from, NodeId to);
  void Unclog(NodeId from, NodeId to);

  // Loses what is on its way on that link, as a connection that is reset does; how many messages.
  size_t LoseUnderWay(NodeId from, NodeId to);
  // Both ends of each connection between the two hear that it was reset. How many there were.
  size_t ResetConnections(NodeId a, NodeId b);
  // Nothing crosses the present connections between the two any more; neither end is told.
  size_t Strand(NodeId a, NodeId b);

  // Sees every message that is sent, until RemoveTap.
  using Tap = std::function<void(NodeId from, NodeId to, Channel, std::string_view payload)>;
  uint64_t AddTap(Tap tap);
  void RemoveTap(uint64_t id);
  // As if `from` had sent it now, though it did long ago. False: it cannot get there.
  bool Replay(NodeId from, NodeId to, Channel channel, std::string payload);

  uint64_t AddConditions(const NetworkConditions& conditions);
  void RemoveConditions(uint64_t id);

  struct Counters {
    uint64_t sent = 0, delivered = 0, lost = 0, duplicated = 0, blocked = 0, overflowed = 0;
    uint64_t spiked = 0;             // Took longer, by spike_ppm.
    uint64_t shaped = 0;             // Delayed by a DelayShape.
    uint64_t held = 0;               // By a clogged link.
    uint64_t throttled = 0;          // Waited for bandwidth.
    uint64_t corrupted = 0;          // Spoiled, and refused by the receiver's check of its frames.
    uint64_t corruption_missed = 0;  // Spoiled, and given to the receiver.
    uint64_t replayed = 0;
    uint64_t unaddressed = 0;  // Their sender did not know where the peer is.
    uint64_t stranded = 0;     // Pieces of streams that were swallowed by Strand.
    uint64_t streams = 0, streams_broken = 0, stream_bytes = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  friend class World;
  friend class Process;
  friend class ProcessEnv;
  friend class Connection;
  friend class SimStream;
  friend class SimListener;

  enum class PendingState : uint8_t { kWhole, kCorrupt, kLost };
  struct Pending {  // A message on its way.
    std::string payload;
    uint32_t from = 0, to = 0;
    Channel channel = Channel::kRaft;
    uint64_t number = 0;  // Among all that were sent.
    PendingState state = PendingState::kWhole;
  };
  struct Clogged {
    int count = 0;
    std::vector<uint32_t> held;  // Slots of messages.
  };
  // A message on its way: frees its slot when it is dropped undelivered (its receiver crashed).
  // Small enough to live inside the closure's own storage.
  class Delivery {
   public:
    Delivery(SimNetwork* network, uint32_t slot) : network_(network), slot_(slot) {}
    Delivery(Delivery&& other) noexcept
        : network_(std::exchange(other.network_, nullptr)), slot_(other.slot_) {}
    Delivery& operator=(Delivery&&) = delete;
    ~Delivery() {
      if (network_ != nullptr) network_->Discard(slot_);
    }
    void operator()() { std::exchange(network_, nullptr)->Deliver(slot_); }

   private:
    SimNetwork* network_;
    uint32_t slot_;
  };
  struct Listening {
    uint32_t process;
    uint64_t id;
    std::shared_ptr<Network::AcceptHandler> on_accept;
  };

  void OnProcessAdded();
  void OnCrash(uint32_t process);
  bool ReachableIndex(uint32_t from, uint32_t to) const { return cuts_[from * stride_ + to] == 0; }
  void CountBlocked(uint32_t from, uint32_t to) { ++blocked_[from * stride_ + to]; }
  void Send(uint32_t from, NodeId to, Channel channel, std::string payload);
  void ScheduleDelivery(Pending message, uint64_t digest);
  void NoteSend(uint32_t from, NodeId to, Channel channel, std::string_view payload,
                MessageFate fate);
  void NoteArrival(uint32_t slot, bool delivered);
  void Deliver(uint32_t slot);
  void Discard(uint32_t slot);
  // False: it was dealt with (network_faults.cc). Only for messages that are not kWhole, or when
  // links are clogged.
  bool DeliverNormally(uint32_t slot);
  void DeliverCorrupt(uint32_t slot);
  bool IsClogged(uint32_t from, uint32_t to) const {
    return !clogs_.empty() && clogs_.contains({from, to});
  }
  // Reachable, and not held up just now: for streams and connection attempts.
  bool Passes(uint32_t from, uint32_t to) const {
    return ReachableIndex(from, to) && !IsClogged(from, to);
  }
  void CountStopped(uint32_t from, uint32_t to) {
    if (ReachableIndex(from, to)) {
      ++counters_.held;
    } else {
      CountBlocked(from, to);
    }
  }
  // How long `bytes` more from that node take to leave it.
  Duration Transmission(uint32_t from, size_t bytes);
  void DropHeld(uint32_t to);
  struct Chances {  // Of one link, in one second.
    int64_t begun_ns;
    Random usual, faults;
  };
  Chances& ChancesOf(uint32_t from, uint32_t to);
  Duration DrawDelay(uint32_t from, uint32_t to);
  bool DrawLoss(uint32_t from, uint32_t to);
  StatusOr<std::unique_ptr<Listener>> Listen(uint32_t process, std::string_view address,
                                             Network::AcceptHandler on_accept);
  void StopListening(std::string_view address, uint64_t id);
  void Connect(uint32_t process, std::string_view address, Network::ConnectHandler done);
  void Answer(uint32_t client, std::string address, std::shared_ptr<Network::ConnectHandler> done);

  World* world_;
  const uint64_t seed_;
  NetworkOptions options_;
  std::map<uint64_t, NetworkConditions> added_;
  NetworkConditions now_;  // The sum.
  std::vector<std::pair<DelayShape, Duration>> shapes_;
  std::map<std::pair<uint32_t, uint32_t>, Clogged> clogs_;
  std::map<uint64_t, Tap> taps_;
  std::vector<int64_t> uplink_free_ns_;  // By process; while bandwidth is limited.
  uint64_t next_id_ = 1;
  uint32_t stride_ = 0;
  std::vector<uint16_t> cuts_;          // [from * stride_ + to]
  std::vector<uint32_t> blocked_;       // By the same index, as the next.
  std::vector<uint64_t> queued_bytes_;  // On the way, by the same index.
  std::vector<uint32_t> chances_at_;    // Behind its place in chances_; zero: not used so far.
  std::vector<Chances> chances_;
  std::vector<Pending> pending_;
  std::vector<uint32_t> free_pending_;
  std::map<std::string, Listening, std::less<>> listening_;
  uint32_t next_port_ = 40000;
  std::map<uint64_t, std::weak_ptr<Connection>> connections_;
  Counters counters_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_NETWORK_H_
