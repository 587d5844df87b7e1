#include "sparql/testing/w3c_data.h"

#include <algorithm>
#include <set>

namespace quadraft::sparql {
namespace {

// Turtle and its kin, and the suites' RDF/XML.
StatusOr<std::vector<rdf::Quad>> Read(const W3cSuite& suite, const rdf::Term& file,
                                      const rdf::Term& graph, const std::string& blank_prefix) {
  QR_ASSIGN_OR_RETURN(const std::string text, suite.Load(file));
  if (file.value.ends_with(".rdf")) return ReadSimpleRdfXml(text, file.value, graph, blank_prefix);
  return ParseRdf(text, file.value, file.value, graph, blank_prefix);
}

bool IsOrdered(const Pattern* pattern) {
  while (pattern != nullptr) {
    if (pattern->kind == PatternKind::kOrderBy) return true;
    const bool wrapper =
        pattern->kind == PatternKind::kProject || pattern->kind == PatternKind::kSlice ||
        pattern->kind == PatternKind::kDistinct || pattern->kind == PatternKind::kReduced;
    pattern = wrapper ? pattern->children[0].get() : nullptr;
  }
  return false;
}

}  // namespace

const std::vector<W3cUpdateSuite>& W3cUpdateSuites() {
  static const auto& suites = *new std::vector<W3cUpdateSuite>{
      {"sparql11/add", 8},           {"sparql11/basic-update", 13}, {"sparql11/clear", 4},
      {"sparql11/copy", 6},          {"sparql11/delete", 19},       {"sparql11/delete-data", 6},
      {"sparql11/delete-insert", 9}, {"sparql11/delete-where", 6},  {"sparql11/drop", 4},
      {"sparql11/move", 6},          {"sparql11/update-silent", 13}};
  return suites;
}

StatusOr<std::vector<rdf::Quad>> LoadQueryData(const W3cSuite& suite, const W3cTest& test,
                                               const Dataset& dataset) {
  std::vector<rdf::Quad> all;
  const auto add = [&](const rdf::Term& file, const rdf::Term& graph) -> Status {
    // Blank nodes of two documents are never the same.
    QR_ASSIGN_OR_RETURN(const auto quads, Read(suite, file, graph, StrCat("d", all.size())));
    all.insert(all.end(), quads.begin(), quads.end());
    return OkStatus();
  };
  for (const rdf::Term& file : suite.Objects(test.action, "data")) {
    QR_RETURN_IF_ERROR(add(file, rdf::Term::DefaultGraph()));
  }
  for (const rdf::Term& graph : suite.Objects(test.action, "graphData")) {
    const auto file = suite.Object(graph, "graph");
    const auto label = suite.Object(graph, "label");
    if (file && label) {
      QR_RETURN_IF_ERROR(add(*file, rdf::Term::Iri(label->value)));
    } else {
      QR_RETURN_IF_ERROR(add(graph, graph));
    }
  }
  std::set<rdf::Term> loaded;
  for (const auto* graphs : {&dataset.default_graphs, &dataset.named_graphs}) {
    for (const rdf::Term& graph : *graphs) {
      if (loaded.insert(graph).second) QR_RETURN_IF_ERROR(add(graph, graph));
    }
  }
  return all;
}

StatusOr<ResultSet> LoadExpectedRows(const W3cSuite& suite, const W3cTest& test) {
  const std::string& name = test.result.value;
  if (name.ends_with(".srx") || name.ends_with(".srj")) {
    QR_ASSIGN_OR_RETURN(const std::string bytes, suite.Load(test.result));
    return name.ends_with(".srx") ? ReadResultXml(bytes) : ReadResultJson(bytes);
  }
  QR_ASSIGN_OR_RETURN(const auto quads, Read(suite, test.result, rdf::Term::DefaultGraph(), "r"));
  return ReadResultRdf(quads);
}

bool ExpectsOrder(const Query& query, const W3cTest& test, const ResultSet& expected) {
  return IsOrdered(query.pattern.get()) &&
         (expected.indexed || test.result.value.ends_with(".srx"));
}

bool IsLax(const W3cTest& test) {
  return std::string_view(test.action.value).find("reduced") != std::string_view::npos ||
         test.name.starts_with("reduced");
}

std::string LaxDifference(ResultSet expected, ResultSet actual) {
  if (actual.rows.size() > expected.rows.size())
    return StrCat("too many rows: ", actual.rows.size());
  for (ResultSet* set : {&expected, &actual}) {
    std::sort(set->rows.begin(), set->rows.end());
    set->rows.erase(std::unique(set->rows.begin(), set->rows.end()), set->rows.end());
  }
  return Difference(expected, actual, false);
}

StatusOr<std::vector<rdf::Quad>> LoadUpdateData(const W3cSuite& suite, const rdf::Term& node) {
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

}  // namespace quadraft::sparql
