#include "jepsen/txn/list_anomalies.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/strings.h"

namespace quadraft::jepsen {
namespace {

class Finder {
 public:
  Finder(const TxnHistory& history, const ListIndex& index, CaseList* cases)
      : history_(history), index_(index), cases_(*cases) {}

  void Run() {
    LookAtOrders();
    for (uint32_t t = 0; t < history_.size(); ++t) {
      if (!history_.txn(t).failed()) LookAtTxn(t);
    }
    for (KeyId key = 0; key < history_.keys(); ++key) DirtyUpdates(key);
    LostUpdates();
  }

 private:
  std::string Key(KeyId key) const { return history_.KeyName(key); }
  std::string Value(ValueId value) const { return history_.ValueName(value); }
  std::string Txn(size_t txn) const { return history_.TxnText(txn); }
  const WriteIndex& writes() const { return index_.writes(); }

  // Where each key's order first shows a failed append, an element out of nowhere, one seen before.
  void LookAtOrders() {
    first_failed_.assign(history_.keys(), kNoVersion);
    first_garbage_.assign(history_.keys(), kNoVersion);
    first_duplicate_.assign(history_.keys(), kNoVersion);
    incompatible_.assign(history_.keys(), false);
    for (KeyId key = 0; key < history_.keys(); ++key) {
      const Mop* longest = index_.longest(key);
      if (longest == nullptr) continue;
      uint32_t size = 0;
      for (uint32_t v = index_.versions_begin(key) + 1; v < index_.versions_end(key); ++v) {
        ++size;
        const uint32_t write = index_.write_of(v);
        uint32_t& first = write == kNoWrite ? first_garbage_[key] : first_failed_[key];
        const bool faulty = write == kNoWrite || history_.txn(writes().entry(write).txn).failed();
        if (faulty && first == kNoVersion) first = size;
      }
      if (longest->size > index_.ordered(key)) {
        first_duplicate_[key] = FirstDuplicate(history_.elements(*longest));
      }
    }
  }

  static uint32_t FirstDuplicate(std::span<const ValueId> elements) {
    std::vector<std::pair<ValueId, uint32_t>> places;
    for (uint32_t i = 0; i < elements.size(); ++i) places.push_back({elements[i], i});
    std::sort(places.begin(), places.end());
    uint32_t first = kNoVersion;
    for (size_t i = 1; i < places.size(); ++i) {
      if (places[i].first == places[i - 1].first) first = std::min(first, places[i].second + 1);
    }
    return first;
  }

  void LookAtTxn(uint32_t t) {
    const auto mops = history_.mops(t);
    const bool ok = history_.txn(t).ok();
    for (uint32_t i = 0; i < mops.size(); ++i) {
      const Mop& mop = mops[i];
      if (mop.kind == MopKind::kRead) {
        LookAtRead(t, mop, ok);
        if (ok && i > 0) Internal(t, i);
      } else if (mop.kind == MopKind::kWrite && ok && i > 0) {
        FutureRead(t, i);
      }
    }
    if (ok) CollectUpdates(t);
  }

  void LookAtRead(uint32_t t, const Mop& read, bool ok) {
    if (read.size == 0) return;
    const KeyId key = read.key;
    const bool regular = index_.IsRegular(read);
    if (!regular) Incompatible(read);
    if (regular) {
      if (read.size >= first_duplicate_[key]) Duplicate(t, read);
    } else if (FirstDuplicate(history_.elements(read)) != kNoVersion) {
      Duplicate(t, read);
    }
    if (!ok) return;
    if (!regular || read.size >= std::min(first_failed_[key], first_garbage_[key])) {
      ElementByElement(t, read);
    }
    IntermediateRead(t, read);
  }

  void Incompatible(const Mop& read) {
    if (incompatible_[read.key]) return;
    incompatible_[read.key] = true;
    cases_.Add("incompatible-order", {}, [&] {
      return StrCat("key ", Key(read.key), " was read as ", history_.MopText(read), " and as ",
                    history_.MopText(*index_.longest(read.key)),
                    ": neither is the start of the other");
    });
  }

