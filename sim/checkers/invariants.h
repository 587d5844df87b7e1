// The index of everything that a run must hold: what is promised, when it is looked at, and by
// whom. The text of a violation names its row: "raft: log matching: node 2 holds another entry
// ...".
//
//   const InvariantRow* broken = FindInvariant(report.violation);      // Null: none named.
#ifndef QUADRAFT_SIM_CHECKERS_INVARIANTS_H_
#define QUADRAFT_SIM_CHECKERS_INVARIANTS_H_

#include <string_view>
#include <vector>

namespace quadraft::sim {

struct InvariantRow {
  std::string_view name;
  std::string_view what;
  std::string_view when;   // "every event", "every answer", "at the end", ...
  std::string_view where;  // The file that looks.
};
const std::vector<InvariantRow>& InvariantTable();

// The row that the text of a violation names first.
const InvariantRow* FindInvariant(std::string_view violation);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CHECKERS_INVARIANTS_H_
