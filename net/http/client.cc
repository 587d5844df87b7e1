#include "net/http/client.h"

#include <deque>
#include <utility>

#include "net/http/encode.h"
#include "net/http/parser.h"

namespace quadraft::http {

// The connection is kNone -> kConnecting -> kReady; the front of the queue is the request under way, and `sent_` says that
// its bytes are out. `generation_` tells callbacks of an abandoned stream or connect from those of the present one.
class HttpClient::Impl : public std::enable_shared_from_this<HttpClient::Impl> {
 public:
  Impl(Env& env, std::string address, ClientOptions options)
      : env_(env),
        address_(std::move(address)),
        options_(options),
        parser_(MessageParser::kResponse, {.target_bytes_max = options.head_bytes_max,
                                           .head_bytes_max = options.head_bytes_max,
                                           .header_count_max = kHeaderCountMax,
                                           .body_bytes_max = options.body_bytes_max}) {
    parser_.set_stop_after_head(true);
  }

  void Send(Request request, SendOptions send_options, Done done) {
    if (calls_.size() >= kClientQueueMax) {
      env_.executor().Post([done = std::move(done)]() mutable {
        done(ResourceExhausted("more than ", kClientQueueMax, " requests wait"));
      });
      return;
    }
    const uint64_t id = ++last_call_;
    calls_.push_back({id, std::move(request), std::move(send_options), std::move(done), {}});
    Call& call = calls_.back();
    call.timer = env_.executor().RunAfter(call.options.timeout, [weak = weak_from_this(), id] {
      if (auto self = weak.lock()) self->OnTimeout(id);
    });
    Pump();
  }

  void Shutdown() {
    ending_ = true;
    const bool sent = std::exchange(sent_, false);
    CloseStream();
    std::deque<Call> calls = std::exchange(calls_, {});
    for (size_t i = 0; i < calls.size(); ++i) {
      env_.executor().Cancel(calls[i].timer);
      calls[i].done(i == 0 && sent ? DeadlineExceeded("outcome unknown: the client was closed")
                                   : Cancelled("the client was closed"));
    }
  }

  size_t pending() const { return calls_.size(); }
  const std::string& address() const { return address_; }

 private:
  static constexpr size_t kHeaderCountMax = 256;

  struct Call {
    uint64_t id;
    Request request;
    SendOptions options;
    Done done;
    TimerId timer;
    bool retried = false;
  };

  void Pump() {
    if (calls_.empty() || sent_ || connecting_ || ending_) return;
    if (stream_ == nullptr) {
      Connect();
      return;
    }
    const Request& request = calls_.front().request;
    sent_ = true;
    fresh_ = std::exchange(used_, true) == false;
    parser_.Reset();
    parser_.set_no_body(request.method == "HEAD");
    if (calls_.front().options.on_body) {
      parser_.set_body_sink([this](std::string_view piece) {
        calls_.front().options.on_body(piece);
        return true;
      });
    } else {
      parser_.set_body_sink(nullptr);
    }
    head_seen_ = false;
    std::string bytes = EncodeRequestHead(request, address_);
    bytes += request.body;
    stream_->Write(std::move(bytes));
  }

  void Connect() {
    connecting_ = true;
    const uint64_t generation = ++generation_;
    connect_timer_ =
        env_.executor().RunAfter(options_.connect_timeout, [weak = weak_from_this(), generation] {
          auto self = weak.lock();
          if (self == nullptr || generation != self->generation_) return;
          self->OnConnected(Unavailable("connecting timed out"));
        });
    env_.network().Connect(address_, [weak = weak_from_this(), generation](auto stream) {
      auto self = weak.lock();
      if (self == nullptr || generation != self->generation_ || !self->connecting_) return;
      self->OnConnected(std::move(stream));
    });
  }

  void OnConnected(StatusOr<std::unique_ptr<Stream>> stream) {
    connecting_ = false;
    env_.executor().Cancel(connect_timer_);
    const uint64_t generation = ++generation_;  // A late second answer is none.
    if (!stream.ok()) {
      if (!calls_.empty()) FinishFront(Annotate(stream.status(), address_));
      return;
    }
    stream_ = *std::move(stream);
    used_ = false;
    stream_->SetHandlers({.on_data =
                              [weak = weak_from_this(), generation](std::string_view bytes) {
                                auto self = weak.lock();
                                if (self && generation == self->generation_) self->OnData(bytes);
                              },
                          .on_close =
                              [weak = weak_from_this(), generation](Status status) {
                                auto self = weak.lock();
                                if (self && generation == self->generation_) self->OnClose(status);
                              },
                          .on_drain = [] {}});
    Pump();
  }

