// Bytes made smaller for the log and the wire: Snappy's block format (google/snappy,
// format_description.txt; Debian's libsnappy, which LevelDB links already). It was chosen over zstd
// for its speed: an entry is compressed on the loop, once for the log and once for all peers.
//
//   if (auto small = Compress(payload)) ...            // Worth it: store *small and a mark.
//   QR_ASSIGN_OR_RETURN(payload, Decompress(small, kProposalBytesLimit));
#ifndef QUADRAFT_CORE_BASE_COMPRESS_H_
#define QUADRAFT_CORE_BASE_COMPRESS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace quadraft {

// Smaller ones stay as they are: there is little to win, and most entries are that small.
inline constexpr size_t kCompressFromBytes = 1024;

// Nothing unless that saves an eighth at least.
std::optional<std::string> Compress(std::string_view bytes);
// What Compress was given. DataLoss: these are no such bytes, or they would grow beyond `bytes_max`,
// which is seen before anything is allocated.
StatusOr<std::string> Decompress(std::string_view bytes, size_t bytes_max);

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_COMPRESS_H_
