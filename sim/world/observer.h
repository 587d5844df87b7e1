// Who watches a run from outside: a recorder, a bisector. A World without one pays one test of a
// pointer per event.
//
//   class Printer : public Observer { void OnLog(NodeId n, LogLevel, std::string_view l) override {
//   ... } }; world.set_observer(&printer);        // Or null again. Not owned.
//
// An observer looks, it never touches: the run and its hash are the same with and without it. What
// is called between BeforeEvent and AfterEvent belongs to that event; what comes outside of any
// (the run's own steps: a fault that is ended, a node that is started) belongs to the time
// world.now(). Views are valid during the call only.
#ifndef QUADRAFT_SIM_WORLD_OBSERVER_H_
#define QUADRAFT_SIM_WORLD_OBSERVER_H_

#include <cstdint>
#include <string_view>

#include "core/env/env.h"
#include "core/env/network.h"
#include "sim/world/event.h"

namespace quadraft::sim {

// What became of a message at the moment it was sent, or later on its way.
enum class MessageFate : uint8_t {
  kSent = 0,      // On its way. May still be cut off, or find nobody at home.
  kLost = 1,      // By the drawn chance.
  kBlocked = 2,   // The link is cut.
  kOverflow = 3,  // The queue of the peer is full.
  kNobody = 4,    // No such peer, its address is not known, or it is down.
};

enum class ProcessChange : uint8_t {
  kStarted = 0,
  kPowerFailed = 1,
  kKilled = 2,
  kPaused = 3,
  kResumed = 4,
};

enum class OperationOutcome : uint8_t { kOk = 0, kFail = 1, kUnknown = 2 };

class Observer {
 public:
  virtual ~Observer() = default;

  // `id`: as given by OnSchedule. AfterEvent comes after the checkers.
  virtual void BeforeEvent(const EventRecord& event, uint64_t id) {}
  virtual void AfterEvent(const EventRecord& event) {}
  // An event of `owner` (zero: the world) was put into the queue, for at_ns.
  virtual void OnSchedule(uint64_t id, EventKind kind, NodeId owner, int64_t at_ns) {}
  // Something that is no event was folded into the run hash.
  virtual void OnFold(EventKind kind, NodeId node, uint64_t digest) {}

  // `message` counts all that were sent. A doubled one is delivered twice.
  virtual void OnSend(uint64_t message, NodeId from, NodeId to, Channel channel,
                      std::string_view payload, MessageFate fate) {}
  // Inside its event. Not delivered: the link was cut meanwhile.
  virtual void OnArrival(uint64_t message, bool delivered) {}
  // The link from -> to was cut (or a cut of it healed); `cuts`: how many there are now.
  virtual void OnLink(NodeId from, NodeId to, int cuts) {}
  virtual void OnProcess(NodeId node, ProcessChange change) {}
  // Each line of a process, of every level, kept or not.
  virtual void OnLog(NodeId node, LogLevel level, std::string_view line) {}

  // From the nemesis: `fault` tells the faults of a run apart. `detail` may be empty.
  virtual void OnFaultBegin(uint64_t fault, std::string_view name, std::string_view detail) {}
  virtual void OnFaultEnd(uint64_t fault) {}
  // The run goes on to "faults", "repair", "rest", ...
  virtual void OnPhase(std::string_view name) {}
  // From workloads: each (client, process) has at most one open operation; `client` is a process of
  // the world.
  virtual void OnInvoke(int64_t process, NodeId client, std::string_view text) {}
  virtual void OnComplete(int64_t process, NodeId client, OperationOutcome outcome,
                          std::string_view text) {}
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_OBSERVER_H_
