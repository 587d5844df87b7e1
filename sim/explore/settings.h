// The numbers of a run, by name: topology, sizes, Raft's and the store's options, the workload's
// mix. Each is drawn from a stream of its own, is written on the run's tape, and can be set.
//
//   Settings settings = Settings::Draw(seed, FindScenario("log")->settings);
//   QR_RETURN_IF_ERROR(settings.Set("nodes", 5));
//   settings["log.segment-bytes"]
//
// A setting that a tape does not name has its plain value: old tapes outlive new settings.
#ifndef QUADRAFT_SIM_EXPLORE_SETTINGS_H_
#define QUADRAFT_SIM_EXPLORE_SETTINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/env/random.h"
#include "core/replica/options.h"

namespace quadraft::sim {

struct SettingRow {
  std::string_view name;
  std::string_view what;
  int64_t min, max;  // What a tape may say.
  int64_t plain;     // The simplest value.
  int64_t (*draw)(Random& random);
};
using SettingTable = std::vector<SettingRow>;

// "nodes", and the options of Raft, replica host and log: of every scenario with servers.
const SettingTable& ServerSettings();
SettingTable WithServerSettings(SettingTable more);

class Settings {
 public:
  // Every row at its plain value. `table` outlives this.
  explicit Settings(const SettingTable* table);
  static Settings Draw(uint64_t seed, const SettingTable* table);

  int64_t operator[](std::string_view name) const;  // Must exist.
  // InvalidArgument: no such setting here, or out of its bounds.
  Status Set(std::string_view name, int64_t value);
  const std::map<std::string, int64_t, std::less<>>& values() const { return values_; }
  const SettingTable& table() const { return *table_; }
  std::string Describe() const;  // "nodes=5 log.segment-bytes=4096 ..."
  bool operator==(const Settings& other) const { return values_ == other.values_; }

  // What ServerSettings says of a host.
  replica::Options ReplicaOptions() const;

 private:
  const SettingTable* table_;
  std::map<std::string, int64_t, std::less<>> values_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_SETTINGS_H_
