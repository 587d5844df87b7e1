#include "jepsen/history/history.h"

#include <fstream>
#include <random>

#include "gtest/gtest.h"
#include "jepsen/history/edn.h"
#include "jepsen/history/own_format.h"
#include "jepsen/history/read_history.h"

namespace quadraft::jepsen {
namespace {

std::string MessageOf(const Status& status) { return Message(status); }

TEST(History, PairsInvokesWithCompletions) {
  History history;
  history.Invoke(0, "write", Value::Int(3), 10, Value::String("x"));
  history.Invoke(1, "read", Value(), 11);
  history.Invoke(2, "write", Value::Int(4), 12);
  history.Ok(1, Value::Int(3), 13);
  history.Fail(0, 14);
  history.Info(2, 15);
  history.Invoke(1, "read", Value(), 16);
  const auto operations = history.Operations();
  ASSERT_TRUE(operations.ok()) << operations.status();
  ASSERT_EQ(operations->size(), 4u);
  EXPECT_EQ((*operations)[0].outcome, EventType::kFail);
  EXPECT_EQ((*operations)[0].key, Value::String("x"));
  EXPECT_EQ((*operations)[1].outcome, EventType::kOk);
  EXPECT_EQ((*operations)[1].output, Value::Int(3));
  EXPECT_EQ((*operations)[1].completed, 3u);
  EXPECT_EQ((*operations)[1].complete_time, 13);
  EXPECT_EQ((*operations)[2].outcome, EventType::kInfo);
  EXPECT_EQ((*operations)[3].outcome, EventType::kInfo);
  EXPECT_EQ((*operations)[3].completed, Operation::kNever);
}

TEST(History, RefusesWhatCannotHaveBeen) {
  History twice;
  twice.Invoke(7, "read", Value());
  twice.Invoke(7, "write", Value::Int(1));
  EXPECT_EQ(MessageOf(twice.Operations().status()),
            "event 1: process 7 invokes write while its read is still open");

  History orphan;
  orphan.Ok(3, Value());
  EXPECT_EQ(MessageOf(orphan.Operations().status()),
            "event 0: process 3 completes (ok) what it did not invoke");

  History other;
  other.Invoke(1, "read", Value());
  Event event;
  event.type = EventType::kOk;
  event.process = 1;
  event.f = "write";
  event.line = 12;
  other.Add(event);
  EXPECT_EQ(MessageOf(other.Operations().status()),
            "line 12: process 1 invoked read and completes write");
}

TEST(History, EdnRoundTrip) {
  History history;
  history.Invoke(0, "cas", Value::Vector({Value::Int(1), Value::Int(2)}), 5, Value::String("a b"));
  history.Info(0, 6);
  const auto back = ReadHistory(history.ToEdn());
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->size(), 2u);
  EXPECT_EQ(back->events()[0].key, Value::String("a b"));
  EXPECT_EQ(back->events()[0].value.ToString(), "[1 2]");
  EXPECT_EQ(back->events()[0].time, 5);
  EXPECT_EQ(back->events()[1].type, EventType::kInfo);
}

TEST(ReadHistory, JepsenLog) {
  const auto history = ReadHistory(
      "INFO  jepsen.core - Running test\n"
      "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n"
      "INFO  jepsen.util - 1   :invoke :cas    [0 3]\r\n"
      "INFO [2024-01-01] jepsen worker 1 - jepsen.util 0 :ok :read 4\n"
      "INFO  jepsen.util - 1\t:info\t:cas\t:timed-out\n");
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->size(), 4u);
  EXPECT_EQ(history->events()[1].process, 1);
  EXPECT_EQ(history->events()[1].value.ToString(), "[0 3]");
  EXPECT_EQ(history->events()[1].line, 4);
  EXPECT_EQ(history->events()[2].value, Value::Int(4));
  EXPECT_EQ(history->events()[3].type, EventType::kInfo);
}

