// What may happen to a log: entries, commits, configurations, snapshots, and what is durable.
#include <algorithm>
#include <iterator>

#include "core/base/strings.h"
#include "jepsen/raft_trace/checker.h"

namespace quadraft::jepsen {
namespace {

uint64_t Count(const RaftTermRuns& runs) {
  uint64_t count = 0;
  for (const auto& [term, entries] : runs) count += entries;
  return count;
}

// Nodes that are in one list and not in the other.
size_t Apart(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  std::vector<uint64_t> difference;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                std::back_inserter(difference));
  return difference.size();
}

bool Contains(const TermLog& log, uint64_t index) {
  return index > log.base() && index <= log.last();
}

// One step of membership: one voter more or less, into a joint configuration, or out of it.
bool IsStep(const RaftConf& from, const RaftConf& to) {
  if (!from.outgoing.empty()) return to.outgoing.empty() && to.incoming == from.incoming;
  if (!to.outgoing.empty()) return to.outgoing == from.incoming;
  return Apart(from.incoming, to.incoming) <= 1;
}

// All but the last one at or below `index` and those behind it.
void ForgetBelow(uint64_t index, RaftConfs* confs) {
  size_t keep = 0;
  while (keep + 1 < confs->size() && (*confs)[keep + 1].first <= index) ++keep;
  confs->erase(confs->begin(), confs->begin() + static_cast<std::ptrdiff_t>(keep));
}

}  // namespace

TermLog LogOf(const RaftTraceMessage& message) {
  TermLog log(message.index, message.log_term);
  for (const auto& [term, count] : message.entries) log.Append(term, count);
  return log;
}

// ---- ClientRequest, AppendEntries

Status RaftTraceChecker::Replicate(const RaftTraceEvent& event, Node& node) {
  const uint64_t from = event.from;
  if (from <= node.log.base() || from > node.log.last() + 1) {
    return FailedPrecondition("it writes entries from ", from, " on, its log has ",
                              node.log.base() + 1, " to ", node.log.last());
  }
  if (from <= node.log.last() && from <= node.commit) {
    return FailedPrecondition("it drops entry ", from, ", committed are those up to ", node.commit);
  }
  TermLog next = node.log;
  next.TruncateFrom(from);
  for (const auto& [term, count] : event.entries) next.Append(term, count);
  const uint64_t leads = node.role == RaftRole::kLeader ? node.term : node.turn.led;
  const bool own = leads != 0 && event.entries.size() == 1 && event.entries[0].first == leads;
  if (own || node.role == RaftRole::kLeader) {
    if (!own || from != node.log.last() + 1) {
      return FailedPrecondition("a leader of term ", leads, " writes from ", from,
                                " on, expected entries of its term behind ", node.log.last());
    }
    reigns_[leads].log = next;
  } else {
    QR_RETURN_IF_ERROR(ReplicateAsFollower(event, node, next));
  }
  QR_RETURN_IF_ERROR(LogMatching(next));
  node.log = std::move(next);
  node.turn.touched_from = std::min(node.turn.touched_from, from);
  if (node.durable.last >= from) {
    node.durable.last = from - 1;
    node.durable.last_term = node.log.TermAt(from - 1).value_or(0);
  }
  return AdoptConfs(event, node);
}

// Each new entry came in this turn in a request whose previous entry is here; what goes clashes
// with one.
Status RaftTraceChecker::ReplicateAsFollower(const RaftTraceEvent& event, const Node& node,
                                             const TermLog& next) {
  std::vector<TermLog> logs;
  for (const RaftTraceMessage& message : node.turn.received) {
    if (message.type == RaftMessageType::kApp && message.term >= node.turn.term &&
        message.term <= node.term) {
      logs.push_back(LogOf(message));
    }
  }
  const uint64_t from = event.from;
  if (from <= node.log.last()) {
    const bool clash = std::any_of(logs.begin(), logs.end(), [&](const TermLog& log) {
      return Contains(log, from) && log.TermAt(from) != node.log.TermAt(from);
    });
    if (!clash) {
      return FailedPrecondition("it drops its entry ", from, "/", *node.log.TermAt(from),
                                ", and received no other entry ", from);
    }
  }
  for (uint64_t index = from; index <= next.last(); ++index) {
    const bool sent = std::any_of(logs.begin(), logs.end(), [&](const TermLog& log) {
      const auto previous = next.TermAt(log.base());
      return Contains(log, index) && log.TermAt(index) == next.TermAt(index) &&
             (!previous || *previous == log.base_term());
    });
    if (!sent) {
      return FailedPrecondition("it writes entry ", index, "/", *next.TermAt(index),
                                ", and received no request with it whose previous entry it has");
    }
  }
  return OkStatus();
}

