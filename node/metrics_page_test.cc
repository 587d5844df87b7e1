// /metrics of real nodes: docs/metrics.md has exactly what they show, and what can move does under load.
#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "node/testing/sim_cluster.h"

namespace quadraft::node {
namespace {

constexpr NodeId kNodes[] = {NodeId{1}, NodeId{2}, NodeId{3}};
constexpr std::string_view kIncrement =
    "DELETE { <http://e/c> <http://e/v> ?o } INSERT { <http://e/c> <http://e/v> ?n } WHERE { <http://e/c> <http://e/v> ?o BIND(?o + 1 AS "
    "?n) }";

// What no load of honest nodes on good disks moves; each is tested where it is counted.
const std::set<std::string>& Quiet() {
  static const auto& names = *new std::set<std::string>{
      "quadraft_http_clients_gone_total",        "quadraft_http_connections_refused_total",
      "quadraft_http_rejected_total",
      "quadraft_peer_batches_invalid_total",     "quadraft_peer_batches_other_version_total",
      "quadraft_peer_messages_unknown_group_total", "quadraft_raft_messages_invalid_total",
      "quadraft_raft_membership_changes_total",  "quadraft_raft_leaders_moved_total",
      "quadraft_raft_lease_reads_total",         "quadraft_raft_commits_held_off_total",
  };
  return names;
}

struct Row {
  std::string type, help;
  std::set<std::string> labels;
  std::set<double> values;  // Over all pages; of a histogram its counts.
};

class MetricsPageTest : public testing::Test {
 protected:
  MetricsPageTest()
      : cluster(1, 3, sim::WorldOptions{}, 0, [](NodeId, NodeOptions* options) {
          options->replica.retained_entries_max = 20;
          options->replica.pending_proposals_max = 40;
          options->replica.snapshot_chunk_bytes = 4000;
          options->replica.snapshot_bytes_per_second_max = 2'000'000;
          options->log.segment_bytes = 64 << 10;
          options->state.index.recent_rows_max = 64;
          options->sessions.timeout = seconds(2);
          options->sessions.sessions_max = 2;
          options->update_timeout = seconds(3);
        }) {}

  void TakePages() {
    for (const NodeId node : kNodes) {
      if (cluster.node(node) == nullptr) continue;
      const auto page = cluster.Call(node, {.method = "GET", .path = "/metrics", .headers = {}, .body = {}}, seconds(5));
      if (page.ok() && page->status == 200) Read(page->body);
    }
  }
  void Read(const std::string& text) {
    std::istringstream lines(text);
    std::set<std::string> headed;
    std::string line, name;
    while (std::getline(lines, line)) {
      if (line.starts_with("# HELP ")) {
        name = line.substr(7, line.find(' ', 7) - 7);
        rows[name].help = line.substr(8 + name.size());
        EXPECT_TRUE(headed.insert(name).second) << name << " stands in two places of one page";
      } else if (line.starts_with("# TYPE ")) {
        rows[name].type = line.substr(line.rfind(' ') + 1);
      } else {
        ReadValue(name, line);
      }
    }
  }
  void ReadValue(const std::string& name, std::string_view line) {
    ASSERT_TRUE(line.starts_with(name)) << line;
    Row& row = rows[name];
    std::string_view rest = line.substr(name.size());
    if (row.type == "histogram" && !rest.starts_with("_count")) return;
    if (rest.starts_with("{")) row.labels.insert(std::string(rest.substr(1, rest.find('=') - 1)));
    const std::string number(line.substr(line.rfind(' ') + 1));
    row.values.insert(std::stod(number));
  }
  void Update(NodeId node, std::string text) { cluster.Call(node, SimCluster::UpdateRequest(std::move(text)), seconds(5)).IgnoreError(); }
  std::string Register() {
    const auto answer = cluster.Call(kNodes[0], {.method = "POST", .path = "/sessions", .headers = {}, .body = {}});
    EXPECT_TRUE(answer.ok() && answer->status == 201);
    const size_t begin = answer->body.find("\"session\": \"") + 12;
    return answer->body.substr(begin, answer->body.find('"', begin) - begin);
  }
  static http::Request InSession(std::string_view session, uint64_t sequence) {
    http::Request request = SimCluster::UpdateRequest(std::string(kIncrement));
    request.headers.emplace_back("quadraft-session", session);
    request.headers.emplace_back("quadraft-sequence", StrCat(sequence));
    return request;
  }
  void Together(const std::vector<std::pair<NodeId, http::Request>>& requests) {
    size_t answers = 0;
    for (const auto& [node, request] : requests) cluster.Send(node, request, [&](StatusOr<http::Response>) { ++answers; });
    cluster.world().RunFor(microseconds(300));
    TakePages();  // While they are under way.
    cluster.world().RunUntilTrue([&] { return answers == requests.size(); }, seconds(40));
  }

