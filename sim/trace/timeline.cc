#include "sim/trace/timeline.h"

#include <map>
#include <string_view>

#include "core/base/check.h"
#include "core/base/strings.h"
#include "sim/trace/json_text.h"
#include "sim/trace/page/page.h"

namespace quadraft::sim {
namespace {

// "name":[a,b,...], for one field of each item.
template <typename Items, typename Field>
void Column(std::string* out, std::string_view name, const Items& items, Field field) {
  StrAppend(out, ",\"", name, "\":[");
  bool first = true;
  for (const auto& item : items) {
    if (!first) out->push_back(',');
    first = false;
    using Value = decltype(field(item));
    if constexpr (std::is_convertible_v<Value, std::string_view>) {
      AppendJson(out, field(item));
    } else {
      StrAppend(out, field(item));
    }
  }
  out->push_back(']');
}

void Text(std::string* out, std::string_view name, std::string_view text) {
  StrAppend(out, out->back() == '{' ? "" : ",", "\"", name, "\":");
  AppendJson(out, text);
}

// A process by its place among recording.nodes; -1: the world itself, or unknown.
class Places {
 public:
  explicit Places(const Recording& recording) {
    for (size_t i = 0; i < recording.nodes.size(); ++i) {
      places_[recording.nodes[i].id] = static_cast<int>(i);
    }
  }
  int operator()(uint64_t id) const {
    const auto found = places_.find(id);
    return found == places_.end() ? -1 : found->second;
  }

