#include "jepsen/txn/strict_search.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace quadraft::jepsen {
namespace {

// splitmix64's finish: a good mix of 64 bits.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Searcher {
 public:
  Searcher(const TxnHistory& history, const VersionIndex& versions, uint64_t steps_max)
      : history_(history), versions_(versions), steps_max_(steps_max) {}

  StrictSearch Run() {
    Prepare();
    if (impossible_) result_.answer = StrictSearch::Answer::kNone;
    while (!impossible_) {
      if (placed_.size() == committed_) {
        result_.answer = StrictSearch::Answer::kFound;
        break;
      }
      if (Advance()) continue;
      NoteStuck();
      if (!GoBack()) break;
    }
    return std::move(result_);
  }

 private:
  // A transaction placed, with what it takes to take it back.
  struct Placed {
    uint32_t txn;
    size_t end_before;
    size_t overwritten_begin;  // Into overwritten_.
  };
  struct Overwritten {
    KeyId key;
    VersionId version;
  };
  // Alternatives at a moment: of choices_, from `begin` on; they end where the next one's begin.
  struct Choice {
    size_t placed;  // How many were.
    size_t begin;
    size_t next;
  };

  uint32_t EndOf(uint32_t t) const {
    return history_.txn(t).ok() ? history_.txn(t).completed : kNoEvent;
  }
  bool IsPlaced(uint32_t t) const { return is_placed_[t]; }

  void Prepare() {
    const auto txns = static_cast<uint32_t>(history_.size());
    is_placed_.assign(txns, false);
    next_.assign(txns + 1, txns);
    previous_.assign(txns + 1, txns);
    uint32_t last = txns;  // The ring's start and end.
    for (uint32_t t = 0; t < txns; ++t) {
      if (!versions_.committed(t)) continue;
      ++committed_;
      if (history_.txn(t).ok()) by_end_.push_back(t);
      next_[last] = t;
      previous_[t] = last;
      last = t;
      for (const Access& access : versions_.accesses(t)) {
        // It reads what it writes itself: no order helps.
        impossible_ |= access.read != kNoVersionId && versions_.writer(access.read) == t;
      }
    }
    next_[last] = txns;
    previous_[txns] = last;
    std::sort(by_end_.begin(), by_end_.end(),
              [this](uint32_t a, uint32_t b) { return EndOf(a) < EndOf(b); });
    PrepareVersions();
  }

  void PrepareVersions() {
    const size_t count = versions_.versions();
    pending_.resize(count);
    first_end_.assign(count, kNoEvent);
    last_invoke_.assign(count, 0);
    rank_.assign(count, 0);
    by_first_end_.reserve(count);
    for (KeyId key = 0; key < history_.keys(); ++key) {
      current_.push_back(versions_.begin(key));
      key_begin_.push_back(by_first_end_.size());
      first_unplaced_.push_back(by_first_end_.size());
      for (VersionId v = versions_.begin(key); v < versions_.end(key); ++v) {
        pending_[v] = static_cast<uint32_t>(versions_.readers(v).size());
        if (versions_.writer(v) == kNoTxn) continue;
        Include(v, versions_.writer(v));
        for (const uint32_t reader : versions_.readers(v)) Include(v, reader);
        by_first_end_.push_back(v);
      }
      std::sort(by_first_end_.begin() + static_cast<ptrdiff_t>(key_begin_.back()),
                by_first_end_.end(), [this](VersionId a, VersionId b) {
                  return first_end_[a] != first_end_[b] ? first_end_[a] < first_end_[b] : a < b;
                });
      for (size_t i = key_begin_.back(); i < by_first_end_.size(); ++i) rank_[by_first_end_[i]] = i;
    }
    key_begin_.push_back(by_first_end_.size());
  }

  void Include(VersionId v, uint32_t t) {
    first_end_[v] = std::min(first_end_[v], EndOf(t));
    last_invoke_[v] = std::max(last_invoke_[v], history_.txn(t).invoked);
  }

