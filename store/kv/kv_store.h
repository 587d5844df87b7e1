// The ordered key-value store of one node: LevelDB over the node's Disk, on the node's loop.
//
//   QR_ASSIGN_OR_RETURN(auto kv, KvStore::Open(env, "state", {}));
//   KvBatch batch; batch.Put("k", "v");
//   QR_RETURN_IF_ERROR(kv->Write(&batch, /*sync=*/false));
//   std::string value; QR_ASSIGN_OR_RETURN(bool found, kv->Get("k", &value));
//
// A batch is written whole or not at all. What was not synced may be lost in a crash, but only as a
// suffix of the batches. Writes, Open and the destructor are for the loop; Get, iterators and
// snapshots may be used by Offload workers too. Errors: DataLoss (checksums, contradictions),
// Unavailable or ResourceExhausted (the disk's). After a write failed every later one returns the
// same error: the node must stop.
//
// LevelDB's background work is offloaded, a piece at a time. What no worker has begun is done within a Write
// that could not go on without it: when half of the next memtable is full, or level 0 grows to kLevel0FilesMax.
#ifndef QUADRAFT_STORE_KV_KV_STORE_H_
#define QUADRAFT_STORE_KV_KV_STORE_H_

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/env/env.h"
#include "leveldb/write_batch.h"

namespace leveldb {
class Iterator;
class Snapshot;
}  // namespace leveldb

namespace quadraft::store {

inline constexpr int kLevel0FilesMax = 8;  // LevelDB slows writers here and stops them at 12.

struct KvOptions {
  size_t block_cache_bytes = 256u << 20;
  size_t write_buffer_bytes = 32u << 20;
  size_t table_bytes = 4u << 20;
  int bloom_bits_per_key = 10;
  bool compress = true;  // Snappy.

  static KvOptions Small();  // For simulated nodes, of which many share a process.
};

class KvBatch {
 public:
  void Put(std::string_view key, std::string_view value) {
    batch_.Put({key.data(), key.size()}, {value.data(), value.size()});
    ++count_;
  }
  void Delete(std::string_view key) {
    batch_.Delete({key.data(), key.size()});
    ++count_;
  }
  void Append(const KvBatch& more) {  // Behind what is here.
    batch_.Append(more.batch_);
    count_ += more.count_;
  }
  void Clear() { batch_.Clear(), count_ = 0; }
  size_t count() const { return count_; }
  size_t bytes() const { return batch_.ApproximateSize(); }

 private:
  friend class KvStore;
  leveldb::WriteBatch batch_;
  size_t count_ = 0;
};

struct KvStats {
  std::array<uint64_t, 7> files = {};  // By level.
  uint64_t size_bytes = 0;             // Of them, about.
  uint64_t memory_bytes = 0;           // Of write buffers and cache, about.
};

class KvIterator;
class KvStore;
namespace kv_internal {
struct Core;
}

// The store as it was at one moment. Holds the store open.
class KvSnapshot {
 public:
  ~KvSnapshot();
  StatusOr<bool> Get(std::string_view key, std::string* value) const;
  std::unique_ptr<KvIterator> NewIterator(bool fill_cache = true) const;
  uint64_t ApproximateBytes(std::string_view begin,
                            std::string_view end) const;  // Of the store as it is now.

 private:
  friend class KvStore;
  explicit KvSnapshot(std::shared_ptr<kv_internal::Core> core);
  std::shared_ptr<kv_internal::Core> core_;
  const leveldb::Snapshot* snapshot_;
};

// Holds the store open. Key and value are valid until the next move.
class KvIterator {
 public:
  ~KvIterator();
  void Seek(std::string_view key);
  void SeekToFirst();
  void SeekToLast();
  void Next();
  void Prev();
  bool Valid() const;
  std::string_view key() const;
  std::string_view value() const;
  Status status() const;  // To be asked when Valid() is false: the end, or an error?

 private:
  friend class KvStore;
  friend class KvSnapshot;
  KvIterator(std::shared_ptr<kv_internal::Core> core, leveldb::Iterator* iterator);
  std::shared_ptr<kv_internal::Core> core_;
  std::unique_ptr<leveldb::Iterator> iterator_;
};

class KvStore {
 public:
  using Options = KvOptions;
  // `env` outlives the store and all its iterators and snapshots.
  static StatusOr<std::unique_ptr<KvStore>> Open(Env& env, const std::string& directory,
                                                 const Options& options);
  ~KvStore();

  Status Write(KvBatch* batch, bool sync);
  Status Sync();  // Everything written so far is durable once this returns OK. Stalls the loop.

  StatusOr<bool> Get(std::string_view key, std::string* value) const;
  std::unique_ptr<KvIterator> NewIterator(bool fill_cache = true) const;
  std::shared_ptr<const KvSnapshot> Snapshot() const;

  // Bytes on disk between two keys, about; what is still in memory does not count.
  uint64_t ApproximateBytes(std::string_view begin, std::string_view end) const;

  KvStats stats() const;

  Env& env() const;

  // Another handle of the same store, for those who may outlive the first one.
  std::unique_ptr<KvStore> Share() const { return std::unique_ptr<KvStore>(new KvStore(core_)); }

  // One object per store that all its users share (the dictionary), made by the first who asks,
  // gone with the last.
  template <typename T, typename Make>
  StatusOr<std::shared_ptr<T>> Shared(Make make) {
    if (auto held = shared().lock()) return std::static_pointer_cast<T>(held);
    StatusOr<std::shared_ptr<T>> made = make();
    if (made.ok()) shared() = *made;
    return made;
  }

 private:
  explicit KvStore(std::shared_ptr<kv_internal::Core> core) : core_(std::move(core)) {}
  std::weak_ptr<void>& shared() const;
  std::shared_ptr<kv_internal::Core> core_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_KV_KV_STORE_H_
