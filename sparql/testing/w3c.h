// The W3C's SPARQL test suites on disk (https://w3c.github.io/rdf-tests/sparql/), for tests.
//
//   std::string why_not;
//   auto suite = W3cSuite::Open("sparql11/add", &why_not);
//   if (!suite) GTEST_SKIP() << why_not;
//   for (const W3cTest& test : suite->tests()) ... suite->Load(*suite->Object(test.action,
//   "request")) ...
#ifndef QUADRAFT_SPARQL_TESTING_W3C_H_
#define QUADRAFT_SPARQL_TESTING_W3C_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/rdf/term.h"

namespace quadraft::sparql {

struct W3cTest {
  std::string name;          // The IRI's last part.
  std::string kind;          // "PositiveSyntaxTest11", "UpdateEvaluationTest", ...
  rdf::Term action, result;  // A file, or a node that describes more; kDefaultGraph when absent.
};

class W3cSuite {
 public:
  // `folder` below the folder of the SPARQL suites. None, with the reason, when the suites are not
  // on this machine.
  static std::optional<W3cSuite> Open(const std::string& folder, std::string* why_not);

  const std::vector<W3cTest>& tests() const { return tests_; }  // In order of the manifest's list.
  // The objects of the triples about `node` whose predicate ends with '#' or '/' and `local_name`.
  std::vector<rdf::Term> Objects(const rdf::Term& node, std::string_view local_name) const;
  std::optional<rdf::Term> Object(const rdf::Term& node, std::string_view local_name) const;

  StatusOr<std::string> Load(const rdf::Term& file) const;  // The bytes of a file of the suite.
  // The quads of a Turtle, TriG, N-Triples or N-Quads file, those without a graph in `graph`.
  StatusOr<std::vector<rdf::Quad>> LoadQuads(const rdf::Term& file, const rdf::Term& graph) const;

 private:
  Status ReadManifest();
  std::string folder_;  // On disk, with its '/'.
  std::string base_;    // The same as an IRI.
  std::map<rdf::Term, std::vector<std::pair<std::string, rdf::Term>>> triples_;
  std::vector<W3cTest> tests_;
};

StatusOr<std::string> ReadFile(const std::string& path);
StatusOr<std::vector<rdf::Quad>> ParseRdf(std::string_view text, std::string_view file_name,
                                          const std::string& base, const rdf::Term& graph,
                                          const std::string& blank_prefix);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_TESTING_W3C_H_
