// What waits to go to one peer: messages by channel, taken out as fragments, the most urgent first. Internal to net/env.
//
// Invariants: bytes() <= the bound, by dropping the oldest whole message of the least urgent channel that has one; a message
// whose first fragment has gone is never dropped; fragments of one channel leave in order.
#ifndef QUADRAFT_NET_ENV_SEND_QUEUE_H_
#define QUADRAFT_NET_ENV_SEND_QUEUE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "core/env/network.h"

namespace quadraft::net {

class SendQueue {
 public:
  explicit SendQueue(size_t bytes_max) : bytes_max_(bytes_max) {}

  // How many messages were dropped to make room (this one, perhaps).
  size_t Push(Channel channel, std::string payload);
  // Appends the next fragment as a frame to `out`; false when nothing waits.
  bool PopFragment(std::string* out);
  size_t Clear();  // How many messages were dropped.
  size_t bytes() const { return bytes_; }

 private:
  bool DropOne();

  struct Lane {
    std::deque<std::string> messages;
    size_t front_sent = 0;  // Bytes of the front message that have gone.
  };
  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::array<Lane, kChannelCount> lanes_;
};

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_SEND_QUEUE_H_