// The log up to its end is the one that the leader of its last term had there.
Status RaftTraceChecker::LogMatching(const TermLog& log) const {
  if (log.last() == log.base()) return OkStatus();
  const auto reign = reigns_.find(log.last_term());
  if (reign == reigns_.end()) {
    return FailedPrecondition("it has entry ", log.last(), "/", log.last_term(),
                              ", and nobody led term ", log.last_term());
  }
  const TermLog& leader = reign->second.log;
  if (log.last() > leader.last()) {
    return FailedPrecondition("it has entry ", log.last(), "/", log.last_term(), ", node ",
                              reign->second.leader, ", which led that term, has none");
  }
  if (const auto other = FirstDifference(log, leader, log.last())) {
    return FailedPrecondition("it has entry ", *other, "/", *log.TermAt(*other), " before ",
                              log.last(), "/", log.last_term(), ", node ", reign->second.leader,
                              ", which led that term, has ", *other, "/", *leader.TermAt(*other));
  }
  return OkStatus();
}

Status RaftTraceChecker::AdoptConfs(const RaftTraceEvent& event, Node& node) {
  while (node.confs.size() > 1 && node.confs.back().first >= event.from) node.confs.pop_back();
  for (const auto& [index, conf] : event.confs) {
    const auto term = node.log.TermAt(index);
    if (!term || index < event.from) {
      return FailedPrecondition("a configuration of entry ", index, ", which it does not write");
    }
    const auto [known, added] = changes_.try_emplace({index, *term}, conf);
    if (known->second != conf) {
      return FailedPrecondition("entry ", index, "/", *term, " says ", Describe(conf), ", it said ",
                                Describe(known->second));
    }
    node.confs.emplace_back(index, conf);
  }
  for (auto at = changes_.lower_bound({event.from, 0}); at != changes_.end(); ++at) {
    const auto [index, term] = at->first;
    if (index > node.log.last()) break;
    const auto same = [index = index](const auto& conf) { return conf.first == index; };
    if (node.log.TermAt(index) != term ||
        std::any_of(event.confs.begin(), event.confs.end(), same)) {
      continue;
    }
    return FailedPrecondition("entry ", index, "/", term, " says ", Describe(at->second),
                              ", which it does not take up");
  }
  return OkStatus();
}

// ---- AdvanceCommitIndex

Status RaftTraceChecker::Commit(const RaftTraceEvent& event, Node& node) {
  const uint64_t commit = event.commit;
  if (commit <= node.commit || commit > node.log.last()) {
    return FailedPrecondition("its commit index goes from ", node.commit, " to ", commit,
                              ", its log ends at ", node.log.last());
  }
  const uint64_t leads = node.role == RaftRole::kLeader ? node.term : node.turn.led;
  Status status = leads != 0 ? CommitAsLeader(commit, leads, node) : OkStatus();
  const bool follows = node.role != RaftRole::kLeader;
  if (follows && (leads == 0 || !status.ok())) status = CommitAsFollower(commit, node);
  QR_RETURN_IF_ERROR(status);
  return ExtendCommitted(commit, node);
}

Status RaftTraceChecker::CommitAsLeader(uint64_t commit, uint64_t term, const Node& node) const {
  if (node.log.TermAt(commit) != term) {
    return FailedPrecondition("a leader of term ", term, " commits ", commit, "/",
                              node.log.TermAt(commit).value_or(0),
                              ", expected an entry of its own term");
  }
  std::set<uint64_t> holders;
  if (node.durable.last >= commit) holders.insert(node.id);
  for (const auto& [peer, match] : node.match) {
    if (match >= commit) holders.insert(peer);
  }
  const RaftConf& conf = node.confs.back().second;
  if (IsQuorum(conf, holders)) return OkStatus();
  return FailedPrecondition("it commits ", commit, ", which ", Describe(holders),
                            " are known to hold, expected a quorum of ", Describe(conf));
}

