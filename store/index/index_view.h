// The read view of one group's quads at one timestamp (store/read/read_view.h), over the runs of its
// index and a snapshot of the key-value store that has their blocks.
#ifndef QUADRAFT_STORE_INDEX_INDEX_VIEW_H_
#define QUADRAFT_STORE_INDEX_INDEX_VIEW_H_

#include <memory>
#include <utility>

#include "store/dictionary/dictionary.h"
#include "store/kv/kv_store.h"
#include "store/read/read_view.h"
#include "store/runs/run.h"

namespace quadraft::store {

class IndexView : public ReadView {
 public:
  struct Place {
    std::shared_ptr<const RunSet> runs;
    Timestamp timestamp;
    uint64_t quad_count = 0;  // Of the newest state; what estimates are measured by.
  };
  // `snapshot`: taken when `place.runs` was.
  IndexView(std::shared_ptr<const KvSnapshot> snapshot,
            std::shared_ptr<const Dictionary> dictionary, Place place)
      : snapshot_(std::move(snapshot)),
        dictionary_(std::move(dictionary)),
        place_(std::move(place)) {}

  Timestamp timestamp() const override { return place_.timestamp; }
  std::unique_ptr<QuadScan> Scan(const ScanSpec& spec) const override;
  StatusOr<uint64_t> EstimateRows(const ScanSpec& spec) const override;
  StatusOr<std::optional<TermId>> Find(const rdf::Term& term) const override {
    return dictionary_->Find(term);
  }
  StatusOr<rdf::Term> Lookup(TermId id) const override { return dictionary_->Lookup(id); }

 private:
  const std::shared_ptr<const KvSnapshot> snapshot_;
  const std::shared_ptr<const Dictionary> dictionary_;
  const Place place_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_INDEX_INDEX_VIEW_H_
