// What may be said, and that nothing is heard that was not said.
#include <algorithm>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "jepsen/raft_trace/checker.h"

namespace quadraft::jepsen {
namespace {

using Type = RaftMessageType;

uint64_t Fingerprint(const RaftTraceMessage& message) {
  RaftTraceEvent event;
  event.name = RaftEventName::kSend;
  event.message = message;
  return Fingerprint64(ToJson(event));
}

bool IsLeaders(Type type) {
  return type == Type::kApp || type == Type::kHeartbeat || type == Type::kSnap ||
         type == Type::kTimeoutNow;
}

}  // namespace

Status RaftTraceChecker::Send(const RaftTraceEvent& event, Node& node) {
  const RaftTraceMessage& message = *event.message;
  if (message.from != node.id) return FailedPrecondition("in the name of node ", message.from);
  QR_RETURN_IF_ERROR(SendOfTerm(message, node));
  if (IsLeaders(message.type)) QR_RETURN_IF_ERROR(SendAsLeader(message, node));
  if (message.type == Type::kVote) {
    QR_RETURN_IF_ERROR(SendVote(message, node));
    cast_[{node.id, message.term}] = node.id;
  }
  if (message.type == Type::kVoteResp && !message.reject) {
    QR_RETURN_IF_ERROR(SendVoteResp(message, node));
    cast_[{node.id, message.term}] = message.to;
  }
  if (message.type == Type::kAppResp && !message.reject) {
    QR_RETURN_IF_ERROR(SendAppResp(message, node));
  }
  if (message.type == Type::kSnapResp && message.done && message.index > node.commit) {
    return FailedPrecondition("it says that a snapshot at ", message.index,
                              " is installed, its commit index is ", node.commit);
  }
  if (message.type == Type::kReadIndexResp && !message.reject) {
    const auto reign = reigns_.find(message.term);
    if (reign == reigns_.end() || reign->second.leader != node.id) {
      return FailedPrecondition("it answers a read in term ", message.term,
                                ", which it does not lead");
    }
    if (message.index < reign->second.first || message.index > node.commit) {
      return FailedPrecondition("it answers a read at ", message.index, ", its first entry is ",
                                reign->second.first, ", its commit index ", node.commit);
    }
  }
  sent_.insert(Fingerprint(message));
  return OkStatus();
}

// The term of a message is durable, with the vote in it. Who asks before it campaigns names the
// term that it would take, and so does who agrees.
Status RaftTraceChecker::SendOfTerm(const RaftTraceMessage& message, const Node& node) const {
  if (message.type == Type::kPreVote && message.term <= node.term + 1) return OkStatus();
  if (message.type == Type::kPreVoteResp && !message.reject) return OkStatus();
  if (message.term < std::min(node.turn.term, node.term) || message.term > node.term) {
    return FailedPrecondition("a message of term ", message.term, ", its own is ", node.term);
  }
  if (message.term > node.durable.term) {
    return FailedPrecondition("a message of term ", message.term, ", durable is term ",
                              node.durable.term);
  }
  return OkStatus();
}

Status RaftTraceChecker::SendVote(const RaftTraceMessage& message, const Node& node) const {
  if (message.term == node.durable.term && node.durable.vote != node.id) {
    return FailedPrecondition("it asks for votes in term ", message.term,
                              ", its durable vote is for ", node.durable.vote);
  }
  if (message.term == node.term && std::pair(message.index, message.log_term) != node.asked) {
    return FailedPrecondition("it says that its log ends at ", message.index, "/", message.log_term,
                              ", expected ", node.asked.first, "/", node.asked.second);
  }
  return CastVote(node.id, message.term, node.id);
}

Status RaftTraceChecker::SendVoteResp(const RaftTraceMessage& message, const Node& node) const {
  if (message.term == node.durable.term && node.durable.vote != message.to) {
    return FailedPrecondition("it tells node ", message.to, " that it has its vote in term ",
                              message.term, ", its durable vote is for ", node.durable.vote);
  }
  return CastVote(node.id, message.term, message.to);
}

Status RaftTraceChecker::SendAsLeader(const RaftTraceMessage& message, const Node& node) const {
  const auto reign = reigns_.find(message.term);
  if (reign == reigns_.end() || reign->second.leader != node.id) {
    return FailedPrecondition("as leader of term ", message.term, ", which it does not lead");
  }
  const auto match = node.match.find(message.to);
  const uint64_t known = match == node.match.end() ? 0 : match->second;
  switch (message.type) {
    case Type::kApp:
      return SendApp(message, node, reign->second);
    case Type::kSnap:
      return SendSnap(message, node);
    case Type::kHeartbeat:
      if (message.commit <= std::min(node.commit, known)) return OkStatus();
      return FailedPrecondition("a heartbeat with commit index ", message.commit, " to node ",
                                message.to, ", which is known to hold ", known, "; committed is ",
                                node.commit);
    default:
      if (known == reign->second.log.last()) return OkStatus();
      return FailedPrecondition("it has node ", message.to, " lead, which is known to hold ", known,
                                " of ", reign->second.log.last());
  }
}

Status RaftTraceChecker::SendApp(const RaftTraceMessage& message, const Node& node,
                                 const Reign& reign) const {
  const TermLog log = LogOf(message);
  if (log.last() > reign.log.last()) {
    return FailedPrecondition("it sends entry ", log.last(), ", its log ends at ",
                              reign.log.last());
  }
  if (const auto other = FirstDifference(log, reign.log, log.last())) {
    return FailedPrecondition("it sends entry ", *other, "/", *log.TermAt(*other), ", it has ",
                              *other, "/", *reign.log.TermAt(*other));
  }
  if (message.commit > node.commit) {
    return FailedPrecondition("it sends commit index ", message.commit, ", its own is ",
                              node.commit);
  }
  for (const auto& [index, conf] : message.confs) {
    const auto known = changes_.find({index, log.TermAt(index).value_or(0)});
    if (known == changes_.end() || known->second != conf) {
      return FailedPrecondition("it sends ", Describe(conf), " as entry ", index,
                                ", which does not say so");
    }
  }
  return OkStatus();
}

Status RaftTraceChecker::SendSnap(const RaftTraceMessage& message, const Node& node) const {
  if (message.index > node.commit || committed_.TermAt(message.index) != message.log_term) {
    return FailedPrecondition("it sends a snapshot at ", message.index, "/", message.log_term,
                              ", which is not committed");
  }
  for (const auto& [index, conf] : message.confs) {
    const auto known = changes_.find({index, committed_.TermAt(index).value_or(0)});
    if (index > message.index || known == changes_.end() || known->second != conf) {
      return FailedPrecondition("it sends ", Describe(conf), " of entry ", index,
                                " with a snapshot at ", message.index);
    }
  }
  return OkStatus();
}

// What it acknowledges is durable, and the leader's.
Status RaftTraceChecker::SendAppResp(const RaftTraceMessage& message, const Node& node) const {
  if (message.term != node.term) return OkStatus();  // It has moved on within this turn.
  const auto reign = reigns_.find(message.term);
  if (reign == reigns_.end() || reign->second.leader != message.to) {
    return FailedPrecondition("it acknowledges to node ", message.to, ", which does not lead term ",
                              message.term);
  }
  if (message.index > node.durable.last) {
    return FailedPrecondition("it acknowledges entries up to ", message.index,
                              ", durable are those up to ", node.durable.last);
  }
  const TermLog& leader = reign->second.log;
  const auto ours = node.log.TermAt(message.index), theirs = leader.TermAt(message.index);
  if (message.index > leader.last() || (ours && theirs && *ours != *theirs)) {
    return FailedPrecondition("it acknowledges ", message.index, "/", ours.value_or(0), ", node ",
                              message.to, ", its leader, has ", message.index, "/",
                              theirs.value_or(0));
  }
  return OkStatus();
}

Status RaftTraceChecker::Receive(const RaftTraceEvent& event, Node& node) {
  const RaftTraceMessage& message = *event.message;
  if (message.to != node.id) return FailedPrecondition("a message to node ", message.to);
  if (!sent_.contains(Fingerprint(message))) {
    return FailedPrecondition(NameOf(message.type), " of term ", message.term, " from node ",
                              message.from, ", which never sent it");
  }
  node.turn.received.push_back(message);
  const bool of_term = message.term == node.term;
  if (message.type == Type::kVoteResp && !message.reject && of_term &&
      node.role == RaftRole::kCandidate) {
    node.votes.insert(message.from);
  }
  const bool acknowledges = (message.type == Type::kAppResp && !message.reject) ||
                            (message.type == Type::kSnapResp && message.done);
  if (acknowledges && of_term && node.role == RaftRole::kLeader) {
    uint64_t& match = node.match[message.from];
    match = std::max(match, message.index);
  }
  if (message.type == Type::kSnap) {
    Stream& stream = node.streams[StreamOf(message)];
    if (!message.confs.empty()) stream.confs = message.confs;
    stream.parts[message.offset] = message.bytes;
    if (message.done) stream.end = message.offset;
  }
  return OkStatus();
}

}  // namespace quadraft::jepsen
