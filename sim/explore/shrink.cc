#include "sim/explore/shrink.h"

#include <algorithm>
#include <utility>

#include "sim/explore/phases.h"
#include "sim/explore/scenario.h"

namespace quadraft::sim {
namespace {

constexpr int kGuessSeeds = 3;  // For each fault alone.
constexpr int kRetrySeeds = 5;  // When nothing can be taken out under the seed at hand.
constexpr int kLongerSeeds = 12;
constexpr int kSimplifySeeds = 4;
constexpr size_t kPairsMax = 60;
constexpr uint64_t kSampleEvents = 6'000'000;  // Simulated for one number of faults.
constexpr size_t kSamplesMin = 100, kSamplesMax = 4000, kSamplesAtOnce = 64;
constexpr size_t kListedMax = 3000;  // Operations; a longer list is left to the seed.

// Faults after the end, and outsiders that are no more, go.
void Trim(Tape* tape) {
  std::erase_if(tape->faults,
                [&](const FaultEntry& entry) { return entry.at >= tape->beyond_end; });
  const auto nodes = static_cast<uint64_t>(tape->settings["nodes"]);
  std::erase_if(tape->outsiders,
                [&](const Outsider& outsider) { return outsider.node.value() > nodes; });
  while (tape->outsiders.size() * 2 >= nodes) tape->outsiders.pop_back();
}

// Like `entry`: the same, or longer, or elsewhere, or with other luck.
FaultEntry Vary(const FaultEntry& entry, Duration end, Random& random) {
  FaultEntry varied = entry;
  const auto between = [&](Duration low, Duration high) {
    return Duration(random.Between(low.count(), std::max(low, high).count()));
  };
  if (random.OneIn(2)) varied.at = between(std::min(kWarmUp, entry.at), end - milliseconds(1));
  if (random.OneIn(2)) varied.length = between(milliseconds(10), end - varied.at);
  if (random.OneIn(2)) varied.seed = random.Next() >> 1;
  return varied;
}

Tape EndingAt(const Tape& tape, Duration end) {
  Tape cut = tape;
  cut.beyond_end = std::min(cut.beyond_end, end);
  cut.safety_end = std::min(cut.safety_end, cut.beyond_end);
  Trim(&cut);
  return cut;
}

Duration Rounded(Duration value, Duration unit) {
  return Duration((value.count() + unit.count() / 2) / unit.count() * unit.count());
}

}  // namespace

Shrinker::Shrinker(FirstToFail first_to_fail, absl::AnyInvocable<bool()> out_of_time)
    : first_to_fail_(std::move(first_to_fail)),
      out_of_time_(std::move(out_of_time)),
      best_(&ScenarioTable()[0]),
      random_(0) {}

bool Shrinker::Try(const std::vector<Tape>& candidates, int seeds) {
  std::vector<Tape> runs;
  std::vector<std::string> texts;
  for (const Tape& candidate : candidates) {
    for (int i = 0; i < std::max(seeds, 1); ++i) {
      Tape run = candidate;
      if (seeds > 0) run.seed = best_.seed + static_cast<uint64_t>(i);
      std::string text = FormatTape(run);
      if (tried_.contains(text)) continue;
      runs.push_back(std::move(run));
      texts.push_back(std::move(text));
    }
  }
  if (runs.empty() || out_of_time_()) return false;
  const bool to_end = candidates_ == 0 || Duration(report_.sim_ns) > best_.beyond_end;
  std::optional<Found> found = first_to_fail_(runs, to_end);
  const size_t failed_from = found ? found->index : runs.size();
  candidates_ += std::min(failed_from + 1, runs.size());
  for (size_t i = 0; i < failed_from; ++i) tried_.insert(std::move(texts[i]));
  if (!found) return false;
  best_ = runs[found->index];
  report_ = std::move(found->report);
  return true;
}

bool Shrinker::Try(Tape candidate, int seeds) {
  std::vector<Tape> one;
  one.push_back(std::move(candidate));
  return Try(one, seeds);
}

ShrinkResult Shrinker::Shrink(Tape tape) {
  best_ = std::move(tape);
  random_ = Random(best_.seed, "shrink");
  Try(best_, 1);  // For its report.
  CutAtFailure();
  GuessFew();
  Minimize(&Tape::faults, 1);
  Minimize(&Tape::faults, kRetrySeeds);
  GuessOneLonger();
  CutAtFailure();
  for (size_t count = 1; count < best_.faults.size() && !out_of_time_(); ++count) {
    if (Sample(count)) break;
  }
  CutAtFailure();
  Minimize(&Tape::outsiders, kSimplifySeeds);
  SimplifyWorld();
  SimplifyFaults();
  Minimize(&Tape::faults, kRetrySeeds);
  ListOperations();
  return {best_, candidates_, !out_of_time_()};
}

// What comes after the failure had no part in it; the phases may end sooner still.
void Shrinker::CutAtFailure() {
  const Duration failed_at = Duration(report_.sim_ns);
  if (failed_at < best_.beyond_end) {
    Try(EndingAt(best_, Rounded(failed_at, milliseconds(10)) + milliseconds(10)), 1);
  }
  while (best_.beyond_end > seconds(2)) {
    std::vector<Tape> shorter;
    for (const int64_t eighths : {2, 4, 6, 7})
      shorter.push_back(
          EndingAt(best_, Rounded(best_.beyond_end * eighths / 8, milliseconds(100))));
    const Duration before = best_.beyond_end;
    if (!Try(shorter, 2) || best_.beyond_end >= before) return;
  }
}

void Shrinker::GuessFew() {
  if (best_.faults.size() < 2) return;
  Tape none = best_;
  none.faults.clear();
  if (Try(none, kGuessSeeds)) return;
  std::vector<Tape> few;
  const std::vector<FaultEntry> all = best_.faults;
  // The last faults before the failure are the likeliest.
  for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
    Tape single = best_;
    single.faults = {*entry};
    few.push_back(std::move(single));
  }
  if (Try(few, kGuessSeeds)) return;
  few.clear();
  for (size_t last = all.size(); last-- > 1 && few.size() < kPairsMax;) {
    for (size_t before = last; before-- > 0 && last - before <= 4 && few.size() < kPairsMax;) {
      Tape pair = best_;
      pair.faults = {all[before], all[last]};
      few.push_back(std::move(pair));
    }
  }
  Try(few, 1);
}

