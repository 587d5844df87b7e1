// Each workload finds each kind of lie that is its business, and finds nothing when there is none:
// the clients talk to one server that keeps its quads by the oracle and lies in one chosen way now
// and then.
#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "net/http/server.h"
#include "sim/checkers/committed_log.h"
#include "sim/checkers/invariants.h"
#include "sim/oracle/oracle.h"
#include "sim/workloads/append_workload.h"
#include "sim/workloads/bank_workload.h"
#include "sim/workloads/graphs_workload.h"
#include "sim/workloads/register_workload.h"
#include "sim/workloads/set_workload.h"
#include "sim/workloads/sparql_workload.h"
#include "sparql/parser/parser.h"
#include "sparql/results/result_writer.h"

namespace quadraft::sim {
namespace {

enum class Lie {
  kNone,
  kStaleRead,     // Answers from some entries ago.
  kHiddenQuad,    // One quad is left out of what a query sees.
  kPartOfWrite,   // One quad of an update's insertions is left out.
  kTwice,         // An update is carried out once more.
  kRefusedDone,   // Carried out, and answered with 503.
  kEarlyAnswer,   // Acknowledged, and no entry is there.
  kWrongCount,    // The answer says another effect than the entry has.
  kRefusesValid,  // 400.
  kCopyDone,      // A copy of an update in a session is carried out like the first one.
  kCopyDoneAlike,  // The same, and answered as the first one was.
  kForgets,       // A session is unknown before its time.
};

constexpr NodeId kServer{1};
constexpr std::string_view kAddress = "10.0.0.1:8001";

// What the server keeps, apart from its process.
struct Store {
  Store(World* world, Lie lie) : random(world->random("lies")), lie(lie) {}

  Random& random;
  const Lie lie;
  CommittedLog log{[](NodeId) { return nullptr; }};
  Status violation;
  uint64_t lies = 0;
  uint64_t sessions = 0;
  std::map<std::string, http::Response> outcomes;  // By session and sequence.

  bool LieNow(Lie kind) {
    if (lie != kind || log.commit() < LogIndex{40} || !random.OneIn(6)) return false;
    ++lies;
    return true;
  }
  void Append(const txn::WriteSet& writes) {
    raft::Entry entry;
    entry.index = log.commit().Next();
    entry.term = RaftTerm{1};
    entry.payload = std::make_shared<const std::string>(txn::EncodeWriteSet(writes));
    const Status status = log.Append(entry);
    if (violation.ok()) violation = status;
  }
};

class LyingServer : public Program {
 public:
  LyingServer(Env& env, Store* store) : store_(*store), http_(env, {}) {
    QR_CHECK(http_
                 .Start(kAddress,
                        [this](http::Request request, http::ResponseWriter writer) {
                          writer.Respond(Answer(request)).IgnoreError();
                        })
                 .ok());
  }

 private:
  http::Response Answer(const http::Request& request) {
    if (store_.LieNow(Lie::kRefusesValid)) return {.status = 400, .headers = {}, .body = "no"};
    if (request.path == "/sessions")
      return {.status = 201, .headers = {}, .body = StrCat("{\"session\": \"", ++store_.sessions, "-x\"}")};
    if (const std::string_view session = http::Find(request.headers, "quadraft-session"); !session.empty())
      return InSession(request, StrCat(session, " ", http::Find(request.headers, "quadraft-sequence")));
    const bool update = http::Find(request.headers, "content-type") == "application/sparql-update";
    return update ? Update(request.body)
                  : Query(request.body, std::string(http::Find(request.headers, "accept")));
  }

