#include "node/testing/sim_cluster.h"

#include <utility>

namespace quadraft::node {

struct SimCluster::NodeProgram : sim::Program {
  NodeProgram(Env& env, NodeOptions options) : node(env, std::move(options)), started(node.Start()) {}
  Node node;
  Status started;
};

struct SimCluster::ClientProgram : sim::Program {
  explicit ClientProgram(Env& env) : env(env) {}
  Env& env;
  std::map<uint64_t, std::unique_ptr<http::HttpClient>> clients;  // One connection per call, until it is answered.
  uint64_t next = 1;
};

SimCluster::SimCluster(uint64_t seed, int nodes, sim::WorldOptions options, int joiners, Configure configure) : world_(seed, std::move(options)) {
  for (int i = 1; i <= nodes + joiners; ++i) ids_.push_back(NodeId{static_cast<uint64_t>(i)});
  for (const NodeId id : ids_) {
    world_.AddProcess(id, StrCat("node", id), [this, id, nodes, configure](Env& env) {
      NodeOptions options;
      options.id = id;
      for (const NodeId node : ids_) {
        const bool founds = id.value() <= static_cast<uint64_t>(nodes) && node.value() <= static_cast<uint64_t>(nodes);
        (founds ? options.voters : options.others).push_back(node);
      }
      options.http_address = HttpAddress(id);
      options.kv = store::KvOptions::Small();
      options.on_fatal = [this, id](const Status&) {
        ++fatal_errors_;
        process(id).Crash(sim::CrashKind::kKill);  // As the process ends in production.
      };
      if (configure) configure(id, &options);
      return std::make_unique<NodeProgram>(env, std::move(options));
    }).Start();
  }
  world_.AddProcess(kClientId, "client", [](Env& env) { return std::make_unique<ClientProgram>(env); }).Start();
}

Node* SimCluster::node(NodeId id) {
  auto* program = static_cast<NodeProgram*>(process(id).program());
  return program != nullptr && program->started.ok() ? &program->node : nullptr;
}

std::optional<NodeId> SimCluster::leader() {
  for (const NodeId id : ids_) {
    Node* candidate = node(id);
    if (candidate != nullptr && !process(id).paused() && candidate->replicas().is_leader(kDataGroup)) return id;
  }
  return std::nullopt;
}

NodeId SimCluster::follower() {
  for (const NodeId id : ids_) {
    if (node(id) != nullptr && !node(id)->replicas().is_leader(kDataGroup)) return id;
  }
  return NodeId{};
}

bool SimCluster::WaitForLeader(Duration limit) {
  return world_.RunUntilTrue([this] { return leader().has_value(); }, limit);
}

void SimCluster::Send(NodeId node, http::Request request, Done done, Duration timeout) {
  world_.RunUntilTrue([this] { return process(kClientId).program() != nullptr; }, seconds(1));
  auto& client = *static_cast<ClientProgram*>(process(kClientId).program());
  const uint64_t number = client.next++;
  auto& connection = client.clients[number];
  connection = std::make_unique<http::HttpClient>(client.env, HttpAddress(node), http::ClientOptions{});
  http::SendOptions options;
  options.timeout = timeout;
  connection->Send(std::move(request), std::move(options),
                   [&client, number, done = std::move(done)](StatusOr<http::Response> response) mutable {
                     done(std::move(response));
                     client.env.executor().Post([&client, number] { client.clients.erase(number); });
                   });
}

StatusOr<http::Response> SimCluster::Call(NodeId node, http::Request request, Duration timeout) {
  std::optional<StatusOr<http::Response>> answer;
  Send(node, std::move(request), [&](StatusOr<http::Response> response) { answer = std::move(response); }, timeout);
  world_.RunUntilTrue([&] { return answer.has_value(); }, timeout + seconds(1));
  return answer.has_value() ? *std::move(answer) : Internal("the client gave no answer");
}

http::Request SimCluster::UpdateRequest(std::string text) {
  return {.method = "POST", .path = "/sparql", .headers = {{"content-type", "application/sparql-update"}}, .body = std::move(text)};
}

http::Request SimCluster::QueryRequest(std::string text, std::string parameters, std::string accept) {
  return {.method = "POST",
          .path = "/sparql",
          .query = std::move(parameters),
          .headers = {{"content-type", "application/sparql-query"}, {"accept", std::move(accept)}},
          .body = std::move(text)};
}

StatusOr<http::Response> SimCluster::Update(NodeId node, std::string text) { return Call(node, UpdateRequest(std::move(text))); }

std::string SimCluster::Select(NodeId node, std::string text, std::string parameters) {
  const auto response = Call(node, QueryRequest(std::move(text), std::move(parameters), "text/csv"));
  if (!response.ok()) return ToString(response.status());
  if (response->status != 200) return StrCat(response->status, " ", response->body);
  std::string rows = response->body.substr(response->body.find('\n') + 1);
  std::erase(rows, '\r');
  return rows;
}

}  // namespace quadraft::node
