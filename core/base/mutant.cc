#include "core/base/mutant.h"

#include <algorithm>

#include "core/base/check.h"

namespace quadraft {
namespace {

std::vector<std::string>& Active() {
  static auto& active = *new std::vector<std::string>;  // lint: allow determinism: set before a run, read in it
  return active;
}

}  // namespace

const std::vector<MutantRow>& MutantTable() {
  static const auto& table = *new std::vector<MutantRow>{
      {"ack-before-sync", "a replica acknowledges appended entries before its log is synced (etcd#14370)"},
      {"commit-old-term", "a leader commits an entry of an earlier term by counting replicas (logcabin#44; Raft paper, figure 8)"},
  };
  return table;
}

bool MutantActive(std::string_view name) {
  const auto& active = Active();
  return std::find(active.begin(), active.end(), name) != active.end();
}

void SetActiveMutants(std::vector<std::string> names) {
  for (const std::string& name : names) {
    const auto& table = MutantTable();
    QR_CHECK(std::any_of(table.begin(), table.end(), [&](const MutantRow& row) { return row.name == name; }))
        << "no mutant " << name;
  }
  Active() = std::move(names);
}

}  // namespace quadraft
