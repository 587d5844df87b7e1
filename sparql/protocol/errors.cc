#include "sparql/protocol/errors.h"

#include <charconv>

#include "absl/strings/cord.h"
#include "sparql/results/escape.h"

namespace quadraft::sparql {
namespace {

constexpr std::string_view kStatusPayload = "quadraft/http-status";
constexpr std::string_view kAllowPayload = "quadraft/http-allow";

struct Row {
  absl::StatusCode code;
  int http_status;
  std::string_view what_next;  // Empty: the message says it all.
};
constexpr Row kRows[] = {
    {absl::StatusCode::kInvalidArgument, 400, ""},
    {absl::StatusCode::kOutOfRange, 400, ""},
    {absl::StatusCode::kUnauthenticated, 401, "Send credentials."},
    {absl::StatusCode::kPermissionDenied, 403, "Ask an administrator for the right."},
    {absl::StatusCode::kNotFound, 404, ""},
    {absl::StatusCode::kAborted, 409, "Nothing was changed. Send the whole request again."},
    {absl::StatusCode::kAlreadyExists, 409, ""},
    {absl::StatusCode::kFailedPrecondition, 412, ""},
    {absl::StatusCode::kResourceExhausted, 429,
     "Nothing was changed. Send it again in a moment, ask for less, or raise the limit that is named."},
    {absl::StatusCode::kCancelled, 503,
     "The server stopped the request before it was done. Send it again in a moment."},
    {absl::StatusCode::kUnimplemented, 501, "Nothing was done. This version does not support it."},
    {absl::StatusCode::kUnavailable, 503,
     "Nothing was done. Send the request again in a moment, here or to another node."},
    {absl::StatusCode::kDeadlineExceeded, 504,
     "A query may be sent again. Whether an update was done is not known: look before sending it "
     "again; in a session, just send it again with its sequence."},
};

const Row* FindRow(const Status& status) {
  for (const Row& row : kRows) {
    if (row.code == status.code()) return &row;
  }
  return nullptr;
}

Status WithHttpStatus(Status status, int http_status) {
  status.SetPayload(Absl(kStatusPayload), absl::Cord(Absl(StrCat(http_status))));
  return status;
}

std::string Payload(const Status& status, std::string_view name) {
  const auto payload = status.GetPayload(Absl(name));
  return payload.has_value() ? std::string(*payload) : "";
}

}  // namespace

int HttpStatusFor(const Status& status) {
  if (status.ok()) return 200;
  if (const std::string own = Payload(status, kStatusPayload); !own.empty()) {
    int number = 500;
    std::from_chars(own.data(), own.data() + own.size(), number);
    return number;
  }
  const Row* row = FindRow(status);
  return row == nullptr ? 500 : row->http_status;
}

std::string_view HttpReason(int http_status) {
  switch (http_status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Internal Server Error";
  }
}

Status MethodNotAllowed(std::string_view method, std::string_view allowed) {
  Status status =
      InvalidArgument("the method ", method, " is not allowed here; allowed are: ", allowed);
  status.SetPayload(Absl(kAllowPayload), absl::Cord(Absl(allowed)));
  return WithHttpStatus(std::move(status), 405);
}

Status UnsupportedMediaType(std::string_view found, std::string_view expected) {
  const std::string what = found.empty()
                               ? "the request has no Content-Type"
                               : StrCat("the Content-Type '", found, "' is not supported here");
  return WithHttpStatus(InvalidArgument(what, "; supported are: ", expected), 415);
}

Status NotAcceptable(std::string_view accept, std::string_view offered) {
  return WithHttpStatus(InvalidArgument("nothing that Accept: ", accept,
                                        " names can be sent; offered are: ", offered),
                        406);
}

Status Gone(std::string_view what) { return WithHttpStatus(FailedPrecondition(what), 410); }

Status UnprocessableContent(std::string_view why) { return WithHttpStatus(InvalidArgument(why), 422); }

std::string AllowedMethods(const Status& status) { return Payload(status, kAllowPayload); }

Body ErrorBody(const Status& status, std::string_view accept) {
  const int http_status = HttpStatusFor(status);
  const Row* row = FindRow(status);
  const std::string_view what_next =
      row == nullptr ? "This is a fault of the server; its log says more." : row->what_next;
  if (accept.find("json") == std::string_view::npos) {
    std::string text =
        StrCat(http_status, " ", HttpReason(http_status), "\n", status.message(), "\n");
    if (!what_next.empty()) StrAppend(&text, what_next, "\n");
    return {"text/plain; charset=utf-8", std::move(text)};
  }
  std::string text = StrCat("{\"status\":", http_status, ",\"title\":");
  AppendJsonString(&text, HttpReason(http_status));
  text += ",\"detail\":";
  AppendJsonString(&text, Std(status.message()));
  if (!what_next.empty()) {
    text += ",\"next\":";
    AppendJsonString(&text, what_next);
  }
  text += "}\n";
  return {"application/problem+json", std::move(text)};
}

}  // namespace quadraft::sparql
