#include "store/runs/run_writer.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "store/runs/block.h"

namespace quadraft::store {
namespace {

template <typename T>
std::string_view BytesOf(const std::vector<T>& items) {
  return {reinterpret_cast<const char*>(items.data()), items.size() * sizeof(T)};
}

}  // namespace

RunWriter::RunWriter(KvStore& kv, const Place& place, const RunShape& shape, uint64_t rows_max,
                     uint32_t block_rows)
    : kv_(&kv), group_(place.group), shape_(shape), run_(std::make_shared<StoredRun>()) {
  QR_CHECK(block_rows > 0 && block_rows <= kBlockRowsMax) << block_rows;
  run_->space = place.space;
  run_->id = place.id;
  run_->level = place.level;
  run_->horizon = place.horizon;
  run_->block_rows = block_rows;
  run_->filter_first = shape.filter_first;
  run_->filter = RowFilter(rows_max * (shape.filter_whole && shape.filter_first ? 2 : 1));
  block_.reserve(block_rows);
}

Status RunWriter::Begin() {
  KvBatch batch;
  batch.Put(OldRunKey(group_, run_->space, run_->id), {});
  return kv_->Write(&batch, false);
}

Status RunWriter::Add(const Row& row) {
  if (permutation_ == 0) {
    AddToFilter(row.ids);
    run_->newest = std::max(run_->newest, Timestamp(row.at));
  }
  block_.push_back(row);
  ++rows_;
  if (block_.size() == run_->block_rows) return FlushBlock();
  return OkStatus();
}

void RunWriter::AddToFilter(const KeyIds& ids) {
  if (block_.size() + 1 == run_->block_rows && QR_MUTANT("filter-misses-last-of-block")) return;
  if (shape_.filter_whole) run_->filter.Add(ids);
  if (shape_.filter_first && (rows_ == 0 || ids[0] != first_)) run_->filter.Add({ids.data(), 1});
  first_ = ids[0];
}

Status RunWriter::FlushBlock() {
  auto& fences = run_->fences[static_cast<size_t>(permutation_)];
  batch_.Put(BlockKey(run_->space, run_->id, permutation_, static_cast<uint32_t>(fences.size())),
             EncodeBlock(block_));
  fences.push_back(block_.front().ids);
  block_.clear();
  if (batch_.bytes() < kRunBatchBytes) return OkStatus();
  QR_RETURN_IF_ERROR(kv_->Write(&batch_, false));
  batch_.Clear();
  return OkStatus();
}

Status RunWriter::EndPermutation() {
  if (!block_.empty()) QR_RETURN_IF_ERROR(FlushBlock());
  if (permutation_ == 0) run_->rows = rows_;
  if (rows_ != run_->rows) {
    return DataLoss("index: permutation ", permutation_, " comes to ", rows_, " rows, permutation 0 to ",
                    run_->rows);
  }
  rows_ = 0;
  ++permutation_;
  return OkStatus();
}

std::shared_ptr<const StoredRun> RunWriter::Finish(KvBatch* batch) {
  QR_CHECK(complete() && run_->rows > 0);
  *batch = std::move(batch_);
  for (int p = 0; p < shape_.permutations; ++p)
    batch->Put(FencesKey(run_->space, run_->id, p), BytesOf(run_->fences[static_cast<size_t>(p)]));
  batch->Put(FilterKey(run_->space, run_->id), BytesOf(run_->filter.words()));
  batch->Put(RunKey(run_->space, run_->id), EncodeRunMeta(*run_));
  batch->Delete(OldRunKey(group_, run_->space, run_->id));
  return std::move(run_);
}

}  // namespace quadraft::store
