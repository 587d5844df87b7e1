#include "tools/sim/explorer.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "sim/explore/mutate.h"
#include "sim/explore/scenario.h"

namespace quadraft::sim {
namespace {

constexpr size_t kCorpusMax = 400;
constexpr size_t kRareMax = 24;     // Features of a tape that its worth is made of.
constexpr uint32_t kRareRuns = 4;   // A feature is rare up to so many runs.
constexpr size_t kTournament = 12;  // Of the corpus, the best of so many is gone on from.
constexpr int64_t kFewKinds = 4, kManyKinds = 24;  // Of one tape.
constexpr uint64_t kGuidedOf = 4;                  // One tape in so many is made from the corpus.
constexpr uint64_t kMutatedOf = 4;  // Of these, one in so many is changed, not continued.
// So many in five runs are repaired and judged to their end: it costs about as much as a few more
// faults, and acknowledged writes that are lost, or a cluster that stands still, are seen only
// there.
constexpr uint64_t kFinishedOfFive = 3;
constexpr Duration kLongest = seconds(8);  // Of virtual time.

std::vector<size_t> UsableKinds(const std::vector<std::string>& wanted) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < FaultTable().size(); ++i) {
    if (wanted.empty() ||
        std::find(wanted.begin(), wanted.end(), FaultTable()[i].name) != wanted.end())
      rows.push_back(i);
  }
  return rows;
}

std::vector<std::string_view> NamesOf(const std::vector<size_t>& kinds) {
  std::vector<std::string_view> names;
  for (const size_t kind : kinds) names.push_back(FaultTable()[kind].name);
  return names;
}

}  // namespace

Explorer::Explorer(ExploreOptions options)
    : options_(std::move(options)),
      scenario_(FindScenario(options_.run.scenario)),
      random_(options_.seed, "explorer"),
      workers_(options_.jobs),
      usable_(UsableKinds(options_.run.faults)),
      worth_(FaultTable().size(), 1.0) {
  QR_CHECK(scenario_ != nullptr && !usable_.empty());
}

// Half by worth, half any; those that break disks for good less often.
std::vector<size_t> Explorer::ChooseKinds() {
  double sum = 0;
  for (const size_t kind : usable_) sum += worth_[kind];
  std::vector<size_t> kinds;
  const bool few = random_.OneIn(2);
  for (int64_t n = random_.Between(few ? 1 : kFewKinds, few ? kFewKinds : kManyKinds); n > 0; --n) {
    size_t chosen = usable_[random_.Below(usable_.size())];
    if (random_.OneIn(2)) {
      double at = static_cast<double>(random_.Below(1'000'000)) / 1e6 * sum;
      size_t i = 0;
      while (i + 1 < usable_.size() && (at -= worth_[usable_[i]]) > 0) ++i;
      chosen = usable_[i];
    }
    if (FaultTable()[chosen].breaks() && !random_.OneIn(3)) continue;
    kinds.push_back(chosen);
  }
  if (kinds.empty()) kinds.push_back(usable_[random_.Below(usable_.size())]);
  return kinds;
}

// By how few runs have been where it was, per try.
Explorer::Kept& Explorer::ChooseKept() {
  size_t best = 0;
  double best_worth = -1;
  for (size_t i = 0; i < kTournament; ++i) {
    const size_t at = random_.Below(corpus_.size());
    double worth = 0;
    for (const Feature& feature : corpus_[at].rare) worth += 1.0 / seen_[feature.id];
    worth /= static_cast<double>(corpus_[at].tried) + 1.0;
    if (worth > best_worth) best = at, best_worth = worth;
  }
  return corpus_[best];
}

Explorer::Job Explorer::Next() {
  Job job{.tape = Tape(scenario_),
          .finish = random_.Below(5) < kFinishedOfFive,
          .kinds = ChooseKinds()};
  const std::vector<std::string_view> names = NamesOf(job.kinds);
  if (!options_.guided || corpus_.empty() || !random_.OneIn(kGuidedOf)) {
    ++result_.drawn;
    job.tape = DrawShortTape(scenario_, options_.run.mutants, names, random_);
    return job;
  }
  Kept& kept = ChooseKept();
  ++kept.tried;
  if (random_.OneIn(kMutatedOf)) {
    ++result_.mutated;
    job.kinds.clear();
    job.tape = MutateTape(kept.tape, corpus_[random_.Below(corpus_.size())].tape, random_);
  } else {
    ++result_.continued;
    // From where it was rare, or else from somewhere in its second half.
    const Duration cut = random_.OneIn(4) ? kept.tape.beyond_end * random_.Between(8, 16) / 16
                                          : kept.rare[random_.Below(kept.rare.size())].at;
    job.tape = ContinueTape(kept.tape, std::max<Duration>(cut, milliseconds(100)), names, random_);
  }
  return job;
}

void Explorer::Learn(const Job& job, const Workers::Done& done) {
  std::vector<Feature> rare;
  uint64_t novel = 0;
  for (const Feature& feature : done.features) {
    const uint32_t runs = ++seen_[feature.id];
    novel += runs == 1 ? 1 : 0;
    if (runs <= kRareRuns && rare.size() < kRareMax) rare.push_back(feature);
  }
  result_.features += novel;
  const double per_event =
      1000.0 * static_cast<double>(novel) / (1000.0 + static_cast<double>(done.report.events));
  for (const size_t kind : job.kinds) worth_[kind] = worth_[kind] * 0.9 + per_event * 0.1 + 0.01;
  if (novel == 0 || job.tape.beyond_end > kLongest) return;
  Kept kept{.tape = job.tape, .rare = std::move(rare)};
  if (corpus_.size() < kCorpusMax) {
    corpus_.push_back(std::move(kept));
  } else {
    corpus_[random_.Below(corpus_.size())] = std::move(kept);
  }
}

ExploreResult Explorer::Search() {
  const int64_t before = ProcessCpuUs();
  const auto spent = [&] { return workers_.cpu_us() + ProcessCpuUs() - before; };
  while (result_.violation.empty() && spent() < options_.cpu_us_max) {
    if (workers_.idle() > 0) {
      Job job = Next();
      workers_.Start(result_.runs,
                     {.tape = job.tape, .finish = job.finish, .features = options_.guided});
      under_way_.emplace(result_.runs++, std::move(job));
      continue;
    }
    const Workers::Done done = workers_.Await();
    const auto job = under_way_.find(done.id);
    result_.finished += job->second.finish ? 1 : 0;
    if (!done.report.violation.empty()) {
      result_.violation = done.report.violation;
      result_.tape = FormatTape(job->second.tape);
    }
    if (options_.guided) Learn(job->second, done);
    under_way_.erase(job);
  }
  workers_.Abandon();
  result_.cpu_us = spent();
  return result_;
}

}  // namespace quadraft::sim
