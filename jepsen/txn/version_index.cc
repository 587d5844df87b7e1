#include "jepsen/txn/version_index.h"

#include <algorithm>
#include <utility>

namespace quadraft::jepsen {

VersionIndex::VersionIndex(const TxnHistory& history, const WriteIndex& writes)
    : history_(history), writes_(writes) {
  NumberVersions();
  CollectAccesses();
  FindCommitted();
  IndexReaders();
}

// nil, the writes by value, then what was read and never written, by value.
void VersionIndex::NumberVersions() {
  std::vector<std::pair<KeyId, ValueId>> garbage;
  for (uint32_t t = 0; t < history_.size(); ++t) {
    if (!history_.txn(t).ok()) continue;
    for (const Mop& mop : history_.mops(t)) {
      if (mop.kind != MopKind::kRead || mop.value == kNilValue) continue;
      if (writes_.Find(mop.key, mop.value) == kNoWrite) garbage.push_back({mop.key, mop.value});
    }
  }
  std::sort(garbage.begin(), garbage.end());
  garbage.erase(std::unique(garbage.begin(), garbage.end()), garbage.end());
  auto next = garbage.begin();
  version_begin_.reserve(history_.keys() + 1);
  values_.reserve(history_.keys() + writes_.size() + garbage.size());
  for (KeyId key = 0; key < history_.keys(); ++key) {
    version_begin_.push_back(static_cast<VersionId>(values_.size()));
    values_.push_back(kNilValue);
    for (uint32_t w = writes_.begin(key); w < writes_.end(key); ++w) {
      values_.push_back(writes_.entry(w).value);
    }
    for (; next != garbage.end() && next->first == key; ++next) values_.push_back(next->second);
  }
  version_begin_.push_back(static_cast<VersionId>(values_.size()));
}

VersionId VersionIndex::Find(KeyId key, ValueId value) const {
  if (value == kNilValue) return begin(key);
  const uint32_t write = writes_.Find(key, value);
  if (write != kNoWrite) return begin(key) + 1 + (write - writes_.begin(key));
  const auto first = values_.begin() + begin(key) + 1 + (writes_.end(key) - writes_.begin(key));
  const auto found = std::lower_bound(first, values_.begin() + end(key), value);
  return static_cast<VersionId>(found - values_.begin());
}

void VersionIndex::CollectAccesses() {
  access_begin_.reserve(history_.size() + 1);
  accesses_.reserve(history_.all_mops().size());
  std::vector<uint32_t> place(history_.keys(), kNoTxn);  // Of a key's access, when it is recent.
  for (uint32_t t = 0; t < history_.size(); ++t) {
    const auto first = static_cast<uint32_t>(accesses_.size());
    access_begin_.push_back(first);
    if (history_.txn(t).failed()) continue;
    for (const Mop& mop : history_.mops(t)) {
      uint32_t& at = place[mop.key];
      const bool is_new =
          at == kNoTxn || at < first || at >= accesses_.size() || accesses_[at].key != mop.key;
      if (is_new) {
        at = static_cast<uint32_t>(accesses_.size());
        accesses_.push_back({mop.key, t});
        if (mop.kind == MopKind::kRead) accesses_[at].read = Find(mop.key, mop.value);
      }
      if (mop.kind == MopKind::kWrite) accesses_[at].write = Find(mop.key, mop.value);
    }
  }
  access_begin_.push_back(static_cast<uint32_t>(accesses_.size()));
}

void VersionIndex::FindCommitted() {
  committed_.assign(history_.size(), false);
  std::vector<uint32_t> last_writer(versions(), kNoTxn);
  for (const Access& access : accesses_) {
    if (access.write != kNoVersionId) last_writer[access.write] = access.txn;
    if (history_.txn(access.txn).ok()) committed_[access.txn] = true;
  }
  for (const Access& access : accesses_) {
    if (access.read == kNoVersionId || last_writer[access.read] == kNoTxn) continue;
    committed_[last_writer[access.read]] = true;
  }
  for (uint32_t& writer : last_writer) {
    if (writer != kNoTxn && !committed_[writer]) writer = kNoTxn;
  }
  writers_ = std::move(last_writer);
}

void VersionIndex::IndexReaders() {
  reader_begin_.assign(versions() + 1, 0);
  for (const Access& access : accesses_) {
    if (access.read != kNoVersionId) ++reader_begin_[access.read + 1];
  }
  for (size_t v = 0; v < versions(); ++v) reader_begin_[v + 1] += reader_begin_[v];
  readers_.resize(reader_begin_.back());
  std::vector<uint32_t> place(reader_begin_.begin(), reader_begin_.end() - 1);
  for (const Access& access : accesses_) {
    if (access.read != kNoVersionId) readers_[place[access.read]++] = access.txn;
  }
}

}  // namespace quadraft::jepsen
