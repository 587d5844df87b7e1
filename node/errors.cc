#include "node/errors.h"

#include <utility>

#include "sparql/protocol/errors.h"

namespace quadraft::node {

http::Response ErrorResponse(const Status& status, std::string_view accept) {
  sparql::Body body = sparql::ErrorBody(status, accept);
  http::Response response{.status = sparql::HttpStatusFor(status),
                          .headers = {{"content-type", std::move(body.content_type)}},
                          .body = std::move(body.text)};
  std::string allowed = sparql::AllowedMethods(status);
  if (!allowed.empty()) response.headers.emplace_back("allow", std::move(allowed));
  if (response.status == 503 || response.status == 429) response.headers.emplace_back("retry-after", "1");
  return response;
}

void RespondError(http::ResponseWriter& writer, const Status& status, std::string_view accept) {
  writer.Respond(ErrorResponse(status, accept)).IgnoreError();  // A client that has gone needs no answer.
}

}  // namespace quadraft::node
