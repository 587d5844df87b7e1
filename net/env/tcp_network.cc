#include "net/env/tcp_network.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "net/env/address.h"
#include "net/env/transport.h"

namespace quadraft::net {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsPerEvent = 64;
constexpr Duration kAcceptPause = milliseconds(100);  // Out of descriptors: look again then.
constexpr int kKeepAliveIdleS = 5;
constexpr int kKeepAliveIntervalS = 2;
constexpr int kKeepAliveProbes = 3;

std::string ErrnoText(int error) {
  char text[128];
  return strerror_r(error, text, sizeof(text));
}

void SetOption(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));  // Tuning only: a failure costs speed, not truth.
}

void TuneConnected(int fd) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleS);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalS);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  // What the kernel has not put on the wire stays with us, where urgent frames can still overtake it.
  SetOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 128 << 10);
}

Fd NewSocket(int family) {
  return Fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(EventLoop& loop, Fd socket, Network::AcceptHandler on_accept, StreamTuning tuning)
      : loop_(loop), socket_(std::move(socket)), on_accept_(std::move(on_accept)), tuning_(tuning) {}

  void Start() {
    watch_ = loop_.WatchFd(socket_.get(), EPOLLIN, [weak = weak_from_this()](uint32_t) {
      if (auto self = weak.lock()) self->Accept();
    });
  }
  void Stop() {
    watch_ = nullptr;
    socket_.Reset();
  }

 private:
  void Accept() {
    for (int i = 0; i < kAcceptsPerEvent && watch_ != nullptr; ++i) {
      SocketAddress peer;
      peer.length = sizeof(peer.storage);
      Fd fd(accept4(socket_.get(), peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd.valid()) {
        TuneConnected(fd.get());
        on_accept_(MakeTcpStream(loop_, MakeTcpTransport(std::move(fd)), peer.ToString(), tuning_));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        watch_->SetEvents(0);
        loop_.RunAfter(kAcceptPause, [weak = weak_from_this()] {
          auto self = weak.lock();
          if (self != nullptr && self->watch_ != nullptr) self->watch_->SetEvents(EPOLLIN);
        });
        return;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return;
      }  // Else a connection that broke before we took it: the next one.
    }
  }

  EventLoop& loop_;
  Fd socket_;
  Network::AcceptHandler on_accept_;
  const StreamTuning tuning_;
  std::unique_ptr<EventLoop::Watch> watch_;
};

class TcpListener : public Listener {
 public:
  TcpListener(std::shared_ptr<Acceptor> acceptor, std::string address)
      : acceptor_(std::move(acceptor)), address_(std::move(address)) {}
  ~TcpListener() override { acceptor_->Stop(); }
  std::string address() const override { return address_; }

 private:
  std::shared_ptr<Acceptor> acceptor_;
  std::string address_;
};

// One attempt to connect. Kept alive by its timer until it has answered.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  Connector(EventLoop& loop, std::string name, Network::ConnectHandler done, StreamTuning tuning)
      : loop_(loop), name_(std::move(name)), done_(std::move(done)), tuning_(tuning) {}

  void Start(const SocketAddress& address) {
    timer_ = loop_.RunAfter(kConnectTimeout, [self = shared_from_this()] {
      self->Fail(Unavailable("connecting to ", self->name_, " timed out"));
    });
    fd_ = NewSocket(address.family());
    if (!fd_.valid()) {
      FailLater(errno);
      return;
    }
    TuneConnected(fd_.get());
    if (connect(fd_.get(), address.get(), address.length) != 0 && errno != EINPROGRESS) {
      FailLater(errno);
      return;
    }
    watch_ = loop_.WatchFd(fd_.get(), EPOLLOUT, [weak = weak_from_this()](uint32_t) {
      if (auto self = weak.lock()) self->OnReady();
    });
  }

  void FailLater(int error) {
    loop_.Post([self = shared_from_this(), error] { self->Fail(self->Refused(error)); });
  }

  void Fail(Status status) {
    const auto keep = shared_from_this();
    if (std::exchange(answered_, true)) return;
    watch_ = nullptr;
    loop_.Cancel(timer_);
    done_(std::move(status));
  }

 private:
  Status Refused(int error) const {
    return Unavailable("cannot connect to ", name_, ": ", ErrnoText(error));
  }

  void OnReady() {
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
      Fail(Refused(error));
      return;
    }
    const auto keep = shared_from_this();
    answered_ = true;
    watch_ = nullptr;
    loop_.Cancel(timer_);
    done_(MakeTcpStream(loop_, MakeTcpTransport(std::move(fd_)), name_, tuning_));
  }

  EventLoop& loop_;
  const std::string name_;
  Network::ConnectHandler done_;
  const StreamTuning tuning_;
  Fd fd_;
  std::unique_ptr<EventLoop::Watch> watch_;  // Destroyed before fd_.
  TimerId timer_;
  bool answered_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Listener>> TcpListen(EventLoop& loop, std::string_view address,
                                              Network::AcceptHandler on_accept,
                                              StreamTuning tuning) {
  QR_ASSIGN_OR_RETURN(const HostPort host_port, ParseHostPort(address));
  auto numeric = NumericAddress(host_port);
  if (!numeric.ok()) {
    return InvalidArgument("cannot listen on '", address, "': ", numeric.status().message());
  }
  SocketAddress bound = *numeric;
  Fd fd = NewSocket(bound.family());
  if (!fd.valid()) return ResourceExhausted("socket: ", ErrnoText(errno));
  SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(fd.get(), bound.get(), bound.length) != 0 || listen(fd.get(), kBacklog) != 0) {
    const int error = errno;
    const std::string text = StrCat("cannot listen on ", address, ": ", ErrnoText(error));
    if (error == EADDRINUSE) return AlreadyExists(text);
    return InvalidArgument(text);
  }
  bound.length = sizeof(bound.storage);
  getsockname(fd.get(), bound.get(), &bound.length);
  auto acceptor = std::make_shared<Acceptor>(loop, std::move(fd), std::move(on_accept), tuning);
  acceptor->Start();
  return std::unique_ptr<Listener>(
      std::make_unique<TcpListener>(std::move(acceptor), bound.ToString()));
}

void TcpConnect(EventLoop& loop, std::string_view address, Network::ConnectHandler done,
                StreamTuning tuning) {
  auto host_port = ParseHostPort(address);
  if (!host_port.ok()) {
    loop.Post([done = std::move(done), status = host_port.status()]() mutable { done(status); });
    return;
  }
  auto connector =
      std::make_shared<Connector>(loop, std::string(address), std::move(done), tuning);
  const auto numeric = NumericAddress(*host_port);
  if (numeric.ok()) {
    connector->Start(*numeric);
    return;
  }
  auto resolved = std::make_shared<StatusOr<SocketAddress>>(numeric.status());
  loop.Offload([resolved, host_port = *host_port] { *resolved = ResolveBlocking(host_port); },
               [resolved, connector] {
                 if (resolved->ok()) {
                   connector->Start(**resolved);
                 } else {
                   connector->Fail(resolved->status());
                 }
               });
}

}  // namespace quadraft::net
