#include "store/dictionary/dictionary.h"

#include <set>

#include "core/base/bytes.h"
#include "core/base/mutant.h"
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
    std::shared_ptr<Dictionary> made(new Dictionary(kv, options));
    std::string next;
    QR_ASSIGN_OR_RETURN(const bool found, kv.Get(NextTermKey(), &next));
    if (found) {
      if (next.size() != sizeof(uint64_t)) return DataLoss("dictionary: malformed next sequence");
      made->next_ = LoadFixed<uint64_t>(next.data());
    }
    return made;
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
                                                        std::string_view bytes) const {
  if (const auto id = cache_.Find(fingerprint, bytes)) return id;
  std::string ids;
  QR_ASSIGN_OR_RETURN(const bool found, kv_->Get(FingerprintKey(fingerprint), &ids));
  if (!found) return std::optional<TermId>();
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
  return FindEncoded(options_.fingerprint(bytes), bytes);
}

StatusOr<rdf::Term> Dictionary::Lookup(TermId id) const {
  if (!HasSequence(id)) {
    if (auto term = InlineTerm(id)) return *std::move(term);
    return DataLoss("no term has the id ", id);
  }
  std::string bytes;
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

StatusOr<std::optional<TermId>> Dictionary::Writer::FindEncoded(const Hash128& fingerprint) {
  if (const auto it = fresh_ids_.find(Absl(bytes_)); it != fresh_ids_.end())
    return std::optional<TermId>(it->second);
  return dictionary_.FindEncoded(fingerprint, bytes_);
}

StatusOr<std::optional<TermId>> Dictionary::Writer::Find(const rdf::Term& term) {
  if (const auto id = InlineId(term)) return id;
  bytes_.clear();
  rdf::AppendTerm(&bytes_, term);
  return FindEncoded(dictionary_.options_.fingerprint(bytes_));
}

StatusOr<TermId> Dictionary::Writer::IdOf(const rdf::Term& term, KvBatch* batch) {
  if (const auto id = InlineId(term); id && !QR_MUTANT("inline-value-in-dictionary")) return *id;
  bytes_.clear();
  rdf::AppendTerm(&bytes_, term);
  const Hash128 fingerprint = dictionary_.options_.fingerprint(bytes_);
  QR_ASSIGN_OR_RETURN(const auto known, FindEncoded(fingerprint));
  if (known) return *known;
  auto [list, first] = fresh_lists_.try_emplace(fingerprint);
  if (first) {  // Another term may have this fingerprint already.
    QR_ASSIGN_OR_RETURN(const bool clash,
                        dictionary_.kv_->Get(FingerprintKey(fingerprint), &list->second));
    if (!clash || QR_MUTANT("clash-drops-older-term")) list->second.clear();
  }
  const TermId id = Allocate(term, fingerprint, batch);
  PutBigEndian64(&list->second, id.value());
  batch->Put(FingerprintKey(fingerprint), list->second);
  fresh_ids_.emplace(bytes_, id);
  fresh_.push_back({fingerprint, bytes_, id});
  return id;
}

TermId Dictionary::Writer::Allocate(const rdf::Term& term, const Hash128& fingerprint,
                                    KvBatch* batch) {
  QR_CHECK(next_ >> kSequenceBits == 0) << "the dictionary is full";
  const uint64_t sequence = next_++;
  batch->Put(TermKey(sequence), bytes_);
  return dictionary_.MakeId(term, fingerprint, sequence);
}

bool Dictionary::Writer::IsFresh(TermId id) const {
  return HasSequence(id) && SequenceOf(id) >= dictionary_.next_;
}

void Dictionary::Writer::Finish(KvBatch* batch) {
  if (next_ == dictionary_.next_ || QR_MUTANT("ids-reused-after-restart")) return;
  std::string value;
  PutFixed<uint64_t>(&value, next_);
  batch->Put(NextTermKey(), value);
}

void Dictionary::Writer::Written() {
  dictionary_.next_ = next_;
  for (const Fresh& fresh : fresh_)
    dictionary_.cache_.Insert(fresh.fingerprint, fresh.bytes, fresh.id);
  fresh_.clear();
  fresh_ids_.clear();
  fresh_lists_.clear();
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
