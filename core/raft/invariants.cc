#include "core/raft/invariants.h"

#include <algorithm>

#include "core/base/hash.h"

namespace quadraft::raft {

Status CheckLease(const Raft& holder, MonotonicTime now, const Raft& other) {
  const Leader* const leader = other.leader_state();
  if (leader == nullptr || other.term() <= holder.term() || !holder.LeaseHolds(now) ||
      other.commit() < leader->first_index) {
    return OkStatus();
  }
  return Internal("leases exclude: node ", other.self(), " has committed ", other.commit(),
                  " in term ", other.term(), " while node ", holder.self(),
                  " holds the lease of term ", holder.term());
}

void Invariants::Restarted(NodeId node) {
  Watched& watched = watched_[node];
  watched.seen = {};
  watched.durable.in_doubt = true;
}

Status Invariants::Observe(const Raft& replica) {
  QR_RETURN_IF_ERROR(replica.fault());
  auto& [seen, durable] = watched_[replica.self()];
  QR_RETURN_IF_ERROR(CheckDurable(replica, durable));
  const Log& log = replica.log();
  const bool leader = replica.role() == Role::kLeader;
  if (seen.term == replica.term() && seen.vote == replica.vote() && seen.leader == leader &&
      seen.last == log.last_index() && seen.commit == replica.commit() &&
      seen.truncations == log.truncations()) {
    return OkStatus();
  }
  QR_RETURN_IF_ERROR(CheckVote(replica, seen));
  QR_RETURN_IF_ERROR(CheckEntries(replica, seen));
  QR_RETURN_IF_ERROR(CheckCommits(replica, seen));
  QR_RETURN_IF_ERROR(CheckLeader(replica, seen));
  QR_RETURN_IF_ERROR(CheckConfigurations(replica, seen));
  seen = {.term = replica.term(),
          .vote = replica.vote(),
          .leader = leader,
          .last = log.last_index(),
          .commit = replica.commit(),
          .truncations = log.truncations(),
          .configuration = replica.configuration_index()};
  return OkStatus();
}

Status Invariants::CheckVote(const Raft& replica, const Seen& seen) {
  if (replica.term() < seen.term) {
    return Internal("term of node ", replica.self(), " went back from ", seen.term, " to ",
                    replica.term());
  }
  if (replica.term() == seen.term && seen.vote != NodeId{} && replica.vote() != seen.vote) {
    return Internal("one vote per term: node ", replica.self(), " voted for ", seen.vote,
                    " in term ", seen.term, ", now for ", replica.vote());
  }
  if (replica.repairing() && replica.vote() != NodeId{}) {
    return Internal("durability: node ", replica.self(), " votes for ", replica.vote(),
                    " in term ", replica.term(), ", and its log may lack what was committed");
  }
  return OkStatus();
}

// First what must have outlived a restart, then what is durable by now.
Status Invariants::CheckDurable(const Raft& replica, Durable& durable) {
  const Log& log = replica.log();
  if (durable.in_doubt) {
    durable.in_doubt = false;
    // A vote that was on its way to the disk may have arrived.
    const bool vote_lost = replica.term() == durable.term && durable.vote != NodeId{} &&
                           replica.vote() != durable.vote;
    if (replica.term() < durable.term || vote_lost) {
      return Internal("durability: node ", replica.self(), " restarts in term ", replica.term(),
                      " with its vote for ", replica.vote(), "; durable were term ", durable.term,
                      " and ", durable.vote);
    }
    // What a snapshot covers may have been of a branch that lost: the state was durable, and the
    // node ended before its log said so.
    const std::optional<RaftTerm> term =
        durable.last > log.snapshot_index() ? log.term_at(durable.last) : std::nullopt;
    const bool lost = durable.last > log.last_index() || (term && *term != durable.last_term);
    if (lost && replica.repairing() && replica.repair_floor() < durable.term) {
      return Internal("durability: node ", replica.self(), " lost entries and repairs from term ",
                      replica.repair_floor(), "; durable was term ", durable.term);
    }
    if (lost && !replica.repairing()) {
      return Internal("durability: node ", replica.self(), " restarts with entries up to ",
                      log.last_index(), "/", log.last_term(), "; durable was ", durable.last, "/",
                      durable.last_term);
    }
  }
  if (replica.vote_is_durable()) {
    durable.term = replica.term();
    durable.vote = replica.vote();
  }
  durable.last = log.stable_index();
  durable.last_term = log.term_at(durable.last).value_or(RaftTerm{});
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

Status Invariants::CheckConfigurations(const Raft& replica, const Seen& seen) const {
  if (replica.role() != Role::kLeader) return OkStatus();
  const bool elected = !seen.leader || seen.term != replica.term();
  if (!elected && seen.configuration == replica.configuration_index()) return OkStatus();
  const auto& configurations = replica.configurations();
  size_t open = 0;
  for (const auto& [index, configuration] : configurations) open += index > highest_commit();
  if (open > 1) {
    return Internal("one change at a time: node ", replica.self(), " leads term ", replica.term(),
                    " with ", open, " configurations that are not committed, the last at ",
                    replica.configuration_index());
  }
  for (size_t i = 1; i < configurations.size(); ++i) {
    const Configuration& before = configurations[i - 1].configuration;
    const Configuration& after = configurations[i].configuration;
    const size_t apart =
        DifferenceSize(before.state().voters.incoming, after.state().voters.incoming);
    const bool told = before.voters().empty();  // A node that waited for its first one.
    if (apart > 1 && !told && !before.joint() && !after.joint()) {
      return Internal("one change at a time: from ", Describe(before), " to ", Describe(after),
                      " at ", configurations[i].index, " in one step");
    }
  }
  bool voter = false;  // Of any that may be in force.
  for (const auto& [index, configuration] : configurations) {
    voter |= configuration.IsVoter(replica.self());
  }
  if (elected && !voter) {
    return Internal("one change at a time: node ", replica.self(), " leads term ", replica.term(),
                    " and is no voter of ", Describe(replica.configuration()));
  }
  return OkStatus();
}

void Invariants::ForgetThrough(LogIndex index) {
  entries_.erase(entries_.begin(), entries_.upper_bound({index, RaftTerm{UINT64_MAX}}));
  committed_.erase(committed_.begin(), committed_.upper_bound(index));
}

}  // namespace quadraft::raft
