// What the tests of GraphState share: random write sets, the model they are judged by, the fixture.
#ifndef QUADRAFT_STORE_STATE_GRAPH_STATE_TESTING_H_
#define QUADRAFT_STORE_STATE_GRAPH_STATE_TESTING_H_

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "core/txn/write_set.h"
#include "store/state/graph_state.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {

using rdf::Quad;
using rdf::Term;
using QuadSet = std::set<Quad>;

inline constexpr GroupId kGroup{1};

inline KvOptions Tiny() {
  return {.block_cache_bytes = 64u << 10, .write_buffer_bytes = 64u << 10, .table_bytes = 1u << 20};
}

inline Term RandomTerm(Random& random, uint64_t range) {
  switch (random.Below(5)) {
    case 0:
      return Term::Literal(StrCat(random.Below(range)), rdf::kXsdInteger);
    case 1:
      return Term::Literal(StrCat("some longer text ", random.Below(range)));
    case 2:
      return Term::Literal(StrCat("t", random.Below(range)), {}, "en");
    case 3:
      return Term::Blank(StrCat("b", random.Below(range)));
    default:
      return Term::Iri(StrCat("http://example/o", random.Below(range)));
  }
}

inline Quad RandomQuad(Random& random, uint64_t range = 6) {
  return {Term::Iri(StrCat("http://example/s", random.Below(range))),
          Term::Iri(StrCat("http://example/p", random.Below(3))), RandomTerm(random, range),
          random.OneIn(2) ? Term::DefaultGraph()
                          : Term::Iri(StrCat("http://example/g", random.Below(2)))};
}

inline txn::WriteSet RandomWrites(Random& random, size_t size) {
  txn::WriteSet writes;
  for (uint64_t n = random.Below(size); n > 0; --n) writes.deletes.push_back(RandomQuad(random));
  for (uint64_t n = random.Below(size + 2); n > 0; --n)
    writes.inserts.push_back(RandomQuad(random));
  return writes;
}

inline raft::Entry MakeEntry(uint64_t index, const txn::WriteSet& writes) {
  return {RaftTerm{1 + index / 50}, LogIndex{index}, raft::EntryKind::kNormal,
          std::make_shared<const std::string>(txn::EncodeWriteSet(writes))};
}

// What the state should be: every version of the set, from plain set arithmetic.
struct Model {
  std::vector<QuadSet> at = {{}};
  std::vector<raft::Entry> entries;
  ApplyResult Add(const txn::WriteSet& writes) {
    QuadSet next = at.back();
    for (const Quad& quad : writes.deletes) next.erase(quad);
    for (const Quad& quad : writes.inserts) next.insert(quad);
    ApplyResult result;
    for (const Quad& quad : next) result.inserted += !at.back().contains(quad);
    for (const Quad& quad : at.back()) result.deleted += !next.contains(quad);
    entries.push_back(MakeEntry(at.size(), writes));
    at.push_back(std::move(next));
    return result;
  }
};

inline Hash128 DigestOf(const QuadSet& quads) {
  Hash128 digest;
  for (const Quad& quad : quads) digest.Add(rdf::QuadFingerprint(quad));
  return digest;
}

inline StatusOr<QuadSet> ReadAll(const ReadView& view,
                                 Permutation permutation = Permutation::kSpog) {
  const auto scan = view.Scan({.permutation = permutation});
  const auto columns = PermutationColumns(permutation);
  QuadSet out;
  ColumnBatch batch;
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, scan->Next(&batch));
    if (rows == 0) return out;
    for (size_t row = 0; row < rows; ++row) {
      Quad quad;
      Term* const terms[] = {&quad.subject, &quad.predicate, &quad.object, &quad.graph};
      for (size_t i = 0; i < 4; ++i) {
        QR_ASSIGN_OR_RETURN(*terms[static_cast<size_t>(columns[i])],
                            view.Lookup(batch.columns[i][row]));
      }
      if (!out.insert(quad).second) return Internal("a row came twice");
    }
  }
}

struct GraphStateTest : testing::Test {
  void SetUp() override { Open(); }
  void Close() { state.reset(), kv.reset(); }
  void Open(GraphState::Options options = {.dictionary = {.cache_terms = 64}}) {
    Close();
    auto opened = KvStore::Open(env, "state", Tiny());
    ASSERT_TRUE(opened.ok()) << ToString(opened.status());
    kv = std::move(*opened);
    auto graph = GraphState::Open(*kv, kGroup, options);
    ASSERT_TRUE(graph.ok()) << ToString(graph.status());
    state = std::move(*graph);
  }
  ApplyResult Apply(const raft::Entry& entry) {
    auto results = state->Apply({&entry, 1});
    EXPECT_TRUE(results.ok()) << ToString(results.status());
    if (!results.ok() || !results->front().ok()) return {~uint64_t{0}, 0};
    return *DecodeApplyResult(*results->front());
  }
  void ExpectIs(const GraphState& graph, const QuadSet& quads) {
    EXPECT_EQ(*ReadAll(*graph.LatestView()), quads);
    EXPECT_EQ(graph.quad_count(), quads.size());
    EXPECT_EQ(graph.content_digest(), DigestOf(quads));
    const Status status = graph.CheckConsistency();
    EXPECT_TRUE(status.ok()) << ToString(status);
  }
  MemoryEnv env;
  std::unique_ptr<KvStore> kv;
  std::unique_ptr<GraphState> state;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_GRAPH_STATE_TESTING_H_
