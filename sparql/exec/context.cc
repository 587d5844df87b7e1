#include "sparql/exec/context.h"

#include <utility>

#include "core/base/check.h"

namespace quadraft::sparql {

namespace {

// Rough heap cost of a term held by value: three strings, their buffers and the map's node.
size_t TermBytes(const rdf::Term& term) {
  return 3 * sizeof(rdf::Term) + 2 * (term.value.size() + term.datatype.size() + term.language.size());
}

}  // namespace

ExecContext::ExecContext(std::shared_ptr<const store::ReadView> view, const QueryLimits& limits)
    : view_(std::move(view)), limits_(limits), random_(limits.random_seed, "sparql") {
  blank_salt_ = random_.Next();
}

Status ExecContext::CheckInterrupted() const {
  if (limits_.cancelled != nullptr && limits_.cancelled->load(std::memory_order_relaxed)) {
    return Cancelled("the query was cancelled");
  }
  if (limits_.clock != nullptr && limits_.clock->Now() > limits_.deadline) {
    return DeadlineExceeded("the query ran past its deadline");
  }
  return OkStatus();
}

Status ExecContext::Charge(size_t bytes) {
  if (bytes > limits_.memory_bytes_max || used_bytes_ > limits_.memory_bytes_max - bytes) {
    return ResourceExhausted("the query's intermediate results would need more than memory_bytes_max = ",
                             limits_.memory_bytes_max, " bytes");
  }
  used_bytes_ += bytes;
  return OkStatus();
}

StatusOr<std::optional<TermId>> ExecContext::FindId(const rdf::Term& term) const {
  if (term.is_default_graph()) return std::optional<TermId>(store::kDefaultGraphId);
  QR_ASSIGN_OR_RETURN(std::optional<TermId> id, view_->Find(term));
  if (id.has_value() || local_ids_.empty()) return id;
  const auto found = local_ids_.find(Absl(rdf::EncodeTerm(term)));
  if (found != local_ids_.end()) id = store::MakeTermId(store::IdTag::kLocal, found->second);
  return id;
}

StatusOr<TermId> ExecContext::IdOf(const rdf::Term& term) {
  if (term.is_default_graph()) return store::kDefaultGraphId;
  QR_ASSIGN_OR_RETURN(const std::optional<TermId> known, view_->Find(term));
  if (known.has_value()) return *known;
  std::string key = rdf::EncodeTerm(term);
  const auto found = local_ids_.find(Absl(key));
  if (found != local_ids_.end()) return store::MakeTermId(store::IdTag::kLocal, found->second);
  QR_RETURN_IF_ERROR(Charge(TermBytes(term)));  // Given back with the whole query.
  const uint32_t number = static_cast<uint32_t>(local_terms_.size());
  local_terms_.push_back(std::make_unique<rdf::Term>(term));
  local_ids_.emplace(std::move(key), number);
  return store::MakeTermId(store::IdTag::kLocal, number);
}

StatusOr<const rdf::Term*> ExecContext::TermOf(TermId id) {
  QR_CHECK(id != kNoTerm) << "an unbound cell has no term";
  if (store::TagOf(id) == store::IdTag::kLocal) {
    const uint64_t number = store::IdValueOf(id);
    QR_CHECK(number < local_terms_.size()) << "local id of another query";
    return local_terms_[number].get();
  }
  if (const rdf::Term* known = cache_.Find(id)) return known;
  QR_ASSIGN_OR_RETURN(rdf::Term term, view_->Lookup(id));
  rdf::Term& slot = cache_.Put(id);
  slot = std::move(term);
  return &slot;
}

StatusOr<rdf::Term> ExecContext::Lookup(TermId id) {
  QR_ASSIGN_OR_RETURN(const rdf::Term* term, TermOf(id));
  return *term;
}

std::string ExecContext::NewBlankLabel() {
  char digits[17];
  uint64_t salt = blank_salt_;
  for (int i = 15; i >= 0; --i, salt >>= 4) digits[i] = "0123456789abcdef"[salt & 15];
  digits[16] = '\0';
  return StrCat("q", digits, "b", blank_count_++);
}

}  // namespace quadraft::sparql
