#include "core/rdf/isomorphism.h"

#include "core/rdf/testing.h"
#include "gtest/gtest.h"

namespace quadraft::rdf {
namespace {

std::vector<Quad> Quads(std::string_view text) {
  Parsed parsed = Parse(text, Syntax::kTriG, {.base = "http://e/"});
  EXPECT_TRUE(parsed.status.ok()) << ToString(parsed.status);
  return parsed.quads;
}

bool Same(std::string_view a, std::string_view b) { return Isomorphic(Quads(a), Quads(b)); }

TEST(IsomorphismTest, GroundGraphsAreSets) {
  EXPECT_TRUE(Same("<a> <p> 1, 2.", "<a> <p> 2, 1, 2."));
  EXPECT_FALSE(Same("<a> <p> 1.", "<a> <p> 1, 2."));
  EXPECT_FALSE(Same("<a> <p> 1.", "<g> { <a> <p> 1 }"));
  EXPECT_FALSE(Same("<a> <p> 'x'.", "<a> <p> 'x'@en."));
  EXPECT_TRUE(Same("", ""));
}

TEST(IsomorphismTest, NamesOfBlankNodesDoNotMatter) {
  EXPECT_TRUE(Same("_:a <p> _:b.", "_:x <p> _:a."));
  EXPECT_FALSE(Same("_:a <p> _:b.", "_:a <p> _:a."));
  EXPECT_FALSE(Same("_:a <p> <b>.", "<b> <p> _:a."));
  EXPECT_FALSE(Same("_:a <p> 1. _:a <q> 2.", "_:a <p> 1. _:b <q> 2."));
  EXPECT_TRUE(Same("_:g { _:s <p> _:g }", "_:s { _:g <p> _:s }"));
}

// Cycles of equal nodes: refinement alone cannot tell two triangles from a hexagon.
TEST(IsomorphismTest, SymmetricGraphsNeedSearch) {
  const char* const kHexagon =
      "_:a <p> _:b. _:b <p> _:c. _:c <p> _:d. _:d <p> _:e. _:e <p> _:f. _:f <p> _:a.";
  const char* const kTurned =
      "_:d <p> _:f. _:f <p> _:b. _:b <p> _:a. _:a <p> _:e. _:e <p> _:c. _:c <p> _:d.";
  const char* const kTriangles =
      "_:a <p> _:b. _:b <p> _:c. _:c <p> _:a. _:d <p> _:e. _:e <p> _:f. _:f <p> _:d.";
  EXPECT_TRUE(Same(kHexagon, kTurned));
  EXPECT_TRUE(Same(kTriangles, kTriangles));
  EXPECT_FALSE(Same(kHexagon, kTriangles));
}

}  // namespace
}  // namespace quadraft::rdf
