// Helpers of the tests of core/rdf: text in, quads and the final status out.
#ifndef QUADRAFT_CORE_RDF_TESTING_H_
#define QUADRAFT_CORE_RDF_TESTING_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/rdf/syntax.h"

namespace quadraft::rdf {

struct Parsed {
  Status status;
  std::vector<Quad> quads;  // Handed out before the error, when there was one.
};

// Reads `text`, fed in pieces of `piece` bytes.
inline Parsed Parse(std::string_view text, Syntax syntax, const ReaderOptions& options,
                    size_t piece = 1u << 20) {
  Parsed parsed;
  auto reader = NewReader(syntax, options);
  reader->OnQuad([&](Quad&& quad) {
    parsed.quads.push_back(std::move(quad));
    return OkStatus();
  });
  while (parsed.status.ok() && !text.empty()) {
    parsed.status = reader->Feed(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  if (parsed.status.ok()) parsed.status = reader->Finish();
  return parsed;
}

inline std::string Write(const std::vector<Quad>& quads) {
  std::string text;
  for (const Quad& quad : quads) AppendNQuad(&text, quad);
  return text;
}

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_TESTING_H_
