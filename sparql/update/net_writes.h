// What the operations of one update have done to the quads so far: for each quad, whether it was
// last inserted or deleted. That alone gives the write set (deletes first, then inserts) without
// asking what the store holds.
//
//   writes.Insert(a); writes.Delete(a); writes.Take()  -> deletes {a}: gone, whether it was there
//   before or not.
//
// The order is that of first mention, so equal updates give equal write sets.
#ifndef QUADRAFT_SPARQL_UPDATE_NET_WRITES_H_
#define QUADRAFT_SPARQL_UPDATE_NET_WRITES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/base/status.h"
#include "core/rdf/term.h"
#include "core/txn/write_set.h"

namespace quadraft::sparql {

class NetWrites {
 public:
  struct Entry {
    rdf::Quad quad;
    bool inserted = false;  // Else deleted.
  };

  explicit NetWrites(size_t bytes_max) : bytes_max_(bytes_max) {}

  // ResourceExhausted when the quads mentioned take more than the bound.
  Status Insert(rdf::Quad quad) { return Set(std::move(quad), true); }
  Status Delete(rdf::Quad quad) { return Set(std::move(quad), false); }

  const std::vector<Entry>& entries() const { return entries_; }  // In order of first mention.
  uint64_t changes() const { return changes_; }  // Grows with every call that changed something.
  txn::WriteSet Take();

 private:
  Status Set(rdf::Quad quad, bool inserted);

  const size_t bytes_max_;
  size_t bytes_ = 0;
  uint64_t changes_ = 0;
  std::vector<Entry> entries_;
  absl::flat_hash_map<Hash128, size_t> index_;  // By QuadFingerprint; never iterated.
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_UPDATE_NET_WRITES_H_
