// Frames between nodes: how messages, cut into fragments, and the hello cross a stream.
// Pure: both worlds use it, so that the same check refuses what a network has spoiled.
//
//   byte 0..3   length of the payload, little-endian, at most kFragmentBytesMax
//   byte 4..7   CRC-32C of bytes 0..3, 8..11 and the payload
//   byte 8      protocol version (kFrameVersion)
//   byte 9      channel (core/env Channel), or kHelloChannel for the first frame of a connection
//   byte 10     flags: 1 = more fragments of this message follow on this channel
//   byte 11     zero
//   byte 12...  payload
// A message's fragments may alternate with those of other channels: urgent messages overtake long ones.
#ifndef QUADRAFT_CORE_PROTO_FRAME_H_
#define QUADRAFT_CORE_PROTO_FRAME_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/network.h"

namespace quadraft::proto {

inline constexpr uint8_t kFrameVersion = 1;
inline constexpr uint8_t kHelloChannel = 255;
inline constexpr size_t kFrameHeaderBytes = 12;
inline constexpr size_t kFragmentBytesMax = 64u << 10;
inline constexpr size_t kHelloBytesMax = 4096;

void AppendFrame(std::string* out, uint8_t channel, bool more, std::string_view payload);

struct Hello {
  NodeId from;
  NodeId to;
  std::string cluster;
  std::string address;  // Where `from` listens for messages; empty: not said (an older program, or it does not listen).
};
std::string EncodeHello(const Hello& hello);  // The whole frame.

// Takes bytes as they come and gives whole messages.
class FrameReader {
 public:
  // The first frame must be a hello.
  virtual ~FrameReader() = default;
  // DataLoss: a frame that fails its checksum or contradicts the format; FailedPrecondition: another protocol version. The
  // connection is of no use after any error.
  Status Feed(std::string_view bytes);

 protected:
  virtual Status OnHello(const Hello& hello) = 0;
  virtual void OnMessage(Channel channel, std::string_view payload) = 0;

 private:
  // One frame off the front of `bytes`, false when it is not whole yet.
  StatusOr<bool> TakeFrame(std::string_view* bytes);
  Status OnFrame(uint8_t channel, bool more, std::string_view payload);

  bool greeted_ = false;
  std::string partial_;  // A frame that is not whole yet.
  std::array<std::string, kChannelCount> messages_;  // Fragments so far, at most kMessageBytesMax each.
};

}  // namespace quadraft::proto

#endif  // QUADRAFT_CORE_PROTO_FRAME_H_