  void Load();
  void Sessions();
  void Snapshot();
  void Elections();

  SimCluster cluster;
  std::map<std::string, Row> rows;
};

void MetricsPageTest::Load() {
  Update(kNodes[0], "INSERT DATA { <http://e/c> <http://e/v> 0 }");
  std::vector<std::pair<NodeId, http::Request>> requests;
  for (int i = 0; i < 30; ++i) requests.emplace_back(kNodes[i % 3], SimCluster::UpdateRequest(std::string(kIncrement)));
  for (int i = 0; i < 60; ++i)  // More than may be pending.
    requests.emplace_back(kNodes[i % 3], SimCluster::UpdateRequest(StrCat("INSERT DATA { <http://e/n", i, "> <http://e/p> ", i, " }")));
  for (int i = 0; i < 6; ++i)
    requests.emplace_back(kNodes[i % 3], SimCluster::QueryRequest("SELECT * { ?s ?p ?o }", i % 2 ? "consistency=local" : "", "text/csv"));
  Together(requests);
  for (int i = 0; i < 2; ++i)
    cluster.Call(kNodes[1], SimCluster::QueryRequest("ASK {}", "max-staleness=60000", "text/csv")).IgnoreError();
  Update(kNodes[0], "COPY GRAPH <http://none> TO DEFAULT");
  cluster.Call(kNodes[0], SimCluster::QueryRequest("SELECT (", "", "text/csv")).IgnoreError();
  cluster.Call(kNodes[0], SimCluster::QueryRequest("SELECT * { ?s ?p ?o }", "timeout=1", "text/csv")).IgnoreError();
}

void MetricsPageTest::Sessions() {
  std::string session;
  for (int i = 0; i < 3; ++i) session = Register();
  std::vector<std::pair<NodeId, http::Request>> copies;
  for (int i = 0; i < 9; ++i) copies.emplace_back(kNodes[i % 3], InSession(session, 1));
  copies.emplace_back(kNodes[0], InSession("99999999-0123456789abcdef", 1));
  Together(copies);
  cluster.Call(kNodes[1], InSession(session, 1)).IgnoreError();
  cluster.Call(kNodes[1], {.method = "DELETE", .path = StrCat("/sessions/", session), .headers = {}, .body = {}}).IgnoreError();
  cluster.world().RunFor(seconds(4));  // The other one expires, and the groups fall asleep.
  TakePages();
  Register();
}

void MetricsPageTest::Snapshot() {
  const NodeId late = cluster.follower();
  cluster.process(late).Crash();
  for (int i = 0; i < 150; ++i) Update(*cluster.leader(), StrCat("INSERT DATA { <http://e/s", i, "> <http://e/p> \"", std::string(2000, 'x'), i, "\" }"));
  cluster.world().RunFor(seconds(2));
  TakePages();
  cluster.process(late).Start();
  cluster.world().RunFor(milliseconds(60));
  TakePages();
  cluster.process(late).Crash();  // In the middle of it.
  cluster.world().RunFor(milliseconds(20));
  cluster.process(late).Start();
  for (int i = 0; i < 200; ++i) {
    cluster.world().RunFor(milliseconds(5));
    if (i % 4 == 0) TakePages();
  }
}

void MetricsPageTest::Elections() {
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(cluster.WaitForLeader());
    const NodeId leader = *cluster.leader(), other = cluster.follower();
    int answers = 0;
    cluster.Send(other, SimCluster::UpdateRequest(std::string(kIncrement)), [&](StatusOr<http::Response>) { ++answers; });
    cluster.Send(leader, SimCluster::UpdateRequest(std::string(kIncrement)), [&](StatusOr<http::Response>) { ++answers; });
    cluster.world().RunFor(microseconds(400));
    if (i % 2 == 0) {
      cluster.process(leader).Crash();
      cluster.world().RunUntilTrue([&] { return answers == 2; }, seconds(20));
      TakePages();
      cluster.process(leader).Start();
    } else {
      cluster.node(leader)->replicas().TransferLeadership(kDataGroup, other).IgnoreError();
    }
    cluster.world().RunFor(seconds(2));
    TakePages();
  }
  // A majority is gone: reads fail, writes find no leader, and the leader steps down over its pending proposals.
  const NodeId leader = *cluster.leader();
  for (const NodeId node : kNodes) {
    if (node != leader) cluster.process(node).Crash();
  }
  Together({{leader, SimCluster::UpdateRequest(std::string(kIncrement))}, {leader, SimCluster::QueryRequest("ASK {}", "", "text/csv")}});
  TakePages();
}

TEST_F(MetricsPageTest, DocumentedRowsAreThereAndMoveUnderLoad) {
  ASSERT_TRUE(cluster.WaitForLeader());
  TakePages();
  Load();
  Sessions();
  TakePages();
  Snapshot();
  Elections();

  std::string table;
  for (const auto& [name, row] : rows) {
    std::string labels;
    for (const std::string& label : row.labels) StrAppend(&labels, labels.empty() ? "" : ", ", label);
    StrAppend(&table, "| `", name, "` | ", row.type, " | ", labels, " | ", row.help, " |\n");
    if (row.type == "gauge") continue;
    const bool moved = row.values.size() > 1;
    EXPECT_NE(moved, Quiet().contains(name)) << name << (moved ? " moves: take it out of Quiet" : " never moved");
  }
  for (const char* name : {"quadraft_raft_proposals_pending", "quadraft_raft_peer_lag_entries", "quadraft_raft_peer_active",
                           "quadraft_raft_snapshots_sending", "quadraft_raft_snapshot_receiving", "quadraft_groups_sleeping", "quadraft_sessions_open",
                           "quadraft_session_outcomes", "quadraft_log_size_bytes", "quadraft_raft_retained_entries", "quadraft_kv_size_bytes",
                           "quadraft_group_lag_entries", "quadraft_raft_reads_pending", "quadraft_updates_evaluating", "quadraft_kv_memory_bytes",
                           "quadraft_rpc_calls_pending", "quadraft_store_runs", "quadraft_store_recent_rows"}) {
    ASSERT_TRUE(rows.contains(name)) << name;
    EXPECT_GT(rows[name].values.size(), 1u) << name << " never moved";
  }
  std::ifstream file("docs/metrics.md");
  std::stringstream docs;
  docs << file.rdbuf();
  EXPECT_NE(docs.str().find("\n" + table), std::string::npos) << "docs/metrics.md should have just this table:\n" << table;
}

TEST_F(MetricsPageTest, StatusSaysItOfEachGroup) {
  ASSERT_TRUE(cluster.WaitForLeader());
  Update(kNodes[0], "INSERT DATA { <http://e/c> <http://e/v> 0 }");
  Register();
  cluster.world().RunFor(seconds(1));
  const auto page = cluster.Call(*cluster.leader(), {.method = "GET", .path = "/status", .headers = {}, .body = {}});
  ASSERT_TRUE(page.ok());
  for (const char* part : {"\"groups\": [{\"group\": 1, \"role\": \"leader\"", "\"entries_in_memory\": ", "\"leader_changes\": 1",
                           "\"peers\": [{\"node\": ", "\"lag\": 0", "\"takes_snapshot\": false", "\"sessions\": {\"open\": 1, \"outcomes\": 0}"}) {
    EXPECT_NE(page->body.find(part), std::string::npos) << part << " in " << page->body;
  }
}

}  // namespace
}  // namespace quadraft::node