TEST(ReadHistory, LogWithABrokenEvent) {
  const auto history = ReadHistory("x\nINFO jepsen.util - 0 :invoke :cas [0\n");
  EXPECT_EQ(MessageOf(history.status()), "line 2, column 35: this is not closed by ]");
}

TEST(ReadHistory, EdnInEveryShape) {
  for (const std::string text :
       {"{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0 :type :ok :f :write :value "
        "3}",
        "; why\n[{:process 0, :type :invoke, :f :write, :value 3}{:process :nemesis, :type :info, "
        ":f "
        ":kill}{:process 0 :type :ok :f :write :value 3}]",
        "(#jepsen.history.Op{:process 0 :type :invoke :f :write :value 3 :index 0}\n"
        "#jepsen.history.Op{:process 0 :type :ok :f :write :value 3})"}) {
    const auto history = ReadHistory(text);
    ASSERT_TRUE(history.ok()) << history.status() << text;
    ASSERT_EQ(history->size(), 2u) << text;
    EXPECT_EQ(history->events()[0].f, "write");
    EXPECT_EQ(history->events()[1].type, EventType::kOk);
    EXPECT_EQ(history->events()[1].value, Value::Int(3));
  }
}

TEST(ReadHistory, Json) {
  for (const std::string text : {R"([{"process":0,"type":"invoke","f":"read","value":null},
 {"process":0,"type":"ok","f":"read","value":[1,"x"],"time":9}])",
                                 R"({"process":0,"type":"invoke","f":"read","value":null}
{"process":0,"type":"ok","f":"read","value":[1,"x"],"time":9})"}) {
    const auto history = ReadHistory(text);
    ASSERT_TRUE(history.ok()) << history.status();
    ASSERT_EQ(history->size(), 2u);
    EXPECT_EQ(history->events()[1].value.ToString(), "[1 \"x\"]");
    EXPECT_EQ(history->events()[1].time, 9);
    EXPECT_EQ(history->events()[1].line, 2);
  }
}

TEST(ReadHistory, ErrorsNameTheLine) {
  const auto error = [](std::string_view text, ReadOptions options = {}) {
    return MessageOf(ReadHistory(text, options).status());
  };
  EXPECT_EQ(
      error("[{:process 0 :type :invoke :f :read}\n{:process 0 :type :maybe :f :read}]"),
      "line 2, column 1: not an event of a history: its type is none of invoke, ok, fail, info");
  EXPECT_EQ(error("{:type :ok}"),
            "line 1, column 1: not an event of a history: it has no process and completes nothing");
  EXPECT_EQ(error("[[1 2]]"), "line 1, column 2: not an event of a history: [1 2]");
  EXPECT_EQ(error("[{:process 0 :type :ok :f 5}]"),
            "line 1, column 2: not an event of a history: its f is no name");
  EXPECT_EQ(error(""), "no event of a history in it (Jepsen's log, EDN or JSON)");
  EXPECT_EQ(error("hello\n"), "no event of a history in it (Jepsen's log, EDN or JSON)");
  EXPECT_EQ(error("{:process 0 :type :ok :f :read :value 3}", {.independent = true}),
            "line 1: not an event of a history: its value is no [key value]: 3");
  EXPECT_TRUE(ReadHistory("[{:process :nemesis :type :info :f :kill}]").ok());
}

TEST(ReadHistory, Independent) {
  const auto history = ReadHistory(
      "{:process 0 :type :invoke :f :cas :value [7 [1 2]]}{:process 0 :type :info :f :cas}",
      {.independent = true});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->events()[0].key, Value::Int(7));
  EXPECT_EQ(history->events()[0].value.ToString(), "[1 2]");
}

