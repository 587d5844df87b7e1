#include "sim/explore/server_command.h"

namespace quadraft::sim {

bool RunCommand(replica::ReplicaHost& host, GroupId group, ServerCommand command) {
  if (command != ServerCommand::kTransferLeadership) {
    return host.CompactNow(group, command == ServerCommand::kCompactLog).ok();
  }
  const replica::PeerStatus* next = nullptr;  // Who holds most.
  const replica::GroupStatus status = host.status(group);
  for (const replica::PeerStatus& peer : status.peers) {
    if (next == nullptr || peer.match > next->match) next = &peer;
  }
  return next != nullptr && host.TransferLeadership(group, next->node).ok();
}

Settings SettingsOf(const Settings& run, const ServerConfig& server) {
  if (server.draw == 0) return run;
  Settings drawn = Settings::Draw(server.draw, &run.table());
  for (const std::string_view name : {"nodes", "raft.election-ms", "raft.heartbeat-ms"}) {
    (void)drawn.Set(name, run[name]);
  }
  return drawn;
}

void Limit(const ServerConfig& server, replica::Options* options) {
  if (server.older_version) options->wire_version = replica::kWireVersionMin;
  if (!server.small_memory) return;
  options->raft.append_entries_max = 2;
  options->raft.append_bytes_max = 256;
  options->raft.inflight_messages_max = 1;
  options->raft.uncommitted_entries_max = 8;
  options->raft.pending_reads_max = 4;
  options->pending_proposals_max = 4;
  options->pending_reads_max = 4;
  options->read_questions_max = 1;
  options->apply_entries_max = 1;
  options->retained_entries_max = 5;
  options->retained_bytes_max = 4096;
  options->snapshot_window_chunks = 1;
  options->snapshot_streams_max = 1;
}

}  // namespace quadraft::sim
