// Empties spaces that nobody reads from any more: the state before a snapshot was installed, a
// snapshot that was given up. A slice per turn of the loop; what a crash interrupts is found again
// by its marker (key 'x') and goes on.
#ifndef QUADRAFT_STORE_STATE_SWEEPER_H_
#define QUADRAFT_STORE_STATE_SWEEPER_H_

#include <deque>
#include <memory>
#include <string>

#include "store/kv/keys.h"
#include "store/kv/kv_store.h"

namespace quadraft::store {

inline constexpr size_t kSweptPerSlice = 2000;  // Keys.

class Sweeper {
 public:
  Sweeper(KvStore& kv, GroupId group) : kv_(kv), group_(group) {}

  Status Resume();          // At start: all that is marked.
  void Add(SpaceId space);  // Its marker is written.

 private:
  void Schedule();
  void RunSlice();
  StatusOr<bool> SweepSome(SpaceId space);  // True: it is empty and its marker is gone.

  KvStore& kv_;
  const GroupId group_;
  std::deque<SpaceId> spaces_;
  std::string from_;  // What of the first was deleted lies below. LevelDB walks over it slowly.
  bool scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_SWEEPER_H_
