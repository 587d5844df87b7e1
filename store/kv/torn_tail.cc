#include "store/kv/torn_tail.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/crc32c.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/env/replace_file.h"

namespace quadraft::store {
namespace {

// leveldb doc/log_format.md: blocks of 32 KiB; a fragment is checksum (4), length (2), type (1),
// bytes.
constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeaderBytes = 7;
enum FragmentType { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

struct Fragment {
  int type = 0;
  size_t bytes = 0;
};

uint32_t Unmask(uint32_t masked) {
  const uint32_t rotated = masked - 0xa282ead8u;
  return rotated >> 17 | rotated << 15;
}

std::optional<Fragment> ParseFragment(std::string_view bytes, size_t at) {
  const size_t block_left = kBlockBytes - at % kBlockBytes;
  if (block_left < kHeaderBytes || at + kHeaderBytes > bytes.size()) return std::nullopt;
  const size_t length = LoadFixed<uint16_t>(bytes.data() + at + 4);
  const int type = static_cast<unsigned char>(bytes[at + 6]);
  if (type < kFull || type > kLast || kHeaderBytes + length > block_left ||
      at + kHeaderBytes + length > bytes.size()) {
    return std::nullopt;
  }
  if (Crc32c(bytes.substr(at + 6, length + 1)) != Unmask(LoadFixed<uint32_t>(bytes.data() + at))) {
    return std::nullopt;
  }
  return Fragment{type, kHeaderBytes + length};
}

bool RecordBeginsBehind(std::string_view bytes, size_t from) {
  for (size_t at = from; at < bytes.size(); ++at) {
    const auto fragment = ParseFragment(bytes, at);
    if (fragment && (fragment->type == kFull || fragment->type == kFirst)) return true;
  }
  return false;
}

// Twice: what is decided here may cut, and a bit that flipped on the way is not on the disk.
StatusOr<std::string> ReadWhole(Disk& disk, const std::string& path) {
  QR_ASSIGN_OR_RETURN(const auto file, disk.Open(path, OpenMode::kRead));
  QR_ASSIGN_OR_RETURN(std::string bytes, file->Read(0, file->size()));
  QR_ASSIGN_OR_RETURN(const std::string again, file->Read(0, file->size()));
  if (again != bytes) return Unavailable(path, ": two reads of the same file gave different bytes");
  return bytes;
}

// LevelDB's version_edit.cc: a sequence of tagged fields. Only the log numbers matter here.
enum EditTag {
  kComparator = 1,
  kLogNumber = 2,
  kNextFile = 3,
  kLastSequence = 4,
  kCompactPointer = 5,
  kDeletedFile = 6,
  kNewFile = 7,
  kPreviousLog = 9
};

bool SkipNumbers(std::string_view* in, int count) {
  uint64_t number;
  while (count-- > 0) {
    if (!GetVarint(in, &number)) return false;
  }
  return true;
}
bool SkipStrings(std::string_view* in, int count) {
  std::string_view bytes;
  while (count-- > 0) {
    if (!GetLengthPrefixed(in, &bytes)) return false;
  }
  return true;
}

bool ReadEdit(std::string_view edit, uint64_t* log, uint64_t* previous) {
  while (!edit.empty()) {
    uint64_t tag = 0;
    if (!GetVarint(&edit, &tag)) return false;
    bool ok = false;
    switch (tag) {
      case kComparator:
        ok = SkipStrings(&edit, 1);
        break;
      case kLogNumber:
        ok = GetVarint(&edit, log);
        break;
      case kPreviousLog:
        ok = GetVarint(&edit, previous);
        break;
      case kNextFile:
      case kLastSequence:
        ok = SkipNumbers(&edit, 1);
        break;
      case kCompactPointer:
        ok = SkipNumbers(&edit, 1) && SkipStrings(&edit, 1);
        break;
      case kDeletedFile:
        ok = SkipNumbers(&edit, 2);
        break;
      case kNewFile:
        ok = SkipNumbers(&edit, 3) && SkipStrings(&edit, 2);
        break;
      default:
        break;
    }
    if (!ok) return false;
  }
  return true;
}

Status Cut(Env& env, const std::string& path, size_t from, size_t to) {
  env.Log(LogLevel::kWarning,
          StrCat(path, " at offset ", to, ": torn by a crash, ", from - to, " bytes cut"));
  SIM_SOMETIMES(true, "kv-torn-tail-cut");
  QR_RETURN_IF_ERROR(env.disk().Truncate(path, to));
  QR_ASSIGN_OR_RETURN(const auto file, env.disk().Open(path, OpenMode::kAppend));
  return file->SyncNow();
}

Status CheckManifest(Env& env, const std::string& path, uint64_t* oldest_log) {
  QR_ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(env.disk(), path));
  std::vector<std::string> records;
  const LogScan scan = ScanLevelDbLog(bytes, &records);
  if (scan.more_behind)
    return DataLoss(path, " at offset ", scan.whole_bytes, ": damaged, and records follow");
  const auto oldest = OldestLogNeeded(records);
  if (!oldest.ok()) return Annotate(oldest.status(), path);
  *oldest_log = *oldest;
  return scan.whole_bytes == bytes.size() ? OkStatus()
                                          : Cut(env, path, bytes.size(), scan.whole_bytes);
}

// How much of it is whole. `may_be_torn`: false when the log was synced to its end.
StatusOr<size_t> CheckLog(const std::string& path, std::string_view bytes, bool may_be_torn) {
  const size_t whole = ScanLevelDbLog(bytes).whole_bytes;
  if (whole == bytes.size() || (may_be_torn && QR_MUTANT("kv-torn-tail-kept"))) return bytes.size();
  if (may_be_torn) return whole;
  return DataLoss(path, " at offset ", whole, ": no valid record, in a part that was synced");
}

// By number, the newest first.
Status CheckLogs(Env& env, const std::string& directory,
                 const std::vector<std::pair<uint64_t, std::string>>& logs, uint64_t oldest_log) {
  bool newest = true;  // Of those that hold anything: opening the store begins an empty one before
                       // it gives up the old.
  for (const auto& [number, path] : logs) {
    if (number < oldest_log) break;
    QR_ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(env.disk(), path));
    if (bytes.empty()) continue;
    QR_ASSIGN_OR_RETURN(const size_t whole, CheckLog(path, bytes, newest));
    newest = false;
    if (whole < bytes.size()) QR_RETURN_IF_ERROR(Cut(env, path, bytes.size(), whole));
    if (number != logs.front().first) continue;
    // LevelDB goes on writing to its last log. The tail may be valid and yet not durable, and
    // syncing it again would prove nothing: after a sync has failed, Linux calls the lost pages
    // clean.
    const std::string_view kept = std::string_view(bytes).substr(0, whole);
    QR_RETURN_IF_ERROR(ReplaceFile(env.disk(), directory, path, kept).status());
  }
  return OkStatus();
}

}  // namespace

