// How fast the readers read, in statements per second, on made-up data of the usual shape (IRIs of
// 40 to 60 bytes, one object in three a literal). The handler moves nothing out. Run: bazel run
// --config=opt //core/rdf:reader_benchmark
#include <algorithm>

#include "benchmark/benchmark.h"
#include "core/rdf/syntax.h"

namespace quadraft::rdf {
namespace {

constexpr int kStatements = 100'000;
constexpr size_t kPieceBytes = 256u << 10;

std::string MakeObject(int i) {
  switch (i % 6) {
    case 0:
      return StrCat("\"a literal of some words, number ", i, "\"@en");
    case 1:
      return StrCat("\"", i, "\"^^<http://www.w3.org/2001/XMLSchema#integer>");
    case 2:
      return "_:b" + StrCat(i / 7);
    default:
      return StrCat("<http://example.org/department/", i % 97, "/person/", i / 5, ">");
  }
}

std::string MakeLines(bool graphs) {
  std::string out;
  for (int i = 0; i < kStatements; ++i) {
    StrAppend(&out, "<http://example.org/department/", i % 97, "/person/", i / 5,
              "> <http://example.org/ontology#property", i % 17, "> ", MakeObject(i));
    if (graphs) StrAppend(&out, " <http://example.org/graph/", i / 1000, ">");
    out.append(" .\n");
  }
  return out;
}

std::string MakeTurtle() {
  std::string out =
      "@prefix o: <http://example.org/ontology#> .\n@prefix p: <http://example.org/person/> .\n";
  for (int i = 0; i < kStatements; i += 5) {
    StrAppend(&out, "p:n", i / 5, " a o:Person ;\n  o:name \"a literal of some words, number ", i,
              "\"@en ;\n  o:age ", i % 90, " ;\n  o:knows p:n", i / 7,
              ", <http://example.org/person/n", i / 9, "> .\n");
  }
  return out;
}

void Read(benchmark::State& state, Syntax syntax, const std::string& text) {
  uint64_t quads = 0;
  for (auto unused : state) {
    auto reader = NewReader(syntax, {});
    reader->OnQuad([&](Quad&& quad) {
      benchmark::DoNotOptimize(quad.object.value.data());
      ++quads;
      return OkStatus();
    });
    Status status;
    for (size_t at = 0; at < text.size() && status.ok(); at += kPieceBytes) {
      status = reader->Feed(std::string_view(text).substr(at, kPieceBytes));
    }
    if (status.ok()) status = reader->Finish();
    if (!status.ok()) state.SkipWithError(ToString(status).c_str());
  }
  if (quads != static_cast<uint64_t>(kStatements) * state.iterations()) {
    state.SkipWithError("not all statements were read");
  }
  state.SetItemsProcessed(static_cast<int64_t>(quads));
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
}

void BM_NTriples(benchmark::State& state) { Read(state, Syntax::kNTriples, MakeLines(false)); }
void BM_NQuads(benchmark::State& state) { Read(state, Syntax::kNQuads, MakeLines(true)); }
void BM_Turtle(benchmark::State& state) { Read(state, Syntax::kTurtle, MakeTurtle()); }
void BM_NTriplesAsTurtle(benchmark::State& state) {
  Read(state, Syntax::kTurtle, MakeLines(false));
}

void BM_WriteNQuads(benchmark::State& state) {
  const Quad quad = {Term::Iri("http://example.org/department/17/person/4711"),
                     Term::Iri("http://example.org/ontology#property"),
                     Term::Literal("a literal of some words", {}, "en"),
                     Term::Iri("http://example.org/graph/1")};
  std::string out;
  for (auto unused : state) {
    out.clear();
    for (int i = 0; i < 1000; ++i) AppendNQuad(&out, quad);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(1000 * state.iterations());
}

BENCHMARK(BM_NTriples)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_NQuads)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Turtle)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_NTriplesAsTurtle)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_WriteNQuads);

}  // namespace
}  // namespace quadraft::rdf
