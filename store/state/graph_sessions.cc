// The clients' sessions in GraphState (core/txn/session.h): applying their commands, keeping them in the store.
//
// They lie in the space, a key each, and go there with the fold that holds what their updates did.
#include <string>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "store/state/graph_state.h"
#include "store/state/quad_writer.h"

namespace quadraft::store {
namespace {

uint64_t OwnTimeMs(Env& env) {
  return static_cast<uint64_t>(env.clock().Now().time_since_epoch() / milliseconds(1));
}

}  // namespace

StatusOr<std::string> GraphState::ApplySession(const raft::Entry& entry, LogIndex first, QuadWriter* writer,
                                               Status* fatal) {
  auto command = txn::DecodeSessionCommand(*entry.payload);
  if (!command.ok()) return Annotate(command.status(), StrCat("entry ", entry.index));
  if (QR_MUTANT("session-expires-by-own-clock")) command->time_ms = OwnTimeMs(kv_.env());
  txn::SessionResult result = sessions_.Begin(*command, entry.index);
  const bool together = result.verdict == txn::SessionVerdict::kRepeated && result.outcome.index >= first;
  SIM_SOMETIMES(together, "session-retry-applied-together");
  if (together && QR_MUTANT("retry-in-flight-applied-twice")) result.verdict = txn::SessionVerdict::kDone;
  if (command->kind != txn::SessionCommand::Kind::kUpdate || result.verdict != txn::SessionVerdict::kDone)
    return txn::EncodeSessionResult(result);
  result.outcome = {.index = entry.index,
                    .fingerprint = command->fingerprint,
                    .code = command->code,
                    .message = command->message};
  if (command->code == 0) {
    QR_ASSIGN_OR_RETURN(const ApplyResult changes, ApplyWrites(entry, command->writes, writer, fatal));
    result.outcome.inserted = changes.inserted;
    result.outcome.deleted = changes.deleted;
  }
  sessions_.Record(*command, result.outcome);
  return txn::EncodeSessionResult(result);
}

Status GraphState::LoadSessions() {
  const std::string prefix = SpacePrefix(kSessionKind, meta_.space);
  const auto it = kv_.NewIterator(false);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next())
    QR_RETURN_IF_ERROR(sessions_.Restore(it->value()));
  QR_RETURN_IF_ERROR(it->status());
  sessions_.SetClock(meta_.sessions.clock_ms);
  sessions_.TakeChanged();
  if (const txn::SessionSummary& found = sessions_.summary(); found != meta_.sessions) {
    return DataLoss("state: ", found.count, " sessions with digest ", found.digest.ToHex(), ", expected ",
                    meta_.sessions.count, " with ", meta_.sessions.digest.ToHex());
  }
  return OkStatus();
}

void GraphState::PutSessions(KvBatch* batch) {
  if (QR_MUTANT("session-applied-twice-after-restart")) return;
  for (const LogIndex number : sessions_.TakeChanged()) {
    const std::string encoded = sessions_.Encode(number);
    if (encoded.empty()) {
      batch->Delete(SessionKey(meta_.space, number));
    } else {
      batch->Put(SessionKey(meta_.space, number), encoded);
    }
  }
  meta_.sessions = sessions_.summary();
}

}  // namespace quadraft::store
