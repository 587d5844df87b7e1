// CRC-32C (Castagnoli, RFC 3720 section 12.1), the checksum of log records, frames and snapshot chunks.
#ifndef QUADRAFT_CORE_BASE_CRC32C_H_
#define QUADRAFT_CORE_BASE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace quadraft {

// The checksum of what `crc` covered followed by `bytes`; start with crc = 0.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);
inline uint32_t Crc32c(std::string_view bytes) { return ExtendCrc32c(0, bytes); }

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_CRC32C_H_
