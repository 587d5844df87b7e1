#include "core/raft/testing/cluster.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

constexpr size_t kChunkBytes = 10;  // So that a snapshot of 16 bytes has two.

}  // namespace

Cluster::Cluster(int size, const Options& options, uint64_t seed, bool trace, int spares,
                 bool watched)
    : options_(options), trace_(trace), watched_(watched), founders_(size) {
  nodes_.resize(size + spares);
  for (int i = 1; i <= this->size(); ++i) {
    at(i).watch = std::make_unique<Watch>();
    at(i).random = std::make_unique<Random>(seed, StrCat("node/", i));
    Restart(i);
  }
  TakeTrace();
}

void Cluster::Trace(std::string line) {
  if (trace_) StrAppend(&trace_text_, line, "\n");
}

void Cluster::Restart(int node) {
  Node& n = at(node);
  if (n.raft != nullptr) return;
  Configuration configuration;
  if (n.snapshot.configuration.index != LogIndex{}) {
    configuration = *DecodeConfiguration(n.snapshot.configuration.payload);
  } else if (node <= founders_) {
    std::vector<NodeId> voters;
    for (int i = 1; i <= founders_; ++i) voters.push_back(NodeId(i));
    configuration = Configuration(voters);
  }
  n.raft =
      std::make_unique<Raft>(NodeId(node), std::move(configuration), options_,
                             Raft::Initial{.hard_state = n.hard_state,
                                           .snapshot_index = n.snapshot.index,
                                           .snapshot_term = n.snapshot.term,
                                           .entries = {n.log.begin(), n.log.end()},
                                           .configuration_index = n.snapshot.configuration.index,
                                           // Else nobody promises anything, and time may stand still.
                                           .restarted = options_.lease_reads && !forgets_promises_ &&
                                                        n.hard_state.term > RaftTerm{},
                                           .repair_floor = n.repair_floor},
                             n.now, n.random.get(), watched_ ? n.watch.get() : nullptr);
  n.applied = n.snapshot.index;
  n.states = {{n.snapshot.index, n.snapshot}};
  n.applied_text.clear();
  n.role = Role::kFollower;
  n.role_term = n.raft->term();
  invariants_.Restarted(NodeId(node));
  Trace(StrCat(node, " starts term=", n.raft->term(), " last=", n.raft->log().last_index()));
  Pump(node);
}

void Cluster::RestartWithLog(int node, const std::vector<RaftTerm>& terms) {
  Node& n = at(node);
  if (n.raft != nullptr || terms.empty()) return;
  n.hard_state = {.term = terms.back()};
  n.log.clear();
  for (RaftTerm term : terms) {
    const LogIndex index(n.log.size() + 1);
    auto payload = std::make_shared<const std::string>(StrCat("t", term));
    n.log.push_back({.term = term, .index = index, .payload = std::move(payload)});
  }
  Restart(node);
}

// As store/log does it: what stands before is kept, and the term is the next one.
void Cluster::RestartDamaged(int node, LogIndex first) {
  Node& n = at(node);
  if (n.raft != nullptr || first <= n.snapshot.index) return;
  n.repair_floor = n.hard_state.term;
  n.hard_state = {.term = n.hard_state.term.Next()};
  while (!n.log.empty() && n.log.back().index >= first) n.log.pop_back();
  Restart(node);
}

void Cluster::Crash(int node, uint64_t surviving_writes) {
  Node& n = at(node);
  if (n.raft == nullptr) return;
  for (const Write& write : n.unsynced) {
    if (surviving_writes-- == 0) break;
    ApplyWrite(n, write);
  }
  n.unsynced.clear();
  n.staged.clear();
  n.raft.reset();
  Trace(StrCat(node, " crashes"));
}

void Cluster::ApplyWrite(Node& node, const Write& write) {
  if (write.hard_state) node.hard_state = *write.hard_state;
  if (write.entries.empty()) return;
  const LogIndex first = write.entries.front().index;
  while (!node.log.empty() && node.log.back().index >= first) node.log.pop_back();
  for (const Entry& entry : write.entries) {
    if (entry.index > node.snapshot.index) node.log.push_back(entry);
  }
}

void Cluster::Sync(int node, size_t writes) {
  Node& n = at(node);
  writes = std::min(writes, n.unsynced.size());
  if (n.raft == nullptr || writes == 0) return;
  const uint64_t id = n.unsynced[writes - 1].sync_id;
  for (; writes > 0; --writes) {
    ApplyWrite(n, n.unsynced.front());
    n.unsynced.pop_front();
  }
  n.raft->Synced(id);
  Pump(node);
}