  http::Response InSession(const http::Request& request, const std::string& key) {
    if (store_.LieNow(Lie::kForgets)) return {.status = 410, .headers = {}, .body = "not known"};
    const auto found = store_.outcomes.find(key);
    if (found != store_.outcomes.end() && !store_.LieNow(Lie::kCopyDone)) {
      if (store_.LieNow(Lie::kCopyDoneAlike)) Update(request.body);
      http::Response again = found->second;
      again.headers.emplace_back("quadraft-outcome", "repeated");
      return again;
    }
    http::Response first = Update(request.body);
    if (first.status != 503) store_.outcomes[key] = first;
    return first;
  }

  http::Response Update(const std::string& text) {
    const auto update = sparql::ParseUpdate(text, {});
    QR_CHECK(update.ok()) << ToString(update.status()) << "\n" << text;
    const oracle::Dataset before = store_.log.data();
    const auto after = oracle::Apply(*update, before, StrCat("b", store_.log.commit(), "x"));
    if (!after.ok())
      return {.status = absl::IsNotFound(after.status()) ? 404 : 503, .headers = {}, .body = ""};
    txn::WriteSet writes = Difference(before, *after);
    for (const auto& operation : update->operations) {
      for (const rdf::Quad& quad : operation.quads) {
        if (quad.predicate.value == "urn:mark") writes.deletes.push_back(quad);
      }
    }
    if (store_.LieNow(Lie::kEarlyAnswer)) return Acknowledgement(store_.log.commit().Next(), 1, 0);
    if (!writes.inserts.empty() && store_.LieNow(Lie::kPartOfWrite)) writes.inserts.pop_back();
    store_.Append(writes);
    const LogIndex index = store_.log.commit();
    if (store_.LieNow(Lie::kTwice)) store_.Append(writes);
    if (store_.LieNow(Lie::kRefusedDone))
      return {.status = 503, .headers = {}, .body = "nothing was done"};
    const CommittedLog::Entry& entry = store_.log.at(index);
    return Acknowledgement(index, entry.inserted.size() + (store_.LieNow(Lie::kWrongCount) ? 1 : 0),
                           entry.erased.size());
  }

  static http::Response Acknowledgement(LogIndex index, size_t inserted, size_t deleted) {
    return {.status = 200,
            .headers = {},
            .body = StrCat("{\"inserted\": ", inserted, ", \"deleted\": ", deleted,
                           ", \"log_index\": ", index, "}")};
  }

  static txn::WriteSet Difference(const oracle::Dataset& before, const oracle::Dataset& after) {
    txn::WriteSet writes;
    const auto a = before.Quads(), b = after.Quads();
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(writes.deletes),
                        ByGraph);
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(writes.inserts),
                        ByGraph);
    return writes;
  }
  static bool ByGraph(const rdf::Quad& a, const rdf::Quad& b) {
    return std::tie(a.graph, a.subject, a.predicate, a.object) <
           std::tie(b.graph, b.subject, b.predicate, b.object);
  }

  http::Response Query(const std::string& text, const std::string& accept) {
    const auto query = sparql::ParseQuery(text, {});
    QR_CHECK(query.ok()) << ToString(query.status()) << "\n" << text;
    oracle::Dataset data = store_.log.data();
    if (store_.LieNow(Lie::kStaleRead)) {
      for (uint64_t back = 0; back < 30; ++back) {
        store_.log.Undo(LogIndex{store_.log.commit().value() - back}, &data);
      }
    }
    if (data.size() > 0 && store_.LieNow(Lie::kHiddenQuad)) {
      data.Erase(data.Quads()[store_.random.Below(data.size())]);
    }
    const auto answer = oracle::Evaluate(*query, data);
    if (!answer.ok()) return {.status = 503, .headers = {}, .body = ""};
    std::string body;
    const auto format =
        accept == "text/csv" ? sparql::ResultFormat::kCsv : sparql::ResultFormat::kJson;
    auto writer = sparql::ResultWriter::New(format, query->form, &body);
    if (answer->boolean) {
      (*writer)->Ask(*answer->boolean);
      return {.status = 200, .headers = {}, .body = body};
    }
    (*writer)->Begin(answer->columns);
    for (const oracle::Row& row : answer->rows) {
      std::vector<const rdf::Term*> terms;
      for (const auto& term : row) terms.push_back(term ? &*term : nullptr);
      (*writer)->Row(terms);
    }
    (*writer)->End();
    return {.status = 200, .headers = {}, .body = body};
  }

