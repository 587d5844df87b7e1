#include "sparql/update/overlay_view.h"

#include <algorithm>

#include "store/read/term_id.h"

namespace quadraft::sparql {
namespace {

using Key = OverlayView::Key;
using Range = OverlayView::Range;

// Sequences from here on are never the dictionary's.
constexpr uint64_t kOverlaySequence = uint64_t{1} << (store::kIdValueBits - store::kBucketBits - 1);

bool IsOverlayId(TermId id) {
  const store::IdTag tag = store::TagOf(id);
  const bool in_dictionary =
      tag == store::IdTag::kIri || tag == store::IdTag::kBlank || tag == store::IdTag::kLiteral;
  return in_dictionary && (store::IdValueOf(id) & ~(kOverlaySequence - 1)) ==
                              (store::kIdValueMask & ~(kOverlaySequence - 1));
}

TermId OverlayId(rdf::TermKind kind, uint64_t number) {
  const store::IdTag tag = kind == rdf::TermKind::kIri     ? store::IdTag::kIri
                           : kind == rdf::TermKind::kBlank ? store::IdTag::kBlank
                                                           : store::IdTag::kLiteral;
  // All the bits above the number are set: the last bucket's upper half.
  return store::MakeTermId(tag, (store::kIdValueMask & ~(kOverlaySequence - 1)) | number);
}

// Compares the columns of `row` from `from` on with `part`, as far as `part` goes.
int Compare(const Key& row, size_t from, const std::vector<TermId>& part) {
  for (size_t i = 0; i < part.size() && from + i < row.size(); ++i) {
    if (row[from + i] != part[i]) return row[from + i] < part[i] ? -1 : 1;
  }
  return 0;
}

Range WithPrefix(const std::vector<Key>& rows, const std::vector<TermId>& prefix) {
  const Key* const begin = rows.data();
  const Key* const end = begin + rows.size();
  const Key* const low =
      std::partition_point(begin, end, [&](const Key& row) { return Compare(row, 0, prefix) < 0; });
  return {low, std::partition_point(low, end,
                                    [&](const Key& row) { return Compare(row, 0, prefix) <= 0; })};
}

// The base's rows without the removed ones, merged with the added ones; a row in both comes once.
class MergedScan : public store::QuadScan {
 public:
  MergedScan(std::unique_ptr<store::QuadScan> base, Range added, Range removed, size_t prefix)
      : base_(std::move(base)), added_(added), removed_(removed), prefix_(prefix) {}

  StatusOr<size_t> Next(store::ColumnBatch* batch) override {
    const size_t width = 4 - prefix_;
    batch->columns.resize(width);
    for (auto& column : batch->columns) column.clear();
    size_t rows = 0;
    for (; rows < store::kBatchRows; ++rows) {
      QR_RETURN_IF_ERROR(FindBaseRow());
      const bool has_added = added_.next != added_.end;
      if (base_done_ && !has_added) break;
      const int order = base_done_ ? 1 : !has_added ? -1 : CompareToBase(*added_.next);
      for (size_t i = 0; i < width; ++i) {
        batch->columns[i].push_back(order <= 0 ? buffer_.columns[i][at_]
                                               : (*added_.next)[prefix_ + i]);
      }
      if (order <= 0) ++at_;
      if (order >= 0) ++added_.next;
    }
    return rows;
  }

  Status SeekTo(const std::vector<TermId>& key) override {
    const auto before = [&](const Key& row) { return Compare(row, prefix_, key) < 0; };
    added_.next = std::partition_point(added_.next, added_.end, before);
    for (; at_ < buffered_; ++at_) {
      Key row{};
      for (size_t i = prefix_; i < 4; ++i) row[i] = buffer_.columns[i - prefix_][at_];
      if (!before(row)) return OkStatus();
    }
    return base_done_ ? OkStatus() : base_->SeekTo(key);
  }

 private:
  // How the base's current row compares with `row`.
  int CompareToBase(const Key& row) const {
    for (size_t i = prefix_; i < 4; ++i) {
      const TermId base = buffer_.columns[i - prefix_][at_];
      if (base != row[i]) return base < row[i] ? -1 : 1;
    }
    return 0;
  }

