// What the reads of lists say about each key's order of appends.
//
// The longest read of a key is its order: a read is regular when it is a prefix of that, which
// costs one comparison of memory; all else is the exception and takes the slow way. A key that
// nobody read and one transaction appended to has that one order. Version v of a key is its state
// after v (distinct) appends; versions of all keys are numbered through: VersionOf(key, v).
#ifndef QUADRAFT_JEPSEN_TXN_LIST_INDEX_H_
#define QUADRAFT_JEPSEN_TXN_LIST_INDEX_H_

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/status.h"
#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/write_index.h"

namespace quadraft::jepsen {

inline constexpr uint32_t kNoVersion = std::numeric_limits<uint32_t>::max();

class ListIndex {
 public:
  static StatusOr<ListIndex> Build(const TxnHistory& history);

  const WriteIndex& writes() const { return writes_; }
  // The read that gave the order; null when there is none.
  const Mop* longest(KeyId key) const {
    return longest_[key] == kNoTxn ? nullptr : &history_->all_mops()[longest_[key]];
  }
  bool IsRegular(const Mop& read) const;
  uint32_t versions_begin(KeyId key) const { return version_begin_[key]; }
  uint32_t versions_end(KeyId key) const { return version_begin_[key + 1]; }
  // How many appends of the key have a place in its order.
  uint32_t ordered(KeyId key) const { return version_begin_[key + 1] - version_begin_[key] - 1; }
  // The write that made a version: kNoWrite of version 0, and when nobody did.
  uint32_t write_of(uint32_t version) const { return write_of_[version]; }
  ValueId value_of(uint32_t version) const { return value_of_[version]; }
  // The version that a write made; kNoVersion when no read shows it.
  uint32_t version_of(uint32_t write) const { return version_of_[write]; }
  // By its last element: kNoVersion when that has no place in the order.
  uint32_t VersionRead(const Mop& read) const;
  // The version that an append was made on, as far as is known: when it was never seen, the last
  // one that was.
  uint32_t VersionBefore(KeyId key, uint32_t write) const {
    const uint32_t version = version_of_[write];
    return version == kNoVersion ? versions_end(key) - 1 : version - 1;
  }
  // The transaction that made a version, if it may have happened; else kNoTxn.
  uint32_t WriterOf(uint32_t version) const;
  // Transactions that did not fail and read that version, in order; more than once when they did.
  std::span<const uint32_t> ReadersOf(uint32_t version) const {
    return {readers_.data() + reader_begin_[version], readers_.data() + reader_begin_[version + 1]};
  }

 private:
  explicit ListIndex(const TxnHistory& history, WriteIndex writes)
      : history_(&history), writes_(std::move(writes)) {}
  void FindLongest();
  void OrderVersions();
  void IndexReaders();

  const TxnHistory* history_;
  WriteIndex writes_;
  std::vector<uint32_t> longest_;  // Key to mop.
  std::vector<uint32_t> version_begin_;
  std::vector<uint32_t> write_of_;
  std::vector<ValueId> value_of_;
  std::vector<uint32_t> version_of_;
  std::vector<bool> has_duplicates_;  // Key: its longest read shows an element twice.
  std::vector<uint32_t> reader_begin_;
  std::vector<uint32_t> readers_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_LIST_INDEX_H_
