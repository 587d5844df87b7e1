#include "net/http/connection.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace quadraft::http::server_internal {
namespace {

constexpr size_t kCopyBytesMax = 16u << 10;  // Below, one copy is cheaper than a second write.

ParserLimits LimitsOf(const ServerOptions& options) {
  return {.target_bytes_max = options.target_bytes_max,
          .head_bytes_max = options.head_bytes_max,
          .header_count_max = options.header_count_max,
          .body_bytes_max = options.body_bytes_max};
}

}  // namespace

Connection::Connection(ConnectionHost& host, uint64_t id, std::unique_ptr<Stream> stream)
    : host_(host),
      id_(id),
      stream_(std::move(stream)),
      parser_(MessageParser::kRequest, LimitsOf(host.options())),
      alive_(std::make_shared<Connection*>(this)) {
  parser_.set_stop_after_head(true);
}

Connection::~Connection() {
  *alive_ = nullptr;
  host_.env().executor().Cancel(timer_);
  host_.ReleaseBodyBytes(body_reserved_);
  DropExchange();
}

void Connection::Start() {
  stream_->SetHandlers({.on_data = [this](std::string_view bytes) { OnData(bytes); },
                        .on_close = [this](Status) { OnClose(); },
                        .on_drain = [this] { OnDrain(); }});
  SetDeadline(host_.options().idle_timeout);
}

void Connection::Refuse(int status, std::string_view reason) {
  Start();
  Reject(status, reason);
}

void Connection::StopWhenIdle() {
  if (phase_ == Phase::kIdle) Linger();
}

void Connection::OnData(std::string_view bytes) {
  if (phase_ == Phase::kLingering || phase_ == Phase::kDead) return;
  if (phase_ == Phase::kBusy || parsing_ || !pending_.empty()) {
    pending_.append(bytes);
    if (pending_.size() > kPipelineBytesMax && !paused_) {
      paused_ = true;
      stream_->PauseReading(true);
    }
    return;
  }
  Parse(bytes);
}

void Connection::Parse(std::string_view bytes) {
  parsing_ = true;
  bool more = true;
  while (more && phase_ != Phase::kLingering && phase_ != Phase::kDead && phase_ != Phase::kBusy) {
    bytes.remove_prefix(parser_.Feed(bytes));
    if (parser_.failed()) {
      Reject(parser_.error().status, parser_.error().message);
      break;
    }
    const bool head_just_seen = !head_seen_ && parser_.state() != MessageParser::State::kHead;
    if (!AccountBody() || (head_just_seen && !AnswerExpectation())) break;
    if (parser_.complete()) Dispatch();
    more = !bytes.empty() || head_just_seen;
  }
  parsing_ = false;
  if (phase_ == Phase::kLingering || phase_ == Phase::kDead) {
    pending_.clear();
  } else if (phase_ == Phase::kBusy) {
    pending_.assign(bytes);
  } else {
    EnterReadingPhase();
  }
}

void Connection::ParsePending() {
  if (phase_ != Phase::kIdle || parsing_) return;
  std::string bytes = std::exchange(pending_, {});
  if (!bytes.empty()) Parse(bytes);
  if (paused_ && pending_.size() <= kPipelineBytesMax && stream_ != nullptr &&
      phase_ != Phase::kDead) {
    paused_ = false;
    stream_->PauseReading(false);
  }
}

bool Connection::AccountBody() {
  const size_t held = parser_.message().body.size();
  if (held > body_reserved_) {
    if (!host_.ReserveBodyBytes(held - body_reserved_)) {
      Reject(503, "too many bytes of request bodies at once; try again");
      return false;
    }
    body_reserved_ = held;
  }
  return true;
}

bool Connection::AnswerExpectation() {
  head_seen_ = true;
  const std::string_view expectation = Find(parser_.message().headers, "expect");
  if (expectation.empty() || parser_.http_1_0()) return true;
  std::string lower(expectation);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (lower != "100-continue") {
    Reject(417, "only 'Expect: 100-continue' is supported");
    return false;
  }
  if (parser_.body_announced()) stream_->Write("HTTP/1.1 100 Continue\r\n\r\n");
  return true;
}

void Connection::Dispatch() {
  phase_ = Phase::kBusy;
  head_seen_ = false;
  ++host_.stats().requests;
  exchange_ = std::make_shared<Exchange>(host_.env().executor());
  exchange_->connection = this;
  exchange_->head_only = parser_.message().method == "HEAD";
  exchange_->http_1_0 = parser_.http_1_0();
  exchange_->keep_alive = parser_.keep_alive();
  exchange_->peer = stream_->peer();
  Request request = std::move(parser_.message());
  parser_.Reset();
  host_.ReleaseBodyBytes(std::exchange(body_reserved_, 0));  // The handler's from here on.
  SetDeadline(host_.options().write_timeout);
  host_.Handle(std::move(request), ResponseWriter(exchange_));
}

void Connection::SendHead(Exchange& exchange, int status, const Headers& headers,
                          Framing framing, std::string body) {
  QR_CHECK(&exchange == exchange_.get());
  keep_alive_ = exchange.keep_alive && !host_.stopping() && framing.kind != Framing::kUntilClose;
  std::string head = EncodeResponseHead(status, headers, framing, keep_alive_);
  if (body.size() <= kCopyBytesMax) {
    head += body;
    SendBody(exchange, std::move(head));
  } else {
    SendBody(exchange, std::move(head));
    SendBody(exchange, std::move(body));
  }
}

