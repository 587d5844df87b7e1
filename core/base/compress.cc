#include "core/base/compress.h"

#include <snappy.h>

#include "core/base/strings.h"

namespace quadraft {

std::optional<std::string> Compress(std::string_view bytes) {
  std::string out(snappy::MaxCompressedLength(bytes.size()), '\0');
  size_t size = 0;
  snappy::RawCompress(bytes.data(), bytes.size(), out.data(), &size);
  if (size > bytes.size() - bytes.size() / 8) return std::nullopt;
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

StatusOr<std::string> Decompress(std::string_view bytes, size_t bytes_max) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &size)) {
    return DataLoss(bytes.size(), " compressed bytes do not say how many they were");
  }
  if (size > bytes_max) {
    return DataLoss(bytes.size(), " compressed bytes claim to be ", size, "; the limit is ",
                    bytes_max);
  }
  std::string out(size, '\0');
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data())) {
    return DataLoss(bytes.size(), " compressed bytes are damaged");
  }
  return out;
}

}  // namespace quadraft
