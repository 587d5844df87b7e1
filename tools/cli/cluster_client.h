// What the client commands share: HTTP requests to any node of a cluster, moving on to the next node when one is not there.
//
//   ClusterClient client(env, {"127.0.0.1:8001", "127.0.0.1:8002"});
//   StatusOr<http::Response> r = co_await client.Send(request, seconds(60));
#ifndef QUADRAFT_TOOLS_CLI_CLUSTER_CLIENT_H_
#define QUADRAFT_TOOLS_CLI_CLUSTER_CLIENT_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/task.h"
#include "core/env/env.h"
#include "core/http/message.h"
#include "net/http/client.h"

namespace quadraft::cli {

// "http://127.0.0.1:8001,http://..." (the scheme and a trailing '/' may be left out) to addresses.
StatusOr<std::vector<std::string>> ParseEndpoints(std::string_view text);

class ClusterClient {
 public:
  ClusterClient(Env& env, std::vector<std::string> endpoints);

  // Tries each endpoint once, from the current one on, as long as nothing was done (Unavailable, or an answer of 503). Other
  // answers, of any status, come back as they are.
  Task<StatusOr<http::Response>> Send(http::Request request, Duration timeout);

  const std::vector<std::string>& endpoints() const { return endpoints_; }

 private:
  http::HttpClient& Connection(size_t i);

  Env& env_;
  std::vector<std::string> endpoints_;
  std::vector<std::unique_ptr<http::HttpClient>> connections_;
  size_t current_ = 0;
};

// The answer's body as an error when its status is not 2xx.
Status ErrorOf(const http::Response& response);

}  // namespace quadraft::cli

#endif  // QUADRAFT_TOOLS_CLI_CLUSTER_CLIENT_H_
