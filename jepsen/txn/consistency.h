// Which levels of isolation forbid which anomalies: two tables, by the names that Elle gives
// (elle.consistency-model), which are Adya's where he has one.
//
// Anomalies imply weaker anomalies (a G0 is a G1c), levels imply weaker levels (serializable is
// snapshot-isolation). An anomaly rules a level out when it implies one that the level, or a weaker
// one, forbids.
//
//   Boundary b = BoundaryOf({"G-single-item"});
//   b.not_models;       // {"consistent-view", "repeatable-read"}: the weakest that fall
//   b.also_not;         // {"forward-consistent-view", "serializable", ...}: with them
//   AnomaliesProhibitedBy({"read-committed"});    // {"G0", "G1", "G1a", "G1b", "G1c", ...}
#ifndef QUADRAFT_JEPSEN_TXN_CONSISTENCY_H_
#define QUADRAFT_JEPSEN_TXN_CONSISTENCY_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace quadraft::jepsen {

struct Boundary {
  std::vector<std::string> not_models;  // By their friendly names, sorted.
  std::vector<std::string> also_not;
};

// Whether Elle knows a level of that name ("serializable", "PL-3", ...).
bool IsConsistencyModel(std::string_view model);
bool IsAnomaly(std::string_view anomaly);
// All names, for help.
std::vector<std::string> ConsistencyModels();

// Needs: IsConsistencyModel of each.
std::set<std::string> AnomaliesProhibitedBy(const std::vector<std::string>& models);
// These and all that would imply one of them.
std::set<std::string> AnomaliesImplying(const std::vector<std::string>& anomalies);
std::set<std::string> AnomaliesImpliedBy(const std::vector<std::string>& anomalies);
Boundary BoundaryOf(const std::vector<std::string>& anomalies);
// Whether `model`, or one that it implies, is the level `weaker`.
bool Implies(std::string_view model, std::string_view weaker);
// Whether such an anomaly is worse than that one: G0 before G1c before G-single before ... before
// those with process, before those with real time.
bool IsWorse(std::string_view a, std::string_view b);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_CONSISTENCY_H_
