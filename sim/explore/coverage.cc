#include "sim/explore/coverage.h"

#include <algorithm>
#include <bit>

namespace {

// Set once, before main, by the code that clang adds.
struct Counters {
  uint8_t* begin = nullptr;
  uint8_t* end = nullptr;
};
Counters& EdgeCounters() {
  static Counters counters;  // lint: allow determinism: set before main, read by a search alone
  return counters;
}

}  // namespace

extern "C" void __sanitizer_cov_8bit_counters_init(uint8_t* begin, uint8_t* end) {
  // One call per linked image; there is only one.
  EdgeCounters() = {begin, end};
}
extern "C" void __sanitizer_cov_pcs_init(const uintptr_t*, const uintptr_t*) {}

namespace quadraft::sim {
namespace {

constexpr size_t kNotedBits = 1u << 16;

uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t z = (a ^ (b + 0x9e3779b97f4a7c15u)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 29)) * 0x94d049bb133111ebu;
  return z ^ (z >> 32);
}

// 0, 1, 2, 3-4, 5-8, ... 64 and more.
uint64_t Steps(uint64_t distance) { return std::min<uint64_t>(std::bit_width(distance), 7); }

}  // namespace

size_t CountedEdges() { return static_cast<size_t>(EdgeCounters().end - EdgeCounters().begin); }

StateCoverage::StateCoverage(World* world, const Scenario* scenario)
    : world_(world), scenario_(scenario), last_(scenario->servers().size()), noted_(kNotedBits) {
  world_->AddHook([this](const EventRecord& event) { Look(event); });
}

void StateCoverage::Note(uint64_t feature) {
  std::vector<bool>::reference noted = noted_[feature % kNotedBits];
  if (noted) return;
  noted = true;
  fresh_.push_back(feature);
}

uint64_t StateCoverage::Signature(NodeId node) const {
  const Process& process = world_->process(node);
  if (!process.running()) return 1;
  const raft::Raft* const raft = scenario_->RaftOf(node);
  if (raft == nullptr) return 2;
  const uint64_t term = Steps(term_max_ - std::min(term_max_, raft->term().value()));
  const uint64_t last = raft->log().last_index().value();
  const uint64_t behind = Steps(last_index_max_ - std::min(last_index_max_, last));
  const uint64_t commit = Steps(commit_max_ - std::min(commit_max_, raft->commit().value()));
  const uint64_t unsynced = Steps(last - std::min(last, raft->log().stable_index().value()));
  const uint64_t uncommitted = Steps(last - std::min(last, raft->commit().value()));
  return 8 + ((((((static_cast<uint64_t>(raft->role()) * 8 + std::min<uint64_t>(term, 3)) * 8 +
                  behind) *
                     8 +
                 commit) *
                    8 +
                std::min<uint64_t>(unsynced, 3)) *
                   8 +
               uncommitted) *
                  2 +
              (process.paused() ? 1 : 0));
}

void StateCoverage::Look(const EventRecord& event) {
  const uint64_t node = event.node.value();
  if (node < 1 || node > last_.size()) return;
  if (const raft::Raft* const raft = scenario_->RaftOf(event.node)) {
    term_max_ = std::max(term_max_, raft->term().value());
    last_index_max_ = std::max(last_index_max_, raft->log().last_index().value());
    commit_max_ = std::max(commit_max_, raft->commit().value());
  }
  const uint64_t now = Signature(event.node);
  uint64_t& before = last_[node - 1];
  if (now == before) return;
  Note(Mix(Mix(before, now), static_cast<uint64_t>(event.kind)));
  before = now;
  // The cluster as a whole, whichever node is which: roles and terms alone, or it never repeats.
  uint64_t whole = 0;
  for (const uint64_t signature : last_) whole += Mix(signature >> 11, 77);
  Note(whole);
}

void StateCoverage::Collect(absl::FunctionRef<void(uint64_t feature)> each) {
  for (const uint64_t feature : fresh_) each(feature);
  fresh_.clear();
  const Counters& edges = EdgeCounters();
  for (uint8_t* edge = edges.begin; edge != edges.end; ++edge) {
    if (*edge == 0) continue;
    each(Mix(static_cast<uint64_t>(edge - edges.begin),
             1000 + std::min<uint64_t>(std::bit_width(*edge), 6)));
  }
}

}  // namespace quadraft::sim
