#include "store/index/index_view.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

// A seek in LevelDB costs about as much as this many steps.
constexpr int kStepsBeforeSeek = 8;
// Below this many bytes on disk a share of them says little about rows: most of the data is still
// in memory.
constexpr uint64_t kBytesToEstimateFrom = 256u << 10;
constexpr uint64_t kRowsCountedWithoutBytes = 16 * kExactCountRows;

std::string ScanPrefix(SpaceId space, const ScanSpec& spec) {
  QR_CHECK(spec.prefix.size() <= 4);
  std::string prefix = PermutationPrefix(space, spec.permutation);
  for (const TermId id : spec.prefix) PutBigEndian64(&prefix, id.value());
  return prefix;
}

class IndexScan : public QuadScan {
 public:
  IndexScan(std::shared_ptr<const KvSnapshot> snapshot, Timestamp at, std::string prefix)
      : snapshot_(std::move(snapshot)),
        at_(at),
        prefix_(std::move(prefix)),
        columns_((kQuadKeyBytes - prefix_.size()) / sizeof(uint64_t)) {}

  StatusOr<size_t> Next(ColumnBatch* batch) override {
    Start();
    batch->columns.resize(columns_);
    for (auto& column : batch->columns) {
      column.clear();
      column.reserve(kBatchRows);
    }
    const size_t rows_max = SIM_MAYBE("short-scan-batch") ? 1 : kBatchRows;
    size_t rows = 0;
    for (; rows < rows_max && AtRow(); iterator_->Next()) {
      if (!WasThereAt(iterator_->value(), at_)) continue;
      const char* ids = iterator_->key().data() + prefix_.size();
      for (size_t i = 0; i < columns_; ++i) {
        batch->columns[i].push_back(TermId(LoadBigEndian64(ids + i * sizeof(uint64_t))));
      }
      ++rows;
    }
    if (rows == rows_max && AtRow() && QR_MUTANT("batch-end-drops-row")) iterator_->Next();
    QR_RETURN_IF_ERROR(Problem());
    return rows;
  }

  Status SeekTo(const std::vector<TermId>& key) override {
    QR_CHECK(key.size() <= columns_);
    std::string target = prefix_;
    for (const TermId id : key) PutBigEndian64(&target, id.value());
    if (iterator_ == nullptr) {
      iterator_ = snapshot_->NewIterator();
      iterator_->Seek(target);
      return OkStatus();
    }
    for (int step = 0; step < kStepsBeforeSeek; ++step, iterator_->Next()) {
      if (!AtRow() || iterator_->key() >= target) return OkStatus();
    }
    if (AtRow() && iterator_->key() < target) iterator_->Seek(target);
    return OkStatus();
  }

  // Counts rows from here on, up to `limit`.
  StatusOr<uint64_t> Count(uint64_t limit) {
    Start();
    uint64_t rows = 0;
    for (; rows < limit && AtRow(); iterator_->Next()) rows += WasThereAt(iterator_->value(), at_);
    QR_RETURN_IF_ERROR(Problem());
    return rows;
  }

 private:
  void Start() {
    if (iterator_ != nullptr) return;
    iterator_ = snapshot_->NewIterator();
    iterator_->Seek(prefix_);
  }
  bool AtRow() const {
    const bool short_by_one = columns_ < 4 && QR_MUTANT("prefix-one-byte-short");
    const size_t bytes = prefix_.size() - (short_by_one ? 1 : 0);
    return iterator_->Valid() && iterator_->key().size() == kQuadKeyBytes &&
           iterator_->key().starts_with(std::string_view(prefix_).substr(0, bytes));
  }
  // Of the rows so far and of the end: an error of the store, or a key that is none. An iterator
  // that stands on a row may have skipped a block that it could not read.
  Status Problem() const {
    QR_RETURN_IF_ERROR(iterator_->status());
    if (!iterator_->Valid()) return OkStatus();
    if (iterator_->key().starts_with(prefix_) && iterator_->key().size() != kQuadKeyBytes) {
      return DataLoss("index: a key of ", iterator_->key().size(), " bytes");
    }
    return OkStatus();
  }

  const std::shared_ptr<const KvSnapshot> snapshot_;
  const Timestamp at_;
  const std::string prefix_;
  const size_t columns_;
  std::unique_ptr<KvIterator> iterator_;
};

}  // namespace

std::unique_ptr<QuadScan> IndexView::Scan(const ScanSpec& spec) const {
  return std::make_unique<IndexScan>(snapshot_, place_.timestamp, ScanPrefix(place_.space, spec));
}

StatusOr<uint64_t> IndexView::EstimateRows(const ScanSpec& spec) const {
  if (spec.prefix.empty() && place_.quad_count >= kExactCountRows) return place_.quad_count;
  const std::string prefix = ScanPrefix(place_.space, spec);
  IndexScan scan(snapshot_, place_.timestamp, prefix);
  QR_ASSIGN_OR_RETURN(const uint64_t counted, scan.Count(kExactCountRows + 1));
  if (counted <= kExactCountRows) return counted;
  const std::string all = PermutationPrefix(place_.space, spec.permutation);
  const uint64_t bytes_all = snapshot_->ApproximateBytes(all, PrefixEnd(all));
  if (bytes_all < kBytesToEstimateFrom) {
    QR_ASSIGN_OR_RETURN(const uint64_t more, scan.Count(kRowsCountedWithoutBytes));
    return counted + more;
  }
  const uint64_t bytes = snapshot_->ApproximateBytes(prefix, PrefixEnd(prefix));
  const auto share = static_cast<unsigned __int128>(bytes) * place_.quad_count / bytes_all;
  return std::max<uint64_t>(counted, static_cast<uint64_t>(share));
}

}  // namespace quadraft::store
