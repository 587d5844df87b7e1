// Whether two datasets are the same but for the names of their blank nodes (RDF 1.1 Concepts,
// section 3.6; Datasets, section 2.1). For tests and comparisons: the worst case is exponential,
// real data is not.
//
//   EXPECT_TRUE(Isomorphic(parsed, expected));   // Duplicates do not count.
//
// Colour refinement gives each blank node a hash of its surroundings; where equal ones remain, one
// of them is singled out and paired with each of its likes in turn.
#ifndef QUADRAFT_CORE_RDF_ISOMORPHISM_H_
#define QUADRAFT_CORE_RDF_ISOMORPHISM_H_

#include <vector>

#include "core/rdf/term.h"

namespace quadraft::rdf {

bool Isomorphic(std::vector<Quad> a, std::vector<Quad> b);

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_ISOMORPHISM_H_
