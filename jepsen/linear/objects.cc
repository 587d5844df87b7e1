#include "jepsen/linear/objects.h"

#include <algorithm>

namespace quadraft::jepsen {

uint32_t ObjectMaker::IdOf(const Value& key) {
  const auto next = static_cast<uint32_t>(objects_.names.size());
  const bool is_int = key.is_int();
  std::string name = is_int || key.is_nil() ? std::string() : key.ToString();
  const auto [id, is_new] = is_int ? [&] {
    const auto [found, fresh] = integers_.try_emplace(key.as_int(), next);
    return std::pair(found->second, fresh);
  }() : [&] {
    const auto [found, fresh] = others_.try_emplace(name, next);
    return std::pair(found->second, fresh);
  }();
  if (is_new) objects_.names.push_back(is_int ? key.ToString() : std::move(name));
  return id;
}

void ObjectMaker::Put(const Value& key) { objects_.of.push_back(IdOf(key)); }

uint32_t UnionFind::Find(uint32_t item) {
  while (parents_.size() <= item) parents_.push_back(static_cast<uint32_t>(parents_.size()));
  while (parents_[item] != item) {
    parents_[item] = parents_[parents_[item]];
    item = parents_[item];
  }
  return item;
}

// The smaller number stands for the set, so that nothing depends on the order of joining.
void UnionFind::Join(uint32_t a, uint32_t b) {
  a = Find(a);
  b = Find(b);
  parents_[std::max(a, b)] = std::min(a, b);
}

}  // namespace quadraft::jepsen
