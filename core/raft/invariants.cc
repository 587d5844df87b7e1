#include "core/raft/invariants.h"

#include <algorithm>

#include "core/base/hash.h"

namespace quadraft::raft {

Status Invariants::Observe(const Raft& replica) {
  QR_RETURN_IF_ERROR(replica.fault());
  Seen& seen = seen_[replica.self()];
  const Log& log = replica.log();
  const bool leader = replica.role() == Role::kLeader;
  if (seen.term == replica.term() && seen.leader == leader && seen.last == log.last_index() &&
      seen.commit == replica.commit() && seen.truncations == log.truncations()) {
    return OkStatus();
  }
  if (replica.term() < seen.term) {
    return Internal("term of node ", replica.self(), " went back from ", seen.term, " to ",
                    replica.term());
  }
  QR_RETURN_IF_ERROR(CheckEntries(replica, seen));
  QR_RETURN_IF_ERROR(CheckCommits(replica, seen));
  QR_RETURN_IF_ERROR(CheckLeader(replica, seen));
  seen = {.term = replica.term(),
          .leader = leader,
          .last = log.last_index(),
          .commit = replica.commit(),
          .truncations = log.truncations()};
  return OkStatus();
}

Status Invariants::CheckEntries(const Raft& replica, const Seen& seen) {
  const Log& log = replica.log();
  LogIndex first = log.snapshot_index().Next();
  // What was seen before and not replaced since is not looked at again.
  if (seen.truncations == log.truncations()) first = std::max(first, seen.last.Next());
  for (LogIndex index = first; index <= log.last_index(); index = index.Next()) {
    const Entry& entry = log.at(index);
    const Identity identity{.previous_term = *log.term_at(index.Previous()),
                            .payload = Fingerprint64(entry.payload ? *entry.payload : "",
                                                     static_cast<uint64_t>(entry.kind))};
    const auto [known, added] = entries_.try_emplace({index, entry.term}, identity);
    if (!added && known->second != identity) {
      return Internal("log matching: node ", replica.self(), " holds another entry ", index, "/",
                      entry.term, " than was seen before");
    }
  }
  return OkStatus();
}

Status Invariants::CheckCommits(const Raft& replica, const Seen& seen) {
  if (replica.commit() < seen.commit) {
    return Internal("commit index of node ", replica.self(), " went back from ", seen.commit,
                    " to ", replica.commit());
  }
  const Log& log = replica.log();
  LogIndex index = std::max(log.snapshot_index(), seen.commit.Next());
  if (index == LogIndex{}) index = LogIndex{1};
  for (; index <= replica.commit(); index = index.Next()) {
    const RaftTerm term = *log.term_at(index);
    const auto [known, added] = committed_.try_emplace(index, Committed{term, replica.term()});
    if (known->second.term != term) {
      return Internal("state machine safety: node ", replica.self(), " commits ", index, "/", term,
                      ", another committed ", index, "/", known->second.term);
    }
    known->second.seen_in = std::min(known->second.seen_in, replica.term());
  }
  return OkStatus();
}

Status Invariants::CheckLeader(const Raft& replica, const Seen& seen) {
  if (replica.role() != Role::kLeader) return OkStatus();
  const auto [known, added] = leaders_.try_emplace(replica.term(), replica.self());
  if (known->second != replica.self()) {
    return Internal("election safety: nodes ", known->second, " and ", replica.self(),
                    " both lead term ", replica.term());
  }
  const Log& log = replica.log();
  if (seen.leader && seen.term == replica.term()) {
    if (log.last_index() < seen.last || log.truncations() != seen.truncations) {
      return Internal("leader append-only: node ", replica.self(), " dropped entries in term ",
                      replica.term());
    }
    return OkStatus();
  }
  // Newly elected. The highest entry committed in an earlier term implies all before it, by log
  // matching.
  for (auto it = committed_.rbegin(); it != committed_.rend(); ++it) {
    const auto& [index, committed] = *it;
    if (committed.seen_in >= replica.term()) continue;
    if (index < log.snapshot_index()) break;
    if (log.term_at(index) != committed.term) {
      return Internal("leader completeness: node ", replica.self(), " leads term ", replica.term(),
                      " without the committed entry ", index, "/", committed.term);
    }
    break;
  }
  return OkStatus();
}

void Invariants::ForgetThrough(LogIndex index) {
  entries_.erase(entries_.begin(), entries_.upper_bound({index, RaftTerm{UINT64_MAX}}));
  committed_.erase(committed_.begin(), committed_.upper_bound(index));
}

}  // namespace quadraft::raft
