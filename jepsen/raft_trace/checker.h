// Whether a trace is a behaviour of Raft: the actions of the TLA+ specification (etcd's
// etcdraft.tla, Ongaro's raft.tla) restated as checks of each event, over the specification's own
// variables. It knows nothing of core/raft: what it believes comes from the trace alone.
//
//   RaftTraceChecker checker;
//   QR_RETURN_IF_ERROR(checker.CheckLine(line));      // For each line, in order.
//
// Variables: per node currentTerm, votedFor, commitIndex, role, the log as terms per index, the
// configurations in it, what is durable; of a candidate the votes that it received, of a leader how
// far each peer acknowledged. Of all: the messages ever sent (a set: the network may drop, double,
// reorder and replay them), each term's leader and its log, what is committed.
//
// An event is refused when it is no enabled action: checker.cc has roles and votes, checker_log.cc
// logs, commits, snapshots and configurations, checker_messages.cc what is sent and received. The
// machine takes several messages in one turn, so what they explain is asked of all that the node
// received in the same world event.
#ifndef QUADRAFT_JEPSEN_RAFT_TRACE_CHECKER_H_
#define QUADRAFT_JEPSEN_RAFT_TRACE_CHECKER_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "jepsen/raft_trace/event.h"
#include "jepsen/raft_trace/term_log.h"

namespace quadraft::jepsen {

class RaftTraceChecker {
 public:
  // FailedPrecondition: "line 7, event 812: node 2, BecomeLeader: ..."; the first one stays.
  // InvalidArgument: the line is no line of a trace.
  Status CheckLine(std::string_view line);
  Status Check(const RaftTraceEvent& event);
  uint64_t lines() const { return lines_; }

 private:
  // What belongs to one world event of a node.
  struct Turn {
    uint64_t event = UINT64_MAX;
    std::vector<RaftTraceMessage> received;
    uint64_t term = 0;                   // As it began.
    uint64_t led = 0;                    // The term that it led then; 0: none.
    std::pair<uint64_t, uint64_t> last;  // (term, index) of the last entry then.
    uint64_t touched_from = UINT64_MAX;  // The lowest entry written since.
  };
  // A snapshot that comes.
  struct Stream {
    RaftConfs confs;
    std::map<uint64_t, uint64_t> parts;  // By offset: bytes.
    std::optional<uint64_t> end;         // Where the last part begins.
    bool Complete() const;
  };
  struct Node {
    uint64_t id = 0;
    bool known = false;
    uint64_t term = 0, vote = 0, commit = 0;
    RaftRole role = RaftRole::kFollower;
    TermLog log;
    RaftConfs confs;  // By index: the last one at or below the base of the log, and all later ones.
    RaftDurable durable;
    uint64_t repair_floor = 0;  // Not 0: no vote before an entry of a later term.
    std::set<uint64_t> votes;  // Granted to it in `term`, itself not counted.
    std::pair<uint64_t, uint64_t>
        asked;                           // (index, term) of its last entry as it began to campaign.
    std::map<uint64_t, uint64_t> match;  // As a leader: what each peer acknowledged.
    std::map<std::array<uint64_t, 4>, Stream> streams;  // By StreamOf.
    Turn turn;
  };
  struct Reign {
    uint64_t leader = 0;
    TermLog log;         // The leader's, as long as it led.
    uint64_t first = 0;  // Its first entry.
  };

  static std::array<uint64_t, 4> StreamOf(const RaftTraceMessage& message);
  void BeginTurn(const RaftTraceEvent& event, Node& node);
  Status Apply(const RaftTraceEvent& event, Node& node);
  static Status CompareState(const RaftTraceEvent& event, const Node& node);

  // checker.cc
  Status InitState(const RaftTraceEvent& event, Node& node);
  Status Restarted(const RaftTraceEvent& event, const Node& before, const TermLog& log);
  Status BecomeFollower(const RaftTraceEvent& event, Node& node);
  Status BecomePreCandidate(const RaftTraceEvent& event, Node& node);
  Status BecomeCandidate(const RaftTraceEvent& event, Node& node);
  Status BecomeLeader(const RaftTraceEvent& event, Node& node);
  Status GrantVote(const RaftTraceEvent& event, Node& node);
  Status CastVote(uint64_t node, uint64_t term, uint64_t vote) const;
  Status LeaderCompleteness(uint64_t term, const TermLog& log) const;

  // checker_log.cc
  Status Replicate(const RaftTraceEvent& event, Node& node);
  Status ReplicateAsFollower(const RaftTraceEvent& event, const Node& node, const TermLog& next);
  Status LogMatching(const TermLog& log) const;
  Status AdoptConfs(const RaftTraceEvent& event, Node& node);
  Status Commit(const RaftTraceEvent& event, Node& node);
  Status CommitAsLeader(uint64_t commit, uint64_t term, const Node& node) const;
  Status CommitAsFollower(uint64_t commit, const Node& node) const;
  Status ExtendCommitted(uint64_t commit, Node& node);
  Status ChangeConf(const RaftTraceEvent& event, const Node& node) const;
  Status ApplyConfChange(const RaftTraceEvent& event, const Node& node) const;
  Status Ready(const RaftTraceEvent& event, Node& node);
  Status ApplySnapshot(const RaftTraceEvent& event, Node& node);
  Status Compact(const RaftTraceEvent& event, Node& node);
  Status ConfsFit(const RaftConfs& confs, const TermLog& log) const;

  // checker_messages.cc
  Status Send(const RaftTraceEvent& event, Node& node);
  Status SendOfTerm(const RaftTraceMessage& message, const Node& node) const;
  Status SendVote(const RaftTraceMessage& message, const Node& node) const;
  Status SendVoteResp(const RaftTraceMessage& message, const Node& node) const;
  Status SendAsLeader(const RaftTraceMessage& message, const Node& node) const;
  Status SendApp(const RaftTraceMessage& message, const Node& node, const Reign& reign) const;
  Status SendSnap(const RaftTraceMessage& message, const Node& node) const;
  Status SendAppResp(const RaftTraceMessage& message, const Node& node) const;
  Status Receive(const RaftTraceEvent& event, Node& node);

  uint64_t lines_ = 0;
  Status failure_;
  std::map<uint64_t, Node> nodes_;
  std::map<uint64_t, Reign> reigns_;  // By term.
  TermLog committed_;
  std::map<uint64_t, uint64_t> committed_in_;  // By the term of who saw it: the last index.
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> cast_;     // (node, term): the vote.
  std::map<std::pair<uint64_t, uint64_t>, RaftConf> changes_;  // By (index, term) of the entry.
  std::set<uint64_t> sent_;                                    // Fingerprints of all messages.
};

// A quorum of `conf`: a majority of each of its lists of voters.
bool IsQuorum(const RaftConf& conf, const std::set<uint64_t>& nodes);
bool IsVoter(const RaftConf& conf, uint64_t node);
// "(1 2)".
std::string Describe(const std::set<uint64_t>& nodes);
// What an AppendEntriesRequest says of the log.
TermLog LogOf(const RaftTraceMessage& message);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_RAFT_TRACE_CHECKER_H_
