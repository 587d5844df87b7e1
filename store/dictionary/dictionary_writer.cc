#include "store/dictionary/dictionary_writer.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "store/dictionary/term_block.h"
#include "store/kv/keys.h"

namespace quadraft::store {
namespace {

constexpr RunShape kFingerprintShape{.permutations = 1, .filter_first = true};
constexpr uint64_t kRowTimestamp = 1;  // A row stays for ever.

}  // namespace

StatusOr<std::shared_ptr<DictionaryWriter>> DictionaryWriter::Of(KvStore& kv,
                                                                 const Dictionary::Options& options) {
  QR_ASSIGN_OR_RETURN(auto dictionary, Dictionary::Of(kv, options));
  if (auto writer = dictionary->writer_.lock()) return writer;
  std::shared_ptr<DictionaryWriter> writer(new DictionaryWriter(kv, dictionary));
  QR_RETURN_IF_ERROR(writer->Open());
  dictionary->writer_ = writer;
  return writer;
}

Status DictionaryWriter::Open() {
  // First: a run that is begun from here on is marked as well.
  QR_RETURN_IF_ERROR(sweeper_.Resume());
  QR_ASSIGN_OR_RETURN(
      runs_, RunStore::Open(*kv_, kDictionaryGroup, kDictionarySpace, {.shape = kFingerprintShape},
                            {.on_old_run = [this](SpaceId space, RunId run) { sweeper_.AddRun(space, run); },
                             .on_change = [this] { dictionary_->SetRuns(runs_->runs()); }}));
  dictionary_->SetRuns(runs_->runs());
  QR_ASSIGN_OR_RETURN(const Dictionary::Extent extent, Dictionary::ReadExtent(*kv_));
  stored_ = extent.next;
  // What another writer of this store had put there, and not yet let go of.
  while (dictionary_->recent_.first_sequence() < stored_) dictionary_->recent_.DropFirst();
  return ReadTail();
}

Status DictionaryWriter::ReadTail() {
  const size_t count = stored_ % kTermsPerBlock;
  tail_.clear();
  if (count == 0) return OkStatus();
  if (stored_ == 1) {  // There is no sequence 0.
    tail_.emplace_back();
    return OkStatus();
  }
  std::string block;
  QR_ASSIGN_OR_RETURN(const bool found, kv_->Get(TermBlockKey(stored_ / kTermsPerBlock), &block));
  const auto terms = found ? DecodeTermBlock(block) : std::nullopt;
  if (!terms || terms->size() < count)
    return DataLoss("dictionary: block ", stored_ / kTermsPerBlock, " is ", found ? "malformed" : "missing");
  tail_.assign(terms->begin(), terms->begin() + static_cast<std::ptrdiff_t>(count));
  return OkStatus();
}

StatusOr<TermId> DictionaryWriter::IdOf(const rdf::Term& term) {
  if (const auto id = InlineId(term); id && !QR_MUTANT("inline-value-in-dictionary")) return *id;
  term_.clear();
  rdf::AppendTerm(&term_, term);
  const Hash128 fingerprint = dictionary_->options_.fingerprint(term_);
  QR_ASSIGN_OR_RETURN(const auto known, dictionary_->FindEncoded(fingerprint, term_));
  if (known) return *known;
  const uint64_t sequence = next_sequence();
  QR_CHECK(sequence >> kSequenceBits == 0) << "the dictionary is full";
  const TermId id = dictionary_->MakeId(term, fingerprint, sequence);
  dictionary_->recent_.Add(fingerprint, term_, id);
  return id;
}

std::string_view DictionaryWriter::TermAt(uint64_t sequence) const {
  if (sequence < stored_) {
    if (QR_MUTANT("term-block-forgets-tail")) return {};
    return tail_[sequence % kTermsPerBlock];
  }
  return dictionary_->recent_.At(sequence).bytes;
}

StatusOr<bool> DictionaryWriter::FlushSlice(uint64_t sequence) {
  QR_RETURN_IF_ERROR(failed_.ok() ? runs_->failed() : failed_);
  if (!flush_ && stored_ < sequence) BeginFlush();
  if (flush_) {
    if (flush_->blocks < flush_->end) {
      failed_ = WriteBlocks();
    } else if (!flush_->run || !flush_->run->complete()) {
      failed_ = WriteRows();
    } else if (!flush_->stored) {
      failed_ = FinishFlush();
    } else {
      DropFlushed();
    }
  }
  QR_RETURN_IF_ERROR(failed_);
  return !flush_ && stored_ >= sequence;
}

Status DictionaryWriter::Flush() {
  for (bool done = false; !done;) {
    QR_ASSIGN_OR_RETURN(done, FlushSlice(next_sequence()));
  }
  return OkStatus();
}

void DictionaryWriter::BeginFlush() {
  flush_.emplace();
  flush_->end = next_sequence();
  flush_->blocks = stored_;
  begun_bytes_ = dictionary_->recent_.bytes();
}

Status DictionaryWriter::WriteBlocks() {
  KvBatch batch;
  uint64_t at = flush_->blocks;
  const uint64_t slice = SIM_MAYBE("short-term-flush") ? 1 : kFlushedTermsPerSlice;
  const uint64_t end = std::min(flush_->end, at + slice);
  std::vector<std::string_view> terms;
  while (at < end) {
    const uint64_t block = at / kTermsPerBlock, first = block * kTermsPerBlock;
    at = std::min(flush_->end, first + kTermsPerBlock);
    terms.clear();
    for (uint64_t sequence = first; sequence < at; ++sequence) terms.push_back(TermAt(sequence));
    batch.Put(TermBlockKey(block), EncodeTermBlock(terms));
  }
  flush_->blocks = at;
  return kv_->Write(&batch, false);
}

// Under each fingerprint stand all its terms, the older first.
Status DictionaryWriter::WriteRows() {
  if (!flush_->run) {
    for (uint64_t sequence = stored_; sequence < flush_->end; ++sequence) {
      const RecentTerm& term = dictionary_->recent_.At(sequence);
      flush_->rows.push_back({{RunKeyOf(term.fingerprint), term.id.value(), 0, 0}, kRowTimestamp});
    }
    std::sort(flush_->rows.begin(), flush_->rows.end());
    flush_->run.emplace(runs_->NewRun(flush_->rows.size()));
    return flush_->run->Begin();
  }
  const size_t end = std::min<size_t>(flush_->rows.size(), flush_->rows_written + kFlushedRowsPerSlice);
  for (size_t& i = flush_->rows_written; i < end; ++i) {
    const Row& row = flush_->rows[i];
    const bool clash = i + 1 < flush_->rows.size() && flush_->rows[i + 1].ids[0] == row.ids[0];
    SIM_SOMETIMES(clash, "fingerprint-clash");
    if (clash && QR_MUTANT("clash-drops-older-term")) continue;
    QR_RETURN_IF_ERROR(flush_->run->Add(row));
  }
  return end == flush_->rows.size() ? flush_->run->EndPermutation() : OkStatus();
}

Status DictionaryWriter::FinishFlush() {
  KvBatch batch;
  if (!QR_MUTANT("ids-reused-after-restart")) {
    std::string extent;
    PutFixed<uint64_t>(&extent, flush_->end);
    PutFixed<uint64_t>(&extent, dictionary_->blocks_from_);
    batch.Put(NextTermKey(), extent);
  }
  QR_RETURN_IF_ERROR(runs_->Add(&*flush_->run, &batch));
  std::vector<std::string> tail;
  const uint64_t end = flush_->end;
  for (uint64_t sequence = end - end % kTermsPerBlock; sequence < end; ++sequence)
    tail.emplace_back(TermAt(sequence));
  tail_ = std::move(tail);
  stored_ = end;
  flush_->stored = true;
  flush_->rows = {};
  return OkStatus();
}

void DictionaryWriter::DropFlushed() {
  RecentTerms& recent = dictionary_->recent_;
  const size_t before = recent.bytes();
  const uint64_t end = std::min(flush_->end, recent.first_sequence() + kFlushedTermsPerSlice);
  while (recent.first_sequence() < end) recent.DropFirst();
  begun_bytes_ -= before - recent.bytes();
  if (end == flush_->end) flush_.reset();
}

Status DictionaryWriter::CheckTerm(TermId id, const Hash128& fingerprint, bool whole,
                                   std::string* bytes) const {
  QR_ASSIGN_OR_RETURN(*bytes, dictionary_->StoredBytes(id));
  QR_ASSIGN_OR_RETURN(const rdf::Term term, rdf::DecodeTerm(*bytes));
  if (InlineId(term)) return DataLoss("dictionary: id ", id, " stands for a term that is inline");
  const Hash128 own = dictionary_->options_.fingerprint(*bytes);
  if (RunKeyOf(own) != RunKeyOf(fingerprint) || (whole && own != fingerprint))
    return DataLoss("dictionary: id ", id, ": another fingerprint");
  if (dictionary_->MakeId(term, own, SequenceOf(id)) != id)
    return DataLoss("dictionary: id ", id, ": wrong bits");
  if (SequenceOf(id) >= stored_) return DataLoss("dictionary: id ", id, " was never given");
  return OkStatus();
}

StatusOr<uint64_t> DictionaryWriter::CheckRuns() const {
  const auto snapshot = kv_->Snapshot();
  RunMerge merge;
  for (const auto& run : runs_->runs()) merge.Add(RunCursor(*run, *snapshot, Permutation{0}, {}));
  QR_RETURN_IF_ERROR(merge.SeekTo({}));
  uint64_t ids = 0, last_key = 0;
  std::vector<std::string> same_key;
  while (true) {
    QR_ASSIGN_OR_RETURN(const bool found, merge.Next());
    if (!found) break;
    const TermId id(merge.ids()[1]);
    if (merge.toggles().size() != 1) return DataLoss("dictionary: id ", id, " stands in two runs");
    if (merge.ids()[0] != last_key) same_key.clear();
    last_key = merge.ids()[0];
    std::string bytes;
    QR_RETURN_IF_ERROR(CheckTerm(id, Hash128{last_key, 0}, false, &bytes));
    if (SequenceOf(id) < dictionary_->blocks_from_)
      return DataLoss("dictionary: id ", id, " is of before blocks and stands in a run");
    if (std::find(same_key.begin(), same_key.end(), bytes) != same_key.end())
      return DataLoss("dictionary: id ", id, ": its term has another id");
    same_key.push_back(std::move(bytes));
    ++ids;
  }
  const uint64_t expected = stored_ - std::max<uint64_t>(dictionary_->blocks_from_, 1);
  if (ids != expected) return DataLoss("dictionary: ", ids, " ids in runs, but ", expected, " terms");
  return ids;
}

StatusOr<uint64_t> DictionaryWriter::CheckLists() const {
  uint64_t ids = 0, terms = 0;
  const auto it = kv_->NewIterator(false);
  const std::string by_fingerprint(1, kFingerprintKind), by_sequence(1, kTermKind);
  for (it->Seek(by_fingerprint); it->Valid() && it->key().starts_with(by_fingerprint); it->Next()) {
    const std::string_view list = it->value();
    if (it->key().size() != 17 || list.empty() || list.size() % sizeof(uint64_t) != 0)
      return DataLoss("dictionary: malformed fingerprint key");
    const Hash128 fingerprint{LoadBigEndian64(it->key().data() + 1),
                              LoadBigEndian64(it->key().data() + 9)};
    std::vector<std::string> same_key;
    for (size_t at = 0; at < list.size(); at += sizeof(uint64_t), ++ids) {
      const TermId id(LoadBigEndian64(list.data() + at));
      std::string bytes;
      QR_RETURN_IF_ERROR(CheckTerm(id, fingerprint, true, &bytes));
      if (std::find(same_key.begin(), same_key.end(), bytes) != same_key.end())
        return DataLoss("dictionary: id ", id, ": its term has another id");
      same_key.push_back(std::move(bytes));
    }
  }
  QR_RETURN_IF_ERROR(it->status());
  for (it->Seek(by_sequence); it->Valid() && it->key().starts_with(by_sequence); it->Next())
    ++terms;
  QR_RETURN_IF_ERROR(it->status());
  if (ids != terms) return DataLoss("dictionary: ", ids, " ids in lists, but ", terms, " terms");
  return ids;
}

StatusOr<uint64_t> DictionaryWriter::Check() const {
  QR_ASSIGN_OR_RETURN(const uint64_t new_ids, CheckRuns());
  QR_ASSIGN_OR_RETURN(const uint64_t old_ids, CheckLists());
  return new_ids + old_ids;
}

}  // namespace quadraft::store
