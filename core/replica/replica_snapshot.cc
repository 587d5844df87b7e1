// Snapshots out to followers that the log no longer reaches, and in from a leader.
#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/base/strings.h"
#include "core/replica/replica.h"

namespace quadraft::replica {

void Replica::StartSender(NodeId peer, MonotonicTime now) {
  if (senders_.contains(peer)) EndSender(peer, /*installed=*/false);
  output_again_ = true;
  if (shared_.snapshot_streams >= shared_.options.snapshot_streams_max) {
    return raft_.SnapshotAbandoned(peer);  // The machine asks again at the next heartbeat reply.
  }
  auto reader = state_machine_->OpenSnapshot();
  if (!reader.ok())
    return shared_.Fail(Annotate(reader.status(), StrCat("snapshot of group ", group_)));
  shared_.env.Log(LogLevel::kInfo, StrCat("group ", group_, ": sending node ", peer,
                                          " a snapshot at ", (*reader)->index()));
  ++shared_.snapshot_streams;
  senders_.try_emplace(peer, *std::move(reader), next_stream_++, shared_.options, now);
  PumpSenders(now);
}

// The peer's `node` number alone decides the order: a map.
void Replica::PumpSenders(MonotonicTime now) {
  std::vector<NodeId> ended;
  for (auto& [peer, sender] : senders_) {
    if (sender.stalled(now)) {
      SIM_SOMETIMES(true, "snapshot-stalled");
      ended.push_back(peer);
      continue;
    }
    while (true) {
      auto chunk = sender.Next(now);
      if (!chunk.ok())
        return shared_.Fail(Annotate(chunk.status(), StrCat("snapshot of group ", group_)));
      if (!chunk->has_value()) break;
      output_again_ = true;
      if (!raft_.SendSnapshotChunk(peer,
                                   **std::move(chunk))) {  // No longer the leader, or it caught up.
        ended.push_back(peer);
        break;
      }
    }
  }
  for (NodeId peer : ended) EndSender(peer, /*installed=*/false);
}

void Replica::EndSender(NodeId peer, bool installed) {
  if (senders_.erase(peer) == 0) return;
  --shared_.snapshot_streams;
  ++(installed ? shared_.counters.snapshots_sent : shared_.counters.snapshots_abandoned);
  raft_.SnapshotAbandoned(peer);  // Has no effect once the peer is past it.
  output_again_ = true;
}

void Replica::OnSnapshotReply(const raft::ReceivedSnapshotReply& received, MonotonicTime now) {
  const auto found = senders_.find(received.from);
  if (found == senders_.end() || found->second.stream() != received.reply.stream) return;
  if (received.reply.installed) return EndSender(received.from, /*installed=*/true);
  if (!found->second.OnReply(received.reply, now))
    return EndSender(received.from, /*installed=*/false);
  PumpSenders(now);
}

void Replica::OnSnapshotChunk(const raft::ReceivedChunk& received, MonotonicTime now) {
  const raft::SnapshotChunk& chunk = received.chunk;
  if (chunk.index <= raft_.commit() || chunk.index <= applied_)
    return;  // Installed by an earlier chunk of this turn.
  output_again_ = true;
  raft::SnapshotReply reply{.index = chunk.index, .stream = chunk.stream};
  const bool same =
      receiver_ != nullptr && (receiver_->IsOf(received) || QR_MUTANT("snapshot-of-two-streams"));
  if (!same) {
    // Its beginning is still on its way, or we restarted: next_offset 0 tells the sender which.
    if (chunk.offset != 0) return raft_.ReplySnapshot(received.from, reply);
    SIM_SOMETIMES(receiver_ != nullptr, "snapshot-receiver-replaced");
    receiver_.reset();  // Its staging place goes before the new one's is made.
    auto writer = state_machine_->BeginSnapshot(
        chunk.index, chunk.index_term,
        {chunk.configuration_index, chunk.configuration ? *chunk.configuration : ""});
    if (!writer.ok())
      return shared_.Fail(Annotate(writer.status(), StrCat("snapshot of group ", group_)));
    receiver_ = std::make_unique<SnapshotReceiver>(received, *std::move(writer), now);
  }
  const auto complete = receiver_->Add(chunk, now);
  if (!complete.ok()) {
    // What a peer sent may be wrong; what our disk says may not.
    const bool content =
        absl::IsDataLoss(complete.status()) || absl::IsInvalidArgument(complete.status());
    if (!content)
      return shared_.Fail(Annotate(complete.status(), StrCat("snapshot of group ", group_)));
    shared_.env.Log(LogLevel::kWarning,
                    StrCat("group ", group_, ": snapshot from node ", received.from,
                           " refused: ", ToString(complete.status())));
    receiver_.reset();
    reply.failed = true;
    return raft_.ReplySnapshot(received.from, reply);
  }
  if (*complete) return InstallSnapshot(received);
  reply.next_offset = receiver_->next_offset();
  raft_.ReplySnapshot(received.from, reply);
}

// Duty 6 of raft.h: the state durable, then the mark in the log, then the machine.
void Replica::InstallSnapshot(const raft::ReceivedChunk& received) {
  const LogIndex index = received.chunk.index;
  const RaftTerm term = received.chunk.index_term;
  Status status = receiver_->writer().Commit();
  if (status.ok()) status = shared_.log.SaveSnapshotMark(group_, index, term);
  if (status.ok() && state_machine_->applied_index() != index) {
    status = Internal("the state is at ", state_machine_->applied_index(), " after a snapshot at ",
                      index);
  }
  receiver_.reset();
  if (!status.ok()) return shared_.Fail(Annotate(status, StrCat("snapshot of group ", group_)));
  SIM_SOMETIMES(true, "snapshot-installed");
  raft_.SnapshotInstalled(index, term,
                          QR_MUTANT("snapshot-without-configuration")
                              ? raft::AppliedConfiguration()
                              : state_machine_->configuration());
  applied_ = index;
  ++shared_.counters.snapshots_installed;
  shared_.env.Log(LogLevel::kInfo, StrCat("group ", group_, ": installed a snapshot at ", index));
  raft_.ReplySnapshot(received.from,
                      {.index = index, .stream = received.chunk.stream, .installed = true});
}

}  // namespace quadraft::replica
