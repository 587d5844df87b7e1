// The judgement has teeth: an honest store passes, and each kind of lie is found. The store here is
// a map behind a scripted server that understands the workload's own statements and no others.
#include "jepsen/real/workload.h"

#include <map>
#include <memory>
#include <regex>
#include <set>

#include "gtest/gtest.h"
#include "jepsen/linear/checker.h"
#include "jepsen/real/testing/scripted_server.h"

namespace quadraft::jepsen {
namespace {

enum class Lie {
  kNone,
  kStaleRead,    // Some reads give the value before the last.
  kTwoValues,    // Some reads give two objects.
  kLoseElement,  // Some acknowledged elements are dropped.
  kDoRefused,    // Some refused elements (503) are added.
  kForgetCas,    // Acknowledged compare-and-sets are dropped.
  kBadRequest,   // Some updates are refused with 400.
};

std::string Answer(int status, const std::string& body) {
  return StrCat("HTTP/1.1 ", status, " X\r\ncontent-length: ", body.size(), "\r\n\r\n", body);
}

class MapStore {
 public:
  explicit MapStore(Lie lie) : lie_(lie) {}

  std::string Serve(const std::string& request) {
    const std::string text = request.substr(request.find("\r\n\r\n") + 4);
    const bool lies = ++requests_ % 20 == 0;
    std::smatch match;
    static const std::regex kRegister("register:(\\d+)>");
    static const std::regex kCas(
        "DELETE \\{[^}]*<urn:jepsen:value> (\\d+) \\} \\} INSERT \\{[^}]*<urn:jepsen:value> "
        "(\\d+)");
    static const std::regex kWrite("INSERT \\{[^}]*<urn:jepsen:value> (\\d+)");
    static const std::regex kElement("<urn:jepsen:element> (\\d+)");
    if (std::regex_search(text, match, kElement)) return AddElement(std::stoll(match[1]), lies);
    if (text.starts_with("SELECT ?o { GRAPH <urn:jepsen:set>")) return ListElements();
    if (!std::regex_search(text, match, kRegister)) return Answer(400, text);
    Cell& cell = cells_[std::stoll(match[1])];
    if (text.starts_with("SELECT")) return Read(cell, lies);
    if (std::regex_search(text, match, kCas)) {
      if (cell.now != match[1]) return Answer(200, R"({"inserted":0,"deleted":0})");
      return Set(&cell, lie_ == Lie::kForgetCas ? cell.now : match[2].str());
    }
    if (!std::regex_search(text, match, kWrite)) return Answer(400, text);
    return Set(&cell, match[1]);
  }

 private:
  struct Cell {
    std::string now;
    std::string before;
  };

  std::string Set(Cell* cell, const std::string& value) {
    cell->before = std::exchange(cell->now, value);
    return Answer(200, R"({"inserted":1,"deleted":1})");
  }
  std::string Read(const Cell& cell, bool lies) {
    const bool stale = lies && lie_ == Lie::kStaleRead;
    const std::string& value = stale ? cell.before : cell.now;
    std::string csv = value.empty() ? "o\r\n" : StrCat("o\r\n", value, "\r\n");
    if (lies && lie_ == Lie::kTwoValues) csv += "999\r\n";
    return Answer(200, csv);
  }
  std::string AddElement(int64_t element, bool lies) {
    if (lies && lie_ == Lie::kBadRequest) return Answer(400, "no");
    const bool refuse = lies && lie_ == Lie::kDoRefused;
    if (!(lies && lie_ == Lie::kLoseElement)) elements_.insert(element);
    return refuse ? Answer(503, "nothing was done") : Answer(200, R"({"inserted":1,"deleted":0})");
  }
  std::string ListElements() {
    std::string csv = "o\r\n";
    for (const int64_t element : elements_) StrAppend(&csv, element, "\r\n");
    return Answer(200, csv);
  }

  const Lie lie_;
  int requests_ = 0;
  std::map<int64_t, Cell> cells_;
  std::set<int64_t> elements_;
};

struct Judgement {
  Verdict registers;
  Status set;
  Status harness;
  WorkloadCounts counts;
};

Judgement RunAgainst(Lie lie) {
  MapStore store(lie);
  ScriptedServer server([&](const std::string& request) { return store.Serve(request); });
  Workload workload({server.port(), server.port()}, {.pause = std::chrono::milliseconds(1)});
  workload.Start();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  workload.Stop();
  StoreClient client(server.port());
  const auto found = client.ReadSet(std::chrono::milliseconds(5000));
  EXPECT_TRUE(found.ok()) << found.status();
  return {.registers = CheckLinearizable(workload.TakeHistory(), *CasRegisterModel()).verdict,
          .set = found.ok() ? workload.CheckSet(*found) : found.status(),
          .harness = workload.harness_error(),
          .counts = workload.counts()};
}

TEST(Workload, AnHonestStorePasses) {
  const Judgement judgement = RunAgainst(Lie::kNone);
  EXPECT_EQ(judgement.registers, Verdict::kOk);
  EXPECT_TRUE(judgement.set.ok()) << judgement.set;
  EXPECT_TRUE(judgement.harness.ok()) << judgement.harness;
  EXPECT_GT(judgement.counts.done, 100);
  EXPECT_EQ(judgement.counts.unknown, 0);
}

TEST(Workload, WrongReadsAndWritesAreFound) {
  for (const Lie lie : {Lie::kStaleRead, Lie::kTwoValues, Lie::kForgetCas}) {
    const Judgement judgement = RunAgainst(lie);
    EXPECT_EQ(judgement.registers, Verdict::kViolation) << static_cast<int>(lie);
    EXPECT_TRUE(judgement.set.ok()) << judgement.set;
  }
}

TEST(Workload, LostAndRefusedElementsAreFound) {
  const Judgement lost = RunAgainst(Lie::kLoseElement);
  EXPECT_NE(Message(lost.set).find("acknowledged elements are lost: "), std::string::npos)
      << lost.set;
  EXPECT_EQ(lost.registers, Verdict::kOk);
  const Judgement refused = RunAgainst(Lie::kDoRefused);
  EXPECT_NE(Message(refused.set).find("nothing was done"), std::string::npos) << refused.set;
}

TEST(Workload, ARefusedRequestIsADefect) {
  EXPECT_NE(Message(RunAgainst(Lie::kBadRequest).harness).find("HTTP 400"), std::string::npos);
}

TEST(Workload, NotesTheFirstAckAfterAMoment) {
  MapStore store(Lie::kNone);
  std::atomic<bool> up{false};
  ScriptedServer server([&](const std::string& request) {
    return up ? store.Serve(request) : Answer(503, "no leader");
  });
  Workload workload({server.port()}, {});
  workload.Start();
  EXPECT_EQ(workload.first_ack(), std::nullopt);
  workload.ArmFirstAck();
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_EQ(workload.first_ack(), std::nullopt);
  up = true;
  while (!workload.first_ack()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GE(workload.first_ack()->count(), 150);
}

}  // namespace
}  // namespace quadraft::jepsen
