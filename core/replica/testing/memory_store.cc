#include "core/replica/testing/memory_store.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/base/strings.h"

namespace quadraft::replica {

MemoryLog::MemoryLog(MemoryImage* image, Env& env, Duration sync_latency)
    : image_(image), env_(env), sync_latency_(sync_latency) {}

MemoryLog::~MemoryLog() {
  if (image_->survival_seed == 0) return;
  for (size_t n = Random(image_->survival_seed++, "log").Below(unsynced_.size() + 1); n > 0; --n)
    MakeFirstDurable();
}

void MemoryLog::MakeFirstDurable() {
  unsynced_.front().second(image_->log[unsynced_.front().first]);
  unsynced_.pop_front();
  ++durable_;
}

MemoryStateMachine::~MemoryStateMachine() {
  if (image_->survival_seed != 0 && Random(image_->survival_seed++, "state").OneIn(2))
    image_->states[group_] = state_;
}

Status MemoryLog::Add(GroupId group, std::function<void(RecoveredGroup&)> write) {
  QR_RETURN_IF_ERROR(failure_);
  unsynced_.emplace_back(group, std::move(write));
  ++written_;
  return OkStatus();
}

Status MemoryLog::Append(GroupId group, std::span<const raft::Entry> entries) {
  ++appends_;
  return Add(group,
             [copy = std::vector<raft::Entry>(entries.begin(), entries.end())](RecoveredGroup& to) {
               while (!to.entries.empty() && to.entries.back().index >= copy.front().index)
                 to.entries.pop_back();
               for (const raft::Entry& entry : copy) {
                 if (entry.index > to.snapshot_index) to.entries.push_back(entry);
               }
             });
}

Status MemoryLog::SaveHardState(GroupId group, const raft::HardState& state) {
  return Add(group, [state](RecoveredGroup& to) { to.hard_state = state; });
}

Status MemoryLog::SaveSnapshotMark(GroupId group, LogIndex index, RaftTerm term) {
  return Add(group, [index, term](RecoveredGroup& to) {
    const auto at = std::find_if(
        to.entries.begin(), to.entries.end(),
        [&](const raft::Entry& entry) { return entry.index == index && entry.term == term; });
    to.entries.erase(to.entries.begin(), at == to.entries.end() ? at : at + 1);
    to.snapshot_index = index;
    to.snapshot_term = term;
  });
}

void MemoryLog::Sync(absl::AnyInvocable<void(Status)> done) {
  env_.executor().RunAfter(sync_latency_,
                           [this, upto = written_, done = std::move(done)]() mutable {
                             if (!failure_.ok()) return done(failure_);
                             while (durable_ < upto) MakeFirstDurable();
                             done(OkStatus());
                           });
}

StatusOr<std::vector<StatusOr<std::string>>> MemoryStateMachine::Apply(
    std::span<const raft::Entry> entries) {
  QR_RETURN_IF_ERROR(failure_);
  largest_batch_ = std::max(largest_batch_, entries.size());
  std::vector<StatusOr<std::string>> results;
  for (const raft::Entry& entry : entries) {
    if (entry.index != state_.index.Next())
      return Internal("entry ", entry.index, " after ", state_.index);
    state_.index = entry.index;
    state_.term = entry.term;
    if (entry.kind == raft::EntryKind::kConfiguration) {
      state_.configuration = {entry.index, *entry.payload};
    }
    if (entry.kind != raft::EntryKind::kNormal) {
      results.emplace_back("");
    } else if (entry.payload != nullptr && entry.payload->starts_with("fail")) {
      results.emplace_back(Aborted(*entry.payload));
    } else {
      state_.lines.push_back(entry.payload == nullptr ? "" : *entry.payload);
      results.emplace_back(StrCat(state_.lines.size(), ":", state_.lines.back()));
    }
  }
  return results;
}

Status MemoryStateMachine::MakeDurable(LogIndex) {
  QR_RETURN_IF_ERROR(failure_);
  image_->states[group_] = state_;
  return OkStatus();
}

void MemoryStateMachine::Replace(MemoryState state) {
  state_ = std::move(state);
  image_->states[group_] = state_;
}

namespace {

class Reader : public SnapshotReader {
 public:
  explicit Reader(MemoryState state) : state_(std::move(state)) {}
  LogIndex index() const override { return state_.index; }
  RaftTerm term() const override { return state_.term; }
  raft::AppliedConfiguration configuration() const override { return state_.configuration; }
  StatusOr<std::string> NextChunk(size_t bytes_target) override {
    std::string chunk;
    while (next_ < state_.lines.size() && chunk.size() < bytes_target) {
      PutLengthPrefixed(&chunk, state_.lines[next_++]);
    }
    return chunk;
  }

 private:
  const MemoryState state_;
  size_t next_ = 0;
};

class Writer : public SnapshotWriter {
 public:
  Writer(MemoryStateMachine* machine, LogIndex index, RaftTerm term,
         raft::AppliedConfiguration configuration)
      : machine_(machine) {
    staged_.index = index;
    staged_.term = term;
    staged_.configuration = std::move(configuration);
  }
  Status AddChunk(std::string_view chunk) override {
    std::string_view line;
    while (!chunk.empty()) {
      if (!GetLengthPrefixed(&chunk, &line)) return DataLoss("not a snapshot chunk");
      staged_.lines.emplace_back(line);
    }
    return OkStatus();
  }
  Status Commit() override {
    machine_->Replace(std::move(staged_));
    return OkStatus();
  }

 private:
  MemoryStateMachine* const machine_;
  MemoryState staged_;
};

}  // namespace

StatusOr<std::unique_ptr<SnapshotReader>> MemoryStateMachine::OpenSnapshot() {
  QR_RETURN_IF_ERROR(failure_);
  return std::make_unique<Reader>(state_);
}

StatusOr<std::unique_ptr<SnapshotWriter>> MemoryStateMachine::BeginSnapshot(
    LogIndex index, RaftTerm term, raft::AppliedConfiguration configuration) {
  QR_RETURN_IF_ERROR(failure_);
  return std::make_unique<Writer>(this, index, term, std::move(configuration));
}

}  // namespace quadraft::replica
