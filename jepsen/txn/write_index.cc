#include "jepsen/txn/write_index.h"

#include <algorithm>
#include <utility>

namespace quadraft::jepsen {

StatusOr<WriteIndex> WriteIndex::Build(const TxnHistory& history) {
  WriteIndex index;
  index.begin_.assign(history.keys() + 1, 0);
  for (const Mop& mop : history.all_mops()) {
    if (mop.kind == MopKind::kWrite) ++index.begin_[mop.key + 1];
  }
  for (size_t key = 0; key < history.keys(); ++key) index.begin_[key + 1] += index.begin_[key];
  index.entries_.resize(index.begin_.back());
  std::vector<uint32_t> place(index.begin_.begin(), index.begin_.end() - 1);
  // The last write of a key, to mark it when the same transaction writes the key again.
  std::vector<uint32_t> last(history.keys(), kNoWrite);
  for (uint32_t t = 0; t < history.size(); ++t) {
    const Txn& txn = history.txn(t);
    for (uint32_t m = txn.mop_begin; m < txn.mop_end; ++m) {
      const Mop& mop = history.all_mops()[m];
      if (mop.kind != MopKind::kWrite) continue;
      const uint32_t write = place[mop.key]++;
      index.entries_[write] = {mop.value, t, m, false};
      if (last[mop.key] != kNoWrite && index.entries_[last[mop.key]].txn == t) {
        index.entries_[last[mop.key]].intermediate = true;
      }
      last[mop.key] = write;
    }
  }
  for (KeyId key = 0; key < history.keys(); ++key) {
    const auto begin = index.entries_.begin() + index.begin_[key];
    const auto end = index.entries_.begin() + index.begin_[key + 1];
    const auto by_value = [](const WriteEntry& a, const WriteEntry& b) {
      return a.value < b.value;
    };
    if (!std::is_sorted(begin, end, by_value)) std::sort(begin, end, by_value);
    const auto twice = std::adjacent_find(
        begin, end, [](const WriteEntry& a, const WriteEntry& b) { return a.value == b.value; });
    if (twice != end) {
      return InvalidArgument("value ", history.ValueName(twice->value), " is written to key ",
                             history.KeyName(key), " twice: by ", history.TxnText(twice->txn),
                             " and by ", history.TxnText((twice + 1)->txn));
    }
  }
  return index;
}

uint32_t WriteIndex::Find(KeyId key, ValueId value) const {
  const auto begin = entries_.begin() + begin_[key];
  const auto end = entries_.begin() + begin_[key + 1];
  const auto found = std::lower_bound(
      begin, end, value, [](const WriteEntry& entry, ValueId v) { return entry.value < v; });
  if (found == end || found->value != value) return kNoWrite;
  return static_cast<uint32_t>(found - entries_.begin());
}

}  // namespace quadraft::jepsen
