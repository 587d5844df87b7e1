#include "store/index/index_view.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "store/runs/run_cursor.h"

namespace quadraft::store {
namespace {

// So many, as the fences tell, are surely more than kExactCountRows, though some may not be seen.
constexpr uint64_t kRowsNotCounted = 8 * kExactCountRows;

KeyPrefix PrefixOf(const ScanSpec& spec) {
  QR_CHECK(spec.prefix.size() <= 4);
  KeyPrefix prefix;
  for (const TermId id : spec.prefix) prefix.push_back(id.value());
  return prefix;
}

// Of a prefix with a subject in it; null otherwise.
const uint64_t* SubjectOf(Permutation permutation, const KeyPrefix& prefix) {
  const auto columns = PermutationColumns(permutation);
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (columns[i] == Position::kSubject) return &prefix[i];
  }
  return nullptr;
}

std::vector<RunCursor> CursorsOf(const RunSet& runs, const KvSnapshot& snapshot,
                                 Permutation permutation, const KeyPrefix& prefix) {
  std::vector<RunCursor> cursors;
  cursors.reserve(runs.recent.size() + runs.stored.size());
  for (const auto& run : runs.recent) cursors.emplace_back(*run, permutation, prefix);
  const uint64_t* const subject = SubjectOf(permutation, prefix);
  for (const auto& run : runs.stored) {
    if (subject != nullptr && run->filter_first && !run->filter.MayHave({subject, 1})) continue;
    cursors.emplace_back(*run, snapshot, permutation, prefix);
  }
  return cursors;
}

class IndexScan : public QuadScan {
 public:
  IndexScan(std::shared_ptr<const KvSnapshot> snapshot, std::shared_ptr<const RunSet> runs,
            Timestamp at, Permutation permutation, KeyPrefix prefix)
      : snapshot_(std::move(snapshot)),
        runs_(std::move(runs)),
        at_(at),
        prefix_(std::move(prefix)),
        columns_(4 - prefix_.size()) {
    const bool short_by_one = !prefix_.empty() && QR_MUTANT("prefix-one-id-short");
    for (RunCursor& cursor : CursorsOf(*runs_, *snapshot_, permutation,
                                       {prefix_.begin(), prefix_.end() - (short_by_one ? 1 : 0)}))
      merge_.Add(std::move(cursor));
  }

  StatusOr<size_t> Next(ColumnBatch* batch) override {
    batch->columns.resize(columns_);
    for (auto& column : batch->columns) column.clear();  // Most scans find a few rows: grown as needed.
    QR_RETURN_IF_ERROR(Start(prefix_));
    const size_t rows_max = SIM_MAYBE("short-scan-batch") ? 1 : kBatchRows;
    size_t rows = 0;
    while (rows < rows_max) {
      QR_ASSIGN_OR_RETURN(const bool found, NextRow());
      if (!found) return rows;
      for (size_t i = 0; i < columns_; ++i)
        batch->columns[i].push_back(TermId(merge_.ids()[4 - columns_ + i]));
      ++rows;
    }
    if (QR_MUTANT("batch-end-drops-row")) QR_RETURN_IF_ERROR(NextRow().status());
    return rows;
  }

  Status SeekTo(const std::vector<TermId>& key) override {
    QR_CHECK(key.size() <= columns_);
    KeyPrefix target = prefix_;
    for (const TermId id : key) target.push_back(id.value());
    const bool first_time = !started_;
    QR_RETURN_IF_ERROR(Start(target));
    return first_time ? OkStatus() : merge_.SeekTo(target);
  }

  // Counts rows from here on, up to `limit`.
  StatusOr<uint64_t> Count(uint64_t limit) {
    QR_RETURN_IF_ERROR(Start(prefix_));
    uint64_t rows = 0;
    while (rows < limit) {
      QR_ASSIGN_OR_RETURN(const bool found, NextRow());
      if (!found) break;
      ++rows;
    }
    return rows;
  }

 private:
  Status Start(const KeyPrefix& target) {
    if (std::exchange(started_, true)) return OkStatus();
    return merge_.SeekTo(target);
  }
  // The next quad that is there at at_, in merge_.ids().
  StatusOr<bool> NextRow() {
    while (true) {
      QR_ASSIGN_OR_RETURN(const bool found, merge_.Next());
      if (!found) return false;
      const std::vector<uint64_t>& toggles = merge_.toggles();
      const uint64_t at = at_.value() - (QR_MUTANT("view-one-version-back") ? 1 : 0);
      const auto seen = std::upper_bound(toggles.begin(), toggles.end(), at);
      if ((seen - toggles.begin()) % 2 == 1) return true;
    }
  }

  const std::shared_ptr<const KvSnapshot> snapshot_;
  const std::shared_ptr<const RunSet> runs_;
  const Timestamp at_;
  const KeyPrefix prefix_;
  const size_t columns_;
  RunMerge merge_;
  bool started_ = false;
};

uint64_t AllRows(const RunSet& runs) {
  uint64_t rows = 0;
  for (const auto& run : runs.recent) rows += run->size();
  for (const auto& run : runs.stored) rows += run->rows;
  return rows;
}

// Runs may hold rows that are not seen (any more): the share of all quads that this share of all rows is.
uint64_t QuadsOf(uint64_t rows, uint64_t all_rows, uint64_t all_quads) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(rows) * all_quads /
                               std::max<uint64_t>(all_rows, 1));
}

}  // namespace

std::unique_ptr<QuadScan> IndexView::Scan(const ScanSpec& spec) const {
  return std::make_unique<IndexScan>(snapshot_, place_.runs, place_.timestamp, spec.permutation,
                                     PrefixOf(spec));
}

StatusOr<uint64_t> IndexView::EstimateRows(const ScanSpec& spec) const {
  if (spec.prefix.empty() && place_.quad_count >= kExactCountRows) return place_.quad_count;
  const KeyPrefix prefix = PrefixOf(spec);
  const std::vector<RunCursor> cursors =
      CursorsOf(*place_.runs, *snapshot_, spec.permutation, prefix);
  const uint64_t all = AllRows(*place_.runs);
  uint64_t rows = 0;
  for (const RunCursor& cursor : cursors) rows += cursor.RowsAtLeast();
  const uint64_t at_least = QuadsOf(rows, all, place_.quad_count);
  if (at_least > kRowsNotCounted) return at_least;
  IndexScan scan(snapshot_, place_.runs, place_.timestamp, spec.permutation, prefix);
  QR_ASSIGN_OR_RETURN(const uint64_t counted, scan.Count(kExactCountRows + 1));
  if (counted <= kExactCountRows) return counted;
  rows = 0;
  for (const RunCursor& cursor : cursors) {
    QR_ASSIGN_OR_RETURN(const uint64_t more, cursor.Rows());
    rows += more;
  }
  return std::max(counted, QuadsOf(rows, all, place_.quad_count));
}

}  // namespace quadraft::store
