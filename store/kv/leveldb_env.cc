// Compiled with -fno-rtti: Debian's LevelDB has no type information for the classes below to refer
// to.
#include "store/kv/leveldb_env.h"

#include <algorithm>
#include <atomic>  // lint: allow determinism: as for mutex below
#include <deque>
#include <map>
#include <mutex>  // lint: allow determinism: Offload workers read tables, too; nothing waits on it
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr size_t kWriteBufferBytes = 64u << 10;
constexpr size_t kQueueMax = 64;  // LevelDB queues one piece of work per database.

class Adapter;

class SequentialReader : public leveldb::SequentialFile {
 public:
  SequentialReader(Adapter* adapter, std::unique_ptr<File> file)
      : adapter_(adapter), file_(std::move(file)) {}
  leveldb::Status Read(size_t n, leveldb::Slice* result, char* scratch) override;
  leveldb::Status Skip(uint64_t n) override {
    offset_ += n;
    return leveldb::Status::OK();
  }

 private:
  Adapter* adapter_;
  std::unique_ptr<File> file_;
  uint64_t offset_ = 0;
};

class RandomReader : public leveldb::RandomAccessFile {
 public:
  RandomReader(Adapter* adapter, std::shared_ptr<File> file)
      : adapter_(adapter), file_(std::move(file)) {}
  leveldb::Status Read(uint64_t offset, size_t n, leveldb::Slice* result,
                       char* scratch) const override;

 private:
  Adapter* adapter_;
  std::shared_ptr<File> file_;
};

class Writer : public leveldb::WritableFile {
 public:
  Writer(Adapter* adapter, std::shared_ptr<File> file)
      : adapter_(adapter), file_(std::move(file)) {}
  ~Writer() override;
  leveldb::Status Append(const leveldb::Slice& data) override;
  leveldb::Status Close() override { return Flush(); }
  leveldb::Status Flush() override;
  leveldb::Status Sync() override;

 private:
  Adapter* adapter_;
  std::shared_ptr<File> file_;
  std::string buffer_;
};

class Silence : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

class Lock : public leveldb::FileLock {};

class Adapter : public LevelDbEnv, public leveldb::Env {
 public:
  Adapter(quadraft::Env& env, std::string directory)
      : env_(env), directory_(std::move(directory)) {}

  // --- LevelDbEnv ---
  leveldb::Env* leveldb_env() override { return this; }
  leveldb::Logger* logger() override { return &silence_; }
  quadraft::Status Start() override;
  void Stop() override { stopped_ = true; }
  void OnScheduled(Closure fn) override { on_scheduled_ = std::move(fn); }
  bool RunOne() override;
  bool TakeNewLog() override { return std::exchange(new_log_, false); }
  quadraft::Status first_error() const override {
    std::lock_guard lock(mutex_);
    return first_error_;
  }