LogScan ScanLevelDbLog(std::string_view bytes, std::vector<std::string>* records) {
  LogScan scan;
  bool inside = false;
  std::string record;
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t block_left = kBlockBytes - at % kBlockBytes;
    if (block_left < kHeaderBytes) {  // Filled with zeros.
      const size_t end = std::min(at + block_left, bytes.size());
      const auto filler = bytes.substr(at, end - at);
      if (!std::all_of(filler.begin(), filler.end(), [](char c) { return c == 0; })) break;
      at = end;
      if (!inside) scan.whole_bytes = at;
      continue;
    }
    const auto fragment = ParseFragment(bytes, at);
    const bool continues = fragment && (fragment->type == kMiddle || fragment->type == kLast);
    if (!fragment || continues != inside) break;
    if (records != nullptr)
      record.append(bytes.substr(at + kHeaderBytes, fragment->bytes - kHeaderBytes));
    at += fragment->bytes;
    inside = fragment->type == kFirst || fragment->type == kMiddle;
    if (inside) continue;
    scan.whole_bytes = at;
    if (records != nullptr) records->push_back(std::exchange(record, {}));
  }
  if (scan.whole_bytes < bytes.size())
    scan.more_behind = RecordBeginsBehind(bytes, std::max(at, scan.whole_bytes + 1));
  return scan;
}

StatusOr<uint64_t> OldestLogNeeded(const std::vector<std::string>& manifest) {
  uint64_t log = 0, previous = 0;
  for (const std::string& edit : manifest) {
    if (!ReadEdit(edit, &log, &previous)) return DataLoss("malformed version edit");
  }
  return previous != 0 ? std::min(log, previous) : log;
}

Status CutTornTails(Env& env, const std::string& directory) {
  Disk& disk = env.disk();
  QR_ASSIGN_OR_RETURN(const auto names, disk.List(directory));
  std::vector<std::pair<uint64_t, std::string>> logs;
  bool tables = false;
  for (const std::string& name : names) {
    if (name.ends_with(kCopySuffix)) {  // Its writing was cut short.
      QR_RETURN_IF_ERROR(disk.Remove(StrCat(directory, "/", name)));
      continue;
    }
    tables |= name.ends_with(".ldb");
    if (!name.ends_with(".log")) continue;
    uint64_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    logs.emplace_back(number, StrCat(directory, "/", name));
  }
  const std::string current_path = StrCat(directory, "/CURRENT");
  if (!disk.Exists(current_path)) {
    if (tables || !logs.empty())
      return DataLoss(current_path, " is missing, but tables or logs are there");
    return OkStatus();
  }
  QR_ASSIGN_OR_RETURN(std::string manifest, ReadWhole(disk, current_path));
  if (!manifest.ends_with('\n')) return DataLoss(current_path, ": does not end in a newline");
  manifest.pop_back();
  const std::string manifest_path = StrCat(directory, "/", manifest);
  if (!disk.Exists(manifest_path))
    return DataLoss(current_path, ": names ", manifest, ", which is missing");
  uint64_t oldest_log = 0;
  QR_RETURN_IF_ERROR(CheckManifest(env, manifest_path, &oldest_log));
  std::sort(logs.begin(), logs.end(), std::greater<>());
  // The log that the manifest names was there before it was named, and goes only when a later one
  // is named. Missing, the manifest has lost its last records: older tables under newer writes.
  if (oldest_log != 0 && std::none_of(logs.begin(), logs.end(),
                                      [&](const auto& log) { return log.first == oldest_log; })) {
    return DataLoss(manifest_path, ": names log ", oldest_log, ", which is missing");
  }
  return CheckLogs(env, directory, logs, oldest_log);
}

}  // namespace quadraft::store
