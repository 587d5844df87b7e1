// The faults that real processes suffer, one row each. All of them are undone by Cluster::Heal.
#ifndef QUADRAFT_JEPSEN_REAL_NEMESIS_H_
#define QUADRAFT_JEPSEN_REAL_NEMESIS_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/env/random.h"
#include "jepsen/real/cluster.h"

namespace quadraft::jepsen {

struct NemesisRow {
  std::string_view name;
  std::string_view what;
  void (*inject)(Cluster& cluster, Random& random);
};

// In order of name.
const std::vector<NemesisRow>& NemesisTable();

// "kill-leader,pause-one" or "all"; InvalidArgument lists the names.
StatusOr<std::vector<const NemesisRow*>> ParseNemeses(std::string_view names);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_NEMESIS_H_
