// Which path does what:
//   /sparql (also /query, /update)  SPARQL 1.1 Protocol: GET, POST in all forms
//   /store                          SPARQL 1.1 Graph Store Protocol: GET HEAD PUT POST DELETE
//   /sessions                       exactly-once sessions: POST registers one, DELETE /sessions/ID closes it (node/session_http.h)
//   /livez /readyz                  the loop turns / this node can serve; one line per check
//   /metrics                        Prometheus text
//   /status                         this node's view of itself, as JSON
//   /members                        who belongs to the group: GET; POST changes it (node/members.h)
// Every other path is 404 with this list.
#ifndef QUADRAFT_NODE_ROUTES_H_
#define QUADRAFT_NODE_ROUTES_H_

#include <optional>
#include <string>

#include "core/http/message.h"
#include "net/http/server.h"
#include "node/members.h"
#include "node/node.h"
#include "sparql/protocol/protocol.h"

namespace quadraft::node {

class Routes {
 public:
  explicit Routes(Node& node) : node_(node) {}
  void Handle(http::Request request, http::ResponseWriter writer);

 private:
  void Sparql(http::Request request, http::ResponseWriter writer);
  void Query(sparql::ProtocolRequest request, bool head_only, http::ResponseWriter writer);
  void Store(http::Request request, http::ResponseWriter writer);
  void StoreRead(sparql::GraphStoreRequest request, http::ResponseWriter writer);
  Task<void> StoreWrite(sparql::GraphStoreRequest request, std::string blank_scope, std::string body,
                        std::optional<proto::SessionRequest> session, http::ResponseWriter writer);
  Task<void> Mutate(proto::MutationRequest request, MonotonicTime deadline, std::string accept, int status_when_done,
                    http::ResponseWriter writer);
  void SessionsPage(http::Request request, http::ResponseWriter writer);
  Task<void> ChangeSession(proto::SessionRequest request, std::string accept, http::ResponseWriter writer);
  void MembersPage(http::Request request, http::ResponseWriter writer);
  Task<void> ChangeMembers(MembersRequest request, std::string accept, http::ResponseWriter writer);
  void Ready(http::ResponseWriter writer);
  void StatusJson(http::ResponseWriter writer);
  void MetricsText(http::ResponseWriter writer);

  MonotonicTime Deadline(const sparql::RequestOptions& options, Duration otherwise) const;

  Node& node_;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_ROUTES_H_
