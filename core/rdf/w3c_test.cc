// Every Turtle, TriG, N-Triples and N-Quads test of the W3C's RDF 1.1 suites
// (https://w3c.github.io/rdf-tests/rdf/rdf11/), each read whole, byte by byte, and in pieces of
// seven bytes.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "core/rdf/isomorphism.h"
#include "core/rdf/testing.h"
#include "gtest/gtest.h"

namespace quadraft::rdf {
namespace {

constexpr std::string_view kSuiteBase = "https://w3c.github.io/rdf-tests/rdf/rdf11/";
constexpr std::string_view kTestNamespace = "http://www.w3.org/ns/rdftest#";
constexpr std::string_view kManifest = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#";

struct Suite {
  std::string folder;
  Syntax syntax;
  Syntax result_syntax;  // Of the expected outcome.
  size_t tests;          // How many the manifest has.
};

StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class W3cTest : public testing::TestWithParam<Suite> {
 protected:
  void SetUp() override {
    const char* const shared = std::getenv("QUADRAFT_SHARED");
    if (shared == nullptr)
      GTEST_SKIP() << "skipped: QUADRAFT_SHARED names no folder with the W3C tests";
    folder_ = std::string(shared) + "/data/rdf-tests/rdf/rdf11/" + GetParam().folder + "/";
    if (!std::ifstream(folder_ + "manifest.ttl")) {
      GTEST_SKIP() << "skipped: the W3C tests are not at " << folder_;
    }
  }

  // The bytes of the file that the IRI of an action or result names.
  std::string Load(std::string_view iri) {
    const std::string base = StrCat(kSuiteBase, GetParam().folder, "/");
    EXPECT_TRUE(iri.starts_with(base)) << iri;
    StatusOr<std::string> text = ReadFile(folder_ + std::string(iri.substr(base.size())));
    EXPECT_TRUE(text.ok()) << ToString(text.status());
    return text.ok() ? *text : "";
  }

  // Empty when the test passes.
  std::string Run(std::string_view kind, const std::string& action, const std::string& result) {
    const std::string text = Load(action);
    const Parsed whole = Parse(text, GetParam().syntax, {.base = action});
    for (size_t piece : {1, 7}) {
      const Parsed cut = Parse(text, GetParam().syntax, {.base = action}, piece);
      if (cut.status != whole.status) {
        return StrCat("in pieces of ", piece, ": ", ToString(cut.status),
                      " but whole: ", ToString(whole.status));
      }
      if (cut.quads != whole.quads) return StrCat("other quads in pieces of ", piece);
    }
    if (kind.ends_with("NegativeSyntax") || kind.ends_with("NegativeEval")) {
      if (whole.status.ok()) return "accepted";
      const std::string message = Message(whole.status);
      return message.starts_with("line ") ? "" : "an error without a position: " + message;
    }
    if (!whole.status.ok()) return ToString(whole.status);
    if (std::string error = CheckWriter(whole.quads); !error.empty()) return error;
    if (kind.ends_with("PositiveSyntax")) return "";
    if (!kind.ends_with("Eval")) return StrCat("a kind of test that is not known: ", kind);
    const Parsed expected = Parse(Load(result), GetParam().result_syntax, {.base = result});
    if (!expected.status.ok()) return "the expected result: " + ToString(expected.status);
    return Isomorphic(whole.quads, expected.quads) ? "" : "other quads than expected";
  }

  // What the writer makes of the quads reads back as the very same quads.
  static std::string CheckWriter(const std::vector<Quad>& quads) {
    const Parsed back = Parse(Write(quads), Syntax::kNQuads, {});
    if (!back.status.ok()) return "written: " + ToString(back.status);
    return back.quads == quads ? "" : "written and read again: other quads";
  }

  std::string folder_;
};

TEST_P(W3cTest, EveryTestOfTheManifest) {
  const std::string base = StrCat(kSuiteBase, GetParam().folder, "/manifest.ttl");
  const Parsed manifest =
      Parse(*ReadFile(folder_ + "manifest.ttl"), Syntax::kTurtle, {.base = base});
  ASSERT_TRUE(manifest.status.ok()) << ToString(manifest.status);
  struct Entry {
    std::string kind, action, result;
  };
  std::map<std::string, Entry> entries;
  for (const Quad& quad : manifest.quads) {
    const std::string& predicate = quad.predicate.value;
    Entry& entry = entries[quad.subject.value];
    if (predicate == kRdfType && quad.object.value.starts_with(kTestNamespace)) {
      entry.kind = quad.object.value.substr(kTestNamespace.size());
    }
    if (predicate == StrCat(kManifest, "action")) entry.action = quad.object.value;
    if (predicate == StrCat(kManifest, "result")) entry.result = quad.object.value;
  }
  size_t passed = 0, failed = 0;
  for (const auto& [name, entry] : entries) {
    if (entry.kind.empty()) continue;
    const std::string error = Run(entry.kind, entry.action, entry.result);
    ++(error.empty() ? passed : failed);
    EXPECT_EQ(error, "") << name;
  }
  std::printf("%s: %zu passed, %zu failed\n", GetParam().folder.c_str(), passed, failed);
  EXPECT_EQ(passed + failed, GetParam().tests);
}

INSTANTIATE_TEST_SUITE_P(
    Suites, W3cTest,
    testing::Values(Suite{"rdf-n-triples", Syntax::kNTriples, Syntax::kNTriples, 70},
                    Suite{"rdf-n-quads", Syntax::kNQuads, Syntax::kNQuads, 87},
                    Suite{"rdf-turtle", Syntax::kTurtle, Syntax::kNTriples, 313},
                    Suite{"rdf-trig", Syntax::kTriG, Syntax::kNQuads, 356}),
    [](const auto& suite) {
      std::string name = suite.param.folder;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace quadraft::rdf
