// Exactly-once sessions of clients (Ongaro's thesis, section 6.3): what the log and the state hold of them.
//
// A client registers a session: an entry, whose index is the session's number for ever. It numbers its updates from 1 and may
// send one again as often as it likes: the first copy that is applied counts, and its outcome is kept until the client says that it
// has it, or until kSessionWindow later ones came. A session that is not used for its timeout, in the time that leaders put into
// commands, is forgotten; so is the one that is nearest to that when there are too many. Both bounds stand in the command that
// registers, so all replicas do the same whatever their own settings and clocks say.
//
//   payload of an entry: a write set (write_set.h; first byte 1), or a SessionCommand (first byte 2)
#ifndef QUADRAFT_CORE_TXN_SESSION_H_
#define QUADRAFT_CORE_TXN_SESSION_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/base/status.h"

namespace quadraft::txn {

// Sequences of one session that may be under way at once; as many outcomes are kept at most.
inline constexpr uint64_t kSessionWindow = 256;
inline constexpr size_t kOutcomeMessageBytesMax = 512;  // More of an error's text is cut.

struct SessionId {
  LogIndex index;    // Of the entry that registered it.
  uint64_t key = 0;  // Drawn by chance, so that a number of another cluster's session, or a wrong one, is not taken for this.
  friend auto operator<=>(const SessionId&, const SessionId&) = default;
};
std::string FormatSessionId(const SessionId& id);                // "17-0123456789abcdef".
std::optional<SessionId> ParseSessionId(std::string_view text);  // Of just that form.

// How one update ended. An error that its evaluation gave is an outcome like any other.
struct SessionOutcome {
  LogIndex index;            // Of its entry.
  uint64_t fingerprint = 0;  // Of the request.
  uint32_t code = 0;         // absl::StatusCode; 0: it was applied.
  uint64_t inserted = 0, deleted = 0;
  std::string message;       // Of an error.
  friend bool operator==(const SessionOutcome&, const SessionOutcome&) = default;
};

struct SessionCommand {
  enum class Kind : uint8_t { kRegister = 1, kUpdate = 2, kClose = 3 };
  Kind kind = Kind::kRegister;
  uint64_t time_ms = 0;  // As the leader counts it, from the time that it found in the state.
  SessionId session;     // Of kRegister only the key.
  // kRegister
  uint64_t timeout_ms = 0;
  uint64_t sessions_max = 0;  // With this one; at least 1.
  // kUpdate
  uint64_t sequence = 0;   // From 1.
  uint64_t kept_from = 1;  // The client needs no outcome below this.
  uint64_t fingerprint = 0;
  uint32_t code = 0;  // Not 0: the update is refused, with `message`; else `writes` is what it does.
  std::string message;
  std::string writes;  // EncodeWriteSet.
  friend bool operator==(const SessionCommand&, const SessionCommand&) = default;
};
bool IsSessionCommand(std::string_view payload);
std::string EncodeSessionCommand(const SessionCommand& command);
StatusOr<SessionCommand> DecodeSessionCommand(std::string_view payload);  // DataLoss when not an encoding.

// What the proposer of a command is told.
enum class SessionVerdict : uint8_t {
  kDone = 1,            // By this entry.
  kRepeated = 2,        // It was done before, with this outcome.
  kUnknownSession = 3,  // Expired, closed, or never registered. From here on: this entry did nothing.
  kSequenceTooOld = 4,  // Its outcome is not kept any more.
  kWindowFull = 5,      // Further than kSessionWindow from the oldest that is kept.
  kOtherRequest = 6,    // The sequence was used for another request.
};
struct SessionResult {
  SessionVerdict verdict = SessionVerdict::kDone;
  uint64_t kept_from = 0;  // Of the session; 0: there is none.
  SessionOutcome outcome;  // kDone, kRepeated.
  friend bool operator==(const SessionResult&, const SessionResult&) = default;
};
std::string EncodeSessionResult(const SessionResult& result);
StatusOr<SessionResult> DecodeSessionResult(std::string_view bytes);

// What a table comes to. All zero: no session was ever registered.
struct SessionSummary {
  uint64_t clock_ms = 0;
  uint64_t count = 0;
  Hash128 digest;  // The sum of the fingerprints below over all sessions and their outcomes.
  friend bool operator==(const SessionSummary&, const SessionSummary&) = default;
};
Hash128 SessionFingerprint(const SessionId& id, uint64_t timeout_ms, uint64_t deadline_ms, uint64_t kept_from);
Hash128 OutcomeFingerprint(const SessionId& id, uint64_t sequence, const SessionOutcome& outcome);

void PutOutcome(std::string* out, const SessionOutcome& outcome);
bool GetOutcome(std::string_view* in, SessionOutcome* outcome);

}  // namespace quadraft::txn

#endif  // QUADRAFT_CORE_TXN_SESSION_H_
