#include "sim/explore/cluster_scenario.h"
#include "sim/workloads/register_workload.h"

namespace quadraft::sim {
namespace {

class RegisterScenario : public ClusterScenario {
 public:
  explicit RegisterScenario(const ScenarioContext& context) : ClusterScenario(context) {
    RegisterOptions options;
    options.clients.first_id = next_client_id();
    options.clients.operations = operations();
    options.clients.clients = static_cast<int>(settings()["register.clients"]);
    options.clients.think_max = milliseconds(settings()["register.think-ms"]);
    options.keys = static_cast<int>(settings()["register.keys"]);
    Add(std::make_unique<RegisterWorkload>(world(), Addresses(), options), options.clients.clients);
  }
};

}  // namespace

const SettingTable& RegisterSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings({
      {"register.clients", "clients", 1, 100, 4,
       [](Random& random) { return random.Between(2, 6); }},
      {"register.keys", "registers", 1, 100, 3,
       [](Random& random) { return random.Between(1, 4); }},
      {"register.think-ms", "between two operations of a client, at most", 1, 10'000, 40,
       [](Random& random) { return random.Between(5, 80); }},
  }));
  return table;
}

std::unique_ptr<Scenario> MakeRegisterScenario(const ScenarioContext& context) {
  return std::make_unique<RegisterScenario>(context);
}

}  // namespace quadraft::sim
