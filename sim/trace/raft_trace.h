// Watches the Raft of every node of a run and says what it does in the words of a specification
// (jepsen/raft_trace/event.h): after each event of a node, and before each message that it sends,
// its machine is compared with what it was, and the difference is told as the actions that lead
// from one to the other. Of messages it tells what is in the batches that are sent and delivered.
//
//   std::ofstream file("run.ndjson");
//   RaftTrace trace([&](const jepsen::RaftTraceEvent& event) { file << ToJson(event) << '\n'; });
//   RunScenario({.seed = 7, .observer = &trace});
//
// Kept in memory are each node's variables, its log as runs of terms, and the messages under way
// without their payloads; what was told is gone. One group: all that runs have today.
#ifndef QUADRAFT_SIM_TRACE_RAFT_TRACE_H_
#define QUADRAFT_SIM_TRACE_RAFT_TRACE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "jepsen/raft_trace/event.h"
#include "jepsen/raft_trace/term_log.h"
#include "sim/trace/run_observer.h"

namespace quadraft::sim {

class RaftTrace : public RunObserver {
 public:
  using Sink = std::function<void(const jepsen::RaftTraceEvent&)>;
  explicit RaftTrace(Sink sink) : sink_(std::move(sink)) {}

  void Begin(World* world, RaftOf raft_of) override;
  void End(std::string_view violation) override;
  void BeforeEvent(const EventRecord& event, uint64_t id) override;
  void AfterEvent(const EventRecord& event) override;
  void OnSchedule(uint64_t id, EventKind kind, NodeId owner, int64_t at_ns) override;
  void OnSend(uint64_t message, NodeId from, NodeId to, Channel channel, std::string_view payload,
              MessageFate fate) override;
  void OnArrival(uint64_t message, bool delivered) override;
  void OnProcess(NodeId node, ProcessChange change) override;

 private:
  // A node as it was told so far.
  struct Mirror {
    bool known = false;
    uint64_t incarnation = 0;
    jepsen::RaftTraceEvent state;  // Its variables.
    jepsen::TermLog log;
    uint64_t truncations = 0;
    jepsen::RaftDurable durable;
    jepsen::RaftConf conf;  // In force.
  };
  struct UnderWay {
    NodeId to;
    std::vector<jepsen::RaftTraceMessage> messages;
    int copies = 0;
  };

  void Look(NodeId node, uint64_t event);
  void Tell(Mirror* mirror, jepsen::RaftEventName name, jepsen::RaftTraceEvent event = {});
  void TellInit(const raft::Raft& raft, Mirror* mirror);
  void TellRole(const raft::Raft& raft, Mirror* mirror);
  void TellSnapshot(const raft::Raft& raft, Mirror* mirror);
  void TellCommit(const raft::Raft& raft, Mirror* mirror);
  void TellEntries(const raft::Raft& raft, bool leads, Mirror* mirror);
  void TellReplicate(const raft::Raft& raft, uint64_t from, uint64_t last, bool leads,
                     Mirror* mirror);
  void TellConfiguration(const raft::Raft& raft, Mirror* mirror);
  void TellDurable(const raft::Raft& raft, Mirror* mirror);

  Sink sink_;
  World* world_ = nullptr;
  RaftOf raft_of_;
  NodeId current_;              // Whose event it is.
  bool snapshot_came_ = false;  // A part, in this event.
  std::map<NodeId, Mirror> mirrors_;
  std::map<uint64_t, UnderWay> under_way_;  // By number of the message.
  uint64_t just_sent_ = 0;                  // Its copies are scheduled next.
  std::set<uint64_t> unheard_;              // Digests of what nodes without a replica sent.
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_RAFT_TRACE_H_
