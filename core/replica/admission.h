// Whether this node may take part, and by which disk the founders of the group know each other.
//
// A founder with a new folder may be one of two: a node of a group that nobody has founded yet, or
// one that founded it, promised votes and entries, and lost its disk. It cannot tell; the others
// can. So it takes part (votes, acknowledges, campaigns) only once EVERY other founder has said
// that it knows this disk as that node's, and they say so only
//   1. after the disk is durable in their own identity (core/replica/identity.h), while they wait
//      themselves: nothing has happened in the group yet as far as they know;
//   2. later: when it is the one they know, by their configuration or by that identity.
// Why this is enough: what a founder promised counted towards a quorum, and some other node of it
// took part, so it had been told the disk of every founder before; its folder is still there
// (else a majority was lost), and it answers any other disk with the one it knows. Whoever hears
// that stops for good: DataLoss.
//
// The founding configuration, and with it the first entry of the log, then has the address and the
// disk of every founder. Who joins later is asked nothing: it promised nothing before a leader
// added it, and the entry that makes it a voter names its disk (ReplicaHost::ChangeMembership).
//
// The price: all founders must be up once, at the founding. Owned by ReplicaHost; on the loop.
#ifndef QUADRAFT_CORE_REPLICA_ADMISSION_H_
#define QUADRAFT_CORE_REPLICA_ADMISSION_H_

#include <set>
#include <string>
#include <vector>

#include "core/env/env.h"
#include "core/proto/raft.pb.h"
#include "core/replica/identity.h"

namespace quadraft::replica {

class Admission {
 public:
  static constexpr Duration kAskInterval = milliseconds(200);
  static constexpr Duration kTellInterval = seconds(10);  // Between two lines on who is waited for.

  // `path`: of the identity; empty: this node has none, and is asked nothing (tests). `address`:
  // where it listens for messages, for the others. `version`: what it speaks (codec.h).
  Admission(Env& env, NodeId self, std::string path, std::string address, uint32_t version);

  // Reads the identity, or draws one. `used`: the folder is of a node that took part before there
  // were identities, and goes on.
  Status Open(bool used);
  // A new folder is one of the founders of a group. Waits from here on, unless it is alone or was
  // admitted before.
  Status Found(const std::vector<NodeId>& founders);
  // The configuration that these found, with what is known of them.
  raft::Configuration Founding(const std::vector<NodeId>& founders) const;

  uint64_t disk() const { return identity_.disk; }
  const std::string& address() const { return address_; }
  bool waiting() const { return !founders_.empty(); }
  uint64_t DiskOf(NodeId node) const;  // As introduced at the founding; 0: not known.

  // While waiting: asks those who have not answered, every kAskInterval.
  void Ask();
  // What `from` says of itself and of us; `known`: its disk as this node knows it, 0: it does not.
  // DataLoss: it knows us by another disk. Other errors: of the identity's writing. Stop then.
  Status OnIntroduction(NodeId from, uint64_t disk, const proto::RaftIntroduction& introduction,
                        uint64_t known);
  // Tells `to` by which disk it is known here.
  void Tell(NodeId to, uint64_t known, bool ask = false);

 private:
  Status Save();
  Status Register(NodeId from, uint64_t disk, const std::string& address);

  Env& env_;
  const NodeId self_;
  const std::string path_, address_;
  const uint32_t version_;
  Identity identity_;
  std::set<NodeId> founders_;  // The others that are waited for, and those that answered; empty: not waiting.
  std::set<NodeId> answered_;
  MonotonicTime told_;  // When people were last told.
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_ADMISSION_H_
