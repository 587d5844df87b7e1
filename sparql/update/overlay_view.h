// A ReadView with changes on top of it that are not committed yet: what a later operation of an
// update reads.
//
//   OverlayTerms terms(base);                                   // One per update: ids stay the
//   same from view to view. QR_ASSIGN_OR_RETURN(auto view, OverlayView::Make(&terms,
//   writes.entries()));
//
// Terms that the store does not know get ids of their own kind (kIri, kBlank, kLiteral) with a
// sequence that no dictionary reaches, so that nothing above has to tell them apart. Invariants: 1.
// an id of the base means the same term here; 2. no two ids mean one term.
#ifndef QUADRAFT_SPARQL_UPDATE_OVERLAY_VIEW_H_
#define QUADRAFT_SPARQL_UPDATE_OVERLAY_VIEW_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sparql/update/net_writes.h"
#include "store/read/read_view.h"

namespace quadraft::sparql {

class OverlayTerms {
 public:
  explicit OverlayTerms(std::shared_ptr<const store::ReadView> base) : base_(std::move(base)) {}
  StatusOr<std::optional<TermId>> Find(const rdf::Term& term) const;
  StatusOr<TermId> Intern(const rdf::Term& term);  // Find, or a new id.
  StatusOr<rdf::Term> Lookup(TermId id) const;
  const std::shared_ptr<const store::ReadView>& base() const { return base_; }

 private:
  const std::shared_ptr<const store::ReadView> base_;
  std::vector<rdf::Term> terms_;                  // By number; an id holds the number.
  absl::flat_hash_map<std::string, TermId> ids_;  // By EncodeTerm; never iterated.
};

class OverlayView : public store::ReadView {
 public:
  using Key = std::array<TermId, 4>;
  struct Range {
    const Key* next;
    const Key* end;
  };

  // `terms` must outlive the view. `changes` are read now and not kept.
  static StatusOr<std::shared_ptr<const OverlayView>> Make(
      OverlayTerms* terms, const std::vector<NetWrites::Entry>& changes);

  Timestamp timestamp() const override { return terms_->base()->timestamp(); }
  std::unique_ptr<store::QuadScan> Scan(const store::ScanSpec& spec) const override;
  StatusOr<uint64_t> EstimateRows(const store::ScanSpec& spec) const override;
  StatusOr<std::optional<TermId>> Find(const rdf::Term& term) const override {
    return terms_->Find(term);
  }
  StatusOr<rdf::Term> Lookup(TermId id) const override { return terms_->Lookup(id); }

 private:
  explicit OverlayView(const OverlayTerms* terms) : terms_(terms) {}

  const OverlayTerms* const terms_;
  // Sorted, in each permutation's order of columns.
  std::array<std::vector<Key>, store::kPermutationCount> added_, removed_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_UPDATE_OVERLAY_VIEW_H_
