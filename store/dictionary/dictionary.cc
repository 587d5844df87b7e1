#include "store/dictionary/dictionary.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "store/dictionary/term_block.h"
#include "store/kv/keys.h"
#include "store/runs/run_cursor.h"

namespace quadraft::store {

uint64_t SequenceOf(TermId id) {
  const uint64_t value = IdValueOf(id);
  return TagOf(id) == IdTag::kLiteral ? value : value & ((uint64_t{1} << kSequenceBits) - 1);
}

bool HasSequence(TermId id) {
  const IdTag tag = TagOf(id);
  return tag == IdTag::kIri || tag == IdTag::kBlank || tag == IdTag::kLiteral;
}

StatusOr<Dictionary::Extent> Dictionary::ReadExtent(const KvStore& kv) {
  std::string bytes;
  Extent extent;
  QR_ASSIGN_OR_RETURN(const bool found, kv.Get(NextTermKey(), &bytes));
  if (!found) return extent;
  std::string_view rest = bytes;
  const bool has_next = GetFixed(&rest, &extent.next);
  if (has_next && rest.empty()) {  // Of before blocks: they begin behind it.
    extent.next = extent.blocks_from =
        (extent.next + kTermsPerBlock - 1) / kTermsPerBlock * kTermsPerBlock;
    return extent;
  }
  if (!has_next || !GetFixed(&rest, &extent.blocks_from) || !rest.empty() || extent.next == 0 ||
      extent.next < extent.blocks_from || extent.blocks_from % kTermsPerBlock != 0) {
    return DataLoss("dictionary: malformed next sequence");
  }
  return extent;
}

StatusOr<std::shared_ptr<Dictionary>> Dictionary::Of(KvStore& kv, const Options& options) {
  return kv.Shared<Dictionary>([&]() -> StatusOr<std::shared_ptr<Dictionary>> {
    QR_ASSIGN_OR_RETURN(const Extent extent, ReadExtent(kv));
    return std::shared_ptr<Dictionary>(new Dictionary(kv, options, extent));
  });
}

TermId Dictionary::MakeId(const rdf::Term& term, const Hash128& fingerprint,
                          uint64_t sequence) const {
  if (term.is_literal()) return MakeTermId(IdTag::kLiteral, sequence);
  const uint64_t bucket = fingerprint.low & (kBucketCount - 1);
  return MakeTermId(term.is_iri() ? IdTag::kIri : IdTag::kBlank,
                    bucket << kSequenceBits | sequence);
}

void Dictionary::SetRuns(const StoredRuns& runs) {
  auto now = std::make_shared<const StoredRuns>(runs);
  std::lock_guard lock(runs_mutex_);
  runs_.swap(now);
}

StatusOr<std::string> Dictionary::Bytes(TermId id) const {
  std::string bytes;
  if (cache_.Lookup(id, &bytes)) return bytes;
  return StoredBytes(id);
}

StatusOr<std::string> Dictionary::StoredBytes(TermId id) const {
  std::string bytes;
  const uint64_t sequence = SequenceOf(id);
  if (sequence < blocks_from_) {
    QR_ASSIGN_OR_RETURN(const bool found, kv_->Get(TermKey(sequence), &bytes));
    if (!found) return DataLoss("dictionary: no term has the id ", id);
    return bytes;
  }
  QR_ASSIGN_OR_RETURN(const bool found, kv_->Get(TermBlockKey(sequence / kTermsPerBlock), &bytes));
  if (!found) return DataLoss("dictionary: no term has the id ", id);
  const auto terms = DecodeTermBlock(bytes);
  if (!terms) return DataLoss("dictionary: malformed block ", sequence / kTermsPerBlock);
  const size_t slot = sequence % kTermsPerBlock;
  if (slot >= terms->size()) return DataLoss("dictionary: no term has the id ", id);
  return std::string((*terms)[slot]);
}

StatusOr<bool> Dictionary::Is(TermId id, const Hash128& fingerprint, std::string_view bytes) const {
  QR_ASSIGN_OR_RETURN(const std::string candidate, Bytes(id));
  if (candidate != bytes && !QR_MUTANT("terms-equal-by-fingerprint")) return false;
  cache_.Insert(fingerprint, bytes, id);
  return true;
}

// Runs that are replaced are swept later than the writer says so here: a snapshot that was taken while these were
// still the runs has their blocks.
StatusOr<std::optional<TermId>> Dictionary::FindInRuns(const Hash128& fingerprint,
                                                       std::string_view bytes) const {
  const uint64_t key[] = {RunKeyOf(fingerprint)};
  const auto may_have = [&](const auto& run) { return run->filter.MayHave(key); };
  std::shared_ptr<const StoredRuns> runs;
  std::shared_ptr<const KvSnapshot> snapshot;
  {
    std::lock_guard lock(runs_mutex_);
    runs = runs_;
    if (std::any_of(runs->begin(), runs->end(), may_have)) snapshot = kv_->Snapshot();
  }
  if (snapshot == nullptr) return std::optional<TermId>();
  for (const auto& run : *runs) {
    if (!may_have(run)) continue;
    RunCursor cursor(*run, *snapshot, Permutation{0}, KeyPrefix(std::begin(key), std::end(key)));
    QR_RETURN_IF_ERROR(cursor.SeekTo(key));
    while (cursor.row() != nullptr) {
      const TermId id(cursor.row()->ids[1]);
      QR_ASSIGN_OR_RETURN(const bool same, Is(id, fingerprint, bytes));
      if (same) return std::optional<TermId>(id);
      QR_RETURN_IF_ERROR(cursor.Next());
    }
  }
  return std::optional<TermId>();
}

// Terms of before blocks: ids under one fingerprint, 8 bytes each.
StatusOr<std::optional<TermId>> Dictionary::FindInLists(const Hash128& fingerprint,
                                                        std::string_view bytes) const {
  std::string ids;
  QR_ASSIGN_OR_RETURN(const bool found, kv_->Get(FingerprintKey(fingerprint), &ids));
  if (!found) return std::optional<TermId>();
  if (ids.empty() || ids.size() % sizeof(uint64_t) != 0)
    return DataLoss("dictionary: malformed entry under fingerprint ", fingerprint.ToHex());
  for (size_t at = 0; at < ids.size(); at += sizeof(uint64_t)) {
    const TermId id(LoadBigEndian64(ids.data() + at));
    QR_ASSIGN_OR_RETURN(const bool same, Is(id, fingerprint, bytes));
    if (same) return std::optional<TermId>(id);
  }
  return std::optional<TermId>();
}

StatusOr<std::optional<TermId>> Dictionary::FindEncoded(const Hash128& fingerprint,
                                                        std::string_view bytes) const {
  if (const auto id = cache_.Find(fingerprint, bytes)) return id;
  if (const auto id = recent_.Find(fingerprint, bytes)) return id;
  QR_ASSIGN_OR_RETURN(const auto stored, FindInRuns(fingerprint, bytes));
  if (stored || blocks_from_ == 0) return stored;
  return FindInLists(fingerprint, bytes);
}

StatusOr<std::optional<TermId>> Dictionary::Find(const rdf::Term& term) const {
  if (const auto id = InlineId(term)) return id;
  const std::string bytes = rdf::EncodeTerm(term);
  return FindEncoded(options_.fingerprint(bytes), bytes);
}

StatusOr<rdf::Term> Dictionary::Lookup(TermId id) const {
  if (!HasSequence(id)) {
    if (auto term = InlineTerm(id)) return *std::move(term);
    return DataLoss("no term has the id ", id);
  }
  std::string bytes;
  if (TermId recent; recent_.Lookup(SequenceOf(id), &bytes, &recent)) {
    if (recent != id) return DataLoss("dictionary: no term has the id ", id);
    return rdf::DecodeTerm(bytes);
  }
  const bool cached = cache_.Lookup(id, &bytes);
  if (!cached) {
    QR_ASSIGN_OR_RETURN(bytes, Bytes(id));
  }
  auto term = rdf::DecodeTerm(bytes);
  if (!term.ok()) return Annotate(term.status(), StrCat("dictionary: id ", id));
  if (!cached) {
    const Hash128 fingerprint = options_.fingerprint(bytes);
    // The sequence alone found it: tag and bucket must agree, too.
    if (MakeId(*term, fingerprint, SequenceOf(id)) != id)
      return DataLoss("dictionary: no term has the id ", id);
    cache_.Insert(fingerprint, bytes, id);
  }
  return term;
}

bool Dictionary::GivenSince(TermId id, uint64_t sequence) {
  return HasSequence(id) && SequenceOf(id) >= sequence;
}

}  // namespace quadraft::store
