// An error as a client sees it: the HTTP status for the code, and a text that says what, where, why and what next.
#ifndef QUADRAFT_NODE_ERRORS_H_
#define QUADRAFT_NODE_ERRORS_H_

#include "core/base/status.h"
#include "core/http/message.h"
#include "net/http/server.h"

namespace quadraft::node {

http::Response ErrorResponse(const Status& status);

// Whole when nothing was sent yet; otherwise the answer is broken off so that the client sees that it is not whole.
void RespondError(http::ResponseWriter& writer, const Status& status);

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_ERRORS_H_