void Cluster::Advance(int node, Duration by) {
  Node& n = at(node);
  n.now += by;
  if (n.raft == nullptr) return;
  n.raft->Tick(n.now);
  Pump(node);
}

void Cluster::Timeout(int node) {
  Node& n = at(node);
  if (n.raft == nullptr || n.raft->next_deadline() == MonotonicTime::max()) return;
  Advance(node, std::max(n.raft->next_deadline() - n.now, Duration(0)));
}

void Cluster::SetSilent(int node, int peer, bool silent) {
  Node& n = at(node);
  silent ? (void)n.watch->silent.insert(NodeId(peer)) : (void)n.watch->silent.erase(NodeId(peer));
  if (n.raft == nullptr) return;
  const bool leads = n.raft->role() == Role::kLeader;
  if (leads || n.raft->leader() == NodeId(peer)) n.raft->Wake(n.now, Duration(0));
  Pump(node);
}

StatusOr<LogIndex> Cluster::Propose(int node, std::string payload) {
  if (!up(node)) return Unavailable("down");
  auto index = at(node).raft->Propose(std::make_shared<const std::string>(std::move(payload)));
  Pump(node);
  return index;
}

Status Cluster::Transfer(int node, int to) {
  if (!up(node)) return Unavailable("down");
  const Status status = at(node).raft->TransferLeadership(NodeId(to));
  Pump(node);
  return status;
}

StatusOr<LogIndex> Cluster::Change(int node, const ConfigurationChange& change) {
  if (!up(node)) return Unavailable("down");
  auto index = at(node).raft->ProposeChange(change);
  Pump(node);
  return index;
}

void Cluster::Read(int node, uint64_t id) {
  if (!up(node)) return;
  at(node).raft->ReadIndex(at(node).now, id);
  Pump(node);
}

void Cluster::Compact(int node, LogIndex index) {
  Node& n = at(node);
  if (n.raft == nullptr) return;
  index = std::min(index, n.applied);
  if (index <= n.snapshot.index) return;
  Sync(node);  // The mark is a write too: what precedes it is durable with it.
  n.snapshot = n.states.at(index);
  while (!n.log.empty() && n.log.front().index <= index) n.log.pop_front();
  n.states.erase(n.states.begin(), n.states.find(index));
  n.raft->Compact(index);
  Pump(node);
}

void Cluster::Deliver(size_t position, bool keep) {
  Message message = bag_.at(position);
  if (!keep) bag_.erase(bag_.begin() + position);
  const int to = static_cast<int>(message.to.value());
  if (to > size() || !up(to)) return;  // A member that does not exist is down, too.
  Trace(StrCat("deliver ", Describe(message)));
  at(to).raft->Step(at(to).now, std::move(message));
  Pump(to);
}

void Cluster::Drop(size_t position) {
  Trace(StrCat("drop ", Describe(bag_.at(position))));
  bag_.erase(bag_.begin() + position);
}

void Cluster::Cut(int from, int to, bool cut) {
  if (cut) {
    cut_.insert({from, to});
  } else {
    cut_.erase({from, to});
  }
}

void Cluster::Settle(int rounds_max) {
  for (int round = 0; round < rounds_max; ++round) {
    bool quiet = bag_.empty();
    for (size_t n = bag_.size(); n > 0; --n) Deliver(0);
    for (int node = 1; node <= size(); ++node) {
      if (!up(node) || !HasUnsynced(node)) continue;
      quiet = false;
      Sync(node);
    }
    if (quiet) return;
  }
  Check(Internal("does not settle"));
}

int Cluster::leader() const {
  int best = 0;
  for (int node = 1; node <= size(); ++node) {
    if (up(node) && raft(node).role() == Role::kLeader &&
        (best == 0 || raft(node).term() > raft(best).term())) {
      best = node;
    }
  }
  return best;
}