  Store& store_;
  http::HttpServer http_;
};

// The first violation of a run of the workload against the liar, or OK.
template <typename T, typename Options, bool kSessions = false>
Status RunWith(Lie lie, uint64_t seed, std::string* summary) {
  World world(seed);
  Store store(&world, lie);
  world.AddProcess(kServer, "liar",
                   [&](Env& env) { return std::make_unique<LyingServer>(env, &store); });
  Options options;
  options.clients.think_max = milliseconds(20);
  options.clients.sessions_of_ten = 10 * kSessions;
  options.clients.sessions_last = true;
  T workload({.world = &world, .addresses = {std::string(kAddress)}, .committed = &store.log},
             options);
  const auto violation = [&] {
    return store.violation.ok() ? workload.violation() : store.violation;
  };
  world.process(kServer).Start();
  workload.Start();
  for (int i = 0; i < 100 && violation().ok(); ++i) world.RunFor(milliseconds(100));
  workload.StopIssuing();
  world.RunUntilTrue([&] { return workload.Idle(); }, seconds(20));
  workload.BeginFinalReads(std::string(kAddress));
  world.RunUntilTrue([&] { return workload.FinalReadsDone(); }, seconds(20));
  *summary = StrCat(workload.Summary(), "; lies ", store.lies);
  world.process(kServer).Crash(CrashKind::kKill);
  QR_RETURN_IF_ERROR(violation());
  if (!workload.Idle() || !workload.FinalReadsDone())
    return Internal("progress: an operation never ended");
  return workload.CheckHistory();
}

using Runner = Status (*)(Lie, uint64_t, std::string*);
struct Case {
  std::string name;
  Runner run;
  Lie lie;
  std::vector<std::string> rows;  // Of the index; any of them.
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

constexpr Runner kRegister = RunWith<RegisterWorkload, RegisterOptions>;
constexpr Runner kSparql = RunWith<SparqlWorkload, SparqlOptions>;
constexpr Runner kBank = RunWith<BankWorkload, BankOptions>;
constexpr Runner kSet = RunWith<SetWorkload, SetOptions>;
constexpr Runner kAppend = RunWith<AppendWorkload, AppendOptions>;
constexpr Runner kGraphs = RunWith<GraphsWorkload, GraphsOptions>;
constexpr Runner kRegisterInSessions = RunWith<RegisterWorkload, RegisterOptions, true>;
constexpr Runner kAppendInSessions = RunWith<AppendWorkload, AppendOptions, true>;
constexpr Runner kGraphsInSessions = RunWith<GraphsWorkload, GraphsOptions, true>;

class WorkloadsTest : public testing::TestWithParam<Case> {};

TEST_P(WorkloadsTest, FindsIt) {
  const Case& c = GetParam();
  const uint64_t kSeeds = c.lie == Lie::kNone ? 5 : 20;
  std::string found;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::string summary;
    const Status status = c.run(c.lie, seed, &summary);
    if (c.lie == Lie::kNone) {
      EXPECT_TRUE(status.ok()) << "seed " << seed << ": " << ToString(status);
      EXPECT_EQ(summary.find("ok 0,"), std::string::npos) << summary;
      continue;
    }
    if (status.ok()) continue;
    const InvariantRow* row = FindInvariant(Message(status));
    ASSERT_NE(row, nullptr) << ToString(status);
    found = row->name;
    EXPECT_NE(std::find(c.rows.begin(), c.rows.end(), found), c.rows.end()) << ToString(status);
    break;
  }
  if (c.lie != Lie::kNone) {
    EXPECT_NE(found, "") << "not found in " << kSeeds << " seeds";
  }
}

