// Who wrote what: for each key its writes, sorted by value.
#ifndef QUADRAFT_JEPSEN_TXN_WRITE_INDEX_H_
#define QUADRAFT_JEPSEN_TXN_WRITE_INDEX_H_

#include <cstdint>
#include <vector>

#include "core/base/status.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

inline constexpr uint32_t kNoWrite = std::numeric_limits<uint32_t>::max();

struct WriteEntry {
  ValueId value = kNilValue;
  uint32_t txn = kNoTxn;
  uint32_t mop = 0;           // Index into TxnHistory::all_mops().
  bool intermediate = false;  // The same transaction writes the key again.
};

class WriteIndex {
 public:
  // InvalidArgument when a value is written to a key twice: then nobody can tell which of the two a
  // read saw.
  static StatusOr<WriteIndex> Build(const TxnHistory& history);

  // The number of the write of `value`; kNoWrite when nobody wrote it.
  uint32_t Find(KeyId key, ValueId value) const;
  const WriteEntry& entry(uint32_t write) const { return entries_[write]; }
  uint32_t begin(KeyId key) const { return begin_[key]; }
  uint32_t end(KeyId key) const { return begin_[key + 1]; }
  size_t size() const { return entries_.size(); }

 private:
  std::vector<uint32_t> begin_;
  std::vector<WriteEntry> entries_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_WRITE_INDEX_H_
