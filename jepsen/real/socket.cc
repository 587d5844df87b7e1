#include "jepsen/real/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace quadraft::jepsen {
namespace {

constexpr int kBacklog = 64;

std::string_view ErrorText(int error) { return std::strerror(error); }

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

StatusOr<Fd> TcpSocket() {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return Internal("no socket: ", ErrorText(errno));
  return fd;
}

// False at the deadline.
bool WaitFor(int fd, short events, RealClock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - RealClock::now()).count();
    if (left <= 0) return false;
    pollfd one = {.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

StatusOr<Listener> ListenOnLoopback() {
  QR_ASSIGN_OR_RETURN(Fd fd, TcpSocket());
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(fd.get(), kBacklog) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Unavailable("cannot listen on 127.0.0.1: ", ErrorText(errno));
  }
  return Listener{std::move(fd), ntohs(address.sin_port)};
}

StatusOr<uint16_t> FreePort() {
  QR_ASSIGN_OR_RETURN(const Listener listener, ListenOnLoopback());
  return listener.port;
}

StatusOr<Fd> StartConnect(uint16_t port) {
  QR_ASSIGN_OR_RETURN(Fd fd, TcpSocket());
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const sockaddr_in address = Loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno != EINPROGRESS) {
    return Unavailable("cannot connect to 127.0.0.1:", port, ": ", ErrorText(errno));
  }
  return fd;
}

StatusOr<Fd> ConnectBefore(uint16_t port, RealClock::time_point deadline) {
  QR_ASSIGN_OR_RETURN(Fd fd, StartConnect(port));
  if (!WaitFor(fd.get(), POLLOUT, deadline)) {
    return Unavailable("no connection to 127.0.0.1:", port, " in time");
  }
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    return Unavailable("cannot connect to 127.0.0.1:", port, ": ", ErrorText(error));
  }
  return fd;
}

Status WriteBefore(int fd, std::string_view bytes, RealClock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (!WaitFor(fd, POLLOUT, deadline))
        return DeadlineExceeded("the request was not taken in time");
    } else {
      return DeadlineExceeded("the connection broke while the request was sent: ",
                              ErrorText(errno));
    }
  }
  return OkStatus();
}

StatusOr<bool> ReadBefore(int fd, std::string* out, RealClock::time_point deadline) {
  char buffer[16 << 10];
  while (true) {
    const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
    if (got > 0) {
      out->append(buffer, static_cast<size_t>(got));
      return true;
    }
    if (got == 0) return false;
    if (errno != EAGAIN && errno != EINTR) {
      return DeadlineExceeded("the connection broke before the answer was whole: ",
                              ErrorText(errno));
    }
    if (!WaitFor(fd, POLLIN, deadline)) return DeadlineExceeded("no answer in time");
  }
}

}  // namespace quadraft::jepsen
