#include "sim/explore/coverage.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>

#include "core/base/hash.h"
#include "core/base/sim_points.h"

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
  const Counters& edges = EdgeCounters();
  if (edges.begin != nullptr)
    std::memset(edges.begin, 0, static_cast<size_t>(edges.end - edges.begin));
  world_->AddHook([this](const EventRecord& event) { Look(event); });
}

void StateCoverage::Note(uint64_t feature) {
  std::vector<bool>::reference noted = noted_[feature % kNotedBits];
  if (noted) return;
  noted = true;
  features_.push_back({feature, world_->now()});
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
  NoteCluster();
}

uint64_t StateCoverage::Relation(NodeId node, const raft::Raft& best) const {
  const raft::Raft* const raft = scenario_->RaftOf(node);
  if (raft == nullptr) return 1;
  const raft::Log& log = raft->log();
  const LogIndex last = log.last_index(), best_last = best.log().last_index();
  const std::optional<RaftTerm> theirs = best.log().term_at(std::min(last, best_last));
  const std::optional<RaftTerm> ours = log.term_at(std::min(last, best_last));
  const bool contradicts = ours && theirs && *ours != *theirs;
  const std::optional<RaftTerm> waiting =
      raft->commit() < last ? log.term_at(raft->commit().Next()) : std::nullopt;
  const bool old_waits = waiting && *waiting < raft->term();
  const bool flags[] = {
      raft->term().value() == term_max_,
      contradicts,
      last<best_last, waiting.has_value(), old_waits, raft->commit().value() == commit_max_,
           log.stable_index() < last, log.snapshot_index()>
              LogIndex{} &&
          last == log.snapshot_index(),
  };
  uint64_t relation = static_cast<uint64_t>(raft->role()) + 2;
  for (const bool flag : flags) relation = relation * 2 + (flag ? 1 : 0);
  return relation;
}

void StateCoverage::NoteCluster() {
  const raft::Raft* best = nullptr;
  for (uint64_t id = 1; id <= last_.size(); ++id) {
    const raft::Raft* const raft = scenario_->RaftOf(NodeId{id});
    if (raft == nullptr) continue;
    if (best == nullptr || raft->log().last_term() > best->log().last_term() ||
        (raft->log().last_term() == best->log().last_term() &&
         raft->log().last_index() > best->log().last_index()))
      best = raft;
  }
  if (best == nullptr) return;
  uint64_t whole = 0;  // A sum: whichever node is which.
  for (uint64_t id = 1; id <= last_.size(); ++id) whole += Mix(Relation(NodeId{id}, *best), 77);
  Note(Mix(whole, last_.size()));
}

std::vector<Feature> StateCoverage::Collect() const {
  std::vector<Feature> all = features_;
  const auto add = [&](uint64_t feature) { all.push_back({feature, world_->now()}); };
  std::vector<uint64_t> marks;
  for (const auto& [name, count] : SimMarks()) {
    const uint64_t mark = Fingerprint64(name);
    for (uint64_t step = 1; step <= 6 && count >> (step - 1) != 0; ++step) add(Mix(mark, step));
    for (const uint64_t other : marks) add(Mix(mark, other));
    marks.push_back(mark);
  }
  const Counters& edges = EdgeCounters();
  for (const uint8_t* edge = edges.begin; edge != edges.end; ++edge) {
    if (*edge == 0) continue;
    add(Mix(static_cast<uint64_t>(edge - edges.begin),
            1000 + std::min<uint64_t>(std::bit_width(*edge), 6)));
  }
  return all;
}

}  // namespace quadraft::sim