  // Whether a read pins the key's current version. What nobody wrote, or only in the middle or in
  // vain, pins nothing: other anomalies speak of that.
  bool Pins(const Access& access) const {
    return access.read != kNoVersionId &&
           (versions_.is_nil(access.key, access.read) || versions_.writer(access.read) != kNoTxn);
  }

  enum class Move { kNotYet, kAtOnce, kChoice };
  Move Judge(uint32_t t) {
    bool blind = false;
    for (const Access& access : versions_.accesses(t)) {
      const VersionId now = current_[access.key];
      if (Pins(access) && access.read != now) return Move::kNotYet;
      if (access.write == kNoVersionId) continue;
      const uint32_t own = access.read == now ? 1 : 0;
      if (pending_[now] > own) return Move::kNotYet;
      if (own == 0) {
        blind = true;
        if (FirstEndOfOthers(access) < last_invoke_[access.write]) return Move::kNotYet;
      }
    }
    return blind ? Move::kChoice : Move::kAtOnce;
  }

  // The first end of the key's versions, but for the one written, that are still to come.
  uint32_t FirstEndOfOthers(const Access& access) {
    size_t& first = first_unplaced_[access.key];
    const size_t end = key_begin_[access.key + 1];
    const auto is_placed = [this](size_t i) {
      return IsPlaced(versions_.writer(by_first_end_[i]));
    };
    while (first < end && is_placed(first)) ++first;
    for (size_t i = first; i < end; ++i) {
      if (by_first_end_[i] != access.write && !is_placed(i)) return first_end_[by_first_end_[i]];
    }
    return kNoEvent;
  }

  // Places one more. False: none can be.
  bool Advance() {
    while (end_ < by_end_.size() && IsPlaced(by_end_[end_])) ++end_;
    const uint32_t limit = end_ < by_end_.size() ? EndOf(by_end_[end_]) : kNoEvent;
    const size_t begin = choices_.size();
    const auto ring = static_cast<uint32_t>(history_.size());
    for (uint32_t t = next_[ring]; t != ring && history_.txn(t).invoked < limit; t = next_[t]) {
      const Move move = Judge(t);
      if (move == Move::kAtOnce) {
        choices_.resize(begin);
        Place(t);
        return true;
      }
      if (move == Move::kChoice) choices_.push_back(t);
    }
    if (choices_.size() == begin) return false;
    if (choices_.size() > begin + 1) {
      if (!seen_.insert({hash_[0], hash_[1]}).second) {
        choices_.resize(begin);
        return false;
      }
      std::sort(choices_.begin() + static_cast<ptrdiff_t>(begin), choices_.end(),
                [this](uint32_t a, uint32_t b) { return RankOf(a) < RankOf(b); });
      frames_.push_back({placed_.size(), begin, begin + 1});
      Place(choices_[begin]);
    } else {
      const uint32_t only = choices_.back();
      choices_.pop_back();
      Place(only);
    }
    return true;
  }

  // Whose versions are over first goes first.
  std::pair<uint32_t, uint32_t> RankOf(uint32_t t) const {
    uint32_t first = EndOf(t);
    for (const Access& access : versions_.accesses(t)) {
      if (access.write != kNoVersionId) first = std::min(first, first_end_[access.write]);
    }
    return {first, t};
  }

  void Place(uint32_t t) {
    placed_.push_back({t, end_, overwritten_.size()});
    is_placed_[t] = true;
    Toggle(t);
    next_[previous_[t]] = next_[t];
    previous_[next_[t]] = previous_[t];
    for (const Access& access : versions_.accesses(t)) {
      if (access.read != kNoVersionId) --pending_[access.read];
      if (access.write == kNoVersionId) continue;
      overwritten_.push_back({access.key, current_[access.key]});
      SetCurrent(access.key, access.write);
    }
    ++steps_;
  }

