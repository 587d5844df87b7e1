// Sessions as HTTP says them (docs/sessions.md has it for users):
//
//   POST /sessions                      201 {"session": "17-0123456789abcdef", "window": 256, "timeout_ms": 3600000}
//   DELETE /sessions/17-0123456789abcdef   204: it is closed, and what it kept forgotten
//   on updates and writes of /store: Quadraft-Session: 17-0123456789abcdef, Quadraft-Sequence: 8, and, if the client likes,
//   Quadraft-Acknowledged: 7 (it has the answers of all up to there)
//
// Every answer to an update says in Quadraft-Outcome what that request did: done, repeated (an earlier copy of it did it: this is
// its answer), none, unknown.
#ifndef QUADRAFT_NODE_SESSION_HTTP_H_
#define QUADRAFT_NODE_SESSION_HTTP_H_

#include <optional>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "core/http/message.h"
#include "core/proto/rpc.pb.h"
#include "core/txn/session.h"

namespace quadraft::node {

// What the headers of an update say, without the fingerprint of what is asked for; nullopt: it is in no session.
// InvalidArgument: which header, and what it should be.
StatusOr<std::optional<proto::SessionRequest>> DecodeSessionHeaders(const http::Headers& headers);

// "17-0123456789abcdef" of a path. InvalidArgument.
StatusOr<txn::SessionId> DecodeSessionId(std::string_view text);

std::string SessionJson(const proto::MutationResponse& registered);

// The error that an answer stands for, with its HTTP status; OK: the update was applied, now or earlier.
Status SessionError(const proto::MutationResponse& response);

// For Quadraft-Outcome.
std::string_view OutcomeOf(const StatusOr<proto::MutationResponse>& response);

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_SESSION_HTTP_H_
