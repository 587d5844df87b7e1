// Counts the quads of RDF files with QuadRaft's readers: all statements, and the distinct ones. Blank nodes of different files
// are different. Prints "quads N" and "distinct N"; exit 1 when a file cannot be read.
//   bazel run //tools/compare:count_quads -- FILE...
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "core/rdf/syntax.h"

namespace quadraft {
namespace {

constexpr size_t kPieceBytes = 256u << 10;

struct Counts {
  uint64_t quads = 0;
  std::set<Hash128> distinct;  // Fingerprints.
};

Status CountFile(const std::string& file, const std::string& blank_prefix, Counts* counts) {
  const auto syntax = rdf::SyntaxByExtension(file);
  if (!syntax) return InvalidArgument("the ending says no syntax; known are .nt .nq .ttl .trig");
  std::ifstream in(file, std::ios::binary);
  if (!in) return NotFound("cannot be opened");
  auto reader = rdf::NewReader(*syntax, {.base = "file://" + file, .blank_prefix = blank_prefix});
  reader->OnQuad([&](rdf::Quad&& quad) {
    ++counts->quads;
    counts->distinct.insert(rdf::QuadFingerprint(quad));
    return OkStatus();
  });
  std::vector<char> piece(kPieceBytes);
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    QR_RETURN_IF_ERROR(reader->Feed({piece.data(), static_cast<size_t>(in.gcount())}));
  }
  return reader->Finish();
}

int Main(int argc, char** argv) {
  Counts counts;
  for (int i = 1; i < argc; ++i) {
    const Status status = CountFile(argv[i], StrCat("f", i, "."), &counts);
    if (!status.ok()) {
      std::cerr << argv[i] << ": " << ToString(status) << "\n";
      return 1;
    }
  }
  std::cout << "quads " << counts.quads << "\ndistinct " << counts.distinct.size() << "\n";
  return 0;
}

}  // namespace
}  // namespace quadraft

int main(int argc, char** argv) { return quadraft::Main(argc, argv); }
