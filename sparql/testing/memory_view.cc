#include "sparql/testing/memory_view.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "store/read/term_id.h"

namespace quadraft::sparql {
namespace {

using Key = MemoryView::Key;

// Compares the first parts.size() columns after `from`.
int ComparePart(const Key& row, size_t from, const std::vector<TermId>& part) {
  for (size_t i = 0; i < part.size() && from + i < row.size(); ++i) {
    if (row[from + i] != part[i]) return row[from + i] < part[i] ? -1 : 1;
  }
  return 0;
}

class MemoryScan : public store::QuadScan {
 public:
  MemoryScan(std::pair<const Key*, const Key*> range, size_t prefix)
      : next_(range.first), end_(range.second), prefix_(prefix) {}

  StatusOr<size_t> Next(store::ColumnBatch* batch) override {
    batch->columns.assign(4 - prefix_, {});
    size_t rows = 0;
    for (; next_ != end_ && rows < store::kBatchRows; ++next_, ++rows) {
      for (size_t i = prefix_; i < 4; ++i) batch->columns[i - prefix_].push_back((*next_)[i]);
    }
    return rows;
  }

  Status SeekTo(const std::vector<TermId>& key) override {
    next_ = std::partition_point(
        next_, end_, [&](const Key& row) { return ComparePart(row, prefix_, key) < 0; });
    return OkStatus();
  }

 private:
  const Key* next_;
  const Key* const end_;
  const size_t prefix_;
};

}  // namespace

std::shared_ptr<const MemoryView> MemoryView::Of(std::vector<rdf::Quad> quads) {
  return std::shared_ptr<const MemoryView>(new MemoryView(std::move(quads)));
}

std::shared_ptr<const MemoryView> MemoryView::With(const txn::WriteSet& writes) const {
  std::vector<rdf::Quad> quads;
  for (const rdf::Quad& quad : quads_) {
    if (std::find(writes.deletes.begin(), writes.deletes.end(), quad) == writes.deletes.end()) {
      quads.push_back(quad);
    }
  }
  quads.insert(quads.end(), writes.inserts.begin(), writes.inserts.end());
  return Of(std::move(quads));
}

MemoryView::MemoryView(std::vector<rdf::Quad> quads) : quads_(std::move(quads)) {
  std::sort(quads_.begin(), quads_.end());
  quads_.erase(std::unique(quads_.begin(), quads_.end()), quads_.end());
  for (const rdf::Quad& quad : quads_) {
    const Key key = {Intern(quad.subject), Intern(quad.predicate), Intern(quad.object),
                     Intern(quad.graph)};
    for (int p = 0; p < store::kPermutationCount; ++p) {
      const auto columns = store::PermutationColumns(static_cast<store::Permutation>(p));
      Key row;
      for (size_t i = 0; i < 4; ++i) row[i] = key[static_cast<size_t>(columns[i])];
      rows_[p].push_back(row);
    }
  }
  for (auto& rows : rows_) std::sort(rows.begin(), rows.end());
}

TermId MemoryView::Intern(const rdf::Term& term) {
  if (const auto id = store::InlineId(term)) return *id;
  const std::string bytes = rdf::EncodeTerm(term);
  const auto [it, fresh] = ids_.try_emplace(bytes, TermId());
  if (!fresh) return it->second;
  const uint64_t sequence = ids_.size();
  if (term.is_literal()) {
    it->second = store::MakeTermId(store::IdTag::kLiteral, sequence);
  } else {
    const uint64_t bucket = Fingerprint64(bytes) % store::kBucketCount;
    const auto tag = term.is_iri() ? store::IdTag::kIri : store::IdTag::kBlank;
    it->second =
        store::MakeTermId(tag, bucket << (store::kIdValueBits - store::kBucketBits) | sequence);
  }
  terms_.emplace(it->second, term);
  return it->second;
}

std::pair<const Key*, const Key*> MemoryView::Range(const store::ScanSpec& spec) const {
  QR_CHECK(spec.prefix.size() <= 4) << "prefix of " << spec.prefix.size();
  const std::vector<Key>& rows = rows_[static_cast<size_t>(spec.permutation)];
  const Key* const begin = rows.data();
  const Key* const end = begin + rows.size();
  const Key* const low = std::partition_point(
      begin, end, [&](const Key& row) { return ComparePart(row, 0, spec.prefix) < 0; });
  const Key* const high = std::partition_point(
      low, end, [&](const Key& row) { return ComparePart(row, 0, spec.prefix) <= 0; });
  return {low, high};
}

std::unique_ptr<store::QuadScan> MemoryView::Scan(const store::ScanSpec& spec) const {
  return std::make_unique<MemoryScan>(Range(spec), spec.prefix.size());
}

StatusOr<uint64_t> MemoryView::EstimateRows(const store::ScanSpec& spec) const {
  const auto [low, high] = Range(spec);
  return static_cast<uint64_t>(high - low);
}

StatusOr<std::optional<TermId>> MemoryView::Find(const rdf::Term& term) const {
  if (const auto id = store::InlineId(term)) return std::optional<TermId>(*id);
  const auto it = ids_.find(rdf::EncodeTerm(term));
  if (it == ids_.end()) return std::optional<TermId>();
  return std::optional<TermId>(it->second);
}

StatusOr<rdf::Term> MemoryView::Lookup(TermId id) const {
  if (auto term = store::InlineTerm(id)) return *std::move(term);
  const auto it = terms_.find(id);
  if (it == terms_.end()) return DataLoss("no term has the id ", id);
  return it->second;
}

}  // namespace quadraft::sparql
