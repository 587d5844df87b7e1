#include "sim/workloads/list_machine.h"

#include "core/base/bytes.h"
#include "core/base/check.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kFile = "list";
constexpr std::string_view kTemporary = "list.tmp";

class Reader : public replica::SnapshotReader {
 public:
  Reader(const ListMachine::State& state)
      : index_(state.index),
        term_(state.term),
        configuration_(state.configuration),
        bytes_(state.Encode()) {}
  LogIndex index() const override { return index_; }
  RaftTerm term() const override { return term_; }
  raft::AppliedConfiguration configuration() const override { return configuration_; }
  StatusOr<std::string> NextChunk(size_t bytes_target) override {
    std::string chunk = bytes_.substr(at_, bytes_target);
    at_ += chunk.size();
    return chunk;
  }

 private:
  LogIndex index_;
  RaftTerm term_;
  raft::AppliedConfiguration configuration_;
  std::string bytes_;
  size_t at_ = 0;
};

}  // namespace

void ListMachine::State::Append(LogIndex at, std::string_view payload) {
  items.emplace_back(at, payload);
  PutVarint(&encoded, at.value());
  PutLengthPrefixed(&encoded, payload);
  digest.Fold(at.value());
  digest.Fold(payload);
}

// Index, term, the configuration and the digest of the items, with a checksum; then the items. A
// whole list is saved at every compaction: only its few new items cost more than a copy.
std::string ListMachine::State::Encode() const {
  std::string header;
  PutVarint(&header, index.value());
  PutVarint(&header, term.value());
  PutVarint(&header, configuration.index.value());
  PutLengthPrefixed(&header, configuration.payload);
  PutFixed<uint64_t>(&header, digest.value().high);
  PutFixed<uint64_t>(&header, digest.value().low);
  std::string out;
  out.reserve(header.size() + 2 * sizeof(uint64_t) + encoded.size());
  PutLengthPrefixed(&out, header);
  PutFixed<uint64_t>(&out, Fingerprint64(header));
  return out.append(encoded);
}

StatusOr<ListMachine::State> ListMachine::State::Decode(std::string_view bytes) {
  const Status damaged = DataLoss("the list's snapshot is damaged");
  std::string_view header, payload;
  uint64_t sum = 0, index = 0, term = 0, configuration = 0;
  Hash128 wanted;
  if (!GetLengthPrefixed(&bytes, &header) || !GetFixed(&bytes, &sum) ||
      sum != Fingerprint64(header)) {
    return damaged;
  }
  if (!GetVarint(&header, &index) || !GetVarint(&header, &term) ||
      !GetVarint(&header, &configuration) || !GetLengthPrefixed(&header, &payload) ||
      !GetFixed(&header, &wanted.high) || !GetFixed(&header, &wanted.low)) {
    return damaged;
  }
  State state{.index = LogIndex{index},
              .term = RaftTerm{term},
              .configuration = {LogIndex{configuration}, std::string(payload)}};
  while (!bytes.empty()) {
    uint64_t at;
    if (!GetVarint(&bytes, &at) || !GetLengthPrefixed(&bytes, &payload)) return damaged;
    state.Append(LogIndex{at}, payload);
  }
  if (state.digest.value() != wanted) return damaged;
  return state;
}

StatusOr<std::unique_ptr<ListMachine>> ListMachine::Open(Disk& disk) {
  std::unique_ptr<ListMachine> machine(new ListMachine(disk));
  if (!disk.Exists(kFile)) return machine;
  QR_ASSIGN_OR_RETURN(const auto file, disk.Open(kFile, OpenMode::kRead));
  QR_ASSIGN_OR_RETURN(const std::string bytes, file->Read(0, file->size()));
  QR_ASSIGN_OR_RETURN(machine->state_, State::Decode(bytes));
  return machine;
}

Status ListMachine::Save(const State& state) {
  {
    QR_ASSIGN_OR_RETURN(const auto file, disk_.Open(kTemporary, OpenMode::kCreate));
    QR_RETURN_IF_ERROR(file->Append(state.Encode()));
    QR_RETURN_IF_ERROR(file->SyncNow());
  }
  QR_RETURN_IF_ERROR(disk_.Rename(kTemporary, kFile));
  return disk_.SyncDirectory("");
}

StatusOr<std::vector<StatusOr<std::string>>> ListMachine::Apply(
    std::span<const raft::Entry> entries) {
  std::vector<StatusOr<std::string>> results;
  for (const raft::Entry& entry : entries) {
    QR_CHECK(entry.index == state_.index.Next())
        << "entry " << entry.index << " after " << state_.index;
    state_.index = entry.index;
    state_.term = entry.term;
    if (entry.kind == raft::EntryKind::kNormal) {
      state_.Append(entry.index,
                    entry.payload ? std::string_view(*entry.payload) : std::string_view());
    } else if (entry.kind == raft::EntryKind::kConfiguration) {
      state_.configuration = {entry.index, *entry.payload};
    }
    results.push_back(std::string());
  }
  return results;
}

StatusOr<std::unique_ptr<replica::SnapshotReader>> ListMachine::OpenSnapshot() {
  return std::make_unique<Reader>(state_);
}

class ListMachine::Writer : public replica::SnapshotWriter {
 public:
  Writer(ListMachine* machine, LogIndex index, RaftTerm term)
      : machine_(machine), index_(index), term_(term) {}
  Status AddChunk(std::string_view chunk) override {
    bytes_.append(chunk);
    return OkStatus();
  }
  Status Commit() override {
    QR_ASSIGN_OR_RETURN(State state, State::Decode(bytes_));
    if (state.index != index_ || state.term != term_)
      return DataLoss("the snapshot is of another index");
    QR_RETURN_IF_ERROR(machine_->Save(state));
    machine_->state_ = std::move(state);
    return OkStatus();
  }

 private:
  ListMachine* machine_;
  LogIndex index_;
  RaftTerm term_;
  std::string bytes_;
};

// The list itself holds its configuration.
StatusOr<std::unique_ptr<replica::SnapshotWriter>> ListMachine::BeginSnapshot(
    LogIndex index, RaftTerm term, raft::AppliedConfiguration) {
  return std::make_unique<Writer>(this, index, term);
}

}  // namespace quadraft::sim
