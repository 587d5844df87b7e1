#include "core/replica/admission.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/base/strings.h"
#include "core/replica/codec.h"

namespace quadraft::replica {

Admission::Admission(Env& env, NodeId self, std::string path, std::string address, uint32_t version)
    : env_(env),
      self_(self),
      path_(std::move(path)),
      address_(std::move(address)),
      version_(version) {}

Status Admission::Save() {
  const size_t slash = path_.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : path_.substr(0, slash);
  return WriteIdentity(env_.disk(), directory, path_, identity_);
}

Status Admission::Open(bool used) {
  if (path_.empty()) return OkStatus();
  QR_ASSIGN_OR_RETURN(std::optional<Identity> known, ReadIdentity(env_.disk(), path_));
  if (known) {
    identity_ = *std::move(known);
    return OkStatus();
  }
  identity_ = {.disk = env_.random("replica/identity").Next() | 1, .admitted = used};
  return Save();
}

Status Admission::Found(const std::vector<NodeId>& founders) {
  if (path_.empty() || identity_.admitted || QR_MUTANT("lost-disk-comes-back")) return OkStatus();
  founders_ = {founders.begin(), founders.end()};
  founders_.erase(self_);
  // What was known of others than these belongs to a founding that was given up.
  std::erase_if(identity_.founders, [this](const auto& row) { return !founders_.contains(row.first); });
  if (waiting()) return OkStatus();
  identity_.admitted = true;
  return Save();
}

raft::Configuration Admission::Founding(const std::vector<NodeId>& founders) const {
  raft::Configuration plain(founders);
  raft::ConfigurationState state = plain.state();
  for (const NodeId node : founders) {
    raft::Contact contact = {.address = address_, .disk = identity_.disk};
    if (node != self_) {
      const auto known = identity_.founders.find(node);
      // Of a group of before there were identities: as it was founded.
      if (known == identity_.founders.end()) return plain;
      contact = known->second;
    }
    if (!contact.empty()) state.contacts.emplace(node, std::move(contact));
  }
  auto configuration = raft::Configuration::Restore(std::move(state));
  if (configuration.ok()) return *std::move(configuration);
  env_.Log(LogLevel::kWarning, StrCat("the founders' addresses are of no use: ", Message(configuration.status())));
  return plain;
}

uint64_t Admission::DiskOf(NodeId node) const {
  const auto known = identity_.founders.find(node);
  return known == identity_.founders.end() ? 0 : known->second.disk;
}

void Admission::Tell(NodeId to, uint64_t known, bool ask) {
  proto::RaftBatch batch;
  if (version_ > kWireVersionMin) batch.set_version(version_);
  batch.set_disk(identity_.disk);
  batch.mutable_introduction()->set_ask(ask);
  batch.mutable_introduction()->set_address(address_);
  batch.mutable_introduction()->set_known_disk(known);
  env_.network().Send(to, Channel::kRaft, batch.SerializeAsString());
}

void Admission::Ask() {
  std::string missing;
  for (const NodeId node : founders_) {
    if (answered_.contains(node)) continue;
    StrAppend(&missing, missing.empty() ? "" : ", ", node);
    Tell(node, 0, /*ask=*/true);  // What we know while we wait is no word on anybody.
  }
  const MonotonicTime now = env_.clock().Now();
  if (missing.empty() || now < told_ + kTellInterval) return;
  if (told_ != MonotonicTime()) {
    env_.Log(LogLevel::kInfo, StrCat("a new folder: takes part once all founders know it; no word yet from node ", missing));
  }
  told_ = now;
}

Status Admission::Register(NodeId from, uint64_t disk, const std::string& address) {
  raft::Contact contact{.disk = disk};
  if (raft::CheckAddress(address).ok()) contact.address = address;
  raft::Contact& known = identity_.founders[from];
  if (known == contact) return OkStatus();
  known = std::move(contact);
  answered_.erase(from);
  return Save();
}

Status Admission::OnIntroduction(NodeId from, uint64_t disk,
                                 const proto::RaftIntroduction& introduction, uint64_t known) {
  if (identity_.disk == 0) return OkStatus();
  if (introduction.known_disk() != 0 && introduction.known_disk() != identity_.disk) {
    SIM_SOMETIMES(true, "lost-disk-was-refused");
    return DataLoss("node ", from, " knows node ", self_,
                    " with another disk than this one: its folder was lost, emptied or exchanged, and what it had "
                    "promised with it, so it must not go on under its number. Start a node with --join under a new "
                    "number and with an empty folder, then: quadraft member replace ",
                    self_, " NEW HOST:PORT");
  }
  if (!waiting()) {
    if (introduction.ask()) Tell(from, known);
    return OkStatus();
  }
  if (!founders_.contains(from) || disk == 0) {
    if (introduction.ask()) Tell(from, 0);
    return OkStatus();
  }
  QR_RETURN_IF_ERROR(Register(from, disk, introduction.address()));
  if (introduction.known_disk() == identity_.disk) answered_.insert(from);
  if (introduction.ask()) Tell(from, disk, /*ask=*/!answered_.contains(from));
  if (answered_.size() < founders_.size()) return OkStatus();
  identity_.admitted = true;
  QR_RETURN_IF_ERROR(Save());
  founders_.clear();
  answered_.clear();
  return OkStatus();
}

}  // namespace quadraft::replica
