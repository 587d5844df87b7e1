#include "sim/workloads/list_machine.h"

#include "core/base/bytes.h"
#include "core/base/check.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kFile = "list";
constexpr std::string_view kTemporary = "list.tmp";
constexpr size_t kHeaderBytes = 40;

class Reader : public replica::SnapshotReader {
 public:
  Reader(const ListMachine::State& state)
      : index_(state.index), term_(state.term), bytes_(state.Encode()) {}
  LogIndex index() const override { return index_; }
  RaftTerm term() const override { return term_; }
  StatusOr<std::string> NextChunk(size_t bytes_target) override {
    std::string chunk = bytes_.substr(at_, bytes_target);
    at_ += chunk.size();
    return chunk;
  }

 private:
  LogIndex index_;
  RaftTerm term_;
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

// Index, term and the digest of the items, with a checksum; then the items. A whole list is saved
// at every compaction: only its few new items cost more than a copy.
std::string ListMachine::State::Encode() const {
  std::string out;
  out.reserve(kHeaderBytes + encoded.size());
  PutFixed<uint64_t>(&out, index.value());
  PutFixed<uint64_t>(&out, term.value());
  PutFixed<uint64_t>(&out, digest.value().high);
  PutFixed<uint64_t>(&out, digest.value().low);
  PutFixed<uint64_t>(&out, Fingerprint64(out));
  return out.append(encoded);
}

StatusOr<ListMachine::State> ListMachine::State::Decode(std::string_view bytes) {
  const Status damaged = DataLoss("the list's snapshot is damaged");
  if (bytes.size() < kHeaderBytes) return damaged;
  const char* const header = bytes.data();
  if (LoadFixed<uint64_t>(header + 32) != Fingerprint64(bytes.substr(0, 32))) return damaged;
  bytes.remove_prefix(kHeaderBytes);
  State state;
  state.index = LogIndex{LoadFixed<uint64_t>(header)};
  state.term = RaftTerm{LoadFixed<uint64_t>(header + 8)};
  while (!bytes.empty()) {
    uint64_t at;
    std::string_view payload;
    if (!GetVarint(&bytes, &at) || !GetLengthPrefixed(&bytes, &payload)) return damaged;
    state.Append(LogIndex{at}, payload);
  }
  const Hash128 wanted{LoadFixed<uint64_t>(header + 16), LoadFixed<uint64_t>(header + 24)};
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

StatusOr<std::unique_ptr<replica::SnapshotWriter>> ListMachine::BeginSnapshot(LogIndex index,
                                                                              RaftTerm term) {
  return std::make_unique<Writer>(this, index, term);
}

}  // namespace quadraft::sim
