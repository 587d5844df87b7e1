#include "store/runs/run_cursor.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

// The first of [first, last) that is not below `target`, when it is likely to be near.
const Row* Gallop(const Row* first, const Row* last, std::span<const uint64_t> target) {
  std::ptrdiff_t step = 1;
  while (step < last - first && CompareToPrefix(first[step].ids, target) < 0) {
    first += step;
    step *= 2;
  }
  return std::partition_point(first, std::min(first + step + 1, last), [&](const Row& row) {
    return CompareToPrefix(row.ids, target) < 0;
  });
}

// Where rows at or after `target` begin: in the last block whose first ids are below it, or at the
// start of the next.
size_t FirstBlock(const std::vector<KeyIds>& fences, std::span<const uint64_t> target) {
  const bool after_equal = QR_MUTANT("fence-skips-equal");
  const auto it = std::partition_point(fences.begin(), fences.end(), [&](const KeyIds& fence) {
    const int compared = CompareToPrefix(fence, target);
    return compared < 0 || (after_equal && compared == 0);
  });
  return it == fences.begin() ? 0 : static_cast<size_t>(it - fences.begin()) - 1;
}

}  // namespace

RunCursor::RunCursor(const RecentRun& run, Permutation permutation, KeyPrefix prefix)
    : prefix_(std::move(prefix)), recent_(&run.rows[static_cast<size_t>(permutation)]) {
  const auto below = [&](const Row& row) { return CompareToPrefix(row.ids, prefix_) < 0; };
  const auto not_above = [&](const Row& row) { return CompareToPrefix(row.ids, prefix_) <= 0; };
  const Row* const begin = recent_->data();
  const Row* const end = begin + recent_->size();
  first_ = std::partition_point(begin, end, below);
  last_ = std::partition_point(first_, end, not_above);
}

RunCursor::RunCursor(const StoredRun& run, const KvSnapshot& snapshot, Permutation permutation,
                     KeyPrefix prefix)
    : prefix_(std::move(prefix)), stored_(&run), snapshot_(&snapshot), permutation_(permutation) {}

StatusOr<Block> RunCursor::ReadBlock(size_t block, std::string* bytes) const {
  QR_ASSIGN_OR_RETURN(const bool found,
                      snapshot_->Get(BlockKey(stored_->space, stored_->id, static_cast<int>(permutation_),
                                              static_cast<uint32_t>(block)),
                                     bytes));
  if (!found) {
    return DataLoss("index: block ", block, " of run ", stored_->id, " of space ", stored_->space,
                    " is missing");
  }
  auto parsed = Block::Parse(*bytes);
  if (!parsed.ok()) {
    return Annotate(parsed.status(), StrCat("run ", stored_->id, ", block ", block));
  }
  return parsed;
}

Status RunCursor::LoadFrom(size_t block, std::span<const uint64_t> target) {
  at_ = end_ = nullptr;
  for (; block < block_end_; ++block) {
    std::string bytes;
    QR_ASSIGN_OR_RETURN(const Block parsed, ReadBlock(block, &bytes));
    const size_t first = parsed.LowerBound(target), last = parsed.UpperBound(prefix_);
    if (first >= last) continue;  // All before the target, or the end of the prefix.
    parsed.Decode(first, last, &rows_);
    at_ = rows_.data();
    end_ = at_ + rows_.size();
    break;
  }
  block_ = block;
  return OkStatus();
}

Status RunCursor::SeekTo(std::span<const uint64_t> target) {
  const bool first_time = !std::exchange(started_, true);
  if (stored_ == nullptr) {
    if (first_time) at_ = first_, end_ = last_;
    if (at_ != end_) at_ = Gallop(at_, end_, target);
    return OkStatus();
  }
  if (first_time) {
    // Behind the last block that begins at or before the last row of the prefix.
    const auto behind = std::partition_point(
        fences().begin(), fences().end(),
        [&](const KeyIds& fence) { return CompareToPrefix(fence, prefix_) <= 0; });
    block_end_ = static_cast<size_t>(behind - fences().begin());
    return LoadFrom(FirstBlock(fences(), target), target);
  }
  if (at_ == end_) return OkStatus();
  if (CompareToPrefix((end_ - 1)->ids, target) >= 0) {
    at_ = Gallop(at_, end_, target);
    return OkStatus();
  }
  return LoadFrom(std::max(FirstBlock(fences(), target), block_ + 1), target);
}