Status RaftTraceChecker::CommitAsFollower(uint64_t commit, const Node& node) const {
  for (const RaftTraceMessage& message : node.turn.received) {
    if (message.term < node.turn.term || message.term > node.term) continue;
    uint64_t told = 0;
    if (message.type == RaftMessageType::kHeartbeat) told = message.commit;
    if (message.type == RaftMessageType::kApp) {
      told = std::min(message.commit, message.index + Count(message.entries));
    }
    if (told < commit) continue;
    const auto reign = reigns_.find(message.term);
    if (reign == reigns_.end()) continue;
    const auto theirs = reign->second.log.TermAt(commit);
    if (!theirs || theirs == node.log.TermAt(commit)) return OkStatus();
    return FailedPrecondition("it commits ", commit, "/", *node.log.TermAt(commit), ", node ",
                              message.from, ", its leader, has ", commit, "/", *theirs);
  }
  return FailedPrecondition("it commits ", commit,
                            ", and no leader's message said so of entries that it has");
}

Status RaftTraceChecker::ExtendCommitted(uint64_t commit, Node& node) {
  if (const auto other = FirstDifference(node.log, committed_, commit)) {
    return FailedPrecondition("it commits ", *other, "/", *node.log.TermAt(*other),
                              ", committed was ", *other, "/", *committed_.TermAt(*other));
  }
  for (uint64_t index = committed_.last() + 1; index <= commit; ++index) {
    const auto term = node.log.TermAt(index);
    if (!term) return FailedPrecondition("it commits ", index, ", which nobody had committed");
    committed_.Append(*term, 1);
  }
  uint64_t& seen = committed_in_[node.term];
  seen = std::max(seen, commit);
  node.commit = commit;
  return OkStatus();
}

// ---- AddNewServer, DeleteServer, AddLearner; ApplyConfChange

Status RaftTraceChecker::ChangeConf(const RaftTraceEvent& event, const Node& node) const {
  const uint64_t term = node.role == RaftRole::kLeader ? node.term : node.turn.led;
  if (term == 0) return FailedPrecondition("it changes the members and does not lead");
  if (event.confs.size() != 1 || event.confs[0] != node.confs.back()) {
    return FailedPrecondition("the change is not the last one in its log");
  }
  if (node.confs.size() < 2) return FailedPrecondition("no configuration was before it");
  const auto& [index, conf] = node.confs.back();
  const auto& [before_index, before] = node.confs[node.confs.size() - 2];
  const uint64_t first = reigns_.at(term).first;
  // The founding members, logged by the first leader.
  if (index == first && before_index == 0 && conf == before) return OkStatus();
  if (node.commit < first) {
    return FailedPrecondition("it changes the members and has committed nothing of its term ", term,
                              " yet: its first entry is ", first, ", committed ", node.commit);
  }
  if (before_index > node.commit) {
    return FailedPrecondition("it changes the members again, the change of entry ", before_index,
                              " is not committed: ", node.commit, " is");
  }
  if (IsStep(before, conf)) return OkStatus();
  return FailedPrecondition("from ", Describe(before), " to ", Describe(conf), " in one step");
}

Status RaftTraceChecker::ApplyConfChange(const RaftTraceEvent& event, const Node& node) const {
  if (event.confs.size() != 1) return FailedPrecondition("one configuration was expected");
  const auto& [index, conf] = event.confs[0];
  const auto& [own_index, own] = node.confs.back();
  if (index == own_index && conf == own) return OkStatus();
  return FailedPrecondition("in force is ", Describe(conf), " of entry ", index, ", expected ",
                            Describe(own), " of entry ", own_index);
}

// All that the log has, and each as its entry said it.
Status RaftTraceChecker::ConfsFit(const RaftConfs& confs, const TermLog& log) const {
  for (const auto& [index, conf] : confs) {
    if (index == 0) continue;
    const auto term = index > log.base() ? log.TermAt(index) : committed_.TermAt(index);
    const auto known = changes_.find({index, term.value_or(0)});
    if (known == changes_.end() || known->second != conf) {
      return FailedPrecondition("it has ", Describe(conf), " of entry ", index,
                                ", which does not say so");
    }
  }
  for (const auto& [at, conf] : changes_) {
    const auto& [index, term] = at;
    if (!Contains(log, index) || log.TermAt(index) != term) continue;
    const auto same = [index = index](const auto& own) { return own.first == index; };
    if (index > confs.front().first && std::none_of(confs.begin(), confs.end(), same)) {
      return FailedPrecondition("it does not know the configuration of its entry ", index);
    }
  }
  return OkStatus();
}

