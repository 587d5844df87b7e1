#include "sparql/testing/w3c.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/base/check.h"
#include "core/rdf/syntax.h"

namespace quadraft::sparql {
namespace {

constexpr std::string_view kSuiteBase = "https://w3c.github.io/rdf-tests/sparql/";

std::string_view LocalName(std::string_view iri) {
  const size_t cut = iri.find_last_of("#/");
  return cut == std::string_view::npos ? iri : iri.substr(cut + 1);
}

}  // namespace

StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound("cannot read ", path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

StatusOr<std::vector<rdf::Quad>> ParseRdf(std::string_view text, std::string_view file_name,
                                          const std::string& base, const rdf::Term& graph,
                                          const std::string& blank_prefix) {
  const auto syntax = rdf::SyntaxByExtension(file_name);
  if (!syntax.has_value()) return Unimplemented("no reader for ", file_name);
  rdf::ReaderOptions options;
  options.base = base;
  options.graph = graph;
  options.blank_prefix = blank_prefix;
  const auto reader = rdf::NewReader(*syntax, options);
  std::vector<rdf::Quad> quads;
  reader->OnQuad([&quads](rdf::Quad&& quad) {
    quads.push_back(std::move(quad));
    return OkStatus();
  });
  QR_RETURN_IF_ERROR(reader->Feed(text));
  QR_RETURN_IF_ERROR(reader->Finish());
  return quads;
}

std::optional<W3cSuite> W3cSuite::Open(const std::string& folder, std::string* why_not) {
  const char* const shared = std::getenv("QUADRAFT_SHARED");
  if (shared == nullptr) {
    *why_not = "skipped: QUADRAFT_SHARED names no folder with the W3C tests";
    return std::nullopt;
  }
  W3cSuite suite;
  suite.folder_ = StrCat(shared, "/data/rdf-tests/sparql/", folder, "/");
  suite.base_ = StrCat(kSuiteBase, folder, "/");
  if (!std::ifstream(suite.folder_ + "manifest.ttl")) {
    *why_not = StrCat("skipped: the W3C tests are not at ", suite.folder_);
    return std::nullopt;
  }
  const Status status = suite.ReadManifest();
  QR_CHECK(status.ok()) << suite.folder_ << "manifest.ttl: " << ToString(status);
  return suite;
}

Status W3cSuite::ReadManifest() {
  QR_ASSIGN_OR_RETURN(const std::string text, ReadFile(folder_ + "manifest.ttl"));
  const std::string base = base_ + "manifest.ttl";
  QR_ASSIGN_OR_RETURN(const auto quads, ParseRdf(text, base, base, rdf::Term::DefaultGraph(), "m"));
  for (const rdf::Quad& quad : quads) {
    triples_[quad.subject].emplace_back(quad.predicate.value, quad.object);
  }
  std::optional<rdf::Term> cell;
  for (const rdf::Quad& quad : quads) {
    if (LocalName(quad.predicate.value) == "entries") cell = quad.object;
  }
  if (!cell.has_value()) return NotFound("no mf:entries");
  for (; cell->is_blank(); cell = Object(*cell, "rest")) {
    const rdf::Term node = *Object(*cell, "first");
    W3cTest& test = tests_.emplace_back();
    test.name = LocalName(node.value);
    test.kind = LocalName(Object(node, "type").value_or(rdf::Term()).value);
    test.action = Object(node, "action").value_or(rdf::Term());
    test.result = Object(node, "result").value_or(rdf::Term());
  }
  return OkStatus();
}

std::vector<rdf::Term> W3cSuite::Objects(const rdf::Term& node, std::string_view local_name) const {
  std::vector<rdf::Term> objects;
  const auto it = triples_.find(node);
  if (it == triples_.end()) return objects;
  for (const auto& [predicate, object] : it->second) {
    if (LocalName(predicate) == local_name) objects.push_back(object);
  }
  return objects;
}

std::optional<rdf::Term> W3cSuite::Object(const rdf::Term& node,
                                          std::string_view local_name) const {
  std::vector<rdf::Term> objects = Objects(node, local_name);
  if (objects.empty()) return std::nullopt;
  return std::move(objects[0]);
}

StatusOr<std::string> W3cSuite::Load(const rdf::Term& file) const {
  if (!file.is_iri() || !std::string_view(file.value).starts_with(base_)) {
    return NotFound("not a file of the suite: ", file.value);
  }
  return ReadFile(folder_ + file.value.substr(base_.size()));
}

StatusOr<std::vector<rdf::Quad>> W3cSuite::LoadQuads(const rdf::Term& file,
                                                     const rdf::Term& graph) const {
  QR_ASSIGN_OR_RETURN(const std::string text, Load(file));
  return ParseRdf(text, file.value, file.value, graph, "");
}

}  // namespace quadraft::sparql
