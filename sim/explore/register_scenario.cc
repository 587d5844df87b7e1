#include "sim/explore/cluster_scenario.h"
#include "sim/workloads/register_workload.h"

namespace quadraft::sim {
namespace {

class RegisterScenario : public ClusterScenario {
 public:
  RegisterScenario(World* world, Checkers* checkers, int nodes)
      : ClusterScenario(world, checkers, nodes) {
    RegisterOptions options = RegisterOptions::Draw(random());
    options.clients.first_id = next_client_id();
    Add(std::make_unique<RegisterWorkload>(world, Addresses(), options), options.clients.clients);
  }
};

}  // namespace

std::unique_ptr<Scenario> MakeRegisterScenario(World* world, Checkers* checkers, int nodes) {
  return std::make_unique<RegisterScenario>(world, checkers, nodes);
}

}  // namespace quadraft::sim
