#include "jepsen/txn/testing/brute_force.h"

#include <algorithm>
#include <map>
#include <vector>

namespace quadraft::jepsen {
namespace {

// Key to list of values written; a register is its last one.
using State = std::map<KeyId, std::vector<ValueId>>;

// Runs a transaction; false when a read of it differs. Writes go to `state`.
bool RunTxn(const TxnHistory& history, uint32_t t, State* state) {
  for (const Mop& mop : history.mops(t)) {
    std::vector<ValueId>& values = (*state)[mop.key];
    if (mop.kind == MopKind::kWrite) {
      values.push_back(mop.value);
    } else if (mop.kind == MopKind::kRead) {
      if (history.kind() == TxnKind::kListAppend) {
        const auto elements = history.elements(mop);
        if (!std::equal(elements.begin(), elements.end(), values.begin(), values.end())) {
          return false;
        }
      } else if (mop.value != (values.empty() ? kNilValue : values.back())) {
        return false;
      }
    }
  }
  return true;
}

class Serial {
 public:
  Serial(const TxnHistory& history, const Orders& orders) : history_(history), orders_(orders) {
    for (uint32_t t = 0; t < history.size(); ++t) {
      if (history.txn(t).failed()) continue;
      txns_.push_back(t);
      ok_ += history.txn(t).ok() ? 1 : 0;
    }
    placed_.assign(history.size(), false);
  }

  bool Search(const State& state, size_t ok_placed) {
    if (ok_placed == ok_) return true;
    for (const uint32_t t : txns_) {
      if (placed_[t] || !MayBeNext(t)) continue;
      State next = state;
      if (!RunTxn(history_, t, &next)) continue;
      placed_[t] = true;
      if (Search(next, ok_placed + (history_.txn(t).ok() ? 1 : 0))) return true;
      placed_[t] = false;
    }
    return false;
  }

 private:
  // All that must come before are placed. What is in info may be left out altogether.
  bool MayBeNext(uint32_t t) const {
    return std::all_of(txns_.begin(), txns_.end(), [&](uint32_t other) {
      if (placed_[other] || other == t || !history_.txn(other).ok()) return true;
      const Txn& before = history_.txn(other);
      const Txn& after = history_.txn(t);
      const bool precedes = before.completed < after.invoked;
      return !(orders_.realtime && precedes) &&
             !(orders_.process && precedes && before.process == after.process);
    });
  }

  const TxnHistory& history_;
  const Orders orders_;
  std::vector<uint32_t> txns_;
  size_t ok_ = 0;
  std::vector<bool> placed_;
};

class Snapshots {
 public:
  explicit Snapshots(const TxnHistory& history) : history_(history) {
    for (uint32_t t = 0; t < history.size(); ++t) {
      if (history.txn(t).failed()) continue;
      txns_.push_back(t);
      ok_ += history.txn(t).ok() ? 1 : 0;
    }
    placed_.assign(history.size(), false);
    states_.emplace_back();
  }

  // states_[i] is the state after i commits; written_[i] what commit i + 1 wrote.
  bool Search(size_t ok_placed) {
    if (ok_placed == ok_) return true;
    for (const uint32_t t : txns_) {
      if (placed_[t]) continue;
      placed_[t] = true;
      for (size_t snapshot = states_.size(); snapshot-- > 0;) {
        if (!Commit(t, snapshot)) continue;
        if (Search(ok_placed + (history_.txn(t).ok() ? 1 : 0))) return true;
        states_.pop_back();
        written_.pop_back();
      }
      placed_[t] = false;
    }
    return false;
  }

 private:
  bool Commit(uint32_t t, size_t snapshot) {
    State own = states_[snapshot];
    if (!RunTxn(history_, t, &own)) return false;
    std::vector<KeyId> keys;
    State next = states_.back();
    for (const Mop& mop : history_.mops(t)) {
      if (mop.kind != MopKind::kWrite) continue;
      keys.push_back(mop.key);
      next[mop.key].push_back(mop.value);
    }
    for (size_t i = snapshot; i < written_.size(); ++i) {
      for (const KeyId key : keys) {
        if (std::count(written_[i].begin(), written_[i].end(), key) > 0) return false;
      }
    }
    states_.push_back(std::move(next));
    written_.push_back(std::move(keys));
    return true;
  }

  const TxnHistory& history_;
  std::vector<uint32_t> txns_;
  size_t ok_ = 0;
  std::vector<bool> placed_;
  std::vector<State> states_;
  std::vector<std::vector<KeyId>> written_;
};

}  // namespace

bool IsSerializable(const TxnHistory& history, const Orders& orders) {
  return Serial(history, orders).Search({}, 0);
}

bool IsSnapshotIsolated(const TxnHistory& history) { return Snapshots(history).Search(0); }

}  // namespace quadraft::jepsen
