// Decides a polygraph: saturation until nothing new follows, then SAT.
//
// Saturation: a way of a choice that would close a cycle with what is certain is no way; the other
// becomes certain. What stays open goes to a SAT solver (CaDiCaL), one variable per choice, first
// without any clause: each model that it finds is a graph, and the cycles in it become clauses,
// until a model has none or no model is left. Deterministic.
#ifndef QUADRAFT_JEPSEN_TXN_SATURATE_H_
#define QUADRAFT_JEPSEN_TXN_SATURATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "jepsen/txn/polygraph.h"

namespace quadraft::jepsen {

enum class Decision : uint8_t { kPossible, kImpossible, kUnknown };

struct Decided {
  Decision decision = Decision::kUnknown;
  // kImpossible: a cycle. After saturation it is certain; after SAT it is only one of `refuted`.
  std::vector<PolyArc> cycle;
  size_t open = 0;     // Choices that saturation left open.
  size_t refuted = 0;  // Cycles that the SAT solver was given.
  std::string why_unknown;
};

Decided Decide(const Polygraph& graph, uint64_t conflicts_max);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_SATURATE_H_
