// What happens in a group, in the words of etcd's interaction tests, so that both can be compared
// line by line: "1->2 MsgApp Term:1 Log:1/11 Commit:11 Entries:[1/12 EntryNormal "a"]".
#ifndef QUADRAFT_CORE_RAFT_TESTING_ETCD_TEXT_H_
#define QUADRAFT_CORE_RAFT_TESTING_ETCD_TEXT_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/raft/configuration.h"
#include "core/raft/message.h"
#include "core/raft/progress.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

// A log's first term: those tests start with a snapshot in term 1 and nodes in term 0, which our
// machine does not allow (it adopts its log's term). Ours start with a snapshot in term 0, shown as
// 1; no entry has term 0.
std::string EtcdPosition(RaftTerm term, LogIndex index);  // "1/10".
std::string EtcdRole(Role role);                          // "StateLeader".
// etcd's entries hold the change that was asked for, ours the configuration that comes of it: who
// asked knows the words, by entry ("EntryConfChangeV2 v2"). An entry that nobody asked for leaves a
// joint configuration.
using ChangeNames = std::map<std::pair<LogIndex, RaftTerm>, std::string>;
std::string EtcdEntry(const Entry& entry, const ChangeNames& names);  // "1/11 EntryNormal \"a\"".
// "Voters:[1 2] VotersOutgoing:[1] Learners:[] LearnersNext:[] AutoLeave:true".
std::string EtcdConfState(const Configuration& configuration);
// "INFO 1 switched to configuration voters=(1 2)&&(1) autoleave": at etcd it counts from then on,
// with us since it is in the log.
std::string EtcdSwitch(NodeId node, const Configuration& configuration);
// A reply that only tells of a higher term is a HeartbeatReply of round 0 here and a MsgAppResp
// there; a snapshot's last reply is a MsgAppResp there.
std::string EtcdMessage(const Message& message, const ChangeNames& names);
// "StateReplicate match=11 next=15 paused inflight=3[full]".
std::string EtcdProgress(const Progress& progress, const Options& options);

// The lines of an output that tell what happened, one event per line. Left out: the tests' log
// (INFO and the like, but not a switch of configurations, unless by a snapshot, which says it
// itself), messages between a node and its own storage threads or itself (our machine is told by
// Synced instead), that a message of a removed node was ignored, "inactive" and "pendingSnap" of a
// progress, headings without anything below, and the second of two equal acknowledgements in a row
// (ours leave once).
std::vector<std::string> EtcdEvents(std::string_view output);
// Those that contain one of `parts`.
std::vector<std::string> EventsWith(const std::vector<std::string>& events,
                                    const std::vector<std::string>& parts);
// Those that contain none of `parts`, and no headings that have nothing below then.
std::vector<std::string> EventsWithout(const std::vector<std::string>& events,
                                       const std::vector<std::string>& parts);

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TESTING_ETCD_TEXT_H_
