// GraphState::CheckConsistency: reads everything and believes nothing.
#include "store/index/quad_key.h"
#include "store/state/graph_state.h"

namespace quadraft::store {
namespace {

// What one permutation comes to, whatever its order.
struct Contents {
  uint64_t keys = 0;
  Hash128 sum;  // Of fingerprints of (ids, versions).
  friend bool operator==(const Contents&, const Contents&) = default;
};

StatusOr<Contents> ReadPermutation(const KvSnapshot& snapshot, const GraphMeta& meta,
                                   Permutation permutation) {
  Contents contents;
  const std::string prefix = PermutationPrefix(meta.space, permutation);
  const auto it = snapshot.NewIterator(false);
  std::string bytes;
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() != kQuadKeyBytes)
      return DataLoss("index: a key of ", it->key().size(), " bytes");
    QR_ASSIGN_OR_RETURN(const auto versions, DecodeVersions(it->value()));
    if (versions.front().value() > meta.applied_index.value()) {
      return DataLoss("index: a version at ", versions.front(), ", applied is ",
                      meta.applied_index);
    }
    SetQuadKey(&bytes, 0, Permutation::kSpog, QuadOfKey(it->key(), permutation));
    bytes.append(it->value());
    contents.sum.Add(Fingerprint(bytes));
    ++contents.keys;
  }
  QR_RETURN_IF_ERROR(it->status());
  return contents;
}

Status CheckContent(const KvSnapshot& snapshot, const Dictionary& dictionary,
                    const GraphMeta& meta) {
  Hash128 digest;
  uint64_t quads = 0;
  const std::string prefix = PermutationPrefix(meta.space, Permutation::kSpog);
  const auto it = snapshot.NewIterator(false);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const IdQuad ids = QuadOfKey(it->key(), Permutation::kSpog);
    rdf::Quad quad;
    rdf::Term* const terms[] = {&quad.subject, &quad.predicate, &quad.object, &quad.graph};
    for (size_t i = 0; i < 4; ++i) {
      QR_ASSIGN_OR_RETURN(*terms[i], dictionary.Lookup(ids[i]));
    }
    if (!IsThere(it->value())) continue;
    digest.Add(rdf::QuadFingerprint(quad));
    ++quads;
  }
  QR_RETURN_IF_ERROR(it->status());
  if (quads != meta.quad_count)
    return DataLoss("state: ", quads, " quads, expected ", meta.quad_count);
  if (digest != meta.digest) {
    return DataLoss("state: digest ", digest.ToHex(), ", expected ", meta.digest.ToHex());
  }
  return OkStatus();
}

}  // namespace

Status GraphState::CheckConsistency() const {
  QR_RETURN_IF_ERROR(dictionary_->Check().status());
  const auto snapshot = kv_.Snapshot();
  QR_ASSIGN_OR_RETURN(const Contents spog, ReadPermutation(*snapshot, meta_, Permutation::kSpog));
  for (int p = 1; p < kPermutationCount; ++p) {
    QR_ASSIGN_OR_RETURN(const Contents other,
                        ReadPermutation(*snapshot, meta_, static_cast<Permutation>(p)));
    if (other != spog) {
      return DataLoss("index: permutation ", p, " holds ", other.keys, " keys that sum to ",
                      other.sum.ToHex(), ", permutation 0 holds ", spog.keys, " that sum to ",
                      spog.sum.ToHex());
    }
  }
  return CheckContent(*snapshot, *dictionary_, meta_);
}

}  // namespace quadraft::store
