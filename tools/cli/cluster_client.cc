#include "tools/cli/cluster_client.h"

#include <algorithm>
#include <utility>

#include "net/http/percent.h"

namespace quadraft::cli {

StatusOr<std::vector<std::string>> ParseEndpoints(std::string_view text) {
  std::vector<std::string> endpoints;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    QR_ASSIGN_OR_RETURN(http::Url url, http::ParseUrl(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
    endpoints.push_back(std::move(url.address));
  }
  if (endpoints.empty()) return InvalidArgument("no endpoint; say --endpoint http://HOST:PORT[,http://...]");
  return endpoints;
}

ClusterClient::ClusterClient(Env& env, std::vector<std::string> endpoints)
    : env_(env), endpoints_(std::move(endpoints)), connections_(endpoints_.size()) {}

http::HttpClient& ClusterClient::Connection(size_t i) {
  if (!connections_[i]) {
    connections_[i] = std::make_unique<http::HttpClient>(env_, endpoints_[i], http::ClientOptions{});
  }
  return *connections_[i];
}

Task<StatusOr<http::Response>> ClusterClient::Send(http::Request request, Duration timeout) {
  StatusOr<http::Response> response = Unavailable("no endpoint was tried");
  for (size_t tried = 0; tried < endpoints_.size(); ++tried) {
    http::SendOptions options;
    options.timeout = timeout;
    http::HttpClient& connection = Connection(current_);
    response = co_await Callback<StatusOr<http::Response>>([&](auto done) {
      connection.Send(request, std::move(options), std::move(done));
    });
    const bool nothing_done = response.ok() ? response->status == 503 : absl::IsUnavailable(response.status());
    if (!nothing_done) break;
    if (!response.ok()) response = Annotate(response.status(), endpoints_[current_]);
    current_ = (current_ + 1) % endpoints_.size();
  }
  co_return response;
}

Status ErrorOf(const http::Response& response) {
  if (response.status >= 200 && response.status < 300) return OkStatus();
  std::string_view body = response.body;
  while (body.ends_with('\n')) body.remove_suffix(1);
  const std::string text = StrCat("HTTP ", response.status, body.empty() ? "" : ": ", body);
  switch (response.status) {
    case 400:
    case 404:
    case 406:
    case 413:
    case 415:
      return InvalidArgument(text);
    case 409:
      return Aborted(text);
    case 501:
      return Unimplemented(text);
    case 503:
      return Unavailable(text);
    case 504:
      return DeadlineExceeded(text);
    default:
      return Internal(text);
  }
}

}  // namespace quadraft::cli
