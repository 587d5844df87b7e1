#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "net/http/connection.h"
#include "net/http/exchange.h"
#include "net/http/server.h"

namespace quadraft::http {
namespace {

using server_internal::Connection;
using server_internal::Exchange;

Status Gone() { return Cancelled("the client has gone"); }

bool StatusAllowsBody(int status) { return status >= 200 && status != 204 && status != 304; }

// No callback may come, and none may be kept, once the answer is whole or given up.
void Complete(Exchange& exchange) {
  exchange.state = Exchange::State::kDone;
  exchange.on_client_gone = nullptr;
  if (auto done = std::exchange(exchange.on_writable, nullptr)) {
    exchange.executor.Post([done = std::move(done)]() mutable { done(Gone()); });
  }
}

constexpr char kHexDigits[] = "0123456789abcdef";

std::string ChunkHead(bool after_chunk, size_t size) {
  char digits[16];
  char* at = digits + sizeof(digits);
  do {
    *--at = kHexDigits[size & 15];
    size >>= 4;
  } while (size != 0);
  return StrCat(after_chunk ? "\r\n" : "", std::string_view(at, digits + sizeof(digits) - at),
                "\r\n");
}

constexpr size_t kCopyBytesMax = 16u << 10;

}  // namespace

ResponseWriter::ResponseWriter(std::shared_ptr<Exchange> exchange)
    : exchange_(std::move(exchange)) {}
ResponseWriter::ResponseWriter(ResponseWriter&&) noexcept = default;

ResponseWriter& ResponseWriter::operator=(ResponseWriter&& other) noexcept {
  if (this != &other) {
    if (exchange_ != nullptr) Abort("the request was dropped");
    exchange_ = std::move(other.exchange_);
  }
  return *this;
}

ResponseWriter::~ResponseWriter() {
  if (exchange_ != nullptr) Abort("the request was dropped");
}

Status ResponseWriter::Respond(Response response) {
  QR_CHECK(exchange_->state == Exchange::State::kWaiting) << "answered twice";
  const std::shared_ptr<Exchange> exchange = exchange_;
  Connection* connection = exchange->connection;
  Complete(*exchange);
  if (connection == nullptr) return Gone();
  Framing framing{Framing::kLength, response.body.size()};
  if (!StatusAllowsBody(response.status)) framing = {};
  if (exchange->head_only || framing.kind == Framing::kNone) response.body.clear();
  connection->SendHead(*exchange, response.status, response.headers, framing,
                       std::move(response.body));
  connection->EndExchange(*exchange);
  return OkStatus();
}

Status ResponseWriter::StartStream(int status, Headers headers) {
  QR_CHECK(exchange_->state == Exchange::State::kWaiting) << "answered twice";
  exchange_->state = Exchange::State::kStreaming;
  exchange_->body_allowed = StatusAllowsBody(status) && !exchange_->head_only;
  if (exchange_->connection == nullptr) return Gone();
  Framing framing;
  if (StatusAllowsBody(status)) {
    framing.kind = exchange_->http_1_0 ? Framing::kUntilClose : Framing::kChunked;
  }
  exchange_->connection->SendHead(*exchange_, status, headers, framing, {});
  return OkStatus();
}

Status ResponseWriter::Write(std::string piece) {
  QR_CHECK(exchange_->state == Exchange::State::kStreaming) << "not a stream";
  Exchange& exchange = *exchange_;
  if (exchange.connection == nullptr) return Gone();
  if (!exchange.body_allowed || piece.empty()) return OkStatus();  // An empty chunk would end it.
  if (exchange.http_1_0) {
    exchange.connection->SendBody(exchange, std::move(piece));
    return OkStatus();
  }
  // The line end behind this chunk goes out with the next one's head, so that a large piece is never copied.
  std::string head = ChunkHead(std::exchange(exchange.chunk_open, true), piece.size());
  if (piece.size() <= kCopyBytesMax) {
    head += piece;
    exchange.connection->SendBody(exchange, std::move(head));
  } else {
    exchange.connection->SendBody(exchange, std::move(head));
    exchange.connection->SendBody(exchange, std::move(piece));
  }
  return OkStatus();
}

Status ResponseWriter::Finish() {
  QR_CHECK(exchange_->state == Exchange::State::kStreaming) << "not a stream";
  const std::shared_ptr<Exchange> exchange = exchange_;
  Connection* connection = exchange->connection;
  Complete(*exchange);
  if (connection == nullptr) return Gone();
  if (exchange->body_allowed && !exchange->http_1_0) {
    connection->SendBody(*exchange, exchange->chunk_open ? "\r\n0\r\n\r\n" : "0\r\n\r\n");
  }
  connection->EndExchange(*exchange);
  return OkStatus();
}

void ResponseWriter::Abort(std::string_view reason) {
  const std::shared_ptr<Exchange> exchange = exchange_;
  if (exchange->state == Exchange::State::kDone) return;
  if (exchange->state == Exchange::State::kWaiting) {
    (void)Respond({.status = 500,
                   .headers = {{"content-type", "text/plain; charset=utf-8"}},
                   .body = StrCat(reason, "\n")});
    return;
  }
  Connection* connection = exchange->connection;
  Complete(*exchange);
  if (connection != nullptr) connection->Break();
}

size_t ResponseWriter::unsent_bytes() const {
  return exchange_->connection == nullptr ? 0 : exchange_->connection->unsent_bytes();
}

void ResponseWriter::WhenWritable(absl::AnyInvocable<void(Status)> done) {
  if (exchange_->connection != nullptr) {
    exchange_->connection->WaitWritable(*exchange_, std::move(done));
    return;
  }
  exchange_->executor.Post([done = std::move(done)]() mutable { done(Gone()); });
}

void ResponseWriter::OnClientGone(absl::AnyInvocable<void()> gone) {
  if (exchange_->state == Exchange::State::kDone) return;
  exchange_->on_client_gone = std::move(gone);
  if (exchange_->connection != nullptr) return;
  exchange_->executor.Post([exchange = exchange_] {
    if (auto late = std::exchange(exchange->on_client_gone, nullptr)) late();
  });
}

bool ResponseWriter::client_gone() const {
  return exchange_->connection == nullptr && exchange_->state != Exchange::State::kDone;
}

std::string ResponseWriter::peer() const { return exchange_->peer; }

}  // namespace quadraft::http
