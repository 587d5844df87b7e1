// An error as a client sees it: the HTTP status for the code, and a text that says what, where, why and what next.
#ifndef QUADRAFT_NODE_ERRORS_H_
#define QUADRAFT_NODE_ERRORS_H_

#include <string_view>

#include "core/base/status.h"
#include "core/http/message.h"
#include "net/http/server.h"

namespace quadraft::node {

// `accept` is the request's: JSON for those who ask for it, else plain text. 429 and 503 say when to come again (Retry-After).
http::Response ErrorResponse(const Status& status, std::string_view accept);

// Answers with it; nothing may have been sent before.
void RespondError(http::ResponseWriter& writer, const Status& status, std::string_view accept);

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_ERRORS_H_
