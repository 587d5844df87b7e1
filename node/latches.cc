#include "node/latches.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace quadraft::node {
namespace {

bool Touches(const txn::WriteSet& writes, const txn::ReadPattern& pattern) {
  for (const rdf::Quad& quad : writes.deletes) {
    if (pattern.Matches(quad)) return true;
  }
  for (const rdf::Quad& quad : writes.inserts) {
    if (pattern.Matches(quad)) return true;
  }
  return false;
}

}  // namespace

uint64_t Latches::Proposed(txn::WriteSet writes) {
  const uint64_t ticket = next_ticket_++;
  held_[ticket].writes = std::move(writes);
  return ticket;
}

void Latches::Applied(uint64_t ticket, LogIndex index) {
  const auto it = held_.find(ticket);
  if (it == held_.end()) return;
  it->second.applied_at = index;
  Settle(it->second);
  DropUnneeded();
}

void Latches::Forget(uint64_t ticket) {
  const auto it = held_.find(ticket);
  if (it == held_.end()) return;
  Held held = std::move(it->second);
  held_.erase(it);
  Settle(held);
}

void Latches::Pin(LogIndex index) { pinned_.insert(index); }

void Latches::Unpin(LogIndex index) {
  const auto it = pinned_.find(index);
  QR_CHECK(it != pinned_.end()) << "unpinned " << index << " without a pin";
  pinned_.erase(it);
  DropUnneeded();
}

std::optional<uint64_t> Latches::FindConflict(const std::vector<txn::ReadPattern>& reads,
                                              LogIndex index) const {
  for (const auto& [ticket, held] : held_) {
    if (held.applied_at && *held.applied_at <= index) continue;
    for (const txn::ReadPattern& pattern : reads) {
      if (Touches(held.writes, pattern)) return ticket;
    }
  }
  return std::nullopt;
}

void Latches::WhenSettled(uint64_t ticket, absl::AnyInvocable<void(bool)> done) {
  const auto it = held_.find(ticket);
  if (it == held_.end() || it->second.applied_at) return done(true);
  it->second.waiting.push_back(std::move(done));
}

void Latches::Settle(Held& held) {
  for (auto& waiting : std::exchange(held.waiting, {})) waiting(true);
}

void Latches::DropUnneeded() {
  for (auto it = held_.begin(); it != held_.end();) {
    const auto& applied_at = it->second.applied_at;
    const bool pinned =
        !pinned_.empty() && *pinned_.begin() < *applied_at && !QR_MUTANT("latch-dropped-under-pin");
    const bool needed = !applied_at || pinned;
    if (!applied_at)
      break;  // Entries apply in the order of the proposals: nothing later is applied.
    it = needed ? std::next(it) : held_.erase(it);
  }
}

}  // namespace quadraft::node
