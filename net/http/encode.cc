#include "net/http/encode.h"

#include "core/base/strings.h"

namespace quadraft::http {
namespace {

// A line end inside a name or value would let data forge headers: it becomes a space.
void AppendClean(std::string* out, std::string_view text) {
  for (const char c : text) out->push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
}

bool IsFraming(std::string_view name) {
  return name == "content-length" || name == "transfer-encoding" || name == "connection" ||
         name == "host";
}

void AppendHeaders(std::string* out, const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (IsFraming(name)) continue;  // Ours to say.
    AppendClean(out, name);
    out->append(": ");
    AppendClean(out, value);
    out->append("\r\n");
  }
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

std::string EncodeResponseHead(int status, const Headers& headers, Framing framing,
                               bool keep_alive) {
  std::string out = StrCat("HTTP/1.1 ", status, " ", ReasonPhrase(status), "\r\n");
  AppendHeaders(&out, headers);
  if (framing.kind == Framing::kLength) {
    StrAppend(&out, "content-length: ", framing.length, "\r\n");
  } else if (framing.kind == Framing::kChunked) {
    out.append("transfer-encoding: chunked\r\n");
  }
  // HTTP/1.0 keeps a connection only when told to; for HTTP/1.1 it is the rule and harmless to say.
  out.append(keep_alive ? "connection: keep-alive\r\n\r\n" : "connection: close\r\n\r\n");
  return out;
}

std::string EncodeRequestHead(const Request& request, std::string_view host) {
  std::string out;
  AppendClean(&out, request.method);
  out.push_back(' ');
  AppendClean(&out, request.path.empty() ? "/" : request.path);
  if (!request.query.empty()) {
    out.push_back('?');
    AppendClean(&out, request.query);
  }
  out.append(" HTTP/1.1\r\nhost: ");
  AppendClean(&out, host);
  out.append("\r\n");
  AppendHeaders(&out, request.headers);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    StrAppend(&out, "content-length: ", request.body.size(), "\r\n");
  }
  out.append("\r\n");
  return out;
}

}  // namespace quadraft::http
