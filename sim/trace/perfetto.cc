#include "sim/trace/perfetto.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "core/base/strings.h"
#include "sim/trace/json_text.h"

namespace quadraft::sim {
namespace {

constexpr uint32_t kWorldPid = 1'000'000;  // Faults, cuts, phases.
constexpr int64_t kDotNs = 1000;           // How long a moment is drawn.

enum Track : int { kRoles = 1, kMessages = 2, kLife = 3, kLogs = 4 };

// Microseconds with three digits: exact, and without floating point.
std::string Micros(int64_t ns) {
  char text[40];
  std::snprintf(text, sizeof(text), "%lld.%03lld", static_cast<long long>(ns / 1000),
                static_cast<long long>(ns % 1000));
  return text;
}

class Writer {
 public:
  explicit Writer(std::ostream* out) : out_(out) {}

  // Begins an event; Arg adds to it; End ends it.
  Writer& Begin(std::string_view phase, std::string_view name, uint32_t pid, int track,
                int64_t ns) {
    line_ = first_ ? "\n{\"ph\":\"" : ",\n{\"ph\":\"";
    first_ = false;
    StrAppend(&line_, phase, "\",\"pid\":", pid, ",\"tid\":", track, ",\"ts\":", Micros(ns),
              ",\"name\":");
    AppendJson(&line_, name);
    args_.clear();
    return *this;
  }
  Writer& Raw(std::string_view json) {
    line_ += json;
    return *this;
  }
  Writer& Arg(std::string_view name, std::string_view value) {
    StrAppend(&args_, args_.empty() ? "" : ",", "\"", name, "\":");
    AppendJson(&args_, value);
    return *this;
  }
  Writer& Arg(std::string_view name, uint64_t value) {
    StrAppend(&args_, args_.empty() ? "" : ",", "\"", name, "\":", value);
    return *this;
  }
  void End() {
    if (!args_.empty()) StrAppend(&line_, ",\"args\":{", args_, "}");
    *out_ << line_ << '}';
  }

