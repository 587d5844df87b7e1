#include "store/dictionary/dictionary.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/dictionary/term_cache.h"
#include "store/kv/keys.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {
namespace {

using rdf::Term;

// Four fingerprints for all terms: nearly everything clashes.
Hash128 Clashing(std::string_view bytes) { return {7, Fingerprint64(bytes) % 4}; }

struct DictionaryTest : testing::TestWithParam<bool> {
  void SetUp() override { Open(); }
  void Open() {
    dictionary.reset();
    kv.reset();
    kv = std::move(*KvStore::Open(env, "state", KvOptions::Small()));
    dictionary = *Dictionary::Of(
        *kv, {.cache_terms = 16, .fingerprint = GetParam() ? &Clashing : &Fingerprint});
  }
  TermId Put(const Term& term) {
    const TermId id = *dictionary->IdOf(term);
    EXPECT_EQ(*dictionary->IdOf(term), id);
    return id;
  }
  void Flush() { ASSERT_TRUE(dictionary->Flush().ok()); }
  MemoryEnv env;
  std::unique_ptr<KvStore> kv;
  std::shared_ptr<Dictionary> dictionary;
};

TEST_P(DictionaryTest, IdsAreOneToOneAlsoAfterReopening) {
  std::map<TermId, Term> all;
  Random random(3, "terms");
  for (int i = 0; i < 500; ++i) {
    std::string text = StrCat("http://example/", random.Below(200));
    if (random.OneIn(3)) text.append(2000, 'x');
    Term term = Term::Iri(text);
    if (random.OneIn(3)) term = Term::Literal(text);
    if (random.OneIn(3)) term = Term::Literal(text, "http://example/type");
    if (random.OneIn(4)) term = Term::Literal(text, {}, "en");
    if (random.OneIn(4)) term = Term::Blank(StrCat("b", random.Below(200)));
    if (random.OneIn(8))
      term = Term::Literal(StrCat("0", random.Below(50)), rdf::kXsdInteger);  // Not canonical.
    const TermId id = Put(term);
    const auto [it, fresh] = all.try_emplace(id, term);
    EXPECT_EQ(it->second, term);
    EXPECT_EQ(*dictionary->Lookup(id), term);
    if (random.OneIn(40)) Flush();
    if (random.OneIn(100)) Flush(), Open();
  }
  Flush();
  std::set<Term> distinct;
  for (const auto& [id, term] : all) {
    EXPECT_TRUE(distinct.insert(term).second) << "two ids for " << term.value;
    EXPECT_EQ(*dictionary->Lookup(id), term);
    EXPECT_EQ(*dictionary->Find(term), id);
  }
  EXPECT_GT(all.size(), 150u);
  const auto checked = dictionary->Check();
  ASSERT_TRUE(checked.ok()) << ToString(checked.status());
  EXPECT_EQ(*checked, all.size());
}

TEST_P(DictionaryTest, UnknownTermsAndIds) {
  EXPECT_EQ(*dictionary->Find(Term::Iri("http://a")), std::nullopt);
  EXPECT_EQ(*dictionary->Find(Term::Literal("7", rdf::kXsdInteger)),
            InlineId(Term::Literal("7", rdf::kXsdInteger)));
  const TermId id = Put(Term::Iri("http://a"));
  EXPECT_EQ(*dictionary->Find(Term::Iri("http://b")), std::nullopt);
  EXPECT_EQ(dictionary->Lookup(TermId(id.value() + 1)).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(dictionary->Lookup(kNoTerm).status().code(), absl::StatusCode::kDataLoss);
  // The right sequence under another tag or bucket is another id.
  EXPECT_EQ(dictionary->Lookup(TermId(id.value() ^ uint64_t{1} << 50)).status().code(),
            absl::StatusCode::kDataLoss);
  Flush();
  Open();
  EXPECT_EQ(dictionary->Lookup(TermId(id.value() ^ uint64_t{1} << 50)).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(dictionary->Lookup(MakeTermId(IdTag::kBlank, id.value())).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(dictionary->Lookup(MakeTermId(IdTag::kLocal, 1)).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_P(DictionaryTest, WhatIsNotFlushedIsGoneAfterAStart) {
  const TermId kept = Put(Term::Iri("http://kept"));
  Flush();
  const uint64_t next = dictionary->next_sequence();
  const TermId lost = Put(Term::Iri("http://lost"));
  EXPECT_TRUE(Dictionary::GivenSince(lost, next));
  EXPECT_FALSE(Dictionary::GivenSince(kept, next));
  EXPECT_GT(dictionary->recent_bytes(), 0u);
  Open();
  EXPECT_EQ(*dictionary->Find(Term::Iri("http://lost")), std::nullopt);
  EXPECT_EQ(*dictionary->Find(Term::Iri("http://kept")), kept);
}

TEST_P(DictionaryTest, MoreTermsThanABatchHoldsKeepTheirFingerprintsLists) {
  std::vector<TermId> ids;
  const size_t count = GetParam() ? 300 : 2 * kFlushedTermsPerBatch + 10;
  for (size_t i = 0; i < count; ++i) ids.push_back(Put(Term::Iri(StrCat("http://many/", i))));
  Flush();
  Open();
  for (size_t i = 0; i < count; ++i)
    ASSERT_EQ(*dictionary->Find(Term::Iri(StrCat("http://many/", i))), ids[i]);
  EXPECT_EQ(*dictionary->Check(), count);
}

// What a query worker does while the loop adds and flushes: a term never disappears in between.
TEST(RecentTermsTest, ChainsOfOneFingerprintOutliveTheirOldest) {
  RecentTerms terms(5);
  const Hash128 a{1, 1}, b{2, 2};
  terms.Add(a, "a0", TermId(5));
  terms.Add(b, "b0", TermId(6));
  terms.Add(a, "a1", TermId(7));
  EXPECT_EQ(terms.Find(a, "a0"), TermId(5));
  EXPECT_EQ(terms.IdsUpTo(*terms.Oldest(3)[2]), (std::vector<TermId>{TermId(5), TermId(7)}));
  EXPECT_FALSE(terms.IsNewest(*terms.Oldest(1)[0]));
  terms.DropOldest(2);
  EXPECT_EQ(terms.Find(a, "a0"), std::nullopt);
  EXPECT_EQ(terms.Find(b, "b0"), std::nullopt);
  EXPECT_EQ(terms.Find(a, "a1"), TermId(7));
  EXPECT_EQ(terms.IdsUpTo(*terms.Oldest(1)[0]), (std::vector<TermId>{TermId(7)}));
  terms.Add(b, "b1", TermId(8));
  std::string bytes;
  TermId id;
  EXPECT_TRUE(terms.Lookup(8, &bytes, &id));
  EXPECT_EQ(bytes, "b1");
  EXPECT_FALSE(terms.Lookup(6, &bytes, &id));
  EXPECT_FALSE(terms.Lookup(9, &bytes, &id));
  EXPECT_EQ(terms.bytes(), 4u);
}

TEST_P(DictionaryTest, CheckNoticesDamage) {
  const TermId a = Put(Term::Iri("http://a")), b = Put(Term::Iri("http://b"));
  Flush();
  ASSERT_TRUE(dictionary->Check().ok());
  KvBatch batch;
  batch.Put(TermKey(1), rdf::EncodeTerm(Term::Iri("http://b")));
  ASSERT_TRUE(kv->Write(&batch, false).ok());
  EXPECT_EQ(dictionary->Check().status().code(), absl::StatusCode::kDataLoss);
  batch.Clear();
  batch.Put(TermKey(1), rdf::EncodeTerm(Term::Iri("http://a")));
  batch.Put(TermKey(99), rdf::EncodeTerm(Term::Iri("http://c")));
  ASSERT_TRUE(kv->Write(&batch, false).ok());
  EXPECT_EQ(dictionary->Check().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(a, b);
}

TEST(TermCacheTest, GrowsAndForgetsNothingBelowItsBound) {
  TermCache cache(1u << 14);
  const auto text = [](uint64_t id) { return StrCat("term ", id); };
  for (uint64_t id = 1; id <= 3000; ++id) cache.Insert(Fingerprint(text(id)), text(id), TermId(id));
  int kept = 0;
  for (uint64_t id = 1; id <= 3000; ++id) {
    std::string bytes;
    const bool known = cache.Lookup(TermId(id), &bytes);
    if (known) {
      EXPECT_EQ(bytes, text(id));
    }
    const auto found = cache.Find(Fingerprint(text(id)), text(id));
    if (found) {
      EXPECT_EQ(*found, TermId(id));
    }
    kept += known && found;
  }
  EXPECT_GT(kept, 2950);  // A set of four may be full before its table is.
  EXPECT_FALSE(cache.Find(Fingerprint(text(1)), "another with that fingerprint"));
}

TEST(TermCacheTest, TheLeastRecentlyUsedGoes) {
  TermCache cache(4);  // One set.
  const auto insert = [&](uint64_t id) {
    cache.Insert(Fingerprint(StrCat(id)), StrCat(id), TermId(id));
  };
  const auto find = [&](uint64_t id) { return cache.Find(Fingerprint(StrCat(id)), StrCat(id)); };
  for (uint64_t id = 1; id <= 4; ++id) insert(id);
  EXPECT_TRUE(find(1));
  insert(5);
  EXPECT_FALSE(find(2));
  for (const uint64_t id : {1, 3, 4, 5}) EXPECT_TRUE(find(id)) << id;
}

INSTANTIATE_TEST_SUITE_P(RealAndClashing, DictionaryTest, testing::Bool());

}  // namespace
}  // namespace quadraft::store
