// quadraft member: who belongs to the cluster, shown and changed (node/members.h).
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/env/executor.h"
#include "tools/cli/cluster_client.h"
#include "tools/cli/commands.h"
#include "tools/cli/table.h"
#include "tools/cli/world.h"

namespace quadraft::cli {
namespace {

using nlohmann::json;

constexpr Duration kRetryPause = milliseconds(300);

std::string QueryOf(const MemberOptions& options) {
  std::string query;
  for (const uint64_t node : options.nodes) {
    StrAppend(&query, query.empty() ? "" : "&", options.verb, "=", node);
  }
  return query;
}

// A new voter catches up, an earlier change commits, a leader is elected: the servers say "ask again".
bool MayAskAgain(const StatusOr<http::Response>& response) {
  if (!response.ok()) return absl::IsUnavailable(response.status());
  return response->status >= 400 && response->body.find("ask again") != std::string::npos;
}

// Of several views the leader's: only it knows what the others hold.
Task<StatusOr<http::Response>> List(Env& env, const MemberOptions& options, const std::vector<std::string>& endpoints) {
  StatusOr<http::Response> seen = Unavailable("no endpoint");
  for (const std::string& endpoint : endpoints) {
    ClusterClient client(env, {endpoint});
    http::Request request;
    request.method = "GET";
    request.path = "/members";
    auto response = co_await client.Send(std::move(request), seconds(options.common.timeout_s));
    if (!response.ok() && seen.ok()) continue;
    seen = std::move(response);
    if (!seen.ok()) continue;
    const json view = json::parse(seen->body, nullptr, /*allow_exceptions=*/false);
    if (view.is_object() && view.contains("leader") && view["leader"] == view["node"]) break;
  }
  co_return seen;
}

Task<StatusOr<http::Response>> Ask(Env& env, const MemberOptions& options, ClusterClient& client) {
  const MonotonicTime deadline = env.clock().Now() + seconds(options.common.timeout_s);
  while (true) {
    http::Request request;
    request.method = "POST";
    request.path = "/members";
    request.query = QueryOf(options);
    auto response = co_await client.Send(std::move(request), seconds(options.common.timeout_s));
    if (!MayAskAgain(response) || env.clock().Now() + kRetryPause >= deadline) co_return response;
    co_await Sleep(env.executor(), kRetryPause);
  }
}

void Print(const json& view) {
  std::vector<std::vector<std::string>> rows = {{"NODE", "ROLE", "HOLDS", "SILENT MS"}};
  const auto cell = [](const json& row, const char* key) {
    return row.contains(key) ? row[key].dump() : std::string("-");
  };
  for (const json& row : view["members"]) {
    const bool leads = view.contains("leader") && view["leader"] == row["id"];
    const bool votes = row["votes"] == true;
    rows.push_back({cell(row, "id"), leads ? "leader" : votes ? "voter" : "learner", cell(row, "match"), cell(row, "silent_ms")});
  }
  PrintTable(std::cout, rows);
  std::cout << "by node " << view["node"] << ", configuration " << view["index"]
            << (view["committed"] == true ? "" : ", not committed yet") << (view["joint"] == true ? ", joint" : "") << "\n";
}

Task<int> Member(Env& env, std::vector<std::string> endpoints, const MemberOptions& options) {
  StatusOr<http::Response> response = Unavailable("not asked");
  if (options.verb == "list") {
    response = co_await List(env, options, endpoints);
  } else {
    ClusterClient client(env, std::move(endpoints));
    response = co_await Ask(env, options, client);
  }
  if (!response.ok()) co_return Complain(response.status());
  if (response->status / 100 != 2) co_return Complain(ErrorOf(*response));
  const json view = json::parse(response->body, nullptr, /*allow_exceptions=*/false);
  if (!view.is_object() || !view.contains("members")) co_return Complain(Internal("the answer is no view of members: ", response->body));
  if (options.output == "json") {
    std::cout << view.dump(2) << "\n";
  } else {
    Print(view);
  }
  co_return 0;
}

}  // namespace

int RunMember(const MemberOptions& options) {
  auto endpoints = ParseEndpoints(options.common.endpoint);
  if (!endpoints.ok()) return Complain(endpoints.status()), 2;
  const bool wants_nodes = options.verb != "list";
  if (wants_nodes == options.nodes.empty() || (options.verb == "transfer" && options.nodes.size() > 1)) {
    Complain(InvalidArgument("member ", options.verb, ": ", wants_nodes ? "which node? its number is missing, or there are too many" : "takes no node"));
    return 2;
  }
  return RunFlow([&](Env& env) { return Member(env, *endpoints, options); });
}

}  // namespace quadraft::cli
