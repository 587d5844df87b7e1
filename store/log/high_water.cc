#include "store/log/high_water.h"

#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/env/read_file.h"
#include "core/env/replace_file.h"

namespace quadraft::store {
namespace {

constexpr std::string_view kMagic = "QRHW";

std::optional<HighWater> ParseOne(std::string_view record) {
  if (record.size() < kHighWaterRecordBytes || record.substr(4, 4) != kMagic) return std::nullopt;
  if (Crc32c(record.substr(4, kHighWaterRecordBytes - 4)) != LoadFixed<uint32_t>(record.data())) {
    return std::nullopt;
  }
  return HighWater{.sequence = LoadFixed<uint64_t>(record.data() + 8),
                   .segment = LoadFixed<uint64_t>(record.data() + 16),
                   .bytes = LoadFixed<uint64_t>(record.data() + 24)};
}

}  // namespace

std::string EncodeHighWater(const HighWater& mark) {
  std::string body(kMagic);
  PutFixed<uint64_t>(&body, mark.sequence);
  PutFixed<uint64_t>(&body, mark.segment);
  PutFixed<uint64_t>(&body, mark.bytes);
  std::string out;
  PutFixed<uint32_t>(&out, Crc32c(body));
  out += body;
  QR_CHECK(out.size() == kHighWaterRecordBytes) << out.size();
  return out;
}

HighWater ParseHighWater(std::string_view file) {
  HighWater mark;
  for (size_t at = 0; at < file.size(); at += kHighWaterRecordBytes) {
    const auto parsed = ParseOne(file.substr(at, kHighWaterRecordBytes));
    if (parsed && parsed->sequence >= mark.sequence) mark = *parsed;
  }
  return mark;
}

StatusOr<HighWater> ReadHighWater(Disk& disk, const std::string& directory) {
  const std::string path = StrCat(directory, "/", kHighWaterName);
  if (!disk.Exists(path)) return HighWater{};
  QR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(disk, path));
  return ParseHighWater(bytes);
}

void HighWaterFile::Note(const HighWater& mark, absl::AnyInvocable<void(Status)> done) {
  Status status;
  if (file_ == nullptr || file_->size() >= kHighWaterBytesMax) {
    status = WriteAnew(mark);
  } else {
    status = file_->Append(EncodeHighWater(mark));
    if (status.ok()) return file_->Sync(std::move(done));
  }
  done(std::move(status));
}

Status HighWaterFile::WriteAnew(const HighWater& mark) {
  const std::string path = StrCat(directory_, "/", kHighWaterName);
  QR_ASSIGN_OR_RETURN(file_, ReplaceFile(disk_, directory_, path, EncodeHighWater(mark)));
  return OkStatus();
}

}  // namespace quadraft::store
