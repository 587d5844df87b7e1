#include "jepsen/real/fault_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>

namespace quadraft::jepsen {
namespace {

constexpr int kTickMs = 200;  // Longest sleep of the loop.

void Want(int fd, short events, std::vector<pollfd>* all) {
  if (events != 0) all->push_back({.fd = fd, .events = events, .revents = 0});
}

}  // namespace

FaultProxy::~FaultProxy() {
  stop_ = true;
  if (thread_.joinable()) {
    Wake();
    thread_.join();
  }
}

StatusOr<uint16_t> FaultProxy::AddLink(Link link, uint16_t to_port) {
  QR_ASSIGN_OR_RETURN(Listener listener, ListenOnLoopback());
  Route& route = routes_[link];
  route.listener = std::move(listener.fd);
  route.to_port = to_port;
  return listener.port;
}

Status FaultProxy::Start() {
  wake_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_.is_open()) return Internal("no eventfd");
  thread_ = std::thread([this] { Loop(); });
  return OkStatus();
}

void FaultProxy::Set(Link link, LinkState state) {
  const auto found = routes_.find(link);
  if (found == routes_.end()) return;
  found->second.state = state;
  Wake();
}

void FaultProxy::OpenAll() {
  for (auto& [link, route] : routes_) route.state = LinkState::kOpen;
  Wake();
}

void FaultProxy::Wake() {
  const uint64_t one = 1;
  // A full counter wakes as well.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void FaultProxy::Loop() {
  while (!stop_) {
    std::vector<pollfd> wanted;
    Want(wake_.get(), POLLIN, &wanted);
    for (auto& [link, route] : routes_) {
      Want(route.listener.get(), POLLIN, &wanted);
      if (route.state != LinkState::kOpen) continue;
      for (const Connection& connection : route.connections) {
        const auto events = [](const Pipe& in, const Pipe& out) {
          const bool reads = !in.ended && in.buffer.size() < kBufferBytesMax;
          const bool writes = !out.buffer.empty();
          return static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
        };
        Want(connection.left.get(), events(connection.to_right, connection.to_left), &wanted);
        Want(connection.right.get(), events(connection.to_left, connection.to_right), &wanted);
      }
    }
    if (::poll(wanted.data(), wanted.size(), kTickMs) < 0 && errno != EINTR) return;
    uint64_t woken = 0;
    [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &woken, sizeof(woken));
    for (auto& [link, route] : routes_) {
      Accept(route);
      Serve(route);
    }
  }
}

void FaultProxy::Accept(Route& route) {
  while (true) {
    Fd left(::accept4(route.listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!left.is_open()) return;
    if (route.state == LinkState::kCut || connections_ >= kConnectionsMax) continue;
    auto right = StartConnect(route.to_port);
    if (!right.ok()) continue;
    ++connections_;
    Connection& connection = route.connections.emplace_back();
    connection.left = std::move(left);
    connection.right = *std::move(right);
  }
}

void FaultProxy::Move(int from, int to, Pipe* pipe, bool* broken) {
  char buffer[16 << 10];
  while (!pipe->ended && pipe->buffer.size() < kBufferBytesMax) {
    const ssize_t got = ::recv(from, buffer, sizeof(buffer), 0);
    if (got > 0) {
      pipe->buffer.append(buffer, static_cast<size_t>(got));
    } else if (got == 0) {
      pipe->ended = true;
    } else {
      // ENOTCONN: the connection is still being made.
      if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN) *broken = true;
      break;
    }
  }
  size_t sent = 0;
  while (sent < pipe->buffer.size()) {
    const ssize_t count =
        ::send(to, pipe->buffer.data() + sent, pipe->buffer.size() - sent, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN) *broken = true;
      break;
    }
    sent += static_cast<size_t>(count);
  }
  pipe->buffer.erase(0, sent);
  if (pipe->ended && pipe->buffer.empty() && !pipe->passed_end) {
    ::shutdown(to, SHUT_WR);
    pipe->passed_end = true;
  }
}

void FaultProxy::Serve(Route& route) {
  const LinkState state = route.state;
  if (state == LinkState::kStalled) return;
  for (auto it = route.connections.begin(); it != route.connections.end();) {
    Connection& connection = *it;
    if (state == LinkState::kOpen) {
      Move(connection.left.get(), connection.right.get(), &connection.to_right, &connection.broken);
      Move(connection.right.get(), connection.left.get(), &connection.to_left, &connection.broken);
    }
    const bool over = connection.to_right.passed_end && connection.to_left.passed_end;
    if (state == LinkState::kCut || connection.broken || over) {
      it = route.connections.erase(it);
      --connections_;
    } else {
      ++it;
    }
  }
}

}  // namespace quadraft::jepsen
