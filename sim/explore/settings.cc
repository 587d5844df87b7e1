#include "sim/explore/settings.h"

#include <algorithm>

#include "core/base/check.h"

namespace quadraft::sim {
namespace {

// Mostly three or five, so that majorities and outsiders are there; one, two and the large ones are
// paths of their own.
int64_t DrawNodes(Random& random) {
  static constexpr int64_t kWeighted[] = {3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 1, 2, 4, 6, 7};
  return kWeighted[random.Below(std::size(kWeighted))];
}

// The default for half of the runs: an extreme of one should meet defaults of the others.
template <int64_t kPlain, int64_t kLow, int64_t kHigh>
int64_t PlainOrBetween(Random& random) {
  return random.OneIn(2) ? kPlain : random.Between(kLow, kHigh);
}

// Mostly slow, which costs few events; one run in four as quick as real nodes are.
int64_t DrawElection(Random& random) {
  const uint64_t kind = random.Below(4);
  if (kind == 0) return 50;
  return kind == 1 ? random.Between(200, 900) : 600;
}

template <int64_t kLow, int kShiftMax>
int64_t Power(Random& random) {
  return kLow << random.Between(0, kShiftMax);
}

const SettingRow* Find(const SettingTable& table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const SettingRow& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

const SettingTable& ServerSettings() {
  static const auto& table = *new SettingTable{
      {"nodes", "servers", 1, 100, 3, DrawNodes},
      {"sim.points", "1: rare paths are made common (SIM_MAYBE); 0: as in tapes without them", 0, 1,
       0, [](Random&) { return int64_t{1}; }},
      {"raft.election-ms", "the least of the shortest silence after which a follower campaigns", 40,
       5000, 600, DrawElection},
      {"raft.election-spread-percent",
       "by how much the longest such silence is longer; little makes votes split", 1, 100, 100,
       PlainOrBetween<100, 1, 10>},
      {"raft.heartbeat-ms", "between a leader's heartbeats, at most", 5, 1000, 100,
       PlainOrBetween<100, 20, 150>},
      {"raft.quiesce-ms", "with nothing to do for so long a group goes to sleep; 0: never", 0,
       60'000, 300, PlainOrBetween<300, 20, 100>},
      {"raft.lease-reads",
       "1: leaders read by lease, some reads may be behind by a bound, and no clock is off by more "
       "than nodes are told to expect",
       0, 1, 0, [](Random& random) { return int64_t{random.OneIn(2)}; }},
      {"raft.append-entries-max", "entries of one Append", 1, 1024, 1024,
       PlainOrBetween<1024, 1, 16>},
      {"raft.append-bytes-max", "bytes of one Append", 1, 1 << 20, 1 << 20,
       PlainOrBetween<1 << 20, 64, 8192>},
      {"raft.inflight-messages-max", "Appends on their way to one follower", 1, 64, 64,
       PlainOrBetween<64, 1, 8>},
      {"replica.apply-entries-max", "entries applied in one turn", 1, 256, 256,
       PlainOrBetween<256, 1, 8>},
      {"replica.retained-entries-max", "entries kept in memory before the log is compacted", 5,
       100'000, 400, Power<10, 7>},
      {"replica.snapshot-chunk-bytes", "of a snapshot on its way", 100, 256 << 10, 2000,
       PlainOrBetween<2000, 200, 64'000>},
      {"log.segment-bytes", "of one file of the write-ahead log", 1024, 64 << 20, 64 << 10,
       Power<2048, 9>},
  };
  return table;
}

SettingTable WithServerSettings(SettingTable more) {
  SettingTable all = ServerSettings();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Settings::Settings(const SettingTable* table) : table_(table) {
  for (const SettingRow& row : *table) values_.emplace(std::string(row.name), row.plain);
}

Settings Settings::Draw(uint64_t seed, const SettingTable* table) {
  Settings settings(table);
  for (const SettingRow& row : *table) {
    Random random(seed, StrCat("sim/setting/", row.name));
    settings.values_[std::string(row.name)] = row.draw(random);
  }
  return settings;
}

int64_t Settings::operator[](std::string_view name) const {
  const auto found = values_.find(name);
  QR_CHECK(found != values_.end()) << "no setting " << name;
  return found->second;
}

Status Settings::Set(std::string_view name, int64_t value) {
  const SettingRow* const row = Find(*table_, name);
  if (row == nullptr) return InvalidArgument("no setting '", name, "' in this scenario");
  if (value < row->min || value > row->max) {
    return InvalidArgument(name, " is ", row->min, " to ", row->max, ", not ", value);
  }
  values_[std::string(name)] = value;
  return OkStatus();
}

std::string Settings::Describe() const {
  std::string out;
  for (const SettingRow& row : *table_) {
    StrAppend(&out, out.empty() ? "" : " ", row.name, "=", (*this)[row.name]);
  }
  return out;
}

replica::Options Settings::ReplicaOptions() const {
  const Settings& set = *this;
  replica::Options options;
  // With the plain 600 ms a run has as few heartbeats as it can; what adapts has the room above.
  options.raft.election_timeout_min = options.raft.election_timeout_start =
      milliseconds(set["raft.election-ms"]);
  options.raft.election_timeout_max =
      std::max<Duration>(seconds(1), options.raft.election_timeout_min);
  options.raft.election_spread_percent = static_cast<int>(set["raft.election-spread-percent"]);
  // At least four heartbeats in the shortest silence.
  options.raft.heartbeat_interval_min = options.raft.heartbeat_grid = milliseconds(
      std::min(set["raft.heartbeat-ms"], std::max<int64_t>(1, set["raft.election-ms"] / 4)));
  options.raft.heartbeat_interval_max = milliseconds(set["raft.heartbeat-ms"]);
  options.raft.quiesce_after = milliseconds(set["raft.quiesce-ms"]);
  options.raft.lease_reads = set["raft.lease-reads"] != 0;
  options.raft.append_entries_max = static_cast<size_t>(set["raft.append-entries-max"]);
  options.raft.append_bytes_max = static_cast<size_t>(set["raft.append-bytes-max"]);
  options.raft.inflight_messages_max = static_cast<size_t>(set["raft.inflight-messages-max"]);
  options.apply_entries_max = static_cast<size_t>(set["replica.apply-entries-max"]);
  options.retained_entries_max = static_cast<size_t>(set["replica.retained-entries-max"]);
  options.snapshot_chunk_bytes = static_cast<size_t>(set["replica.snapshot-chunk-bytes"]);
  options.snapshot_stall_timeout = seconds(5);
  return options;
}

}  // namespace quadraft::sim
