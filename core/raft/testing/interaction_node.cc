// What a node does with its Ready, its disk and its messages.
#include <algorithm>
#include <utility>

#include "core/base/strings.h"
#include "core/raft/testing/etcd_text.h"
#include "core/raft/testing/interaction.h"

namespace quadraft::raft {
namespace {

// What waits for the disk in etcd, always.
bool IsReply(const Message& message) {
  const auto* heartbeat = std::get_if<HeartbeatReply>(&message.body);
  return std::holds_alternative<AppendReply>(message.body) ||
         std::holds_alternative<VoteReply>(message.body) ||
         std::holds_alternative<SnapshotReply>(message.body) ||
         (heartbeat != nullptr && heartbeat->round == 0);
}

// What `entries` holds from their first index on is replaced.
template <typename Entries>
void Overwrite(Entries& entries, const std::vector<Entry>& by) {
  if (by.empty()) return;
  while (!entries.empty() && entries.back().index >= by.front().index) entries.pop_back();
  entries.insert(entries.end(), by.begin(), by.end());
}

}  // namespace

void Interaction::PrintEntries(std::string_view heading, const std::vector<Entry>& entries,
                               std::string* out) const {
  if (entries.empty()) return;
  StrAppend(out, heading, "\n");
  for (const Entry& entry : entries) StrAppend(out, EtcdEntry(entry, names_), "\n");
}

// What the machine holds for the state at `index`.
std::pair<LogIndex, Configuration> Interaction::ConfigurationAt(const Node& node, LogIndex index) {
  std::pair<LogIndex, Configuration> last;
  for (const auto& at : node.raft->configurations()) {
    if (at.index <= index) last = {at.index, at.configuration};
  }
  return last;
}

SnapshotChunk Interaction::SnapshotOf(const Node& node) const {
  const auto [index, configuration] = ConfigurationAt(node, node.applied);
  return {.index = node.applied,
          .index_term = *node.raft->log().term_at(node.applied),
          .done = true,
          .configuration_index = index,
          .configuration = std::make_shared<const std::string>(EncodeConfiguration(configuration))};
}

// One that nobody waits for.
std::string Interaction::SendSnapshot(Node& node, NodeId to) {
  bag_.push_back(
      {.from = node.raft->self(), .to = to, .term = node.raft->term(), .body = SnapshotOf(node)});
  return StrCat(EtcdMessage(bag_.back(), names_), "\n");
}

LogIndex Interaction::ApplyLimit(const Node& node) const {
  // Without asynchronous storage a Ready's own entries are durable before they are applied.
  return async_ ? node.raft->apply_limit() : node.raft->commit();
}

bool Interaction::HasReady(const Node& node) const {
  const Raft& raft = *node.raft;
  const HardState hard{raft.term(), raft.vote(), raft.commit()};
  return node.ready.sync_id != 0 || !node.ready.messages.empty() || !node.ready.chunks.empty() ||
         hard != node.hard || std::pair(raft.leader(), raft.role()) != node.soft ||
         node.applied < ApplyLimit(node);
}

std::string Interaction::HandleReady(Node& node) {
  if (!HasReady(node)) return "<empty Ready>\n";
  const Raft& raft = *node.raft;
  std::string snapshot;
  InstallSnapshot(node, &snapshot);
  Ready ready = std::exchange(node.ready, {});
  std::string out = StrCat("Ready MustSync=", ready.sync_id != 0, ":\n");
  const std::pair soft(raft.leader(), raft.role());
  if (soft != node.soft) {
    StrAppend(&out, "Lead:", soft.first, " State:", EtcdRole(soft.second), "\n");
  }
  const HardState hard{raft.term(), raft.vote(), raft.commit()};
  const bool hard_changed = hard != node.hard;
  if (hard_changed) {
    StrAppend(&out, "HardState Term:", hard.term,
              hard.vote == NodeId{} ? "" : StrCat(" Vote:", hard.vote), " Commit:", hard.commit,
              "\n");
  }
  node.soft = soft;
  node.hard = hard;
  PrintEntries("Entries:", ready.entries, &out);
  out += snapshot;
  std::vector<Entry> committed;
  while (node.applied < ApplyLimit(node) && committed.size() < applied_max_) {
    node.applied = node.applied.Next();
    committed.push_back(raft.log().at(node.applied));
  }
  PrintEntries("CommittedEntries:", committed, &out);
  Store(node, hard_changed, ready);
  if (!ready.messages.empty()) out += "Messages:\n";
  for (const Message& message : ready.messages) StrAppend(&out, EtcdMessage(message, names_), "\n");
  SendAll(std::move(ready.messages));
  for (const Entry& entry : committed) {
    const auto [index, configuration] = ConfigurationAt(node, entry.index);
    if (index == entry.index) StrAppend(&out, EtcdSwitch(raft.self(), configuration), "\n");
  }
  return out;
}

// What the disk has to do for a Ready: now, or as work of the append thread. Leaves in
// ready.messages what is sent at once.
void Interaction::Store(Node& node, bool hard_changed, Ready& ready) {
  AppendWork work{.sync_id = ready.sync_id, .entries = ready.entries};
  if (async_) {
    auto& messages = ready.messages;
    const auto replies = std::stable_partition(messages.begin(), messages.end(),
                                               [](const Message& m) { return !IsReply(m); });
    work.responses.assign(replies, messages.end());
    messages.erase(replies, messages.end());
    if (node.raft->role() == Role::kCandidate && node.append_work.empty()) {
      FinishSync(node, std::exchange(work.sync_id, 0), &messages);
    }
    if (hard_changed || !work.entries.empty() || !work.responses.empty()) {
      node.append_work.push_back(std::move(work));
    }
    return;
  }
  Overwrite(node.storage, work.entries);
  FinishSync(node, work.sync_id, &ready.messages);
}

std::string Interaction::ProcessAppendThread(Node& node) {
  if (node.append_work.empty()) return "no append work to perform\n";
  AppendWork work = std::move(node.append_work.front());
  node.append_work.pop_front();
  Overwrite(node.storage, work.entries);
  FinishSync(node, work.sync_id, &work.responses);
  std::string out;
  for (const Message& message : work.responses) StrAppend(&out, EtcdMessage(message, names_), "\n");
  SendAll(std::move(work.responses));
  return out;
}

// What only waited for the sync belongs to what was synced; what a leader does because of it, to
// its next Ready.
void Interaction::FinishSync(Node& node, uint64_t sync_id, std::vector<Message>* released) {
  if (sync_id == 0) return;
  node.raft->Synced(sync_id);
  Output out;
  node.raft->TakeOutput(&out);
  if (node.raft->role() != Role::kLeader) {
    for (Message& message : std::exchange(out.messages, {})) {
      released->push_back(std::move(message));
    }
  }
  Gather(node, out);
  Pump(node);
}

void Interaction::InstallSnapshot(Node& node, std::string* out) {
  for (const ReceivedChunk& received : std::exchange(node.ready.chunks, {})) {
    const SnapshotChunk& chunk = received.chunk;
    node.raft->SnapshotInstalled(chunk.index, chunk.index_term,
                                 {chunk.configuration_index, *chunk.configuration});
    node.raft->ReplySnapshot(received.from,
                             {.index = chunk.index, .stream = chunk.stream, .installed = true});
    node.storage.clear();
    node.applied = std::max(node.applied, chunk.index);
    StrAppend(out, "Snapshot Index:", chunk.index, " Term:", chunk.index_term,
              " ConfState:", EtcdConfState(ConfigurationAt(node, chunk.index).second), "\n");
  }
  Pump(node);
}

bool Interaction::HasMessages(const Node& node) const {
  return std::any_of(bag_.begin(), bag_.end(),
                     [&](const Message& message) { return message.to == node.raft->self(); });
}

// `type`: as in "MsgApp"; empty: any.
std::vector<Message> Interaction::TakeMessages(NodeId to, std::string_view type) {
  std::vector<Message> taken;
  std::deque<Message> others;
  for (Message& message : bag_) {
    const bool wanted = type.empty() || EtcdMessage(message, names_).find(StrCat(" ", type, " ")) !=
                                            std::string::npos;
    if (message.to == to && wanted) {
      taken.push_back(std::move(message));
    } else {
      others.push_back(std::move(message));
    }
  }
  bag_ = std::move(others);
  return taken;
}

std::string Interaction::Receive(Node& node, std::string_view type) {
  std::string out;
  for (Message& message : TakeMessages(node.raft->self(), type)) {
    StrAppend(&out, EtcdMessage(message, names_), "\n");
    if (Unanswered(node, message)) continue;
    node.raft->Step(node.now, std::move(message));
    Pump(node);
  }
  return out;
}

bool Interaction::Unanswered(const Node& node, const Message& message) const {
  if (message.term >= node.raft->term()) return false;
  if (!pre_vote_ && !check_quorum_) return true;
  const auto* vote = std::get_if<VoteRequest>(&message.body);
  return vote != nullptr && !vote->pre;
}

void Interaction::Pump(Node& node) {
  ProposeAsked(node);
  for (bool again = true; again;) {
    Output out;
    node.raft->TakeOutput(&out);
    again = !out.snapshots_wanted.empty();
    for (NodeId to : out.snapshots_wanted) {
      node.raft->SendSnapshotChunk(to, SnapshotOf(node));
    }
    Gather(node, out);
  }
  status_.Update(invariants_.Observe(*node.raft));
}

void Interaction::Gather(Node& node, Output& out) {
  Ready& ready = node.ready;
  Overwrite(ready.entries, out.entries);
  ready.sync_id = std::max(ready.sync_id, out.sync_id);
  for (Message& message : out.messages) {
    const auto* vote = std::get_if<VoteRequest>(&message.body);
    if (vote != nullptr && vote->pre && !pre_vote_) continue;
    ready.messages.push_back(std::move(message));
  }
  for (ReceivedChunk& chunk : out.snapshot_chunks) ready.chunks.push_back(std::move(chunk));
}

void Interaction::SendAll(std::vector<Message> messages) {
  for (Message& message : messages) {
    auto* vote = std::get_if<VoteRequest>(&message.body);
    if (vote != nullptr && !check_quorum_) vote->transfer = true;
    bag_.push_back(std::move(message));
  }
}

}  // namespace quadraft::raft
