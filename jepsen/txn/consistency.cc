#include "jepsen/txn/consistency.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace quadraft::jepsen {
namespace {

// `from` implies (or forbids) `to`.
struct Arc {
  std::string_view from;
  std::string_view to;
};

// Anomaly to the anomalies that it also is.
constexpr Arc kImpliedAnomalies[] = {
    {"G0", "G1c"},
    {"G0", "G0-process"},
    {"G0-process", "G1c-process"},
    {"G0-process", "G0-realtime"},
    {"G0-realtime", "G1c-realtime"},
    {"G1a", "G1"},
    {"G1b", "G1"},
    {"G1c", "G1"},
    {"G1c", "G1c-process"},
    {"G1c-process", "G1c-realtime"},
    {"G1c-process", "G1-process"},
    {"G1c-realtime", "G1-realtime"},
    {"G1", "G1-process"},
    {"G1-process", "G1-realtime"},
    {"G-single-item", "G-single"},
    {"G-single-item", "G-single-item-process"},
    {"G-single-item", "G-nonadjacent-item"},
    {"G-single-item-process", "G-single-process"},
    {"G-single-item-process", "G-single-item-realtime"},
    {"G-single-item-process", "G-nonadjacent-item-process"},
    {"G-single-item-realtime", "G-single-realtime"},
    {"G-single-item-realtime", "G-nonadjacent-item-realtime"},
    {"G-single", "G-nonadjacent"},
    {"G-single", "GSIb"},
    {"G-single", "G-single-process"},
    {"G-single-process", "G-nonadjacent-process"},
    {"G-single-process", "G-single-realtime"},
    {"G-single-realtime", "G-nonadjacent-realtime"},
    {"G-nonadjacent-item", "G-nonadjacent"},
    {"G-nonadjacent-item", "G2-item"},
    {"G-nonadjacent-item", "G-nonadjacent-item-process"},
    {"G-nonadjacent-item-process", "G-nonadjacent-process"},
    {"G-nonadjacent-item-process", "G2-item-process"},
    {"G-nonadjacent-item-process", "G-nonadjacent-item-realtime"},
    {"G-nonadjacent-item-realtime", "G2-item-realtime"},
    {"G-nonadjacent-item-realtime", "G-nonadjacent-realtime"},
    {"G-nonadjacent", "G2"},
    {"G-nonadjacent", "G-nonadjacent-process"},
    {"G-nonadjacent-process", "G2-process"},
    {"G-nonadjacent-process", "G-nonadjacent-realtime"},
    {"G-nonadjacent-realtime", "G2-realtime"},
    {"G2", "G2-process"},
    {"G2-item", "G2"},
    {"G2-item", "G2-item-process"},
    {"G2-item-process", "G2-process"},
    {"G2-item-process", "G2-item-realtime"},
    {"G2-item-realtime", "G2-realtime"},
    {"G2-process", "G2-realtime"},
    {"GSIa", "GSI"},
    {"GSIb", "GSI"},
    {"incompatible-order", "G1a"},
    {"future-read", "G1c"},
    {"dirty-update", "G1a"},
    // A value out of nowhere was certainly not committed. (Elle has no name for it.)
    {"garbage-read", "G1a"},
    {"lost-update", "write-skew"},
    {"lost-update", "G2-item"},
    {"write-skew", "G2"},
};

// Level to the weaker levels that it includes, by canonical names. The sources (Adya 1999; Bailis
// et al. 2013; Cerone et al. 2015; Daudjee & Salem 2006; Bernstein et al. 1987) are listed with the
// table in Elle.
constexpr Arc kImpliedModels[] = {
    {"causal-cerone", "read-atomic"},
    {"PL-2+", "PL-CS"},
    {"PL-2+", "PL-2L"},
    {"PL-3", "view-serializable"},
    {"PL-CS", "PL-2"},
    {"PL-FCV", "PL-2+"},
    {"PL-2", "PL-1"},
    {"PL-3", "PL-2.99"},
    {"PL-3", "PL-3U"},
    {"PL-3", "PL-SI"},
    {"PL-3U", "PL-FCV"},
    {"monotonic-atomic-view", "PL-2"},
    {"PL-2L", "PL-2"},
    {"PL-MSR", "PL-2"},
    {"parallel-snapshot-isolation", "causal-cerone"},
    {"parallel-snapshot-isolation", "update-atomic"},
    {"prefix", "causal-cerone"},
    {"read-atomic", "monotonic-atomic-view"},
    {"PL-2.99", "PL-CS"},
    {"PL-2.99", "monotonic-atomic-view"},
    {"update-atomic", "read-atomic"},
    {"session-serializable", "1SR"},
    {"PL-SI", "PL-FCV"},
    {"PL-SI", "monotonic-atomic-view"},
    {"PL-SI", "PL-MSR"},
    {"PL-SI", "parallel-snapshot-isolation"},
    {"PL-SI", "prefix"},
    {"PL-SS", "PL-3"},
    {"PL-SS", "linearizable"},
    {"PL-SS", "PL-SI"},
    {"PL-SS", "strong-snapshot-isolation"},
    {"PL-SS", "strong-session-serializable"},
    {"PL-SS", "session-serializable"},
    {"strong-session-PL-1", "PL-1"},
    {"strong-session-PL-2", "PL-2"},
    {"strong-session-PL-2", "strong-session-PL-1"},
    {"strong-PL-1", "strong-session-PL-1"},
    {"strong-PL-2", "strong-session-PL-2"},
    {"strong-PL-2", "strong-PL-1"},
    {"strong-session-serializable", "PL-3"},
    {"strong-session-serializable", "strong-session-snapshot-isolation"},
    {"strong-session-snapshot-isolation", "PL-SI"},
    {"strong-session-snapshot-isolation", "strong-session-PL-2"},
    {"strong-snapshot-isolation", "strong-session-snapshot-isolation"},
    {"strong-snapshot-isolation", "strong-PL-2"},
    {"linearizable", "sequential"},
    {"sequential", "causal"},
    {"causal", "writes-follow-reads"},
    {"causal", "PRAM"},
    {"PRAM", "monotonic-reads"},
    {"PRAM", "monotonic-writes"},
    {"PRAM", "read-your-writes"},
};

// Level to the anomalies that it forbids beyond those of weaker levels.
constexpr Arc kProscribed[] = {
    {"causal-cerone", "internal"},
    {"causal-cerone", "G1a"},
    {"PL-CS", "G1"},
    {"PL-CS", "G-cursor"},
    {"PL-CS", "lost-update"},
    {"PL-2L", "G1"},
    {"PL-2L", "G-monotonic"},
    {"PL-MSR", "G1"},
    {"PL-MSR", "G-MSR"},
    {"PL-2+", "G1"},
    {"PL-2+", "G-single"},
    {"PL-FCV", "G1"},
    {"PL-FCV", "G-SIb"},
    {"parallel-snapshot-isolation", "internal"},
    {"parallel-snapshot-isolation", "G1a"},
    {"PL-3", "G1"},
    {"PL-3", "G2"},
    {"PL-3", "predicate-read-miss"},
    {"PL-3", "PL-3-cycle-exists"},
    {"PL-3", "internal"},
    {"PL-2", "G1"},
    {"PL-2", "PL-2-cycle-exists"},
    {"PL-1", "G0"},
    {"PL-1", "duplicate-elements"},
    {"PL-1", "cyclic-versions"},
    {"PL-1", "PL-1-cycle-exists"},
    {"prefix", "internal"},
    {"prefix", "G1a"},
    {"PL-SI", "internal"},
    {"PL-SI", "G1"},
    {"PL-SI", "G-SI"},
    {"PL-SI", "G-nonadjacent"},
    {"PL-SI", "PL-SI-cycle-exists"},
    {"read-atomic", "internal"},
    {"read-atomic", "G1a"},
    {"read-atomic", "future-read"},
    {"PL-2.99", "G1"},
    {"PL-2.99", "G2-item"},
    {"PL-2.99", "PL-2.99-cycle-exists"},
    {"PL-2.99", "lost-update"},
    {"update-atomic", "lost-update"},
    {"PL-SS", "G1"},
    {"PL-SS", "G1c-realtime"},
    {"PL-SS", "G2-realtime"},
    {"PL-SS", "PL-SS-cycle-exists"},
    {"strong-session-PL-1", "strong-session-PL-1-cycle-exists"},
    {"strong-session-PL-1", "G0-process"},
    {"strong-session-PL-2", "strong-session-PL-2-cycle-exists"},
    {"strong-session-PL-2", "G1c-process"},
    {"strong-PL-1", "strong-PL-1-cycle-exists"},
    {"strong-PL-1", "G0-realtime"},
    {"strong-PL-2", "strong-PL-2-cycle-exists"},
    {"strong-PL-2", "G1c-realtime"},
    {"strong-session-snapshot-isolation", "internal"},
    {"strong-session-snapshot-isolation", "G1-process"},
    {"strong-session-snapshot-isolation", "G-nonadjacent-process"},
    {"strong-session-snapshot-isolation", "strong-session-snapshot-isolation-cycle-exists"},
    {"strong-snapshot-isolation", "internal"},
    {"strong-snapshot-isolation", "G1-realtime"},
    {"strong-snapshot-isolation", "G-nonadjacent-realtime"},
    {"strong-snapshot-isolation", "strong-snapshot-isolation-cycle-exists"},
    {"strong-session-serializable", "G1-process"},
    {"strong-session-serializable", "G2-process"},
    {"strong-session-serializable", "strong-session-serializable-cycle-exists"},
    {"PL-3U", "G1"},
    {"PL-3U", "G-update"},
};

// Friendly name to canonical name; the first of a canonical name is the one to print.
constexpr Arc kCanonical[] = {
    {"consistent-view", "PL-2+"},
    {"serializable", "PL-3"},
    {"conflict-serializable", "PL-3"},
    {"cursor-stability", "PL-CS"},
    {"forward-consistent-view", "PL-FCV"},
    {"monotonic-snapshot-read", "PL-MSR"},
    {"monotonic-view", "PL-2L"},
    {"read-committed", "PL-2"},
    {"read-uncommitted", "PL-1"},
    {"repeatable-read", "PL-2.99"},
    {"snapshot-isolation", "PL-SI"},
    {"strict-serializable", "PL-SS"},
    {"strong-serializable", "PL-SS"},
    {"update-serializable", "PL-3U"},
    {"strong-session-read-uncommitted", "strong-session-PL-1"},
    {"strong-session-read-committed", "strong-session-PL-2"},
    {"strong-read-uncommitted", "strong-PL-1"},
    {"strong-read-committed", "strong-PL-2"},
};

// Worst first; what has no row comes last but for -process and -realtime, which follow their order.
constexpr std::string_view kSeverity[] = {
    "duplicate-elements",
    "cyclic-versions",
    "G0",
    "garbage-read",
    "internal",
    "future-read",
    "dirty-update",
    "G1a",
    "incompatible-order",
    "G1b",
    "G1c",
    "lost-update",
    "G-single-item",
    "G-single",
    "G-nonadjacent-item",
    "G-nonadjacent",
    "PL-SI-cycle-exists",
    "G2-item",
    "G2",
    "PL-3-cycle-exists",
};

using Names = std::set<std::string>;

template <size_t n>
Names Reach(const Arc (&arcs)[n], Names names, bool backwards) {
  std::vector<std::string> open(names.begin(), names.end());
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    for (const Arc& arc : arcs) {
      if ((backwards ? arc.to : arc.from) != name) continue;
      std::string next(backwards ? arc.from : arc.to);
      if (names.insert(next).second) open.push_back(std::move(next));
    }
  }
  return names;
}