  // Makes at_ stand on a base row that was not removed, or sets base_done_.
  Status FindBaseRow() {
    while (!base_done_) {
      if (at_ == buffered_) {
        at_ = 0;
        QR_ASSIGN_OR_RETURN(buffered_, base_->Next(&buffer_));
        base_done_ = buffered_ == 0;
        continue;
      }
      while (removed_.next != removed_.end && CompareToBase(*removed_.next) > 0) ++removed_.next;
      if (removed_.next == removed_.end || CompareToBase(*removed_.next) != 0) return OkStatus();
      ++at_;
    }
    return OkStatus();
  }

  const std::unique_ptr<store::QuadScan> base_;
  store::ColumnBatch buffer_;
  size_t buffered_ = 0, at_ = 0;
  bool base_done_ = false;
  Range added_, removed_;
  const size_t prefix_;
};

}  // namespace

StatusOr<std::optional<TermId>> OverlayTerms::Find(const rdf::Term& term) const {
  QR_ASSIGN_OR_RETURN(const std::optional<TermId> known, base_->Find(term));
  if (known.has_value()) return known;
  const auto it = ids_.find(rdf::EncodeTerm(term));
  return it == ids_.end() ? std::optional<TermId>() : std::optional<TermId>(it->second);
}

StatusOr<TermId> OverlayTerms::Intern(const rdf::Term& term) {
  QR_ASSIGN_OR_RETURN(const std::optional<TermId> known, Find(term));
  if (known.has_value()) return *known;
  const TermId id = OverlayId(term.kind, terms_.size());
  terms_.push_back(term);
  ids_.emplace(rdf::EncodeTerm(term), id);
  return id;
}

StatusOr<rdf::Term> OverlayTerms::Lookup(TermId id) const {
  if (!IsOverlayId(id)) return base_->Lookup(id);
  const uint64_t number = store::IdValueOf(id) & (kOverlaySequence - 1);
  if (number >= terms_.size()) return DataLoss("no term has the id ", id);
  return terms_[number];
}

StatusOr<std::shared_ptr<const OverlayView>> OverlayView::Make(
    OverlayTerms* terms, const std::vector<NetWrites::Entry>& changes) {
  std::shared_ptr<OverlayView> view(new OverlayView(terms));
  for (const NetWrites::Entry& change : changes) {
    Key quad;
    const rdf::Term* const positions[] = {&change.quad.subject, &change.quad.predicate,
                                          &change.quad.object, &change.quad.graph};
    for (size_t i = 0; i < 4; ++i) {
      QR_ASSIGN_OR_RETURN(quad[i], terms->Intern(*positions[i]));
    }
    for (int p = 0; p < store::kPermutationCount; ++p) {
      const auto columns = store::PermutationColumns(static_cast<store::Permutation>(p));
      Key& row = (change.inserted ? view->added_ : view->removed_)[p].emplace_back();
      for (size_t i = 0; i < 4; ++i) row[i] = quad[static_cast<size_t>(columns[i])];
    }
  }
  for (auto* rows : {&view->added_, &view->removed_}) {
    for (auto& permutation : *rows) std::sort(permutation.begin(), permutation.end());
  }
  return std::shared_ptr<const OverlayView>(std::move(view));
}

std::unique_ptr<store::QuadScan> OverlayView::Scan(const store::ScanSpec& spec) const {
  const auto p = static_cast<size_t>(spec.permutation);
  return std::make_unique<MergedScan>(terms_->base()->Scan(spec),
                                      WithPrefix(added_[p], spec.prefix),
                                      WithPrefix(removed_[p], spec.prefix), spec.prefix.size());
}

// What was removed counts: a graph that an earlier operation emptied is not there for the next one.
StatusOr<uint64_t> OverlayView::EstimateRows(const store::ScanSpec& spec) const {
  QR_ASSIGN_OR_RETURN(const uint64_t base, terms_->base()->EstimateRows(spec));
  const auto p = static_cast<size_t>(spec.permutation);
  const Range added = WithPrefix(added_[p], spec.prefix), removed = WithPrefix(removed_[p], spec.prefix);
  const uint64_t rows = base + static_cast<uint64_t>(added.end - added.next);
  const auto gone = static_cast<uint64_t>(removed.end - removed.next);
  if (gone == 0) return rows;
  const auto scan = Scan(spec);
  store::ColumnBatch batch;
  uint64_t counted = 0;
  while (counted <= store::kExactCountRows) {
    QR_ASSIGN_OR_RETURN(const size_t more, scan->Next(&batch));
    if (more == 0) return counted;
    counted += more;
  }
  return std::max(counted, rows - std::min(gone, rows));
}

}  // namespace quadraft::sparql
