// Machines whose state is which of finitely many members are there: sets of values, sets of quads.
//
// A step looks at some members (they must be there, or not) and puts in or takes out some.
#ifndef QUADRAFT_JEPSEN_LINEAR_MEMBER_MACHINE_H_
#define QUADRAFT_JEPSEN_LINEAR_MEMBER_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "jepsen/linear/model.h"

namespace quadraft::jepsen {

// Member numbers; each list sorted, without doubles.
struct MemberStep {
  std::vector<uint32_t> present;  // Must be there before: all of them, or any if `is_any`.
  std::vector<uint32_t> absent;   // Must not.
  std::vector<uint32_t> removed;
  std::vector<uint32_t> added;  // After the removal.
  bool is_any = false;
};

// Sorts and makes unique.
void Normalize(std::vector<uint32_t>* members);

// `names` are the members' texts; at the start none is there.
std::unique_ptr<Machine> MakeMemberMachine(std::vector<std::string> names,
                                           std::vector<MemberStep> steps);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_MEMBER_MACHINE_H_
