#include "node/node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "node/testing/sim_cluster.h"

namespace quadraft::node {
namespace {

constexpr NodeId kNodes[] = {NodeId{1}, NodeId{2}, NodeId{3}};

int HttpStatus(const StatusOr<http::Response>& response) { return response.ok() ? response->status : -1; }

TEST(NodeTest, AnyNodeTakesAnyRequestAndReadsSeeAllEarlierWrites) {
  SimCluster cluster(1);
  ASSERT_TRUE(cluster.WaitForLeader());
  int n = 0;
  for (const NodeId writer : kNodes) {
    const auto done = cluster.Update(writer, StrCat("INSERT DATA { <http://e/s", n++, "> <http://e/p> ", n, " }"));
    ASSERT_EQ(HttpStatus(done), 200) << (done.ok() ? done->body : ToString(done.status()));
    for (const NodeId reader : kNodes) {
      EXPECT_EQ(cluster.Select(reader, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"), StrCat(n, "\n"));
    }
  }
}

TEST(NodeTest, KillingTheLeaderLosesNoAcknowledgedWrite) {
  SimCluster cluster(2);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId old = *cluster.leader();
  ASSERT_EQ(HttpStatus(cluster.Update(old, "INSERT DATA { <http://e/a> <http://e/p> 1 }")), 200);
  cluster.process(old).Crash();
  const NodeId other = old == NodeId{1} ? NodeId{2} : NodeId{1};
  // The first try may be on its way to the dead leader: its outcome is unknown, and said to be so, within an election.
  const Duration killed = cluster.world().now();
  auto next = cluster.Update(other, "INSERT DATA { <http://e/b> <http://e/p> 2 }");
  if (HttpStatus(next) == 504) {
    EXPECT_NE(next->body.find("unknown"), std::string::npos) << next->body;
    next = cluster.Update(other, "INSERT DATA { <http://e/b> <http://e/p> 2 }");
  }
  ASSERT_EQ(HttpStatus(next), 200) << next->body;
  EXPECT_LT(cluster.world().now() - killed, seconds(2));
  cluster.process(old).Start();
  cluster.world().RunFor(seconds(3));
  EXPECT_EQ(cluster.Select(old, "SELECT ?o { ?s <http://e/p> ?o } ORDER BY ?o"), "1\n2\n");
  for (const NodeId id : kNodes) {
    ASSERT_NE(cluster.node(id), nullptr);
    EXPECT_EQ(cluster.node(id)->state().content_digest(), cluster.node(other)->state().content_digest());
    EXPECT_TRUE(cluster.node(id)->state().CheckConsistency().ok());
  }
}

// Every increment reads what it writes; lost updates would show as a smaller sum.
TEST(NodeTest, ConcurrentReadModifyWritesAreSerializable) {
  SimCluster cluster(3);
  ASSERT_TRUE(cluster.WaitForLeader());
  ASSERT_EQ(HttpStatus(cluster.Update(NodeId{1}, "INSERT DATA { <http://e/c> <http://e/v> 0 }")), 200);
  constexpr int kIncrements = 60;
  int answered = 0, done = 0;
  for (int i = 0; i < kIncrements; ++i) {
    cluster.Send(kNodes[i % 3],
                 SimCluster::UpdateRequest("DELETE { ?c <http://e/v> ?o } INSERT { ?c <http://e/v> ?n } "
                                           "WHERE { ?c <http://e/v> ?o BIND(?o + 1 AS ?n) }"),
                 [&](StatusOr<http::Response> response) {
                   ++answered;
                   done += HttpStatus(response) == 200;
                 });
  }
  ASSERT_TRUE(cluster.world().RunUntilTrue([&] { return answered == kIncrements; }, seconds(60)));
  EXPECT_EQ(done, kIncrements);
  EXPECT_EQ(cluster.Select(NodeId{2}, "SELECT ?o { <http://e/c> <http://e/v> ?o }"), StrCat(kIncrements, "\n"));
}

TEST(NodeTest, AMinorityRefusesAndSaysThatNothingWasDone) {
  SimCluster cluster(4);
  ASSERT_TRUE(cluster.WaitForLeader());
  cluster.process(NodeId{2}).Crash();
  cluster.process(NodeId{3}).Crash();
  cluster.world().RunFor(seconds(5));
  const auto update = cluster.Update(NodeId{1}, "INSERT DATA { <http://e/a> <http://e/p> 1 }");
  EXPECT_EQ(HttpStatus(update), 503);
  EXPECT_NE(update->body.find("nothing was done"), std::string::npos) << update->body;
  EXPECT_EQ(cluster.Select(NodeId{1}, "ASK {}").substr(0, 3), "503");
  EXPECT_EQ(cluster.Select(NodeId{1}, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "consistency=local"), "0\n");
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, {.method = "GET", .path = "/livez"})), 200);
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, {.method = "GET", .path = "/readyz"})), 503);
}

