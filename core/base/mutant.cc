// lint: allow determinism: the switches, set before a run and read in it; twins only
#include "core/base/mutant.h"

#include <algorithm>

#include "core/base/check.h"

namespace quadraft {
namespace {

std::vector<std::string>& Active() {
  static auto& active = *new std::vector<std::string>;
  return active;
}

}  // namespace

bool MutantActive(std::string_view name) {
  const auto& active = Active();
  return std::find(active.begin(), active.end(), name) != active.end();
}

void SetActiveMutants(std::vector<std::string> names) {
  for (const std::string& name : names) {
    const auto& table = MutantTable();
    QR_CHECK(std::any_of(table.begin(), table.end(),
                         [&](const MutantRow& row) { return row.name == name; }))
        << "no mutant " << name;
  }
  Active() = std::move(names);
}

}  // namespace quadraft
