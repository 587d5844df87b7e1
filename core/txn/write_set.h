// What one update does to the quads: the payload of a Raft entry, and what conflicts are judged by.
//
// Meaning: first all `deletes`, then all `inserts`, at one commit timestamp. Deleting what is not there and inserting what
// is there are no-ops. Terms travel in full: ids are node-local. Blank node labels are already unique in the store.
#ifndef QUADRAFT_CORE_TXN_WRITE_SET_H_
#define QUADRAFT_CORE_TXN_WRITE_SET_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/rdf/term.h"

namespace quadraft::txn {

struct WriteSet {
  std::vector<rdf::Quad> deletes;
  std::vector<rdf::Quad> inserts;
  bool empty() const { return deletes.empty() && inserts.empty(); }
  friend bool operator==(const WriteSet&, const WriteSet&) = default;
};

// A table of the distinct terms, then the quads as numbers into it.
std::string EncodeWriteSet(const WriteSet& writes);
StatusOr<WriteSet> DecodeWriteSet(std::string_view bytes);  // DataLoss when not an encoding.

// What an update read: every quad that matches; an absent position matches anything. A pattern is a predicate lock.
struct ReadPattern {
  std::optional<rdf::Term> subject, predicate, object, graph;
  bool Matches(const rdf::Quad& quad) const;
};

}  // namespace quadraft::txn

#endif  // QUADRAFT_CORE_TXN_WRITE_SET_H_
