// How far the log was durable, kept in a file of its own beside the segments: a second witness. The
// log cannot say by itself that its last records were synced and are gone (a write that the disk
// acknowledged and never did, a file that lost its end): that looks like a torn tail, or like a log
// that ends earlier. With this file it is DataLoss.
//
//   auto mark = ReadHighWater(disk, "log");        // Zeros when there is none.
//   if (mark->sequence > last_sequence) ...        // Records that had been durable are missing.
//
// Written a moment after a sync (write_ahead_log.h), so it lags: what was synced within the last
// kHighWaterDelay before a crash has no second witness. Who owns it: WriteAheadLog.
#ifndef QUADRAFT_STORE_LOG_HIGH_WATER_H_
#define QUADRAFT_STORE_LOG_HIGH_WATER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "core/env/disk.h"
#include "core/env/time.h"

namespace quadraft::store {

inline constexpr std::string_view kHighWaterName = "high-water";
inline constexpr size_t kHighWaterRecordBytes = 32;
inline constexpr size_t kHighWaterBytesMax = 64u << 10;  // Then it is written anew.
inline constexpr Duration kHighWaterDelay = milliseconds(100);

// Everything up to record `sequence`, which ends at `bytes` of segment `segment`, was durable.
struct HighWater {
  uint64_t sequence = 0;
  uint64_t segment = 0;
  uint64_t bytes = 0;
  bool operator==(const HighWater&) const = default;
};

std::string EncodeHighWater(const HighWater& mark);
// Of the whole records of such a file the one that reaches furthest: a witness that is damaged says
// nothing, and takes nothing from what the others say. Zeros: there is none.
HighWater ParseHighWater(std::string_view file);
// Of the log in `directory`; zeros when there is none yet. Errors are the disk's.
StatusOr<HighWater> ReadHighWater(Disk& disk, const std::string& directory);

class HighWaterFile {
 public:
  HighWaterFile(Disk* disk, std::string directory)
      : disk_(*disk), directory_(std::move(directory)) {}

  // Appends `mark`; `done` runs later, when it is durable. One at a time. The first note, and one
  // that would make the file too large, writes the file anew: that stalls the loop for two syncs.
  void Note(const HighWater& mark, absl::AnyInvocable<void(Status)> done);

 private:
  Status WriteAnew(const HighWater& mark);

  Disk& disk_;
  const std::string directory_;
  std::unique_ptr<File> file_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_HIGH_WATER_H_
