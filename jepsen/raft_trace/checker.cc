#include "jepsen/raft_trace/checker.h"

#include <algorithm>

#include "core/base/strings.h"

namespace quadraft::jepsen {

bool IsVoter(const RaftConf& conf, uint64_t node) {
  return std::binary_search(conf.incoming.begin(), conf.incoming.end(), node) ||
         std::binary_search(conf.outgoing.begin(), conf.outgoing.end(), node);
}

bool IsQuorum(const RaftConf& conf, const std::set<uint64_t>& nodes) {
  const auto majority = [&nodes](const std::vector<uint64_t>& list) {
    const auto count = std::count_if(list.begin(), list.end(),
                                     [&nodes](uint64_t node) { return nodes.contains(node); });
    return static_cast<size_t>(count) > list.size() / 2;
  };
  return majority(conf.incoming) && (conf.outgoing.empty() || majority(conf.outgoing));
}

std::string Describe(const std::set<uint64_t>& nodes) {
  std::string out = "(";
  for (const uint64_t node : nodes) StrAppend(&out, out.size() > 1 ? " " : "", node);
  return out + ")";
}

Status RaftTraceChecker::CheckLine(std::string_view line) {
  if (!failure_.ok()) return failure_;
  const StatusOr<RaftTraceEvent> event = ParseRaftTraceEvent(line);
  if (event.ok()) return Check(*event);
  failure_ = Annotate(event.status(), StrCat("line ", ++lines_));
  return failure_;
}

Status RaftTraceChecker::Check(const RaftTraceEvent& event) {
  if (!failure_.ok()) return failure_;
  ++lines_;
  Node& node = nodes_[event.node];
  node.id = event.node;
  BeginTurn(event, node);
  Status status;
  if (!node.known && event.name != RaftEventName::kInitState) {
    status = FailedPrecondition("it has not begun: an InitState was expected");
  }
  if (status.ok()) status = Apply(event, node);
  if (status.ok() && event.name != RaftEventName::kCrash) status = CompareState(event, node);
  failure_ = Annotate(status, StrCat("line ", lines_, ", event ", event.event, ": node ",
                                     event.node, ", ", NameOf(event)));
  return failure_;
}

void RaftTraceChecker::BeginTurn(const RaftTraceEvent& event, Node& node) {
  if (node.turn.event == event.event) return;
  node.turn = {.event = event.event,
               .received = {},
               .term = node.term,
               .led = node.role == RaftRole::kLeader ? node.term : 0,
               .last = {node.log.last_term(), node.log.last()}};
}

Status RaftTraceChecker::Apply(const RaftTraceEvent& event, Node& node) {
  switch (event.name) {
    case RaftEventName::kInitState:
      return InitState(event, node);
    case RaftEventName::kBecomeFollower:
      return BecomeFollower(event, node);
    case RaftEventName::kBecomePreCandidate:
      return BecomePreCandidate(event, node);
    case RaftEventName::kBecomeCandidate:
      return BecomeCandidate(event, node);
    case RaftEventName::kBecomeLeader:
      return BecomeLeader(event, node);
    case RaftEventName::kGrantVote:
      return GrantVote(event, node);
    case RaftEventName::kCommit:
      return Commit(event, node);
    case RaftEventName::kReplicate:
      return Replicate(event, node);
    case RaftEventName::kChangeConf:
      return ChangeConf(event, node);
    case RaftEventName::kApplyConfChange:
      return ApplyConfChange(event, node);
    case RaftEventName::kReady:
      return Ready(event, node);
    case RaftEventName::kApplySnapshot:
      return ApplySnapshot(event, node);
    case RaftEventName::kCompact:
      return Compact(event, node);
    case RaftEventName::kCrash:
      return OkStatus();
    case RaftEventName::kSend:
      return Send(event, node);
    case RaftEventName::kReceive:
      return Receive(event, node);
  }
  return OkStatus();
}

// The node is where the action leads. Its configuration is asked for once a turn's changes of the
// log are through.
Status RaftTraceChecker::CompareState(const RaftTraceEvent& event, const Node& node) {
  const std::pair<std::string_view, std::pair<uint64_t, uint64_t>> pairs[] = {
      {"term", {event.term, node.term}},
      {"vote", {event.vote, node.vote}},
      {"commit index", {event.commit, node.commit}},
      {"last index", {event.last, node.log.last()}},
      {"last term", {event.last_term, node.log.last_term()}}};
  for (const auto& [what, values] : pairs) {
    if (values.first == values.second) continue;
    return FailedPrecondition("its ", what, " is ", values.first, ", expected ", values.second);
  }
  if (event.role != node.role) {
    return FailedPrecondition("it is ", NameOf(event.role), ", expected ", NameOf(node.role));
  }
  switch (event.name) {
    case RaftEventName::kInitState:
    case RaftEventName::kBecomeLeader:
    case RaftEventName::kApplyConfChange:
    case RaftEventName::kReady:
    case RaftEventName::kSend:
    case RaftEventName::kReceive:
      if (event.conf == node.confs.back().first) return OkStatus();
      return FailedPrecondition("its configuration is that of entry ", event.conf,
                                ", expected that of entry ", node.confs.back().first,
                                ", the last in its log");
    default:
      return OkStatus();
  }
}

// ---- Init, Restart

Status RaftTraceChecker::InitState(const RaftTraceEvent& event, Node& node) {
  TermLog log(event.snapshot.first, event.snapshot.second);
  for (const auto& [term, count] : event.entries) log.Append(term, count);
  if (event.role != RaftRole::kFollower) return FailedPrecondition("it starts as no follower");
  if (event.confs.empty()) return FailedPrecondition("it starts without a configuration");
  if (!node.known && (event.term != 0 || event.vote != 0 || log.last() != 0)) {
    return FailedPrecondition("it begins with term ", event.term, ", vote ", event.vote,
                              " and entries up to ", log.last(), ", expected nothing");
  }
  if (node.known) QR_RETURN_IF_ERROR(Restarted(event, node, log));
  if (event.commit < log.base() || event.commit > log.last() || event.commit > committed_.last()) {
    return FailedPrecondition("it starts with commit index ", event.commit, " of a log from ",
                              log.base(), " to ", log.last(), "; committed is ", committed_.last());
  }
  if (const auto other = FirstDifference(log, committed_, event.commit)) {
    return FailedPrecondition("it starts with another entry ", *other, " than was committed");
  }
  QR_RETURN_IF_ERROR(LogMatching(log));
  QR_RETURN_IF_ERROR(ConfsFit(event.confs, log));
  // A term that a snapshot taught it may not be durable yet.
  const RaftDurable durable{event.durable.term, event.durable.vote, log.last(), log.last_term()};
  Turn turn = std::move(node.turn);
  turn.term = event.term;
  turn.led = 0;
  node = {.id = node.id,
          .known = true,
          .term = event.term,
          .vote = event.vote,
          .commit = event.commit,
          .role = RaftRole::kFollower,
          .log = std::move(log),
          .confs = event.confs,
          .durable = durable,
          .repair_floor = event.repair_floor,
          .votes = {},
          .asked = {},
          .match = {},
          .streams = {},
          .turn = std::move(turn)};
  return OkStatus();
}

// What was durable is there; what was under way may be, too.
Status RaftTraceChecker::Restarted(const RaftTraceEvent& event, const Node& before,
                                   const TermLog& log) {
  const RaftDurable& durable = before.durable;
  if (event.term < durable.term) {
    return FailedPrecondition("it restarts in term ", event.term, ", durable was term ",
                              durable.term);
  }
  if (event.term == durable.term && durable.vote != 0 && event.vote != durable.vote) {
    return FailedPrecondition("it restarts in term ", event.term, " with its vote for ", event.vote,
                              ", durable was its vote for ", durable.vote);
  }
  // Entries that the medium damaged: the others bring them back, and it has no vote until then.
  if (event.repair_floor != 0) {
    if (event.vote != 0) return FailedPrecondition("it restarts with damaged entries and a vote");
    return OkStatus();
  }
  if (log.last() < durable.last) {
    return FailedPrecondition("it restarts with entries up to ", log.last(),
                              ", durable were those up to ", durable.last);
  }
  if (const auto other = FirstDifference(log, before.log, durable.last)) {
    return FailedPrecondition("it restarts with entry ", *other, "/", *log.TermAt(*other),
                              ", durable was ", *other, "/", *before.log.TermAt(*other));
  }
  if (event.vote == 0) return OkStatus();
  return CastVote(event.node, event.term, event.vote);
}

// ---- Timeout, UpdateTerm, BecomeLeader, HandleRequestVoteRequest

Status RaftTraceChecker::BecomeFollower(const RaftTraceEvent& event, Node& node) {
  if (event.term < node.term) {
    return FailedPrecondition("its term goes back from ", node.term, " to ", event.term);
  }
  if (event.term == node.term && event.vote != node.vote) {
    return FailedPrecondition("it gives up its vote for ", node.vote, " within term ", node.term);
  }
  if (event.term > node.term) {
    const auto& received = node.turn.received;
    const bool told = std::any_of(received.begin(), received.end(), [&](const auto& message) {
      const bool asks = message.type == RaftMessageType::kPreVote ||
                        (message.type == RaftMessageType::kPreVoteResp && !message.reject);
      return message.term == event.term && !asks;
    });
    if (!told) {
      return FailedPrecondition("it takes term ", event.term, " from ", node.term,
                                ", and received no message of that term");
    }
    if (event.vote != 0) return FailedPrecondition("it has a vote before it was asked");
    node.votes.clear();
  }
  node.term = event.term;
  node.vote = event.vote;
  node.role = RaftRole::kFollower;
  return OkStatus();
}

Status RaftTraceChecker::BecomePreCandidate(const RaftTraceEvent& event, Node& node) {
  if (node.role == RaftRole::kLeader) return FailedPrecondition("a leader campaigns");
  node.role = RaftRole::kPreCandidate;
  return OkStatus();
}

Status RaftTraceChecker::BecomeCandidate(const RaftTraceEvent& event, Node& node) {
  if (node.role == RaftRole::kLeader) return FailedPrecondition("a leader campaigns");
  if (event.term != node.term + 1 || event.vote != node.id) {
    return FailedPrecondition("it campaigns in term ", event.term, " with its vote for ",
                              event.vote, ", expected term ", node.term + 1,
                              " and a vote for itself");
  }
  bool voter = false;  // Of a configuration that may be in force.
  for (auto at = node.confs.rbegin(); at != node.confs.rend() && !voter; ++at) {
    voter = IsVoter(at->second, node.id);
    if (at->first <= node.commit) break;
  }
  if (!voter) {
    return FailedPrecondition("it campaigns and is no voter of ",
                              Describe(node.confs.back().second));
  }
  QR_RETURN_IF_ERROR(CastVote(node.id, event.term, node.id));
  node.term = event.term;
  node.vote = node.id;
  node.role = RaftRole::kCandidate;
  node.votes.clear();
  node.asked = {node.log.last(), node.log.last_term()};
  return OkStatus();
}

Status RaftTraceChecker::BecomeLeader(const RaftTraceEvent& event, Node& node) {
  if (node.role != RaftRole::kCandidate || event.term != node.term) {
    return FailedPrecondition("it leads term ", event.term, " and was ", NameOf(node.role),
                              " of term ", node.term, ", expected a candidate of that term");
  }
  std::set<uint64_t> votes = node.votes;
  if (node.durable.term == node.term && node.durable.vote == node.id) votes.insert(node.id);
  const RaftConf& conf = node.confs.back().second;
  if (!IsQuorum(conf, votes)) {
    return FailedPrecondition("it leads term ", node.term, " with the votes of ", Describe(votes),
                              ", expected a quorum of ", Describe(conf));
  }
  const auto [reign, added] = reigns_.try_emplace(
      node.term, Reign{.leader = node.id, .log = node.log, .first = node.log.last() + 1});
  if (!added) {
    return FailedPrecondition("it leads term ", node.term, ", which node ", reign->second.leader,
                              " led");
  }
  QR_RETURN_IF_ERROR(LeaderCompleteness(node.term, node.log));
  node.role = RaftRole::kLeader;
  node.match.clear();
  return OkStatus();
}

Status RaftTraceChecker::LeaderCompleteness(uint64_t term, const TermLog& log) const {
  uint64_t through = 0;
  for (const auto& [seen_in, index] : committed_in_) {
    if (seen_in < term) through = std::max(through, index);
  }
  if (log.last() < through) {
    return FailedPrecondition("it leads term ", term, " with entries up to ", log.last(),
                              ", committed were those up to ", through);
  }
  if (const auto other = FirstDifference(log, committed_, through)) {
    return FailedPrecondition("it leads term ", term, " with entry ", *other, "/",
                              *log.TermAt(*other), ", committed was ", *other, "/",
                              *committed_.TermAt(*other));
  }
  return OkStatus();
}

Status RaftTraceChecker::GrantVote(const RaftTraceEvent& event, Node& node) {
  const uint64_t candidate = event.vote;
  if (node.vote != 0 && node.vote != candidate) {
    return FailedPrecondition("it votes for ", candidate, " in term ", node.term,
                              ", its vote was for ", node.vote);
  }
  const auto& received = node.turn.received;
  const auto asked = std::find_if(received.begin(), received.end(), [&](const auto& message) {
    return message.type == RaftMessageType::kVote && message.from == candidate &&
           message.term == node.term;
  });
  if (asked == received.end()) {
    return FailedPrecondition("it votes for ", candidate, ", which did not ask in term ",
                              node.term);
  }
  const std::pair<uint64_t, uint64_t> theirs = {asked->log_term, asked->index};
  const std::pair<uint64_t, uint64_t> ours =
      std::min(node.turn.last, std::pair(node.log.last_term(), node.log.last()));
  if (theirs < ours) {
    return FailedPrecondition("it votes for ", candidate, ", whose log ends at ", theirs.second,
                              "/", theirs.first, ", before its own at ", ours.second, "/",
                              ours.first);
  }
  QR_RETURN_IF_ERROR(CastVote(node.id, node.term, candidate));
  node.vote = candidate;
  return OkStatus();
}

// In one term of one node there is one vote, crashes or not. What was never durable, nor said to
// anybody, may be forgotten: `cast_` has what was said, and Send asks for it.
Status RaftTraceChecker::CastVote(uint64_t node, uint64_t term, uint64_t vote) const {
  const auto voter = nodes_.find(node);
  if (voter != nodes_.end() && voter->second.repair_floor != 0 &&
      voter->second.log.last_term() <= voter->second.repair_floor) {
    return FailedPrecondition("it votes for ", vote, " in term ", term,
                              " while entries that it had up to term ", voter->second.repair_floor,
                              " are not there again");
  }
  const auto known = cast_.find({node, term});
  if (known != cast_.end() && known->second != vote) {
    return FailedPrecondition("it votes for ", vote, " in term ", term, ", it told ", known->second,
                              " that it has its vote");
  }
  return OkStatus();
}

}  // namespace quadraft::jepsen
