#include "node/metrics.h"

#include <charconv>

#include "core/base/strings.h"

namespace quadraft::node {
namespace {

struct CounterRow {
  std::string_view name, help;
  Counter Metrics::*counter;
  std::string_view labels = {};
};
constexpr std::string_view kOutcomes = "quadraft_update_outcomes_total",
                           kOutcomesHelp = "Updates by what their answer says that was done (docs/sessions.md).";
constexpr std::string_view kReads = "quadraft_reads_total", kReadsHelp = "Queries by the consistency that they asked for.";
constexpr std::string_view kFailed = "quadraft_raft_proposals_failed_total",
                           kFailedHelp = "Proposals of updates that were not applied, by why.";
constexpr CounterRow kCounters[] = {
    {"quadraft_queries_total", "Queries answered or refused.", &Metrics::queries_total},
    {"quadraft_query_errors_total", "Queries that ended in an error.", &Metrics::query_errors_total},
    {"quadraft_updates_total", "Updates and Graph Store writes received from clients.", &Metrics::updates_total},
    {"quadraft_update_errors_total", "Updates that ended in an error or an unknown outcome.", &Metrics::update_errors_total},
    {"quadraft_update_conflicts_total", "Evaluations of updates done again because of a conflicting write.",
     &Metrics::update_conflicts_total},
    {"quadraft_updates_forwarded_total", "Updates sent on to the leader.", &Metrics::updates_forwarded_total},
    {"quadraft_quads_inserted_total", "Quads that updates of this node's clients added.", &Metrics::quads_inserted_total},
    {"quadraft_quads_deleted_total", "Quads that updates of this node's clients removed.", &Metrics::quads_deleted_total},
    {kOutcomes, kOutcomesHelp, &Metrics::outcomes_done, "{outcome=\"done\"}"},
    {kOutcomes, kOutcomesHelp, &Metrics::outcomes_repeated, "{outcome=\"repeated\"}"},
    {kOutcomes, kOutcomesHelp, &Metrics::outcomes_none, "{outcome=\"none\"}"},
    {kOutcomes, kOutcomesHelp, &Metrics::outcomes_unknown, "{outcome=\"unknown\"}"},
    {kReads, kReadsHelp, &Metrics::reads_linearizable, "{kind=\"linearizable\"}"},
    {kReads, kReadsHelp, &Metrics::reads_bounded, "{kind=\"bounded\"}"},
    {kReads, kReadsHelp, &Metrics::reads_local, "{kind=\"local\"}"},
    {kFailed, kFailedHelp, &Metrics::failed_not_leader, "{reason=\"not_leader\"}"},
    {kFailed, kFailedHelp, &Metrics::failed_overload, "{reason=\"overload\"}"},
    {kFailed, kFailedHelp, &Metrics::failed_too_large, "{reason=\"too_large\"}"},
    {kFailed, kFailedHelp, &Metrics::failed_unknown, "{reason=\"unknown\"}"},
    {kFailed, kFailedHelp, &Metrics::failed_other, "{reason=\"other\"}"},
};

struct HistogramRow {
  std::string_view name, help;
  Histogram Metrics::*histogram;
};
constexpr HistogramRow kHistograms[] = {
    {"quadraft_query_duration_seconds", "From the request to the last byte handed to the connection.", &Metrics::query_seconds},
    {"quadraft_update_duration_seconds", "From the request to the answer.", &Metrics::update_seconds},
    {"quadraft_raft_commit_duration_seconds", "From an update's proposal by this leader to its being committed and applied here.",
     &Metrics::commit_seconds},
    {"quadraft_log_sync_duration_seconds", "Of each sync of the log.", &Metrics::sync_seconds},
};

void AppendHeader(std::string* out, std::string_view name, std::string_view help, std::string_view type) {
  StrAppend(out, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

// Without an exponent: "0.0001".
std::string Seconds(int64_t micros) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), static_cast<double>(micros) / 1e6, std::chars_format::fixed);
  return std::string(text, end.ptr);
}

void AppendHistogram(std::string* out, std::string_view name, const Histogram& histogram) {
  uint64_t cumulative = 0;
  for (size_t i = 0; i < Histogram::kBoundsMicros.size(); ++i) {
    cumulative += histogram.buckets()[i];
    StrAppend(out, name, "_bucket{le=\"", Seconds(Histogram::kBoundsMicros[i]), "\"} ", cumulative, "\n");
  }
  StrAppend(out, name, "_bucket{le=\"+Inf\"} ", histogram.count(), "\n");
  StrAppend(out, name, "_sum ", static_cast<double>(histogram.sum_ns()) / 1e9, "\n");
  StrAppend(out, name, "_count ", histogram.count(), "\n");
}

}  // namespace

Counter& Metrics::OutcomesOf(std::string_view outcome) {
  if (outcome == "done") return outcomes_done;
  if (outcome == "repeated") return outcomes_repeated;
  return outcome == "none" ? outcomes_none : outcomes_unknown;
}

Counter& Metrics::ProposalsFailed(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return failed_not_leader;
    case absl::StatusCode::kResourceExhausted:
      return failed_overload;
    case absl::StatusCode::kInvalidArgument:
      return failed_too_large;
    case absl::StatusCode::kDeadlineExceeded:
      return failed_unknown;
    default:
      return failed_other;
  }
}

void Histogram::Observe(Duration duration) {
  const int64_t micros = duration.count() / 1000;
  size_t bucket = 0;
  while (bucket < kBoundsMicros.size() && micros > kBoundsMicros[bucket]) ++bucket;
  ++buckets_[bucket];
  ++count_;
  sum_ns_ += duration.count();
}

std::string PrometheusText(const Metrics& metrics, const std::vector<Gauge>& gauges) {
  std::string out;
  std::string_view last;
  for (const CounterRow& row : kCounters) {  // Rows of one name stand together.
    if (row.name != last) AppendHeader(&out, row.name, row.help, "counter");
    last = row.name;
    StrAppend(&out, row.name, row.labels, " ", (metrics.*row.counter).value(), "\n");
  }
  for (const HistogramRow& row : kHistograms) {
    AppendHeader(&out, row.name, row.help, "histogram");
    AppendHistogram(&out, row.name, metrics.*row.histogram);
  }
  for (const Gauge& gauge : gauges) {
    if (gauge.name != last) AppendHeader(&out, gauge.name, gauge.help, gauge.type);
    last = gauge.name;
    StrAppend(&out, gauge.name, gauge.labels, " ", gauge.value, "\n");
  }
  return out;
}

}  // namespace quadraft::node
