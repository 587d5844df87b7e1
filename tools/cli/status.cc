#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/cli/cluster_client.h"
#include "tools/cli/commands.h"
#include "tools/cli/table.h"
#include "tools/cli/world.h"

namespace quadraft::cli {
namespace {

using nlohmann::json;

std::string Cell(const json& node, const char* key) {
  const auto it = node.find(key);
  if (it == node.end() || it->is_null()) return "-";
  return it->is_string() ? it->get<std::string>() : it->dump();
}

Task<int> ShowStatus(Env& env, std::vector<std::string> endpoints, const StatusOptions& options) {
  json nodes = json::array();
  int unreachable = 0;
  for (const std::string& endpoint : endpoints) {
    ClusterClient client(env, {endpoint});
    http::Request request;
    request.method = "GET";
    request.path = "/status";
    auto response = co_await client.Send(std::move(request), seconds(options.common.timeout_s));
    json node = response.ok() ? json::parse(response->body, nullptr, /*allow_exceptions=*/false) : json();
    if (!node.is_object()) {
      ++unreachable;
      node = json{{"role", "unreachable"},
                  {"error", response.ok() ? "the answer is not JSON" : Message(response.status())}};
    }
    node["endpoint"] = endpoint;
    nodes.push_back(std::move(node));
  }
  if (options.output == "json") {
    std::cout << nodes.dump(2) << "\n";
  } else {
    std::vector<std::vector<std::string>> rows = {
        {"NODE", "ENDPOINT", "ROLE", "LEADER", "TERM", "COMMIT", "APPLIED", "QUADS", "DIGEST"}};
    for (const json& node : nodes) {
      rows.push_back({Cell(node, "node"), Cell(node, "endpoint"), Cell(node, "role"), Cell(node, "leader"), Cell(node, "term"),
                      Cell(node, "commit_index"), Cell(node, "applied_index"), Cell(node, "quads"), Cell(node, "digest").substr(0, 12)});
    }
    PrintTable(std::cout, rows);
    for (const json& node : nodes) {
      if (node.contains("error")) std::cerr << "quadraft: " << Cell(node, "endpoint") << ": " << Cell(node, "error") << "\n";
    }
  }
  co_return unreachable == 0 ? 0 : 1;
}

}  // namespace

int RunStatus(const StatusOptions& options) {
  auto endpoints = ParseEndpoints(options.common.endpoint);
  if (!endpoints.ok()) return Complain(endpoints.status()), 2;
  return RunFlow([&](Env& env) { return ShowStatus(env, *endpoints, options); });
}

}  // namespace quadraft::cli
