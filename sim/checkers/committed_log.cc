#include "sim/checkers/committed_log.h"

#include <algorithm>
#include <charconv>

namespace quadraft::sim {
namespace {

constexpr std::string_view kMark = "urn:mark";
constexpr std::string_view kMarkPrefix = "urn:mark:";

}  // namespace

std::string CommittedLog::MarkText(uint64_t id) {
  return StrCat("DELETE DATA { <", kMarkPrefix, id, "> <", kMark, "> <", kMark, "> }");
}

Status CommittedLog::AfterEvent(const EventRecord& event) {
  if (event.node == NodeId{}) return OkStatus();
  const raft::Raft* const raft = raft_of_(event.node);
  if (raft == nullptr) return OkStatus();
  while (commit() < raft->commit()) {
    const LogIndex next = commit().Next();
    if (next > raft->log().snapshot_index()) {
      QR_RETURN_IF_ERROR(Append(raft->log().at(next)));
      continue;
    }
    const raft::Entry* const entry = Remembered(event.node, next, raft->log().snapshot_term());
    if (entry == nullptr) {
      return Internal("leader completeness: node ", event.node,
                      " has committed and compacted entry ", next,
                      ", which no server was seen to have in its log");
    }
    QR_RETURN_IF_ERROR(Append(raft::Entry(*entry)));
  }
  Remember(raft->log(), &tails_[event.node]);
  return OkStatus();
}

void CommittedLog::Remember(const raft::Log& log, Tail* tail) {
  if (tail->truncations != log.truncations() || log.last_index() < tail->last) {
    tail->entries.clear();
    tail->last = LogIndex{};
    tail->truncations = log.truncations();
  }
  const LogIndex seen = std::max({tail->last, commit(), log.snapshot_index()});
  for (LogIndex index = seen.Next(); index <= log.last_index(); index = index.Next()) {
    tail->entries.emplace(index, log.at(index));
  }
  tail->last = log.last_index();
  tail->entries.erase(tail->entries.begin(), tail->entries.upper_bound(commit()));
}

// Its own log says it best. Another's will do where its own was never seen with the entry (it came,
// was committed and went in one event); terms in a log never decrease.
const raft::Entry* CommittedLog::Remembered(NodeId node, LogIndex index,
                                            RaftTerm snapshot_term) const {
  const raft::Entry* best = nullptr;
  for (const auto& [id, tail] : tails_) {
    const auto found = tail.entries.find(index);
    if (found == tail.entries.end() || found->second.term > snapshot_term) continue;
    if (id == node) return &found->second;
    if (best == nullptr || best->term < found->second.term) best = &found->second;
  }
  return best;
}

StatusOr<txn::WriteSet> CommittedLog::WritesOf(const raft::Entry& entry, std::optional<txn::SessionCommand>* command) {
  const std::string_view payload = entry.payload == nullptr ? std::string_view() : *entry.payload;
  if (!txn::IsSessionCommand(payload)) return txn::DecodeWriteSet(payload);
  QR_ASSIGN_OR_RETURN(*command, txn::DecodeSessionCommand(payload));
  const bool first = sessions_.Append(**command, entry.index) == SessionModel::Ruling::kDo;
  if (!first || (*command)->code != 0) {
    if (first) {
      sessions_.Record(**command, {.index = entry.index,
                                   .fingerprint = (*command)->fingerprint,
                                   .code = (*command)->code,
                                   .message = (*command)->message});
    }
    session_summary_ = sessions_.Summary();
    command->reset();
    return txn::WriteSet();
  }
  return txn::DecodeWriteSet((*command)->writes);
}

Status CommittedLog::Append(const raft::Entry& entry) {
  Entry& done = entries_.emplace_back();
  done.digest = digest_;
  done.sessions = session_summary_;
  if (entry.kind != raft::EntryKind::kNormal) return OkStatus();
  std::optional<txn::SessionCommand> command;  // Of an update that is done.
  const auto writes = WritesOf(entry, &command);
  if (!writes.ok())
    return Internal("entry ", entry.index, " is nothing that can be applied: ", Message(writes.status()));
  for (const rdf::Quad& quad : writes->deletes) {
    if (quad.predicate.value != kMark) continue;
    uint64_t id = 0;
    const std::string_view digits = std::string_view(quad.subject.value).substr(kMarkPrefix.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), id);
    done.marks.push_back(id);
  }
  for (const rdf::Quad& quad : writes->deletes) {
    if (data_.Erase(quad)) done.erased.push_back(quad);
  }
  for (const rdf::Quad& quad : writes->inserts) {
    if (data_.Insert(quad)) done.inserted.push_back(quad);
  }
  for (const rdf::Quad& quad : done.erased) digest_.Subtract(rdf::QuadFingerprint(quad));
  for (const rdf::Quad& quad : done.inserted) digest_.Add(rdf::QuadFingerprint(quad));
  done.digest = digest_;
  if (command) {
    sessions_.Record(*command, {.index = entry.index,
                                .fingerprint = command->fingerprint,
                                .inserted = done.inserted.size(),
                                .deleted = done.erased.size()});
    session_summary_ = sessions_.Summary();
  }
  done.sessions = session_summary_;
  if (done.marks.empty()) return OkStatus();
  for (const Listener& listener : listeners_) QR_RETURN_IF_ERROR(listener(commit(), done));
  return OkStatus();
}

void CommittedLog::Undo(LogIndex index, oracle::Dataset* data) const {
  for (const rdf::Quad& quad : at(index).inserted) data->Erase(quad);
  for (const rdf::Quad& quad : at(index).erased) data->Insert(quad);
}

}  // namespace quadraft::sim
