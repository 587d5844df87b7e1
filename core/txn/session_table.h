// The sessions of one group (session.h), as its replicated state holds them.
//
//   SessionResult result = table.Begin(command, index);         // kDone: nothing speaks against it;
//   if (result.verdict == SessionVerdict::kDone) table.Record(command, outcome);   // of an update: once it is applied
//
// Deterministic: what it holds follows from the commands alone. Invariants: 1. of the sequences of a session from `kept_from` on
// exactly those that were applied have an outcome; 2. they lie within kSessionWindow; 3. `summary` is of what is there.
// Bounded: sessions by what their registrations say, outcomes by the window, both named in errors.
#ifndef QUADRAFT_CORE_TXN_SESSION_TABLE_H_
#define QUADRAFT_CORE_TXN_SESSION_TABLE_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/txn/session.h"

namespace quadraft::txn {

// Of this process, for metrics: what it applied itself, a replay after a restart too.
struct SessionCounters {
  uint64_t registered = 0;
  uint64_t expired = 0;      // Not used for their timeout.
  uint64_t evicted = 0;      // To make room.
  uint64_t closed = 0;       // By their clients.
  uint64_t deduplicated = 0;  // Updates that had an outcome already.
  uint64_t refused = 0;      // Updates of unknown sessions, too old, too far ahead or of another request.
};

class SessionTable {
 public:
  // What the command of the entry at `index` comes to, and all of it but the outcome of an update: that one is Record's.
  SessionResult Begin(const SessionCommand& command, LogIndex index);
  // After Begin of the same update said kDone.
  void Record(const SessionCommand& command, const SessionOutcome& outcome);

  // What no later entry can change, asked before an update is evaluated; `applied` is the state's index. kRepeated,
  // kUnknownSession, kSequenceTooOld, kOtherRequest; kWindowFull as things are now. nullopt: ask the log.
  std::optional<SessionResult> KnownAnswer(const SessionCommand& update, LogIndex applied) const;

  const SessionSummary& summary() const { return summary_; }
  const SessionCounters& counters() const { return counters_; }
  size_t outcomes() const { return outcomes_; }  // Of all sessions.

  // ---- For the store. A copy shares all sessions until one of them changes.
  std::vector<LogIndex> Numbers() const;
  std::string Encode(LogIndex number) const;  // Empty: there is none.
  // DataLoss: malformed, or there already. Sessions may come in any order; then SetClock. They count as changed.
  Status Restore(std::string_view encoded);
  void SetClock(uint64_t clock_ms) { summary_.clock_ms = clock_ms; }
  void InheritCounters(const SessionTable& other) { counters_ = other.counters_; }
  static StatusOr<LogIndex> NumberOf(std::string_view encoded);
  // Which ones changed, came or went since this was last called. At most one per entry that was applied meanwhile, and those
  // that it drove out.
  std::set<LogIndex> TakeChanged() { return std::exchange(changed_, {}); }

 private:
  struct Session {
    SessionId id;
    uint64_t timeout_ms = 0;
    uint64_t deadline_ms = 0;  // Later than this it is forgotten.
    uint64_t kept_from = 1;
    std::map<uint64_t, SessionOutcome> outcomes;  // By sequence.
    Hash128 Print() const { return SessionFingerprint(id, timeout_ms, deadline_ms, kept_from); }
  };
  void Advance(uint64_t time_ms);
  void Register(const SessionCommand& command, LogIndex index);
  void Remove(LogIndex number);
  void Add(std::shared_ptr<Session> session);
  void Use(LogIndex number, uint64_t kept_from);
  const Session* Find(const SessionId& id) const;
  Session& Mutable(LogIndex number);
  static SessionResult Judge(const Session& session, const SessionCommand& update);

  std::map<LogIndex, std::shared_ptr<Session>> sessions_;
  std::set<std::pair<uint64_t, LogIndex>> by_deadline_;
  std::set<LogIndex> changed_;
  SessionSummary summary_;
  SessionCounters counters_;
  size_t outcomes_ = 0;
};

}  // namespace quadraft::txn

#endif  // QUADRAFT_CORE_TXN_SESSION_TABLE_H_
