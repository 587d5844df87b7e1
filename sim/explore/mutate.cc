#include "sim/explore/mutate.h"

#include <algorithm>
#include <utility>

#include "sim/explore/phases.h"

namespace quadraft::sim {
namespace {

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
  const Duration end = tape->beyond_end;
  auto& faults = tape->faults;
  const size_t at = faults.empty() ? 0 : random.Below(faults.size());
  const uint64_t what = random.Below(8);
  if (what <= 1 || faults.empty()) {
    faults.push_back(DrawEntry(AnyKind(random), random, kWarmUp, end - kWarmUp));
  } else if (what == 2) {
    faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(at));
  } else if (what == 3) {
    faults[at].at = DrawBetween(random, kWarmUp, end - milliseconds(1));
  } else if (what == 4) {
    faults[at].length =
        std::max<Duration>(milliseconds(1), faults[at].length * random.Between(1, 8) / 4);
  } else if (what == 5) {
    faults[at].seed = random.Next();
  } else if (what == 6) {
    const Duration cut = DrawBetween(random, kWarmUp, end);
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

}  // namespace

std::vector<FaultEntry> DrawBurst(const std::vector<std::string_view>& kinds, Random& random,
                                  Duration from, Duration window, Duration pace) {
  std::vector<FaultEntry> burst;
  for (int64_t n = random.Between(1, 2 + window / pace); n > 0; --n) {
    burst.push_back(DrawEntry(kinds[random.Below(kinds.size())], random, from, window));
  }
  std::sort(burst.begin(), burst.end(),
            [](const FaultEntry& a, const FaultEntry& b) { return a.at < b.at; });
  return burst;
}

Tape MutateTape(const Tape& tape, const Tape& other, Random& random) {
  Tape changed = tape;
  for (int64_t n = random.Between(1, 3); n > 0; --n) Change(&changed, other, random);
  std::stable_sort(changed.faults.begin(), changed.faults.end(),
                   [](const FaultEntry& a, const FaultEntry& b) { return a.at < b.at; });
  return changed;
}

}  // namespace quadraft::sim
