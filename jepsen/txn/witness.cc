#include "jepsen/txn/witness.h"

#include <algorithm>
#include <queue>
#include <utility>
#include <vector>

namespace quadraft::jepsen {
namespace {

class Placer {
 public:
  Placer(const TxnHistory& history, const VersionIndex& versions, bool processes)
      : history_(history), versions_(versions), processes_(processes) {}

  bool Run() {
    Prepare();
    if (impossible_) return false;
    while (!ready_.empty()) {
      const uint32_t t = ready_.top().second;
      ready_.pop();
      const KeyId blocking = Blocking(t);
      if (blocking != kNoKey) {
        waiting_[blocking].push_back(t);
      } else {
        Place(t);
      }
    }
    return placed_count_ == committed_count_;
  }

 private:
  static constexpr KeyId kNoKey = std::numeric_limits<KeyId>::max();

  void Prepare() {
    const auto txns = static_cast<uint32_t>(history_.size());
    waits_for_.assign(txns, 0);
    next_in_process_.assign(txns, kNoTxn);
    std::vector<uint32_t> last(history_.processes().size(), kNoTxn);
    for (uint32_t t = 0; t < txns; ++t) {
      if (!versions_.committed(t)) continue;
      ++committed_count_;
      if (processes_) {
        uint32_t& before = last[history_.txn(t).process];
        if (before != kNoTxn) {
          next_in_process_[before] = t;
          ++waits_for_[t];
        }
        before = history_.txn(t).ok() ? t : kNoTxn;
      }
      for (const Access& access : versions_.accesses(t)) {
        if (!HasWriter(access.read)) continue;
        if (versions_.writer(access.read) == t) impossible_ = true;
        ++waits_for_[t];
      }
    }
    const size_t keys = history_.keys();
    for (KeyId key = 0; key < keys; ++key) current_.push_back(versions_.begin(key));
    for (VersionId v = 0; v < versions_.versions(); ++v) {
      pending_.push_back(static_cast<uint32_t>(versions_.readers(v).size()));
    }
    waiting_.resize(keys);
    for (uint32_t t = 0; t < txns; ++t) {
      if (versions_.committed(t) && waits_for_[t] == 0) Ready(t);
    }
  }

  bool HasWriter(VersionId version) const {
    return version != kNoVersionId && versions_.writer(version) != kNoTxn;
  }

  void Release(uint32_t t) {
    if (--waits_for_[t] == 0) Ready(t);
  }

  // Who writes nothing goes first: it only sets others free.
  void Ready(uint32_t t) {
    bool writes = false;
    for (const Access& access : versions_.accesses(t)) writes |= access.write != kNoVersionId;
    ready_.push({writes ? uint64_t{history_.txn(t).invoked} + 1 : 0, t});
  }

  // The first key that `t` may not write yet.
  KeyId Blocking(uint32_t t) {
    for (const Access& access : versions_.accesses(t)) {
      if (access.write == kNoVersionId) continue;
      const VersionId now = current_[access.key];
      const uint32_t own = access.read == now ? 1 : 0;
      if (pending_[now] > own) return access.key;
    }
    return kNoKey;
  }

  void Place(uint32_t t) {
    ++placed_count_;
    for (const Access& access : versions_.accesses(t)) {
      if (access.read != kNoVersionId) --pending_[access.read];
      if (access.write != kNoVersionId) {
        current_[access.key] = access.write;
        for (const uint32_t reader : versions_.readers(access.write)) Release(reader);
      }
      std::vector<uint32_t> awake = std::move(waiting_[access.key]);
      waiting_[access.key].clear();
      for (const uint32_t waiter : awake) Ready(waiter);
    }
    if (next_in_process_[t] != kNoTxn) Release(next_in_process_[t]);
  }

  const TxnHistory& history_;
  const VersionIndex& versions_;
  const bool processes_;
  bool impossible_ = false;
  size_t committed_count_ = 0;
  size_t placed_count_ = 0;
  std::vector<uint32_t> waits_for_;
  std::vector<uint32_t> next_in_process_;
  // By key.
  std::vector<VersionId> current_;
  std::vector<std::vector<uint32_t>> waiting_;
  std::vector<uint32_t> pending_;  // By version: readers that are not placed.
  using Ranked = std::pair<uint64_t, uint32_t>;
  std::priority_queue<Ranked, std::vector<Ranked>, std::greater<>> ready_;
};

}  // namespace

bool FindWitness(const TxnHistory& history, const VersionIndex& versions, bool processes) {
  return Placer(history, versions, processes).Run();
}

}  // namespace quadraft::jepsen
