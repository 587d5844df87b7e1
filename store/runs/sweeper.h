// Empties what nobody reads from any more: spaces (the state before a snapshot was installed, a snapshot
// that was given up) and runs (what a merge replaced, what a crash left half written). A slice per turn of the loop;
// what a crash interrupts is found again by its marker (keys 'x' and 'y') and goes on.
#ifndef QUADRAFT_STORE_RUNS_SWEEPER_H_
#define QUADRAFT_STORE_RUNS_SWEEPER_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "store/kv/keys.h"
#include "store/kv/kv_store.h"

namespace quadraft::store {

inline constexpr size_t kSweptPerSlice = 2000;  // Keys.

class Sweeper {
 public:
  Sweeper(KvStore& kv, GroupId group) : kv_(kv), group_(group) {}

  Status Resume();          // At start: all that is marked.
  void Add(SpaceId space);  // Its marker is written.
  void AddRun(SpaceId space, RunId run);

 private:
  struct Job {
    std::string marker;
    std::vector<std::string> prefixes;  // Of the keys that go.
  };
  void Schedule();
  void RunSlice();
  StatusOr<bool> SweepSome(const Job& job);  // True: all is gone, and the marker with it.

  KvStore& kv_;
  const GroupId group_;
  std::deque<Job> jobs_;
  size_t prefix_ = 0;  // Of the first job.
  std::string from_;   // What of that prefix was deleted lies below. LevelDB walks over it slowly.
  bool scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_SWEEPER_H_
