// Applying what is committed, and forgetting what is applied.
#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/base/strings.h"
#include "core/replica/replica.h"

namespace quadraft::replica {

void Replica::Apply() {
  const LogIndex limit =
      QR_MUTANT("apply-before-commit") ? raft_.log().last_index() : raft_.apply_limit();
  if (applied_ >= limit) return;
  const size_t entries_max = SIM_MAYBE("slow-apply-turn") ? 1 : shared_.options.apply_entries_max;
  const std::vector<raft::Entry> entries =
      raft_.log().Slice(applied_.Next(), limit, entries_max, shared_.options.apply_bytes_max);
  auto results = state_machine_->Apply(entries);
  if (!results.ok())
    return shared_.Fail(Annotate(results.status(), StrCat("state machine of group ", group_)));
  if (results->size() != entries.size()) {
    return shared_.Fail(Internal("state machine of group ", group_, " gave ", results->size(),
                                 " results for ", entries.size(), " entries"));
  }
  applied_ = entries.back().index;
  counters_.applied_entries += entries.size();
  AnswerProposals(entries, *results);
}

void Replica::AnswerProposals(std::span<const raft::Entry> entries,
                              std::vector<StatusOr<std::string>>& results) {
  for (size_t i = 0; i < entries.size() && !proposals_.empty(); ++i) {
    if (proposals_.front().index != entries[i].index)
      continue;  // A no-op, or from before our leadership.
    Proposal proposal = std::move(proposals_.front());
    proposals_.pop_front();
    proposal_bytes_ -= proposal.bytes;
    if (proposal.term != entries[i].term && !QR_MUTANT("proposal-answered-by-index")) {
      SIM_SOMETIMES(true, "proposal-replaced");
      Refuse(std::move(proposal.done),
             Unavailable("another leader's entry took place ", proposal.index));
      continue;
    }
    ++counters_.proposals_applied;
    if (results[i].ok()) {
      Complete(std::move(proposal.done),
               ProposalResult{.index = proposal.index, .result = *std::move(results[i])});
    } else {
      Complete(std::move(proposal.done), results[i].status());
    }
  }
}

// Where the log may begin: half of the bounds stays for followers that lag a little.
LogIndex Replica::CompactionPoint(MonotonicTime now, size_t entries_max) const {
  const Options& options = shared_.options;
  const raft::Log& log = raft_.log();
  LogIndex point = log.snapshot_index();
  size_t entries = log.size(), bytes = log.bytes();
  while (point < applied_ &&
         (entries > entries_max / 2 || bytes > options.retained_bytes_max / 2)) {
    point = point.Next();
    --entries;
    bytes -= log.at(point).payload_bytes();
  }
  if (log.size() > 2 * options.retained_entries_max ||
      log.bytes() > 2 * options.retained_bytes_max) {
    SIM_SOMETIMES(true, "compacted-past-a-follower");
    return point;
  }
  return NeededByOthers(point, now);
}

// No further than what streams and living followers still need.
LogIndex Replica::NeededByOthers(LogIndex point, MonotonicTime now) const {
  const Options& options = shared_.options;
  for (const auto& [peer, sender] : senders_) point = std::min(point, sender.index());
  if (const raft::Leader* leader = raft_.leader_state()) {
    for (const raft::Progress& peer : leader->peers) {
      const bool alive = peer.last_heard + options.raft.check_quorum_timeout_min >= now;
      if (alive && peer.state != raft::ProgressState::kSnapshot)
        point = std::min(point, peer.match);
    }
  }
  return std::max(point, raft_.log().snapshot_index());
}

Status Replica::CompactNow(bool keep_for_followers, MonotonicTime now) {
  // Recover takes a state that is ahead of the log's end: only what the log holds has a term here.
  LogIndex point = std::min(applied_, raft_.log().last_index());
  if (keep_for_followers) point = NeededByOthers(point, now);
  if (point <= raft_.log().snapshot_index()) return NotFound("nothing to compact");
  CompactTo(point);
  return shared_.fault;
}

void Replica::MaybeCompact(MonotonicTime now) {
  const Options& options = shared_.options;
  const raft::Log& log = raft_.log();
  const bool early = log.size() > options.retained_entries_max / 8 && SIM_MAYBE("early-compaction");
  const size_t entries_max =
      early ? options.retained_entries_max / 8 : options.retained_entries_max;
  if (log.size() <= entries_max && log.bytes() <= options.retained_bytes_max) return;
  const LogIndex point = CompactionPoint(now, entries_max);
  // Not for a few entries: making the state durable costs a sync of its own.
  const uint64_t worthwhile = std::max<uint64_t>(entries_max / 8, 1);
  const bool bytes_over = log.bytes() > options.retained_bytes_max && point > log.snapshot_index();
  if (point.value() < log.snapshot_index().value() + worthwhile && !bytes_over) return;
  CompactTo(point);
}

void Replica::CompactTo(LogIndex point) {
  const Status status =
      QR_MUTANT("compacted-before-durable") ? OkStatus() : state_machine_->MakeDurable(point);
  if (!status.ok()) {
    return shared_.Fail(Annotate(status, StrCat("state machine of group ", group_)));
  }
  if (Status status = shared_.log.SaveSnapshotMark(group_, point, *raft_.log().term_at(point));
      !status.ok()) {
    return shared_.Fail(Annotate(status, "log"));
  }
  raft_.Compact(point);
  ++counters_.compactions;
}

}  // namespace quadraft::replica
