#include "sim/faults/nemesis.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace quadraft::sim {

NemesisOptions NemesisOptions::Draw(Random& random) {
  NemesisOptions options;
  const bool harm = random.OneIn(3);
  std::vector<const FaultRow*> tolerated;
  for (const FaultRow& row : FaultTable()) {
    if (!row.beyond_tolerance && (harm || !row.breaks() || row.replaced())) {
      tolerated.push_back(&row);
    }
  }
  // Few kinds or many: what a run leaves out matters as much as what it has (Groce et al., swarm
  // testing, ISSTA 2012).
  const uint64_t sparseness = random.OneIn(2) ? 2 : tolerated.size() / 2;
  for (const FaultRow* row : tolerated) {
    if (random.OneIn(sparseness)) options.kinds.push_back(row);
  }
  if (options.kinds.empty()) options.kinds.push_back(tolerated[random.Below(tolerated.size())]);
  const bool hectic = random.OneIn(2);
  options.gap_min = milliseconds(hectic ? 10 : 200);
  options.gap_max = milliseconds(hectic ? random.Between(50, 500) : random.Between(300, 3000));
  options.length_max = milliseconds(hectic ? random.Between(100, 2000) : random.Between(200, 6000));
  options.at_once_max = static_cast<int>(random.Between(1, 3));
  return options;
}

std::string NemesisOptions::Describe() const {
  std::string out;
  for (const FaultRow* row : kinds) StrAppend(&out, out.empty() ? "" : " ", row->name);
  StrAppend(&out, "; a fault every ", gap_min / milliseconds(1), "-", gap_max / milliseconds(1),
            " ms for ", length_min / milliseconds(1), "-", length_max / milliseconds(1),
            " ms, at most ", at_once_max, " at once");
  return out;
}

std::vector<FaultEntry> DrawFaults(const NemesisOptions& options, Random& random, Duration from,
                                   Duration to) {
  std::vector<FaultEntry> entries;
  const auto draw = [&](Duration low, Duration high) {
    return Duration(random.Between(low.count(), high.count()));
  };
  for (Duration at = from + draw(options.gap_min, options.gap_max); at < to;
       at += draw(options.gap_min, options.gap_max)) {
    const auto there = std::count_if(entries.begin(), entries.end(), [&](const FaultEntry& entry) {
      return entry.at + entry.length > at;
    });
    if (there >= options.at_once_max) continue;
    const FaultRow& row = *options.kinds[random.Below(options.kinds.size())];
    const Duration length = draw(options.length_min, options.length_max);
    entries.push_back({at, length, std::string(row.name), random.Next()});
  }
  return entries;
}

struct Nemesis::Active {
  Active(const FaultContext& shared, const FaultEntry& entry)
      : random(entry.seed, entry.kind), context(shared) {
    context.random = &random;
    context.effects = std::make_shared<uint64_t>(0);
  }
  Random random;
  FaultContext context;
  Closure stop;
};

Nemesis::Nemesis(const FaultContext* context, std::vector<FaultEntry> entries)
    : context_(context), entries_(std::move(entries)) {}

Nemesis::~Nemesis() = default;

void Nemesis::Start() {
  running_ = true;
  started_at_ = context_->world->now();
  for (size_t i = 0; i < entries_.size(); ++i) Schedule(i);
}

void Nemesis::Add(FaultEntry entry) {
  entries_.push_back(std::move(entry));
  if (running_) Schedule(entries_.size() - 1);
}

void Nemesis::Schedule(size_t entry) {
  const Duration at = started_at_ + entries_[entry].at;
  context_->world->After(at - context_->world->now(), [this, entry] { Begin(entry); });
}

void Nemesis::StopAll() {
  running_ = false;
  while (!active_.empty()) End(active_.begin()->first);
}

void Nemesis::Begin(size_t entry) {
  if (!running_) return;
  const FaultRow* const row = FindFault(entries_[entry].kind);
  QR_CHECK(row != nullptr) << "no fault " << entries_[entry].kind;
  auto active = std::make_unique<Active>(*context_, entries_[entry]);
  active->context.took_effect = [this, entry] { ++fired_[entries_[entry].kind]; };
  active->stop = row->begin(active->context);
  if (!active->stop) return;
  // What harms a disk has done so by beginning; the others say when they take effect.
  if (row->breaks() && !row->counts_itself()) ++fired_[entries_[entry].kind];
  if (Observer* const watching = context_->world->observer()) {
    std::string aim;
    for (const NodeId node : active->context.aimed) StrAppend(&aim, aim.empty() ? "n" : " n", node);
    watching->OnFaultBegin(entry, row->name, aim);
  }
  active_.emplace(entry, std::move(active));
  context_->world->After(entries_[entry].length, [this, entry] { End(entry); });
}

void Nemesis::End(size_t entry) {
  const auto found = active_.find(entry);
  if (found == active_.end()) return;
  over_.push_back(std::move(found->second));
  active_.erase(found);
  if (Observer* const watching = context_->world->observer()) watching->OnFaultEnd(entry);
  over_.back()->stop();
  if (*over_.back()->context.effects > 0) ++fired_[entries_[entry].kind];
}

}  // namespace quadraft::sim
