#include "core/proto/frame.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/crc32c.h"

namespace quadraft::proto {
namespace {

uint32_t FrameChecksum(const char* header, std::string_view payload) {
  uint32_t crc = Crc32c({header, 4});
  crc = ExtendCrc32c(crc, {header + 8, 4});
  return ExtendCrc32c(crc, payload);
}

StatusOr<Hello> DecodeHello(std::string_view payload) {
  Hello hello;
  uint64_t from, to;
  std::string_view cluster, address;
  if (!GetFixed(&payload, &from) || !GetFixed(&payload, &to) ||
      !GetLengthPrefixed(&payload, &cluster)) {
    return DataLoss("malformed hello");
  }
  // An older program says no address; what follows it belongs to later versions.
  if (!payload.empty() && !GetLengthPrefixed(&payload, &address)) return DataLoss("malformed hello");
  return Hello{NodeId(from), NodeId(to), std::string(cluster), std::string(address)};
}

}  // namespace

void AppendFrame(std::string* out, uint8_t channel, bool more, std::string_view payload) {
  char header[kFrameHeaderBytes] = {};
  const uint32_t length = payload.size();
  memcpy(header, &length, 4);
  header[8] = kFrameVersion;
  header[9] = static_cast<char>(channel);
  header[10] = more ? 1 : 0;
  const uint32_t crc = FrameChecksum(header, payload);
  memcpy(header + 4, &crc, 4);
  out->append(header, sizeof(header));
  out->append(payload);
}

std::string EncodeHello(const Hello& hello) {
  std::string payload;
  PutFixed<uint64_t>(&payload, hello.from.value());
  PutFixed<uint64_t>(&payload, hello.to.value());
  PutLengthPrefixed(&payload, hello.cluster);
  PutLengthPrefixed(&payload, hello.address);
  std::string out;
  AppendFrame(&out, kHelloChannel, false, payload);
  return out;
}

Status FrameReader::Feed(std::string_view bytes) {
  // Complete the frame that the last bytes left open, then read the rest in place.
  while (!partial_.empty() && !bytes.empty()) {
    size_t wanted = kFrameHeaderBytes;
    if (partial_.size() >= kFrameHeaderBytes) wanted += LoadFixed<uint32_t>(partial_.data());
    const size_t take = std::min(bytes.size(), wanted - partial_.size());
    partial_.append(bytes.substr(0, take));
    bytes.remove_prefix(take);
    std::string_view whole = partial_;
    QR_ASSIGN_OR_RETURN(const bool taken, TakeFrame(&whole));
    if (taken) partial_.clear();
  }
  while (!bytes.empty()) {
    QR_ASSIGN_OR_RETURN(const bool taken, TakeFrame(&bytes));
    if (!taken) {
      partial_.assign(bytes);
      break;
    }
  }
  return OkStatus();
}

StatusOr<bool> FrameReader::TakeFrame(std::string_view* bytes) {
  if (bytes->size() < kFrameHeaderBytes) return false;
  const char* header = bytes->data();
  const auto length = LoadFixed<uint32_t>(header);
  // Looked at before the checksum, so that a stranger's bytes cannot make us wait for gigabytes.
  if (length > (greeted_ ? kFragmentBytesMax : kHelloBytesMax)) {
    return DataLoss("a frame of ", length, " bytes");
  }
  if (bytes->size() < kFrameHeaderBytes + length) return false;
  const std::string_view payload = bytes->substr(kFrameHeaderBytes, length);
  if (FrameChecksum(header, payload) != LoadFixed<uint32_t>(header + 4)) {
    return DataLoss("a frame fails its checksum");
  }
  if (static_cast<uint8_t>(header[8]) != kFrameVersion) {
    return FailedPrecondition("protocol version ", static_cast<int>(static_cast<uint8_t>(header[8])),
                              ", ours is ", static_cast<int>(kFrameVersion));
  }
  bytes->remove_prefix(kFrameHeaderBytes + length);
  QR_RETURN_IF_ERROR(OnFrame(static_cast<uint8_t>(header[9]), (header[10] & 1) != 0, payload));
  return true;
}

Status FrameReader::OnFrame(uint8_t channel, bool more, std::string_view payload) {
  if (!greeted_) {
    if (channel != kHelloChannel) return DataLoss("the first frame is not a hello");
    QR_ASSIGN_OR_RETURN(const Hello hello, DecodeHello(payload));
    greeted_ = true;
    return OnHello(hello);
  }
  if (channel >= kChannelCount) return OkStatus();  // Of a later version: not for us.
  std::string& message = messages_[channel];
  if (message.empty() && !more) {
    OnMessage(static_cast<Channel>(channel), payload);
    return OkStatus();
  }
  if (message.size() + payload.size() > kMessageBytesMax) {
    return DataLoss("a message of more than ", kMessageBytesMax, " bytes");
  }
  message.append(payload);
  if (!more) {
    const std::string whole = std::exchange(message, {});
    OnMessage(static_cast<Channel>(channel), whole);
  }
  return OkStatus();
}

}  // namespace quadraft::proto
