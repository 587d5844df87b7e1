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

struct Place {
  std::string node, address;
};

// "4 HOST:PORT 5 6": each number, and the address behind it if there is one.
StatusOr<std::vector<Place>> Places(const std::vector<std::string>& words) {
  std::vector<Place> places;
  for (const std::string& word : words) {
    const bool number = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
    if (number) {
      places.push_back({.node = word});
    } else if (places.empty() || !places.back().address.empty()) {
      return InvalidArgument("\"", word, "\": which node? its number comes first");
    } else {
      places.back().address = word;
    }
  }
  return places;
}

// What is asked of the cluster, one after the other; each is done before the next is asked.
StatusOr<std::vector<std::string>> Requests(const MemberOptions& options) {
  QR_ASSIGN_OR_RETURN(const std::vector<Place> places, Places(options.words));
  const std::string& verb = options.verb;
  const bool wants_address = verb == "update" || verb == "add";
  if (verb == "list") {
    if (!places.empty()) return InvalidArgument("member list takes no node");
    return std::vector<std::string>();
  }
  if (places.empty()) return InvalidArgument("member ", verb, ": which node? its number is missing");
  if (verb == "replace") {
    const bool right = places.size() == 2 && places[0].address.empty() && !places[1].address.empty();
    if (!right) return InvalidArgument("member replace: expected OLD NEW HOST:PORT");
    return std::vector<std::string>{StrCat("add=", places[1].node, "@", places[1].address),
                                    StrCat("promote=", places[1].node, "&remove=", places[0].node)};
  }
  if (verb == "transfer" && places.size() > 1) return InvalidArgument("member transfer: one node can lead");
  std::string query;
  for (const auto& [node, address] : places) {
    if (verb == "update" && address.empty()) return InvalidArgument("member update: node ", node, " has no HOST:PORT");
    if (!wants_address && !address.empty()) return InvalidArgument("member ", verb, ": ", address, " is no number of a node");
    StrAppend(&query, query.empty() ? "" : "&", verb, "=", node, address.empty() ? "" : "@", address);
  }
  return std::vector<std::string>{query};
}

// A new voter catches up, an earlier change commits, a leader is elected: the servers say "ask again".
bool MayAskAgain(const StatusOr<http::Response>& response) {
  if (!response.ok()) return absl::IsUnavailable(response.status());
  if (response->status == 503) return true;  // Whom they take for the leader may have gone.
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

Task<StatusOr<http::Response>> Ask(Env& env, const MemberOptions& options, std::string query, ClusterClient& client) {
  const MonotonicTime deadline = env.clock().Now() + seconds(options.common.timeout_s);
  while (true) {
    http::Request request;
    request.method = "POST";
    request.path = "/members";
    request.query = query;
    auto response = co_await client.Send(std::move(request), seconds(options.common.timeout_s));
    if (!MayAskAgain(response) || env.clock().Now() + kRetryPause >= deadline) co_return response;
    co_await Sleep(env.executor(), kRetryPause);
  }
}

void Print(const json& view) {
  std::vector<std::vector<std::string>> rows = {{"NODE", "ROLE", "ADDRESS", "HOLDS", "SILENT MS"}};
  const auto cell = [](const json& row, const char* key) {
    return row.contains(key) ? row[key].dump() : std::string("-");
  };
  for (const json& row : view["members"]) {
    const bool leads = view.contains("leader") && view["leader"] == row["id"];
    const bool votes = row["votes"] == true;
    rows.push_back({cell(row, "id"), leads ? "leader" : votes ? "voter" : "learner",
                    row.contains("address") ? row["address"].get<std::string>() : "-", cell(row, "match"), cell(row, "silent_ms")});
  }
  PrintTable(std::cout, rows);
  std::cout << "by node " << view["node"] << ", configuration " << view["index"]
            << (view["committed"] == true ? "" : ", not committed yet") << (view["joint"] == true ? ", joint" : "") << "\n";
}

// An earlier try of the same replacement may have come as far as this.
bool AddedBefore(const MemberOptions& options, const StatusOr<http::Response>& response) {
  return options.verb == "replace" && response.ok() && response->body.find("is a member already") != std::string::npos;
}

Task<int> Member(Env& env, std::vector<std::string> endpoints, std::vector<std::string> requests, const MemberOptions& options) {
  StatusOr<http::Response> response = Unavailable("not asked");
  if (requests.empty()) response = co_await List(env, options, endpoints);
  ClusterClient client(env, std::move(endpoints));
  for (size_t i = 0; i < requests.size(); ++i) {
    response = co_await Ask(env, options, requests[i], client);
    const bool done = response.ok() && response->status / 100 == 2;
    if (!done && !(i + 1 < requests.size() && AddedBefore(options, response))) break;
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
  auto requests = Requests(options);
  if (!requests.ok()) return Complain(requests.status()), 2;
  return RunFlow([&](Env& env) { return Member(env, *endpoints, *requests, options); });
}

}  // namespace quadraft::cli
