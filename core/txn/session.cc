#include "core/txn/session.h"

#include <charconv>

#include "core/base/bytes.h"

namespace quadraft::txn {
namespace {

constexpr char kFormat = 2;  // Of a payload; a write set's is 1.
constexpr size_t kKeyDigits = 16;
constexpr uint64_t kCodeMax = 16;  // absl::StatusCode's last.

bool GetId(std::string_view* in, SessionId* id) {
  uint64_t index = 0;
  if (!GetVarint(in, &index) || !GetFixed(in, &id->key)) return false;
  id->index = LogIndex{index};
  return true;
}

void PutId(std::string* out, const SessionId& id) {
  PutVarint(out, id.index.value());
  PutFixed<uint64_t>(out, id.key);
}

bool GetCode(std::string_view* in, uint32_t* code) {
  uint64_t number = 0;
  if (!GetVarint(in, &number) || number > kCodeMax) return false;
  *code = static_cast<uint32_t>(number);
  return true;
}

bool GetUpdate(std::string_view* in, SessionCommand* command) {
  std::string_view message, writes;
  if (!GetId(in, &command->session) || !GetVarint(in, &command->sequence) || !GetVarint(in, &command->kept_from) ||
      !GetFixed(in, &command->fingerprint) || !GetCode(in, &command->code) || !GetLengthPrefixed(in, &message) ||
      message.size() > kOutcomeMessageBytesMax || !GetLengthPrefixed(in, &writes)) {
    return false;
  }
  command->message = message;
  command->writes = writes;
  return command->sequence > 0 && command->kept_from > 0;
}

bool GetBody(std::string_view* in, SessionCommand* command) {
  switch (command->kind) {
    case SessionCommand::Kind::kRegister:
      return GetFixed(in, &command->session.key) && GetVarint(in, &command->timeout_ms) &&
             GetVarint(in, &command->sessions_max) && command->sessions_max > 0;
    case SessionCommand::Kind::kUpdate:
      return GetUpdate(in, command);
    case SessionCommand::Kind::kClose:
      return GetId(in, &command->session);
  }
  return false;
}

}  // namespace

std::string FormatSessionId(const SessionId& id) {
  std::string key;
  PutBigEndian64(&key, id.key);
  return StrCat(id.index, "-", HexEncode(key));
}

std::optional<SessionId> ParseSessionId(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == text.npos || dash == 0 || text[0] == '0' || text.size() - dash - 1 != kKeyDigits) return std::nullopt;
  SessionId id;
  uint64_t index = 0;
  const char* const middle = text.data() + dash;
  const auto number = std::from_chars(text.data(), middle, index);
  const auto key = std::from_chars(middle + 1, text.data() + text.size(), id.key, 16);
  if (number.ec != std::errc{} || number.ptr != middle || key.ptr != text.data() + text.size()) return std::nullopt;
  id.index = LogIndex{index};
  return FormatSessionId(id) == text ? std::optional(id) : std::nullopt;
}

bool IsSessionCommand(std::string_view payload) { return !payload.empty() && payload.front() == kFormat; }

std::string EncodeSessionCommand(const SessionCommand& command) {
  std::string out;
  out.reserve(command.writes.size() + command.message.size() + 64);
  out.push_back(kFormat);
  out.push_back(static_cast<char>(command.kind));
  PutVarint(&out, command.time_ms);
  switch (command.kind) {
    case SessionCommand::Kind::kRegister:
      PutFixed<uint64_t>(&out, command.session.key);
      PutVarint(&out, command.timeout_ms);
      PutVarint(&out, command.sessions_max);
      break;
    case SessionCommand::Kind::kUpdate:
      PutId(&out, command.session);
      PutVarint(&out, command.sequence);
      PutVarint(&out, command.kept_from);
      PutFixed<uint64_t>(&out, command.fingerprint);
      PutVarint(&out, command.code);
      PutLengthPrefixed(&out, std::string_view(command.message).substr(0, kOutcomeMessageBytesMax));
      PutLengthPrefixed(&out, command.writes);
      break;
    case SessionCommand::Kind::kClose:
      PutId(&out, command.session);
      break;
  }
  return out;
}

StatusOr<SessionCommand> DecodeSessionCommand(std::string_view payload) {
  if (!IsSessionCommand(payload) || payload.size() < 2) return DataLoss("session command: unknown format");
  SessionCommand command;
  const auto kind = static_cast<uint8_t>(payload[1]);
  payload.remove_prefix(2);
  if (kind < 1 || kind > static_cast<uint8_t>(SessionCommand::Kind::kClose))
    return DataLoss("session command: kind ", kind);
  command.kind = static_cast<SessionCommand::Kind>(kind);
  if (!GetVarint(&payload, &command.time_ms) || !GetBody(&payload, &command) || !payload.empty())
    return DataLoss("session command: malformed");
  return command;
}

void PutOutcome(std::string* out, const SessionOutcome& outcome) {
  PutVarint(out, outcome.index.value());
  PutFixed<uint64_t>(out, outcome.fingerprint);
  PutVarint(out, outcome.code);
  PutVarint(out, outcome.inserted);
  PutVarint(out, outcome.deleted);
  PutLengthPrefixed(out, outcome.message);
}

bool GetOutcome(std::string_view* in, SessionOutcome* outcome) {
  uint64_t index = 0;
  std::string_view message;
  if (!GetVarint(in, &index) || !GetFixed(in, &outcome->fingerprint) || !GetCode(in, &outcome->code) ||
      !GetVarint(in, &outcome->inserted) || !GetVarint(in, &outcome->deleted) || !GetLengthPrefixed(in, &message)) {
    return false;
  }
  outcome->index = LogIndex{index};
  outcome->message = message;
  return true;
}

std::string EncodeSessionResult(const SessionResult& result) {
  std::string out(1, static_cast<char>(result.verdict));
  PutVarint(&out, result.kept_from);
  PutOutcome(&out, result.outcome);
  return out;
}

StatusOr<SessionResult> DecodeSessionResult(std::string_view bytes) {
  SessionResult result;
  if (bytes.empty() || bytes[0] < 1 || bytes[0] > static_cast<char>(SessionVerdict::kOtherRequest))
    return DataLoss("session result: malformed");
  result.verdict = static_cast<SessionVerdict>(bytes[0]);
  bytes.remove_prefix(1);
  if (!GetVarint(&bytes, &result.kept_from) || !GetOutcome(&bytes, &result.outcome) || !bytes.empty())
    return DataLoss("session result: malformed");
  return result;
}

Hash128 SessionFingerprint(const SessionId& id, uint64_t timeout_ms, uint64_t deadline_ms, uint64_t kept_from) {
  std::string bytes = "session";
  for (const uint64_t number : {id.index.value(), id.key, timeout_ms, deadline_ms, kept_from})
    PutFixed<uint64_t>(&bytes, number);
  return Fingerprint(bytes);
}

Hash128 OutcomeFingerprint(const SessionId& id, uint64_t sequence, const SessionOutcome& outcome) {
  std::string bytes = "outcome";
  for (const uint64_t number : {id.index.value(), id.key, sequence}) PutFixed<uint64_t>(&bytes, number);
  PutOutcome(&bytes, outcome);
  return Fingerprint(bytes);
}

}  // namespace quadraft::txn