INSTANTIATE_TEST_SUITE_P(Honest, WorkloadsTest,
                         testing::Values(Case{"Register", kRegister, Lie::kNone, {}},
                                         Case{"Sparql", kSparql, Lie::kNone, {}},
                                         Case{"Bank", kBank, Lie::kNone, {}},
                                         Case{"Set", kSet, Lie::kNone, {}},
                                         Case{"Append", kAppend, Lie::kNone, {}},
                                         Case{"Graphs", kGraphs, Lie::kNone, {}},
                                         Case{"RegisterInSessions", kRegisterInSessions, Lie::kNone, {}},
                                         Case{"GraphsInSessions", kGraphsInSessions, Lie::kNone, {}}),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Lies, WorkloadsTest,
    testing::Values(
        Case{"RegisterStale",
             kRegister,
             Lie::kStaleRead,
             {"linearizability", "acknowledged write lost"}},
        Case{"RegisterHidden",
             kRegister,
             Lie::kHiddenQuad,
             {"linearizability", "acknowledged write lost"}},
        Case{"SparqlStale", kSparql, Lie::kStaleRead, {"answers"}},
        Case{"SparqlHidden", kSparql, Lie::kHiddenQuad, {"answers"}},
        Case{"SparqlPart", kSparql, Lie::kPartOfWrite, {"effects"}},
        Case{"SparqlTwice", kSparql, Lie::kTwice, {"done twice"}},
        Case{"SparqlRefused", kSparql, Lie::kRefusedDone, {"refused write happened"}},
        Case{"BankHidden", kBank, Lie::kHiddenQuad, {"bank"}},
        Case{"BankPart", kBank, Lie::kPartOfWrite, {"bank"}},
        Case{"SetStale", kSet, Lie::kStaleRead, {"acknowledged write lost"}},
        Case{"SetHidden",
             kSet,
             Lie::kHiddenQuad,
             {"acknowledged write lost", "set", "permutations"}},
        Case{"SetPart", kSet, Lie::kPartOfWrite, {"acknowledged write lost", "set"}},
        Case{"SetRefused", kSet, Lie::kRefusedDone, {"refused write happened"}},
        Case{"AppendStale",
             kAppend,
             Lie::kStaleRead,
             {"strict serializability", "acknowledged write lost"}},
        Case{"AppendHidden",
             kAppend,
             Lie::kHiddenQuad,
             {"strict serializability", "acknowledged write lost"}},
        Case{"AppendPart",
             kAppend,
             Lie::kPartOfWrite,
             {"strict serializability", "acknowledged write lost"}},
        Case{"GraphsStale", kGraphs, Lie::kStaleRead, {"linearizability"}},
        Case{"GraphsPart", kGraphs, Lie::kPartOfWrite, {"linearizability"}},
        Case{"GraphsTwice", kGraphs, Lie::kTwice, {"done twice"}},
        Case{"GraphsRefused", kGraphs, Lie::kRefusedDone, {"refused write happened"}},
        Case{"SessionCopyDone", kRegisterInSessions, Lie::kCopyDone, {"session answers"}},
        Case{"SessionCopyDoneAlike", kAppendInSessions, Lie::kCopyDoneAlike, {"strict serializability"}},
        Case{"SessionForgotten", kRegisterInSessions, Lie::kForgets, {"session answers"}},
        Case{"SessionRefused", kGraphsInSessions, Lie::kRefusedDone, {"refused write happened"}},
        Case{"AnyEarlyAnswer", kBank, Lie::kEarlyAnswer, {"acknowledged write lost"}},
        Case{"AnyWrongCount", kBank, Lie::kWrongCount, {"acknowledged write"}},
        Case{"AnyRefusesValid", kRegister, Lie::kRefusesValid, {"refused a valid request"}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace quadraft::sim
