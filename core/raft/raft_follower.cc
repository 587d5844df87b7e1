// What a follower does with its leader's words (thesis sections 3.5, 3.6, 5).
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/base/strings.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

// Contiguous entries with terms that never decrease and never exceed the sender's, and members that
// a group can have.
bool Raft::ValidAppend(const Message& message, const Append& append) const {
  LogIndex index = append.prev_index;
  RaftTerm term = append.prev_term;
  for (const Entry& entry : append.entries) {
    if (entry.index != index.Next() || entry.term < term || entry.kind > EntryKind::kConfiguration)
      return false;
    if (entry.kind == EntryKind::kConfiguration) {
      const auto members = DecodeConfiguration(entry.payload ? *entry.payload : "");
      if (!members.ok() || members->voters().empty()) return false;
    }
    index = entry.index;
    term = entry.term;
  }
  return term <= message.term;
}

void Raft::OnAppend(NodeId from, Append append) {
  if (role() == Role::kLeader)
    return Fail(DataLoss("node ", from, " leads term ", term_, ", which we lead"));
  FollowLeader(from);
  // Entries up to our commit index are the leader's for certain; the leader learns how far we are.
  if (append.prev_index < commit_) return AcknowledgeAppend(from, commit_);
  const bool matches = log_.Has(append.prev_index, append.prev_term) ||
                       (QR_MUTANT("append-matches-by-index") && log_.term_at(append.prev_index));
  if (!matches) {
    ++counters_.rejected_appends;
    SIM_SOMETIMES(true, "append-rejected");
    LogIndex hint = log_.LastAtOrBelow(append.prev_index, append.prev_term);
    if (QR_MUTANT("commit-beyond-append")) {  // A hint that is lower than need be (harmless by
                                              // itself) gives the bug its chance.
      while (hint > commit_ && append.prev_index.value() - hint.value() < 8) hint = hint.Previous();
    }
    return Send(from, AppendReply{.rejected = true,
                                  .index = append.prev_index,
                                  .hint_index = hint,
                                  .hint_term = *log_.term_at(hint)});
  }
  const LogIndex last_new{append.prev_index.value() + append.entries.size()};
  for (Entry& entry : append.entries) {
    const auto ours = log_.term_at(entry.index);
    if (ours == entry.term || (ours && QR_MUTANT("conflict-kept"))) continue;
    if (ours.has_value()) {
      if (entry.index <= commit_) {
        return Fail(DataLoss("node ", from, " contradicts the committed entry ", entry.index));
      }
      SIM_SOMETIMES(true, "conflict-truncated");
      log_.TruncateFrom(entry.index);
      if (!QR_MUTANT("truncated-configuration-kept")) ForgetConfigurationsFrom(entry.index);
    }
    if (entry.kind == EntryKind::kConfiguration) AdoptConfigurationEntry(entry);
    log_.Append(std::move(entry));
  }
  SetCommit(QR_MUTANT("commit-beyond-append") ? append.commit : std::min(append.commit, last_new));
  AcknowledgeAppend(from, last_new);
}

// Leaves only when everything up to `index` is durable here.
void Raft::AcknowledgeAppend(NodeId to, LogIndex index) {
  uint64_t after_sync = log_.SyncOf(index).value_or(next_sync_);
  if (QR_MUTANT("ack-before-sync")) after_sync = 0;
  SendAs(to, term_, AppendReply{.index = index}, after_sync);
}

// The leader's commit is capped by what it knows that we hold, so it is ours too.
void Raft::OnHeartbeat(NodeId from, const Heartbeat& heartbeat) {
  if (role() == Role::kLeader)
    return Fail(DataLoss("node ", from, " leads term ", term_, ", which we lead"));
  FollowLeader(from);
  announced_timeout_ =
      std::clamp(heartbeat.election_timeout, Duration(0), options_.election_timeout_max);
  rank_ = heartbeat.rank;
  SetCommit(heartbeat.commit);
  auto& follower = std::get<Follower>(state_);
  follower.quiesced = MayFallAsleep(from, heartbeat);
  Send(from, HeartbeatReply{.round = heartbeat.round,
                            .quiesced = follower.quiesced,
                            .promised = PromiseLease(from, heartbeat)});
}

void Raft::OnSnapshotChunk(NodeId from, SnapshotChunk chunk) {
  if (role() == Role::kLeader)
    return Fail(DataLoss("node ", from, " leads term ", term_, ", which we lead"));
  FollowLeader(from);
  if (chunk.index <= commit_)
    return AcknowledgeAppend(from, commit_);  // We are past it: go on with entries.
  pending_.snapshot_chunks.push_back({.from = from, .term = term_, .chunk = std::move(chunk)});
}

// A late or doubled one does no harm: whoever campaigns without the whole log does not win.
void Raft::OnTimeoutNow(NodeId from, const TimeoutNow& order) {
  const auto* follower = std::get_if<Follower>(&state_);
  if (follower == nullptr || follower->leader != from) return;
  LeaseWaiver waiver;
  if (order.waived_round != 0) waiver = {.term = term_, .round = order.waived_round};
  Campaign(/*pre=*/false, /*transfer=*/true, waiver);
}

void Raft::ReplySnapshot(NodeId to, SnapshotReply reply) {
  if (fault_.ok()) Send(to, reply);
}

void Raft::SnapshotInstalled(LogIndex index, RaftTerm term,
                             const AppliedConfiguration& configuration) {
  if (!fault_.ok() || index <= commit_) return;
  if (term > term_) AdoptTerm(term);
  log_.InstallSnapshot(index, term);
  commit_ = std::max(commit_, index);
  ForgetConfigurationsFrom(log_.last_index().Next());
  if (configuration.index != LogIndex{}) {
    auto installed = DecodeConfiguration(configuration.payload);
    if (!installed.ok()) return Fail(Annotate(installed.status(), StrCat("snapshot at ", index)));
    configurations_ = {{configuration.index, *std::move(installed)}};
    ScanConfigurations();
  }
}

}  // namespace quadraft::raft
