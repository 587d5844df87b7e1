// Transactions packed into flat arrays: a million of them cost some hundred bytes each, whatever
// they read.
//
// Keys and values are numbers. A value that is an integer in [0, 2^31) is its own number; any other
// (and every key) is interned in order of first use. Transactions are numbered in order of their
// invokes, as History::Operations() numbers operations.
//
//   TxnHistoryBuilder builder;
//   builder.Invoke(0, 10);                                       // Process 0, at 10 ns.
//   builder.Write(builder.Key(3), builder.IntValue(2));          // Of whoever completes next.
//   builder.Complete(0, EventType::kOk, 20);
//   TxnHistory history = *std::move(builder).Finish();
// From a History: PackHistory(history, TxnKind::kListAppend).
#ifndef QUADRAFT_JEPSEN_TXN_TXN_HISTORY_H_
#define QUADRAFT_JEPSEN_TXN_TXN_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/base/status.h"
#include "jepsen/history/history.h"
#include "jepsen/history/read_history.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

enum class TxnKind : uint8_t { kListAppend, kRwRegister };

using KeyId = uint32_t;
using ValueId = uint32_t;
inline constexpr ValueId kNilValue = std::numeric_limits<uint32_t>::max();
inline constexpr uint32_t kNoTxn = std::numeric_limits<uint32_t>::max();
inline constexpr uint32_t kNoEvent = std::numeric_limits<uint32_t>::max();

enum class MopKind : uint8_t {
  kWrite,    // :append or :w of value().
  kRead,     // Of a register (value, maybe nil) or a list (elements).
  kUnknown,  // A read whose result nobody saw.
};

struct Mop {
  KeyId key = 0;
  MopKind kind = MopKind::kWrite;
  uint32_t value = kNilValue;  // Of a write or a register's read; of a list, where it starts.
  uint32_t size = 0;           // Of a list.
};

struct Txn {
  uint32_t mop_begin = 0;
  uint32_t mop_end = 0;
  uint32_t process = 0;  // Index into TxnHistory::processes().
  uint32_t invoked = 0;  // Index of the event.
  uint32_t completed = kNoEvent;
  EventType outcome = EventType::kInfo;  // kOk, kFail or kInfo.

  bool ok() const { return outcome == EventType::kOk; }
  bool failed() const { return outcome == EventType::kFail; }
};

class TxnHistory {
 public:
  size_t size() const { return txns_.size(); }
  const Txn& txn(size_t index) const { return txns_[index]; }
  const std::vector<Txn>& txns() const { return txns_; }
  std::span<const Mop> mops(size_t txn) const {
    return {mops_.data() + txns_[txn].mop_begin, mops_.data() + txns_[txn].mop_end};
  }
  const std::vector<Mop>& all_mops() const { return mops_; }
  // Of a read of a list.
  std::span<const ValueId> elements(const Mop& mop) const {
    return {elements_.data() + mop.value, mop.size};
  }
  size_t keys() const { return key_names_.size(); }
  size_t events() const { return events_; }
  TxnKind kind() const { return kind_; }
  const std::vector<int64_t>& processes() const { return processes_; }
  int64_t invoke_time(size_t txn) const { return invoke_times_[txn]; }
  int64_t complete_time(size_t txn) const { return complete_times_[txn]; }

  std::string KeyName(KeyId key) const { return ValueName(key_names_[key]); }
  std::string ValueName(ValueId value) const;
  std::string MopText(const Mop& mop) const;
  // "process 3 [[:append x 1] [:r y [1 2]]] (events 4 to 7)".
  std::string TxnText(size_t txn) const;
  uint64_t memory_bytes() const;

 private:
  friend class TxnHistoryBuilder;

  TxnKind kind_ = TxnKind::kListAppend;
  std::vector<Txn> txns_;
  std::vector<Mop> mops_;
  std::vector<ValueId> elements_;
  std::vector<ValueId> key_names_;  // KeyId to the value that it is.
  std::vector<std::string> texts_;  // Of the values that are no small integers.
  std::vector<int64_t> processes_;
  std::vector<int64_t> invoke_times_;
  std::vector<int64_t> complete_times_;
  uint32_t events_ = 0;
};

class TxnHistoryBuilder {
 public:
  explicit TxnHistoryBuilder(TxnKind kind = TxnKind::kListAppend) { history_.kind_ = kind; }

  // Each of the three is one event. InvalidArgument when the process invokes while it is open, or
  // completes what it did not invoke.
  Status Invoke(int64_t process, int64_t time = 0);
  // What was done since the last Complete becomes this transaction's.
  Status Complete(int64_t process, EventType outcome, int64_t time = 0);
  void Remark() { ++history_.events_; }

  void Write(KeyId key, ValueId value) { Push({key, MopKind::kWrite, value, 0}); }
  void Read(KeyId key, ValueId value) { Push({key, MopKind::kRead, value, 0}); }
  void ReadList(KeyId key, std::span<const ValueId> elements);
  void ReadUnknown(KeyId key) { Push({key, MopKind::kUnknown, kNilValue, 0}); }

  KeyId Key(const Value& value) { return KeyOf(ValueOf(value)); }
  KeyId Key(int64_t number) { return KeyOf(IntValue(number)); }
  ValueId ValueOf(const Value& value);
  ValueId IntValue(int64_t number);

  // The next event of a history: value is the transaction. Of an invoke the value is kept, for a
  // completion that has none.
  Status AddEvent(Event event);

  // Transactions that are still open get what their invoke said. ResourceExhausted when there is
  // more than 32-bit indexes reach.
  StatusOr<TxnHistory> Finish() &&;

 private:
  struct Open {
    uint32_t txn = 0;
    Value invoked;  // Of AddEvent.
  };

  void Push(Mop mop) { history_.mops_.push_back(mop); }
  KeyId KeyOf(ValueId name);
  Status PushTxn(const Value& value, EventType outcome, bool is_invoke);
  Status PushMop(const Value& mop, EventType outcome, bool is_invoke);
  void Close(uint32_t txn, EventType outcome);
  uint32_t ProcessOf(int64_t process);

  TxnHistory history_;
  size_t mops_claimed_ = 0;  // Mops below belong to a transaction.
  absl::flat_hash_map<int64_t, Open> open_;
  // None of these is iterated.
  absl::flat_hash_map<std::string, ValueId> text_ids_;
  absl::flat_hash_map<ValueId, KeyId> key_ids_;
  absl::flat_hash_map<int64_t, uint32_t> process_ids_;
  std::vector<ValueId> scratch_;
};

// InvalidArgument, naming line or event, when a value is no transaction of that kind.
StatusOr<TxnHistory> PackHistory(const History& history, TxnKind kind);
// The same of a file, which never becomes a History: for millions of transactions.
StatusOr<TxnHistory> ReadTxnHistoryFile(const std::string& path, TxnKind kind,
                                        const ReadOptions& options = {});

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_TXN_HISTORY_H_