  void OnData(std::string_view bytes) {
    if (!sent_) {  // Bytes that nobody asked for (a 408 before closing): this connection is of no more use.
      CloseStream();
      return;
    }
    const uint64_t generation = generation_;
    bool more = true;
    while (more) {
      bytes.remove_prefix(parser_.Feed(bytes));
      if (generation != generation_) return;  // A callback destroyed or abandoned us.
      if (parser_.failed()) {
        FailParse();
        return;
      }
      const bool head_just_seen = !head_seen_ && parser_.state() != MessageParser::State::kHead;
      if (head_just_seen) {
        head_seen_ = true;
        if (parser_.status() >= 200 && calls_.front().options.on_head) {
          calls_.front().options.on_head({.status = parser_.status(),
                                          .headers = parser_.message().headers,
                                          .body = {}});
          if (generation != generation_) return;
        }
      }
      if (parser_.complete()) {
        if (parser_.status() >= 200) {
          Complete();
          return;
        }
        parser_.Reset();  // An interim answer: the final one follows.
        head_seen_ = false;
      }
      more = !bytes.empty() || head_just_seen;
    }
  }

  void Complete() {
    Response response{.status = parser_.status(),
                      .headers = std::move(parser_.message().headers),
                      .body = std::move(parser_.message().body)};
    sent_ = false;
    if (!parser_.keep_alive()) CloseStream();
    FinishFront(std::move(response));
  }

  void FailParse() {
    const MessageParser::Error error = parser_.error();
    CloseStream();
    sent_ = false;
    FinishFront(error.status == 413 || error.status == 431
                    ? ResourceExhausted("answer of ", address_, ": ", error.message)
                    : DataLoss("answer of ", address_, ": ", error.message));
  }

  void OnClose(const Status& status) {
    const bool sent = sent_;
    if (sent && status.ok()) {
      parser_.FeedEnd();
      if (parser_.complete() && parser_.status() >= 200) {
        CloseStream();
        Complete();
        return;
      }
    }
    CloseStream();
    sent_ = false;
    if (!sent || calls_.empty()) {
      Pump();
      return;
    }
    Call& call = calls_.front();
    const bool harmless = call.request.method == "GET" || call.request.method == "HEAD";
    if (harmless && !fresh_ && !parser_.started() && !call.retried) {
      call.retried = true;  // The server ended the idle connection as we wrote.
      Pump();
      return;
    }
    FinishFront(DeadlineExceeded(
        "outcome unknown: ", address_, " ended the connection ",
        parser_.started() ? "within its answer" : "before its answer",
        status.ok() ? "" : StrCat(" (", status.message(), ")")));
  }

  void OnTimeout(uint64_t id) {
    size_t i = 0;
    while (i < calls_.size() && calls_[i].id != id) ++i;
    if (i == calls_.size()) return;
    if (i > 0) {
      Call call = std::move(calls_[i]);
      calls_.erase(calls_.begin() + i);
      call.done(Unavailable(address_, ": timed out before the request was sent"));
      return;
    }
    const bool sent = std::exchange(sent_, false);
    if (sent) {
      CloseStream();
      FinishFront(DeadlineExceeded("outcome unknown: no answer of ", address_, " in time"));
      return;
    }
    FinishFront(Unavailable(address_, ": timed out before the request was sent"));
  }

  // Ends the front call; `done` may destroy the client, so nothing of it is touched after but through shared_from_this.
  void FinishFront(StatusOr<Response> result) {
    const std::shared_ptr<Impl> keep = shared_from_this();
    Call call = std::move(calls_.front());
    calls_.pop_front();
    env_.executor().Cancel(call.timer);
    call.done(std::move(result));
    Pump();
  }

  void CloseStream() {
    ++generation_;
    env_.executor().Cancel(connect_timer_);
    connecting_ = false;
    if (stream_ == nullptr) return;
    // Later: we may stand inside one of its callbacks.
    env_.executor().Post([stream = std::shared_ptr<Stream>(std::move(stream_))] {});
  }

  Env& env_;
  const std::string address_;
  const ClientOptions options_;
  MessageParser parser_;
  std::deque<Call> calls_;
  std::unique_ptr<Stream> stream_;
  uint64_t last_call_ = 0;
  uint64_t generation_ = 0;
  bool connecting_ = false;
  bool sent_ = false;
  bool used_ = false;       // The stream has carried a request before.
  bool fresh_ = false;      // The request under way is the stream's first.
  bool head_seen_ = false;
  bool ending_ = false;
  TimerId connect_timer_;
};

HttpClient::HttpClient(Env& env, std::string address, ClientOptions options)
    : impl_(std::make_shared<Impl>(env, std::move(address), options)) {}

HttpClient::~HttpClient() { impl_->Shutdown(); }

void HttpClient::Send(Request request, SendOptions options, Done done) {
  impl_->Send(std::move(request), std::move(options), std::move(done));
}

size_t HttpClient::pending() const { return impl_->pending(); }
const std::string& HttpClient::address() const { return impl_->address(); }

}  // namespace quadraft::http