// What several faults do one after the other, one of them may do alone when it is there for longer.
void Shrinker::GuessOneLonger() {
  if (best_.faults.size() < 2) return;
  std::vector<Tape> single;
  for (const FaultEntry& entry : best_.faults) {
    for (const FaultEntry& from : {best_.faults.front(), entry}) {
      Tape candidate = best_;
      candidate.faults = {entry};
      candidate.faults[0].at = from.at;
      candidate.faults[0].length = best_.beyond_end - from.at;
      single.push_back(std::move(candidate));
    }
  }
  Try(single, kLongerSeeds);
}

bool Shrinker::Sample(size_t count) {
  const size_t runs = std::clamp<size_t>(kSampleEvents / std::max<uint64_t>(1, report_.events),
                                         kSamplesMin, kSamplesMax);
  for (size_t done = 0; done < runs && !out_of_time_(); done += kSamplesAtOnce) {
    std::vector<Tape> some;
    while (some.size() < kSamplesAtOnce) {
      Tape tape = best_;
      tape.seed = best_.seed + random_.Below(1'000'000);
      while (tape.faults.size() > count) {
        tape.faults.erase(tape.faults.begin() +
                          static_cast<std::ptrdiff_t>(random_.Below(tape.faults.size())));
      }
      for (FaultEntry& entry : tape.faults) entry = Vary(entry, best_.beyond_end, random_);
      std::stable_sort(tape.faults.begin(), tape.faults.end(),
                       [](const FaultEntry& a, const FaultEntry& b) { return a.at < b.at; });
      some.push_back(std::move(tape));
    }
    if (Try(some, 0)) return true;
  }
  return false;
}

template <typename T>
void Shrinker::Minimize(std::vector<T> Tape::*list, int seeds) {
  size_t chunk = std::max<size_t>(1, (best_.*list).size() / 2);
  while (!(best_.*list).empty() && !out_of_time_()) {
    const std::vector<T>& all = best_.*list;
    std::vector<Tape> without;
    for (size_t end = all.size(); end > 0; end -= std::min(chunk, end)) {
      const size_t begin = end - std::min(chunk, end);
      Tape candidate = best_;
      auto& rest = candidate.*list;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(begin),
                 rest.begin() + static_cast<std::ptrdiff_t>(end));
      without.push_back(std::move(candidate));
    }
    if (Try(without, seeds)) {
      chunk = std::clamp<size_t>(chunk, 1, std::max<size_t>(1, (best_.*list).size()));
    } else if (chunk == 1) {
      return;
    } else {
      chunk = (chunk + 1) / 2;
    }
  }
}

// Fewer nodes, then every setting at its plain value, all at once or else one by one.
void Shrinker::SimplifyWorld() {
  std::vector<Tape> smaller;
  for (int64_t nodes = 1; nodes < best_.settings["nodes"]; ++nodes) {
    Tape candidate = best_;
    (void)candidate.settings.Set("nodes", nodes);
    Trim(&candidate);
    smaller.push_back(std::move(candidate));
  }
  Try(smaller, kSimplifySeeds);
  Tape plain = best_;
  const int64_t nodes = best_.settings["nodes"];
  plain.settings = Settings(&best_.settings.table());
  (void)plain.settings.Set("nodes", nodes);
  if (Try(plain, kSimplifySeeds)) return;
  for (const SettingRow& row : best_.settings.table()) {
    if (row.name == "nodes" || best_.settings[row.name] == row.plain) continue;
    Tape candidate = best_;
    (void)candidate.settings.Set(row.name, row.plain);
    Try(candidate, 2);
  }
}

// Shorter, and at rounder times.
void Shrinker::SimplifyFaults() {
  for (size_t i = 0; i < best_.faults.size(); ++i) {
    for (const Duration unit : {Duration(seconds(1)), Duration(milliseconds(100)),
                                Duration(milliseconds(10)), Duration(milliseconds(1))}) {
      Tape candidate = best_;
      FaultEntry& entry = candidate.faults[i];
      entry.at = Rounded(entry.at, unit);
      entry.length = std::max(unit, Rounded(entry.length, unit));
      if (entry.at >= candidate.beyond_end) continue;
      if (Try(candidate, 2)) break;
    }
    while (best_.faults[i].length > milliseconds(20)) {
      Tape candidate = best_;
      FaultEntry& entry = candidate.faults[i];
      entry.length = Rounded(entry.length / 2, milliseconds(entry.length > seconds(1) ? 100 : 10));
      if (entry.length == Duration(0) || !Try(candidate, 2)) break;
    }
  }
  CutAtFailure();
}

// The operations by name, as few as do.
void Shrinker::ListOperations() {
  if (best_.listed) {
    Minimize(&Tape::operations, 1);
    return;
  }
  const StatusOr<Tape> recorded = ParseTape(report_.tape);
  if (!recorded.ok() || recorded->operations.size() > kListedMax) return;
  const Tape drawn = best_;
  best_ = *recorded;
  // A list that cannot be made short says less than the seed.
  Minimize(&Tape::operations, 1);
  if (best_.operations.size() > 40) best_ = drawn;
}

}  // namespace quadraft::sim