 private:
  std::map<uint64_t, int> places_;
};

void AppendRuns(std::string* out, const TermRuns& runs) {
  out->push_back('[');
  for (size_t i = 0; i < runs.size(); ++i) {
    StrAppend(out, i == 0 ? "" : ",", runs[i].first, ",", runs[i].second);
  }
  out->push_back(']');
}

// role, term, vote, leader, commit, snapshot
void AppendView(std::string* out, const RaftView& view, const Places& place) {
  StrAppend(out, static_cast<int>(view.role), ",", view.term, ",", place(view.vote), ",",
            place(view.leader), ",", view.commit, ",", view.snapshot);
}

void AppendEvents(std::string* out, const Recording& recording, const Places& place) {
  const auto& events = recording.events;
  StrAppend(out, ",\"events\":{\"first\":", events.empty() ? 0 : events.front().number);
  int64_t before = 0;
  Column(out, "t", events, [&](const RecordedEvent& e) {
    const int64_t step = e.time_ns - before;
    before = e.time_ns;
    return step;
  });
  Column(out, "k", events, [](const RecordedEvent& e) { return static_cast<int>(e.kind); });
  Column(out, "n", events, [&](const RecordedEvent& e) { return place(e.node); });
  Column(out, "c", events,
         [](const RecordedEvent& e) { return e.cause == 0 ? 0 : e.number - e.cause; });
  out->push_back('}');
}

void AppendMessages(std::string* out, const Recording& recording, const Places& place) {
  const auto& messages = recording.messages;
  using M = RecordedMessage;
  StrAppend(out, ",\"messages\":{\"count\":", messages.size());
  Column(out, "s", messages, [](const M& m) { return m.sent_ns; });
  Column(out, "d", messages, [](const M& m) { return m.end_ns - m.sent_ns; });
  Column(out, "se", messages, [](const M& m) { return m.sent_event; });
  Column(out, "ee", messages, [](const M& m) { return m.end_event - m.sent_event; });
  Column(out, "f", messages, [&](const M& m) { return place(m.from); });
  Column(out, "o", messages, [&](const M& m) { return place(m.to); });
  Column(out, "k", messages, [](const M& m) { return static_cast<int>(m.kind); });
  Column(out, "x", messages, [](const M& m) { return static_cast<int>(m.end); });
  Column(out, "b", messages, [](const M& m) { return m.bytes; });
  Column(out, "m", messages, [](const M& m) -> std::string_view { return m.text; });
  out->push_back('}');
}

void AppendLogs(std::string* out, const Recording& recording, const Places& place) {
  const auto& logs = recording.logs;
  using L = RecordedLog;
  StrAppend(out, ",\"logs\":{\"count\":", logs.size());
  Column(out, "t", logs, [](const L& l) { return l.time_ns; });
  Column(out, "e", logs, [](const L& l) { return l.event; });
  Column(out, "n", logs, [&](const L& l) { return place(l.node); });
  Column(out, "l", logs, [](const L& l) { return static_cast<int>(l.level); });
  Column(out, "m", logs, [](const L& l) -> std::string_view { return l.text; });
  out->push_back('}');
}

void AppendRafts(std::string* out, const Recording& recording, const Places& place) {
  StrAppend(out, ",\"base\":[");
  bool first = true;
  for (const auto& [node, base] : recording.base) {
    StrAppend(out, first ? "[" : ",[", place(node), ",");
    first = false;
    AppendView(out, base.view, place);
    StrAppend(out, ",", base.log_first, ",[");
    for (size_t i = 0; i < base.log_terms.size(); ++i) {
      StrAppend(out, i == 0 ? "" : ",", base.log_terms[i], ",1");
    }
    StrAppend(out, "]]");
  }
  StrAppend(out, "],\"rafts\":[");
  first = true;
  for (const RecordedRaft& raft : recording.rafts) {
    StrAppend(out, first ? "[" : ",[", raft.time_ns, ",", raft.event, ",", place(raft.node), ",");
    first = false;
    AppendView(out, raft.view, place);
    StrAppend(out, ",", raft.log_from, ",");
    AppendRuns(out, raft.log_terms);
    out->push_back(']');
  }
  out->push_back(']');
}

void AppendSpans(std::string* out, const Recording& recording, const Places& place) {
  StrAppend(out, ",\"spans\":[");
  bool first = true;
  for (const RecordedSpan& span : recording.spans) {
    StrAppend(out, first ? "[" : ",[", static_cast<int>(span.kind), ",", place(span.node), ",",
              place(span.other), ",", span.begin_ns, ",", span.end_ns, ",", span.begin_event, ",",
              span.end_event, ",", static_cast<int>(span.outcome), ",", span.open ? 1 : 0, ",",
              span.id, ",");
    first = false;
    AppendJson(out, span.text);
    out->push_back(',');
    AppendJson(out, span.result);
    out->push_back(']');
  }
  out->push_back(']');
}

void AppendNames(std::string* out) {
  StrAppend(out, ",\"messageKinds\":[");
  for (int i = 0; i < kMessageKinds; ++i) {
    if (i > 0) out->push_back(',');
    AppendJson(out, MessageKindName(static_cast<MessageKind>(i)));
  }
  StrAppend(out, "],\"eventKinds\":[");
  for (int i = 0; i < kEventKinds; ++i) {
    if (i > 0) out->push_back(',');
    AppendJson(out, EventKindName(static_cast<EventKind>(i)));
  }
  out->push_back(']');
}

}  // namespace

std::string TimelineJson(const Recording& recording, const RunAbout& about) {
  const Places place(recording);
  std::string out = "{";
  Text(&out, "title", about.title);
  Text(&out, "command", about.command);
  Text(&out, "description", about.description);
  Text(&out, "hash", about.hash);
  Text(&out, "violation", recording.violation);
  StrAppend(&out, ",\"droppedEvents\":", recording.dropped_events,
            ",\"droppedUntil\":", recording.dropped_until_ns,
            ",\"lastEvent\":", recording.last_event, ",\"end\":", recording.end_ns, ",\"nodes\":[");
  for (size_t i = 0; i < recording.nodes.size(); ++i) {
    StrAppend(&out, i == 0 ? "[" : ",[", recording.nodes[i].id, ",");
    AppendJson(&out, recording.nodes[i].name);
    StrAppend(&out, ",", recording.nodes[i].server ? 1 : 0, "]");
  }
  out.push_back(']');
  AppendNames(&out);
  AppendEvents(&out, recording, place);
  AppendMessages(&out, recording, place);
  AppendLogs(&out, recording, place);
  AppendRafts(&out, recording, place);
  AppendSpans(&out, recording, place);
  out.push_back('}');
  return out;
}

void WriteTimeline(const Recording& recording, const RunAbout& about, std::ostream* out) {
  // The frame has one mark for each part, in this order.
  std::string_view frame = kPageFrame;
  const auto until = [&](std::string_view mark) {
    const size_t at = frame.find(mark);
    QR_CHECK(at != std::string_view::npos) << "sim/trace/page/frame.html lacks " << mark;
    *out << frame.substr(0, at);
    frame.remove_prefix(at + mark.size());
  };
  until("%TITLE%");
  *out << EscapedHtml(about.title);
  until("%STYLE%");
  *out << kPageStyle;
  until("%DATA%");
  *out << TimelineJson(recording, about);
  until("%SCRIPT%");
  *out << kPageModel << kPageDraw << kPageMain;
  *out << frame;
}

}  // namespace quadraft::sim
