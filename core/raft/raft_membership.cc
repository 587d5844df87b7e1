// Who belongs to the group, while it runs (thesis chapter 4). A configuration counts from the
// moment when its entry is in the log, committed or not; it is forgotten when the entry is
// replaced. One change at a time: the next may come once the one before is committed, and once the
// leader has committed an entry of its own term (Ongaro's mail to raft-dev of 2015-07-10: else two
// of them could be decided by quorums that do not meet).
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

void Raft::Found(Configuration configuration) {
  QR_CHECK(term_ == RaftTerm{} && log_.last_index() == LogIndex{} && configurations_.size() == 1 &&
           this->configuration().voters().empty())
      << "founded late";
  configurations_.front().configuration = std::move(configuration);
  BecomeFollower(term_, NodeId{});
  if (IsOnlyVoter()) {
    std::get<Follower>(state_).election_deadline = now_;  // Nobody to wait for.
  }
}

StatusOr<LogIndex> Raft::ProposeChange(const ConfigurationChange& change) {
  auto* leader = std::get_if<Leader>(&state_);
  if (!fault_.ok()) return fault_;
  if (leader == nullptr) return Unavailable("not the leader");
  if (leader->transferee != NodeId{}) {
    return Unavailable("leadership is being handed to node ", leader->transferee);
  }
  if (commit_ < leader->first_index && !QR_MUTANT("change-before-first-commit")) {
    SIM_SOMETIMES(true, "change-before-first-commit-refused");
    return Unavailable("no entry of term ", term_, " is committed yet: ask again");
  }
  if (configuration_index() > commit_ && !QR_MUTANT("two-changes-at-once")) {
    SIM_SOMETIMES(true, "second-change-refused");
    return Unavailable("the change at index ", configuration_index(),
                       " is not committed yet: ask again");
  }
  QR_ASSIGN_OR_RETURN(Configuration next, Changer(configuration()).Apply(change));
  if (next == configuration()) {
    return FailedPrecondition("nothing would change: ", Describe(configuration()));
  }
  ++counters_.changes;
  GetUp(/*busy=*/true);
  return AppendConfiguration(std::move(next));
}

LogIndex Raft::AppendConfiguration(Configuration next) {
  const LogIndex index = log_.last_index().Next();
  auto payload = std::make_shared<const std::string>(EncodeConfiguration(next));
  std::get<Leader>(state_).uncommitted_bytes += payload->size();
  log_.Append({.term = term_,
               .index = index,
               .kind = EntryKind::kConfiguration,
               .payload = std::move(payload)});
  AdoptConfiguration(index, std::move(next));
  return index;
}

void Raft::AdoptConfiguration(LogIndex index, Configuration configuration) {
  if (QR_MUTANT("joint-decided-by-one") && configuration.joint()) {
    configuration = *Changer(configuration).LeaveJoint();
  }
  QR_CHECK(index > configuration_index()) << "configuration " << index << " again";
  configurations_.push_back({index, std::move(configuration)});
  auto* leader = std::get_if<Leader>(&state_);
  if (leader == nullptr) return;
  leader->peers.Follow(this->configuration(), index, now_, self_);
  GiveLeaseUp(*leader);  // What was promised to the one before may lack a voter of the next.
  if (!this->configuration().IsVoter(leader->transferee)) leader->transferee = NodeId{};
}

// ValidAppend, or recovery, has seen that it can be decoded.
void Raft::AdoptConfigurationEntry(const Entry& entry) {
  auto configuration = DecodeConfiguration(entry.payload ? *entry.payload : "");
  if (!configuration.ok()) {
    return Fail(Annotate(configuration.status(), StrCat("entry ", entry.index)));
  }
  AdoptConfiguration(entry.index, *std::move(configuration));
}

void Raft::ForgetConfigurationsFrom(LogIndex first) {
  while (configurations_.size() > 1 && configuration_index() >= first) {
    SIM_SOMETIMES(true, "configuration-taken-back");
    configurations_.pop_back();
  }
}

// All but the last one at or below `index`.
void Raft::ForgetConfigurationsBelow(LogIndex index) {
  auto keep = configurations_.begin();
  while (keep + 1 != configurations_.end() && (keep + 1)->index <= index) ++keep;
  configurations_.erase(configurations_.begin(), keep);
}

// Those that the log has beyond the one that we begin with.
void Raft::ScanConfigurations() {
  const LogIndex from = std::max(configuration_index(), log_.snapshot_index());
  for (LogIndex index = from.Next(); index <= log_.last_index(); index = index.Next()) {
    if (log_.at(index).kind == EntryKind::kConfiguration) AdoptConfigurationEntry(log_.at(index));
  }
}

bool Raft::MayCampaign() const {
  if (removed() || repairing()) return false;
  for (auto at = configurations_.rbegin(); at != configurations_.rend(); ++at) {
    if (at->configuration.IsVoter(self_)) return true;
    if (at->index <= commit_) break;
  }
  return false;
}

// Leaves a joint configuration that is to be left by itself, once it is committed.
void Raft::AdvanceChange(Leader& leader) {
  if (!configuration().state().auto_leave || configuration_index() > commit_ ||
      commit_ < leader.first_index || leader.transferee != NodeId{}) {
    return;
  }
  auto next = Changer(configuration()).LeaveJoint();
  QR_CHECK(next.ok()) << ToString(next.status());
  SIM_SOMETIMES(true, "joint-configuration-left");
  AppendConfiguration(*std::move(next));
}

// A leader that the committed configuration does not let vote leads no longer (thesis section
// 4.2.2). Its last Appends told the others what is committed; a voter that holds all of the
// log is asked to lead at once, so that nobody has to wait for a silence.
void Raft::HandOver(Leader& leader) {
  SIM_SOMETIMES(true, "removed-leader-stepped-down");
  const Progress* next = nullptr;
  for (const Progress& peer : leader.peers) {
    if (!configuration().IsVoter(peer.node) || peer.match != log_.last_index()) continue;
    if (next == nullptr || PriorityOf(peer.node) > PriorityOf(next->node)) next = &peer;
  }
  if (next != nullptr) Send(next->node, TimeoutNow{.waived_round = WaivedRound(leader)});
  BecomeFollower(term_, NodeId{});
}

// The index of our last committed configuration when it does not have `node`, else zero.
LogIndex Raft::RemovedAt(NodeId node) const {
  for (auto at = configurations_.rbegin(); at != configurations_.rend(); ++at) {
    if (at->index > commit_) continue;
    return at->configuration.IsMember(node) ? LogIndex{} : at->index;
  }
  return LogIndex{};
}

void Raft::RefuseVote(NodeId candidate, bool pre) {
  Send(candidate, VoteReply{.pre = pre, .granted = false, .removed_at = RemovedAt(candidate)});
}

// What is committed is never taken back: a node that a later configuration than its own does not
// have asks in vain, until a leader's log says otherwise.
void Raft::OnRemoved(LogIndex index) {
  if (role() == Role::kLeader) return;
  SIM_SOMETIMES(true, "removed-node-was-told");
  removed_at_ = std::max(removed_at_, index);
  BecomeFollower(term_, NodeId{});
}

}  // namespace quadraft::raft
