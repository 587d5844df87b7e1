// Planted bugs, to prove that the simulator finds them. QR_MUTANT("name") is a plain `false` in production builds; libraries
// built by cc_library_with_mutants (third_party/mutants.bzl) have a `_mutants` twin, linked by the simulator only, in
// which it asks whether the run switched that bug on.
//
//   if (!QR_MUTANT("ack-before-sync")) ... wait for the sync ...
#ifndef QUADRAFT_CORE_BASE_MUTANT_H_
#define QUADRAFT_CORE_BASE_MUTANT_H_

#include <string>
#include <string_view>
#include <vector>

namespace quadraft {

struct MutantRow {
  std::string_view name;
  std::string_view what;  // The bug, and the real one that it copies.
};
// Every planted bug there is, in order of name (core/base/mutant.cc).
const std::vector<MutantRow>& MutantTable();

bool MutantActive(std::string_view name);          // Simulator only.
void SetActiveMutants(std::vector<std::string> names);  // Simulator only, before a run.

}  // namespace quadraft

#ifdef QUADRAFT_MUTANTS
#define QR_MUTANT(name) ::quadraft::MutantActive(name)
#else
#define QR_MUTANT(name) false
#endif

#endif  // QUADRAFT_CORE_BASE_MUTANT_H_
