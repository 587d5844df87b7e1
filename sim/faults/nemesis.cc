#include "sim/faults/nemesis.h"

#include <utility>

namespace quadraft::sim {

NemesisOptions NemesisOptions::Draw(Random& random) {
  NemesisOptions options;
  // Few kinds or many: what a run leaves out matters as much as what it has (Groce et al., swarm
  // testing, ISSTA 2012).
  const uint64_t sparseness = random.OneIn(2) ? 2 : FaultTable().size() / 2;
  for (const FaultRow& row : FaultTable()) {
    if (random.OneIn(sparseness)) options.kinds.push_back(&row);
  }
  if (options.kinds.empty())
    options.kinds.push_back(&FaultTable()[random.Below(FaultTable().size())]);
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

Nemesis::Nemesis(FaultContext* context, NemesisOptions options)
    : context_(context), options_(std::move(options)) {}

void Nemesis::Start() {
  running_ = true;
  ScheduleNext();
}

void Nemesis::StopAll() {
  running_ = false;
  ++generation_;
  while (!active_.empty()) End(active_.begin()->first);
}

void Nemesis::ScheduleNext() {
  const Duration gap(context_->random->Between(options_.gap_min.count(), options_.gap_max.count()));
  context_->world->After(gap, [this, generation = generation_] {
    if (generation != generation_) return;
    if (static_cast<int>(active_.size()) < options_.at_once_max) Begin();
    ScheduleNext();
  });
}

void Nemesis::Begin() {
  const FaultRow& row = *options_.kinds[context_->random->Below(options_.kinds.size())];
  Closure stop = row.begin(*context_);
  if (!stop) return;
  ++fired_[std::string(row.name)];
  const uint64_t id = next_id_++;
  active_.emplace(id, std::move(stop));
  const Duration length(
      context_->random->Between(options_.length_min.count(), options_.length_max.count()));
  context_->world->After(length, [this, id] { End(id); });
}

void Nemesis::End(uint64_t id) {
  const auto found = active_.find(id);
  if (found == active_.end()) return;
  Closure stop = std::move(found->second);
  active_.erase(found);
  stop();
}

}  // namespace quadraft::sim
