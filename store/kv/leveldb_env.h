// leveldb::Env over our Disk: LevelDB unmodified, in both worlds (ARCHITECTURE decision 6).
//
//   auto adapter = LevelDbEnv::New(env, "state");
//   options.env = adapter->leveldb_env();
//   ... after each call on the database: while (adapter->RunOne()) {}
//
// Differences from LevelDB's PosixEnv, each for a reason:
// 1. Schedule only queues: background work runs where the owner calls RunOne, on the loop or on a worker. No thread
// is ever started.
// 2. Before a new write-ahead log is created the old one is synced: after a crash what is lost is
// always a suffix.
// 3. A file's name is synced with its first sync, and after a rename: in our Disk's contract a
// file's sync does not do that.
// 4. Table files stay open from their creation (or from Start) to their removal, so that a reader
// on a worker thread never
//    opens a file: that is for the loop alone.
// 5. An opened store goes on with its last log (torn_tail.h sees to it first), but not with its
// manifest.
// Besides, LevelDB's CRC-32C is core/base's: Debian builds it without the processor's instruction.
#ifndef QUADRAFT_STORE_KV_LEVELDB_ENV_H_
#define QUADRAFT_STORE_KV_LEVELDB_ENV_H_

#include <memory>
#include <string>

#include "core/env/env.h"
#include "leveldb/comparator.h"
#include "leveldb/env.h"

namespace quadraft::store {

class LevelDbEnv {
 public:
  virtual ~LevelDbEnv() = default;  // After the database.
  static std::unique_ptr<LevelDbEnv> New(Env& env, std::string directory);

  virtual leveldb::Env* leveldb_env() = 0;
  virtual leveldb::Logger* logger() = 0;  // Says nothing: errors come as Status.

  // Creates the directory and opens the tables that are there. Before leveldb::DB::Open.
  virtual Status Start() = 0;
  // From here on every write fails, so that what is still queued ends at once. Before the database
  // is deleted.
  virtual void Stop() = 0;

  // Called when work is queued; on any thread, with LevelDB's lock held: may only post.
  virtual void OnScheduled(Closure fn) = 0;
  // One piece of background work that nobody has begun; false: there is none. On any thread.
  virtual bool RunOne() = 0;

  // Whether a write-ahead log was created since the last call: the memtable before it waits to be
  // written out.
  virtual bool TakeNewLog() = 0;
  // The first error of the disk other than NotFound; OK when there was none.
  virtual Status first_error() const = 0;
};

// The order of LevelDB's own bytewise comparator, under its name, quicker for keys of ours: most of
// them begin alike for longer than a byte, and are compared eight bytes at a time.
const leveldb::Comparator* KeyOrder();

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_KV_LEVELDB_ENV_H_