TEST(NodeTest, ReadsMayBeBehindByABoundAndNoFurther) {
  SimCluster cluster(20);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId node = cluster.follower();
  ASSERT_EQ(HttpStatus(cluster.Update(node, "INSERT DATA { <http://e/a> <http://e/p> 1 }")), 200);
  const std::string query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", bounded = "max-staleness=2000";
  EXPECT_EQ(cluster.Select(node, query, bounded), "1\n");  // Asks the leader.
  NodeId other = *cluster.leader();
  for (const NodeId peer : kNodes) {
    if (peer == node) continue;
    cluster.world().network().Cut(node, peer);
    cluster.world().network().Cut(peer, node);
    other = peer;
  }
  ASSERT_EQ(HttpStatus(cluster.Update(other, "INSERT DATA { <http://e/b> <http://e/p> 2 }")), 200);
  const Duration asked = cluster.world().now();
  EXPECT_EQ(cluster.Select(node, query, bounded), "1\n");
  EXPECT_LT(cluster.world().now() - asked, milliseconds(20)) << "it knows how fresh it is";
  EXPECT_EQ(cluster.Select(other, query), "2\n");
  cluster.world().RunFor(seconds(2));
  const auto late = cluster.Call(node, SimCluster::QueryRequest(query, bounded, "text/csv"));
  EXPECT_EQ(HttpStatus(late), 503);
  EXPECT_NE(late->body.find("more than 2000 ms behind"), std::string::npos) << late->body;
  EXPECT_NE(late->body.find("consistency=local"), std::string::npos) << late->body;
  EXPECT_EQ(cluster.Select(node, query, "max-staleness=60000"), "1\n");
  EXPECT_EQ(HttpStatus(cluster.Call(node, SimCluster::QueryRequest(query, "consistency=bounded", "text/csv"))), 400);
  const auto metrics = cluster.Call(node, {.method = "GET", .path = "/metrics"});
  EXPECT_NE(metrics->body.find("quadraft_raft_stale_reads_total 2"), std::string::npos) << metrics->body;
  EXPECT_NE(metrics->body.find("quadraft_raft_lease_valid 0"), std::string::npos);
}

TEST(NodeTest, BadTextIsRefusedWithItsPlace) {
  SimCluster cluster(5);
  ASSERT_TRUE(cluster.WaitForLeader());
  const auto update = cluster.Update(NodeId{1}, "INSERT DATA {\n <http://e/a> <http://e/p> }");
  EXPECT_EQ(HttpStatus(update), 400);
  EXPECT_NE(update->body.find("line 2"), std::string::npos) << update->body;
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, {.method = "PUT", .path = "/sparql"})), 405);
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, {.method = "GET", .path = "/nowhere"})), 404);
}

TEST(NodeTest, GraphStoreProtocol) {
  SimCluster cluster(6);
  ASSERT_TRUE(cluster.WaitForLeader());
  const auto request = [](std::string method, std::string query, std::string body) {
    return http::Request{.method = std::move(method), .path = "/store", .query = std::move(query),
                         .headers = {{"content-type", "text/turtle"}, {"accept", "application/n-triples"}}, .body = std::move(body)};
  };
  const std::string graph = "graph=http%3A%2F%2Fe%2Fg";
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, request("GET", graph, ""))), 404);
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{2}, request("PUT", graph, "<http://e/a> <http://e/p> 1 ."))), 204);
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{3}, request("POST", graph, "<http://e/a> <http://e/p> 2 ."))), 204);
  auto got = cluster.Call(NodeId{1}, request("GET", graph, ""));
  ASSERT_EQ(HttpStatus(got), 200);
  EXPECT_EQ(std::count(got->body.begin(), got->body.end(), '\n'), 2);
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, request("PUT", graph, "<http://e/b> <http://e/p> 3 ."))), 204);
  got = cluster.Call(NodeId{2}, request("GET", graph, ""));
  ASSERT_EQ(HttpStatus(got), 200);
  EXPECT_EQ(got->body, "<http://e/b> <http://e/p> \"3\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n");
  EXPECT_EQ(cluster.Select(NodeId{2}, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"), "0\n");  // The default graph has none.
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, request("POST", graph, "<a> <http://e/p> ."))), 400);
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{1}, request("DELETE", graph, ""))), 204);
  EXPECT_EQ(HttpStatus(cluster.Call(NodeId{3}, request("GET", graph, ""))), 404);
}

