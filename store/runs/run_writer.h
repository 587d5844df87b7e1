// Writes one stored run: permutation after permutation, rows ascending. Its blocks go to the store as
// they fill; it is a run only once the batch of Finish is written, and until then its marker (key
// 'y') makes whoever opens the store sweep it away.
//
//   RunWriter writer(kv, {group, space, id, level, horizon}, shape, rows_at_most, block_rows);
//   QR_RETURN_IF_ERROR(writer.Begin());
//   for (each permutation) { for (row) QR_RETURN_IF_ERROR(writer.Add(row)); QR_RETURN_IF_ERROR(writer.EndPermutation()); }
//   KvBatch batch; auto run = writer.Finish(&batch); QR_RETURN_IF_ERROR(kv.Write(&batch, false));
#ifndef QUADRAFT_STORE_RUNS_RUN_WRITER_H_
#define QUADRAFT_STORE_RUNS_RUN_WRITER_H_

#include <memory>
#include <vector>

#include "core/base/ids.h"
#include "store/runs/run.h"

namespace quadraft::store {

inline constexpr size_t kRunBatchBytes = 256u << 10;  // Blocks are written in batches of about this.

class RunWriter {
 public:
  struct Place {
    GroupId group;
    SpaceId space = 0;
    RunId id = 0;
    uint32_t level = 0;
    Timestamp horizon;
  };
  RunWriter(KvStore& kv, const Place& place, const RunShape& shape, uint64_t rows_max,
            uint32_t block_rows);

  Status Begin();
  Status Add(const Row& row);
  Status EndPermutation();
  bool complete() const { return permutation_ == shape_.permutations; }
  uint64_t rows() const { return run_->rows; }  // Of the first permutation, once it ended.
  RunId id() const { return run_->id; }
  Timestamp horizon() const { return run_->horizon; }

  // After the last permutation; not for a run without rows.
  std::shared_ptr<const StoredRun> Finish(KvBatch* batch);

 private:
  Status FlushBlock();
  void AddToFilter(const KeyIds& ids);

  KvStore* kv_;
  GroupId group_;
  RunShape shape_;
  std::shared_ptr<StoredRun> run_;
  int permutation_ = 0;
  uint64_t rows_ = 0;  // Of this permutation.
  uint64_t first_ = 0;  // Of the last row's ids; in no row yet when rows_ is 0.
  std::vector<Row> block_;
  KvBatch batch_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_RUN_WRITER_H_
