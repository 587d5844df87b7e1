#include "sim/trace/recorder.h"

#include <algorithm>
#include <utility>

namespace quadraft::sim {
namespace {

constexpr size_t kTrimPart = 16;  // A sixteenth of the events goes at once.

uint32_t Short(NodeId node) { return static_cast<uint32_t>(node.value()); }
int64_t LinkId(NodeId from, NodeId to) {
  return static_cast<int64_t>(from.value() << 32 | to.value());
}

// Processes count up from zero, per client.
int64_t OperationId(int64_t process, NodeId client) {
  return static_cast<int64_t>(client.value()) * 1'000'000 + process;
}

}  // namespace

void ApplyLogChange(uint64_t from, const TermRuns& terms, uint64_t snapshot, RecordedBase* log) {
  if (from < log->log_first || from > log->log_first + log->log_terms.size()) {
    log->log_terms.clear();
    log->log_first = from;
  }
  log->log_terms.resize(from - log->log_first);
  for (const auto& [term, count] : terms) {
    log->log_terms.insert(log->log_terms.end(), count, term);
  }
  while (!log->log_terms.empty() && log->log_first <= snapshot) {
    log->log_terms.pop_front();
    ++log->log_first;
  }
  if (log->log_terms.empty()) log->log_first = std::max(log->log_first, snapshot + 1);
}

void Recorder::Begin(World* world, RaftOf raft_of) {
  world_ = world;
  raft_of_ = std::move(raft_of);
}

void Recorder::End(std::string_view violation) {
  for (auto& [number, flight] : under_way_) {
    EndMessage(std::move(flight.message), MessageEnd::kUnderWay);
  }
  under_way_.clear();
  while (!open_.empty()) {
    const SpanKey key = open_.begin()->first;
    open_.begin()->second.open = true;
    CloseSpan(key, OperationOutcome::kUnknown, "");
  }
  for (uint32_t i = 0; i < world_->process_count(); ++i) {
    const Process& process = world_->process_at(i);
    recording_.nodes.push_back(
        {Short(process.id()), process.name(), mirrors_.contains(process.id())});
  }
  recording_.last_event = world_->events();
  recording_.end_ns = world_->now_ns();
  recording_.violation = violation;
  raft_of_ = nullptr;
  world_ = nullptr;
}

void Recorder::OnSchedule(uint64_t id, EventKind kind, NodeId owner, int64_t at_ns) {
  causes_.push_back({id, world_->events()});
  if (causes_.size() > kCausesMax) causes_.pop_front();
}

void Recorder::BeforeEvent(const EventRecord& event, uint64_t id) {
  const auto cause =
      std::lower_bound(causes_.begin(), causes_.end(), id,
                       [](const Cause& c, uint64_t wanted) { return c.id < wanted; });
  const bool known = cause != causes_.end() && cause->id == id;
  recording_.events.push_back({.number = world_->events(),
                               .cause = known ? cause->event : 0,
                               .time_ns = event.time_ns,
                               .digest = event.digest,
                               .node = Short(event.node),
                               .kind = event.kind});
}

void Recorder::AfterEvent(const EventRecord& event) {
  if (event.node != NodeId{}) LookAtRaft(event.node);
  if (recording_.items() > options_.items_max) Trim();
}

void Recorder::OnSend(uint64_t message, NodeId from, NodeId to, Channel channel,
                      std::string_view payload, MessageFate fate) {
  const auto copy = under_way_.find(message);
  if (copy != under_way_.end()) {
    ++copy->second.copies;
    return;
  }
  MessageText described = DescribePayload(from, to, channel, payload);
  RecordedMessage sent{.number = message,
                       .sent_event = world_->events(),
                       .sent_ns = world_->now_ns(),
                       .from = Short(from),
                       .to = Short(to),
                       .bytes = static_cast<uint32_t>(payload.size()),
                       .kind = described.kind,
                       .text = std::move(described.text)};
  switch (fate) {
    case MessageFate::kSent:
      under_way_.emplace(message, UnderWay{std::move(sent)});
      return;
    case MessageFate::kLost:
      return EndMessage(std::move(sent), MessageEnd::kLost);
    case MessageFate::kBlocked:
      return EndMessage(std::move(sent), MessageEnd::kBlocked);
    case MessageFate::kOverflow:
      return EndMessage(std::move(sent), MessageEnd::kOverflow);
    case MessageFate::kNobody:
      return EndMessage(std::move(sent), MessageEnd::kNobody);
  }
}

void Recorder::OnArrival(uint64_t message, bool delivered) {
  const auto found = under_way_.find(message);
  if (found == under_way_.end()) return;  // Sent before the recorder came.
  const MessageEnd end = delivered ? MessageEnd::kDelivered : MessageEnd::kCutOff;
  if (--found->second.copies > 0) return EndMessage(found->second.message, end);
  RecordedMessage arrived = std::move(found->second.message);
  under_way_.erase(found);
  EndMessage(std::move(arrived), end);
}

void Recorder::EndMessage(RecordedMessage message, MessageEnd end) {
  message.end = end;
  message.end_event = world_->events();
  message.end_ns = world_->now_ns();
  recording_.messages.push_back(std::move(message));
}

void Recorder::OnLink(NodeId from, NodeId to, int cuts) {
  const SpanKey key{SpanKind::kCut, LinkId(from, to)};
  if (cuts == 0) return CloseSpan(key, OperationOutcome::kOk, "");
  if (open_.contains(key)) return;
  OpenSpan(key, {.kind = SpanKind::kCut, .node = Short(from), .other = Short(to)});
}

void Recorder::OnProcess(NodeId node, ProcessChange change) {
  const int64_t id = static_cast<int64_t>(node.value());
  const SpanKey paused{SpanKind::kPaused, id}, down{SpanKind::kDown, id};
  switch (change) {
    case ProcessChange::kStarted:
      return CloseSpan(down, OperationOutcome::kOk, "");
    case ProcessChange::kResumed:
      return CloseSpan(paused, OperationOutcome::kOk, "");
    case ProcessChange::kPaused:
      if (open_.contains(paused)) return;
      return OpenSpan(paused, {.kind = SpanKind::kPaused, .node = Short(node)});
    case ProcessChange::kPowerFailed:
    case ProcessChange::kKilled:
      break;
  }
  CloseSpan(paused, OperationOutcome::kOk, "");
  OpenSpan(down, {.kind = SpanKind::kDown,
                  .node = Short(node),
                  .text = change == ProcessChange::kKilled ? "kill" : "power"});
  for (auto it = under_way_.begin(); it != under_way_.end();) {
    if (it->second.message.to != Short(node)) {
      ++it;
      continue;
    }
    EndMessage(std::move(it->second.message), MessageEnd::kPeerDied);
    it = under_way_.erase(it);
  }
}

void Recorder::OnLog(NodeId node, LogLevel level, std::string_view line) {
  if (level < options_.log_level) return;
  recording_.logs.push_back(
      {world_->events(), world_->now_ns(), Short(node), level, Shortened(line)});
}

void Recorder::OnFaultBegin(uint64_t fault, std::string_view name, std::string_view detail) {
  OpenSpan({SpanKind::kFault, static_cast<int64_t>(fault)},
           {.kind = SpanKind::kFault,
            .text = Shortened(detail.empty() ? name : StrCat(name, " ", detail))});
}

void Recorder::OnFaultEnd(uint64_t fault) {
  CloseSpan({SpanKind::kFault, static_cast<int64_t>(fault)}, OperationOutcome::kOk, "");
}

void Recorder::OnPhase(std::string_view name) {
  const SpanKey key{SpanKind::kPhase, 0};
  CloseSpan(key, OperationOutcome::kOk, "");
  OpenSpan(key, {.kind = SpanKind::kPhase, .text = Shortened(name)});
}

void Recorder::OnInvoke(int64_t process, NodeId client, std::string_view text) {
  OpenSpan({SpanKind::kOperation, OperationId(process, client)},
           {.kind = SpanKind::kOperation, .node = Short(client), .text = Shortened(text)});
}

void Recorder::OnComplete(int64_t process, NodeId client, OperationOutcome outcome,
                          std::string_view text) {
  CloseSpan({SpanKind::kOperation, OperationId(process, client)}, outcome, text);
}

void Recorder::OpenSpan(SpanKey key, RecordedSpan span) {
  span.id = key.second;
  span.begin_event = world_->events();
  span.begin_ns = world_->now_ns();
  open_[key] = std::move(span);
}

void Recorder::CloseSpan(SpanKey key, OperationOutcome outcome, std::string_view result) {
  const auto found = open_.find(key);
  if (found == open_.end()) return;
  RecordedSpan span = std::move(found->second);
  open_.erase(found);
  span.outcome = outcome;
  span.end_event = world_->events();
  span.end_ns = world_->now_ns();
  span.result = Shortened(result);
  recording_.spans.push_back(std::move(span));
}

void Recorder::LookAtRaft(NodeId node) {
  const raft::Raft* const raft = raft_of_(node);
  if (raft == nullptr) return;
  const raft::Log& log = raft->log();
  const RaftView view{.role = static_cast<uint8_t>(raft->role()),
                      .term = raft->term().value(),
                      .vote = raft->vote().value(),
                      .leader = raft->leader().value(),
                      .commit = raft->commit().value(),
                      .last = log.last_index().value(),
                      .snapshot = log.snapshot_index().value()};
  Mirror& mirror = mirrors_[node];
  const uint64_t incarnation = world_->process(node).incarnation();
  const bool same_log =
      log.truncations() == mirror.truncations && incarnation == mirror.incarnation;
  if (mirror.known && same_log && view == mirror.view) return;
  RecordedRaft change{
      .event = world_->events(), .time_ns = world_->now_ns(), .node = Short(node), .view = view};
  DiffLog(log, mirror.known && same_log, &mirror, &change);
  mirror.known = true;
  mirror.view = view;
  mirror.truncations = log.truncations();
  mirror.incarnation = incarnation;
  recording_.rafts.push_back(std::move(change));
}

// Equal terms at an index mean equal entries up to there (log matching), so the first difference is
// looked for from the end.
void Recorder::DiffLog(const raft::Log& log, bool appended_only, Mirror* mirror,
                       RecordedRaft* change) {
  const RecordedBase& known = mirror->log;
  const uint64_t known_end = known.log_first + known.log_terms.size();  // Past its last index.
  const uint64_t last = log.last_index().value();
  const uint64_t bottom = std::max(known.log_first, log.snapshot_index().value() + 1);
  uint64_t from = std::min(known_end, last + 1);
  const bool behind_snapshot = from < bottom;
  if (behind_snapshot) from = bottom;
  while (!appended_only && !behind_snapshot && from > bottom &&
         log.term_at(LogIndex{from - 1})->value() !=
             known.log_terms[static_cast<size_t>(from - 1 - known.log_first)]) {
    --from;
  }
  change->log_from = from;
  for (uint64_t index = from; index <= last; ++index) {
    const uint64_t term = log.term_at(LogIndex{index})->value();
    if (!change->log_terms.empty() && change->log_terms.back().first == term) {
      ++change->log_terms.back().second;
    } else {
      change->log_terms.emplace_back(term, 1);
    }
  }
  ApplyLogChange(from, change->log_terms, change->view.snapshot, &mirror->log);
}

void Recorder::Fold(const RecordedRaft& change) {
  RecordedBase& base = recording_.base[change.node];
  base.view = change.view;
  ApplyLogChange(change.log_from, change.log_terms, change.view.snapshot, &base);
}

void Recorder::Trim() {
  Recording& r = recording_;
  while (r.items() > options_.items_max && r.events.size() > 1) {
    const size_t drop = std::max<size_t>(1, r.events.size() / kTrimPart);
    r.events.erase(r.events.begin(), r.events.begin() + static_cast<std::ptrdiff_t>(drop));
    r.dropped_events += drop;
    r.dropped_until_ns = r.events.front().time_ns;
    const uint64_t first = r.events.front().number;
    while (!r.messages.empty() && r.messages.front().end_event < first) r.messages.pop_front();
    while (!r.logs.empty() && r.logs.front().event < first) r.logs.pop_front();
    while (!r.spans.empty() && r.spans.front().end_event < first) r.spans.pop_front();
    while (!r.rafts.empty() && r.rafts.front().event < first) {
      Fold(r.rafts.front());
      r.rafts.pop_front();
    }
  }
}

}  // namespace quadraft::sim
