// Fixed-width and varint encoding, little-endian, and big-endian for keys whose byte order must be their numeric order.
// Readers consume from the front of a string_view and return false, leaving it unspecified, when it is too short.
#ifndef QUADRAFT_CORE_BASE_BYTES_H_
#define QUADRAFT_CORE_BASE_BYTES_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace quadraft {

static_assert(std::endian::native == std::endian::little, "encodings assume a little-endian host");

template <typename T>
void PutFixed(std::string* out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}
template <typename T>
bool GetFixed(std::string_view* in, T* value) {
  if (in->size() < sizeof(T)) return false;
  std::memcpy(value, in->data(), sizeof(T));
  in->remove_prefix(sizeof(T));
  return true;
}
template <typename T>
T LoadFixed(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

inline void PutBigEndian64(std::string* out, uint64_t value) {
  PutFixed<uint64_t>(out, __builtin_bswap64(value));
}
inline bool GetBigEndian64(std::string_view* in, uint64_t* value) {
  if (!GetFixed<uint64_t>(in, value)) return false;
  *value = __builtin_bswap64(*value);
  return true;
}
inline uint64_t LoadBigEndian64(const char* bytes) {
  return __builtin_bswap64(LoadFixed<uint64_t>(bytes));
}

void PutVarint(std::string* out, uint64_t value);       // 1 to 10 bytes, 7 bits each.
bool GetVarint(std::string_view* in, uint64_t* value);  // False on more than 10 bytes, too.
void PutLengthPrefixed(std::string* out, std::string_view bytes);
bool GetLengthPrefixed(std::string_view* in, std::string_view* bytes);

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_BYTES_H_
