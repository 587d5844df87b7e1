#include "store/dictionary/dictionary_writer.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/dictionary/term_block.h"
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
    writer.reset();
    dictionary.reset();
    kv.reset();
    kv = std::move(*KvStore::Open(env, "state", KvOptions::Small()));
    auto opened = DictionaryWriter::Of(
        *kv, {.cache_terms = 16, .fingerprint = GetParam() ? &Clashing : &Fingerprint});
    ASSERT_TRUE(opened.ok()) << ToString(opened.status());
    writer = *opened;
    dictionary = writer->dictionary();
  }
  TermId Put(const Term& term) {
    const TermId id = *writer->IdOf(term);
    EXPECT_EQ(*writer->IdOf(term), id);
    return id;
  }
  void Flush() { ASSERT_TRUE(writer->Flush().ok()); }
  MemoryEnv env;
  std::unique_ptr<KvStore> kv;
  std::shared_ptr<DictionaryWriter> writer;
  std::shared_ptr<const Dictionary> dictionary;
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
    if (random.OneIn(3)) env.RunOne();  // Runs of fingerprints are merged meanwhile.
  }
  Flush();
  std::set<Term> distinct;
  for (const auto& [id, term] : all) {
    EXPECT_TRUE(distinct.insert(term).second) << "two ids for " << term.value;
    EXPECT_EQ(*dictionary->Lookup(id), term);
    EXPECT_EQ(*dictionary->Find(term), id);
  }
  EXPECT_GT(all.size(), 150u);
  const auto checked = writer->Check();
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
  const uint64_t next = writer->next_sequence();
  const TermId lost = Put(Term::Iri("http://lost"));
  EXPECT_TRUE(Dictionary::GivenSince(lost, next));
  EXPECT_FALSE(Dictionary::GivenSince(kept, next));
  EXPECT_GT(writer->recent_bytes(), 0u);
  Open();
  EXPECT_EQ(*dictionary->Find(Term::Iri("http://lost")), std::nullopt);
  EXPECT_EQ(*dictionary->Find(Term::Iri("http://kept")), kept);
}

TEST_P(DictionaryTest, TermsAreFoundAtEveryStepOfAFlushInSlicesAndIdsGoOnBeingGiven) {
  std::map<uint64_t, TermId> ids;
  const auto put = [&](uint64_t n) { ids[n] = Put(Term::Iri(StrCat("http://many/", n))); };
  const auto expect_all = [&] {
    for (const auto& [n, id] : ids) {
      ASSERT_EQ(*dictionary->Find(Term::Iri(StrCat("http://many/", n))), id);
      ASSERT_EQ(dictionary->Lookup(id)->value, StrCat("http://many/", n));
    }
  };
  const size_t count = GetParam() ? 300 : 3 * kFlushedTermsPerSlice + 10;
  for (size_t i = 0; i < count; ++i) put(i);
  const uint64_t end = writer->next_sequence();
  size_t slices = 0;
  for (bool done = false; !done; ++slices) {
    const auto flushed = writer->FlushSlice(end);
    ASSERT_TRUE(flushed.ok()) << ToString(flushed.status());
    done = *flushed;
    put(count + slices);
    if (slices % 3 == 0) expect_all();
  }
  EXPECT_GT(slices, 4u);
  EXPECT_GT(writer->recent_bytes(), 0u);
  EXPECT_EQ(*writer->Check(), count);
  Flush();
  EXPECT_EQ(writer->recent_bytes(), 0u);
  Open();
  expect_all();
  EXPECT_EQ(*writer->Check(), count + slices);
}

// Whatever step a flush was at when the node died: what is in no run is given anew, and nothing contradicts it.
TEST_P(DictionaryTest, AFlushThatWasCutShortHarmsNothing) {
  const TermId kept = Put(Term::Iri("http://kept"));
  Flush();
  for (int steps = 1; steps < 8; ++steps) {
    const Term lost = Term::Iri(StrCat("http://lost/", steps));
    for (int i = 0; i < 40; ++i) Put(Term::Literal(StrCat("a term of step ", steps, ", number ", i)));
    Put(lost);
    const uint64_t end = writer->next_sequence();
    bool stored = false;
    for (int i = 0; i < steps && !stored; ++i) stored = *writer->FlushSlice(end);
    Open();
    ASSERT_TRUE(writer->Check().ok()) << ToString(writer->Check().status());
    EXPECT_EQ(*dictionary->Find(Term::Iri("http://kept")), kept);
    const auto found = *dictionary->Find(lost);
    EXPECT_EQ(*writer->IdOf(lost), found.value_or(*writer->IdOf(lost)));
    Put(Term::Blank("after"));
    Flush();
    ASSERT_TRUE(writer->Check().ok()) << ToString(writer->Check().status());
    EXPECT_EQ(*dictionary->Find(lost), *writer->IdOf(lost));
  }
}