StatusOr<uint64_t> RunCursor::RowsBefore(bool above) const {
  const int limit = above ? 1 : 0;
  const auto it = std::partition_point(
      fences().begin(), fences().end(),
      [&](const KeyIds& fence) { return CompareToPrefix(fence, prefix_) < limit; });
  if (it == fences().begin()) return uint64_t{0};
  const auto block = static_cast<size_t>(it - fences().begin()) - 1;
  std::string bytes;
  QR_ASSIGN_OR_RETURN(const Block parsed, ReadBlock(block, &bytes));
  return block * stored_->block_rows +
         (above ? parsed.UpperBound(prefix_) : parsed.LowerBound(prefix_));
}

StatusOr<uint64_t> RunCursor::Rows() const {
  if (stored_ == nullptr) return static_cast<uint64_t>(last_ - first_);
  QR_ASSIGN_OR_RETURN(const uint64_t end, RowsBefore(true));
  QR_ASSIGN_OR_RETURN(const uint64_t begin, RowsBefore(false));
  return end - begin;
}

uint64_t RunCursor::RowsAtLeast() const {
  if (stored_ == nullptr) return static_cast<uint64_t>(last_ - first_);
  const auto [first, last] = std::equal_range(
      fences().begin(), fences().end(), prefix_, [](const auto& a, const auto& b) {
        if constexpr (std::is_same_v<std::decay_t<decltype(a)>, KeyIds>) {
          return CompareToPrefix(a, b) < 0;
        } else {
          return CompareToPrefix(b, a) > 0;
        }
      });
  const auto blocks = static_cast<uint64_t>(last - first);
  return blocks < 2 ? blocks : (blocks - 1) * stored_->block_rows + 1;
}

Status RunMerge::SeekTo(std::span<const uint64_t> target) {
  for (RunCursor& cursor : cursors_) QR_RETURN_IF_ERROR(cursor.SeekTo(target));
  std::erase_if(cursors_, [](const RunCursor& cursor) { return cursor.row() == nullptr; });
  Pick();
  return OkStatus();
}

void RunMerge::Pick() {
  current_ = nullptr;
  bound_ = nullptr;
  for (RunCursor& cursor : cursors_) {
    const Row* const row = cursor.row();
    if (row == nullptr) continue;
    if (current_ == nullptr || row->ids < current_->row()->ids) {
      if (current_ != nullptr) bound_ = current_->row();
      current_ = &cursor;
    } else if (bound_ == nullptr || row->ids < bound_->ids) {
      bound_ = row;
    }
  }
}

Status RunMerge::Gather(RunCursor& cursor) {
  while (cursor.row() != nullptr && cursor.row()->ids == ids_) {
    toggles_.push_back(cursor.row()->at);
    QR_RETURN_IF_ERROR(cursor.Next());
  }
  return OkStatus();
}

StatusOr<bool> RunMerge::Next() {
  if (current_ == nullptr) return false;
  ids_ = current_->row()->ids;
  toggles_.clear();
  QR_RETURN_IF_ERROR(Gather(*current_));
  if (bound_ != nullptr && bound_->ids == ids_) {
    SIM_SOMETIMES(true, "quad-in-several-runs");
    for (RunCursor& cursor : cursors_) QR_RETURN_IF_ERROR(Gather(cursor));
    std::sort(toggles_.begin(), toggles_.end());
    Pick();
  } else if (const Row* next = current_->row();
             next == nullptr || (bound_ != nullptr && !(next->ids < bound_->ids))) {
    Pick();
  }
  return true;
}

StatusOr<bool> IsThere(const RunSet& set, const KvSnapshot& snapshot, const IdQuad& quad,
                       Timestamp at) {
  const KeyIds key = KeyOf(quad, Permutation::kSpog);
  size_t toggles = 0;
  for (const auto& run : set.recent) {
    const auto& rows = run->rows[static_cast<size_t>(Permutation::kSpog)];
    for (auto it = std::lower_bound(rows.begin(), rows.end(), Row{key, 0});
         it != rows.end() && it->ids == key && it->at <= at.value(); ++it) {
      ++toggles;
    }
  }
  for (const auto& run : set.stored) {
    if (!run->filter.MayHave(key)) continue;
    RunCursor cursor(*run, snapshot, Permutation::kSpog, KeyPrefix(key.begin(), key.end()));
    QR_RETURN_IF_ERROR(cursor.SeekTo(key));
    for (; cursor.row() != nullptr; ) {
      toggles += cursor.row()->at <= at.value();
      QR_RETURN_IF_ERROR(cursor.Next());
    }
  }
  return toggles % 2 == 1;
}

}  // namespace quadraft::store
