#include "net/http/server.h"

#include <map>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "net/http/connection.h"

namespace quadraft::http {
namespace server_internal {

// The server proper. Shared with posted closures, so that one that comes late finds nothing to do.
class Core : public ConnectionHost, public std::enable_shared_from_this<Core> {
 public:
  Core(Env& env, ServerOptions options) : env_(env), options_(options) {}

  Status Start(std::string_view address, HttpServer::Handler handler) {
    QR_CHECK(listener_ == nullptr) << "started twice";
    handler_ = std::move(handler);
    auto listener = env_.network().Listen(
        address, [weak = weak_from_this()](std::unique_ptr<Stream> stream) {
          if (auto self = weak.lock()) self->Accept(std::move(stream));
        });
    if (!listener.ok()) return listener.status();
    listener_ = *std::move(listener);
    address_ = listener_->address();
    return OkStatus();
  }

  void Stop(Duration grace, absl::AnyInvocable<void()> done) {
    QR_CHECK(!stopping_) << "stopped twice";
    stopping_ = true;
    listener_ = nullptr;
    on_stopped_ = std::move(done);
    for (auto& [id, connection] : connections_) connection->StopWhenIdle();
    grace_timer_ = env_.executor().RunAfter(grace, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->BreakAll();
    });
    env_.executor().Post([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->CheckStopped();
    });
  }

  void BreakAll() {
    while (!connections_.empty()) connections_.erase(connections_.begin());
    stats_.connections_open = 0;
    CheckStopped();
  }

  void Shutdown() {
    stopping_ = true;
    listener_ = nullptr;
    on_stopped_ = nullptr;
    env_.executor().Cancel(grace_timer_);
    BreakAll();
  }

  const std::string& address() const { return address_; }

  Env& env() override { return env_; }
  const ServerOptions& options() const override { return options_; }
  ServerStats& stats() override { return stats_; }
  bool stopping() const override { return stopping_; }
  void Handle(Request request, ResponseWriter writer) override {
    handler_(std::move(request), std::move(writer));
  }
  bool ReserveBodyBytes(size_t bytes) override {
    if (body_bytes_ + bytes > options_.bodies_bytes_max) return false;
    body_bytes_ += bytes;
    return true;
  }
  void ReleaseBodyBytes(size_t bytes) override { body_bytes_ -= bytes; }
  void Remove(uint64_t connection_id) override {
    // Later: the connection (and perhaps its stream) is at work further up the stack.
    env_.executor().Post([weak = weak_from_this(), connection_id] {
      auto self = weak.lock();
      if (self == nullptr || self->connections_.erase(connection_id) == 0) return;
      self->stats_.connections_open = self->connections_.size();
      self->CheckStopped();
    });
  }

 private:
  void Accept(std::unique_ptr<Stream> stream) {
    if (stopping_) return;
    ++stats_.connections_accepted;
    const bool refuse = connections_.size() >= options_.connections_max;
    if (refuse) ++stats_.connections_refused;
    // Beyond twice the bound there is not even room to say so.
    if (connections_.size() >= 2 * options_.connections_max) return;
    const uint64_t id = ++last_id_;
    auto& connection = connections_[id];
    connection = std::make_unique<Connection>(*this, id, std::move(stream));
    stats_.connections_open = connections_.size();
    if (refuse) {
      connection->Refuse(503, StrCat("more than ", options_.connections_max, " connections"));
    } else {
      connection->Start();
    }
  }

  void CheckStopped() {
    if (!stopping_ || !connections_.empty() || !on_stopped_) return;
    env_.executor().Cancel(grace_timer_);
    std::exchange(on_stopped_, nullptr)();
  }

  Env& env_;
  const ServerOptions options_;
  HttpServer::Handler handler_;
  std::unique_ptr<Listener> listener_;
  std::string address_;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t last_id_ = 0;
  size_t body_bytes_ = 0;
  bool stopping_ = false;
  TimerId grace_timer_;
  absl::AnyInvocable<void()> on_stopped_;
  ServerStats stats_;
};

}  // namespace server_internal

HttpServer::HttpServer(Env& env, ServerOptions options)
    : core_(std::make_shared<server_internal::Core>(env, options)) {}

HttpServer::~HttpServer() { core_->Shutdown(); }

Status HttpServer::Start(std::string_view address, Handler handler) {
  return core_->Start(address, std::move(handler));
}

std::string HttpServer::address() const { return core_->address(); }

void HttpServer::Stop(Duration grace, absl::AnyInvocable<void()> done) {
  core_->Stop(grace, std::move(done));
}

const ServerStats& HttpServer::stats() const { return core_->stats(); }

}  // namespace quadraft::http
