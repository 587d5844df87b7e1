#include "core/txn/session_table.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::txn {

SessionResult SessionTable::Begin(const SessionCommand& command, LogIndex index) {
  Advance(command.time_ms);
  if (command.kind == SessionCommand::Kind::kRegister) {
    Register(command, index);
    return {SessionVerdict::kDone, 1, {.index = index}};
  }
  const Session* const session = Find(command.session);
  if (session == nullptr) {
    ++counters_.refused;
    SIM_SOMETIMES(true, "session-unknown");
    return {SessionVerdict::kUnknownSession, 0, {}};
  }
  if (command.kind == SessionCommand::Kind::kClose) {
    Remove(command.session.index);
    ++counters_.closed;
    return {SessionVerdict::kDone, 0, {.index = index}};
  }
  Use(command.session.index, command.kept_from);
  SessionResult result = Judge(*Find(command.session), command);
  counters_.deduplicated += result.verdict == SessionVerdict::kRepeated;
  counters_.refused += result.verdict > SessionVerdict::kRepeated;
  SIM_SOMETIMES(result.verdict == SessionVerdict::kRepeated, "session-update-repeated");
  SIM_SOMETIMES(result.verdict == SessionVerdict::kSequenceTooOld, "session-sequence-too-old");
  return result;
}

SessionResult SessionTable::Judge(const Session& session, const SessionCommand& update) {
  const uint64_t kept_from = std::max(session.kept_from, update.kept_from);
  if (update.sequence < kept_from && !QR_MUTANT("session-old-sequence-applied"))
    return {SessionVerdict::kSequenceTooOld, kept_from, {}};
  const auto found = session.outcomes.find(update.sequence);
  if (found != session.outcomes.end()) {
    const bool same = found->second.fingerprint == update.fingerprint;
    return {same ? SessionVerdict::kRepeated : SessionVerdict::kOtherRequest, kept_from, found->second};
  }
  const bool full = update.sequence >= kept_from && update.sequence - kept_from >= kSessionWindow;
  return {full ? SessionVerdict::kWindowFull : SessionVerdict::kDone, kept_from, {}};
}

std::optional<SessionResult> SessionTable::KnownAnswer(const SessionCommand& update, LogIndex applied) const {
  if (update.session.index > applied) return std::nullopt;  // It may be registered and not here yet.
  const Session* const session = Find(update.session);
  if (session == nullptr) return SessionResult{SessionVerdict::kUnknownSession, 0, {}};
  SessionResult result = Judge(*session, update);
  if (result.verdict == SessionVerdict::kDone) return std::nullopt;
  return result;
}

void SessionTable::Record(const SessionCommand& command, const SessionOutcome& outcome) {
  Session& session = Mutable(command.session.index);
  const bool fresh = session.outcomes.emplace(command.sequence, outcome).second;
  if (!fresh) return;
  ++outcomes_;
  summary_.digest.Add(OutcomeFingerprint(session.id, command.sequence, outcome));
}

// Time never goes back, whatever a new leader thinks.
void SessionTable::Advance(uint64_t time_ms) {
  summary_.clock_ms = std::max(summary_.clock_ms, time_ms);
  while (!by_deadline_.empty() && by_deadline_.begin()->first < summary_.clock_ms) {
    SIM_SOMETIMES(true, "session-expired");
    ++counters_.expired;
    Remove(by_deadline_.begin()->second);
  }
}

void SessionTable::Register(const SessionCommand& command, LogIndex index) {
  while (sessions_.size() >= command.sessions_max && !QR_MUTANT("session-table-not-cut")) {
    SIM_SOMETIMES(true, "session-evicted");
    ++counters_.evicted;
    Remove(by_deadline_.begin()->second);
  }
  ++counters_.registered;
  changed_.insert(index);
  auto session = std::make_shared<Session>();
  session->id = {index, command.session.key};
  session->timeout_ms = command.timeout_ms;
  session->deadline_ms = summary_.clock_ms + command.timeout_ms;
  Add(std::move(session));
}

void SessionTable::Add(std::shared_ptr<Session> session) {
  summary_.digest.Add(session->Print());
  for (const auto& [sequence, outcome] : session->outcomes)
    summary_.digest.Add(OutcomeFingerprint(session->id, sequence, outcome));
  outcomes_ += session->outcomes.size();
  ++summary_.count;
  const LogIndex number = session->id.index;
  by_deadline_.emplace(session->deadline_ms, number);
  sessions_.emplace(number, std::move(session));
}

