#include "store/dictionary/dictionary.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "store/kv/keys.h"

namespace quadraft::store {
namespace {

constexpr int kSequenceBits = kIdValueBits - kBucketBits;

uint64_t SequenceOf(TermId id) {
  const uint64_t value = IdValueOf(id);
  return TagOf(id) == IdTag::kLiteral ? value : value & ((uint64_t{1} << kSequenceBits) - 1);
}

bool HasSequence(TermId id) {
  const IdTag tag = TagOf(id);
  return tag == IdTag::kIri || tag == IdTag::kBlank || tag == IdTag::kLiteral;
}

// Ids under one fingerprint: 8 bytes each.
Status Malformed(const Hash128& fingerprint) {
  return DataLoss("dictionary: malformed entry under fingerprint ", fingerprint.ToHex());
}

}  // namespace

StatusOr<std::shared_ptr<Dictionary>> Dictionary::Of(KvStore& kv, const Options& options) {
  return kv.Shared<Dictionary>([&]() -> StatusOr<std::shared_ptr<Dictionary>> {
    std::string bytes;
    uint64_t next = 1;
    QR_ASSIGN_OR_RETURN(const bool found, kv.Get(NextTermKey(), &bytes));
    if (found) {
      if (bytes.size() != sizeof(uint64_t)) return DataLoss("dictionary: malformed next sequence");
      next = LoadFixed<uint64_t>(bytes.data());
    }
    return std::shared_ptr<Dictionary>(new Dictionary(kv, options, next));
  });
}

TermId Dictionary::MakeId(const rdf::Term& term, const Hash128& fingerprint,
                          uint64_t sequence) const {
  if (term.is_literal()) return MakeTermId(IdTag::kLiteral, sequence);
  const uint64_t bucket = fingerprint.low & (kBucketCount - 1);
  return MakeTermId(term.is_iri() ? IdTag::kIri : IdTag::kBlank,
                    bucket << kSequenceBits | sequence);
}

StatusOr<std::string> Dictionary::Bytes(TermId id) const {
  std::string bytes;
  if (cache_.Lookup(id, &bytes)) return bytes;
  QR_ASSIGN_OR_RETURN(const bool found, kv_->Get(TermKey(SequenceOf(id)), &bytes));
  if (!found) return DataLoss("dictionary: no term has the id ", id);
  return bytes;
}

StatusOr<std::optional<TermId>> Dictionary::FindEncoded(const Hash128& fingerprint,
                                                        std::string_view bytes,
                                                        std::string* list) const {
  if (const auto id = cache_.Find(fingerprint, bytes)) return id;
  if (const auto id = recent_.Find(fingerprint, bytes)) return id;
  std::string& ids = *list;
  QR_ASSIGN_OR_RETURN(const bool found, kv_->Get(FingerprintKey(fingerprint), &ids));
  if (!found) {
    ids.clear();
    return std::optional<TermId>();
  }
  if (ids.empty() || ids.size() % sizeof(uint64_t) != 0) return Malformed(fingerprint);
  for (size_t at = 0; at < ids.size(); at += sizeof(uint64_t)) {
    const TermId id(LoadBigEndian64(ids.data() + at));
    QR_ASSIGN_OR_RETURN(const std::string candidate, Bytes(id));
    if (candidate != bytes && !QR_MUTANT("terms-equal-by-fingerprint")) continue;
    cache_.Insert(fingerprint, bytes, id);
    return std::optional<TermId>(id);
  }
  return std::optional<TermId>();
}

StatusOr<std::optional<TermId>> Dictionary::Find(const rdf::Term& term) const {
  if (const auto id = InlineId(term)) return id;
  const std::string bytes = rdf::EncodeTerm(term);
  std::string list;
  return FindEncoded(options_.fingerprint(bytes), bytes, &list);
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

StatusOr<TermId> Dictionary::IdOf(const rdf::Term& term) {
  if (const auto id = InlineId(term); id && !QR_MUTANT("inline-value-in-dictionary")) return *id;
  term_.clear();
  rdf::AppendTerm(&term_, term);
  const Hash128 fingerprint = options_.fingerprint(term_);
  std::string list;
  QR_ASSIGN_OR_RETURN(const auto known, FindEncoded(fingerprint, term_, &list));
  if (known) return *known;
  QR_CHECK(next_ >> kSequenceBits == 0) << "the dictionary is full";
  const TermId id = MakeId(term, fingerprint, next_++);
  if (!list.empty() && !QR_MUTANT("clash-drops-older-term")) {
    SIM_SOMETIMES(true, "fingerprint-clash");
    stored_lists_.try_emplace(fingerprint, std::move(list));
  }
  recent_.Add(fingerprint, term_, id);
  return id;
}

bool Dictionary::GivenSince(TermId id, uint64_t sequence) {
  return HasSequence(id) && SequenceOf(id) >= sequence;
}

// The first batch already says which ids are taken. Under each fingerprint stands what the store had
// there and all ids since; sorted, since LevelDB's memtable takes sorted keys twice as fast.
Status Dictionary::Flush() {
  while (recent_.size() > 0) {
    std::vector<const RecentTerm*> terms = recent_.Oldest(kFlushedTermsPerBatch);
    const size_t count = terms.size();
    KvBatch batch;
    if (!QR_MUTANT("ids-reused-after-restart")) {
      std::string next;
      PutFixed<uint64_t>(&next, next_);
      batch.Put(NextTermKey(), next);
    }
    for (const RecentTerm* term : terms) batch.Put(TermKey(SequenceOf(term->id)), term->bytes);
    std::sort(terms.begin(), terms.end(), [](const RecentTerm* a, const RecentTerm* b) {
      return std::pair(a->fingerprint, SequenceOf(a->id)) <
             std::pair(b->fingerprint, SequenceOf(b->id));
    });
    std::vector<std::string> lists;
    for (const RecentTerm* term : terms) {
      const auto stored = stored_lists_.find(term->fingerprint);
      std::string& list = lists.emplace_back(stored == stored_lists_.end() ? "" : stored->second);
      for (const TermId id : recent_.IdsUpTo(*term)) PutBigEndian64(&list, id.value());
      batch.Put(FingerprintKey(term->fingerprint), list);
    }
    QR_RETURN_IF_ERROR(kv_->Write(&batch, false));
    for (size_t i = 0; i < count; ++i) {
      const RecentTerm& term = *terms[i];
      if (recent_.IsNewest(term)) {
        stored_lists_.erase(term.fingerprint);
      } else {
        stored_lists_[term.fingerprint] = std::move(lists[i]);
      }
      if (TagOf(term.id) != IdTag::kLiteral)  // Literals are rarely looked for.
        cache_.Insert(term.fingerprint, term.bytes, term.id);
    }
    recent_.DropOldest(count);
  }
  return OkStatus();
}

Status Dictionary::CheckIds(const Hash128& fingerprint, std::string_view ids,
                            uint64_t* found) const {
  if (ids.empty() || ids.size() % sizeof(uint64_t) != 0) return Malformed(fingerprint);
  std::set<std::string> terms;
  for (size_t at = 0; at < ids.size(); at += sizeof(uint64_t)) {
    const TermId id(LoadBigEndian64(ids.data() + at));
    std::string bytes;
    QR_ASSIGN_OR_RETURN(const bool there, kv_->Get(TermKey(SequenceOf(id)), &bytes));
    if (!there) return DataLoss("dictionary: id ", id, " has no term");
    QR_ASSIGN_OR_RETURN(const rdf::Term term, rdf::DecodeTerm(bytes));
    if (InlineId(term)) return DataLoss("dictionary: id ", id, " stands for a term that is inline");
    if (options_.fingerprint(bytes) != fingerprint)
      return DataLoss("dictionary: id ", id, ": another fingerprint");
    if (MakeId(term, fingerprint, SequenceOf(id)) != id)
      return DataLoss("dictionary: id ", id, ": wrong bits");
    if (SequenceOf(id) >= next_) return DataLoss("dictionary: id ", id, " was never given");
    if (!terms.insert(bytes).second)
      return DataLoss("dictionary: id ", id, ": its term has another id");
    ++*found;
  }
  return OkStatus();
}

StatusOr<uint64_t> Dictionary::Check() const {
  uint64_t ids = 0, terms = 0;
  const auto it = kv_->NewIterator(false);
  const std::string by_fingerprint(1, kFingerprintKind), by_sequence(1, kTermKind);
  for (it->Seek(by_fingerprint); it->Valid() && it->key().starts_with(by_fingerprint); it->Next()) {
    if (it->key().size() != 17) return DataLoss("dictionary: malformed fingerprint key");
    const Hash128 fingerprint{LoadBigEndian64(it->key().data() + 1),
                              LoadBigEndian64(it->key().data() + 9)};
    QR_RETURN_IF_ERROR(CheckIds(fingerprint, it->value(), &ids));
  }
  QR_RETURN_IF_ERROR(it->status());
  for (it->Seek(by_sequence); it->Valid() && it->key().starts_with(by_sequence); it->Next())
    ++terms;
  QR_RETURN_IF_ERROR(it->status());
  if (ids != terms) return DataLoss("dictionary: ", ids, " ids, but ", terms, " terms");
  return ids;
}

}  // namespace quadraft::store