  // --- leveldb::Env ---
  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** result) override;
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** result) override;
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** result) override;
  leveldb::Status NewAppendableFile(const std::string& name,
                                    leveldb::WritableFile** result) override;
  bool FileExists(const std::string& name) override { return env_.disk().Exists(name); }
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* result) override;
  leveldb::Status RemoveFile(const std::string& name) override;
  leveldb::Status CreateDir(const std::string& name) override {
    return Map(env_.disk().CreateDirectory(name));
  }
  leveldb::Status RemoveDir(const std::string& name) override {
    return leveldb::Status::NotSupported(name, "directories stay");
  }
  leveldb::Status GetFileSize(const std::string& name, uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string&, leveldb::FileLock** lock) override {
    *lock = new Lock;  // A data directory belongs to one node; its process sees to that.
    return leveldb::Status::OK();
  }
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override {
    delete lock;
    return leveldb::Status::OK();
  }
  void Schedule(void (*function)(void*), void* arg) override;
  void StartThread(void (*)(void*), void*) override {
    QR_CHECK(false) << "LevelDB wanted a thread";
  }
  leveldb::Status GetTestDirectory(std::string*) override {
    return leveldb::Status::NotSupported("test directory");
  }
  leveldb::Status NewLogger(const std::string&, leveldb::Logger** result) override {
    *result = new Silence;
    return leveldb::Status::OK();
  }
  uint64_t NowMicros() override {
    return static_cast<uint64_t>(env_.clock().Now().time_since_epoch().count() / 1000);
  }
  // LevelDB slows writers down when compactions lag; the owner runs those itself instead.
  void SleepForMicroseconds(int) override {}

  // --- For the files ---
  leveldb::Status Map(const quadraft::Status& status);
  leveldb::Status CheckRunning() const {
    return stopped_ ? leveldb::Status::IOError("the store is closing") : leveldb::Status::OK();
  }
  quadraft::Status SyncNames();
  void Forget(Writer* writer) { log_.compare_exchange_strong(writer, nullptr); }

 private:
  quadraft::Env& env_;
  const std::string directory_;
  Silence silence_;
  // LevelDB makes logs where it is written to, on the loop; tables, manifests and names also where RunOne
  // is called.
  std::atomic<bool> stopped_ = false;
  bool new_log_ = false;
  std::atomic<bool> names_unsynced_ = false;
  std::atomic<Writer*> log_ = nullptr;  // The newest write-ahead log, while it is open.
  Closure on_scheduled_;

  mutable std::mutex mutex_;  // Guards what follows: readers on worker threads come here, too.
  std::deque<std::pair<void (*)(void*), void*>> queue_;
  std::map<std::string, std::shared_ptr<File>> tables_;
  quadraft::Status first_error_;
};

leveldb::Status SequentialReader::Read(size_t n, leveldb::Slice* result, char* scratch) {
  auto bytes = file_->Read(offset_, n);
  if (!bytes.ok()) return adapter_->Map(bytes.status());
  // Logs and manifests, at start-up. LevelDB takes a bad length in the last block for the end of
  // the log and says nothing: a bit that flipped on the way must not shorten them.
  const auto again = file_->Read(offset_, n);
  if (!again.ok()) return adapter_->Map(again.status());
  if (*again != *bytes) {
    return adapter_->Map(quadraft::Unavailable("two reads of the same bytes differ"));
  }
  std::copy(bytes->begin(), bytes->end(), scratch);
  *result = leveldb::Slice(scratch, bytes->size());
  offset_ += bytes->size();
  return leveldb::Status::OK();
}

leveldb::Status RandomReader::Read(uint64_t offset, size_t n, leveldb::Slice* result,
                                   char* scratch) const {
  auto bytes = file_->Read(offset, n);
  if (!bytes.ok()) return adapter_->Map(bytes.status());
  std::copy(bytes->begin(), bytes->end(), scratch);
  *result = leveldb::Slice(scratch, bytes->size());
  return leveldb::Status::OK();
}

Writer::~Writer() {
  // Unflushed bytes are of a file that LevelDB gave up, or of one that it has closed: there are
  // none then.
  adapter_->Forget(this);
}

leveldb::Status Writer::Append(const leveldb::Slice& data) {
  if (buffer_.size() + data.size() > kWriteBufferBytes) {
    if (const leveldb::Status status = Flush(); !status.ok()) return status;
  }
  if (data.size() >= kWriteBufferBytes) {
    if (const leveldb::Status status = adapter_->CheckRunning(); !status.ok()) return status;
    return adapter_->Map(file_->Append({data.data(), data.size()}));
  }
  buffer_.append(data.data(), data.size());
  return leveldb::Status::OK();
}

leveldb::Status Writer::Flush() {
  if (buffer_.empty()) return leveldb::Status::OK();
  if (const leveldb::Status status = adapter_->CheckRunning(); !status.ok()) return status;
  const leveldb::Status status = adapter_->Map(file_->Append(buffer_));
  buffer_.clear();
  return status;
}

leveldb::Status Writer::Sync() {
  if (const leveldb::Status status = Flush(); !status.ok()) return status;
  // Names first: a manifest that is durable must not speak of tables whose names are not.
  if (const quadraft::Status status = adapter_->SyncNames(); !status.ok())
    return adapter_->Map(status);
  return adapter_->Map(file_->SyncNow());
}

