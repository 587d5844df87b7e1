#include "sim/explore/scenario.h"

namespace quadraft::sim {

const std::vector<ScenarioRow>& ScenarioTable() {
  static const auto& table = *new std::vector<ScenarioRow>{
      {"log", "Raft, replica host and write-ahead log under a list in memory: quick", 5, 30,
       LogSettings, MakeLogScenario},
      {"register", "whole nodes; quad registers and sets over HTTP and SPARQL", 4, 12,
       RegisterSettings, MakeRegisterScenario},
      {"sparql", "whole nodes; random queries and updates, each judged by an independent evaluator",
       3, 8, SparqlSettings, MakeSparqlScenario},
      {"bank", "whole nodes; transfers between accounts in several graphs: the sum stays", 4, 12,
       BankSettings, MakeBankScenario},
      {"set", "whole nodes; unique triples: none lost, none twice, every index counts the same", 4,
       12, SetSettings, MakeSetScenario},
      {"graphs", "whole nodes; CLEAR, DROP, COPY, MOVE and ADD against inserts, linearizable", 4,
       12, GraphsSettings, MakeGraphsScenario},
      {"append",
       "whole nodes; transactions that append to lists and read them, strictly serializable", 4, 12,
       AppendSettings, MakeAppendScenario},
      {"mixed", "whole nodes; two or three of these at once, drawn", 3, 8, MixedSettings,
       MakeMixedScenario},
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