TEST(OwnFormat, RoundTrip) {
  History history;
  const Value odd = *ParseEdn(
      "[:x #{1} {\"a\" 1.5} {\"#edn\" 3} {:k nil} ##Inf 1.0 \\a 7N 99999999999999999999]");
  history.AddNote("nemesis", "partition [[n1] \"n2\"]", 3);
  history.Invoke(0, "txn", odd, 5, Value::String("</script>\n\"k"));
  history.Invoke(1, "read", Value(), 6);
  history.Ok(0, odd, 7);
  history.Info(1, 8);
  history.AddNote("nemesis", "heal", 9);
  const std::string text = ToOwnFormat(history, "kv");
  EXPECT_EQ(text.find("</script>"), std::string::npos);
  EXPECT_EQ(text.substr(0, text.find('\n')), R"({"quadraft-history":1,"model":"kv"})");
  for (const HistoryFormat format : {HistoryFormat::kGuess, HistoryFormat::kOwn}) {
    const auto back = ReadHistory(text, {.format = format});
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->model(), "kv");
    EXPECT_EQ(ToOwnFormat(*back, "kv"), text);
    EXPECT_EQ(back->events()[0].value.ToString(), odd.ToString());
    EXPECT_EQ(back->events()[0].key, history.events()[0].key);
    ASSERT_EQ(back->notes().size(), 2u);
    EXPECT_EQ(back->notes()[0].event, 0u);
    EXPECT_EQ(back->notes()[1].event, 4u);
    EXPECT_EQ(back->notes()[0].what, "partition [[n1] \"n2\"]");
  }
}

TEST(OwnFormat, Errors) {
  const auto error = [](std::string_view text, HistoryFormat format = HistoryFormat::kGuess) {
    return MessageOf(ReadHistory(text, {.format = format}).status());
  };
  EXPECT_EQ(error("{\"quadraft-history\":2}"),
            "line 1, column 1: version 2 of our format is not known, only 1");
  EXPECT_EQ(error("{\"process\":1,\"type\":\"info\"}", HistoryFormat::kOwn),
            "line 1, column 1: our own format begins with {\"quadraft-history\": 1}");
  EXPECT_EQ(
      error("{\"quadraft-history\":1}\n{\"process\":1,\"type\":\"ok\",\"value\":"
            "{\"#edn\":\"[\"}}"),
      "line 2, column 1: not an event of a history: in \"#edn\": line 1, column 1: this is not "
      "closed by ]");
  EXPECT_TRUE(ReadHistory("{\"quadraft-history\":1}").ok());
}

TEST(ReadHistory, NotesOfOthersAreKept) {
  const auto history = ReadHistory(
      "{:process 0 :type :invoke :f :read}\n{:process :nemesis :type :info :f :start :value [n1]}\n"
      "{:process 0 :type :ok :f :read :value 1}");
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->notes().size(), 1u);
  EXPECT_EQ(history->notes()[0].event, 1u);
  EXPECT_EQ(history->notes()[0].who, "nemesis");
  EXPECT_EQ(history->notes()[0].what, "start [n1]");
}

TEST(ReadHistory, NamesWithEscapesAndDoubledNames) {
  const auto history = ReadHistory(
      "{\"\\u0070rocess\":3,\"type\":\"invo\\u006be\",\"f\":\"\\u0072ead\",\"f\":\"write\"}");
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->events()[0].process, 3);
  EXPECT_EQ(history->events()[0].type, EventType::kInvoke);
  EXPECT_EQ(history->events()[0].f, "read");
}

TEST(ReadHistory, BrokenAtTheTop) {
  const auto error = [](std::string_view text) { return MessageOf(ReadHistory(text).status()); };
  EXPECT_EQ(error("[{:process 0 :type :invoke :f :read}"),
            "line 1, column 1: this is not closed by ]");
  EXPECT_EQ(error("{:process 0 :type}"), "line 1, column 1: this map has a key without a value");
  EXPECT_EQ(error("[{\"process\":0,\"type\":\"info\"} {\"process\":1}]"),
            "line 1, column 30: expected , or ]");
}

