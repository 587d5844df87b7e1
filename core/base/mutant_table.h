// What the simulator knows of each planted bug beside its row (core/base/mutant.h).
#ifndef QUADRAFT_CORE_BASE_MUTANT_TABLE_H_
#define QUADRAFT_CORE_BASE_MUTANT_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

namespace quadraft {

// Where the bug is hunted. The name must be in the table.
std::string_view ScenarioOfMutant(std::string_view name);
// The kinds of faults that its hunt uses; none: what each seed draws. For a schedule that the mixes of
// all kinds hold too rarely.
std::vector<std::string> FaultsOfMutant(std::string_view name);

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_MUTANT_TABLE_H_
