#include "net/env/send_queue.h"

#include <algorithm>
#include <utility>

#include "core/proto/frame.h"

namespace quadraft::net {

using proto::AppendFrame;
using proto::kFragmentBytesMax;
using proto::kFrameHeaderBytes;

size_t SendQueue::Push(Channel channel, std::string payload) {
  bytes_ += payload.size() + kFrameHeaderBytes;  // Empty messages count, too.
  lanes_[static_cast<size_t>(channel)].messages.push_back(std::move(payload));
  size_t dropped = 0;
  while (bytes_ > bytes_max_ && DropOne()) ++dropped;
  return dropped;
}

bool SendQueue::DropOne() {
  for (size_t i = lanes_.size(); i-- > 0;) {
    Lane& lane = lanes_[i];
    const size_t first = lane.front_sent > 0 ? 1 : 0;
    if (lane.messages.size() <= first) continue;
    const auto victim = lane.messages.begin() + first;
    bytes_ -= victim->size() + kFrameHeaderBytes;
    lane.messages.erase(victim);
    return true;
  }
  return false;
}

bool SendQueue::PopFragment(std::string* out) {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    if (lane.messages.empty()) continue;
    const std::string& message = lane.messages.front();
    const size_t size = std::min(message.size() - lane.front_sent, kFragmentBytesMax);
    const bool more = lane.front_sent + size < message.size();
    AppendFrame(out, static_cast<uint8_t>(i), more,
                std::string_view(message).substr(lane.front_sent, size));
    if (more) {
      lane.front_sent += size;
    } else {
      bytes_ -= message.size() + kFrameHeaderBytes;
      lane.messages.pop_front();
      lane.front_sent = 0;
    }
    return true;
  }
  return false;
}

size_t SendQueue::Clear() {
  size_t dropped = 0;
  for (Lane& lane : lanes_) {
    dropped += lane.messages.size();
    lane = {};
  }
  bytes_ = 0;
  return dropped;
}

}  // namespace quadraft::net
