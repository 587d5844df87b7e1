#include "node/latches.h"

#include <gtest/gtest.h>

namespace quadraft::node {
namespace {

using rdf::Term;

txn::WriteSet Insert(const char* subject) {
  txn::WriteSet writes;
  writes.inserts.push_back({Term::Iri(subject), Term::Iri("p"), Term::Iri("o"), {}});
  return writes;
}

std::vector<txn::ReadPattern> Reads(const char* subject) {
  txn::ReadPattern pattern;
  pattern.subject = Term::Iri(subject);
  return {pattern};
}

TEST(LatchesTest, AConflictLastsUntilTheSnapshotHoldsTheWrite) {
  Latches latches;
  const uint64_t ticket = latches.Proposed(Insert("a"));
  EXPECT_EQ(latches.FindConflict(Reads("a"), LogIndex{4}), ticket);
  EXPECT_EQ(latches.FindConflict(Reads("b"), LogIndex{4}), std::nullopt);
  latches.Pin(LogIndex{4});  // An evaluation at 4 is under way while the entry applies at 5.
  latches.Applied(ticket, LogIndex{5});
  EXPECT_EQ(latches.FindConflict(Reads("a"), LogIndex{4}), ticket);
  EXPECT_EQ(latches.FindConflict(Reads("a"), LogIndex{5}), std::nullopt);
  latches.Unpin(LogIndex{4});
  EXPECT_EQ(latches.size(), 0u);
}

TEST(LatchesTest, WaitersRunWhenSettledOrAtOnce) {
  Latches latches;
  const uint64_t applied = latches.Proposed(Insert("a")), forgotten = latches.Proposed(Insert("a"));
  int ran = 0;
  latches.WhenSettled(applied, [&](bool) { ++ran; });
  latches.WhenSettled(forgotten, [&](bool) { ++ran; });
  EXPECT_EQ(ran, 0);
  latches.Applied(applied, LogIndex{1});
  EXPECT_EQ(ran, 1);
  latches.Forget(forgotten);
  EXPECT_EQ(ran, 2);
  latches.WhenSettled(applied, [&](bool) { ++ran; });
  EXPECT_EQ(ran, 3);
}

TEST(LatchesTest, UnpinKeepsWhatAnOlderEvaluationNeeds) {
  Latches latches;
  latches.Pin(LogIndex{1});
  latches.Pin(LogIndex{2});
  const uint64_t ticket = latches.Proposed(Insert("a"));
  latches.Applied(ticket, LogIndex{3});
  latches.Unpin(LogIndex{2});
  EXPECT_EQ(latches.size(), 1u);
  latches.Unpin(LogIndex{1});
  EXPECT_EQ(latches.size(), 0u);
}

}  // namespace
}  // namespace quadraft::node
