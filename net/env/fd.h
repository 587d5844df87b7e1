// An owned file descriptor.
#ifndef QUADRAFT_NET_ENV_FD_H_
#define QUADRAFT_NET_ENV_FD_H_

#include <unistd.h>

#include <utility>

namespace quadraft::net {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
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
  bool valid() const { return fd_ >= 0; }
  void Reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_FD_H_