quadraft::Status Adapter::Start() {
  QR_RETURN_IF_ERROR(env_.disk().CreateDirectory(directory_));
  QR_ASSIGN_OR_RETURN(const auto names, env_.disk().List(directory_));
  for (const std::string& name : names) {
    if (!name.ends_with(".ldb")) continue;
    const std::string path = StrCat(directory_, "/", name);
    QR_ASSIGN_OR_RETURN(tables_[path], env_.disk().Open(path, OpenMode::kRead));
  }
  return quadraft::OkStatus();
}

bool Adapter::RunOne() {
  std::pair<void (*)(void*), void*> work;
  {
    std::lock_guard lock(mutex_);
    if (queue_.empty()) return false;
    work = queue_.front();
    queue_.pop_front();
  }
  work.first(work.second);
  return true;
}

void Adapter::Schedule(void (*function)(void*), void* arg) {
  {
    std::lock_guard lock(mutex_);
    queue_.emplace_back(function, arg);
    QR_CHECK(queue_.size() <= kQueueMax);
  }
  if (on_scheduled_) on_scheduled_();
}

leveldb::Status Adapter::Map(const quadraft::Status& status) {
  if (status.ok()) return leveldb::Status::OK();
  const std::string message = Message(status);
  if (status.code() == absl::StatusCode::kNotFound) return leveldb::Status::NotFound(message);
  {
    std::lock_guard lock(mutex_);
    if (first_error_.ok()) first_error_ = status;
  }
  if (status.code() == absl::StatusCode::kDataLoss) return leveldb::Status::Corruption(message);
  return leveldb::Status::IOError(message);
}

quadraft::Status Adapter::SyncNames() {
  if (QR_MUTANT("new-names-not-synced")) return quadraft::OkStatus();
  // Taken back first: a name that another thread makes meanwhile is for the next one.
  if (!names_unsynced_.exchange(false)) return quadraft::OkStatus();
  quadraft::Status status = env_.disk().SyncDirectory(directory_);
  if (!status.ok()) names_unsynced_ = true;
  return status;
}

leveldb::Status Adapter::NewSequentialFile(const std::string& name,
                                           leveldb::SequentialFile** result) {
  *result = nullptr;
  auto file = env_.disk().Open(name, OpenMode::kRead);
  if (!file.ok()) return Map(file.status());
  *result = new SequentialReader(this, std::move(*file));
  return leveldb::Status::OK();
}

leveldb::Status Adapter::NewRandomAccessFile(const std::string& name,
                                             leveldb::RandomAccessFile** result) {
  *result = nullptr;
  std::lock_guard lock(mutex_);
  const auto it = tables_.find(name);
  // Not NotFound: LevelDB would hand that on as "no such key".
  if (it == tables_.end()) return leveldb::Status::Corruption(name, "the table is missing");
  *result = new RandomReader(this, it->second);
  return leveldb::Status::OK();
}

leveldb::Status Adapter::NewWritableFile(const std::string& name, leveldb::WritableFile** result) {
  *result = nullptr;
  if (const leveldb::Status status = CheckRunning(); !status.ok()) return status;
  const bool is_log = name.ends_with(".log");
  if (Writer* const old = log_; is_log && old != nullptr && !QR_MUTANT("kv-old-log-not-synced")) {
    if (const leveldb::Status status = old->Sync(); !status.ok()) return status;
  }
  auto opened = env_.disk().Open(name, OpenMode::kCreate);
  if (!opened.ok()) return Map(opened.status());
  names_unsynced_ = true;
  std::shared_ptr<File> file = std::move(*opened);
  if (name.ends_with(".ldb")) {
    std::lock_guard lock(mutex_);
    tables_[name] = file;
  }
  auto* writer = new Writer(this, std::move(file));
  if (is_log) {
    log_ = writer;
    new_log_ = true;
  }
  *result = writer;
  return leveldb::Status::OK();
}

