// What a recorded run consists of: plain data, which the writers (timeline.h, perfetto.h) read.
// Five sequences, each in the order in which its things ended; times are virtual nanoseconds,
// events are numbered from 1 in the order in which they ran.
#ifndef QUADRAFT_SIM_TRACE_RECORDING_H_
#define QUADRAFT_SIM_TRACE_RECORDING_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/raft.h"
#include "sim/trace/describe.h"
#include "sim/world/event.h"
#include "sim/world/observer.h"

namespace quadraft::sim {

struct RecordedEvent {
  uint64_t number = 0;
  uint64_t cause = 0;  // The event that put this one into the queue; zero: not known.
  int64_t time_ns = 0;
  uint64_t digest = 0;
  uint32_t node = 0;  // Id; zero: the world.
  EventKind kind = EventKind::kWorld;
};

enum class MessageEnd : uint8_t {
  kDelivered = 0,
  kLost,
  kBlocked,  // The link was cut when it was sent ...
  kOverflow,
  kNobody,    // ... the peer was down,
  kCutOff,    // ... or the link was cut before it arrived,
  kPeerDied,  // ... or the peer died,
  kUnderWay,  // ... or the run ended.
};

struct RecordedMessage {
  uint64_t number = 0;
  uint64_t sent_event = 0, end_event = 0;
  int64_t sent_ns = 0, end_ns = 0;
  uint32_t from = 0, to = 0;
  uint32_t bytes = 0;
  MessageKind kind = MessageKind::kUnreadable;
  MessageEnd end = MessageEnd::kDelivered;
  std::string text;
};

struct RecordedLog {
  uint64_t event = 0;
  int64_t time_ns = 0;
  uint32_t node = 0;
  LogLevel level = LogLevel::kInfo;
  std::string text;
};

// Terms of consecutive log entries: (term, how many).
using TermRuns = std::vector<std::pair<uint64_t, uint64_t>>;

struct RaftView {
  uint8_t role = 0;  // raft::Role.
  uint64_t term = 0, vote = 0, leader = 0;
  uint64_t commit = 0, last = 0, snapshot = 0;
  friend bool operator==(const RaftView&, const RaftView&) = default;
};

// The state of one node's Raft after an event that changed it. The log, from `log_from` on, is
// `log_terms`; what was below is as it was.
struct RecordedRaft {
  uint64_t event = 0;
  int64_t time_ns = 0;
  uint32_t node = 0;
  RaftView view;
  uint64_t log_from = 0;
  TermRuns log_terms;
};

enum class SpanKind : uint8_t {
  kPhase = 0,
  kFault = 1,
  kCut = 2,   // node -> other.
  kDown = 3,  // text: "power" or "kill".
  kPaused = 4,
  kOperation = 5,
};

struct RecordedSpan {
  SpanKind kind = SpanKind::kPhase;
  OperationOutcome outcome = OperationOutcome::kUnknown;
  bool open = false;  // It had no end when the run ended.
  uint32_t node = 0, other = 0;
  int64_t id = 0;  // Of the fault; of the operation's process.
  uint64_t begin_event = 0, end_event = 0;
  int64_t begin_ns = 0, end_ns = 0;
  std::string text;
  std::string result;
};

struct RecordedNode {
  uint32_t id = 0;
  std::string name;
  bool server = false;  // It has, or had, a Raft.
};

struct RecordedBase {
  RaftView view;
  uint64_t log_first = 1;  // Index of the first of:
  std::deque<uint64_t> log_terms;
};

struct Recording {
  std::vector<RecordedNode> nodes;
  std::map<uint32_t, RecordedBase> base;  // Servers' state at the first kept event.
  std::deque<RecordedEvent> events;
  std::deque<RecordedMessage> messages;
  std::deque<RecordedLog> logs;
  std::deque<RecordedRaft> rafts;
  std::deque<RecordedSpan> spans;
  uint64_t dropped_events = 0;   // The oldest, to stay within RecorderOptions::items_max ...
  int64_t dropped_until_ns = 0;  // ... up to here; zero: nothing was dropped.
  uint64_t last_event = 0;
  int64_t end_ns = 0;
  std::string violation;

  size_t items() const {
    return events.size() + messages.size() + logs.size() + rafts.size() + spans.size();
  }
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_RECORDING_H_
