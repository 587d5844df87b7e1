// Errors as HTTP says them (RFC 9110, section 15; RFC 9457 for the JSON form).
//
//   Status s = MethodNotAllowed("PUT", "GET, POST");
//   HttpStatusFor(s)                     -> 405
//   ErrorBody(s, accept).content_type    -> "text/plain; charset=utf-8" or
//   "application/problem+json"
#ifndef QUADRAFT_SPARQL_PROTOCOL_ERRORS_H_
#define QUADRAFT_SPARQL_PROTOCOL_ERRORS_H_

#include <string>
#include <string_view>

#include "core/base/status.h"

namespace quadraft::sparql {

// InvalidArgument 400, NotFound 404, AlreadyExists and Aborted 409, ResourceExhausted 429,
// Unimplemented 501, Cancelled 503, Unavailable 503, DeadlineExceeded 504, FailedPrecondition 412;
// what is our own mistake 500. A status made by one of the functions below has the code of its
// name.
int HttpStatusFor(const Status& status);
std::string_view HttpReason(int http_status);  // "Not Found".

Status MethodNotAllowed(std::string_view method, std::string_view allowed);      // 405
Status UnsupportedMediaType(std::string_view found, std::string_view expected);  // 415
Status NotAcceptable(std::string_view accept, std::string_view offered);         // 406
Status Gone(std::string_view what);                                              // 410
Status UnprocessableContent(std::string_view why);                               // 422
// The methods that MethodNotAllowed named, for the Allow header; empty for any other status.
std::string AllowedMethods(const Status& status);

struct Body {
  std::string content_type;
  std::string text;
};
// What happened, and what to do next when the code tells. One line of JSON when `accept` names
// application/json, application/problem+json or application/sparql-results+json.
Body ErrorBody(const Status& status, std::string_view accept);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PROTOCOL_ERRORS_H_
