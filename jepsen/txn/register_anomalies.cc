#include "jepsen/txn/register_anomalies.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/strings.h"

namespace quadraft::jepsen {
namespace {

class Finder {
 public:
  Finder(const TxnHistory& history, const WriteIndex& writes, const VersionIndex& versions,
         bool garbage_allowed, CaseList* cases)
      : history_(history),
        writes_(writes),
        versions_(versions),
        garbage_allowed_(garbage_allowed),
        cases_(*cases) {}

  size_t Run() {
    for (uint32_t t = 0; t < history_.size(); ++t) {
      if (!history_.txn(t).ok()) continue;
      const auto mops = history_.mops(t);
      for (uint32_t i = 0; i < mops.size(); ++i) {
        if (mops[i].kind != MopKind::kRead) continue;
        Source(t, mops[i]);
        if (i > 0) Internal(t, i);
        FutureRead(t, i);
      }
    }
    LostUpdates();
    return garbage_;
  }

 private:
  std::string Txn(size_t txn) const { return history_.TxnText(txn); }

  // Where what was read came from.
  void Source(uint32_t t, const Mop& read) {
    if (read.value == kNilValue) return;
    const uint32_t write = writes_.Find(read.key, read.value);
    if (write == kNoWrite) {
      ++garbage_;
      if (garbage_allowed_) return;
      cases_.Add("garbage-read", {t}, [&] {
        return StrCat("nobody wrote what ", history_.MopText(read), " saw, in ", Txn(t));
      });
      return;
    }
    const WriteEntry& entry = writes_.entry(write);
    if (history_.txn(entry.txn).failed()) {
      cases_.Add("G1a", {t, entry.txn}, [&] {
        return StrCat("aborted read: ", history_.MopText(read), " in ", Txn(t), " saw a write of ",
                      Txn(entry.txn), ", which failed");
      });
    }
    if (entry.intermediate && entry.txn != t) {
      cases_.Add("G1b", {t, entry.txn}, [&] {
        return StrCat("intermediate read: ", history_.MopText(read), " in ", Txn(t),
                      " saw the middle of ", Txn(entry.txn));
      });
    }
  }

  // Does read i agree with what the transaction last read or wrote of that key?
  void Internal(uint32_t t, uint32_t i) {
    const auto mops = history_.mops(t);
    for (uint32_t j = i; j-- > 0;) {
      if (mops[j].key != mops[i].key || mops[j].kind == MopKind::kUnknown) continue;
      if (mops[j].value == mops[i].value) return;
      cases_.Add("internal", {t}, [&] {
        return StrCat("a transaction disagrees with itself: ", history_.MopText(mops[i]), " after ",
                      history_.MopText(mops[j]), ", in ", Txn(t));
      });
      return;
    }
  }

  void FutureRead(uint32_t t, uint32_t i) {
    const auto mops = history_.mops(t);
    for (uint32_t j = i + 1; j < mops.size(); ++j) {
      if (mops[j].kind != MopKind::kWrite || mops[j].key != mops[i].key ||
          mops[j].value != mops[i].value) {
        continue;
      }
      cases_.Add("future-read", {t}, [&] {
        return StrCat("a transaction saw in ", history_.MopText(mops[i]),
                      " what it wrote only later: ", Txn(t));
      });
    }
  }

  void LostUpdates() {
    std::vector<Access> updates;
    for (const Access& access : versions_.accesses()) {
      const bool both = access.read != kNoVersionId && access.write != kNoVersionId;
      if (both && history_.txn(access.txn).ok()) updates.push_back(access);
    }
    std::stable_sort(updates.begin(), updates.end(),
                     [](const Access& a, const Access& b) { return a.read < b.read; });
    for (auto i = updates.begin(); i != updates.end();) {
      const auto end = std::find_if_not(
          i, updates.end(), [i](const Access& access) { return access.read == i->read; });
      if (end - i >= 2) {
        cases_.Add("lost-update", {i->txn, (i + 1)->txn}, [&] {
          return StrCat(end - i, " transactions read key ", history_.KeyName(i->key), " = ",
                        history_.ValueName(versions_.value(i->read)),
                        " and wrote that key: ", Txn(i->txn), " and ", Txn((i + 1)->txn));
        });
      }
      i = end;
    }
  }

  const TxnHistory& history_;
  const WriteIndex& writes_;
  const VersionIndex& versions_;
  const bool garbage_allowed_;
  CaseList& cases_;
  size_t garbage_ = 0;
};

}  // namespace

size_t FindRegisterAnomalies(const TxnHistory& history, const WriteIndex& writes,
                             const VersionIndex& versions, bool garbage_allowed, CaseList* cases) {
  return Finder(history, writes, versions, garbage_allowed, cases).Run();
}

}  // namespace quadraft::jepsen
