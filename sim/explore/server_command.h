// What faults ask of servers (sim/faults/fault.h), said in the words of a replica host.
#ifndef QUADRAFT_SIM_EXPLORE_SERVER_COMMAND_H_
#define QUADRAFT_SIM_EXPLORE_SERVER_COMMAND_H_

#include <vector>

#include "core/env/random.h"
#include "core/replica/replica_host.h"
#include "sim/explore/settings.h"
#include "sim/faults/fault.h"

namespace quadraft::sim {

// False: it could not be done just now.
bool RunCommand(replica::ReplicaHost& host, GroupId group, ServerCommand command);

// Asks for one step of a change of members (FaultContext::change_members), by what the host has in
// its log. False: it was refused, or there is nothing to do.
bool ChangeMembers(replica::ReplicaHost& host, GroupId group, const std::vector<NodeId>& servers,
                   Random& random, MemberStep step);
// One step towards `spare` as a voter in place of `lost`. True: that is so, and committed.
bool ReplaceMember(replica::ReplicaHost& host, GroupId group, NodeId lost, NodeId spare);
// The replica has committed a configuration in which just these vote.
bool AllVote(const raft::Raft& replica, const std::vector<NodeId>& servers);

// The numbers that a server starts with: the run's own, or drawn anew. The timing of elections
// stays the run's, since nodes must agree on it.
Settings SettingsOf(const Settings& run, const ServerConfig& server);
// The rest of what `server` says.
void Limit(const ServerConfig& server, replica::Options* options);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_SERVER_COMMAND_H_