  void Duplicate(uint32_t t, const Mop& read) {
    cases_.Add("duplicate-elements", {t}, [&] {
      return StrCat("an element stands twice in ", history_.MopText(read), ", read by ", Txn(t));
    });
  }

  void ElementByElement(uint32_t t, const Mop& read) {
    for (const ValueId value : history_.elements(read)) {
      const uint32_t write = writes().Find(read.key, value);
      if (write == kNoWrite) {
        cases_.Add("garbage-read", {t}, [&] {
          return StrCat("nobody appended ", Value(value), " to key ", Key(read.key),
                        ", but it was read by ", Txn(t));
        });
        continue;
      }
      const uint32_t writer = writes().entry(write).txn;
      if (!history_.txn(writer).failed()) continue;
      cases_.Add("G1a", {t, writer}, [&] {
        return StrCat("aborted read: ", Txn(t), " read element ", Value(value), " of key ",
                      Key(read.key), ", appended by ", Txn(writer), ", which failed");
      });
    }
  }

  void IntermediateRead(uint32_t t, const Mop& read) {
    const ValueId last = history_.elements(read).back();
    const uint32_t version = index_.VersionRead(read);
    const uint32_t write =
        version != kNoVersion ? index_.write_of(version) : writes().Find(read.key, last);
    if (write == kNoWrite) return;
    const WriteEntry& entry = writes().entry(write);
    if (!entry.intermediate || entry.txn == t) return;
    cases_.Add("G1b", {t, entry.txn}, [&] {
      return StrCat("intermediate read: ", Txn(t), " read key ", Key(read.key), " as of ",
                    Value(last), ", in the middle of ", Txn(entry.txn));
    });
  }

  // Does read i agree with what the transaction itself last read of that key and appended to it?
  void Internal(uint32_t t, uint32_t i) {
    const auto mops = history_.mops(t);
    const Mop& read = mops[i];
    appended_.clear();  // Backwards.
    const Mop* before = nullptr;
    for (uint32_t j = i; j-- > 0 && before == nullptr;) {
      if (mops[j].key != read.key) continue;
      if (mops[j].kind == MopKind::kWrite) appended_.push_back(mops[j].value);
      if (mops[j].kind == MopKind::kRead) before = &mops[j];
    }
    if (before == nullptr && appended_.empty()) return;
    const auto now = history_.elements(read);
    bool good = now.size() >= appended_.size() &&
                std::equal(appended_.begin(), appended_.end(), now.rbegin());
    if (good && before != nullptr) {
      const auto then = history_.elements(*before);
      good = now.size() == then.size() + appended_.size() &&
             std::equal(then.begin(), then.end(), now.begin());
    }
    if (good) return;
    cases_.Add("internal", {t}, [&] {
      std::string expected = before == nullptr ? "[..." : history_.MopText(*before);
      if (before != nullptr) expected = StrCat("what it read before, ", expected, ", and then [");
      for (size_t k = appended_.size(); k-- > 0;) {
        StrAppend(&expected, expected.ends_with('[') ? "" : " ", Value(appended_[k]));
      }
      return StrCat("a transaction disagrees with itself: ", history_.MopText(read),
                    " where it should see ", expected, "], in ", Txn(t));
    });
  }

  // Did a read before append i see what it appends?
  void FutureRead(uint32_t t, uint32_t i) {
    const auto mops = history_.mops(t);
    const Mop& append = mops[i];
    for (uint32_t j = 0; j < i; ++j) {
      if (mops[j].key != append.key || mops[j].kind != MopKind::kRead) continue;
      const auto elements = history_.elements(mops[j]);
      if (std::find(elements.begin(), elements.end(), append.value) == elements.end()) continue;
      cases_.Add("future-read", {t}, [&] {
        return StrCat("a transaction read ", Value(append.value), " in ", history_.MopText(mops[j]),
                      " before it appended it: ", Txn(t));
      });
      return;
    }
  }