void Cluster::Pump(int node) {
  Node& n = at(node);
  Output out;
  n.raft->TakeOutput(&out);
  if (out.sync_id != 0) n.unsynced.push_back({out.sync_id, out.hard_state, out.entries});
  if (n.role != n.raft->role() || n.role_term != n.raft->term()) {
    n.role = n.raft->role();
    n.role_term = n.raft->term();
    Trace(StrCat(node, " is ", RoleName(n.role), " term=", n.role_term));
  }
  for (Message& message : out.messages) {
    if (!cut_.contains({node, static_cast<int>(message.to.value())}))
      bag_.push_back(std::move(message));
  }
  for (const ReadResult& read : out.reads) {
    answers_.push_back({node, read});
    Trace(StrCat(node, " read id=", read.id, read.ok ? StrCat(" index=", read.index) : " refused"));
  }
  for (NodeId to : out.snapshots_wanted) StreamSnapshot(node, to);
  for (const ReceivedChunk& chunk : out.snapshot_chunks) Stage(node, chunk);
  Apply(node);
  Check(invariants_.Observe(*n.raft));
}

void Cluster::Apply(int node) {
  Node& n = at(node);
  while (n.applied < n.raft->apply_limit()) {
    const Entry& entry = n.raft->log().at(n.applied.Next());
    State state = n.states.at(n.applied);
    state.index = entry.index;
    state.term = entry.term;
    state.hash.Fold(entry.term.value());
    state.hash.Fold(entry.payload ? *entry.payload : "");
    if (entry.kind == EntryKind::kConfiguration) {
      state.configuration = {entry.index, *entry.payload};
    }
    n.applied = entry.index;
    n.states[n.applied] = state;
    if (entry.kind == EntryKind::kNormal) StrAppend(&n.applied_text, *entry.payload, " ");
    Trace(StrCat(node, " applies ", entry.index, "/", entry.term,
                 entry.kind == EntryKind::kNormal ? StrCat(" ", *entry.payload) : ""));
    const auto [known, added] = applied_hashes_.try_emplace(n.applied, state.hash.value());
    if (known->second != state.hash.value()) {
      Check(Internal("node ", node, " applied something else at ", n.applied, " than another did"));
    }
  }
}

void Cluster::StreamSnapshot(int from, NodeId to) {
  Node& n = at(from);
  const State& state = n.states.at(n.applied);
  std::string bytes(reinterpret_cast<const char*>(&state.hash), sizeof(state.hash));
  Trace(StrCat(from, " streams snapshot ", state.index, "/", state.term, " to ", to));
  const uint64_t stream = next_stream_++;
  const auto configuration = std::make_shared<const std::string>(state.configuration.payload);
  for (size_t offset = 0; offset < bytes.size(); offset += kChunkBytes) {
    auto data = std::make_shared<const std::string>(bytes.substr(offset, kChunkBytes));
    n.raft->SendSnapshotChunk(to, {.index = state.index,
                                   .index_term = state.term,
                                   .stream = stream,
                                   .offset = offset,
                                   .done = offset + kChunkBytes >= bytes.size(),
                                   .crc32c = Crc32c(*data),
                                   .data = data,
                                   .configuration_index = state.configuration.index,
                                   .configuration = configuration});
  }
  n.raft->SnapshotAbandoned(
      to);  // No resends here: the next heartbeat reply asks for a new stream when it was lost.
  Pump(from);
}

void Cluster::Stage(int node, const ReceivedChunk& received) {
  Node& n = at(node);
  const SnapshotChunk& chunk = received.chunk;
  std::string& staged = n.staged[chunk.stream];
  if (chunk.offset == 0) staged.clear();
  if (chunk.offset != staged.size() || Crc32c(*chunk.data) != chunk.crc32c) return;
  staged += *chunk.data;
  if (!chunk.done || staged.size() != sizeof(RunHash)) return;
  if (chunk.index <= n.raft->commit()) return;
  Install(node, chunk, staged);
  n.raft->ReplySnapshot(received.from,
                        {.index = chunk.index, .stream = chunk.stream, .installed = true});
  Pump(node);
}

void Cluster::Install(int node, const SnapshotChunk& last, std::string_view bytes) {
  Node& n = at(node);
  const LogIndex index = last.index;
  const RaftTerm term = last.index_term;
  State state{.index = index,
              .term = term,
              .configuration = {last.configuration_index, *last.configuration}};
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&state.hash));
  Sync(node);
  const bool matches = std::any_of(n.log.begin(), n.log.end(), [&](const Entry& entry) {
    return entry.index == index && entry.term == term;
  });
  if (matches) {
    while (!n.log.empty() && n.log.front().index <= index) n.log.pop_front();
  } else {
    n.log.clear();
  }
  n.snapshot = state;
  n.applied = index;
  n.states = {{index, state}};
  n.raft->SnapshotInstalled(index, term, state.configuration);
  ++snapshots_installed_;
  Trace(StrCat(node, " installs snapshot ", index, "/", term));
}

}  // namespace quadraft::raft