void SessionTable::Remove(LogIndex number) {
  const auto found = sessions_.find(number);
  QR_CHECK(found != sessions_.end()) << "no session " << number;
  const Session& session = *found->second;
  for (const auto& [sequence, outcome] : session.outcomes)
    summary_.digest.Subtract(OutcomeFingerprint(session.id, sequence, outcome));
  summary_.digest.Subtract(session.Print());
  outcomes_ -= session.outcomes.size();
  --summary_.count;
  by_deadline_.erase({session.deadline_ms, number});
  changed_.insert(number);
  sessions_.erase(found);
}

// It lives on, and what its client has is dropped.
void SessionTable::Use(LogIndex number, uint64_t kept_from) {
  Session& session = Mutable(number);
  by_deadline_.erase({session.deadline_ms, number});
  summary_.digest.Subtract(session.Print());
  session.deadline_ms = summary_.clock_ms + session.timeout_ms;
  session.kept_from = std::max(session.kept_from, kept_from);
  summary_.digest.Add(session.Print());
  by_deadline_.emplace(session.deadline_ms, number);
  auto& outcomes = session.outcomes;
  while (!outcomes.empty() && outcomes.begin()->first < session.kept_from) {
    summary_.digest.Subtract(OutcomeFingerprint(session.id, outcomes.begin()->first, outcomes.begin()->second));
    outcomes.erase(outcomes.begin());
    --outcomes_;
  }
}

const SessionTable::Session* SessionTable::Find(const SessionId& id) const {
  const auto found = sessions_.find(id.index);
  return found != sessions_.end() && found->second->id == id ? found->second.get() : nullptr;
}

SessionTable::Session& SessionTable::Mutable(LogIndex number) {
  std::shared_ptr<Session>& session = sessions_.at(number);
  if (session.use_count() > 1) session = std::make_shared<Session>(*session);
  changed_.insert(number);
  return *session;
}

std::vector<LogIndex> SessionTable::Numbers() const {
  std::vector<LogIndex> numbers;
  for (const auto& [number, session] : sessions_) numbers.push_back(number);
  return numbers;
}

std::string SessionTable::Encode(LogIndex number) const {
  std::string out;
  const auto found = sessions_.find(number);
  if (found == sessions_.end()) return out;
  const Session& session = *found->second;
  PutVarint(&out, session.id.index.value());
  PutFixed<uint64_t>(&out, session.id.key);
  for (const uint64_t value : {session.timeout_ms, session.deadline_ms, session.kept_from, uint64_t{session.outcomes.size()}})
    PutVarint(&out, value);
  for (const auto& [sequence, outcome] : session.outcomes) {
    PutVarint(&out, sequence);
    PutOutcome(&out, outcome);
  }
  return out;
}

StatusOr<LogIndex> SessionTable::NumberOf(std::string_view encoded) {
  uint64_t index = 0;
  if (!GetVarint(&encoded, &index) || index == 0) return DataLoss("session: malformed");
  return LogIndex{index};
}

Status SessionTable::Restore(std::string_view in) {
  auto session = std::make_shared<Session>();
  uint64_t index = 0, count = 0, last = 0;
  if (!GetVarint(&in, &index) || index == 0 || !GetFixed(&in, &session->id.key) || !GetVarint(&in, &session->timeout_ms) ||
      !GetVarint(&in, &session->deadline_ms) || !GetVarint(&in, &session->kept_from) || session->kept_from == 0 ||
      !GetVarint(&in, &count) || count > kSessionWindow) {
    return DataLoss("session: malformed");
  }
  session->id.index = LogIndex{index};
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t sequence = 0;
    SessionOutcome outcome;
    if (!GetVarint(&in, &sequence) || sequence <= last || !GetOutcome(&in, &outcome)) return DataLoss("session ", index, ": malformed");
    session->outcomes.emplace(last = sequence, std::move(outcome));
  }
  if (!in.empty()) return DataLoss("session ", index, ": ", in.size(), " bytes too many");
  if (sessions_.contains(session->id.index)) return DataLoss("session ", index, " is there twice");
  changed_.insert(LogIndex{index});
  Add(std::move(session));
  return OkStatus();
}

}  // namespace quadraft::txn
