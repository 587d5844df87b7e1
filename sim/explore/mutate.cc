#include "sim/explore/mutate.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/explore/scenario.h"

namespace quadraft::sim {
namespace {

// What makes a run cheap and full of turns; a scenario has some of them.
struct Quick {
  std::string_view setting;
  int64_t low, high;
};
constexpr Quick kQuick[] = {
    {"raft.election-ms", 100, 300},
    {"raft.heartbeat-ms", 20, 60},
    {"raft.append-entries-max", 1, 8},
    {"replica.retained-entries-max", 5, 40},
    {"replica.snapshot-chunk-bytes", 100, 1000},
    {"log.segment-bytes", 1024, 8192},
    {"workload.gap-ms", 30, 200},  // Operations are most of what a run costs.
    {"workload.payload-bytes", 10, 60},
    {"register.clients", 2, 4},
    {"register.keys", 1, 2},
    {"register.think-ms", 30, 200},
};

constexpr int64_t kUsualElectionMs = 600;
// Few, which are cheap; but one alone, two and four are paths of their own.
constexpr int64_t kNodes[] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 1, 2, 4};

Duration ElectionOf(const Tape& tape) { return milliseconds(tape.settings["raft.election-ms"]); }

Duration DrawBetween(Random& random, Duration low, Duration high) {
  return Duration(random.Between(low.count(), std::max(low, high).count()));
}

FaultEntry DrawEntry(std::string_view kind, Random& random, Duration from, Duration window) {
  FaultEntry entry;
  entry.at = from + DrawBetween(random, Duration(0), window * int64_t{7} / 8);
  // Short ones are many: what matters is often gone within a few messages.
  entry.length = DrawBetween(random, milliseconds(5), window / (int64_t{1} << random.Below(5)));
  entry.kind = std::string(kind);
  entry.seed = random.Next();
  return entry;
}

std::string_view AnyKind(Random& random) {
  return FaultTable()[random.Below(FaultTable().size())].name;
}

void Change(Tape* tape, const Tape& other, Random& random) {
  const Duration end = tape->beyond_end, begin = std::min(ElectionOf(*tape), end / 2);
  auto& faults = tape->faults;
  const size_t at = faults.empty() ? 0 : random.Below(faults.size());
  const uint64_t what = random.Below(8);
  if (what <= 1 || faults.empty()) {
    faults.push_back(DrawEntry(AnyKind(random), random, begin, end - begin));
  } else if (what == 2) {
    faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(at));
  } else if (what == 3) {
    faults[at].at = DrawBetween(random, begin, end - milliseconds(1));
  } else if (what == 4) {
    faults[at].length =
        std::max<Duration>(milliseconds(1), faults[at].length * random.Between(1, 8) / 4);
  } else if (what == 5) {
    faults[at].seed = random.Next();
  } else if (what == 6) {
    const Duration cut = DrawBetween(random, begin, end);
    std::erase_if(faults, [&](const FaultEntry& entry) { return entry.at >= cut; });
    for (const FaultEntry& entry : other.faults) {
      if (entry.at >= cut && entry.at < end) faults.push_back(entry);
    }
  } else if (tape->listed && !tape->operations.empty()) {
    tape->operations.erase(tape->operations.begin() +
                           static_cast<std::ptrdiff_t>(random.Below(tape->operations.size())));
  } else {
    tape->seed = random.Next() >> 1;
  }
}

// As random runs draw their pace, lengths and how many at once, but in election timeouts: what a
// fault leads to takes some of those.
std::vector<FaultEntry> DrawFaultsOf(const std::vector<std::string_view>& kinds, Random& random,
                                     Duration election, Duration from, Duration to) {
  NemesisOptions options = NemesisOptions::Draw(random);
  options.kinds.clear();
  for (const std::string_view kind : kinds) options.kinds.push_back(FindFault(kind));
  for (Duration* const time :
       {&options.gap_min, &options.gap_max, &options.length_min, &options.length_max}) {
    *time = *time * (election / milliseconds(1)) / kUsualElectionMs;
  }
  return DrawFaults(options, random, from, to);
}

}  // namespace

Tape DrawShortTape(const ScenarioRow* scenario, const std::vector<std::string>& mutants,
                   const std::vector<std::string_view>& kinds, Random& random) {
  Tape tape(scenario);
  tape.seed = random.Next() >> 1;
  tape.mutants = mutants;
  tape.settings = Settings::Draw(tape.seed, &scenario->settings());
  (void)tape.settings.Set("nodes", kNodes[random.Below(std::size(kNodes))]);
  for (const Quick& quick : kQuick) {
    if (random.OneIn(4) || !tape.settings.values().contains(quick.setting)) continue;
    (void)tape.settings.Set(quick.setting, random.Between(quick.low, quick.high));
  }
  const Duration election = ElectionOf(tape), begin = 2 * election;
  tape.safety_end = tape.beyond_end = begin + election * random.Between(6, 40);
  tape.faults = DrawFaultsOf(kinds, random, election, begin, tape.beyond_end);
  return tape;
}

Tape ContinueTape(const Tape& tape, Duration cut, const std::vector<std::string_view>& kinds,
                  Random& random) {
  Tape longer = tape;
  const Duration election = ElectionOf(tape);
  std::erase_if(longer.faults, [&](const FaultEntry& entry) { return entry.at >= cut; });
  longer.safety_end = longer.beyond_end = cut + election * random.Between(3, 15);
  // What was rare may be over in a moment: the first fault within 1, 4, 16, ... ms.
  const Duration soon = milliseconds(int64_t{1} << 2 * random.Below(5));
  FaultEntry first{cut + DrawBetween(random, Duration(0), soon),
                   DrawBetween(random, election / 4, election * int64_t{4}),
                   std::string(kinds[random.Below(kinds.size())]), random.Next()};
  longer.faults.push_back(std::move(first));
  for (FaultEntry& entry :
       DrawFaultsOf(kinds, random, election, longer.faults.back().at, longer.beyond_end))
    longer.faults.push_back(std::move(entry));
  return longer;
}

Tape MutateTape(const Tape& tape, const Tape& other, Random& random) {
  Tape changed = tape;
  for (int64_t n = random.Between(1, 3); n > 0; --n) Change(&changed, other, random);
  std::stable_sort(changed.faults.begin(), changed.faults.end(),
                   [](const FaultEntry& a, const FaultEntry& b) { return a.at < b.at; });
  return changed;
}

}  // namespace quadraft::sim
