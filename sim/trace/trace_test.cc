// The recorder on a small world of its own, and what the writers make of it: valid JSON, a page
// that holds itself together.
#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "sim/trace/json_text.h"
#include "sim/trace/perfetto.h"
#include "sim/trace/probe.h"
#include "sim/trace/recorder.h"
#include "sim/trace/timeline.h"

namespace quadraft::sim {
namespace {

using nlohmann::json;

// Sends and logs something to the next of three now and then.
class Chatter : public Program {
 public:
  Chatter(Env& env, uint64_t id) : env_(env), id_(id) { Tick(); }
  void Tick() {
    env_.network().Send(NodeId{id_ % 3 + 1}, Channel::kRpc, "no RpcFrame \xff</script>");
    env_.Log(LogLevel::kInfo, "tick <b> \"quoted\"");
    env_.Log(LogLevel::kDebug, "not kept");
    env_.executor().RunAfter(milliseconds(10), [this] { Tick(); });
  }

 private:
  Env& env_;
  uint64_t id_;
};

// A run with everything in it that is no Raft.
void RunChatter(RunObserver* observer, Duration length) {
  World world(5);
  for (uint64_t id : {1, 2, 3}) {
    world.AddProcess(NodeId{id}, StrCat("n", id),
                     [id](Env& env) { return std::make_unique<Chatter>(env, id); });
  }
  world.set_observer(observer);
  observer->Begin(&world, [](NodeId) -> const raft::Raft* { return nullptr; });
  for (uint64_t id : {1, 2, 3}) world.process(NodeId{id}).Start();
  observer->OnPhase("faults");
  observer->OnInvoke(4, NodeId{2}, "write <x>");
  world.RunFor(length / 4);
  observer->OnFaultBegin(7, "one-way-cut", "n1 n2");
  world.network().Cut(NodeId{1}, NodeId{2});
  world.RunFor(length / 4);
  world.network().Heal(NodeId{1}, NodeId{2});
  observer->OnFaultEnd(7);
  observer->OnComplete(4, NodeId{2}, OperationOutcome::kOk, "done");
  observer->OnInvoke(5, NodeId{2}, "never answered");
  world.process(NodeId{3}).Crash();
  world.process(NodeId{1}).Pause();
  world.RunFor(length / 4);
  world.process(NodeId{3}).Start();
  world.process(NodeId{1}).Resume();
  world.RunFor(length / 4);
  observer->End("state: node 2 <lies>");
  world.set_observer(nullptr);
}

size_t CountSpans(const Recording& recording, SpanKind kind) {
  return static_cast<size_t>(std::count_if(recording.spans.begin(), recording.spans.end(),
                                           [&](const RecordedSpan& s) { return s.kind == kind; }));
}

TEST(RecorderTest, KeepsWhatHappened) {
  Recorder recorder;
  RunChatter(&recorder, seconds(1));
  const Recording& r = recorder.recording();
  ASSERT_GT(r.events.size(), 200u);
  EXPECT_EQ(r.dropped_events, 0u);
  EXPECT_EQ(r.events.front().number, 1u);
  EXPECT_EQ(r.events.back().number, r.last_event);
  for (size_t i = 1; i < r.events.size(); ++i) {
    ASSERT_EQ(r.events[i].number, r.events[i - 1].number + 1);
    ASSERT_LT(r.events[i].cause, r.events[i].number);
  }
  size_t blocked = 0, delivered = 0, nobody = 0;
  for (const RecordedMessage& m : r.messages) {
    ASSERT_LE(m.sent_ns, m.end_ns);
    ASSERT_EQ(m.kind, MessageKind::kUnreadable);
    blocked += m.end == MessageEnd::kBlocked ? 1 : 0;
    nobody += m.end == MessageEnd::kNobody ? 1 : 0;
    delivered += m.end == MessageEnd::kDelivered ? 1 : 0;
  }
  EXPECT_GT(blocked, 10u);
  EXPECT_GT(nobody, 10u);
  EXPECT_GT(delivered, 100u);
  EXPECT_EQ(CountSpans(r, SpanKind::kFault), 1u);
  EXPECT_EQ(CountSpans(r, SpanKind::kCut), 1u);
  EXPECT_EQ(CountSpans(r, SpanKind::kDown), 1u);
  EXPECT_EQ(CountSpans(r, SpanKind::kPaused), 1u);
  EXPECT_EQ(CountSpans(r, SpanKind::kOperation), 2u);
  EXPECT_EQ(CountSpans(r, SpanKind::kPhase), 1u);
  EXPECT_EQ(r.logs.front().text, "tick <b> \"quoted\"");
  EXPECT_EQ(r.violation, "state: node 2 <lies>");
}

TEST(RecorderTest, ItsMemoryIsBoundedAndTheEndIsWhatStays) {
  constexpr size_t kItems = 500;
  Recorder small({.items_max = kItems}), whole;
  RunChatter(&small, seconds(20));
  RunChatter(&whole, seconds(20));
  const Recording &s = small.recording(), &w = whole.recording();
  ASSERT_GT(w.items(), 4 * kItems);
  EXPECT_LE(s.items(), kItems + 10);  // What End adds.
  EXPECT_GT(s.events.size(), 50u);
  EXPECT_EQ(s.dropped_events + s.events.size(), w.events.size());
  EXPECT_EQ(s.events.back().number, w.events.back().number);
  EXPECT_EQ(s.dropped_until_ns, s.events.front().time_ns);
  for (const RecordedMessage& m : s.messages) EXPECT_GE(m.end_event, s.events.front().number);
  const json data = json::parse(TimelineJson(s, {}), nullptr, false);
  EXPECT_EQ(data["droppedEvents"], s.dropped_events);
}

TEST(RecorderTest, ALogIsFollowedThroughTruncationAndSnapshot) {
  RecordedBase log;
  ApplyLogChange(1, {{1, 3}}, 0, &log);  // 1 1 1
  ApplyLogChange(3, {{2, 2}}, 0, &log);  // 1 1 2 2
  EXPECT_EQ(log.log_terms, (std::deque<uint64_t>{1, 1, 2, 2}));
  ApplyLogChange(5, {}, 2, &log);  // Compacted.
  EXPECT_EQ(log.log_first, 3u);
  EXPECT_EQ(log.log_terms, (std::deque<uint64_t>{2, 2}));
  ApplyLogChange(10, {{3, 1}}, 9, &log);  // A snapshot took its place.
  EXPECT_EQ(log.log_first, 10u);
  EXPECT_EQ(log.log_terms, (std::deque<uint64_t>{3}));
}

TEST(JsonTextTest, NothingCanEndTheScriptOrBreakTheText) {
  const auto encoded = [](std::string_view text) {
    std::string out;
    AppendJson(&out, text);
    return out;
  };
  EXPECT_EQ(encoded("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(encoded("</script>"), "\"\\u003c/script\\u003e\"");
  EXPECT_EQ(encoded("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\"");
  EXPECT_EQ(encoded("\xff\xc3"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(encoded("\xed\xa0\x80").size(), 2 + 9u);  // A surrogate is no UTF-8.
  EXPECT_EQ(EscapedHtml("<&\">"), "&lt;&amp;&quot;&gt;");
}

TEST(TimelineTest, ThePageHoldsItselfTogether) {
  Recorder recorder;
  RunChatter(&recorder, seconds(1));
  std::ostringstream out;
  WriteTimeline(recorder.recording(), {.title = "a <title> & more", .command = "quadraft-sim run"},
                &out);
  const std::string page = out.str();
  const auto count = [&](std::string_view text) {
    size_t found = 0;
    for (size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(page.find("%TITLE%"), std::string::npos);
  EXPECT_NE(page.find("<title>a &lt;title&gt; &amp; more</title>"), std::string::npos);
  for (const std::string_view element : {"html", "head", "body", "header", "nav", "main", "aside",
                                         "table", "style", "script", "canvas"}) {
    EXPECT_EQ(count(StrCat("</", element, ">")),
              count(StrCat("<", element, " ")) + count(StrCat("<", element, ">")))
        << element;
  }
  EXPECT_EQ(count("<script"), 2u)
      << "one for the data, one for the code: no text of the run adds one";
  for (const std::string_view outside :
       {"http://", "https://", "src=", "@import", "url(", "href="}) {
    EXPECT_EQ(count(outside), 0u) << outside << ": the page needs nothing but itself";
  }
  const size_t begin = page.find("id=\"data\">") + 10;
  const json data =
      json::parse(page.substr(begin, page.find("</script>", begin) - begin), nullptr, false);
  ASSERT_FALSE(data.is_discarded());
  const Recording& r = recorder.recording();
  EXPECT_EQ(data["events"]["t"].size(), r.events.size());
  EXPECT_EQ(data["messages"]["m"].size(), r.messages.size());
  EXPECT_EQ(data["messages"]["s"].size(), r.messages.size());
  EXPECT_EQ(data["logs"]["m"].size(), r.logs.size());
  EXPECT_EQ(data["spans"].size(), r.spans.size());
  EXPECT_EQ(data["violation"], "state: node 2 <lies>");
  int64_t time = 0;
  for (const json& step : data["events"]["t"]) time += step.get<int64_t>();
  EXPECT_EQ(time, r.events.back().time_ns);
}

TEST(PerfettoTest, IsValidAndItsFlowsPairUp) {
  Recorder recorder;
  RunChatter(&recorder, seconds(1));
  std::ostringstream out;
  WritePerfetto(recorder.recording(), {.title = "t"}, &out);
  const json trace = json::parse(out.str(), nullptr, false);
  ASSERT_FALSE(trace.is_discarded());
  std::map<std::string, int> phases;
  std::map<std::string, int> flows, asyncs;
  for (const json& event : trace["traceEvents"]) {
    const std::string phase = event["ph"];
    ++phases[phase];
    ASSERT_TRUE(event.contains("pid") && event.contains("ts") && event.contains("name"));
    if (phase == "s") ++flows[event["id"].get<std::string>()];
    if (phase == "f") --flows[event["id"].get<std::string>()];
    if (phase == "b") ++asyncs[event["id"].dump()];
    if (phase == "e") --asyncs[event["id"].dump()];
  }
  EXPECT_GT(phases["s"], 100);
  EXPECT_GT(phases["X"], 200);
  EXPECT_GT(phases["M"], 3);
  for (const auto& [id, open] : flows) EXPECT_EQ(open, 0) << id;
  for (const auto& [id, open] : asyncs) EXPECT_EQ(open, 0) << id;
}

TEST(ProbeTest, SeesEachEventOfItsWindowAndNothingElse) {
  Probe probe({.checkpoint_every = 16, .first = 100, .last = 140}), again({.checkpoint_every = 16});
  RunChatter(&probe, seconds(1));
  RunChatter(&again, seconds(1));
  EXPECT_EQ(probe.checkpoints(), again.checkpoints()) << "looking changes nothing";
  EXPECT_TRUE(again.window().empty());
  ASSERT_EQ(probe.window().size(), 41u);
  bool sends = false, sets = false, logs = false, gets = false, cause = false;
  for (const ProbedEvent& event : probe.window()) {
    cause |= event.what.find("set by #") != std::string::npos;
    ASSERT_FALSE(event.effects.empty());
    for (const std::string& effect : event.effects) {
      sends |= effect.starts_with("sends ");
      sets |= effect.starts_with("sets timer of n");
      logs |= effect.find("logs: tick") != std::string::npos;
      gets |= effect.starts_with("gets ");
    }
  }
  EXPECT_TRUE(sends && sets && logs && gets && cause);
}

}  // namespace
}  // namespace quadraft::sim
