// Term and vote of every group a second time, in a file of their own beside the segments. They are
// what no peer can bring back: an entry that the log lost is somewhere else too, a vote is not
// (Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST'18, section 3.4.3,
// keeps two copies for this reason). With it a log that is damaged anywhere can be rebuilt without
// voting twice in one term (recovery.h).
//
//   PromisesFile promises(&disk, "log");
//   promises.Note(group, state);                       // Term or vote changed.
//   promises.Sync([](Status durable) { ... });         // Before anything rests on it.
//
// Who owns it: WriteAheadLog, which syncs it before the segment whenever a promise is new. A file
// that is damaged or missing while the log is whole is written anew from the log.
#ifndef QUADRAFT_STORE_LOG_PROMISES_H_
#define QUADRAFT_STORE_LOG_PROMISES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/disk.h"
#include "core/raft/types.h"

namespace quadraft::store {

inline constexpr std::string_view kPromisesName = "promises";
inline constexpr size_t kPromiseRecordBytes = 32;
// Then it is written anew, unless the groups alone take half of this.
inline constexpr size_t kPromisesBytesMax = 64u << 10;

struct Promise {
  RaftTerm term;
  NodeId vote;  // Zero: none in this term.
  friend bool operator==(const Promise&, const Promise&) = default;
};
using Promises = std::map<GroupId, Promise>;
// Whether `a` was given after `b`, or may have been.
inline bool IsLater(const Promise& a, const Promise& b) {
  return a.term > b.term || (a.term == b.term && a.vote != NodeId{} && b.vote == NodeId{});
}

std::string EncodePromise(GroupId group, const Promise& promise);

struct ReadPromisesResult {
  Promises promises;
  bool found = false;  // There is such a file.
  // Not empty: what is wrong with the file. The rest was read; what is missing is not known.
  std::string damage;
};
ReadPromisesResult ParsePromises(std::string_view file);
// Of the log in `directory`. Errors are the disk's.
StatusOr<ReadPromisesResult> ReadPromises(Disk& disk, const std::string& directory);

class PromisesFile {
 public:
  PromisesFile(Disk* disk, std::string directory)
      : disk_(*disk), directory_(std::move(directory)) {}

  // The whole file, durably. Stalls the loop for two syncs: at start-up, and when it is large.
  Status WriteAnew(Promises promises);
  // Remembered, and written with the next Sync. Nothing when it is no news.
  void Note(GroupId group, const raft::HardState& state);
  bool has_news() const { return !news_.empty(); }
  // Makes everything noted durable; `done` runs later, on the loop. One at a time.
  void Sync(absl::AnyInvocable<void(Status)> done);

 private:
  Disk& disk_;
  const std::string directory_;
  std::unique_ptr<File> file_;
  Promises promises_;
  std::string news_;  // Records that are not written yet.
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_PROMISES_H_
