#include "store/state/quad_writer.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr rdf::Term rdf::Quad::*kPositions[] = {&rdf::Quad::subject, &rdf::Quad::predicate,
                                                &rdf::Quad::object, &rdf::Quad::graph};

std::string HistoryKey(SpaceId space, Timestamp at, const IdQuad& ids) {
  std::string key = SpacePrefix(kHistoryKind, space);
  PutBigEndian64(&key, at.value());
  for (const TermId id : ids) PutBigEndian64(&key, id.value());
  return key;
}
constexpr size_t kHistoryKeyBytes = 5 + 8 + 4 * 8;

}  // namespace

StatusOr<IdQuad> QuadWriter::IdsOf(const rdf::Quad& quad) {
  IdQuad ids;
  for (size_t i = 0; i < 4; ++i) {
    const rdf::Term& term = quad.*kPositions[i];
    if (last_ids_[i] != TermId() && term == last_quad_.*kPositions[i]) {
      ids[i] = last_ids_[i];
      continue;
    }
    QR_ASSIGN_OR_RETURN(ids[i], terms_.IdOf(term, &batch_));
    last_quad_.*kPositions[i] = term;
    last_ids_[i] = ids[i];
  }
  return ids;
}

StatusOr<std::optional<IdQuad>> QuadWriter::FindIds(const rdf::Quad& quad) {
  IdQuad ids;
  for (size_t i = 0; i < 4; ++i) {
    QR_ASSIGN_OR_RETURN(const auto id, terms_.Find(quad.*kPositions[i]));
    if (!id) return std::optional<IdQuad>();
    ids[i] = *id;
  }
  return std::optional<IdQuad>(ids);
}

StatusOr<std::string> QuadWriter::VersionsOf(const IdQuad& ids) {
  if (const auto it = change_of_.find(ids); it != change_of_.end())
    return changes_[it->second].versions;
  std::string value;
  for (const TermId id : ids) {
    if (terms_.IsFresh(id)) return value;  // No stored quad can use a term that this batch brings.
  }
  SetQuadKey(&key_, meta_.space, Permutation::kSpog, ids);
  QR_ASSIGN_OR_RETURN(const bool found, kv_.Get(key_, &value));
  if (!found) value.clear();
  return value;
}

void QuadWriter::PutVersions(const IdQuad& ids, std::string value) {
  const auto [it, fresh] = change_of_.try_emplace(ids, changes_.size());
  if (fresh) {
    changes_.push_back({ids, std::move(value)});
  } else {
    changes_[it->second].versions = std::move(value);
  }
}

// In the order of each permutation's keys: LevelDB's memtable takes sorted keys twice as fast as
// scattered ones.
void QuadWriter::EmitChanges() {
  std::vector<std::pair<IdQuad, const Change*>> sorted(changes_.size());
  for (int p = 0; p < kPermutationCount; ++p) {
    const auto permutation = static_cast<Permutation>(p);
    const auto columns = PermutationColumns(permutation);
    for (size_t i = 0; i < changes_.size(); ++i) {
      sorted[i].second = &changes_[i];
      for (size_t c = 0; c < 4; ++c)
        sorted[i].first[c] = changes_[i].ids[static_cast<size_t>(columns[c])];
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [key_ids, change] : sorted) {
      if (QR_MUTANT("delete-misses-permutation") && permutation == Permutation::kGosp &&
          !IsThere(change->versions)) {
        continue;
      }
      SetQuadKey(&key_, meta_.space, permutation, change->ids);
      if (change->versions.empty()) {
        batch_.Delete(key_);
      } else {
        batch_.Put(key_, change->versions);
      }
    }
  }
}

StatusOr<bool> QuadWriter::InsertIds(const rdf::Quad& quad, const IdQuad& ids, Timestamp at) {
  QR_ASSIGN_OR_RETURN(const std::string value, VersionsOf(ids));
  if (IsThere(value)) return false;
  PutVersions(ids, AddVersion(value, at));
  ++meta_.quad_count;
  meta_.digest.Add(rdf::QuadFingerprint(quad));
  return true;
}

StatusOr<bool> QuadWriter::Insert(const rdf::Quad& quad, Timestamp at) {
  QR_ASSIGN_OR_RETURN(const IdQuad ids, IdsOf(quad));
  return InsertIds(quad, ids, at);
}

StatusOr<bool> QuadWriter::Delete(const rdf::Quad& quad, const IdQuad& ids, Timestamp at) {
  QR_ASSIGN_OR_RETURN(const std::string value, VersionsOf(ids));
  if (!IsThere(value)) return false;
  PutVersions(ids, AddVersion(value, at));
  batch_.Put(HistoryKey(meta_.space, at, ids), {});
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

Status QuadWriter::DropOld(Timestamp horizon, Timestamp* from) {
  const std::string prefix = SpacePrefix(kHistoryKind, meta_.space);
  std::string start =
      prefix;  // Not from the beginning: what was dropped there may still be in LevelDB's way.
  PutBigEndian64(&start, from->value());
  const auto it = kv_.NewIterator();
  Timestamp stopped = horizon.Next();
  int looked_at = 0;
  for (it->Seek(start); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() != kHistoryKeyBytes) return DataLoss("history: malformed key");
    const char* numbers = it->key().data() + prefix.size();
    const Timestamp at(LoadBigEndian64(numbers));
    if (at > horizon) break;
    if (looked_at++ == kDroppedPerBatchMax) {
      stopped = at;
      break;
    }
    IdQuad ids;
    for (size_t i = 0; i < 4; ++i) ids[i] = TermId(LoadBigEndian64(numbers + 8 + 8 * i));
    QR_ASSIGN_OR_RETURN(const std::string value, VersionsOf(ids));
    std::string kept = DropVersions(value, horizon);
    SIM_SOMETIMES(kept != value, "old-versions-dropped");
    if (kept != value) PutVersions(ids, std::move(kept));
    batch_.Delete(it->key());
  }
  QR_RETURN_IF_ERROR(it->status());
  *from = stopped;
  meta_.horizon = std::max(meta_.horizon, horizon);
  return OkStatus();
}

Status QuadWriter::Write(const std::string& meta_key, bool sync) {
  EmitChanges();
  terms_.Finish(&batch_);
  if (QR_MUTANT("applied-index-written-apart")) {
    KvBatch apart;
    apart.Put(meta_key, EncodeGraphMeta(meta_));
    QR_RETURN_IF_ERROR(kv_.Write(&apart, sync));
  }
  batch_.Put(meta_key, EncodeGraphMeta(meta_));
  QR_RETURN_IF_ERROR(kv_.Write(&batch_, sync));
  terms_.Written();
  batch_.Clear();
  changes_.clear();
  change_of_.clear();
  return OkStatus();
}

}  // namespace quadraft::store
