#include "store/state/quad_writer.h"

#include "absl/container/flat_hash_set.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr rdf::Term rdf::Quad::*kPositions[] = {&rdf::Quad::subject, &rdf::Quad::predicate,
                                                &rdf::Quad::object, &rdf::Quad::graph};

}  // namespace

StatusOr<IdQuad> QuadWriter::IdsOf(const rdf::Quad& quad) {
  IdQuad ids;
  for (size_t i = 0; i < 4; ++i) {
    const rdf::Term& term = quad.*kPositions[i];
    if (last_ids_[i] != TermId() && term == last_quad_.*kPositions[i]) {
      ids[i] = last_ids_[i];
      continue;
    }
    QR_ASSIGN_OR_RETURN(ids[i], terms_.IdOf(term));
    last_quad_.*kPositions[i] = term;
    last_ids_[i] = ids[i];
  }
  return ids;
}

StatusOr<std::optional<IdQuad>> QuadWriter::FindIds(const rdf::Quad& quad) {
  IdQuad ids;
  for (size_t i = 0; i < 4; ++i) {
    QR_ASSIGN_OR_RETURN(const auto id, terms_.dictionary()->Find(quad.*kPositions[i]));
    if (!id) return std::optional<IdQuad>();
    ids[i] = *id;
  }
  return std::optional<IdQuad>(ids);
}

StatusOr<bool> QuadWriter::IsThere(const IdQuad& ids) {
  if (const auto it = there_.find(ids); it != there_.end()) return it->second;
  for (const TermId id : ids) {
    if (Dictionary::GivenSince(id, fresh_from_)) return false;  // No stored quad can use a term that this batch brings.
  }
  if (snapshot_ == nullptr) snapshot_ = kv_.Snapshot();
  return store::IsThere(*index_.runs(), *snapshot_, ids, Timestamp(~uint64_t{0}));
}

void QuadWriter::Change(const IdQuad& ids, bool there, Timestamp at) {
  there_[ids] = there;
  changes_.push_back({ids, at});
}

StatusOr<bool> QuadWriter::InsertIds(const rdf::Quad& quad, const IdQuad& ids, Timestamp at) {
  QR_ASSIGN_OR_RETURN(const bool there, IsThere(ids));
  if (there) return false;
  Change(ids, true, at);
  ++meta_.quad_count;
  meta_.digest.Add(rdf::QuadFingerprint(quad));
  return true;
}

StatusOr<bool> QuadWriter::Insert(const rdf::Quad& quad, Timestamp at) {
  QR_ASSIGN_OR_RETURN(const IdQuad ids, IdsOf(quad));
  return InsertIds(quad, ids, at);
}

StatusOr<bool> QuadWriter::Delete(const rdf::Quad& quad, const IdQuad& ids, Timestamp at) {
  QR_ASSIGN_OR_RETURN(const bool there, IsThere(ids));
  if (!there) return false;
  Change(ids, false, at);
  --meta_.quad_count;
  if (!QR_MUTANT("delete-misses-digest")) meta_.digest.Subtract(rdf::QuadFingerprint(quad));
  return true;
}

StatusOr<QuadWriter::Changes> QuadWriter::Apply(const txn::WriteSet& writes, Timestamp at) {
  Changes changes;
  if (writes.deletes.empty()) {
    for (const rdf::Quad& quad : writes.inserts) {
      QR_ASSIGN_OR_RETURN(const bool fresh, Insert(quad, at));
      changes.inserted += fresh;
    }
    return changes;
  }
  // A quad that is both deleted and inserted is there afterwards: only the insert counts. Ids come
  // first, so that the rest is about numbers.
  std::vector<IdQuad> inserts;
  absl::flat_hash_set<IdQuad> inserted;
  for (const rdf::Quad& quad : writes.inserts) {
    QR_ASSIGN_OR_RETURN(inserts.emplace_back(), IdsOf(quad));
    inserted.insert(inserts.back());
  }
  for (const rdf::Quad& quad : writes.deletes) {
    QR_ASSIGN_OR_RETURN(const auto ids, FindIds(quad));
    SIM_SOMETIMES(ids && inserted.contains(*ids), "quad-deleted-and-inserted");
    if (!ids || inserted.contains(*ids)) continue;
    QR_ASSIGN_OR_RETURN(const bool gone, Delete(quad, *ids, at));
    changes.deleted += gone;
  }
  for (size_t i = 0; i < inserts.size(); ++i) {
    QR_ASSIGN_OR_RETURN(const bool fresh, InsertIds(writes.inserts[i], inserts[i], at));
    changes.inserted += fresh;
  }
  return changes;
}

void QuadWriter::Write() {
  index_.Add(changes_);
  changes_.clear();
  there_.clear();
  snapshot_.reset();
  fresh_from_ = terms_.next_sequence();
}

}  // namespace quadraft::store
