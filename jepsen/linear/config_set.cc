#include "jepsen/linear/config_set.h"

namespace quadraft::jepsen {

template <typename HashOf>
bool ConfigSet::MakeRoom(std::vector<uint32_t>* table, uint64_t taken, const HashOf& hash_of) {
  if (2 * (taken + 1) <= table->size()) return true;
  const size_t places = std::max(kPlacesMin, 2 * table->size());
  // Both tables live while the entries move.
  if (Bytes() + places * sizeof(uint32_t) > bytes_max_) return false;
  std::vector<uint32_t> larger(places, 0);
  for (const uint32_t entry : *table) {
    if (entry == 0) continue;
    uint64_t place = hash_of(entry - 1) & (places - 1);
    while (larger[place] != 0) place = (place + 1) & (places - 1);
    larger[place] = entry;
  }
  table->swap(larger);
  return true;
}

uint64_t ConfigSet::GroupOf(const uint64_t* key) {
  const uint64_t hash = Hash(key, shape_.key, 0);
  const auto find = [&] {
    uint64_t place = hash & (groups_table_.size() - 1);
    while (groups_table_[place] != 0 &&
           !std::equal(key, key + shape_.key, group(groups_table_[place] - 1) + 2)) {
      place = (place + 1) & (groups_table_.size() - 1);
    }
    return place;
  };
  uint64_t place = find();
  if (groups_table_[place] != 0) return groups_table_[place] - 1;
  const auto hash_of = [this](uint64_t index) { return Hash(group(index) + 2, shape_.key, 0); };
  if (group_count_ == kIndexMax || !Fits(groups_, group_words()) ||
      !MakeRoom(&groups_table_, group_count_, hash_of)) {
    return kNoIndex;
  }
  place = find();
  groups_table_[place] = static_cast<uint32_t>(group_count_ + 1);
  groups_.push_back(0);
  groups_.push_back(0);
  groups_.insert(groups_.end(), key, key + shape_.key);
  return group_count_++;
}

uint64_t ConfigSet::AddNode(const uint64_t* soft) {
  if (node_count_ == kIndexMax || !Fits(nodes_, node_words())) return kNoIndex;
  nodes_.push_back(0);
  nodes_.insert(nodes_.end(), soft, soft + soft_words_);
  ++size_;
  return node_count_++;
}

ConfigSet::Result ConfigSet::InsertBeyondList(uint64_t group_index, const uint64_t* soft) {
  const auto hash_of = [this](uint64_t index) {
    return Hash(node(index) + 1, soft_words_, *node(index));
  };
  if (!MakeRoom(&equal_table_, equal_count_, hash_of)) return Result::kFull;
  const uint64_t mask = equal_table_.size() - 1;
  uint64_t place = Hash(soft, soft_words_, group_index) & mask;
  for (; equal_table_[place] != 0; place = (place + 1) & mask) {
    const uint64_t* other = node(equal_table_[place] - 1);
    if (*other == group_index && std::equal(soft, soft + soft_words_, other + 1)) {
      return Result::kSeen;
    }
  }
  const uint64_t added = AddNode(soft);
  if (added == kNoIndex) return Result::kFull;
  *node(added) = group_index;
  equal_table_[place] = static_cast<uint32_t>(added + 1);
  ++equal_count_;
  return Result::kNew;
}

ConfigSet::Result ConfigSet::Insert(const uint64_t* record) {
  const uint64_t group_index = GroupOf(record);
  if (group_index == kNoIndex) return Result::kFull;
  const uint64_t* soft = record + shape_.key;
  for (uint64_t next = group(group_index)[0]; next != 0; next = *node(next - 1)) {
    ++compared_;
    uint64_t* words = node(next - 1) + 1;
    if (Dominates(words, soft)) return Result::kSeen;
    if (Dominates(soft, words)) {
      // The better one takes its place; that it was visited still counts.
      std::copy(soft, soft + soft_words_, words);
      ++size_;
      return Result::kNew;
    }
  }
  if (group(group_index)[1] == kListMax) return InsertBeyondList(group_index, soft);
  const uint64_t added = AddNode(soft);
  if (added == kNoIndex) return Result::kFull;
  *node(added) = group(group_index)[0];
  group(group_index)[0] = added + 1;
  ++group(group_index)[1];
  return Result::kNew;
}

}  // namespace quadraft::jepsen
