#include "store/dictionary/recent_terms.h"

#include <algorithm>

namespace quadraft::store {

std::optional<TermId> RecentTerms::Find(const Hash128& fingerprint, std::string_view bytes) const {
  std::lock_guard lock(mutex_);
  const auto it = newest_.find(fingerprint);
  if (it == newest_.end()) return std::nullopt;
  for (const RecentTerm* term = At(it->second); term != nullptr; term = At(term->older)) {
    if (term->bytes == bytes) return term->id;
  }
  return std::nullopt;
}

bool RecentTerms::Lookup(uint64_t sequence, std::string* bytes, TermId* id) const {
  std::lock_guard lock(mutex_);
  if (sequence < first_ + dropped_ || sequence >= first_ + dropped_ + terms_.size()) return false;
  const RecentTerm& term = terms_[sequence - first_ - dropped_];
  *bytes = term.bytes;
  *id = term.id;
  return true;
}

void RecentTerms::Add(const Hash128& fingerprint, std::string_view bytes, TermId id) {
  std::lock_guard lock(mutex_);
  uint64_t& newest = newest_[fingerprint];
  terms_.push_back({fingerprint, std::string(bytes), id, newest});
  newest = dropped_ + terms_.size();
  bytes_ += bytes.size();
}

std::vector<const RecentTerm*> RecentTerms::Oldest(size_t count) const {
  std::lock_guard lock(mutex_);
  std::vector<const RecentTerm*> out;
  for (size_t i = 0; i < std::min(count, terms_.size()); ++i) out.push_back(&terms_[i]);
  return out;
}

void RecentTerms::DropOldest(size_t count) {
  std::lock_guard lock(mutex_);
  for (; count > 0; --count) {
    const RecentTerm& term = terms_.front();
    if (const auto it = newest_.find(term.fingerprint); it->second == dropped_ + 1) newest_.erase(it);
    bytes_ -= term.bytes.size();
    terms_.pop_front();
    ++dropped_;
  }
}

std::vector<TermId> RecentTerms::IdsUpTo(const RecentTerm& term) const {
  std::lock_guard lock(mutex_);
  std::vector<TermId> ids = {term.id};
  for (const RecentTerm* older = At(term.older); older != nullptr; older = At(older->older))
    ids.push_back(older->id);
  std::reverse(ids.begin(), ids.end());
  return ids;
}

bool RecentTerms::IsNewest(const RecentTerm& term) const {
  std::lock_guard lock(mutex_);
  return At(newest_.at(term.fingerprint)) == &term;
}

}  // namespace quadraft::store
