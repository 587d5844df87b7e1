#include "sim/workloads/operation.h"

#include <utility>

#include "core/base/strings.h"

namespace quadraft::sim {

OperationTape::OperationTape(uint64_t seed, std::vector<Operation> list)
    : seed_(seed), listed_(true) {
  for (Operation& operation : list) list_[operation.client].push_back(std::move(operation));
}

Operation OperationTape::Drawn(int client, const char* stream, Duration now, Draw draw) {
  const std::string name = StrCat(stream, client);
  auto found = streams_.find(name);
  if (found == streams_.end()) found = streams_.emplace(name, Random(seed_, name)).first;
  Operation operation{.client = client, .seed = found->second.Next()};
  Random random(operation.seed, "operation");
  operation.at = now + draw(random, &operation);
  return operation;
}

std::optional<Operation> OperationTape::Next(int client, Duration now, Draw draw) {
  if (released_) return Drawn(client, "sim/repair-operations/", now, draw);
  if (!listed_) {
    taken_.push_back(Drawn(client, "sim/operations/", now, draw));
    return taken_.back();
  }
  const auto& mine = list_[client];
  size_t& position = position_[client];
  if (position >= mine.size()) return std::nullopt;
  taken_.push_back(mine[position]);
  return mine[position++];
}

}  // namespace quadraft::sim
