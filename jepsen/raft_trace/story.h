// Traces made by hand, for tests: keeps what each node's variables are, so that a step says what
// changes and no more. Every line goes through its JSON.
//
//   Story story(3);
//   story.Elect(1, {2});
//   EXPECT_EQ(story.error(), "");
#ifndef QUADRAFT_JEPSEN_RAFT_TRACE_STORY_H_
#define QUADRAFT_JEPSEN_RAFT_TRACE_STORY_H_

#include <map>
#include <string>
#include <vector>

#include "jepsen/raft_trace/checker.h"

namespace quadraft::jepsen {

class Story {
 public:
  using Name = RaftEventName;
  using Type = RaftMessageType;
  explicit Story(uint64_t nodes) {
    RaftConf conf;
    for (uint64_t n = 1; n <= nodes; ++n) conf.incoming.push_back(n);
    founders_ = conf;
    for (uint64_t n = 1; n <= nodes; ++n) {
      Turn();
      Tell(n, Name::kInitState, {.confs = {{0, conf}}});
    }
  }
  // Of the first line that was refused; without line and event.
  std::string error() const {
    const std::string message = Message(status_);
    const size_t at = message.find("node ");
    return at == std::string::npos ? message : message.substr(at);
  }
  const RaftConf& founders() const { return founders_; }
  RaftTraceEvent& at(uint64_t node) { return vars_[node]; }
  void Turn() { ++event_; }

  void Tell(uint64_t node, Name name, RaftTraceEvent event = {}) {
    const RaftTraceEvent& var = vars_[node];
    event.event = event_;
    event.node = node;
    event.name = name;
    event.term = var.term;
    event.vote = var.vote;
    event.commit = var.commit;
    event.role = var.role;
    event.last = var.last;
    event.last_term = var.last_term;
    event.conf = var.conf;
    const Status status = checker_.CheckLine(ToJson(event));
    if (status_.ok()) status_ = status;
  }
  void Send(const RaftTraceMessage& message) {
    Tell(message.from, Name::kSend, {.message = message});
  }
  void Receive(const RaftTraceMessage& message) {
    Turn();
    Tell(message.to, Name::kReceive, {.message = message});
  }
  void Deliver(const RaftTraceMessage& message) {
    Send(message);
    Receive(message);
  }