TEST(NodeTest, WholeDatasetGoesInAndOutAsQuads) {
  SimCluster cluster(7);
  ASSERT_TRUE(cluster.WaitForLeader());
  const std::string quads =
      "<http://e/a> <http://e/p> _:b <http://e/g> .\n"
      "<http://e/a> <http://e/p> \"x\" .\n";
  http::Request post{.method = "POST", .path = "/store", .query = "blank-scope=t1",
                     .headers = {{"content-type", "application/n-quads"}}, .body = quads};
  ASSERT_EQ(HttpStatus(cluster.Call(NodeId{1}, post)), 204);
  ASSERT_EQ(HttpStatus(cluster.Call(NodeId{2}, post)), 204);  // The same scope: the same blank node.
  const auto dump = cluster.Call(NodeId{3}, {.method = "GET", .path = "/store", .headers = {{"accept", "application/n-quads"}}});
  ASSERT_EQ(HttpStatus(dump), 200);
  EXPECT_EQ(std::count(dump->body.begin(), dump->body.end(), '\n'), 2) << dump->body;
  EXPECT_NE(dump->body.find("<http://e/g> ."), std::string::npos) << dump->body;
}

TEST(NodeTest, ANodeWhoseDiskFailsStopsAndTheOthersGoOn) {
  SimCluster cluster(8);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId broken = cluster.follower();
  cluster.process(broken).disk().FailNth(~0u, 1);
  ASSERT_EQ(HttpStatus(cluster.Update(*cluster.leader(), "INSERT DATA { <http://e/a> <http://e/p> 1 }")), 200);
  cluster.world().RunFor(seconds(1));
  EXPECT_EQ(cluster.fatal_errors(), 1);
  EXPECT_EQ(cluster.Select(*cluster.leader(), "SELECT ?o { ?s ?p ?o }"), "1\n");
}

// Refused for want of room, of a leader, or not known: each has a status, a word and an advice of its own (docs/sessions.md).
TEST(NodeTest, AnswersToUpdatesSayWhatWasDone) {
  SimCluster cluster(12, 3, {}, 0, [](NodeId, NodeOptions* options) {
    options->replica.pending_proposals_max = 2;
    options->update_timeout = seconds(2);
  });
  const auto expect = [](const StatusOr<http::Response>& answer, int status, std::string_view outcome, std::string_view retry_after,
                         std::string_view words) {
    ASSERT_EQ(HttpStatus(answer), status) << (answer.ok() ? answer->body : ToString(answer.status()));
    EXPECT_EQ(http::Find(answer->headers, "quadraft-outcome"), outcome);
    EXPECT_EQ(http::Find(answer->headers, "retry-after"), retry_after);
    EXPECT_NE(answer->body.find(words), std::string::npos) << answer->body;
  };
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId leader = *cluster.leader();
  expect(cluster.Update(leader, "INSERT DATA { <http://e/a> <http://e/p> 1 }"), 200, "done", "", "inserted");
  expect(cluster.Update(leader, "COPY GRAPH <http://e/none> TO DEFAULT"), 404, "none", "", "");
  std::vector<StatusOr<http::Response>> answers;
  for (int i = 0; i < 20; ++i) {
    cluster.Send(leader, SimCluster::UpdateRequest(StrCat("INSERT DATA { <http://e/a> <http://e/p> ", i, " }")),
                 [&](StatusOr<http::Response> answer) { answers.push_back(std::move(answer)); });
  }
  ASSERT_TRUE(cluster.world().RunUntilTrue([&] { return answers.size() == 20; }, seconds(5)));
  const auto full = std::find_if(answers.begin(), answers.end(), [](const auto& answer) { return HttpStatus(answer) == 429; });
  ASSERT_NE(full, answers.end());
  expect(*full, 429, "none", "1", "pending_proposals_max");
  // Its followers are gone: what it takes now may be committed by them later.
  for (const NodeId id : kNodes) {
    if (id != leader) cluster.process(id).Crash();
  }
  expect(cluster.Update(leader, "INSERT DATA { <http://e/a> <http://e/p> 100 }"), 504, "unknown", "", "unknown");
  expect(cluster.Update(leader, "INSERT DATA { <http://e/a> <http://e/p> 101 }"), 503, "none", "1", "no leader is known");
}

