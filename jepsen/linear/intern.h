// Values as small numbers: equal values (by their EDN text) get equal ids, counted from 0 in order
// of first use.
#ifndef QUADRAFT_JEPSEN_LINEAR_INTERN_H_
#define QUADRAFT_JEPSEN_LINEAR_INTERN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/base/strings.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

class TextTable {
 public:
  uint32_t Id(std::string_view text) {
    const auto found = ids_.find(Absl(text));
    if (found != ids_.end()) return found->second;
    const auto id = static_cast<uint32_t>(texts_.size());
    texts_.emplace_back(text);
    ids_.emplace(texts_.back(), id);
    return id;
  }
  const std::string& text(uint32_t id) const { return texts_[id]; }
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

 private:
  absl::flat_hash_map<std::string, uint32_t> ids_;  // Never iterated.
  std::vector<std::string> texts_;
};

class ValueTable {
 public:
  uint32_t Id(const Value& value) {
    // Nearly every value in a history is a small integer.
    if (value.is_int()) {
      const auto [found, is_new] = integers_.try_emplace(value.as_int(), 0);
      if (is_new) found->second = table_.Id(value.ToString());
      return found->second;
    }
    return table_.Id(value.ToString());
  }
  const std::string& text(uint32_t id) const { return table_.text(id); }
  uint32_t size() const { return table_.size(); }

 private:
  TextTable table_;
  absl::flat_hash_map<int64_t, uint32_t> integers_;  // Never iterated.
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_INTERN_H_
