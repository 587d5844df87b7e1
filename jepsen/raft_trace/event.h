// What a Raft node did, as one line of a trace: the event kinds of etcd's trace specification
// (its state_trace.go and Traceetcdraft.tla), and those that ours needs beside them. NDJSON: one
// object a line, numbers for nodes, terms and indexes.
//
//   {"event":812,"time":1250000,"node":2,"name":"BecomeCandidate","term":3,"vote":2,"commit":7,
//    "role":"StateCandidate","last":9,"lastTerm":2,"conf":1}
//
// term ... conf are the node's variables AFTER the event; conf is the index of the configuration in
// force. What else stands on a line depends on its name:
//
//   InitState            snapshot, entries (runs of terms behind it), confs (all that may count)
//   Replicate            from, entries, confs: the log below `from`, then these
//   ChangeConf           confs: one, appended by a leader
//   ApplyConfChange      confs: one, in force from now on
//   Ready                durable: what a crash may not take
//   ApplySnapshot, Compact  snapshot: the entries up to it are gone, the state stands for them
//   Send..., Receive...  msg
//   Crash                nothing: the process died
//
// Lines of one world event (`event`) of one node belong together: the messages that it received,
// what that changed, what it sent.
#ifndef QUADRAFT_JEPSEN_RAFT_TRACE_EVENT_H_
#define QUADRAFT_JEPSEN_RAFT_TRACE_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"

namespace quadraft::jepsen {

enum class RaftEventName : uint8_t {
  kInitState,
  kBecomeFollower,
  kBecomePreCandidate,
  kBecomeCandidate,
  kBecomeLeader,
  kGrantVote,
  kCommit,
  kReplicate,
  kChangeConf,
  kApplyConfChange,
  kReady,
  kApplySnapshot,
  kCompact,
  kCrash,
  kSend,     // Written as SendAppendEntriesRequest and so on, by the message's type.
  kReceive,  // The same.
};

enum class RaftRole : uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };

// With etcd's names on a line: "MsgVote", ...
enum class RaftMessageType : uint8_t {
  kVote,
  kVoteResp,
  kPreVote,
  kPreVoteResp,
  kApp,
  kAppResp,
  kHeartbeat,
  kHeartbeatResp,
  kSnap,
  kSnapResp,
  kTimeoutNow,
  kReadIndex,
  kReadIndexResp,
};

// (term, how many entries in a row have it).
using RaftTermRuns = std::vector<std::pair<uint64_t, uint64_t>>;

struct RaftConf {
  std::vector<uint64_t> incoming, outgoing, learners, learners_next;  // Each sorted.
  friend bool operator==(const RaftConf&, const RaftConf&) = default;
};
// (index of its entry, itself).
using RaftConfs = std::vector<std::pair<uint64_t, RaftConf>>;

struct RaftTraceMessage {
  RaftMessageType type = RaftMessageType::kVote;
  uint64_t from = 0, to = 0, term = 0;
  // Vote: the last entry. App: the one before `entries`. AppResp: up to which it agrees, or what
  // was refused. Snap, SnapResp: of the snapshot. ReadIndexResp: to be waited for.
  uint64_t index = 0, log_term = 0;
  uint64_t commit = 0;  // App, Heartbeat.
  bool reject = false;  // Responses. SnapResp: the stream was given up.
  bool done = false;    // Snap: the last part. SnapResp: installed.
  RaftTermRuns entries;
  RaftConfs confs;      // App: those among the entries. Snap: the one in the state, at most.
  uint64_t number = 0;  // Of a round, a stream, a question.
  uint64_t offset = 0;  // Snap, SnapResp. AppResp: the hint.
  uint64_t bytes = 0;   // Snap: of the part.
  uint64_t digest = 0;  // Of the payloads.
  friend bool operator==(const RaftTraceMessage&, const RaftTraceMessage&) = default;
};

struct RaftDurable {
  uint64_t term = 0, vote = 0, last = 0, last_term = 0;
  friend bool operator==(const RaftDurable&, const RaftDurable&) = default;
};

struct RaftTraceEvent {
  uint64_t event = 0;
  int64_t time_ns = 0;
  uint64_t node = 0;
  RaftEventName name = RaftEventName::kInitState;
  uint64_t term = 0, vote = 0, commit = 0;
  RaftRole role = RaftRole::kFollower;
  uint64_t last = 0, last_term = 0;  // Of the log.
  uint64_t conf = 0;
  uint64_t from = 0;
  RaftTermRuns entries;
  RaftConfs confs;
  std::pair<uint64_t, uint64_t> snapshot;  // Index and term.
  RaftDurable durable;
  uint64_t repair_floor = 0;  // Of InitState: its entries were damaged (core/raft, Raft::repairing).
  std::optional<RaftTraceMessage> message;
  friend bool operator==(const RaftTraceEvent&, const RaftTraceEvent&) = default;
};

// "SendAppendEntriesRequest": what stands on the line.
std::string NameOf(const RaftTraceEvent& event);
std::string_view NameOf(RaftRole role);
std::string_view NameOf(RaftMessageType type);
// "voters (1 2 3) && (2 3 4)".
std::string Describe(const RaftConf& conf);

// Without a newline.
std::string ToJson(const RaftTraceEvent& event);
// InvalidArgument: no such line. Unknown fields do not matter.
StatusOr<RaftTraceEvent> ParseRaftTraceEvent(std::string_view line);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_RAFT_TRACE_EVENT_H_
