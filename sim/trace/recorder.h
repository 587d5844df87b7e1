// Records a run for people: every event, message, log line, change of a Raft, fault, cut, crash and
// operation. Memory is bounded: beyond items_max things the oldest events go, with all that ended
// before the first one that is left; a violation ends the run, so what is left is what led to it.
// The recording says what was dropped.
//
//   Recorder recorder({.items_max = 200'000});
//   RunReport report = RunScenario({.seed = 7, .observer = &recorder});
//   WriteTimeline(recorder.recording(), about, &out);
#ifndef QUADRAFT_SIM_TRACE_RECORDER_H_
#define QUADRAFT_SIM_TRACE_RECORDER_H_

#include <deque>
#include <map>
#include <string>

#include "sim/trace/recording.h"
#include "sim/trace/run_observer.h"

namespace quadraft::sim {

struct RecorderOptions {
  // About 100 bytes each and a text of at most kDescriptionBytesMax: 300 MB at the very most.
  size_t items_max = 800'000;
  LogLevel log_level = LogLevel::kInfo;
};

class Recorder : public RunObserver {
 public:
  // Events whose causes are remembered: the most recently scheduled ones.
  static constexpr size_t kCausesMax = 1u << 18;

  explicit Recorder(RecorderOptions options = {}) : options_(options) {}
  // Complete after End.
  const Recording& recording() const { return recording_; }

  void Begin(World* world, RaftOf raft_of) override;
  void End(std::string_view violation) override;
  void BeforeEvent(const EventRecord& event, uint64_t id) override;
  void AfterEvent(const EventRecord& event) override;
  void OnSchedule(uint64_t id, EventKind kind, NodeId owner, int64_t at_ns) override;
  void OnSend(uint64_t message, NodeId from, NodeId to, Channel channel, std::string_view payload,
              MessageFate fate) override;
  void OnArrival(uint64_t message, bool delivered) override;
  void OnLink(NodeId from, NodeId to, int cuts) override;
  void OnProcess(NodeId node, ProcessChange change) override;
  void OnLog(NodeId node, LogLevel level, std::string_view line) override;
  void OnFaultBegin(uint64_t fault, std::string_view name, std::string_view detail) override;
  void OnFaultEnd(uint64_t fault) override;
  void OnPhase(std::string_view name) override;
  void OnInvoke(int64_t process, NodeId client, std::string_view text) override;
  void OnComplete(int64_t process, NodeId client, OperationOutcome outcome,
                  std::string_view text) override;

 private:
  struct Cause {
    uint64_t id;
    uint64_t event;
  };
  struct UnderWay {
    RecordedMessage message;
    int copies = 1;
  };
  // What the kept and the dropped changes of a node's log add up to.
  struct Mirror {
    bool known = false;
    RaftView view;
    uint64_t truncations = 0;
    uint64_t incarnation = 0;
    RecordedBase log;
  };
  using SpanKey = std::pair<SpanKind, int64_t>;

  void OpenSpan(SpanKey key, RecordedSpan span);
  void CloseSpan(SpanKey key, OperationOutcome outcome, std::string_view result);
  void EndMessage(RecordedMessage message, MessageEnd end);
  void LookAtRaft(NodeId node);
  void DiffLog(const raft::Log& log, bool appended_only, Mirror* mirror, RecordedRaft* change);
  void Trim();
  void Fold(const RecordedRaft& change);

  RecorderOptions options_;
  World* world_ = nullptr;
  RaftOf raft_of_;
  Recording recording_;
  std::deque<Cause> causes_;                // By id.
  std::map<uint64_t, UnderWay> under_way_;  // By number of the message.
  std::map<SpanKey, RecordedSpan> open_;
  std::map<NodeId, Mirror> mirrors_;
};

// log becomes: what it was below `from`, then `terms`; entries at or below `snapshot` are
// forgotten.
void ApplyLogChange(uint64_t from, const TermRuns& terms, uint64_t snapshot, RecordedBase* log);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_RECORDER_H_