TEST(NodeTest, MetricsAndStatusTellWhatWasDone) {
  SimCluster cluster(9);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId leader = *cluster.leader();
  ASSERT_EQ(HttpStatus(cluster.Update(leader, "INSERT DATA { <http://e/a> <http://e/p> 1, 2 }")), 200);
  const auto metrics = cluster.Call(leader, {.method = "GET", .path = "/metrics"});
  ASSERT_EQ(HttpStatus(metrics), 200);
  for (const char* line : {"\nquadraft_updates_total 1\n", "\nquadraft_store_quads 2\n", "\nquadraft_raft_is_leader 1\n"}) {
    EXPECT_NE(metrics->body.find(line), std::string::npos) << line << metrics->body;
  }
  const auto status = cluster.Call(leader, {.method = "GET", .path = "/status"});
  ASSERT_EQ(HttpStatus(status), 200);
  EXPECT_NE(status->body.find("\"role\": \"leader\""), std::string::npos) << status->body;
  EXPECT_NE(status->body.find("\"quads\": 2"), std::string::npos) << status->body;
}

StatusOr<http::Response> Post(SimCluster& cluster, NodeId node, std::string query) {
  return cluster.Call(node, {.method = "POST", .path = "/members", .query = std::move(query)});
}

// The leader's answer to a change that it may have to be asked for again.
int Change(SimCluster& cluster, const std::string& query) {
  int status = -1;
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(cluster.WaitForLeader());
    status = HttpStatus(Post(cluster, *cluster.leader(), query));
    if (status == 200) break;
    cluster.world().RunFor(milliseconds(250));
  }
  return status;
}

TEST(NodeTest, MembersComeAndGoWhileItServes) {
  SimCluster cluster(10, 3, {}, /*joiners=*/1);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId first = *cluster.leader();
  ASSERT_EQ(HttpStatus(cluster.Update(first, "INSERT DATA { <http://e/a> <http://e/p> 1 }")), 200);
  const auto refused = Post(cluster, cluster.follower(), "add=4");
  EXPECT_EQ(HttpStatus(refused), 503);
  EXPECT_NE(refused->body.find("does not lead: ask node"), std::string::npos) << refused->body;
  EXPECT_EQ(HttpStatus(Post(cluster, first, "add=x")), 400);
  EXPECT_EQ(HttpStatus(Post(cluster, first, "evict=4")), 400);
  EXPECT_EQ(HttpStatus(Post(cluster, first, "")), 400);
  ASSERT_EQ(Change(cluster, "add=4"), 200);
  ASSERT_EQ(Change(cluster, "promote=4"), 200);
  EXPECT_EQ(cluster.Select(NodeId{4}, "SELECT ?o { ?s ?p ?o }"), "1\n");
  // The leader goes; the three that are left serve, and the new one may lead.
  ASSERT_EQ(Change(cluster, StrCat("remove=", first)), 200);
  cluster.world().RunFor(seconds(1));
  ASSERT_TRUE(cluster.WaitForLeader());
  EXPECT_NE(*cluster.leader(), first);
  ASSERT_EQ(HttpStatus(cluster.Update(NodeId{4}, "INSERT DATA { <http://e/b> <http://e/p> 2 }")), 200);
  if (*cluster.leader() != NodeId{4}) {
    ASSERT_EQ(HttpStatus(Post(cluster, *cluster.leader(), "transfer=4")), 200);
    cluster.world().RunFor(milliseconds(100));
    EXPECT_EQ(cluster.leader(), NodeId{4});
  }
  const auto view = cluster.Call(NodeId{4}, {.method = "GET", .path = "/members"});
  ASSERT_EQ(HttpStatus(view), 200);
  EXPECT_NE(view->body.find("\"leader\": 4"), std::string::npos) << view->body;
  EXPECT_EQ(view->body.find(StrCat("\"id\": ", first)), std::string::npos) << view->body;
  EXPECT_EQ(cluster.fatal_errors(), 0);
}

