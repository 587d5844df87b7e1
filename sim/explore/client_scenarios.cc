// The scenarios of whole nodes: each workload of clients alone, and a mix of them drawn from the
// seed. A workload here is its settings, and how its options are made of them.
#include <algorithm>
#include <bit>

#include "sim/explore/cluster_scenario.h"
#include "sim/workloads/append_workload.h"
#include "sim/workloads/bank_workload.h"
#include "sim/workloads/graphs_workload.h"
#include "sim/workloads/register_workload.h"
#include "sim/workloads/set_workload.h"
#include "sim/workloads/sparql_workload.h"

namespace quadraft::sim {
namespace {

// A draw between two constants.
template <int64_t kLow, int64_t kHigh>
int64_t Between(Random& random) {
  return random.Between(kLow, kHigh);
}

ClientOptions Clients(const Settings& settings, std::string_view clients, std::string_view think,
                      ClientOptions options) {
  options.clients = static_cast<int>(settings[clients]);
  options.think_max = milliseconds(settings[think]);
  return options;
}

int IntOf(const Settings& settings, std::string_view name) {
  return static_cast<int>(settings[name]);
}

const SettingTable& RegisterRows() {
  static const auto& rows = *new SettingTable{
      {"register.clients", "clients", 1, 100, 4, Between<2, 6>},
      {"register.keys", "registers", 1, 100, 3, Between<1, 4>},
      {"register.think-ms", "between two operations of a client, at most", 1, 10'000, 40,
       Between<5, 80>},
  };
  return rows;
}
RegisterOptions MakeRegister(const Settings& settings) {
  RegisterOptions options;
  options.clients = Clients(settings, "register.clients", "register.think-ms", options.clients);
  options.keys = IntOf(settings, "register.keys");
  options.bounded_reads = settings["raft.lease-reads"] != 0;
  return options;
}

const SettingTable& SparqlRows() {
  static const auto& rows = *new SettingTable{
      {"sparql.clients", "clients", 1, 100, 3, Between<2, 5>},
      {"sparql.think-ms", "between two operations of a client, at most", 1, 10'000, 60,
       Between<10, 120>},
      {"sparql.depth", "of groups within groups", 0, 4, 2, Between<1, 2>},
      {"sparql.updates-of-ten", "how many of ten operations are updates", 0, 10, 4, Between<2, 7>},
      {"sparql.quads-high", "above, the clients empty graphs", 1, 10'000, 60, Between<30, 80>},
  };
  return rows;
}
SparqlOptions MakeSparql(const Settings& settings) {
  SparqlOptions options;
  options.clients = Clients(settings, "sparql.clients", "sparql.think-ms", options.clients);
  options.depth = IntOf(settings, "sparql.depth");
  options.updates_of_ten = IntOf(settings, "sparql.updates-of-ten");
  options.quads_high = static_cast<size_t>(settings["sparql.quads-high"]);
  return options;
}

const SettingTable& BankRows() {
  static const auto& rows = *new SettingTable{
      {"bank.clients", "clients", 1, 100, 3, Between<2, 5>},
      {"bank.think-ms", "between two operations of a client, at most", 1, 10'000, 40,
       Between<5, 80>},
      {"bank.accounts", "accounts", 2, 1000, 5, Between<2, 8>},
      {"bank.graphs", "graphs that the balances lie in", 1, 100, 2, Between<1, 3>},
      {"bank.predicates", "predicates of balances", 1, 100, 2, Between<1, 3>},
      {"bank.opening", "what each account begins with", 1, 1'000'000, 20, Between<5, 40>},
  };
  return rows;
}
BankOptions MakeBank(const Settings& settings) {
  BankOptions options;
  options.clients = Clients(settings, "bank.clients", "bank.think-ms", options.clients);
  options.accounts = IntOf(settings, "bank.accounts");
  options.graphs = IntOf(settings, "bank.graphs");
  options.predicates = IntOf(settings, "bank.predicates");
  options.opening = settings["bank.opening"];
  return options;
}

const SettingTable& SetRows() {
  static const auto& rows = *new SettingTable{
      {"set.clients", "clients", 1, 100, 4, Between<2, 6>},
      {"set.think-ms", "between two operations of a client, at most", 1, 10'000, 50,
       Between<10, 100>},
      {"set.graphs", "graphs", 1, 100, 2, Between<1, 3>},
      {"set.batch-max", "elements of one insert, at most", 1, 100, 4, Between<1, 5>},
  };
  return rows;
}
SetOptions MakeSet(const Settings& settings) {
  SetOptions options;
  options.clients = Clients(settings, "set.clients", "set.think-ms", options.clients);
  options.graphs = IntOf(settings, "set.graphs");
  options.batch_max = IntOf(settings, "set.batch-max");
  return options;
}

const SettingTable& GraphsRows() {
  static const auto& rows = *new SettingTable{
      {"graphs.clients", "clients", 1, 20, 3, Between<2, 4>},
      {"graphs.think-ms", "between two operations of a client, at most", 1, 10'000, 60,
       Between<20, 120>},
      {"graphs.graphs", "graphs", 1, 9, 3, Between<2, 3>},
  };
  return rows;
}
GraphsOptions MakeGraphs(const Settings& settings) {
  GraphsOptions options;
  options.clients = Clients(settings, "graphs.clients", "graphs.think-ms", options.clients);
  options.graphs = IntOf(settings, "graphs.graphs");
  return options;
}

const SettingTable& AppendRows() {
  static const auto& rows = *new SettingTable{
      {"append.clients", "clients", 1, 100, 4, Between<2, 6>},
      {"append.think-ms", "between two operations of a client, at most", 1, 10'000, 40,
       Between<5, 80>},
      {"append.text", "1: a list is one literal; 0: it is items with indexes", 0, 1, 1,
       Between<0, 1>},
      {"append.keys", "lists in use at one time", 1, 100, 3, Between<1, 5>},
      {"append.length-max", "appends to a list", 1, 1000, 16, Between<4, 24>},
      {"append.operations-max", "of one transaction", 1, 20, 4, Between<1, 5>},
  };
  return rows;
}
AppendOptions MakeAppend(const Settings& settings) {
  AppendOptions options;
  options.clients = Clients(settings, "append.clients", "append.think-ms", options.clients);
  options.text = settings["append.text"] == 1;
  options.keys = IntOf(settings, "append.keys");
  options.length_max = IntOf(settings, "append.length-max");
  options.operations_max = IntOf(settings, "append.operations-max");
  return options;
}

template <typename T, auto kMake>
class OneWorkload : public ClusterScenario {
 public:
  explicit OneWorkload(const ScenarioContext& context) : ClusterScenario(context) {
    Add<T>(kMake(settings()));
  }
};

constexpr int kKinds = 6;

class Mixed : public ClusterScenario {
 public:
  explicit Mixed(const ScenarioContext& context) : ClusterScenario(context) {
    const int64_t kinds = settings()["mixed.kinds"];
    if ((kinds & 1) != 0) AddSlow<RegisterWorkload>(MakeRegister(settings()));
    if ((kinds & 2) != 0) {
      SparqlOptions options = MakeSparql(settings());
      options.isolated = true;
      AddSlow<SparqlWorkload>(options);
    }
    if ((kinds & 4) != 0) AddSlow<BankWorkload>(MakeBank(settings()));
    if ((kinds & 8) != 0) AddSlow<SetWorkload>(MakeSet(settings()));
    if ((kinds & 16) != 0) AddSlow<GraphsWorkload>(MakeGraphs(settings()));
    if ((kinds & 32) != 0) AddSlow<AppendWorkload>(MakeAppend(settings()));
  }

 private:
  // Fewer and slower clients of each than when it is alone.
  template <typename T, typename Options>
  void AddSlow(Options options) {
    options.clients.clients = std::min(options.clients.clients, 3);
    options.clients.think_max *= 2;
    options.clients.operations_full_speed /= 2;
    Add<T>(options);
  }
};

int64_t TwoOrThree(Random& random) {
  const int wanted = static_cast<int>(random.Between(2, 3));
  uint64_t kinds = 0;
  while (std::popcount(kinds) < wanted) kinds |= uint64_t{1} << random.Below(kKinds);
  return static_cast<int64_t>(kinds);
}

SettingTable MixedRows() {
  SettingTable rows = {{"mixed.kinds",
                        "a bit for each: register 1, sparql 2, bank 4, set 8, graphs 16, append 32",
                        1, (1 << kKinds) - 1, 1, TwoOrThree}};
  for (const auto* more :
       {&RegisterRows(), &SparqlRows(), &BankRows(), &SetRows(), &GraphsRows(), &AppendRows()}) {
    rows.insert(rows.end(), more->begin(), more->end());
  }
  return rows;
}

}  // namespace

const SettingTable& RegisterSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings(RegisterRows()));
  return table;
}
std::unique_ptr<Scenario> MakeRegisterScenario(const ScenarioContext& context) {
  return std::make_unique<OneWorkload<RegisterWorkload, MakeRegister>>(context);
}

