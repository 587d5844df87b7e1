// Points that only the simulator knows, compiled like planted bugs (core/base/mutant.h): plain
// constants in production, alive in the `_mutants` twins.
//
// SIM_MAYBE is true at random, to make legal but rare paths common (FoundationDB's BUGGIFY): a run
// switches each point on with kSimPointOnPercent and then lets it fire with kSimPointFirePercent,
// drawn from its seed by the hook that it sets. SIM_SOMETIMES counts that a rare state was reached:
// it says what the runs cover, and steers the search for more.
//
//   const size_t entries_max = SIM_MAYBE("short-append-batch") ? 1 : options_.append_entries_max;
//   SIM_SOMETIMES(ours != theirs, "conflict-truncated");
//
// Names are rows of the tables in sim_points.cc; tools/lint compares them with the code. Not in
// headers: libraries without a twin include those, too.
#ifndef QUADRAFT_CORE_BASE_SIM_POINTS_H_
#define QUADRAFT_CORE_BASE_SIM_POINTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quadraft {

inline constexpr int kSimPointOnPercent = 25;
inline constexpr int kSimPointFirePercent = 25;

// All points there are, by name.
const std::vector<std::string_view>& SimMaybeNames();
const std::vector<std::string_view>& SimSometimesNames();

// ---- Simulator only.
// True with `percent` in a hundred. Asked once per point and run (is it on?), then at each passage
// of one that is on.
using SimChance = std::function<bool(std::string_view point, int percent)>;
// Before a run, and after it with nullptr (nothing fires then): all counts are zero again.
void ResetSimPoints(SimChance chance);
std::map<std::string, uint64_t> SimFirings();  // Of SIM_MAYBE, those above zero.
std::map<std::string, uint64_t> SimMarks();    // Of SIM_SOMETIMES, those above zero.

struct SimPoint {
  std::string_view name;
  uint64_t count = 0;
  bool asked = false, on = false;  // In this run.

  bool Fires();
};
// Ends the process when the tables do not have the name.
SimPoint& FindSimMaybe(std::string_view name);
SimPoint& FindSimSometimes(std::string_view name);

}  // namespace quadraft

#ifdef QUADRAFT_MUTANTS
#define SIM_MAYBE(name)                                                                  \
  ([]() -> bool {                                                                        \
    static ::quadraft::SimPoint* const quadraft_point = &::quadraft::FindSimMaybe(name); \
    return quadraft_point->Fires();                                                      \
  }())
#define SIM_SOMETIMES(condition, name)                                                         \
  do {                                                                                         \
    if (condition) {                                                                           \
      static ::quadraft::SimPoint* const quadraft_point = &::quadraft::FindSimSometimes(name); \
      ++quadraft_point->count;                                                                 \
    }                                                                                          \
  } while (false)
#else
#define SIM_MAYBE(name) false
#define SIM_SOMETIMES(condition, name) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif

#endif  // QUADRAFT_CORE_BASE_SIM_POINTS_H_
