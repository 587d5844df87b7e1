// Loopback sockets for the harness: blocking with deadlines, nothing of the store's own network
// code in it.
#ifndef QUADRAFT_JEPSEN_REAL_SOCKET_H_
#define QUADRAFT_JEPSEN_REAL_SOCKET_H_

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/status.h"

namespace quadraft::jepsen {

using RealClock = std::chrono::steady_clock;

// Owns a file descriptor; -1 is none.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { Reset(); }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void Reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// A listening socket on 127.0.0.1 that does not block, on a port that the system chooses.
struct Listener {
  Fd fd;
  uint16_t port = 0;
};
StatusOr<Listener> ListenOnLoopback();

// A port of 127.0.0.1 that nobody listens on now.
StatusOr<uint16_t> FreePort();

// Begins to connect without waiting; Unavailable when refused at once.
StatusOr<Fd> StartConnect(uint16_t port);

// Connected, or Unavailable (also at the deadline): nothing was sent.
StatusOr<Fd> ConnectBefore(uint16_t port, RealClock::time_point deadline);

// DeadlineExceeded when it took too long or the other end broke off: part of the bytes may have
// arrived.
Status WriteBefore(int fd, std::string_view bytes, RealClock::time_point deadline);

// At least one byte appended to `out`, or nothing when the other end has ended (then false).
// DeadlineExceeded as above.
StatusOr<bool> ReadBefore(int fd, std::string* out, RealClock::time_point deadline);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_SOCKET_H_