const SettingTable& SparqlSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings(SparqlRows()));
  return table;
}
std::unique_ptr<Scenario> MakeSparqlScenario(const ScenarioContext& context) {
  return std::make_unique<OneWorkload<SparqlWorkload, MakeSparql>>(context);
}

const SettingTable& BankSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings(BankRows()));
  return table;
}
std::unique_ptr<Scenario> MakeBankScenario(const ScenarioContext& context) {
  return std::make_unique<OneWorkload<BankWorkload, MakeBank>>(context);
}

const SettingTable& SetSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings(SetRows()));
  return table;
}
std::unique_ptr<Scenario> MakeSetScenario(const ScenarioContext& context) {
  return std::make_unique<OneWorkload<SetWorkload, MakeSet>>(context);
}

const SettingTable& GraphsSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings(GraphsRows()));
  return table;
}
std::unique_ptr<Scenario> MakeGraphsScenario(const ScenarioContext& context) {
  return std::make_unique<OneWorkload<GraphsWorkload, MakeGraphs>>(context);
}

const SettingTable& AppendSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings(AppendRows()));
  return table;
}
std::unique_ptr<Scenario> MakeAppendScenario(const ScenarioContext& context) {
  return std::make_unique<OneWorkload<AppendWorkload, MakeAppend>>(context);
}

const SettingTable& MixedSettings() {
  static const auto& table = *new SettingTable(WithClusterSettings(MixedRows()));
  return table;
}
std::unique_ptr<Scenario> MakeMixedScenario(const ScenarioContext& context) {
  return std::make_unique<Mixed>(context);
}

}  // namespace quadraft::sim
