// The simulated network between the processes of a World: messages that are delayed, lost, doubled,
// reordered; links that are cut in either direction; streams that stay ordered and whole until they
// break (stream.h).
//
//   network.Cut(NodeId{1}, NodeId{2});            // One way. Cuts count: two faults may cut the
//   same link. auto id = network.AddConditions({.loss_ppm = 200'000});
//   network.RemoveConditions(id);
#ifndef QUADRAFT_SIM_WORLD_NETWORK_H_
#define QUADRAFT_SIM_WORLD_NETWORK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
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

// What the network does to messages. Several sets add up. Streams never lose bytes: a lost packet
// costs them a delay.
struct NetworkConditions {
  Duration delay{0};      // Of every message.
  Duration jitter{0};     // Uniform on top: more than the gap between two messages reorders them.
  uint32_t loss_ppm = 0;  // Chance in a million.
  uint32_t duplicate_ppm = 0;
  uint32_t spike_ppm = 0;  // Chance that a message takes up to spike_max longer.
  Duration spike_max{0};
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

  uint64_t AddConditions(const NetworkConditions& conditions);
  void RemoveConditions(uint64_t id);

  struct Counters {
    uint64_t sent = 0, delivered = 0, lost = 0, duplicated = 0, blocked = 0, overflowed = 0;
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

  struct Pending {  // A message on its way.
    std::string payload;
    uint32_t from = 0, to = 0;
    Channel channel = Channel::kRaft;
    uint64_t number = 0;  // Among all that were sent.
  };
  class Delivery;
  struct Listening {
    uint32_t process;
    uint64_t id;
    std::shared_ptr<Network::AcceptHandler> on_accept;
  };

  void OnProcessAdded();
  void OnCrash(uint32_t process);
  bool ReachableIndex(uint32_t from, uint32_t to) const { return cuts_[from * stride_ + to] == 0; }
  void Send(uint32_t from, NodeId to, Channel channel, std::string payload);
  void ScheduleDelivery(Pending message, uint64_t digest);
  void NoteSend(uint32_t from, NodeId to, Channel channel, std::string_view payload,
                MessageFate fate);
  void Deliver(uint32_t slot);
  void Discard(uint32_t slot);
  Duration DrawDelay();
  bool DrawLoss();
  StatusOr<std::unique_ptr<Listener>> Listen(uint32_t process, std::string_view address,
                                             Network::AcceptHandler on_accept);
  void StopListening(std::string_view address, uint64_t id);
  void Connect(uint32_t process, std::string_view address, Network::ConnectHandler done);
  void Answer(uint32_t client, std::string address, std::shared_ptr<Network::ConnectHandler> done);

  World* world_;
  Random random_;
  NetworkOptions options_;
  std::map<uint64_t, NetworkConditions> added_;
  NetworkConditions now_;  // The sum.
  uint64_t next_id_ = 1;
  uint32_t stride_ = 0;
  std::vector<uint16_t> cuts_;          // [from * stride_ + to]
  std::vector<uint64_t> queued_bytes_;  // On the way, by the same index.
  std::vector<Pending> pending_;
  std::vector<uint32_t> free_pending_;
  std::map<std::string, Listening, std::less<>> listening_;
  uint32_t next_port_ = 40000;
  std::map<uint64_t, std::weak_ptr<Connection>> connections_;
  Counters counters_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_NETWORK_H_
