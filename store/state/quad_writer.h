// One batch of quad changes under construction: what it will do is visible to itself before it is
// written.
//
//   QuadWriter writer(kv, dictionary, &meta);              // `meta` is kept up: count and digest.
//   QR_ASSIGN_OR_RETURN(bool fresh, writer.Insert(quad, at));
//   QR_RETURN_IF_ERROR(writer.Write(GroupKey(group), EncodeGraphMeta(meta), /*sync=*/false));
//
// Inserting what is there and deleting what is not are no-ops. One writer at a time per dictionary;
// after an error throw it away, and `meta` with it.
#ifndef QUADRAFT_STORE_STATE_QUAD_WRITER_H_
#define QUADRAFT_STORE_STATE_QUAD_WRITER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/rdf/term.h"
#include "core/txn/write_set.h"
#include "store/dictionary/dictionary.h"
#include "store/index/quad_key.h"
#include "store/state/graph_meta.h"

namespace quadraft::store {

inline constexpr int kDroppedPerBatchMax = 2048;  // Old versions looked at by one DropOld.

class QuadWriter {
 public:
  QuadWriter(KvStore& kv, Dictionary& dictionary, GraphMeta* meta)
      : kv_(kv), terms_(dictionary), meta_(*meta) {}

  // What a write set comes to: all deletes, then all inserts, at one timestamp.
  struct Changes {
    uint64_t inserted = 0;
    uint64_t deleted = 0;
  };
  StatusOr<Changes> Apply(const txn::WriteSet& writes, Timestamp at);
  StatusOr<bool> Insert(const rdf::Quad& quad, Timestamp at);  // Whether it was not there.

  // Drops versions that no read at `horizon` or later needs, some of them: the rest in later calls.
  // `*from` is where the last call stopped; zero at first.
  Status DropOld(Timestamp horizon, Timestamp* from);

  size_t bytes() const {
    return batch_.bytes() + changes_.size() * kPermutationCount * kQuadKeyBytes;
  }  // About.
  Status Write(const std::string& meta_key, bool sync);

 private:
  // Ids of the terms of one quad, remembering the last: neighbours share most of their terms.
  StatusOr<IdQuad> IdsOf(const rdf::Quad& quad);
  StatusOr<bool> InsertIds(const rdf::Quad& quad, const IdQuad& ids, Timestamp at);
  StatusOr<bool> Delete(const rdf::Quad& quad, const IdQuad& ids, Timestamp at);
  StatusOr<std::optional<IdQuad>> FindIds(const rdf::Quad& quad);
  StatusOr<std::string> VersionsOf(const IdQuad& ids);
  void PutVersions(const IdQuad& ids, std::string value);  // Empty: the quad goes.
  void EmitChanges();

  KvStore& kv_;
  Dictionary::Writer terms_;
  GraphMeta& meta_;
  KvBatch batch_;
  struct Change {
    IdQuad ids;
    std::string versions;  // As this batch makes them.
  };
  std::vector<Change> changes_;
  absl::flat_hash_map<IdQuad, size_t> change_of_;  // Into changes_.
  std::string key_;
  rdf::Quad last_quad_;
  IdQuad last_ids_{};
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_QUAD_WRITER_H_
