// The clients' sessions of a run by their plain definition (core/txn/session.h), apart from the table that nodes keep: what the
// committed entries so far amount to.
//
//   SessionModel model;
//   const SessionModel::Ruling ruling = model.Append(command, index);    // kDo: then Record with what it did.
//   model.Summary() == node.state().sessions().summary()
#ifndef QUADRAFT_SIM_CHECKERS_SESSION_MODEL_H_
#define QUADRAFT_SIM_CHECKERS_SESSION_MODEL_H_

#include <map>

#include "core/txn/session.h"

namespace quadraft::sim {

class SessionModel {
 public:
  enum class Ruling : uint8_t { kDo, kNothing };
  // kDo: an update whose first copy this is. All else is done here.
  Ruling Append(const txn::SessionCommand& command, LogIndex index);
  void Record(const txn::SessionCommand& command, const txn::SessionOutcome& outcome) {
    sessions_.at(command.session.index).outcomes[command.sequence] = outcome;
  }
  txn::SessionSummary Summary() const;

 private:
  struct Session {
    uint64_t key = 0, timeout_ms = 0, used_ms = 0, kept_from = 1;
    std::map<uint64_t, txn::SessionOutcome> outcomes;
  };
  void DropSoonestToExpire();

  uint64_t clock_ms_ = 0;
  std::map<LogIndex, Session> sessions_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CHECKERS_SESSION_MODEL_H_