TEST(ReadHistory, WithoutProcesses) {
  const auto history = ReadHistory(
      "{:type :invoke :f :read :value nil}{:type :invoke :f :write :value 1}"
      "{:type :ok :f :write :value 1}{:type :invoke :f :write :value 2}"
      "{:type :ok :f :write :value 2}{:type :ok :f :read :value 2}");
  ASSERT_TRUE(history.ok()) << history.status();
  const auto operations = history->Operations();
  ASSERT_TRUE(operations.ok()) << operations.status();
  ASSERT_EQ(operations->size(), 3u);
  EXPECT_EQ((*operations)[0].ToString(), "process -1: read -> ok 2 (line 1, events 0 to 5)");
  EXPECT_EQ((*operations)[2].ToString(), "process -2: write 2 -> ok (line 1, events 3 to 4)");
}

TEST(ReadHistory, TransactionsNeedNoF) {
  for (const std::string text :
       {"{:process 1 :type :invoke :value [[:append 3 2] [:r 3 nil]]}"
        "{:process 1 :type :ok :value [[:append 3 2] [:r 3 [1 2]]]}",
        R"([{"process":1,"type":"invoke","value":[["append",3,2],["r",3,null]]},
            {"process":1,"type":"ok","value":[["append",3,2],["r",3,[1,2]]]}])"}) {
    const auto history = ReadHistory(text);
    ASSERT_TRUE(history.ok()) << history.status();
    ASSERT_EQ(history->size(), 2u);
    EXPECT_TRUE(history->Operations().ok());
    EXPECT_EQ(history->events()[1].value.items()[1].items()[2].items().size(), 2u);
  }
  EXPECT_FALSE(ReadHistory("{:process 1 :type :invoke :value 3}").ok());
}

// Bytes changed, dropped and doubled at random: an error or a history, never a crash.
TEST(ReadHistory, SurvivesDamage) {
  const std::string edn =
      "[{:type :invoke, :value [[:append 4 2] [:r \"k\" nil]] :index 0}\n"
      "{:type :ok, :value [[:append 4 2] [:r \"k\" [1 2.5 #{a}]]]}]";
  const std::string json =
      "[{\"type\": \"invoke\", \"value\": [[\"append\", 4, 2], [\"r\", 5, null]]},\n"
      "{\"type\": \"ok\", \"process\": null, \"value\": [[\"append\", 4, 2], [\"r\", 5, [1e3]]]}]";
  std::minstd_rand random(7);
  size_t readable = 0;
  for (int round = 0; round < 20000; ++round) {
    const bool is_edn = round % 2 == 0;
    std::string text = is_edn ? edn : json;
    for (size_t damage = 1 + random() % 3; damage > 0; --damage) {
      const size_t at = random() % text.size();
      const size_t kind = random() % 3;
      if (kind == 0) text[at] = static_cast<char>(random() % 256);
      if (kind == 1) text.erase(at, 1 + random() % 4);
      if (kind == 2) text.insert(at, text.substr(random() % text.size(), random() % 16));
    }
    const auto history =
        ReadHistory(text, {.format = is_edn ? HistoryFormat::kEdn : HistoryFormat::kJson});
    if (!history.ok()) continue;
    ++readable;
    // Whoever completes anything did invoke it, or the pairing says so.
    const auto operations = history->Operations();
    EXPECT_TRUE(operations.ok() || !Message(operations.status()).empty());
  }
  EXPECT_GT(readable, 100u);
}

TEST(ReadHistory, Files) {
  EXPECT_EQ(ReadHistoryFile("/nonexistent/x.edn").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadHistoryFile("/").status().code(), absl::StatusCode::kNotFound);
  const std::string path = std::string(::testing::TempDir()) + "/history.edn";
  std::ofstream(path) << "{:process 0 :type :invoke :f :read}";
  const auto history = ReadHistoryFile(path);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->size(), 1u);
}

}  // namespace
}  // namespace quadraft::jepsen
