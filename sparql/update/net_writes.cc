#include "sparql/update/net_writes.h"

#include <utility>

namespace quadraft::sparql {
namespace {

size_t BytesOf(const rdf::Quad& quad) {
  size_t bytes = sizeof(NetWrites::Entry) + sizeof(Hash128) + sizeof(size_t);
  for (const rdf::Term* term : {&quad.subject, &quad.predicate, &quad.object, &quad.graph}) {
    bytes += term->value.size() + term->datatype.size() + term->language.size();
  }
  return bytes;
}

}  // namespace

Status NetWrites::Set(rdf::Quad quad, bool inserted) {
  const auto [it, fresh] = index_.try_emplace(rdf::QuadFingerprint(quad), entries_.size());
  if (!fresh) {
    Entry& entry = entries_[it->second];
    changes_ += entry.inserted != inserted;
    entry.inserted = inserted;
    return OkStatus();
  }
  bytes_ += BytesOf(quad);
  if (bytes_ > bytes_max_) {
    return ResourceExhausted("the update changes more quads than fit into ", bytes_max_,
                             " bytes (memory_bytes_max): send it in parts");
  }
  entries_.push_back({std::move(quad), inserted});
  ++changes_;
  return OkStatus();
}

txn::WriteSet NetWrites::Take() {
  txn::WriteSet writes;
  for (Entry& entry : entries_) {
    (entry.inserted ? writes.inserts : writes.deletes).push_back(std::move(entry.quad));
  }
  entries_.clear();
  index_.clear();
  return writes;
}

}  // namespace quadraft::sparql
