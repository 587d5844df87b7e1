// How bytes get through a connected socket. Plain TCP today; TLS will be another implementation, which is why a stream never
// calls the socket itself. Internal to net/env.
#ifndef QUADRAFT_NET_ENV_TRANSPORT_H_
#define QUADRAFT_NET_ENV_TRANSPORT_H_

#include <cstddef>
#include <memory>

#include "net/env/fd.h"

namespace quadraft::net {

class Transport {
 public:
  virtual ~Transport() = default;
  enum class Result {
    kBytes,       // Some bytes passed: *count > 0.
    kWouldBlock,  // Try again when the socket is ready.
    kEnd,         // Reading only: the peer has ended cleanly.
    kBroken,      // For ever: *error is an errno.
  };
  virtual Result Read(char* buffer, size_t size, size_t* count, int* error) = 0;
  // Gathers up to `pieces` pieces.
  struct Piece {
    const char* data;
    size_t size;
  };
  virtual Result Write(const Piece* pieces, int piece_count, size_t* count, int* error) = 0;
  virtual void EndWriting() = 0;  // The peer reads an end behind what was written.
  virtual void ResetOnClose() = 0;  // Destroying it tells the peer that this was not the end.
  virtual int fd() const = 0;     // To wait on.
};

std::unique_ptr<Transport> MakeTcpTransport(Fd socket);

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_TRANSPORT_H_