std::string Canonical(std::string_view model) {
  for (const Arc& arc : kCanonical) {
    if (arc.from == model) return std::string(arc.to);
  }
  return std::string(model);
}

std::string Friendly(std::string_view model) {
  for (const Arc& arc : kCanonical) {
    if (arc.to == model) return std::string(arc.from);
  }
  return std::string(model);
}

Names ToNames(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

template <size_t n>
bool Mentions(const Arc (&arcs)[n], std::string_view name) {
  return std::any_of(std::begin(arcs), std::end(arcs),
                     [name](const Arc& arc) { return arc.from == name || arc.to == name; });
}

// The place in kSeverity of the anomaly without its suffix.
size_t Severity(std::string_view anomaly) {
  size_t shift = 0;
  constexpr size_t kRows = std::size(kSeverity);
  const auto strip = [&anomaly, &shift](std::string_view suffix, size_t rows) {
    if (!anomaly.ends_with(suffix)) return;
    anomaly.remove_suffix(suffix.size());
    shift = rows;
  };
  strip("-process", kRows + 1);
  strip("-realtime", 2 * (kRows + 1));
  const auto found = std::find(std::begin(kSeverity), std::end(kSeverity), anomaly);
  return shift + static_cast<size_t>(found - std::begin(kSeverity));
}

}  // namespace