  void Durable(uint64_t node) {
    const RaftTraceEvent& var = vars_[node];
    Turn();
    Tell(node, Name::kReady, {.durable = {var.term, var.vote, var.last, var.last_term}});
  }
  void Follow(uint64_t node, uint64_t term, uint64_t vote = 0) {
    vars_[node].term = term;
    vars_[node].vote = vote;
    vars_[node].role = RaftRole::kFollower;
    Tell(node, Name::kBecomeFollower);
  }
  void Grant(uint64_t node, uint64_t vote) {
    vars_[node].vote = vote;
    Tell(node, Name::kGrantVote);
  }
  void Campaign(uint64_t node) {
    RaftTraceEvent& var = vars_[node];
    Turn();
    ++var.term;
    var.vote = node;
    var.role = RaftRole::kCandidate;
    Tell(node, Name::kBecomeCandidate);
  }
  void Lead(uint64_t node) {
    vars_[node].role = RaftRole::kLeader;
    Tell(node, Name::kBecomeLeader);
  }
  RaftTraceMessage Ask(uint64_t candidate, uint64_t voter) {
    const RaftTraceEvent& var = vars_[candidate];
    return {.type = Type::kVote,
            .from = candidate,
            .to = voter,
            .term = var.term,
            .index = var.last,
            .log_term = var.last_term};
  }
  static RaftTraceMessage Yes(uint64_t voter, uint64_t candidate, uint64_t term) {
    return {.type = Type::kVoteResp, .from = voter, .to = candidate, .term = term};
  }
  // Asked, it votes, and says so once that is durable.
  void Vote(uint64_t voter, uint64_t candidate) {
    Deliver(Ask(candidate, voter));
    Follow(voter, vars_[candidate].term);
    Grant(voter, candidate);
    Durable(voter);
    Deliver(Yes(voter, candidate, vars_[voter].term));
  }
  void Elect(uint64_t node, const std::vector<uint64_t>& voters) {
    Campaign(node);
    Durable(node);
    for (const uint64_t voter : voters) Vote(voter, node);
    Lead(node);
  }
  void Write(uint64_t node, uint64_t from, RaftTermRuns entries, RaftConfs confs = {}) {
    RaftTraceEvent& var = vars_[node];
    var.last = from - 1;
    for (const auto& [term, count] : entries) {
      var.last += count;
      var.last_term = term;
    }
    Tell(node, Name::kReplicate, {.from = from, .entries = entries, .confs = confs});
  }
  // A leader appends, durably.
  void Propose(uint64_t node, uint64_t count = 1) {
    Turn();
    Write(node, vars_[node].last + 1, {{vars_[node].term, count}});
    Durable(node);
  }
  void Change(uint64_t node, const RaftConf& conf) {
    Turn();
    const uint64_t index = vars_[node].last + 1;
    Write(node, index, {{vars_[node].term, 1}}, {{index, conf}});
    Tell(node, Name::kChangeConf, {.confs = {{index, conf}}});
    vars_[node].conf = index;
    Tell(node, Name::kApplyConfChange, {.confs = {{index, conf}}});
    Durable(node);
  }
  RaftTraceMessage App(uint64_t leader, uint64_t to, uint64_t previous, uint64_t previous_term,
                       RaftTermRuns entries) {
    return {.type = Type::kApp,
            .from = leader,
            .to = to,
            .term = vars_[leader].term,
            .index = previous,
            .log_term = previous_term,
            .commit = vars_[leader].commit,
            .entries = std::move(entries)};
  }
  RaftTraceMessage Ack(uint64_t follower, uint64_t leader, uint64_t index) {
    return {.type = Type::kAppResp,
            .from = follower,
            .to = leader,
            .term = vars_[follower].term,
            .index = index};
  }
  // Sent, written behind what is there, durable, acknowledged.
  void Copy(uint64_t leader, uint64_t to, RaftTermRuns entries) {
    Deliver(App(leader, to, vars_[to].last, vars_[to].last_term, entries));
    if (vars_[to].term < vars_[leader].term) Follow(to, vars_[leader].term);
    Write(to, vars_[to].last + 1, std::move(entries));
    Durable(to);
    Deliver(Ack(to, leader, vars_[to].last));
  }
  void Commit(uint64_t node, uint64_t index) {
    vars_[node].commit = index;
    Tell(node, Name::kCommit);
  }
  RaftTraceMessage Beat(uint64_t leader, uint64_t to, uint64_t commit) {
    return {.type = Type::kHeartbeat,
            .from = leader,
            .to = to,
            .term = vars_[leader].term,
            .commit = commit};
  }
  // With the log up to `last`, and the last configuration in it.
  void Restart(uint64_t node, RaftTermRuns entries, RaftConfs confs, uint64_t commit = 0,
               uint64_t repair_floor = 0) {
    RaftTraceEvent& var = vars_[node];
    Turn();
    Tell(node, Name::kCrash);
    var.role = RaftRole::kFollower;
    var.commit = commit;
    var.last = var.last_term = 0;
    for (const auto& [term, count] : entries) {
      var.last += count;
      var.last_term = term;
    }
    var.conf = confs.back().first;
    Turn();
    Tell(node, Name::kInitState,
         {.entries = entries,
          .confs = confs,
          .durable = {var.term, var.vote, var.last, var.last_term},
          .repair_floor = repair_floor});
  }

 private:
  RaftTraceChecker checker_;
  Status status_;
  uint64_t event_ = 0;
  RaftConf founders_;
  std::map<uint64_t, RaftTraceEvent> vars_;
};

// 1 leads term 1 of three and has committed its first entry, which 2 holds.
inline Story Settled() {
  Story story(3);
  story.Elect(1, {2});
  story.Propose(1);
  story.Copy(1, 2, {{1, 1}});
  story.Commit(1, 1);
  return story;
}

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_RAFT_TRACE_STORY_H_
