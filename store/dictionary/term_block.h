// A block of terms: the encoded terms of kTermsPerBlock sequence numbers that follow each other (FORMAT.md, section
// 2.1). The last block of a dictionary may have fewer; it is written anew when it grows.
#ifndef QUADRAFT_STORE_DICTIONARY_TERM_BLOCK_H_
#define QUADRAFT_STORE_DICTIONARY_TERM_BLOCK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quadraft::store {

inline constexpr uint64_t kTermsPerBlock = 16;

std::string EncodeTermBlock(const std::vector<std::string_view>& terms);  // 1 to kTermsPerBlock.

// All terms of a block, which lie in `block`; nullopt: it is none.
std::optional<std::vector<std::string_view>> DecodeTermBlock(std::string_view block);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_TERM_BLOCK_H_
