#include "sim/explore/scenario.h"

namespace quadraft::sim {

const std::vector<ScenarioRow>& ScenarioTable() {
  static const auto& table = *new std::vector<ScenarioRow>{
      {"log", "Raft, replica host and write-ahead log under a list in memory: quick", 5, 30,
       LogSettings, MakeLogScenario},
      {"register", "whole nodes; quad registers and sets over HTTP and SPARQL", 4, 12,
       RegisterSettings, MakeRegisterScenario},
  };
  return table;
}

const ScenarioRow* FindScenario(std::string_view name) {
  for (const ScenarioRow& row : ScenarioTable()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace quadraft::sim
