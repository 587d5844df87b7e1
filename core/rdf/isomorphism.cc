#include "core/rdf/isomorphism.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace quadraft::rdf {
namespace {

// A quad's part: a blank node's number, or the fingerprint of anything else.
struct Part {
  bool blank = false;
  size_t node = 0;
  Hash128 ground;
  friend auto operator<=>(const Part&, const Part&) = default;
};
using Row = std::array<Part, 4>;
using Colours = std::vector<uint64_t>;  // By node.

struct Graph {
  std::set<Row> ground;  // Rows without blank nodes.
  std::set<Row> rows;    // The others.
  size_t nodes = 0;
};

Graph Build(const std::vector<Quad>& quads) {
  Graph graph;
  std::map<std::string, size_t> numbers;
  for (const Quad& quad : quads) {
    Row row;
    bool any_blank = false;
    const Term* terms[] = {&quad.subject, &quad.predicate, &quad.object, &quad.graph};
    for (size_t i = 0; i < row.size(); ++i) {
      if (terms[i]->is_blank()) {
        row[i].blank = any_blank = true;
        row[i].node = numbers.emplace(terms[i]->value, numbers.size()).first->second;
      } else {
        row[i].ground = TermFingerprint(*terms[i]);
      }
    }
    (any_blank ? graph.rows : graph.ground).insert(row);
  }
  graph.nodes = numbers.size();
  return graph;
}

size_t CountDistinct(Colours colours) {
  std::sort(colours.begin(), colours.end());
  return static_cast<size_t>(std::unique(colours.begin(), colours.end()) - colours.begin());
}

// Refines until no class of equal colours is split any further.
void Refine(const Graph& graph, Colours* colours) {
  size_t distinct = CountDistinct(*colours);
  while (true) {
    Colours next(graph.nodes);
    for (size_t i = 0; i < graph.nodes; ++i) next[i] = (*colours)[i] * 0x9e3779b97f4a7c15u;
    for (const Row& row : graph.rows) {
      for (size_t self = 0; self < row.size(); ++self) {
        if (!row[self].blank) continue;
        RunHash hash;
        hash.Fold(self);
        for (const Part& part : row) {
          hash.Fold(part.blank ? (part.node == row[self].node ? 1 : (*colours)[part.node])
                               : part.ground.high ^ part.ground.low);
        }
        next[row[self].node] += hash.value().high;  // A sum: the order of rows does not matter.
      }
    }
    *colours = std::move(next);
    const size_t now = CountDistinct(*colours);
    if (now == distinct) return;
    distinct = now;
  }
}

bool Maps(const Graph& a, const Graph& b, const Colours& colours_a, const Colours& colours_b) {
  std::map<uint64_t, size_t> node_of;
  for (size_t i = 0; i < b.nodes; ++i) node_of[colours_b[i]] = i;
  return std::all_of(a.rows.begin(), a.rows.end(), [&](Row row) {
    for (Part& part : row) {
      if (part.blank) part.node = node_of[colours_a[part.node]];
    }
    return b.rows.contains(row);
  });
}

bool Match(const Graph& a, const Graph& b, Colours colours_a, Colours colours_b) {
  Refine(a, &colours_a);
  Refine(b, &colours_b);
  std::map<uint64_t, std::array<size_t, 2>> sizes;  // Of each class in a and b.
  for (uint64_t colour : colours_a) ++sizes[colour][0];
  for (uint64_t colour : colours_b) ++sizes[colour][1];
  uint64_t smallest = 0;
  size_t smallest_size = 0;
  for (const auto& [colour, count] : sizes) {
    if (count[0] != count[1]) return false;
    if (count[0] > 1 && (smallest_size == 0 || count[0] < smallest_size)) {
      smallest = colour;
      smallest_size = count[0];
    }
  }
  if (smallest_size == 0) return Maps(a, b, colours_a, colours_b);
  const auto first = std::find(colours_a.begin(), colours_a.end(), smallest);
  *first = ~smallest;
  for (uint64_t& colour : colours_b) {
    if (colour != smallest) continue;
    colour = ~smallest;
    if (Match(a, b, colours_a, colours_b)) return true;
    colour = smallest;
  }
  return false;
}

}  // namespace

bool Isomorphic(std::vector<Quad> quads_a, std::vector<Quad> quads_b) {
  const Graph a = Build(quads_a);
  const Graph b = Build(quads_b);
  if (a.ground != b.ground || a.nodes != b.nodes || a.rows.size() != b.rows.size()) return false;
  return Match(a, b, Colours(a.nodes, 1), Colours(b.nodes, 1));
}

}  // namespace quadraft::rdf
