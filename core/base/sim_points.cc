// lint: allow determinism: counts and the hook, set before a run and drawn from its seed; twins
// only
#include "core/base/sim_points.h"

#include <utility>

#include "core/base/check.h"

namespace quadraft {
namespace {

constexpr std::string_view kMaybeNames[] = {
    "compress-small-entries",  // From 16 bytes on.
    "eager-kv-work",           // LevelDB's background work is done at once.
    "early-compaction",        // The log in memory is compacted at an eighth of its bound.
    "early-election-timeout",  // A follower loses patience after one and a half heartbeats.
    "early-fold",              // Recent quads go into a stored run after any batch.
    "early-segment-roll",      // A log segment ends at an eighth of its size.
    "early-semi-join",         // EXISTS is answered from a table from the first row on.
    "fresh-kv-log",            // An opened store writes its log to a table and begins a new one.
    "proposal-refused",        // As if too many proposals were pending.
    "read-asked-again",        // A read index is asked for again before its answer.
    "rpc-sent-twice",          // A request between nodes goes out twice.
    "short-append-batch",      // An Append of one entry.
    "short-fold-slice",        // Recent quads are written a few rows at a time.
    "short-merge-slice",       // Runs are merged a few rows at a time.
    "short-result-piece",      // Answers stream in pieces of some bytes.
    "short-scan-batch",        // An index scan gives one row at a time.
    "short-sweep",             // The keys of a given-up space go one by one.
    "short-term-flush",        // New terms are written one by one.
    "slow-apply-turn",         // One entry is applied per turn of the loop.
    "small-apply-batch",       // Each applied entry is a write of its own.
    "small-inflight-window",   // One Append at a time to a follower.
    "small-snapshot-window",   // One snapshot chunk at a time.
    "small-write-buffer",      // LevelDB's memtables are as small as it allows.
    "term-cache-miss",         // A term is looked up on disk although it is cached.
    "tiny-index-blocks",       // A stored run has blocks of eight rows.
    "tiny-snapshot-chunk",     // As little as a chunk can hold.
    "update-evaluated-again",  // As if an update had been in conflict.
};

constexpr std::string_view kSometimesNames[] = {
    // core/raft
    "all-runs-merged",
    "append-rejected",
    "campaign-lost",
    "candidate-woke-a-sleeper",
    "change-before-first-commit-refused",
    "commit-held-off-for-a-lease",
    "configuration-taken-back",
    "conflict-truncated",
    "early-read-waited",
    "fingerprint-clash",
    "fold-hurried",
    "fold-left-nothing",
    "held-message-outdated",
    "joint-configuration-left",
    "late-tick-excused",
    "leader-fell-asleep",
    "leader-saw-higher-term",
    "merge-hurried",
    "message-held-for-sync",
    "message-of-old-term",
    "old-term-entries-committed",
    "pre-vote-refused",
    "pre-vote-refused-within-lease",
    "pre-vote-tie-broken",
    "probe-skipped-entries",
    "quad-in-several-runs",
    "read-failed-by-step-down",
    "removed-leader-stepped-down",
    "removed-node-was-told",
    "run-swept",
    "runs-merged",
    "second-change-refused",
    "snapshot-needed",
    "stepped-down-by-check-quorum",
    "truncated-under-sync",
    "vote-refused-log-behind",
    "vote-refused-voted-already",
    "vote-refused-while-repairing",
    "vote-request-within-lease",
    "vote-within-promise",
    "woken-for-a-node",
    // core/replica
    "compacted-past-a-follower",
    "freshness-renewed",
    "leader-moved-to-a-better-place",
    "lost-disk-was-refused",
    "other-disk-not-believed",
    "proposal-outcome-unknown",
    "proposal-replaced",
    "read-index-retried",
    "read-timed-out",
    "snapshot-chunk-early",
    "snapshot-installed",
    "snapshot-receiver-replaced",
    "snapshot-resent",
    "sent-entry-compressed",
    "snapshot-stalled",
    "state-ahead-of-log",
    // core/txn, store/state: sessions
    "session-evicted",
    "session-expired",
    "session-gate-closed",
    "session-retry-applied-together",
    "session-sequence-too-old",
    "session-unknown",
    "session-update-repeated",
    // store/log
    "log-entry-compressed",
    "log-sync-failed",
    "segment-creation-cut-short",
    "segment-removed",
    "segment-rolled",
    "torn-tail-cut",
    "damaged-log-rebuilt",
    "promise-newer-than-log",
    "trim-rewrote-records",
    // store/kv
    "kv-kept-files-after-error",
    "kv-log-rotated",
    "kv-torn-tail-cut",
    // store/state
    "old-versions-dropped",
    "quad-deleted-and-inserted",
    "snapshot-staging-given-up",
    "space-swept",
    // node
    "forward-ended-by-election",
    "leader-not-ready",
    "rpc-doubled-request-dropped",
    "rpc-refused-by-new-incarnation",
    "rpc-sent-again-after-refusal",
    "update-conflict",
};

struct Points {
  explicit Points(const std::vector<std::string_view>& names) {
    for (const std::string_view name : names) by_name[name].name = name;
  }
  SimPoint& Find(std::string_view name) {
    const auto found = by_name.find(name);
    QR_CHECK(found != by_name.end()) << name << " is not in core/base/sim_points.cc";
    return found->second;
  }
  void Reset() {
    for (auto& [name, point] : by_name) point = {.name = name};
  }
  std::map<std::string, uint64_t> Counts() const {
    std::map<std::string, uint64_t> counts;
    for (const auto& [name, point] : by_name) {
      if (point.count > 0) counts.emplace(name, point.count);
    }
    return counts;
  }
  std::map<std::string_view, SimPoint> by_name;  // Its nodes stay where they are.
};

Points& Maybes() {
  static auto& points = *new Points(SimMaybeNames());
  return points;
}
Points& Sometimes() {
  static auto& points = *new Points(SimSometimesNames());
  return points;
}
SimChance& Chance() {
  static auto& chance = *new SimChance;
  return chance;
}

}  // namespace

const std::vector<std::string_view>& SimMaybeNames() {
  static const auto& names =
      *new std::vector<std::string_view>(std::begin(kMaybeNames), std::end(kMaybeNames));
  return names;
}

const std::vector<std::string_view>& SimSometimesNames() {
  static const auto& names =
      *new std::vector<std::string_view>(std::begin(kSometimesNames), std::end(kSometimesNames));
  return names;
}

bool SimPoint::Fires() {
  const SimChance& chance = Chance();
  if (!chance) return false;
  if (!asked) {
    asked = true;
    on = chance(name, kSimPointOnPercent);
  }
  if (!on || !chance(name, kSimPointFirePercent)) return false;
  ++count;
  return true;
}

void ResetSimPoints(SimChance chance) {
  Chance() = std::move(chance);
  Maybes().Reset();
  Sometimes().Reset();
}

std::map<std::string, uint64_t> SimFirings() { return Maybes().Counts(); }
std::map<std::string, uint64_t> SimMarks() { return Sometimes().Counts(); }
SimPoint& FindSimMaybe(std::string_view name) { return Maybes().Find(name); }
SimPoint& FindSimSometimes(std::string_view name) { return Sometimes().Find(name); }

}  // namespace quadraft