// The last log, when a store is opened: torn_tail.h has written it anew. A manifest is not gone on
// with: LevelDB then begins a new one.
leveldb::Status Adapter::NewAppendableFile(const std::string& name,
                                           leveldb::WritableFile** result) {
  *result = nullptr;
  if (!name.ends_with(".log")) return leveldb::Status::NotSupported(name, "only logs go on");
  auto opened = env_.disk().Open(name, OpenMode::kAppend);
  if (!opened.ok()) return Map(opened.status());
  names_unsynced_ = true;
  auto* const writer = new Writer(this, std::move(*opened));
  log_ = writer;
  *result = writer;
  return leveldb::Status::OK();
}

leveldb::Status Adapter::GetChildren(const std::string& directory,
                                     std::vector<std::string>* result) {
  auto names = env_.disk().List(directory);
  if (!names.ok()) return Map(names.status());
  *result = std::move(*names);
  return leveldb::Status::OK();
}

leveldb::Status Adapter::RemoveFile(const std::string& name) {
  if (const leveldb::Status status = CheckRunning(); !status.ok()) return status;
  // After an error nothing is removed: LevelDB would tidy away a manifest that CURRENT names
  // already (the rename had been done, the directory's sync failed), and with it the whole store.
  if (const quadraft::Status error = first_error();
      !error.ok() && !QR_MUTANT("kv-tidies-after-error")) {
    SIM_SOMETIMES(true, "kv-kept-files-after-error");
    return leveldb::Status::IOError(Message(error));
  }
  {
    std::lock_guard lock(mutex_);
    tables_.erase(name);
  }
  return Map(env_.disk().Remove(name));
}

leveldb::Status Adapter::GetFileSize(const std::string& name, uint64_t* size) {
  auto found = env_.disk().FileSize(name);
  if (!found.ok()) return Map(found.status());
  *size = *found;
  return leveldb::Status::OK();
}

leveldb::Status Adapter::RenameFile(const std::string& from, const std::string& to) {
  if (const leveldb::Status status = CheckRunning(); !status.ok()) return status;
  quadraft::Status status = env_.disk().Rename(from, to);
  if (status.ok() && !QR_MUTANT("rename-not-synced"))
    status = env_.disk().SyncDirectory(directory_);
  return Map(status);
}

class BytewiseOrder : public leveldb::Comparator {
 public:
  int Compare(const leveldb::Slice& a, const leveldb::Slice& b) const override {
    const size_t common = std::min(a.size(), b.size());
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= common; at += sizeof(uint64_t)) {
      const uint64_t x = LoadBigEndian64(a.data() + at), y = LoadBigEndian64(b.data() + at);
      if (x != y) return x < y ? -1 : 1;
    }
    for (; at < common; ++at) {
      const auto x = static_cast<unsigned char>(a[at]), y = static_cast<unsigned char>(b[at]);
      if (x != y) return x < y ? -1 : 1;
    }
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
  }
  const char* Name() const override { return leveldb::BytewiseComparator()->Name(); }
  void FindShortestSeparator(std::string* start, const leveldb::Slice& limit) const override {
    leveldb::BytewiseComparator()->FindShortestSeparator(start, limit);
  }
  void FindShortSuccessor(std::string* key) const override {
    leveldb::BytewiseComparator()->FindShortSuccessor(key);
  }
};

}  // namespace

const leveldb::Comparator* KeyOrder() {
  static const auto& order = *new BytewiseOrder;
  return &order;
}

std::unique_ptr<LevelDbEnv> LevelDbEnv::New(Env& env, std::string directory) {
  return std::make_unique<Adapter>(env, std::move(directory));
}

}  // namespace quadraft::store

// In the place of LevelDB's own, which knows no processor's instruction for it as Debian builds it;
// the linker finds this one first.
namespace leveldb::crc32c {

uint32_t Extend(uint32_t crc, const char* bytes, size_t size) {
  return quadraft::ExtendCrc32c(crc, {bytes, size});
}

}  // namespace leveldb::crc32c
