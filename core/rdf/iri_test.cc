#include "core/rdf/iri.h"

#include "gtest/gtest.h"

namespace quadraft::rdf {
namespace {

// RFC 3986, section 5.4: the examples, normal and abnormal.
TEST(IriTest, ResolvesTheExamplesOfTheStandard) {
  const struct {
    std::string_view reference, expected;
  } kCases[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http:g"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ResolveIri("http://a/b/c/d;p?q", test.reference), test.expected) << test.reference;
  }
}

TEST(IriTest, BasesOfUnusualShape) {
  EXPECT_EQ(ResolveIri("http://a", "b"), "http://a/b");
  EXPECT_EQ(ResolveIri("http://a", "?x"), "http://a?x");
  EXPECT_EQ(ResolveIri("http://a?q", ""), "http://a?q");
  EXPECT_EQ(ResolveIri("http://a?", "#f"), "http://a?#f");
  EXPECT_EQ(ResolveIri("urn:a:b", "c"), "urn:c");
  EXPECT_EQ(ResolveIri("urn:a:b", "#c"), "urn:a:b#c");
  EXPECT_EQ(ResolveIri("mailto:x@y/z", "../../w"), "mailto:/w");
  EXPECT_EQ(ResolveIri("file:///a/b", "c"), "file:///a/c");
  EXPECT_EQ(ResolveIri("http://a/b#old", "#new"), "http://a/b#new");
  EXPECT_EQ(ResolveIri("http://a/b", "x:y"), "x:y");
}

TEST(IriTest, WithoutAnAbsoluteBaseTheReferenceStays) {
  EXPECT_EQ(ResolveIri("", "../x"), "../x");
  EXPECT_EQ(ResolveIri("//a/b", "x"), "x");
  EXPECT_EQ(ResolveIri("", "http://a/../b"), "http://a/../b");
}

TEST(IriTest, AbsoluteMeansAScheme) {
  EXPECT_TRUE(IsAbsoluteIri("http://a"));
  EXPECT_TRUE(IsAbsoluteIri("a+b-c.1:"));
  EXPECT_FALSE(IsAbsoluteIri(""));
  EXPECT_FALSE(IsAbsoluteIri(":a"));
  EXPECT_FALSE(IsAbsoluteIri("1a:b"));
  EXPECT_FALSE(IsAbsoluteIri("a/b:c"));
  EXPECT_FALSE(IsAbsoluteIri("\xC3\xA9:x"));
}

TEST(IriTest, ForbiddenBytes) {
  EXPECT_EQ(FindForbiddenInIri("http://a/\xC3\xA9?x#y[]!$&'()*+,;=%20~"), std::string_view::npos);
  for (const char c : std::string_view("<>\"{}|^`\\ \n\0\x1f", 13)) {
    EXPECT_EQ(FindForbiddenInIri(std::string("ab") + c + "d"), 2u) << static_cast<int>(c);
  }
}

}  // namespace
}  // namespace quadraft::rdf
