#include "store/kv/kv_store.h"

#include <charconv>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "leveldb/cache.h"
#include "leveldb/db.h"
#include "leveldb/filter_policy.h"
#include "store/kv/leveldb_env.h"
#include "store/kv/torn_tail.h"
#include "store/log/durable_directory.h"

namespace quadraft::store {
namespace kv_internal {

// What a key costs in a memtable beside its bytes, at most.
constexpr size_t kMemtableBytesPerKey = 64;

struct Core {
  explicit Core(Env& env) : env(env) {}
  ~Core() {
    if (db == nullptr) return;
    // LevelDB waits for its background work; what is queued fails at once instead. Nothing is lost:
    // it is in the log.
    adapter->Stop();
    RunAll();
    db.reset();
  }

  Status Map(const leveldb::Status& status) const {
    if (status.ok()) return OkStatus();
    const std::string text = status.ToString();
    if (status.IsCorruption()) return DataLoss("state: ", text);
    const Status cause = adapter->first_error();
    if (!cause.ok()) return Status(cause.code(), Absl(StrCat("state: ", text)));
    if (status.IsNotFound()) return DataLoss("state: ", text);  // A file that LevelDB counts on.
    return Unavailable("state: ", text);
  }

  StatusOr<bool> Get(std::string_view key, std::string* value,
                     const leveldb::Snapshot* snapshot) const {
    leveldb::ReadOptions options;
    options.verify_checksums = !QR_MUTANT("kv-checksum-ignored");
    options.snapshot = snapshot;
    const leveldb::Status status = db->Get(options, {key.data(), key.size()}, value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return Map(status);
    return true;
  }

  leveldb::Iterator* NewIterator(bool fill_cache, const leveldb::Snapshot* snapshot) const {
    leveldb::ReadOptions options;
    options.verify_checksums = !QR_MUTANT("kv-checksum-ignored");
    options.fill_cache = fill_cache;
    options.snapshot = snapshot;
    return db->NewIterator(options);
  }

  uint64_t ApproximateBytes(std::string_view begin, std::string_view end) const {
    const leveldb::Range range({begin.data(), begin.size()}, {end.data(), end.size()});
    uint64_t bytes = 0;
    db->GetApproximateSizes(&range, 1, &bytes);
    return bytes;
  }

  // One piece of LevelDB's background work that no worker has begun; false: there is none.
  bool RunOne() { return adapter->RunOne(); }
  void RunAll() {
    while (RunOne()) {
    }
  }
  int Level0Files() const {
    std::string text;
    int files = 0;
    if (db->GetProperty("leveldb.num-files-at-level0", &text))
      std::from_chars(text.data(), text.data() + text.size(), files);
    return files;
  }
  // LevelDB would wait for work that nobody does when this batch filled the memtable while the one before
  // is not written out, or at its bound of level 0. Work that a worker has begun it may wait for.
  void MakeRoom(const KvBatch& batch) {
    if (memtable_bytes + BytesInMemtable(batch) > write_buffer_bytes / 2) RunOne();
    if (SIM_MAYBE("eager-kv-work")) RunAll();
    while (Level0Files() >= kLevel0FilesMax && RunOne()) {
    }
  }
  static size_t BytesInMemtable(const KvBatch& batch) {
    return batch.bytes() + batch.count() * kMemtableBytesPerKey;
  }

  Env& env;
  std::unique_ptr<LevelDbEnv> adapter;
  std::unique_ptr<leveldb::Cache> cache;
  std::unique_ptr<const leveldb::FilterPolicy> filter;
  std::unique_ptr<leveldb::DB> db;
  Status failed;
  std::weak_ptr<void> shared;
  size_t write_buffer_bytes = 0;
  size_t memtable_bytes = 0;  // About, of the one that is written to; for the loop.
};

namespace {

constexpr size_t kWriteBufferBytesMin = 64u << 10;  // LevelDB takes no less.

// Called from any thread, with LevelDB's lock held. A worker does one piece; the next is scheduled then.
void PostWork(Env& env, const std::weak_ptr<Core>& weak) {
  env.executor().Post([&env, weak] {
    if (weak.expired()) return;
    env.executor().Offload(
        [weak] {
          if (const auto core = weak.lock()) core->RunOne();
        },
        [] {});
  });
}

}  // namespace
}  // namespace kv_internal

using kv_internal::Core;

KvOptions KvOptions::Small() {
  return {.block_cache_bytes = 1u << 20, .write_buffer_bytes = 256u << 10, .table_bytes = 1u << 20};
}

KvSnapshot::KvSnapshot(std::shared_ptr<Core> core)
    : core_(std::move(core)), snapshot_(core_->db->GetSnapshot()) {}
KvSnapshot::~KvSnapshot() { core_->db->ReleaseSnapshot(snapshot_); }

KvIterator::KvIterator(std::shared_ptr<Core> core, leveldb::Iterator* iterator)
    : core_(std::move(core)), iterator_(iterator) {}
KvIterator::~KvIterator() = default;
void KvIterator::Seek(std::string_view key) { iterator_->Seek({key.data(), key.size()}); }
void KvIterator::SeekToFirst() { iterator_->SeekToFirst(); }
void KvIterator::SeekToLast() { iterator_->SeekToLast(); }
void KvIterator::Next() { iterator_->Next(); }
void KvIterator::Prev() { iterator_->Prev(); }
bool KvIterator::Valid() const { return iterator_->Valid(); }
std::string_view KvIterator::key() const {
  const leveldb::Slice slice = iterator_->key();
  return {slice.data(), slice.size()};
}
std::string_view KvIterator::value() const {
  const leveldb::Slice slice = iterator_->value();
  return {slice.data(), slice.size()};
}
Status KvIterator::status() const { return core_->Map(iterator_->status()); }

StatusOr<std::unique_ptr<KvStore>> KvStore::Open(Env& env, const std::string& directory,
                                                 const Options& options) {
  QR_RETURN_IF_ERROR(CreateDirectoryDurably(env.disk(), directory));
  QR_RETURN_IF_ERROR(CutTornTails(env, directory));
  auto core = std::make_shared<Core>(env);
  core->adapter = LevelDbEnv::New(env, directory);
  QR_RETURN_IF_ERROR(core->adapter->Start());
  core->cache.reset(leveldb::NewLRUCache(options.block_cache_bytes));
  core->filter.reset(leveldb::NewBloomFilterPolicy(options.bloom_bits_per_key));

  leveldb::Options level;
  level.create_if_missing = true;
  level.paranoid_checks = true;
  level.env = core->adapter->leveldb_env();
  level.comparator = KeyOrder();
  level.info_log = core->adapter->logger();
  core->write_buffer_bytes = SIM_MAYBE("small-write-buffer") ? kv_internal::kWriteBufferBytesMin
                                                             : options.write_buffer_bytes;
  level.write_buffer_size = core->write_buffer_bytes;
  level.max_file_size = options.table_bytes;
  level.max_open_files = 50000;  // All of them: see leveldb_env.h, 4.
  level.block_cache = core->cache.get();
  level.filter_policy = core->filter.get();
  level.compression = options.compress ? leveldb::kSnappyCompression : leveldb::kNoCompression;
  // Or each start would write what is in the log to a table, and soon compact these.
  level.reuse_logs = !SIM_MAYBE("fresh-kv-log");
  leveldb::DB* db = nullptr;
  const leveldb::Status status = leveldb::DB::Open(level, directory, &db);
  core->db.reset(db);
  if (!status.ok()) return core->Map(status);
  core->adapter->TakeNewLog();
  core->adapter->OnScheduled(
      [&env, weak = std::weak_ptr<Core>(core)] { kv_internal::PostWork(env, weak); });
  core->RunAll();
  return std::unique_ptr<KvStore>(new KvStore(std::move(core)));
}

KvStore::~KvStore() = default;

Status KvStore::Write(KvBatch* batch, bool sync) {
  QR_RETURN_IF_ERROR(core_->failed);
  core_->MakeRoom(*batch);
  leveldb::WriteOptions options;
  options.sync = sync && !QR_MUTANT("kv-sync-skipped");
  core_->failed = core_->Map(core_->db->Write(options, &batch->batch_));
  if (QR_MUTANT("kv-error-ignored")) core_->failed = OkStatus();
  if (!core_->failed.ok()) {
    core_->env.Log(LogLevel::kError,
                   StrCat("the key-value store has failed: ", ToString(core_->failed)));
    return core_->failed;
  }
  core_->memtable_bytes += Core::BytesInMemtable(*batch);
  if (core_->adapter->TakeNewLog()) {
    SIM_SOMETIMES(true, "kv-log-rotated");
    core_->memtable_bytes = Core::BytesInMemtable(*batch);
  }
  return OkStatus();
}

Status KvStore::Sync() {
  KvBatch empty;
  return Write(&empty, true);
}

StatusOr<bool> KvStore::Get(std::string_view key, std::string* value) const {
  return core_->Get(key, value, nullptr);
}
StatusOr<bool> KvSnapshot::Get(std::string_view key, std::string* value) const {
  return core_->Get(key, value, snapshot_);
}

std::unique_ptr<KvIterator> KvStore::NewIterator(bool fill_cache) const {
  return std::unique_ptr<KvIterator>(
      new KvIterator(core_, core_->NewIterator(fill_cache, nullptr)));
}
std::unique_ptr<KvIterator> KvSnapshot::NewIterator(bool fill_cache) const {
  return std::unique_ptr<KvIterator>(
      new KvIterator(core_, core_->NewIterator(fill_cache, snapshot_)));
}

std::shared_ptr<const KvSnapshot> KvStore::Snapshot() const {
  return std::shared_ptr<const KvSnapshot>(new KvSnapshot(core_));
}

uint64_t KvStore::ApproximateBytes(std::string_view begin, std::string_view end) const {
  return core_->ApproximateBytes(begin, end);
}
uint64_t KvSnapshot::ApproximateBytes(std::string_view begin, std::string_view end) const {
  return core_->ApproximateBytes(begin, end);
}

KvStats KvStore::stats() const {
  const auto number = [this](const std::string& property) {
    std::string text;
    uint64_t value = 0;
    if (core_->db->GetProperty(property, &text)) std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  KvStats stats;
  for (size_t level = 0; level < stats.files.size(); ++level)
    stats.files[level] = number(StrCat("leveldb.num-files-at-level", level));
  stats.size_bytes = ApproximateBytes({}, "\xff");
  stats.memory_bytes = number("leveldb.approximate-memory-usage");
  return stats;
}

Env& KvStore::env() const { return core_->env; }
std::weak_ptr<void>& KvStore::shared() const { return core_->shared; }

}  // namespace quadraft::store
