#include "store/dictionary/recent_terms.h"

namespace quadraft::store {

std::optional<TermId> RecentTerms::Find(const Hash128& fingerprint, std::string_view bytes) const {
  std::lock_guard lock(mutex_);
  const auto it = newest_.find(fingerprint);
  if (it == newest_.end()) return std::nullopt;
  for (const RecentTerm* term = Find(it->second); term != nullptr; term = Find(term->older)) {
    if (term->bytes == bytes) return term->id;
  }
  return std::nullopt;
}

bool RecentTerms::Lookup(uint64_t sequence, std::string* bytes, TermId* id) const {
  std::lock_guard lock(mutex_);
  if (sequence < first_ || sequence >= first_ + terms_.size()) return false;
  const RecentTerm& term = terms_[sequence - first_];
  *bytes = term.bytes;
  *id = term.id;
  return true;
}

void RecentTerms::Add(const Hash128& fingerprint, std::string_view bytes, TermId id) {
  std::lock_guard lock(mutex_);
  uint64_t& newest = newest_[fingerprint];
  terms_.push_back({fingerprint, std::string(bytes), id, newest});
  newest = first_ + terms_.size() - 1;
  bytes_ += bytes.size();
}

void RecentTerms::DropFirst() {
  std::lock_guard lock(mutex_);
  const RecentTerm& term = terms_.front();
  if (const auto it = newest_.find(term.fingerprint); it->second == first_) newest_.erase(it);
  bytes_ -= term.bytes.size();
  terms_.pop_front();
  ++first_;
}

}  // namespace quadraft::store
