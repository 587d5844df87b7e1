// What tells two runs of one seed apart, and where: the run hash after every so many events, and,
// for the events of one window, everything that is seen of each: what it is and what set it, what
// it received, sent, wrote, set, logged and changed.
//
//   Probe probe({.checkpoint_every = 1024, .first = 5000, .last = 7000});
//   RunScenario({.seed = 7, .observer = &probe});
//   probe.checkpoints();  probe.window();
//
// Two runs agree up to a checkpoint if their hashes there do: so the first difference lies between
// the last equal and the first unequal one, and only those events need be looked at.
#ifndef QUADRAFT_SIM_TRACE_PROBE_H_
#define QUADRAFT_SIM_TRACE_PROBE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/base/hash.h"
#include "sim/trace/run_observer.h"

namespace quadraft::sim {

struct ProbeOptions {
  uint64_t checkpoint_every = 1024;
  uint64_t first = 1, last = 0;  // The window, both included. Empty: nothing is looked at.
};

struct ProbedEvent {
  uint64_t number = 0;
  std::string what;                  // "#17 0.250000500 message n2 00ff... set by #12 ..."
  std::vector<std::string> effects;  // In order; the last one is the run hash after it.
  friend bool operator==(const ProbedEvent&, const ProbedEvent&) = default;
};

class Probe : public RunObserver {
 public:
  explicit Probe(ProbeOptions options) : options_(options) {}
  const std::vector<Hash128>& checkpoints() const { return checkpoints_; }
  const std::vector<ProbedEvent>& window() const { return window_; }

  void Begin(World* world, RaftOf raft_of) override;
  void End(std::string_view violation) override;
  void BeforeEvent(const EventRecord& event, uint64_t id) override;
  void AfterEvent(const EventRecord& event) override;
  void OnSchedule(uint64_t id, EventKind kind, NodeId owner, int64_t at_ns) override;
  void OnFold(EventKind kind, NodeId node, uint64_t digest) override;
  void OnSend(uint64_t message, NodeId from, NodeId to, Channel channel, std::string_view payload,
              MessageFate fate) override;
  void OnArrival(uint64_t message, bool delivered) override;
  void OnLink(NodeId from, NodeId to, int cuts) override;
  void OnProcess(NodeId node, ProcessChange change) override;
  void OnLog(NodeId node, LogLevel level, std::string_view line) override;
  void OnFaultBegin(uint64_t fault, std::string_view name, std::string_view detail) override;
  void OnFaultEnd(uint64_t fault) override;
  void OnInvoke(int64_t process, NodeId client, std::string_view text) override;
  void OnComplete(int64_t process, NodeId client, OperationOutcome outcome,
                  std::string_view text) override;

 private:
  struct Cause {
    uint64_t id;
    uint64_t event;
    int64_t time_ns;
  };
  static constexpr size_t kCausesMax = 1u << 16;
  static constexpr size_t kMessagesMax = 1u << 12;  // Described ahead of their arrival.
  bool looking() const;
  void Note(std::string text);

  ProbeOptions options_;
  World* world_ = nullptr;
  RaftOf raft_of_;
  std::vector<Hash128> checkpoints_;
  std::vector<ProbedEvent> window_;
  std::deque<Cause> causes_;
  std::map<uint64_t, std::string> messages_;
  std::string raft_before_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_PROBE_H_
