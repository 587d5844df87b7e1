#include "sim/checkers/session_model.h"

#include <algorithm>

namespace quadraft::sim {

SessionModel::Ruling SessionModel::Append(const txn::SessionCommand& command, LogIndex index) {
  clock_ms_ = std::max(clock_ms_, command.time_ms);
  std::erase_if(sessions_, [this](const auto& item) { return item.second.used_ms + item.second.timeout_ms < clock_ms_; });
  if (command.kind == txn::SessionCommand::Kind::kRegister) {
    while (sessions_.size() >= command.sessions_max) DropSoonestToExpire();
    sessions_[index] = {.key = command.session.key, .timeout_ms = command.timeout_ms, .used_ms = clock_ms_};
    return Ruling::kNothing;
  }
  const auto found = sessions_.find(command.session.index);
  if (found == sessions_.end() || found->second.key != command.session.key) return Ruling::kNothing;
  if (command.kind == txn::SessionCommand::Kind::kClose) {
    sessions_.erase(found);
    return Ruling::kNothing;
  }
  Session& session = found->second;
  session.used_ms = clock_ms_;
  session.kept_from = std::max(session.kept_from, command.kept_from);
  std::erase_if(session.outcomes, [&](const auto& item) { return item.first < session.kept_from; });
  const bool within = command.sequence >= session.kept_from && command.sequence - session.kept_from < txn::kSessionWindow;
  return within && !session.outcomes.contains(command.sequence) ? Ruling::kDo : Ruling::kNothing;
}

void SessionModel::DropSoonestToExpire() {
  const auto soonest = std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
    return a.second.used_ms + a.second.timeout_ms < b.second.used_ms + b.second.timeout_ms;  // Of equals the first.
  });
  sessions_.erase(soonest);
}

txn::SessionSummary SessionModel::Summary() const {
  txn::SessionSummary summary{.clock_ms = clock_ms_, .count = sessions_.size()};
  for (const auto& [index, session] : sessions_) {
    const txn::SessionId id{index, session.key};
    summary.digest.Add(
        txn::SessionFingerprint(id, session.timeout_ms, session.used_ms + session.timeout_ms, session.kept_from));
    for (const auto& [sequence, outcome] : session.outcomes)
      summary.digest.Add(txn::OutcomeFingerprint(id, sequence, outcome));
  }
  return summary;
}

}  // namespace quadraft::sim
