#include "core/txn/write_set.h"

#include <gtest/gtest.h>

namespace quadraft::txn {
namespace {

using rdf::Term;

WriteSet Sample() {
  WriteSet writes;
  writes.deletes.push_back({Term::Iri("http://a"), Term::Iri("http://p"), Term::Literal("x", {}, "EN"), {}});
  writes.inserts.push_back({Term::Blank("b1"), Term::Iri("http://p"),
                            Term::Literal("01", rdf::kXsdInteger), Term::Iri("http://g")});
  return writes;
}

TEST(WriteSetTest, RoundTrips) {
  const auto decoded = DecodeWriteSet(EncodeWriteSet(Sample()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, Sample());
}

TEST(WriteSetTest, EveryCutAndEveryExtraByteIsRefused) {
  const std::string bytes = EncodeWriteSet(Sample());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeWriteSet(std::string_view(bytes).substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(DecodeWriteSet(bytes + "x").ok());
}

TEST(ReadPatternTest, AbsentPositionsMatchAnything) {
  ReadPattern pattern;
  EXPECT_TRUE(pattern.Matches(Sample().inserts[0]));
  pattern.graph = Term::DefaultGraph();
  EXPECT_FALSE(pattern.Matches(Sample().inserts[0]));
  EXPECT_TRUE(pattern.Matches(Sample().deletes[0]));
}

}  // namespace
}  // namespace quadraft::txn
