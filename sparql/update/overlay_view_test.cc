#include "sparql/update/overlay_view.h"

#include <algorithm>
#include <set>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "sparql/testing/memory_view.h"
#include "store/read/term_id.h"

namespace quadraft::sparql {
namespace {

rdf::Quad RandomQuad(Random* random, uint64_t terms) {
  const auto iri = [&] { return rdf::Term::Iri(StrCat("http://e/", random->Below(terms))); };
  rdf::Quad quad{iri(), iri(), iri(), rdf::Term::DefaultGraph()};
  if (random->OneIn(3))
    quad.object = rdf::Term::Literal(StrCat("a long literal ", random->Below(terms)));
  if (random->OneIn(3))
    quad.object = rdf::Term::Literal(StrCat(random->Below(terms)), rdf::kXsdInteger);
  if (random->OneIn(5)) quad.subject = rdf::Term::Blank(StrCat("b", random->Below(terms)));
  if (random->OneIn(2)) quad.graph = iri();
  return quad;
}

StatusOr<std::vector<std::vector<TermId>>> Rows(const store::ReadView& view,
                                                const store::ScanSpec& spec,
                                                const std::vector<TermId>* seek) {
  std::vector<std::vector<TermId>> rows;
  const auto scan = view.Scan(spec);
  if (seek != nullptr) QR_RETURN_IF_ERROR(scan->SeekTo(*seek));
  store::ColumnBatch batch;
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t count, scan->Next(&batch));
    if (count == 0) return rows;
    for (size_t row = 0; row < count; ++row) {
      rows.emplace_back(spec.prefix);
      for (const auto& column : batch.columns) rows.back().push_back(column[row]);
    }
  }
}

rdf::Quad QuadOf(const store::ReadView& view, store::Permutation permutation,
                 const std::vector<TermId>& row) {
  rdf::Quad quad;
  rdf::Term* const positions[] = {&quad.subject, &quad.predicate, &quad.object, &quad.graph};
  const auto columns = store::PermutationColumns(permutation);
  for (size_t i = 0; i < 4; ++i)
    *positions[static_cast<size_t>(columns[i])] = view.Lookup(row[i]).value();
  return quad;
}

// Against the plain set of quads: every permutation, every length of prefix, with and without a
// seek.
TEST(OverlayViewTest, ScansLikeTheSetOfQuads) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, "overlay");
    const uint64_t terms = 2 + random.Below(12);
    std::vector<rdf::Quad> base;
    for (int i = 0; i < 150; ++i) base.push_back(RandomQuad(&random, terms));
    const auto view = MemoryView::Of(base);
    std::set<rdf::Quad> expected(base.begin(), base.end());
    NetWrites writes(1 << 20);
    for (int i = 0; i < 150; ++i) {
      const bool known = random.OneIn(2);
      const rdf::Quad quad =
          known ? base[random.Below(base.size())] : RandomQuad(&random, terms + 5);
      if (random.OneIn(2)) {
        ASSERT_TRUE(writes.Insert(quad).ok());
        expected.insert(quad);
      } else {
        ASSERT_TRUE(writes.Delete(quad).ok());
        expected.erase(quad);
      }
    }
    OverlayTerms overlay_terms(view);
    const auto overlay = OverlayView::Make(&overlay_terms, writes.entries());
    ASSERT_TRUE(overlay.ok());
    for (int p = 0; p < store::kPermutationCount; ++p) {
      store::ScanSpec spec;
      spec.permutation = static_cast<store::Permutation>(p);
      const auto all = Rows(**overlay, spec, nullptr);
      ASSERT_TRUE(all.ok());
      EXPECT_TRUE(std::is_sorted(all->begin(), all->end()));
      std::set<rdf::Quad> found;
      for (const auto& row : *all) found.insert(QuadOf(**overlay, spec.permutation, row));
      EXPECT_EQ(found, expected);
      EXPECT_EQ(all->size(), expected.size());
      ASSERT_LE(expected.size(), store::kExactCountRows);
      EXPECT_EQ(*(*overlay)->EstimateRows(spec), expected.size());
      for (int i = 0; i < 10 && !all->empty(); ++i) {
        const std::vector<TermId> pick = (*all)[random.Below(all->size())];
        const size_t length = random.Below(5);
        spec.prefix.assign(pick.begin(), pick.begin() + length);
        const std::vector<TermId> seek(pick.begin() + length,
                                       pick.begin() + length + random.Below(5 - length));
        std::vector<std::vector<TermId>> prefixed, from_seek;
        for (const auto& row : *all) {
          if (!std::equal(spec.prefix.begin(), spec.prefix.end(), row.begin())) continue;
          prefixed.push_back(row);
          const std::vector<TermId> rest(row.begin() + length, row.begin() + length + seek.size());
          if (rest >= seek) from_seek.push_back(row);
        }
        EXPECT_EQ(Rows(**overlay, spec, nullptr).value(), prefixed);
        EXPECT_EQ(Rows(**overlay, spec, &seek).value(), from_seek);
        EXPECT_GE((*overlay)->EstimateRows(spec).value(), prefixed.size());
      }
    }
  }
}

TEST(OverlayViewTest, TermsKeepTheirIds) {
  const rdf::Term a = rdf::Term::Iri("http://e/a");
  const auto base = MemoryView::Of({{a, a, a, rdf::Term::DefaultGraph()}});
  OverlayTerms terms(base);
  const rdf::Term news[] = {rdf::Term::Iri("http://e/new"), rdf::Term::Blank("new"),
                            rdf::Term::Literal("a new literal"),
                            rdf::Term::Literal("neu", {}, "de")};
  EXPECT_EQ(terms.Intern(a).value(), base->Find(a).value());
  for (const rdf::Term& term : news) {
    EXPECT_EQ(terms.Find(term).value(), std::nullopt);
    const TermId id = terms.Intern(term).value();
    EXPECT_EQ(terms.Intern(term).value(), id);
    EXPECT_EQ(terms.Find(term).value(), id);
    EXPECT_EQ(terms.Lookup(id).value(), term);
    EXPECT_FALSE(base->Lookup(id).ok());
  }
  const TermId iri = terms.Find(news[0]).value().value();
  EXPECT_EQ(store::TagOf(iri), store::IdTag::kIri);
  EXPECT_FALSE(terms.Lookup(TermId(iri.value() + 100)).ok());
}

TEST(NetWritesTest, LastOneWinsAndTheBoundHolds) {
  const rdf::Term a = rdf::Term::Iri("http://e/a"), g = rdf::Term::Iri("http://e/g");
  const rdf::Quad one{a, a, a, {}}, two{a, a, a, g};
  NetWrites writes(10'000);
  ASSERT_TRUE(writes.Insert(one).ok());
  ASSERT_TRUE(writes.Delete(two).ok());
  ASSERT_TRUE(writes.Delete(one).ok());
  ASSERT_TRUE(writes.Insert(two).ok());
  EXPECT_EQ(writes.changes(), 4u);
  ASSERT_TRUE(writes.Insert(two).ok());
  EXPECT_EQ(writes.changes(), 4u);
  EXPECT_EQ(writes.Take(), (txn::WriteSet{{one}, {two}}));
  NetWrites small(10);
  EXPECT_EQ(small.Insert(one).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace quadraft::sparql
