// What an operator asks of the members of the data group: who they are, and changes (core/replica/replica_host.h,
// ChangeMembership). GET and POST /members:
//
//   /members?add=4@10.0.0.4:7001     a learner, and where the others reach it: it gets the log and does not vote
//   /members?update=4@10.0.0.9:7001  it is reached there now
//   /members?promote=4               a learner that has caught up becomes a voter
//   /members?demote=2, remove=2      a voter becomes a learner, or leaves
//   /members?transfer=3              another voter leads
//
// A node that lost its disk is replaced by another one: add=4@..., then promote=4&remove=2, as one. add=4 alone leaves the
// address to what the nodes know from their flags.
// Several changes in one request are made as one, jointly, and answered once the old configuration is left. Only the leader
// takes a change; others answer 503 and name it.
#ifndef QUADRAFT_NODE_MEMBERS_H_
#define QUADRAFT_NODE_MEMBERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/base/task.h"
#include "core/env/env.h"
#include "core/replica/replica_host.h"

namespace quadraft::node {

struct MembersRequest {
  raft::ConfigurationChange change;
  std::vector<NodeId> added;  // Must not be members yet.
  NodeId transfer_to;  // Zero: none; else the only thing asked for.
};
// Of a query string. InvalidArgument says which parameter and why.
StatusOr<MembersRequest> DecodeMembersRequest(std::string_view query);

class Members {
 public:
  Members(Env& env, NodeId self, GroupId group, replica::ReplicaHost& replicas)
      : env_(env), self_(self), group_(group), replicas_(replicas) {}

  // {"node": 1, "leader": 1, "index": 9, "committed": true, "joint": false, "removed": false, "members": [{"id": 1, "votes":
  // true, "address": "10.0.0.1:7001", "match": 9}, ...]}; "match" at the leader only, "address" when it is known.
  std::string Json() const;

  // Does it and waits until it is done, until `deadline` at most: DeadlineExceeded then, and it may yet happen.
  Task<Status> Run(MembersRequest request, MonotonicTime deadline);

 private:
  Task<Status> Change(raft::ConfigurationChange change, MonotonicTime deadline);
  Task<Status> Transfer(NodeId to, MonotonicTime deadline);
  Status NotLeading() const;

  Env& env_;
  const NodeId self_;
  const GroupId group_;
  replica::ReplicaHost& replicas_;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_MEMBERS_H_
