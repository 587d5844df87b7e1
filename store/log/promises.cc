#include "store/log/promises.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/env/read_file.h"
#include "core/env/replace_file.h"

namespace quadraft::store {
namespace {

constexpr std::string_view kMagic = "QRPR";

std::optional<std::pair<GroupId, Promise>> ParseOne(std::string_view record) {
  if (record.size() < kPromiseRecordBytes || record.substr(4, 4) != kMagic) return std::nullopt;
  if (Crc32c(record.substr(4, kPromiseRecordBytes - 4)) != LoadFixed<uint32_t>(record.data())) {
    return std::nullopt;
  }
  return std::pair(GroupId(LoadFixed<uint64_t>(record.data() + 8)),
                   Promise{.term = RaftTerm(LoadFixed<uint64_t>(record.data() + 16)),
                           .vote = NodeId(LoadFixed<uint64_t>(record.data() + 24))});
}

}  // namespace

std::string EncodePromise(GroupId group, const Promise& promise) {
  std::string body(kMagic);
  PutFixed<uint64_t>(&body, group.value());
  PutFixed<uint64_t>(&body, promise.term.value());
  PutFixed<uint64_t>(&body, promise.vote.value());
  std::string out;
  PutFixed<uint32_t>(&out, Crc32c(body));
  out += body;
  QR_CHECK(out.size() == kPromiseRecordBytes) << out.size();
  return out;
}

ReadPromisesResult ParsePromises(std::string_view file) {
  ReadPromisesResult result{.promises = {}, .found = true, .damage = {}};
  for (size_t at = 0; at < file.size(); at += kPromiseRecordBytes) {
    const auto parsed = ParseOne(file.substr(at, kPromiseRecordBytes));
    if (!parsed) {
      if (result.damage.empty()) result.damage = StrCat("damaged at offset ", at);
      continue;
    }
    Promise& known = result.promises[parsed->first];
    if (IsLater(parsed->second, known)) known = parsed->second;
  }
  return result;
}

StatusOr<ReadPromisesResult> ReadPromises(Disk& disk, const std::string& directory) {
  const std::string path = StrCat(directory, "/", kPromisesName);
  if (!disk.Exists(path)) return ReadPromisesResult{};
  QR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(disk, path));
  return ParsePromises(bytes);
}

Status PromisesFile::WriteAnew(Promises promises) {
  promises_ = std::move(promises);
  news_.clear();
  std::string bytes;
  for (const auto& [group, promise] : promises_) bytes += EncodePromise(group, promise);
  const std::string path = StrCat(directory_, "/", kPromisesName);
  QR_ASSIGN_OR_RETURN(file_, ReplaceFile(disk_, directory_, path, bytes));
  return OkStatus();
}

void PromisesFile::Note(GroupId group, const raft::HardState& state) {
  const Promise promise{state.term, state.vote};
  const auto [known, added] = promises_.try_emplace(group, promise);
  if (!added && known->second == promise) return;
  known->second = promise;
  news_ += EncodePromise(group, promise);
}

void PromisesFile::Sync(absl::AnyInvocable<void(Status)> done) {
  const size_t groups_bytes = promises_.size() * kPromiseRecordBytes;
  Status status;
  if (file_ == nullptr || file_->size() >= std::max(kPromisesBytesMax, 2 * groups_bytes)) {
    status = WriteAnew(std::move(promises_));
  } else {
    status = file_->Append(std::exchange(news_, {}));
    if (status.ok()) return file_->Sync(std::move(done));
  }
  done(std::move(status));
}

}  // namespace quadraft::store
