#include "store/dictionary/term_block.h"

#include "core/base/bytes.h"

namespace quadraft::store {

std::string EncodeTermBlock(const std::vector<std::string_view>& terms) {
  std::string out;
  PutVarint(&out, terms.size());
  for (const std::string_view term : terms) PutVarint(&out, term.size());
  for (const std::string_view term : terms) out += term;
  return out;
}

std::optional<std::vector<std::string_view>> DecodeTermBlock(std::string_view block) {
  uint64_t count = 0;
  if (!GetVarint(&block, &count) || count == 0 || count > kTermsPerBlock) return std::nullopt;
  uint64_t sizes[kTermsPerBlock];
  for (uint64_t i = 0; i < count; ++i) {
    if (!GetVarint(&block, &sizes[i])) return std::nullopt;
  }
  std::vector<std::string_view> terms;
  terms.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    if (sizes[i] > block.size()) return std::nullopt;
    terms.push_back(block.substr(0, sizes[i]));
    block.remove_prefix(sizes[i]);
  }
  if (!block.empty()) return std::nullopt;
  return terms;
}

}  // namespace quadraft::store