void Connection::SendBody(Exchange& exchange, std::string bytes) {
  if (unsent_bytes() == 0) {  // The clock of write_timeout starts now.
    taken_bytes_seen_ = written_bytes_;
    SetDeadline(host_.options().write_timeout);
  }
  written_bytes_ += bytes.size();
  stream_->Write(std::move(bytes));
}

void Connection::EndExchange(Exchange& exchange) {
  exchange.connection = nullptr;
  exchange_ = nullptr;
  if (!keep_alive_ || host_.stopping()) {
    Linger();
    return;
  }
  phase_ = Phase::kIdle;
  if (parsing_) return;  // Parse goes on by itself.
  EnterReadingPhase();
  if (pending_.empty() && !paused_) return;
  // Later, so that the next request's handler does not run inside this one's last call.
  host_.env().executor().Post([alive = alive_] {
    if (*alive != nullptr) (*alive)->ParsePending();
  });
}

void Connection::Break() { Die(); }

void Connection::WaitWritable(Exchange& exchange, absl::AnyInvocable<void(Status)> done) {
  QR_CHECK(!exchange.on_writable) << "one waits already";
  if (unsent_bytes() > kStreamBufferBytes) {
    exchange.on_writable = std::move(done);
    return;
  }
  exchange.executor.Post([done = std::move(done)]() mutable { done(OkStatus()); });
}

void Connection::OnDrain() {
  if (exchange_ == nullptr || !exchange_->on_writable) return;
  std::exchange(exchange_->on_writable, nullptr)(OkStatus());
}

void Connection::OnClose() {
  if (exchange_ != nullptr) ++host_.stats().clients_gone;
  Die();
}

void Connection::Reject(int status, std::string_view reason) {
  ++host_.stats().rejected;
  std::string body = StrCat(reason, "\n");
  Headers headers = {{"content-type", "text/plain; charset=utf-8"}};
  if (status == 503) headers.emplace_back("retry-after", "1");
  std::string bytes =
      EncodeResponseHead(status, headers, {Framing::kLength, body.size()}, /*keep_alive=*/false);
  bytes += body;
  written_bytes_ += bytes.size();
  stream_->Write(std::move(bytes));
  Linger();
}

void Connection::Linger() {
  if (phase_ == Phase::kLingering || phase_ == Phase::kDead) return;
  phase_ = Phase::kLingering;
  host_.ReleaseBodyBytes(std::exchange(body_reserved_, 0));
  pending_.clear();
  if (paused_) {
    paused_ = false;
    stream_->PauseReading(false);  // To see the client's end.
  }
  stream_->CloseWhenSent();
  SetDeadline(host_.options().linger_timeout);
}

void Connection::Die() {
  if (phase_ == Phase::kDead) return;
  phase_ = Phase::kDead;
  DropExchange();
  host_.Remove(id_);
}

void Connection::DropExchange() {
  if (exchange_ == nullptr) return;
  const std::shared_ptr<Exchange> exchange = std::exchange(exchange_, nullptr);
  exchange->connection = nullptr;
  if (auto done = std::exchange(exchange->on_writable, nullptr)) {
    done(Cancelled("the client has gone"));
  }
  if (exchange->state == Exchange::State::kDone) return;
  if (auto gone = std::exchange(exchange->on_client_gone, nullptr)) gone();
}

void Connection::EnterReadingPhase() {
  const Phase before = phase_;
  if (!parser_.started()) {
    phase_ = Phase::kIdle;
    SetDeadline(host_.options().idle_timeout);
  } else if (!head_seen_) {
    phase_ = Phase::kHead;
    if (before != Phase::kHead) SetDeadline(host_.options().head_timeout);  // From the first byte.
  } else {
    phase_ = Phase::kBody;
    SetDeadline(host_.options().body_timeout);
  }
}

void Connection::SetDeadline(Duration from_now) {
  Executor& executor = host_.env().executor();
  const MonotonicTime now = host_.env().clock().Now();
  deadline_ = now + from_now;
  if (timer_ != TimerId() && timer_at_ <= deadline_) return;  // It looks again when it fires.
  executor.Cancel(timer_);
  timer_at_ = deadline_;
  timer_ = executor.RunAfter(from_now, [this] { OnTimer(); });
}

void Connection::OnTimer() {
  timer_ = TimerId();
  if (phase_ == Phase::kDead) return;
  const MonotonicTime now = host_.env().clock().Now();
  if (now < deadline_) {
    SetDeadline(deadline_ - now);
  } else {
    OnDeadline();
  }
}

void Connection::OnDeadline() {
  switch (phase_) {
    case Phase::kIdle:
      Linger();
      break;
    case Phase::kHead:
      Reject(408, "the request's head took too long");
      break;
    case Phase::kBody:
      Reject(408, "the request's body stopped coming");
      break;
    case Phase::kBusy:
      if (unsent_bytes() > 0 && !ClientTookBytes()) {
        ++host_.stats().clients_gone;
        Die();
      } else {
        SetDeadline(host_.options().write_timeout);
      }
      break;
    case Phase::kLingering:
      if (unsent_bytes() > 0 && ClientTookBytes()) {
        SetDeadline(host_.options().write_timeout);
      } else {
        Die();
      }
      break;
    case Phase::kDead:
      break;
  }
}

bool Connection::ClientTookBytes() {
  const uint64_t taken = written_bytes_ - std::min<uint64_t>(written_bytes_, unsent_bytes());
  return std::exchange(taken_bytes_seen_, taken) != taken;
}

}  // namespace quadraft::http::server_internal