bool IsConsistencyModel(std::string_view model) {
  const std::string name = Canonical(model);
  return Mentions(kImpliedModels, name);
}

bool IsAnomaly(std::string_view anomaly) {
  return Mentions(kImpliedAnomalies, anomaly) ||
         std::any_of(std::begin(kProscribed), std::end(kProscribed),
                     [anomaly](const Arc& arc) { return arc.to == anomaly; });
}

std::vector<std::string> ConsistencyModels() {
  Names names;
  for (const Arc& arc : kImpliedModels) {
    names.insert(Friendly(arc.from));
    names.insert(Friendly(arc.to));
  }
  return {names.begin(), names.end()};
}

std::set<std::string> AnomaliesImplying(const std::vector<std::string>& anomalies) {
  return Reach(kImpliedAnomalies, ToNames(anomalies), true);
}

std::set<std::string> AnomaliesImpliedBy(const std::vector<std::string>& anomalies) {
  return Reach(kImpliedAnomalies, ToNames(anomalies), false);
}

std::set<std::string> AnomaliesProhibitedBy(const std::vector<std::string>& models) {
  Names canonical;
  for (const std::string& model : models) canonical.insert(Canonical(model));
  canonical = Reach(kImpliedModels, canonical, false);
  Names direct;
  for (const Arc& arc : kProscribed) {
    if (canonical.contains(std::string(arc.from))) direct.insert(std::string(arc.to));
  }
  return Reach(kImpliedAnomalies, direct, true);
}

bool Implies(std::string_view model, std::string_view weaker) {
  return Reach(kImpliedModels, Names{Canonical(model)}, false).contains(Canonical(weaker));
}

Boundary BoundaryOf(const std::vector<std::string>& anomalies) {
  const Names implied = AnomaliesImpliedBy(anomalies);
  Names impossible;
  for (const Arc& arc : kProscribed) {
    if (implied.contains(std::string(arc.to))) impossible.insert(std::string(arc.from));
  }
  impossible = Reach(kImpliedModels, impossible, true);
  Names weakest;
  Names rest;
  for (const std::string& model : impossible) {
    Names weaker = Reach(kImpliedModels, Names{model}, false);
    weaker.erase(model);
    const bool is_weakest = std::none_of(
        weaker.begin(), weaker.end(), [&](const std::string& w) { return impossible.contains(w); });
    (is_weakest ? weakest : rest).insert(Friendly(model));
  }
  return {{weakest.begin(), weakest.end()}, {rest.begin(), rest.end()}};
}

bool IsWorse(std::string_view a, std::string_view b) {
  const size_t severity_a = Severity(a);
  const size_t severity_b = Severity(b);
  return severity_a != severity_b ? severity_a < severity_b : a < b;
}

}  // namespace quadraft::jepsen