 private:
  std::ostream* out_;
  std::string line_, args_;
  bool first_ = true;
};

std::string Lasting(int64_t begin_ns, int64_t end_ns) {
  return StrCat(",\"dur\":", Micros(std::max<int64_t>(end_ns - begin_ns, 0)));
}

void WriteNames(const Recording& recording, Writer* w) {
  const auto name = [&](std::string_view what, uint32_t pid, int track, std::string_view text) {
    w->Begin("M", what, pid, track, 0).Arg("name", text).End();
  };
  for (const RecordedNode& node : recording.nodes) {
    name("process_name", node.id, 0, node.name);
    w->Begin("M", "process_sort_index", node.id, 0, 0).Arg("sort_index", node.id).End();
    if (node.server) name("thread_name", node.id, kRoles, "role and term");
    name("thread_name", node.id, kMessages, "messages");
    name("thread_name", node.id, kLife, "down and paused");
    name("thread_name", node.id, kLogs, "log lines");
  }
  name("process_name", kWorldPid, 0, "faults");
}

void WriteRoles(const Recording& recording, Writer* w) {
  struct Band {
    int64_t begin_ns = 0;
    RaftView view;
  };
  std::map<uint32_t, Band> bands;
  const auto close = [&](uint32_t node, const Band& band, int64_t end_ns) {
    const auto role = raft::RoleName(static_cast<raft::Role>(band.view.role));
    w->Begin("X", StrCat(role, ", term ", band.view.term), node, kRoles, band.begin_ns)
        .Raw(Lasting(band.begin_ns, end_ns))
        .Arg("leader", band.view.leader)
        .Arg("vote", band.view.vote)
        .End();
  };
  for (const auto& [node, base] : recording.base) {
    bands[node] = {recording.dropped_until_ns, base.view};
  }
  for (const RecordedRaft& raft : recording.rafts) {
    const auto [band, added] = bands.try_emplace(raft.node, Band{raft.time_ns, raft.view});
    const RaftView before = band->second.view;
    if (before.role != raft.view.role || before.term != raft.view.term) {
      close(raft.node, band->second, raft.time_ns);
      band->second = {raft.time_ns, raft.view};
    }
    band->second.view.leader = raft.view.leader;
    band->second.view.vote = raft.view.vote;
    if (added || before.term != raft.view.term) {
      w->Begin("C", "term", raft.node, 0, raft.time_ns).Arg("term", raft.view.term).End();
    }
    if (added || before.commit != raft.view.commit) {
      w->Begin("C", "commit", raft.node, 0, raft.time_ns).Arg("commit", raft.view.commit).End();
    }
    band->second.view.commit = raft.view.commit;
  }
  for (const auto& [node, band] : bands) close(node, band, recording.end_ns);
}

void WriteMessages(const Recording& recording, Writer* w) {
  for (const RecordedMessage& m : recording.messages) {
    const std::string_view kind = MessageKindName(m.kind);
    const bool delivered = m.end == MessageEnd::kDelivered;
    w->Begin("X", StrCat(delivered ? "" : "lost: ", kind), m.from, kMessages, m.sent_ns)
        .Raw(Lasting(0, kDotNs))
        .Arg("says", m.text)
        .Arg("to", uint64_t{m.to})
        .Arg("event", m.sent_event)
        .End();
    if (!delivered) continue;
    // A doubled message has two arrows: the number of its arrival tells them apart.
    const std::string id =
        StrCat(",\"cat\":\"message\",\"id\":\"", m.number, ".", m.end_event, "\"");
    w->Begin("X", StrCat("got ", kind), m.to, kMessages, m.end_ns)
        .Raw(Lasting(0, kDotNs))
        .Arg("says", m.text)
        .Arg("from", uint64_t{m.from})
        .Arg("event", m.end_event)
        .End();
    w->Begin("s", kind, m.from, kMessages, m.sent_ns).Raw(id).End();
    w->Begin("f", kind, m.to, kMessages, m.end_ns).Raw(id).Raw(",\"bp\":\"e\"").End();
  }
}

void WriteSpans(const Recording& recording, Writer* w) {
  uint64_t number = 0;
  // Spans of one track may overlap: these go onto tracks of their own, by id.
  const auto async = [&](const RecordedSpan& span, uint32_t pid, std::string_view category,
                         std::string_view name) {
    const std::string id = StrCat(",\"cat\":\"", category, "\",\"id\":", ++number);
    w->Begin("b", name, pid, 0, span.begin_ns).Raw(id).Arg("event", span.begin_event).End();
    w->Begin("e", name, pid, 0, span.end_ns).Raw(id).Arg("result", span.result).End();
  };
  for (const RecordedSpan& span : recording.spans) {
    switch (span.kind) {
      case SpanKind::kDown:
      case SpanKind::kPaused:
        w->Begin("X", span.kind == SpanKind::kPaused ? "paused" : StrCat("down: ", span.text),
                 span.node, kLife, span.begin_ns)
            .Raw(Lasting(span.begin_ns, span.end_ns))
            .End();
        break;
      case SpanKind::kOperation: {
        static constexpr std::string_view kOutcomes[] = {"ok", "fail", "unknown"};
        async(span, span.node, "operation",
              StrCat(span.text, ": ", kOutcomes[static_cast<int>(span.outcome)]));
        break;
      }
      case SpanKind::kCut:
        async(span, kWorldPid, "cut", StrCat("cut ", span.node, " -> ", span.other));
        break;
      case SpanKind::kFault:
        async(span, kWorldPid, "fault", span.text);
        break;
      case SpanKind::kPhase:
        async(span, kWorldPid, "phase", StrCat("phase: ", span.text));
        break;
    }
  }
}

}  // namespace

void WritePerfetto(const Recording& recording, const RunAbout& about, std::ostream* out) {
  std::string head = "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"title\":";
  AppendJson(&head, about.title);
  head += ",\"command\":";
  AppendJson(&head, about.command);
  head += ",\"violation\":";
  AppendJson(&head, recording.violation);
  StrAppend(&head, ",\"dropped_events\":", recording.dropped_events, "},\"traceEvents\":[");
  *out << head;
  Writer w(out);
  WriteNames(recording, &w);
  WriteRoles(recording, &w);
  WriteMessages(recording, &w);
  WriteSpans(recording, &w);
  for (const RecordedLog& log : recording.logs) {
    w.Begin("i", log.text, log.node, kLogs, log.time_ns).Raw(",\"s\":\"t\"").End();
  }
  if (!recording.violation.empty()) {
    w.Begin("i", StrCat("VIOLATION ", recording.violation), kWorldPid, 0, recording.end_ns)
        .Raw(",\"s\":\"g\"")
        .End();
  }
  *out << "\n]}\n";
}

}  // namespace quadraft::sim