TEST(NodeTest, MembersHaveAddressesThatCanBeChanged) {
  SimCluster cluster(13, 3, {}, /*joiners=*/1);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId first = *cluster.leader();
  const auto refusal = [&](const char* query, int status) {
    const auto answer = Post(cluster, first, query);
    EXPECT_EQ(HttpStatus(answer), status) << query;
    return answer.ok() ? answer->body : "";
  };
  ASSERT_EQ(Change(cluster, "add=4@h4:7000"), 200);
  ASSERT_EQ(Change(cluster, "update=1@h1:7000"), 200);
  EXPECT_NE(refusal("add=4@h4:7000", 412).find("node 4 is a member already"), std::string::npos);
  EXPECT_NE(refusal("add=5@h1:7000", 400).find("h1:7000 is that of node 1"), std::string::npos);
  EXPECT_NE(refusal("update=5@h5:7000", 400).find("node 5 is no member"), std::string::npos);
  EXPECT_NE(refusal("add=5@nowhere", 400).find("is no HOST:PORT"), std::string::npos);
  EXPECT_NE(refusal("update=4", 400).find("expected NODE@HOST:PORT"), std::string::npos);
  EXPECT_NE(refusal("promote=4@h4:7000", 400).find("goes with add and update"), std::string::npos);
  EXPECT_NE(refusal("promote=4&remove=4", 400).find("node 4 is named twice"), std::string::npos);
  cluster.world().RunFor(seconds(1));
  const auto view = cluster.Call(NodeId{4}, {.method = "GET", .path = "/members"});
  ASSERT_EQ(HttpStatus(view), 200);
  EXPECT_NE(view->body.find("\"id\": 1, \"votes\": true, \"address\": \"h1:7000\""), std::string::npos) << view->body;
  EXPECT_NE(view->body.find("\"id\": 4, \"votes\": false, \"address\": \"h4:7000\""), std::string::npos) << view->body;
  EXPECT_EQ(cluster.fatal_errors(), 0);
}

// A node whose folder was emptied is not the one that it was; the others say so, and it stops.
TEST(NodeTest, ANodeThatLostItsDiskIsRefusedAndReplaced) {
  SimCluster cluster(14, 3, {}, /*joiners=*/1);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId lost = cluster.follower();
  ASSERT_EQ(HttpStatus(cluster.Update(*cluster.leader(), "INSERT DATA { <http://e/a> <http://e/p> 1 }")), 200);
  cluster.process(lost).Crash();
  cluster.process(lost).LoseDisk();
  cluster.process(lost).Start();
  EXPECT_TRUE(cluster.world().RunUntilTrue([&] { return cluster.fatal_errors() == 1; }, seconds(5)));
  cluster.world().RunFor(milliseconds(1));
  EXPECT_FALSE(cluster.process(lost).running());
  ASSERT_EQ(Change(cluster, "add=4"), 200);
  ASSERT_EQ(Change(cluster, StrCat("promote=4&remove=", lost)), 200);
  EXPECT_EQ(cluster.Select(NodeId{4}, "SELECT ?o { ?s ?p ?o }"), "1\n");
  const auto view = cluster.Call(*cluster.leader(), {.method = "GET", .path = "/members"});
  EXPECT_EQ(view->body.find(StrCat("\"id\": ", lost)), std::string::npos) << view->body;
}

TEST(NodeTest, ATransferToWhoCannotTakeOverChangesNothingAndSaysSo) {
  SimCluster cluster(11);
  ASSERT_TRUE(cluster.WaitForLeader());
  const NodeId first = *cluster.leader(), away = cluster.follower();
  for (const NodeId other : {NodeId{1}, NodeId{2}, NodeId{3}}) {
    if (other == away) continue;
    cluster.world().network().Cut(away, other);
    cluster.world().network().Cut(other, away);
  }
  const auto answer = Post(cluster, first, StrCat("transfer=", away));
  EXPECT_EQ(HttpStatus(answer), 409);
  EXPECT_NE(answer->body.find("leads on"), std::string::npos) << answer->body;
  EXPECT_EQ(cluster.leader(), first);
  EXPECT_EQ(HttpStatus(cluster.Update(first, "INSERT DATA { <http://e/a> <http://e/p> 1 }")), 200);
}

}  // namespace
}  // namespace quadraft::node