  // An aborted append that a committed one was built upon, maybe with uncertain ones between.
  void DirtyUpdates(KeyId key) {
    if (first_failed_[key] == kNoVersion) return;
    uint32_t aborted = kNoTxn;
    for (uint32_t v = index_.versions_begin(key) + 1; v < index_.versions_end(key); ++v) {
      const uint32_t write = index_.write_of(v);
      if (write == kNoWrite) continue;
      const uint32_t writer = writes().entry(write).txn;
      if (history_.txn(writer).failed()) {
        if (aborted == kNoTxn) aborted = writer;
      } else if (history_.txn(writer).ok()) {
        if (aborted != kNoTxn) {
          cases_.Add("dirty-update", {aborted, writer}, [&] {
            return StrCat("key ", Key(key), ": ", Txn(aborted), " failed, yet ", Txn(writer),
                          " appended upon what it left");
          });
        }
        aborted = kNoTxn;
      }
    }
  }

  // What this transaction read of a key before it appended to it.
  void CollectUpdates(uint32_t t) {
    const auto mops = history_.mops(t);
    for (uint32_t i = 1; i < mops.size(); ++i) {
      if (mops[i].kind != MopKind::kWrite) continue;
      uint32_t j = 0;
      while (mops[j].key != mops[i].key) ++j;  // Its first access to the key.
      if (j == i || mops[j].kind != MopKind::kRead) continue;
      const bool first_write = std::none_of(
          mops.begin() + j, mops.begin() + i,
          [&](const Mop& mop) { return mop.key == mops[i].key && mop.kind == MopKind::kWrite; });
      if (first_write) updates_.push_back({SameState(mops[j]), t, mops[j]});
    }
  }

  // Equal for equal states of a key. Odd reads are numbered beyond the versions.
  uint64_t SameState(const Mop& read) {
    if (index_.IsRegular(read)) return index_.versions_begin(read.key) + uint64_t{read.size};
    const auto elements = history_.elements(read);
    std::vector<ValueId> state(elements.begin(), elements.end());
    state.push_back(read.key);
    const auto [found, is_new] = odd_states_.try_emplace(std::move(state), odd_states_.size());
    return (uint64_t{1} << 40) + found->second;
  }

  void LostUpdates() {
    const auto same = [](const Update& a, const Update& b) { return a.state == b.state; };
    std::stable_sort(updates_.begin(), updates_.end(), [](const Update& a, const Update& b) {
      return a.read.key != b.read.key ? a.read.key < b.read.key : a.state < b.state;
    });
    for (auto i = updates_.begin(); i != updates_.end();) {
      const auto end = std::find_if_not(i, updates_.end(), [&](const Update& u) {
        return u.read.key == i->read.key && same(u, *i);
      });
      if (end - i >= 2) {
        cases_.Add("lost-update", {i->txn, (i + 1)->txn}, [&] {
          return StrCat(end - i, " transactions read ", history_.MopText(i->read),
                        " and appended to that key: ", Txn(i->txn), " and ", Txn((i + 1)->txn));
        });
      }
      i = end;
    }
  }

  struct Update {
    uint64_t state;
    uint32_t txn;
    Mop read;
  };

  const TxnHistory& history_;
  const ListIndex& index_;
  CaseList& cases_;
  // By key, sizes of reads from which on the fault shows; kNoVersion: never.
  std::vector<uint32_t> first_failed_;
  std::vector<uint32_t> first_garbage_;
  std::vector<uint32_t> first_duplicate_;
  std::vector<bool> incompatible_;
  std::vector<ValueId> appended_;
  std::vector<Update> updates_;
  std::map<std::vector<ValueId>, uint64_t> odd_states_;
};

}  // namespace

void FindListAnomalies(const TxnHistory& history, const ListIndex& index, CaseList* cases) {
  Finder(history, index, cases).Run();
}

}  // namespace quadraft::jepsen
