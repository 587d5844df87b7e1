// A ReadView over quads held in memory, for tests: six sorted vectors and a dictionary of its own.
//
//   auto view = MemoryView::Of({quad1, quad2});
//   auto after = view->With(effect.writes);          // A new view; the old one stays as it is.
//   EXPECT_EQ(after->Quads(), ...);
//
// Ids follow store/read/term_id.h: inline where a term fits, else tag, bucket and sequence; two
// views do not share ids.
#ifndef QUADRAFT_SPARQL_TESTING_MEMORY_VIEW_H_
#define QUADRAFT_SPARQL_TESTING_MEMORY_VIEW_H_

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/rdf/term.h"
#include "core/txn/write_set.h"
#include "store/read/read_view.h"

namespace quadraft::sparql {

class MemoryView : public store::ReadView {
 public:
  using Key = std::array<TermId, 4>;

  static std::shared_ptr<const MemoryView> Of(std::vector<rdf::Quad> quads);
  std::shared_ptr<const MemoryView> With(const txn::WriteSet& writes) const;
  // All quads, sorted by rdf::Quad's order, each once.
  const std::vector<rdf::Quad>& Quads() const { return quads_; }

  Timestamp timestamp() const override { return Timestamp(1); }
  std::unique_ptr<store::QuadScan> Scan(const store::ScanSpec& spec) const override;
  StatusOr<uint64_t> EstimateRows(const store::ScanSpec& spec) const override;
  StatusOr<std::optional<TermId>> Find(const rdf::Term& term) const override;
  StatusOr<rdf::Term> Lookup(TermId id) const override;

 private:
  explicit MemoryView(std::vector<rdf::Quad> quads);
  TermId Intern(const rdf::Term& term);
  // The rows of the permutation that start with the prefix: [first, second).
  std::pair<const Key*, const Key*> Range(const store::ScanSpec& spec) const;

  std::vector<rdf::Quad> quads_;
  std::map<std::string, TermId> ids_;  // By EncodeTerm.
  std::map<TermId, rdf::Term> terms_;
  std::array<std::vector<Key>, store::kPermutationCount>
      rows_;  // Columns in the permutation's order.
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_TESTING_MEMORY_VIEW_H_
