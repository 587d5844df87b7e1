#include "jepsen/txn/list_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace quadraft::jepsen {

StatusOr<ListIndex> ListIndex::Build(const TxnHistory& history) {
  QR_ASSIGN_OR_RETURN(WriteIndex writes, WriteIndex::Build(history));
  ListIndex index(history, std::move(writes));
  index.FindLongest();
  index.OrderVersions();
  index.IndexReaders();
  return index;
}

void ListIndex::FindLongest() {
  longest_.assign(history_->keys(), kNoTxn);
  const std::vector<Mop>& mops = history_->all_mops();
  for (uint32_t m = 0; m < mops.size(); ++m) {
    const Mop& mop = mops[m];
    if (mop.kind != MopKind::kRead || mop.size == 0) continue;
    uint32_t& longest = longest_[mop.key];
    if (longest == kNoTxn || mop.size > mops[longest].size) longest = m;
  }
}

void ListIndex::OrderVersions() {
  const size_t keys = history_->keys();
  version_begin_.reserve(keys + 1);
  version_begin_.push_back(0);
  version_of_.assign(writes_.size(), kNoVersion);
  has_duplicates_.assign(keys, false);
  std::vector<ValueId> unwritten;  // Elements of this key that nobody wrote.
  for (KeyId key = 0; key < keys; ++key) {
    const auto push = [this](uint32_t write, ValueId value) {
      if (write != kNoWrite) version_of_[write] = static_cast<uint32_t>(write_of_.size());
      write_of_.push_back(write);
      value_of_.push_back(value);
    };
    push(kNoWrite, kNilValue);
    if (const Mop* read = longest(key)) {
      unwritten.clear();
      for (const ValueId value : history_->elements(*read)) {
        const uint32_t write = writes_.Find(key, value);
        const bool seen = write != kNoWrite ? version_of_[write] != kNoVersion
                                            : std::find(unwritten.begin(), unwritten.end(),
                                                        value) != unwritten.end();
        if (seen) {
          has_duplicates_[key] = true;
          continue;
        }
        if (write == kNoWrite) unwritten.push_back(value);
        push(write, value);
      }
    } else {
      uint32_t only = kNoWrite;
      size_t possible = 0;
      for (uint32_t w = writes_.begin(key); w < writes_.end(key); ++w) {
        if (history_->txn(writes_.entry(w).txn).failed()) continue;
        only = w;
        ++possible;
      }
      if (possible == 1) push(only, writes_.entry(only).value);
    }
    version_begin_.push_back(static_cast<uint32_t>(write_of_.size()));
  }
}

bool ListIndex::IsRegular(const Mop& read) const {
  if (read.size == 0) return true;
  const Mop& order = *longest(read.key);
  return read.value == order.value ||
         std::memcmp(history_->elements(read).data(), history_->elements(order).data(),
                     read.size * sizeof(ValueId)) == 0;
}

uint32_t ListIndex::VersionRead(const Mop& read) const {
  const uint32_t begin = versions_begin(read.key);
  if (read.size == 0) return begin;
  const ValueId last = history_->elements(read).back();
  // Nearly always.
  if (!has_duplicates_[read.key] && read.size <= ordered(read.key) &&
      value_of_[begin + read.size] == last) {
    return begin + read.size;
  }
  const uint32_t write = writes_.Find(read.key, last);
  if (write != kNoWrite) return version_of_[write];
  for (uint32_t v = begin + 1; v < versions_end(read.key); ++v) {
    if (value_of_[v] == last) return v;
  }
  return kNoVersion;
}

uint32_t ListIndex::WriterOf(uint32_t version) const {
  const uint32_t write = write_of_[version];
  if (write == kNoWrite) return kNoTxn;
  const uint32_t txn = writes_.entry(write).txn;
  return history_->txn(txn).failed() ? kNoTxn : txn;
}

void ListIndex::IndexReaders() {
  reader_begin_.assign(write_of_.size() + 1, 0);
  const auto for_each_read = [this](auto f) {
    for (uint32_t t = 0; t < history_->size(); ++t) {
      if (history_->txn(t).failed()) continue;
      for (const Mop& mop : history_->mops(t)) {
        if (mop.kind != MopKind::kRead) continue;
        if (const uint32_t version = VersionRead(mop); version != kNoVersion) f(t, version);
      }
    }
  };
  for_each_read([this](uint32_t, uint32_t version) { ++reader_begin_[version + 1]; });
  for (size_t v = 0; v < write_of_.size(); ++v) reader_begin_[v + 1] += reader_begin_[v];
  readers_.resize(reader_begin_.back());
  std::vector<uint32_t> place(reader_begin_.begin(), reader_begin_.end() - 1);
  for_each_read([&](uint32_t t, uint32_t version) { readers_[place[version]++] = t; });
}

}  // namespace quadraft::jepsen