// A store of before blocks: a key for each term, one for each fingerprint.
TEST_P(DictionaryTest, TermsOfAnOlderFormatStay) {
  writer.reset(), dictionary.reset();
  KvBatch batch;
  std::map<Hash128, std::string> lists;
  std::vector<TermId> ids;
  for (uint64_t sequence = 1; sequence < 21; ++sequence) {
    const std::string bytes = rdf::EncodeTerm(Term::Literal(StrCat("an older term, ", sequence)));
    batch.Put(TermKey(sequence), bytes);
    ids.push_back(MakeTermId(IdTag::kLiteral, sequence));
    PutBigEndian64(&lists[GetParam() ? Clashing(bytes) : Fingerprint(bytes)], ids.back().value());
  }
  for (const auto& [fingerprint, list] : lists) batch.Put(FingerprintKey(fingerprint), list);
  std::string next;
  PutFixed<uint64_t>(&next, 21);
  batch.Put(NextTermKey(), next);
  ASSERT_TRUE(kv->Write(&batch, false).ok());
  for (int opened = 0; opened < 3; ++opened) {
    Open();
    for (uint64_t i = 0; i < 20; ++i) {
      const Term term = Term::Literal(StrCat("an older term, ", i + 1));
      EXPECT_EQ(*writer->IdOf(term), ids[i]);
      EXPECT_EQ(*dictionary->Lookup(ids[i]), term);
    }
    const TermId fresh = Put(Term::Iri("http://new"));
    EXPECT_GE(fresh.value() & 0xffff, 32u);  // The next block.
    Flush();
    EXPECT_EQ(*dictionary->Lookup(fresh), Term::Iri("http://new"));
    EXPECT_EQ(*writer->Check(), 21u);
  }
}

TEST(TermBlockTest, AMangledBlockIsNone) {
  const std::string block = EncodeTermBlock({"a", "", "ccc"});
  EXPECT_EQ(*DecodeTermBlock(block), (std::vector<std::string_view>{"a", "", "ccc"}));
  for (size_t size = 0; size < block.size(); ++size)
    EXPECT_FALSE(DecodeTermBlock(std::string_view(block).substr(0, size))) << size;
  EXPECT_FALSE(DecodeTermBlock(block + "x"));
  EXPECT_FALSE(DecodeTermBlock(std::string("\x11", 1)));
}

// What a query worker does while the loop adds and flushes: a term never disappears in between.
TEST(RecentTermsTest, ChainsOfOneFingerprintOutliveTheirOldest) {
  RecentTerms terms(5);
  const Hash128 a{1, 1}, b{2, 2};
  terms.Add(a, "a0", TermId(5));
  terms.Add(b, "b0", TermId(6));
  terms.Add(a, "a1", TermId(7));
  EXPECT_EQ(terms.Find(a, "a0"), TermId(5));
  EXPECT_EQ(terms.Find(a, "a1"), TermId(7));
  terms.DropFirst();
  terms.DropFirst();
  EXPECT_EQ(terms.Find(a, "a0"), std::nullopt);
  EXPECT_EQ(terms.Find(b, "b0"), std::nullopt);
  EXPECT_EQ(terms.Find(a, "a1"), TermId(7));
  terms.Add(b, "b1", TermId(8));
  EXPECT_EQ(terms.Find(b, "b1"), TermId(8));
  std::string bytes;
  TermId id;
  EXPECT_TRUE(terms.Lookup(8, &bytes, &id));
  EXPECT_EQ(bytes, "b1");
  EXPECT_FALSE(terms.Lookup(6, &bytes, &id));
  EXPECT_FALSE(terms.Lookup(9, &bytes, &id));
  EXPECT_EQ(terms.bytes(), 4u);
  EXPECT_EQ(terms.first_sequence(), 7u);
  EXPECT_EQ(terms.end_sequence(), 9u);
}

TEST_P(DictionaryTest, CheckNoticesDamage) {
  const TermId a = Put(Term::Iri("http://a")), b = Put(Term::Iri("http://b"));
  Flush();
  ASSERT_TRUE(writer->Check().ok());
  const std::string term_a = rdf::EncodeTerm(Term::Iri("http://a")),
                    term_b = rdf::EncodeTerm(Term::Iri("http://b"));
  const auto check_with = [&](const std::vector<std::string_view>& block) {
    KvBatch batch;
    batch.Put(TermBlockKey(0), EncodeTermBlock(block));
    EXPECT_TRUE(kv->Write(&batch, false).ok());
    return writer->Check().status().code();
  };
  EXPECT_EQ(check_with({"", term_b, term_b}), absl::StatusCode::kDataLoss);
  EXPECT_EQ(check_with({"", term_a}), absl::StatusCode::kDataLoss);
  EXPECT_EQ(check_with({"", term_a, term_b}), absl::StatusCode::kOk);
  KvBatch batch;
  batch.Put(TermKey(99), term_a);  // Of the older format, without a list.
  ASSERT_TRUE(kv->Write(&batch, false).ok());
  EXPECT_EQ(writer->Check().status().code(), absl::StatusCode::kDataLoss);
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
