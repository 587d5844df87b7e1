#include "jepsen/real/http_client.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace quadraft::jepsen {
namespace {

constexpr size_t kLineBytesMax = 64 << 10;

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

StatusOr<size_t> ParseSize(std::string_view text, int base) {
  size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (error != std::errc() || end == text.data() || size > kResponseBytesMax) {
    return DataLoss("the answer's length is \"", text, "\"");
  }
  return size;
}

std::string Serialize(const http::Request& request) {
  std::string out = StrCat(request.method, " ", request.path);
  if (!request.query.empty()) StrAppend(&out, "?", request.query);
  StrAppend(&out, " HTTP/1.1\r\nhost: 127.0.0.1\r\n");
  for (const auto& [name, value] : request.headers) StrAppend(&out, name, ": ", value, "\r\n");
  StrAppend(&out, "content-length: ", request.body.size(), "\r\n\r\n", request.body);
  return out;
}

}  // namespace

StatusOr<http::Response> HttpClient::Send(const http::Request& request,
                                          std::chrono::milliseconds timeout) {
  const auto deadline = RealClock::now() + timeout;
  if (!fd_.is_open()) {
    buffer_.clear();
    QR_ASSIGN_OR_RETURN(fd_, ConnectBefore(port_, deadline));
  }
  const Status written = WriteBefore(fd_.get(), Serialize(request), deadline);
  StatusOr<http::Response> response = written.ok() ? Receive(deadline) : written;
  // What is left on a connection after a failure belongs to no later request.
  if (!response.ok() || http::Find(response->headers, "connection") == "close") fd_.Reset();
  return response;
}

StatusOr<http::Response> HttpClient::Receive(RealClock::time_point deadline) {
  http::Response response;
  do {
    response = {};
    QR_RETURN_IF_ERROR(ReceiveHead(deadline, &response));
  } while (response.status / 100 == 1);  // 100 Continue and the like.
  if (response.status != 204 && response.status != 304) {
    QR_RETURN_IF_ERROR(ReceiveBody(deadline, &response));
  }
  return response;
}

Status HttpClient::ReceiveHead(RealClock::time_point deadline, http::Response* response) {
  QR_ASSIGN_OR_RETURN(const std::string status_line, Line(deadline));
  if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < 12) {
    return DataLoss("the answer does not begin as HTTP does: ", status_line);
  }
  QR_ASSIGN_OR_RETURN(const size_t status, ParseSize(status_line.substr(9, 3), 10));
  response->status = static_cast<int>(status);
  while (true) {
    QR_ASSIGN_OR_RETURN(const std::string line, Line(deadline));
    if (line.empty()) return OkStatus();
    const size_t colon = line.find(':');
    if (colon == std::string::npos) return DataLoss("not a header line: ", line);
    response->headers.emplace_back(Lower(line.substr(0, colon)),
                                   Trimmed(std::string_view(line).substr(colon + 1)));
  }
}

Status HttpClient::ReceiveBody(RealClock::time_point deadline, http::Response* response) {
  if (Lower(std::string(http::Find(response->headers, "transfer-encoding"))) == "chunked") {
    return ReceiveChunks(deadline, &response->body);
  }
  const std::string_view length = http::Find(response->headers, "content-length");
  if (length.empty()) return DataLoss("the answer has no length");
  QR_ASSIGN_OR_RETURN(const size_t size, ParseSize(length, 10));
  QR_RETURN_IF_ERROR(Fill(size, deadline));
  response->body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return OkStatus();
}

Status HttpClient::ReceiveChunks(RealClock::time_point deadline, std::string* body) {
  while (true) {
    QR_ASSIGN_OR_RETURN(const std::string head, Line(deadline));
    QR_ASSIGN_OR_RETURN(const size_t size, ParseSize(head, 16));
    if (size == 0) break;
    if (body->size() + size > kResponseBytesMax) return DataLoss("the answer is too large");
    QR_RETURN_IF_ERROR(Fill(size, deadline));
    body->append(buffer_, 0, size);
    buffer_.erase(0, size);
    QR_RETURN_IF_ERROR(Line(deadline).status());
  }
  while (true) {  // Trailers.
    QR_ASSIGN_OR_RETURN(const std::string trailer, Line(deadline));
    if (trailer.empty()) return OkStatus();
  }
}

Status HttpClient::Fill(size_t size, RealClock::time_point deadline) {
  while (buffer_.size() < size) {
    QR_ASSIGN_OR_RETURN(const bool more, ReadBefore(fd_.get(), &buffer_, deadline));
    if (!more) return DeadlineExceeded("the node ended the connection before its answer was whole");
  }
  return OkStatus();
}

StatusOr<std::string> HttpClient::Line(RealClock::time_point deadline) {
  size_t end = buffer_.find("\r\n");
  while (end == std::string::npos) {
    if (buffer_.size() > kLineBytesMax) return DataLoss("a line of the answer is too long");
    QR_RETURN_IF_ERROR(Fill(buffer_.size() + 1, deadline));
    end = buffer_.find("\r\n");
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

http::Request GetRequest(std::string path) {
  http::Request request;
  request.method = "GET";
  request.path = std::move(path);
  return request;
}

http::Request PostRequest(std::string path, std::string content_type, std::string body) {
  http::Request request;
  request.method = "POST";
  request.path = std::move(path);
  request.headers = {{"content-type", std::move(content_type)}};
  request.body = std::move(body);
  return request;
}

}  // namespace quadraft::jepsen
