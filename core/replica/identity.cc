#include "core/replica/identity.h"

#include <utility>

#include "core/base/bytes.h"
#include "core/base/crc32c.h"
#include "core/env/read_file.h"
#include "core/env/replace_file.h"

namespace quadraft::replica {
namespace {

constexpr std::string_view kMagic = "QRID";
constexpr uint64_t kFormat = 1;

}  // namespace

std::string EncodeIdentity(const Identity& identity) {
  std::string body(kMagic);
  PutVarint(&body, kFormat);
  PutFixed<uint64_t>(&body, identity.disk);
  body.push_back(identity.admitted ? 1 : 0);
  PutVarint(&body, identity.founders.size());
  for (const auto& [node, contact] : identity.founders) {
    PutVarint(&body, node.value());
    PutLengthPrefixed(&body, contact.address);
    PutFixed<uint64_t>(&body, contact.disk);
  }
  std::string out;
  PutFixed<uint32_t>(&out, Crc32c(body));
  return out += body;
}

StatusOr<Identity> DecodeIdentity(std::string_view bytes) {
  const Status damaged = DataLoss("an identity of ", bytes.size(), " bytes: damaged");
  uint32_t crc = 0;
  if (!GetFixed(&bytes, &crc) || Crc32c(bytes) != crc || !bytes.starts_with(kMagic)) return damaged;
  bytes.remove_prefix(kMagic.size());
  uint64_t format = 0, count = 0;
  if (!GetVarint(&bytes, &format) || format != kFormat) {
    return DataLoss("an identity of format ", format, "; this program knows ", kFormat);
  }
  Identity identity;
  if (!GetFixed(&bytes, &identity.disk) || identity.disk == 0 || bytes.empty()) return damaged;
  identity.admitted = bytes.front() != 0;
  bytes.remove_prefix(1);
  if (!GetVarint(&bytes, &count) || count > raft::kVotersMax) return damaged;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t node = 0;
    std::string_view address;
    raft::Contact contact;
    if (!GetVarint(&bytes, &node) || !GetLengthPrefixed(&bytes, &address) ||
        !GetFixed(&bytes, &contact.disk)) {
      return damaged;
    }
    contact.address = address;
    identity.founders.emplace(NodeId{node}, std::move(contact));
  }
  if (!bytes.empty()) return damaged;
  return identity;
}

// Read twice before it is called damaged: a read may lie.
StatusOr<std::optional<Identity>> ReadIdentity(Disk& disk, const std::string& path) {
  if (!disk.Exists(path)) return std::optional<Identity>();
  StatusOr<Identity> identity = Identity();
  for (int attempt = 0; attempt < 2; ++attempt) {
    QR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(disk, path));
    identity = DecodeIdentity(bytes);
    if (identity.ok()) return std::optional<Identity>(*std::move(identity));
  }
  return Annotate(identity.status(), path);
}

Status WriteIdentity(Disk& disk, const std::string& directory, const std::string& path,
                     const Identity& identity) {
  return ReplaceFile(disk, directory, path, EncodeIdentity(identity)).status();
}

}  // namespace quadraft::replica