// ---- Ready, snapshots

Status RaftTraceChecker::Ready(const RaftTraceEvent& event, Node& node) {
  const RaftDurable& next = event.durable;
  const bool kept = next.term == node.durable.term && next.vote == node.durable.vote;
  // A term may be durable before the vote that is given in it is.
  const bool term_alone =
      next.term == node.term && next.term > node.durable.term && next.vote == 0;
  if (!kept && !term_alone && (next.term != node.term || next.vote != node.vote)) {
    return FailedPrecondition("durable are term ", next.term, " and vote ", next.vote,
                              ", its own are ", node.term, " and ", node.vote);
  }
  if (next.term < node.durable.term) return FailedPrecondition("its durable term goes back");
  if (node.log.TermAt(next.last) != next.last_term) {
    return FailedPrecondition("durable is entry ", next.last, "/", next.last_term,
                              ", which it does not have");
  }
  if (next.last >= node.turn.touched_from) {
    return FailedPrecondition("durable are entries up to ", next.last,
                              ", it just wrote those from ", node.turn.touched_from, " on");
  }
  if (next.last < node.durable.last) {
    return FailedPrecondition("durable are entries up to ", next.last, ", they were up to ",
                              node.durable.last);
  }
  node.durable = next;
  return OkStatus();
}

std::array<uint64_t, 4> RaftTraceChecker::StreamOf(const RaftTraceMessage& message) {
  return {message.from, message.term, message.index, message.number};
}

bool RaftTraceChecker::Stream::Complete() const {
  uint64_t at = 0;
  for (auto part = parts.find(0); end && part != parts.end() && part->first == at;) {
    if (at == *end) return true;
    at += part->second;
    part = part->second == 0 ? parts.end() : parts.find(at);
  }
  return false;
}

Status RaftTraceChecker::ApplySnapshot(const RaftTraceEvent& event, Node& node) {
  const auto& [index, term] = event.snapshot;
  const auto& received = node.turn.received;
  const auto part = std::find_if(received.begin(), received.end(), [&](const auto& message) {
    if (message.type != RaftMessageType::kSnap || message.index != event.snapshot.first ||
        message.log_term != event.snapshot.second) {
      return false;
    }
    const auto stream = node.streams.find(StreamOf(message));
    return stream != node.streams.end() && stream->second.Complete();
  });
  if (part == received.end()) {
    return FailedPrecondition("it installs a snapshot at ", index, "/", term,
                              " and has not received all parts of one");
  }
  const RaftConfs members = node.streams[StreamOf(*part)].confs;
  if (committed_.TermAt(index) != term) {
    return FailedPrecondition("it installs a snapshot at ", index, "/", term,
                              ", which is not committed");
  }
  if (index <= node.commit) {
    return FailedPrecondition("it installs a snapshot at ", index, " and has committed ",
                              node.commit);
  }
  if (node.log.TermAt(index) == term) {
    node.log.CompactTo(index);
    node.durable.last = std::max(node.durable.last, index);
  } else {
    node.log = TermLog(index, term);
    node.durable.last = index;
  }
  node.durable.last_term = *node.log.TermAt(node.durable.last);
  while (node.confs.size() > 1 && node.confs.back().first > node.log.last()) node.confs.pop_back();
  if (!members.empty()) {
    RaftConfs later;
    for (const auto& conf : node.confs) {
      if (conf.first > index) later.push_back(conf);
    }
    node.confs = members;
    node.confs.insert(node.confs.end(), later.begin(), later.end());
  }
  return ExtendCommitted(index, node);
}

Status RaftTraceChecker::Compact(const RaftTraceEvent& event, Node& node) {
  const auto& [index, term] = event.snapshot;
  if (index > node.commit || index > node.durable.last || index <= node.log.base()) {
    return FailedPrecondition("it drops entries up to ", index, ", committed are ", node.commit,
                              ", durable ", node.durable.last);
  }
  if (node.log.TermAt(index) != term) {
    return FailedPrecondition("it drops entries up to ", index, "/", term,
                              ", which it has with term ", node.log.TermAt(index).value_or(0));
  }
  node.log.CompactTo(index);
  ForgetBelow(index, &node.confs);
  return OkStatus();
}

}  // namespace quadraft::jepsen