  void TakeBack() {
    const Placed last = placed_.back();
    placed_.pop_back();
    is_placed_[last.txn] = false;
    Toggle(last.txn);
    next_[previous_[last.txn]] = last.txn;
    previous_[next_[last.txn]] = last.txn;
    end_ = last.end_before;
    for (const Access& access : versions_.accesses(last.txn)) {
      if (access.read != kNoVersionId) ++pending_[access.read];
      if (access.write == kNoVersionId || versions_.writer(access.write) != last.txn) continue;
      first_unplaced_[access.key] = std::min(first_unplaced_[access.key], rank_[access.write]);
    }
    while (overwritten_.size() > last.overwritten_begin) {
      SetCurrent(overwritten_.back().key, overwritten_.back().version);
      overwritten_.pop_back();
    }
  }

  // The configuration's hash: of the set placed and of each key's version.
  void Toggle(uint64_t what) {
    hash_[0] ^= Mix(what * 2);
    hash_[1] ^= Mix(~(what * 2));
  }
  void SetCurrent(KeyId key, VersionId version) {
    constexpr uint64_t kVersions = uint64_t{1} << 40;
    Toggle(kVersions + current_[key]);
    current_[key] = version;
    Toggle(kVersions + version);
  }

  void NoteStuck() {
    if (placed_.size() < result_.placed_max || (placed_.empty() && !result_.stuck.empty())) return;
    result_.placed_max = placed_.size();
    result_.stuck.clear();
    const uint32_t limit = end_ < by_end_.size() ? EndOf(by_end_[end_]) : kNoEvent;
    const auto ring = static_cast<uint32_t>(history_.size());
    constexpr size_t kKept = 8;
    for (uint32_t t = next_[ring]; t != ring && history_.txn(t).invoked < limit; t = next_[t]) {
      if (result_.stuck.size() < kKept) result_.stuck.push_back(t);
    }
  }

  // To the last choice that has another way. False: there is none, or it took too long.
  bool GoBack() {
    while (!frames_.empty()) {
      Choice& choice = frames_.back();
      while (placed_.size() > choice.placed) TakeBack();
      if (steps_ > committed_ + steps_max_) return false;
      if (choice.next < choices_.size()) {
        Place(choices_[choice.next++]);
        return true;
      }
      choices_.resize(choice.begin);
      frames_.pop_back();
    }
    result_.answer = StrictSearch::Answer::kNone;
    return false;
  }

  const TxnHistory& history_;
  const VersionIndex& versions_;
  const uint64_t steps_max_;
  uint64_t steps_ = 0;
  StrictSearch result_;
  bool impossible_ = false;
  size_t committed_ = 0;
  std::vector<bool> is_placed_;
  // Those that are not placed, in a ring in order of their invokes; it starts at size().
  std::vector<uint32_t> next_;
  std::vector<uint32_t> previous_;
  std::vector<uint32_t> by_end_;
  size_t end_ = 0;  // Those before are placed.
  // By version.
  std::vector<uint32_t> pending_;  // Readers that are not placed.
  std::vector<uint32_t> first_end_;
  std::vector<uint32_t> last_invoke_;
  std::vector<size_t> rank_;  // In by_first_end_.
  // By key.
  std::vector<VersionId> current_;
  std::vector<VersionId> by_first_end_;
  std::vector<size_t> key_begin_;
  std::vector<size_t> first_unplaced_;
  std::vector<Placed> placed_;
  std::vector<Overwritten> overwritten_;
  std::vector<uint32_t> choices_;
  std::vector<Choice> frames_;
  uint64_t hash_[2] = {0, 0};
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> seen_;  // Never iterated.
};

}  // namespace

StrictSearch SearchStrictOrder(const TxnHistory& history, const VersionIndex& versions,
                               uint64_t steps_max) {
  return Searcher(history, versions, steps_max).Run();
}

}  // namespace quadraft::jepsen
