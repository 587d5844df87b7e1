#include "sim/trace/raft_trace.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/hash.h"
#include "core/replica/codec.h"

namespace quadraft::sim {
namespace {

using jepsen::RaftConf;
using jepsen::RaftEventName;
using jepsen::RaftMessageType;
using jepsen::RaftRole;
using jepsen::RaftTraceEvent;
using jepsen::RaftTraceMessage;

std::vector<uint64_t> Ids(const raft::NodeSet& nodes) {
  std::vector<uint64_t> ids;
  for (const NodeId node : nodes) ids.push_back(node.value());
  return ids;
}

RaftConf ConfOf(const raft::Configuration& configuration) {
  const raft::ConfigurationState& state = configuration.state();
  return {Ids(state.voters.incoming), Ids(state.voters.outgoing), Ids(state.learners),
          Ids(state.learners_next)};
}

void AddRun(uint64_t term, jepsen::RaftTermRuns* runs) {
  if (runs->empty() || runs->back().first != term) runs->emplace_back(term, 0);
  ++runs->back().second;
}

// Entries of other kinds, and bytes that are no configuration, add nothing.
void AddConf(uint64_t index, std::string_view bytes, jepsen::RaftConfs* confs) {
  const auto configuration = raft::DecodeConfiguration(bytes);
  if (configuration.ok()) confs->emplace_back(index, ConfOf(*configuration));
}

std::string_view Bytes(const std::shared_ptr<const std::string>& text) {
  return text ? std::string_view(*text) : std::string_view();
}

// What the body says, into the message.
struct Translate {
  RaftTraceMessage* out;
  void operator()(const raft::VoteRequest& body) const {
    out->type = body.pre ? RaftMessageType::kPreVote : RaftMessageType::kVote;
    out->index = body.last_index.value();
    out->log_term = body.last_term.value();
    out->number = body.transfer ? 1 : 0;
  }
  void operator()(const raft::VoteReply& body) const {
    out->type = body.pre ? RaftMessageType::kPreVoteResp : RaftMessageType::kVoteResp;
    out->reject = !body.granted;
    out->number = body.removed_at.value();
  }
  void operator()(const raft::Append& body) const {
    out->type = RaftMessageType::kApp;
    out->index = body.prev_index.value();
    out->log_term = body.prev_term.value();
    out->commit = body.commit.value();
    for (const raft::Entry& entry : body.entries) {
      AddRun(entry.term.value(), &out->entries);
      out->digest = Fingerprint64(Bytes(entry.payload), out->digest + 1);
      if (entry.kind == raft::EntryKind::kConfiguration) {
        AddConf(entry.index.value(), Bytes(entry.payload), &out->confs);
      }
    }
  }
  void operator()(const raft::AppendReply& body) const {
    out->type = RaftMessageType::kAppResp;
    out->reject = body.rejected;
    out->index = body.index.value();
    out->offset = body.hint_index.value();
    out->log_term = body.hint_term.value();
  }
  void operator()(const raft::Heartbeat& body) const {
    out->type = RaftMessageType::kHeartbeat;
    out->commit = body.commit.value();
    out->number = body.round;
  }
  void operator()(const raft::HeartbeatReply& body) const {
    out->type = RaftMessageType::kHeartbeatResp;
    out->number = body.round;
  }
  void operator()(const raft::SnapshotChunk& body) const {
    out->type = RaftMessageType::kSnap;
    out->index = body.index.value();
    out->log_term = body.index_term.value();
    out->number = body.stream;
    out->offset = body.offset;
    out->done = body.done;
    out->bytes = Bytes(body.data).size();
    out->digest = Fingerprint64(Bytes(body.data));
    if (body.configuration_index != LogIndex{}) {
      AddConf(body.configuration_index.value(), Bytes(body.configuration), &out->confs);
    }
  }
  void operator()(const raft::SnapshotReply& body) const {
    out->type = RaftMessageType::kSnapResp;
    out->index = body.index.value();
    out->number = body.stream;
    out->offset = body.next_offset;
    out->reject = body.failed;
    out->done = body.installed;
  }
  void operator()(const raft::ReadIndexRequest& body) const {
    out->type = RaftMessageType::kReadIndex;
    out->number = body.id;
  }
  void operator()(const raft::ReadIndexReply& body) const {
    out->type = RaftMessageType::kReadIndexResp;
    out->number = body.id;
    out->reject = !body.ok;
    out->index = body.index.value();
  }
  void operator()(const raft::TimeoutNow&) const { out->type = RaftMessageType::kTimeoutNow; }
};

std::vector<RaftTraceMessage> Decode(NodeId from, NodeId to, std::string_view payload) {
  std::vector<RaftTraceMessage> messages;
  proto::RaftBatch scratch;
  uint32_t version = 0;
  // What cannot be read is no message: the receiver takes it for none, too.
  const Status ignored = replica::DecodeBatch(from, to, payload, replica::kWireVersion, &scratch,
                                              &version, [&](GroupId, const raft::Message& message) {
                                                RaftTraceMessage& out = messages.emplace_back();
                                                out.from = from.value();
                                                out.to = to.value();
                                                out.term = message.term.value();
                                                std::visit(Translate{&out}, message.body);
                                              });
  return messages;
}

uint64_t TermAt(const raft::Log& log, uint64_t index) {
  return log.term_at(LogIndex{index}).value_or(RaftTerm{}).value();
}

}  // namespace

void RaftTrace::Begin(World* world, RaftOf raft_of) {
  world_ = world;
  raft_of_ = std::move(raft_of);
}

void RaftTrace::End(std::string_view violation) {
  raft_of_ = nullptr;
  world_ = nullptr;
}

// What others did to the node since its last event (an operator's commands) counts to before.
void RaftTrace::BeforeEvent(const EventRecord& event, uint64_t id) {
  current_ = event.node;
  just_sent_ = 0;
  snapshot_came_ = false;
  if (event.node != NodeId{}) Look(event.node, world_->events() - 1);
}

void RaftTrace::AfterEvent(const EventRecord& event) {
  if (event.node != NodeId{}) Look(event.node, world_->events());
  current_ = NodeId{};
}

void RaftTrace::OnSend(uint64_t message, NodeId from, NodeId to, Channel channel,
                       std::string_view payload, MessageFate fate) {
  just_sent_ = 0;
  if (channel == Channel::kRpc) return;
  // Who lost its disk is no replica any more: nobody takes its word, now or when it is said again.
  const uint64_t digest = Fingerprint64(payload, from.value());
  if (current_ == from && raft_of_(from) == nullptr) unheard_.insert(digest);
  if (unheard_.contains(digest)) return;
  std::vector<RaftTraceMessage> messages = Decode(from, to, payload);
  if (current_ == from) {  // Else the network says again what was said long ago.
    Look(from, world_->events());
    if (Mirror& mirror = mirrors_[from]; mirror.known) {
      for (const RaftTraceMessage& sent : messages) {
        Tell(&mirror, RaftEventName::kSend, {.message = sent});
      }
    }
  }
  if (fate != MessageFate::kSent) return;
  under_way_[message] = {to, std::move(messages)};
  just_sent_ = message;
}

void RaftTrace::OnSchedule(uint64_t id, EventKind kind, NodeId owner, int64_t at_ns) {
  const auto sent = under_way_.find(just_sent_);
  if (kind == EventKind::kMessage && sent != under_way_.end()) ++sent->second.copies;
}

void RaftTrace::OnArrival(uint64_t message, bool delivered) {
  const auto found = under_way_.find(message);
  if (found == under_way_.end()) return;
  UnderWay& arrived = found->second;
  if (Mirror& mirror = mirrors_[arrived.to];
      delivered && mirror.known && raft_of_(arrived.to) != nullptr) {
    mirror.state.event = world_->events();
    for (const RaftTraceMessage& received : arrived.messages) {
      snapshot_came_ |= received.type == RaftMessageType::kSnap;
      Tell(&mirror, RaftEventName::kReceive, {.message = received});
    }
  }
  if (--arrived.copies == 0) under_way_.erase(found);
}

void RaftTrace::OnProcess(NodeId node, ProcessChange change) {
  if (change != ProcessChange::kPowerFailed && change != ProcessChange::kKilled) return;
  std::erase_if(under_way_, [node](const auto& flight) { return flight.second.to == node; });
  if (Mirror& mirror = mirrors_[node]; mirror.known) {
    Look(node, world_->events());  // What it did in the event at whose end it dies may be on disk.
    mirror.state.event = world_->events();
    Tell(&mirror, RaftEventName::kCrash);
  }
}

void RaftTrace::Tell(Mirror* mirror, RaftEventName name, RaftTraceEvent event) {
  const RaftTraceEvent& state = mirror->state;
  event.event = state.event;
  event.time_ns = world_->now_ns();
  event.node = state.node;
  event.name = name;
  event.term = state.term;
  event.vote = state.vote;
  event.commit = state.commit;
  event.role = state.role;
  event.last = mirror->log.last();
  event.last_term = mirror->log.last_term();
  event.conf = state.conf;
  sink_(event);
}

// What a sync made durable comes first, since a vote for itself and a commit may rest on it; then
// roles, since the rest is done in them. A leader commits what it had before; a follower
// what it was just sent.
void RaftTrace::Look(NodeId node, uint64_t event) {
  const raft::Raft* const raft = raft_of_(node);
  if (raft == nullptr) return;
  Mirror& mirror = mirrors_[node];
  mirror.state.event = event;
  mirror.state.node = node.value();
  const uint64_t incarnation = world_->process(node).incarnation();
  if (!mirror.known || mirror.incarnation != incarnation) {
    mirror.incarnation = incarnation;
    return TellInit(*raft, &mirror);
  }
  TellDurable(*raft, &mirror);
  const bool led = mirror.state.role == RaftRole::kLeader;
  TellRole(*raft, &mirror);
  const bool leads = led || mirror.state.role == RaftRole::kLeader;
  TellSnapshot(*raft, &mirror);
  if (leads &&
      mirror.log.TermAt(raft->commit().value()) == TermAt(raft->log(), raft->commit().value())) {
    TellCommit(*raft, &mirror);
  }
  TellEntries(*raft, leads, &mirror);
  TellCommit(*raft, &mirror);
  if (const raft::Log& log = raft->log(); log.snapshot_index().value() > mirror.log.base()) {
    mirror.log.CompactTo(std::min(log.snapshot_index().value(), mirror.log.last()));
    Tell(&mirror, RaftEventName::kCompact,
         {.snapshot = {log.snapshot_index().value(), log.snapshot_term().value()}});
  }
  TellConfiguration(*raft, &mirror);
  TellDurable(*raft, &mirror);
}

void RaftTrace::TellInit(const raft::Raft& raft, Mirror* mirror) {
  const raft::Log& log = raft.log();
  RaftTraceEvent init{.repair_floor = raft.repairing() ? raft.repair_floor().value() : 0};
  init.snapshot = {log.snapshot_index().value(), log.snapshot_term().value()};
  mirror->log = jepsen::TermLog(init.snapshot.first, init.snapshot.second);
  for (uint64_t i = init.snapshot.first + 1; i <= log.last_index().value(); ++i) {
    AddRun(TermAt(log, i), &init.entries);
    mirror->log.Append(TermAt(log, i), 1);
  }
  for (const auto& [index, configuration] : raft.configurations()) {
    init.confs.emplace_back(index.value(), ConfOf(configuration));
  }
  RaftTraceEvent& state = mirror->state;
  state.term = raft.term().value();
  state.vote = raft.vote().value();
  state.commit = raft.commit().value();
  state.role = static_cast<RaftRole>(raft.role());
  state.conf = raft.configuration_index().value();
  const bool durable = raft.vote_is_durable();
  mirror->durable = {durable ? state.term : 0, durable ? state.vote : 0, mirror->log.last(),
                     mirror->log.last_term()};
  init.durable = mirror->durable;
  mirror->truncations = log.truncations();
  mirror->conf = ConfOf(raft.configuration());
  mirror->known = true;
  Tell(mirror, RaftEventName::kInitState, std::move(init));
}

// Several steps of one event are told one by one: a term that was heard of before the campaign, a
// campaign that was given up.
void RaftTrace::TellRole(const raft::Raft& raft, Mirror* mirror) {
  RaftTraceEvent& state = mirror->state;
  const uint64_t term = raft.term().value(), vote = raft.vote().value();
  const auto role = static_cast<RaftRole>(raft.role());
  if (state.term == term && state.vote == vote && state.role == role) return;
  const bool campaigned = term > state.term && vote == state.node;
  const auto follow = [&](uint64_t in_term, uint64_t with_vote) {
    state.term = in_term;
    state.vote = with_vote;
    state.role = RaftRole::kFollower;
    Tell(mirror, RaftEventName::kBecomeFollower);
  };
  const auto become = [&](RaftRole next, RaftEventName name) {
    state.term = term;
    state.vote = vote;
    state.role = next;
    Tell(mirror, name);
  };
  if (campaigned && term > state.term + 1) follow(term - 1, 0);
  if (campaigned) become(RaftRole::kCandidate, RaftEventName::kBecomeCandidate);
  if (state.term == term && state.vote == vote && state.role == role) return;
  switch (role) {
    case RaftRole::kLeader:
      return become(role, RaftEventName::kBecomeLeader);
    case RaftRole::kCandidate:
      return become(role, RaftEventName::kBecomeCandidate);
    case RaftRole::kPreCandidate:
      if (term != state.term) follow(term, 0);
      if (vote != state.vote) become(RaftRole::kFollower, RaftEventName::kGrantVote);
      return become(role, RaftEventName::kBecomePreCandidate);
    case RaftRole::kFollower:
      break;
  }
  const bool granted = vote != 0 && (term != state.term || vote != state.vote);
  if (term != state.term || role != state.role || !granted) {
    follow(term, !granted ? vote : term == state.term ? state.vote : 0);
  }
  if (granted) become(role, RaftEventName::kGrantVote);
}

// Nothing that was written in this event can be compacted in it: it is not durable. So what goes
// beyond what was there came from elsewhere, and so may the rest if a snapshot's part came.
void RaftTrace::TellSnapshot(const raft::Raft& raft, Mirror* mirror) {
  const uint64_t index = raft.log().snapshot_index().value();
  const uint64_t term = raft.log().snapshot_term().value();
  if (index <= mirror->log.base()) return;
  const bool had = mirror->log.TermAt(index) == term;
  if (had && (!snapshot_came_ || index <= mirror->state.commit)) return;
  if (had) {
    mirror->log.CompactTo(index);
  } else {
    mirror->log = jepsen::TermLog(index, term);
    mirror->truncations = raft.log().truncations();
    mirror->durable.last =
        index;  // Maybe less than was: the entries behind it were of a lost branch.
    mirror->durable.last_term = term;
  }
  mirror->state.commit = index;
  Tell(mirror, RaftEventName::kApplySnapshot, {.snapshot = {index, term}});
}

void RaftTrace::TellCommit(const raft::Raft& raft, Mirror* mirror) {
  if (mirror->state.commit == raft.commit().value()) return;
  mirror->state.commit = raft.commit().value();
  Tell(mirror, RaftEventName::kCommit);
}

// Equal terms at an index mean equal entries up to there, so the first difference is looked for
// from the end.
void RaftTrace::TellEntries(const raft::Raft& raft, bool leads, Mirror* mirror) {
  const raft::Log& log = raft.log();
  const uint64_t last = log.last_index().value();
  uint64_t from = std::min(mirror->log.last(), last) + 1;
  if (log.truncations() != mirror->truncations) {
    const uint64_t bottom = std::max(mirror->log.base(), log.snapshot_index().value()) + 1;
    while (from > bottom && TermAt(log, from - 1) != mirror->log.TermAt(from - 1)) --from;
  }
  mirror->truncations = log.truncations();
  if (from > last && from > mirror->log.last()) return;
  // A leader's changes of members are steps of their own.
  for (uint64_t i = from; leads && i <= last; ++i) {
    if (log.at(LogIndex{i}).kind != raft::EntryKind::kConfiguration) continue;
    TellReplicate(raft, from, i, leads, mirror);
    from = i + 1;
  }
  if (from <= last || from <= mirror->log.last()) TellReplicate(raft, from, last, leads, mirror);
}

void RaftTrace::TellReplicate(const raft::Raft& raft, uint64_t from, uint64_t last, bool leads,
                              Mirror* mirror) {
  RaftTraceEvent replicate{.from = from};
  mirror->log.TruncateFrom(from);
  for (uint64_t i = from; i <= last; ++i) {
    const raft::Entry& entry = raft.log().at(LogIndex{i});
    AddRun(entry.term.value(), &replicate.entries);
    mirror->log.Append(entry.term.value(), 1);
    if (entry.kind == raft::EntryKind::kConfiguration) {
      AddConf(i, Bytes(entry.payload), &replicate.confs);
    }
  }
  if (mirror->durable.last >= from) {
    mirror->durable.last = from - 1;
    mirror->durable.last_term = mirror->log.TermAt(from - 1).value_or(0);
  }
  const jepsen::RaftConfs confs = replicate.confs;
  Tell(mirror, RaftEventName::kReplicate, std::move(replicate));
  const bool own = mirror->log.last_term() == mirror->state.term;
  if (leads && own && !confs.empty()) {
    Tell(mirror, RaftEventName::kChangeConf, {.confs = {confs.back()}});
  }
}

void RaftTrace::TellConfiguration(const raft::Raft& raft, Mirror* mirror) {
  const uint64_t index = raft.configuration_index().value();
  if (index == mirror->state.conf && mirror->conf == ConfOf(raft.configuration())) return;
  mirror->state.conf = index;
  mirror->conf = ConfOf(raft.configuration());
  Tell(mirror, RaftEventName::kApplyConfChange, {.confs = {{index, mirror->conf}}});
}

// Of what was told so far; the rest waits for its turn.
void RaftTrace::TellDurable(const raft::Raft& raft, Mirror* mirror) {
  jepsen::RaftDurable durable = mirror->durable;
  const uint64_t term = raft.term().value(), vote = raft.vote().value();
  if (raft.vote_is_durable() && term == mirror->state.term && vote == mirror->state.vote) {
    durable.term = term;
    durable.vote = vote;
  } else if (raft.term_is_durable() && term == mirror->state.term && term != durable.term) {
    durable.term = term;  // What was adopted before a vote in it was given.
    durable.vote = 0;
  }
  const uint64_t last = raft.log().stable_index().value();
  if (last > durable.last && mirror->log.TermAt(last) == TermAt(raft.log(), last)) {
    durable.last = last;
    durable.last_term = TermAt(raft.log(), last);
  }
  if (durable == mirror->durable) return;
  mirror->durable = durable;
  Tell(mirror, RaftEventName::kReady, {.durable = durable});
}

}  // namespace quadraft::sim
