// Every update evaluation test of the W3C's SPARQL 1.1 suites: data before, request, data after.
#include <string>
#include <vector>

#include "core/rdf/isomorphism.h"
#include "core/rdf/syntax.h"
#include "gtest/gtest.h"
#include "sparql/engine.h"
#include "sparql/parser/parser.h"
#include "sparql/testing/memory_view.h"
#include "sparql/testing/w3c.h"

namespace quadraft::sparql {
namespace {

struct Suite {
  std::string folder;
  size_t tests;  // How many update evaluation tests the manifest has.
};
void PrintTo(const Suite& suite, std::ostream* out) { *out << suite.folder; }

class W3cUpdateTest : public testing::TestWithParam<Suite> {};

// The quads that ut:data and ut:graphData of the node describe.
StatusOr<std::vector<rdf::Quad>> LoadDataset(const W3cSuite& suite, const rdf::Term& node) {
  std::vector<rdf::Quad> all;
  for (const rdf::Term& file : suite.Objects(node, "data")) {
    QR_ASSIGN_OR_RETURN(const auto quads, suite.LoadQuads(file, rdf::Term::DefaultGraph()));
    all.insert(all.end(), quads.begin(), quads.end());
  }
  for (const rdf::Term& graph : suite.Objects(node, "graphData")) {
    const auto file = suite.Object(graph, "graph");
    const auto name = suite.Object(graph, "label");
    if (!file.has_value() || !name.has_value()) return NotFound("graphData without graph or label");
    QR_ASSIGN_OR_RETURN(const auto quads, suite.LoadQuads(*file, rdf::Term::Iri(name->value)));
    all.insert(all.end(), quads.begin(), quads.end());
  }
  return all;
}

std::string Text(const std::vector<rdf::Quad>& quads) {
  std::string text;
  for (const rdf::Quad& quad : quads) rdf::AppendNQuad(&text, quad);
  return text;
}

TEST_P(W3cUpdateTest, EveryTestOfTheManifest) {
  std::string why_not;
  const auto suite = W3cSuite::Open(GetParam().folder, &why_not);
  if (!suite.has_value()) GTEST_SKIP() << why_not;
  size_t run = 0;
  for (const W3cTest& test : suite->tests()) {
    if (test.kind != "UpdateEvaluationTest") continue;
    ++run;
    SCOPED_TRACE(GetParam().folder + " " + test.name);
    const auto before = LoadDataset(*suite, test.action);
    ASSERT_TRUE(before.ok()) << ToString(before.status());
    const auto expected = LoadDataset(*suite, test.result);
    ASSERT_TRUE(expected.ok()) << ToString(expected.status());
    const auto file = suite->Object(test.action, "request");
    ASSERT_TRUE(file.has_value());
    const auto text = suite->Load(*file);
    ASSERT_TRUE(text.ok()) << ToString(text.status());
    ParseOptions options;
    options.base = file->value;
    const auto update = ParseUpdate(*text, options);
    ASSERT_TRUE(update.ok()) << ToString(update.status()) << "\n" << *text;
    const auto view = MemoryView::Of(*before);
    const auto effect = EvaluateUpdate(*update, view, "u", {});
    EXPECT_TRUE(effect.ok()) << ToString(effect.status()) << "\n" << *text;
    if (!effect.ok()) continue;
    const auto after = view->With(effect->writes);
    EXPECT_TRUE(rdf::Isomorphic(after->Quads(), MemoryView::Of(*expected)->Quads()))
        << *text << "\nbefore:\n"
        << Text(*before) << "\nafter:\n"
        << Text(after->Quads()) << "\nexpected:\n"
        << Text(*expected);
  }
  EXPECT_EQ(run, GetParam().tests);
}

INSTANTIATE_TEST_SUITE_P(
    Sparql11, W3cUpdateTest,
    testing::Values(Suite{"sparql11/add", 8}, Suite{"sparql11/basic-update", 13},
                    Suite{"sparql11/clear", 4}, Suite{"sparql11/copy", 6},
                    Suite{"sparql11/delete", 19}, Suite{"sparql11/delete-data", 6},
                    Suite{"sparql11/delete-insert", 9}, Suite{"sparql11/delete-where", 6},
                    Suite{"sparql11/drop", 4}, Suite{"sparql11/move", 6},
                    Suite{"sparql11/update-silent", 13}));

}  // namespace
}  // namespace quadraft::sparql
