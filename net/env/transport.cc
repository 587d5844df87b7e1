#include "net/env/transport.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <utility>

namespace quadraft::net {
namespace {

constexpr int kGatherMax = 16;

class TcpTransport : public Transport {
 public:
  explicit TcpTransport(Fd socket) : socket_(std::move(socket)) {}

  Result Read(char* buffer, size_t size, size_t* count, int* error) override {
    while (true) {
      const ssize_t n = recv(socket_.get(), buffer, size, 0);
      if (n == 0) return Result::kEnd;
      if (n > 0) {
        *count = n;
        return Result::kBytes;
      }
      if (errno != EINTR) return Failed(error);
    }
  }

  Result Write(const Piece* pieces, int piece_count, size_t* count, int* error) override {
    iovec vector[kGatherMax];
    msghdr message = {};
    message.msg_iov = vector;
    message.msg_iovlen = std::min(piece_count, kGatherMax);
    for (size_t i = 0; i < message.msg_iovlen; ++i) {
      vector[i] = {const_cast<char*>(pieces[i].data), pieces[i].size};
    }
    while (true) {
      const ssize_t n = sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
      if (n >= 0) {
        *count = n;
        return Result::kBytes;
      }
      if (errno != EINTR) return Failed(error);
    }
  }

  void EndWriting() override { shutdown(socket_.get(), SHUT_WR); }
  void ResetOnClose() override {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }
  int fd() const override { return socket_.get(); }

 private:
  static Result Failed(int* error) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Result::kWouldBlock;
    *error = errno;
    return Result::kBroken;
  }

  Fd socket_;
};

}  // namespace

std::unique_ptr<Transport> MakeTcpTransport(Fd socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

}  // namespace quadraft::net
