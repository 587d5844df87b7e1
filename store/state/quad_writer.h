// One batch of quad changes under construction: what it will do is visible to itself before it is
// written.
//
//   QuadWriter writer(kv, dictionary, index, &meta);       // `meta` is kept up: count and digest.
//   QR_ASSIGN_OR_RETURN(bool fresh, writer.Insert(quad, at));
//   writer.Write();                                        // Into the index.
//
// Inserting what is there and deleting what is not are no-ops. After an error throw it away, and `meta`
// with it.
#ifndef QUADRAFT_STORE_STATE_QUAD_WRITER_H_
#define QUADRAFT_STORE_STATE_QUAD_WRITER_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/rdf/term.h"
#include "core/txn/write_set.h"
#include "store/dictionary/dictionary_writer.h"
#include "store/runs/quad_index.h"
#include "store/state/graph_meta.h"

namespace quadraft::store {

class QuadWriter {
 public:
  QuadWriter(KvStore& kv, DictionaryWriter& dictionary, QuadIndex& index, GraphMeta* meta)
      : kv_(kv),
        terms_(dictionary),
        index_(index),
        meta_(*meta),
        fresh_from_(dictionary.next_sequence()) {}

  // What a write set comes to: all deletes, then all inserts, at one timestamp.
  struct Changes {
    uint64_t inserted = 0;
    uint64_t deleted = 0;
  };
  StatusOr<Changes> Apply(const txn::WriteSet& writes, Timestamp at);
  StatusOr<bool> Insert(const rdf::Quad& quad, Timestamp at);  // Whether it was not there.

  size_t changes() const { return changes_.size(); }
  void Write();  // Into the index.

 private:
  // Ids of the terms of one quad, remembering the last: neighbours share most of their terms.
  StatusOr<IdQuad> IdsOf(const rdf::Quad& quad);
  StatusOr<bool> InsertIds(const rdf::Quad& quad, const IdQuad& ids, Timestamp at);
  StatusOr<bool> Delete(const rdf::Quad& quad, const IdQuad& ids, Timestamp at);
  StatusOr<std::optional<IdQuad>> FindIds(const rdf::Quad& quad);
  StatusOr<bool> IsThere(const IdQuad& ids);
  void Change(const IdQuad& ids, bool there, Timestamp at);

  KvStore& kv_;
  DictionaryWriter& terms_;
  QuadIndex& index_;
  GraphMeta& meta_;
  uint64_t fresh_from_;  // Terms from here on are new to the index.
  std::vector<QuadChange> changes_;
  absl::flat_hash_map<IdQuad, bool> there_;        // As this batch makes it.
  std::shared_ptr<const KvSnapshot> snapshot_;     // With the runs of the index, once asked for.
  rdf::Quad last_quad_;
  IdQuad last_ids_{};
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_QUAD_WRITER_H_
