// What a node is, beside its number: the disk on which its promises stand. A vote and an
// acknowledgement bind a node for ever; when its disk is lost or emptied, whoever starts under its
// number is somebody else, who promised nothing and must not be counted in its place (Raft thesis,
// section 11.7.3, on Viewstamped Replication's recovery; Vanlightly's standard-raft model).
//
//   QR_ASSIGN_OR_RETURN(auto identity, ReadIdentity(disk, "log/identity"));
//   if (!identity) ... a new folder: draw one, and write it before anything is promised ...
//
// The file: CRC-32C (4 bytes) of what follows; "QRID"; version 1 (varint); the disk (8); whether it
// was admitted (1); how many founders (varint), each with number (varint), address (length as a
// varint, bytes) and disk (8). Replaced whole, durably.
#ifndef QUADRAFT_CORE_REPLICA_IDENTITY_H_
#define QUADRAFT_CORE_REPLICA_IDENTITY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/disk.h"
#include "core/raft/configuration.h"

namespace quadraft::replica {

struct Identity {
  uint64_t disk = 0;      // Drawn with the folder, never 0.
  bool admitted = false;  // It may take part: every founder knew its disk, or it founds nothing.
  std::map<NodeId, raft::Contact> founders;  // The other founders, as they introduced themselves.
  friend bool operator==(const Identity&, const Identity&) = default;
};

std::string EncodeIdentity(const Identity& identity);
StatusOr<Identity> DecodeIdentity(std::string_view bytes);  // DataLoss.

// Nothing: there is no such file. DataLoss: two reads of it say that it is damaged.
StatusOr<std::optional<Identity>> ReadIdentity(Disk& disk, const std::string& path);
// Durable once this returns OK. `path` lies in `directory`, which exists.
Status WriteIdentity(Disk& disk, const std::string& directory, const std::string& path,
                     const Identity& identity);

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_IDENTITY_H_
