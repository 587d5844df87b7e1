// The versions of each key of rw-register, who made and who saw them.
//
// Only what a transaction does outwardly counts (Adya's external reads and writes): the first read
// of a key before any write of it, and the last write. Writers are those that surely committed: ok,
// or info with a write that an ok transaction saw. Versions of all keys are numbered through; the
// first of a key is nil, what nobody wrote comes last.
#ifndef QUADRAFT_JEPSEN_TXN_VERSION_INDEX_H_
#define QUADRAFT_JEPSEN_TXN_VERSION_INDEX_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/write_index.h"

namespace quadraft::jepsen {

using VersionId = uint32_t;
inline constexpr VersionId kNoVersionId = std::numeric_limits<uint32_t>::max();

// What a transaction does to one key outwardly.
struct Access {
  KeyId key = 0;
  uint32_t txn = 0;
  VersionId read = kNoVersionId;   // Only of ok transactions.
  VersionId write = kNoVersionId;  // Only of ok and info transactions.
};

class VersionIndex {
 public:
  VersionIndex(const TxnHistory& history, const WriteIndex& writes);

  VersionId begin(KeyId key) const { return version_begin_[key]; }  // Its nil version.
  VersionId end(KeyId key) const { return version_begin_[key + 1]; }
  size_t versions() const { return version_begin_.back(); }
  bool is_nil(KeyId key, VersionId version) const { return version == begin(key); }
  ValueId value(VersionId version) const { return values_[version]; }
  // The committed transaction whose last write of the key this is; kNoTxn when there is none.
  uint32_t writer(VersionId version) const { return writers_[version]; }
  std::span<const uint32_t> readers(VersionId version) const {
    return {readers_.data() + reader_begin_[version], readers_.data() + reader_begin_[version + 1]};
  }
  // Of transactions that did not fail, in order of transactions.
  const std::vector<Access>& accesses() const { return accesses_; }
  std::span<const Access> accesses(uint32_t txn) const {
    return {accesses_.data() + access_begin_[txn], accesses_.data() + access_begin_[txn + 1]};
  }
  bool committed(uint32_t txn) const { return committed_[txn]; }

 private:
  void NumberVersions();
  VersionId Find(KeyId key, ValueId value) const;
  void CollectAccesses();
  void FindCommitted();
  void IndexReaders();

  const TxnHistory& history_;
  const WriteIndex& writes_;
  std::vector<VersionId> version_begin_;
  std::vector<ValueId> values_;
  std::vector<uint32_t> writers_;
  std::vector<uint32_t> reader_begin_;
  std::vector<uint32_t> readers_;
  std::vector<Access> accesses_;
  std::vector<uint32_t> access_begin_;
  std::vector<bool> committed_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_VERSION_INDEX_H_
