// Exactly-once sessions end to end: over HTTP, on simulated nodes.
#include "node/sessions.h"

#include <gtest/gtest.h>

#include "node/testing/sim_cluster.h"

namespace quadraft::node {
namespace {

constexpr NodeId kNodes[] = {NodeId{1}, NodeId{2}, NodeId{3}};
constexpr std::string_view kIncrement =
    "DELETE { <http://e/c> <http://e/v> ?o } INSERT { <http://e/c> <http://e/v> ?n } WHERE { <http://e/c> <http://e/v> ?o BIND(?o + 1 AS "
    "?n) }";

class SessionsTest : public testing::Test {
 protected:
  void Begin(uint64_t seed, SimCluster::Configure configure = {}) {
    cluster = std::make_unique<SimCluster>(seed, 3, sim::WorldOptions{}, 0, std::move(configure));
    ASSERT_TRUE(cluster->WaitForLeader());
  }
  void BeginWithCounter(uint64_t seed, SimCluster::Configure configure = {}) {
    Begin(seed, std::move(configure));
    ASSERT_EQ(Status(cluster->Update(NodeId{1}, "INSERT DATA { <http://e/c> <http://e/v> 0 }")), 200);
  }
  static int Status(const StatusOr<http::Response>& response) { return response.ok() ? response->status : -1; }
  static std::string Outcome(const StatusOr<http::Response>& response) {
    return response.ok() ? std::string(http::Find(response->headers, "quadraft-outcome")) : ToString(response.status());
  }
  StatusOr<http::Response> TryRegister(NodeId node) {
    return cluster->Call(node, {.method = "POST", .path = "/sessions", .headers = {}, .body = {}});
  }
  std::string Register(NodeId node) {
    const auto answer = TryRegister(node);
    EXPECT_EQ(Status(answer), 201) << (answer.ok() ? answer->body : ToString(answer.status()));
    if (Status(answer) != 201) return {};
    const size_t begin = answer->body.find("\"session\": \"") + 12;
    return answer->body.substr(begin, answer->body.find('"', begin) - begin);
  }
  static http::Request InSession(http::Request request, std::string_view session, uint64_t sequence, std::string acknowledged = {}) {
    request.headers.emplace_back("quadraft-session", session);
    request.headers.emplace_back("quadraft-sequence", StrCat(sequence));
    if (!acknowledged.empty()) request.headers.emplace_back("quadraft-acknowledged", acknowledged);
    return request;
  }
  StatusOr<http::Response> Update(NodeId node, std::string_view session, uint64_t sequence, std::string_view text = kIncrement,
                                  std::string acknowledged = {}) {
    return cluster->Call(node, InSession(SimCluster::UpdateRequest(std::string(text)), session, sequence, std::move(acknowledged)));
  }
  // Again and again, elsewhere, as docs/sessions.md tells clients to.
  StatusOr<http::Response> UpdatePatiently(std::string_view session, uint64_t sequence) {
    for (int i = 0;; ++i) {
      auto answer = Update(kNodes[i % 3], session, sequence);
      const int status = Status(answer);
      if ((status != -1 && status != 503 && status != 504) || i == 50) return answer;
      cluster->world().RunFor(milliseconds(100));
    }
  }
  std::string Counter(NodeId node = NodeId{1}) { return cluster->Select(node, "SELECT ?v { <http://e/c> <http://e/v> ?v }"); }
  void ExpectSameState() {
    cluster->world().RunFor(seconds(3));
    for (const NodeId node : kNodes) {
      EXPECT_EQ(cluster->node(node)->state().sessions().summary(), cluster->node(NodeId{1})->state().sessions().summary()) << node;
    }
  }
  std::unique_ptr<SimCluster> cluster;
};

TEST_F(SessionsTest, ARepeatedUpdateIsDoneOnceAndAnsweredAlike) {
  BeginWithCounter(1);
  const std::string session = Register(NodeId{2});
  std::string first;
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    for (const NodeId node : kNodes) {
      const auto answer = Update(node, session, sequence);
      ASSERT_EQ(Status(answer), 200) << answer->body;
      EXPECT_EQ(Outcome(answer), node == NodeId{1} ? "done" : "repeated");
      if (node == NodeId{1}) first = answer->body;
      EXPECT_EQ(answer->body, first);
    }
  }
  EXPECT_EQ(Counter(), "3\n");
  ExpectSameState();
}

TEST_F(SessionsTest, CopiesUnderWayAtOnceAreDoneOnce) {
  BeginWithCounter(2);
  const std::string session = Register(NodeId{1});
  int answers = 0;
  std::set<std::string> bodies;
  for (int copy = 0; copy < 12; ++copy) {
    cluster->Send(kNodes[copy % 3], InSession(SimCluster::UpdateRequest(std::string(kIncrement)), session, 1 + copy / 6),
                  [&](StatusOr<http::Response> answer) {
                    EXPECT_EQ(Status(answer), 200);
                    if (answer.ok()) bodies.insert(answer->body);
                    ++answers;
                  });
  }
  ASSERT_TRUE(cluster->world().RunUntilTrue([&] { return answers == 12; }, seconds(20)));
  EXPECT_EQ(bodies.size(), 2u);
  EXPECT_EQ(Counter(), "2\n");
}

TEST_F(SessionsTest, CrashesOfLeadersLoseNothingAndDoubleNothing) {
  BeginWithCounter(3);
  const std::string session = Register(NodeId{1});
  for (uint64_t sequence = 1; sequence <= 12; ++sequence) {
    bool answered = false;
    int status = 0;
    cluster->Send(kNodes[sequence % 3], InSession(SimCluster::UpdateRequest(std::string(kIncrement)), session, sequence),
                  [&](StatusOr<http::Response> answer) { answered = true, status = Status(answer); });
    cluster->world().RunFor(microseconds(100 * static_cast<int64_t>(sequence)));
    const auto leader = cluster->leader();
    if (leader) cluster->process(*leader).Crash();
    cluster->world().RunUntilTrue([&] { return answered; }, seconds(20));
    if (leader) cluster->process(*leader).Start();
    const auto answer = UpdatePatiently(session, sequence);
    ASSERT_EQ(Status(answer), 200) << answer->body;
    EXPECT_EQ(Counter(), StrCat(sequence, "\n"));
  }
  ExpectSameState();
}

// The node that the request was sent to tries again itself: its client sees no election.
TEST_F(SessionsTest, AForwardedUpdateOutlivesTheLeader) {
  BeginWithCounter(4);
  const std::string session = Register(NodeId{1});
  int unknown = 0;
  for (uint64_t sequence = 1; sequence <= 6; ++sequence) {
    ASSERT_TRUE(cluster->WaitForLeader());
    const NodeId leader = *cluster->leader();
    const NodeId other = cluster->follower();
    std::optional<StatusOr<http::Response>> answer;
    cluster->Send(other, InSession(SimCluster::UpdateRequest(std::string(kIncrement)), session, sequence),
                  [&](StatusOr<http::Response> response) { answer = std::move(response); });
    cluster->world().RunFor(milliseconds(1));
    cluster->process(leader).Crash();
    ASSERT_TRUE(cluster->world().RunUntilTrue([&] { return answer.has_value(); }, seconds(20)));
    EXPECT_EQ(Status(*answer), 200) << (*answer)->body;
    unknown += Status(*answer) == 504;
    cluster->process(leader).Start();
    cluster->world().RunFor(seconds(2));
  }
  EXPECT_EQ(unknown, 0);
  EXPECT_EQ(Counter(), "6\n");
}

// A session that made room while its update was tried again: the refusal of the second try is not the whole truth.
TEST_F(SessionsTest, ARefusalAfterAnUnknownTrySaysUnknown) {
  BeginWithCounter(11, [](NodeId, NodeOptions* options) { options->sessions.sessions_max = 1; });
  int unknown = 0, done = 0;
  for (int round = 0; round < 24; ++round) {
    ASSERT_TRUE(cluster->WaitForLeader());
    const NodeId leader = *cluster->leader(), other = cluster->follower();
    const std::string session = Register(leader);
    const std::string before = Counter(other);
    std::optional<StatusOr<http::Response>> answer;
    cluster->Send(other, InSession(SimCluster::UpdateRequest(std::string(kIncrement)), session, 1),
                  [&](StatusOr<http::Response> response) { answer = std::move(response); });
    cluster->world().RunFor(microseconds(200 + 300 * round));
    cluster->process(leader).Crash();
    // Before the node comes to its next try.
    cluster->world().RunUntilTrue([&] { return cluster->leader().value_or(leader) != leader; }, seconds(5));
    cluster->Send(*cluster->leader(), {.method = "POST", .path = "/sessions", .headers = {}, .body = {}}, [](StatusOr<http::Response>) {});
    ASSERT_TRUE(cluster->world().RunUntilTrue([&] { return answer.has_value(); }, seconds(20)));
    cluster->process(leader).Start();
    cluster->world().RunFor(seconds(2));
    const bool happened = Counter(other) != before;
    const std::string outcome = Outcome(*answer);
    unknown += outcome == "unknown";
    done += outcome == "done" || outcome == "repeated";
    if (outcome == "none") {
      EXPECT_FALSE(happened) << (*answer)->body;
    }
    if (outcome == "done" || outcome == "repeated") {
      EXPECT_TRUE(happened);
    }
  }
  EXPECT_GT(unknown, 0);
  EXPECT_GT(done, 0);
}

TEST_F(SessionsTest, OutcomesOutliveSnapshotsAndRestarts) {
  BeginWithCounter(5, [](NodeId, NodeOptions* options) { options->replica.retained_entries_max = 20; });
  const std::string session = Register(NodeId{1});
  const NodeId late = cluster->follower();
  cluster->process(late).Crash();
  std::vector<std::string> bodies;
  for (uint64_t sequence = 1; sequence <= 100; ++sequence) {
    const auto answer = Update(*cluster->leader(), session, sequence);
    ASSERT_EQ(Status(answer), 200) << answer->body;
    bodies.push_back(answer->body);
  }
  cluster->process(late).Start();
  cluster->world().RunFor(seconds(5));
  EXPECT_GT(cluster->node(late)->replicas().counters().snapshots_installed, 0u);
  ExpectSameState();
  for (const NodeId node : kNodes) {  // All at once, and the one with the snapshot must lead then.
    if (node != late) cluster->process(node).Crash();
  }
  cluster->process(late).Crash();
  for (const NodeId node : kNodes) cluster->process(node).Start();
  cluster->world().RunFor(seconds(5));
  ASSERT_TRUE(cluster->WaitForLeader());
  if (*cluster->leader() != late) {
    EXPECT_TRUE(cluster->node(*cluster->leader())->replicas().TransferLeadership(kDataGroup, late).ok());
    cluster->world().RunFor(seconds(2));
  }
  for (const uint64_t sequence : {1, 50, 100}) {
    const auto answer = Update(late, session, sequence);
    EXPECT_EQ(Outcome(answer), "repeated") << sequence;
    EXPECT_EQ(answer->body, bodies[sequence - 1]);
  }
  EXPECT_EQ(Counter(late), "100\n");
}

TEST_F(SessionsTest, ErrorsOfAnUpdateAreItsOutcome) {
  Begin(6);
  const std::string session = Register(NodeId{1});
  constexpr std::string_view kText = "COPY GRAPH <http://e/from> TO GRAPH <http://e/to>";
  const auto first = Update(NodeId{1}, session, 1, kText);
  EXPECT_EQ(Status(first), 404);
  EXPECT_EQ(Outcome(first), "done");
  ASSERT_EQ(Status(cluster->Update(NodeId{1}, "INSERT DATA { GRAPH <http://e/from> { <http://a> <http://b> 1 } }")), 200);
  const auto again = Update(NodeId{2}, session, 1, kText);
  EXPECT_EQ(Status(again), 404);
  EXPECT_EQ(Outcome(again), "repeated");
  EXPECT_EQ(again->body, first->body);
  EXPECT_EQ(Status(Update(NodeId{2}, session, 2, kText)), 200);
}

TEST_F(SessionsTest, MisuseIsRefusedAndSaysWhy) {
  BeginWithCounter(7);
  const std::string session = Register(NodeId{1});
  const auto expect = [&](const StatusOr<http::Response>& answer, int status, std::string_view words) {
    ASSERT_TRUE(answer.ok()) << ToString(answer.status());
    EXPECT_EQ(answer->status, status) << answer->body;
    EXPECT_NE(answer->body.find(words), std::string::npos) << answer->body;
  };
  const auto with = [&](std::vector<std::pair<std::string, std::string>> headers) {
    http::Request request = SimCluster::UpdateRequest(std::string(kIncrement));
    request.headers.insert(request.headers.end(), headers.begin(), headers.end());
    return cluster->Call(NodeId{2}, std::move(request));
  };
  expect(with({{"quadraft-sequence", "1"}}), 400, "need Quadraft-Session");
  expect(with({{"quadraft-session", session}}), 400, "Quadraft-Sequence: expected a number");
  expect(with({{"quadraft-session", session}, {"quadraft-sequence", "0"}}), 400, "expected a number");
  expect(with({{"quadraft-session", "nonsense"}, {"quadraft-sequence", "1"}}), 400, "is no session");
  expect(with({{"quadraft-session", session}, {"quadraft-sequence", "3"}, {"quadraft-acknowledged", "3"}}), 400, "below");
  expect(Update(NodeId{2}, "1-0123456789abcdef", 1), 410, "not known");

  EXPECT_EQ(Status(Update(NodeId{2}, session, 5)), 200);
  expect(Update(NodeId{2}, session, 5, "INSERT DATA { <http://a> <http://b> 1 }"), 422, "another update");
  EXPECT_EQ(Status(Update(NodeId{2}, session, 6, kIncrement, "5")), 200);
  const auto old = Update(NodeId{2}, session, 5);
  expect(old, 410, "from sequence 6 on");
  EXPECT_EQ(Outcome(old), "none");
  const auto far = Update(NodeId{2}, session, 6 + txn::kSessionWindow, kIncrement, "5");
  expect(far, 429, "256 at most");
  EXPECT_EQ(http::Find(far->headers, "retry-after"), "1");
  EXPECT_EQ(Status(Update(NodeId{2}, session, 6 + txn::kSessionWindow)), 200);  // The window moves when nothing is said.
  EXPECT_EQ(Counter(), "3\n");
  expect(cluster->Call(NodeId{1}, {.method = "GET", .path = "/sessions", .headers = {}, .body = {}}), 404, "POST /sessions");
}

TEST_F(SessionsTest, ClosedAndExpiredSessionsAreUnknown) {
  BeginWithCounter(8, [](NodeId, NodeOptions* options) { options->sessions.timeout = seconds(2); });
  const std::string closed = Register(NodeId{1}), expired = Register(NodeId{1}), used = Register(NodeId{3});
  ASSERT_EQ(Status(Update(NodeId{1}, closed, 1)), 200);
  const auto close = [&](std::string_view session) {
    return Status(cluster->Call(NodeId{2}, {.method = "DELETE", .path = StrCat("/sessions/", session), .headers = {}, .body = {}}));
  };
  EXPECT_EQ(close(closed), 204);
  EXPECT_EQ(close(closed), 410);
  EXPECT_EQ(close("x"), 400);
  EXPECT_EQ(Status(Update(NodeId{1}, closed, 1)), 410);
  EXPECT_EQ(Status(Update(NodeId{1}, expired, 1)), 200);
  for (uint64_t i = 1; i <= 3; ++i) {
    cluster->world().RunFor(milliseconds(900));
    EXPECT_EQ(Status(Update(NodeId{2}, used, i)), 200);
  }
  EXPECT_EQ(Status(Update(NodeId{1}, expired, 1)), 410);
  EXPECT_EQ(Counter(), "5\n");
  ExpectSameState();
}

TEST_F(SessionsTest, WritesOfTheGraphStoreAreInSessionsToo) {
  Begin(9);
  const std::string session = Register(NodeId{1});
  const http::Request post{.method = "POST",
                           .path = "/store",
                           .query = "default",
                           .headers = {{"content-type", "text/turtle"}},
                           .body = "[] <http://e/p> [ <http://e/q> 1 ] ."};
  const auto first = cluster->Call(NodeId{2}, InSession(post, session, 1));
  EXPECT_EQ(Status(first), 204);
  EXPECT_EQ(Outcome(first), "done");
  const auto again = cluster->Call(NodeId{3}, InSession(post, session, 1));
  EXPECT_EQ(Status(again), 204);
  EXPECT_EQ(Outcome(again), "repeated");
  EXPECT_EQ(cluster->Select(NodeId{1}, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"), "2\n");  // Fresh blank nodes would be more.
  http::Request other = post;
  other.body += " ";
  EXPECT_EQ(Status(cluster->Call(NodeId{3}, InSession(other, session, 1))), 422);
}

TEST_F(SessionsTest, TheFirstOneWaitsUntilEveryMemberKnowsThem) {
  Begin(10, [](NodeId id, NodeOptions* options) {
    options->sessions.known = id != NodeId{3};
    options->update_timeout = seconds(3);
  });
  while (*cluster->leader() == NodeId{3}) {
    EXPECT_TRUE(cluster->node(NodeId{3})->replicas().TransferLeadership(kDataGroup, NodeId{1}).ok());
    cluster->world().RunFor(seconds(1));
  }
  auto refused = TryRegister(NodeId{1});
  EXPECT_EQ(Status(refused), 412);
  EXPECT_NE(refused->body.find("node 3 runs a program of before sessions"), std::string::npos) << refused->body;
  cluster->process(NodeId{3}).Crash();
  refused = TryRegister(NodeId{2});
  EXPECT_EQ(Status(refused), 503);
  EXPECT_NE(refused->body.find("node 3 did not answer"), std::string::npos) << refused->body;
}

}  // namespace
}  // namespace quadraft::node
