#include "core/raft/testing/interaction.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "core/base/check.h"
#include "core/base/strings.h"
#include "core/raft/testing/etcd_text.h"

namespace quadraft::raft {
namespace {

constexpr Duration kTick = milliseconds(100);
constexpr int kElectionTicks = 3;
constexpr int kRoundsMax = 1000;
constexpr uint64_t kSeed = 1;

std::optional<uint64_t> Number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

NodeSet Nodes(const DataDrivenCase& command, std::string_view key) {
  std::vector<NodeId> nodes;
  const auto* argument = command.Find(key);
  if (argument == nullptr) return NodeSet();
  for (const std::string& id : argument->values) nodes.push_back(NodeId(Number(id).value_or(0)));
  return NodeSet(std::move(nodes));
}

}  // namespace

// ---- Commands

StatusOr<std::string> Interaction::Run(const DataDrivenCase& command) {
  const std::string& verb = command.command;
  if (verb == "log-level") return std::string();
  if (verb == "add-nodes") return AddNodes(command);
  std::string out;
  QR_ASSIGN_OR_RETURN(const std::vector<Node*> named, Named(command));
  if (verb == "raft-state") return RaftState();
  if (verb == "stabilize") {
    QR_ASSIGN_OR_RETURN(out, Stabilize(command));
  } else if (verb == "deliver-msgs") {
    QR_ASSIGN_OR_RETURN(out, DeliverMessages(command));
  } else if (verb == "process-ready") {
    QR_ASSIGN_OR_RETURN(out, ForEach(command, "handling Ready", &Interaction::HandleReady));
  } else if (verb == "process-append-thread") {
    QR_ASSIGN_OR_RETURN(
        out, ForEach(command, "processing append thread", &Interaction::ProcessAppendThread));
  } else if (verb == "process-apply-thread") {
    return std::string();  // Entries are applied where they are handed out.
  } else if (verb == "transfer-leadership") {
    QR_RETURN_IF_ERROR(TransferLeadership(command));
  } else if (verb == "send-snapshot" && named.size() == 2) {
    out = SendSnapshot(*named[0], named[1]->raft->self());
  } else if (named.size() != 1) {
    return Unimplemented(verb);
  } else if (verb == "campaign") {
    Campaign(*named[0]);
  } else if (verb == "tick-heartbeat") {
    Tick(*named[0], 1);
  } else if (verb == "tick-election") {
    Tick(*named[0], kElectionTicks);
  } else if (verb == "set-randomized-election-timeout") {
    return std::string();  // Ours never campaigns at the third tick (kSeed).
  } else if (verb == "propose") {
    QR_ASSIGN_OR_RETURN(out, Propose(command));
  } else if (verb == "propose-conf-change") {
    QR_ASSIGN_OR_RETURN(out, ProposeChange(command, *named[0]));
  } else if (verb == "status") {
    out = ProgressOf(*named[0]);
  } else if (verb == "raft-log") {
    out = RaftLog(*named[0]);
  } else if (verb == "compact") {
    out = Compact(*named[0], LogIndex(*Number(command.arguments[1].key)));
  } else {
    return Unimplemented(verb);
  }
  if (!status_.ok()) return status_;
  return out;
}

// The numbers that stand alone: nodes.
StatusOr<std::vector<Interaction::Node*>> Interaction::Named(const DataDrivenCase& command) {
  std::vector<Node*> named;
  for (const auto& argument : command.arguments) {
    if (!Number(argument.key) || !argument.values.empty()) continue;
    if (command.command == "compact" && !named.empty()) continue;  // An index.
    QR_ASSIGN_OR_RETURN(Node* const node, At(argument.key));
    named.push_back(node);
  }
  return named;
}

StatusOr<Interaction::Node*> Interaction::At(std::string_view id) {
  const uint64_t number = Number(id).value_or(0);
  if (number == 0 || number > nodes_.size()) return InvalidArgument("no node ", id);
  return nodes_[number - 1].get();
}

StatusOr<std::string> Interaction::AddNodes(const DataDrivenCase& command) {
  for (const auto& argument : command.arguments) {
    // Ours always steps down when it is removed, and takes a change that fits when it comes.
    const auto& known = {"voters",
                         "learners",
                         "index",
                         "inflight",
                         "prevote",
                         "checkquorum",
                         "async-storage-writes",
                         "step-down-on-removal",
                         "disable-conf-change-validation",
                         "max-committed-size-per-ready"};
    if (!Number(argument.key) &&
        std::find(known.begin(), known.end(), argument.key) == known.end()) {
      return Unimplemented("nodes with ", argument.key);
    }
  }
  const auto flag = [&](std::string_view key) { return command.ValueOr(key, "false") == "true"; };
  if (nodes_.empty()) {
    pre_vote_ = flag("prevote");
    check_quorum_ = flag("checkquorum");
    async_ = flag("async-storage-writes");
    if (command.Find("max-committed-size-per-ready") != nullptr) applied_max_ = 1;
    options_.heartbeat_interval_min = options_.heartbeat_interval_max = kTick * 3 / 4;
    options_.heartbeat_grid = Duration(0);
    options_.election_timeout_min = options_.election_timeout_max =
        options_.election_timeout_start = kTick * kElectionTicks;
    options_.election_spread_percent = 99;
    options_.check_quorum_timeout_min = Duration(0);
    options_.transfer_timeout = kTick * 2 * kElectionTicks - milliseconds(1);
    options_.inflight_messages_max = Number(command.ValueOr("inflight", "256")).value_or(256);
  }
  ConfigurationState state{.voters = {.incoming = Nodes(command, "voters")},
                           .learners = Nodes(command, "learners")};
  QR_ASSIGN_OR_RETURN(const Configuration configuration, Configuration::Restore(state));
  const LogIndex index(Number(command.ValueOr("index", "0")).value_or(0));
  std::string out;
  for (uint64_t n = Number(command.arguments[0].key).value_or(0); n > 0; --n) {
    const NodeId id(nodes_.size() + 1);
    auto node = std::make_unique<Node>();
    node->random = std::make_unique<Random>(kSeed, StrCat("node/", id));
    // A script's logs begin with a configuration that counts already, or with nothing.
    node->raft = std::make_unique<Raft>(
        id, configuration, options_,
        Raft::Initial{
            .hard_state = {.commit = index}, .snapshot_index = index, .configuration_index = index},
        node->now, node->random.get());
    node->applied = index;
    node->hard.commit = index;
    nodes_.push_back(std::move(node));
    StrAppend(&out, EtcdSwitch(id, configuration), "\n");
  }
  return out;
}

void Interaction::Campaign(Node& node) {
  Raft& raft = *node.raft;
  if (raft.role() == Role::kLeader || !raft.MayCampaign()) return;
  node.now = std::max(node.now, raft.next_deadline());
  raft.Tick(node.now);
  Pump(node);
  if (pre_vote_) return;
  for (NodeId voter : raft.configuration().voters()) {
    if (voter == raft.self() || raft.role() != Role::kPreCandidate) continue;
    raft.Step(node.now, {.from = voter,
                         .to = raft.self(),
                         .term = raft.term().Next(),
                         .body = VoteReply{.pre = true, .granted = true}});
  }
  Pump(node);
}

void Interaction::Tick(Node& node, int ticks) {
  for (int i = 0; i < ticks; ++i) {
    node.now += kTick;
    node.raft->Tick(node.now);
    Pump(node);
  }
}

StatusOr<std::string> Interaction::Propose(const DataDrivenCase& command) {
  QR_ASSIGN_OR_RETURN(const std::vector<Node*> named, Named(command));
  if (named.empty() || command.arguments.size() != 2) return Unimplemented("such a proposal");
  const auto index =
      named[0]->raft->Propose(std::make_shared<const std::string>(command.arguments[1].key));
  if (absl::IsUnavailable(index.status())) return std::string("raft proposal dropped\n");
  QR_RETURN_IF_ERROR(index.status());
  Pump(*named[0]);
  return std::string();
}

StatusOr<std::string> Interaction::ProposeChange(const DataDrivenCase& command, Node& at) {
  Asked asked{.name = command.ValueOr("v1", "false") == "true" ? "EntryConfChange"
                                                               : "EntryConfChangeV2"};
  const std::string transition = command.ValueOr("transition", "auto");
  if (transition == "implicit") asked.change.transition = Transition::kJointImplicit;
  if (transition == "explicit") asked.change.transition = Transition::kJointExplicit;
  std::istringstream words(command.input);
  for (std::string word; words >> word;) {
    const auto number = Number(word.substr(1));
    const size_t kind = std::string_view("vlr").find(word[0]);  // In the order of ChangeKind.
    if (!number || kind == std::string_view::npos) return Unimplemented("a change ", word);
    asked.change.changes.push_back({static_cast<ChangeKind>(kind), NodeId(*number)});
    StrAppend(&asked.name, " ", word);
  }
  const NodeId leader = at.raft->leader();
  if (leader == NodeId{}) return std::string("raft proposal dropped\n");
  Node& node = *nodes_[leader.value() - 1];
  node.asked.push_back(std::move(asked));
  Pump(node);
  return std::string();
}

void Interaction::ProposeAsked(Node& node) {
  Raft& raft = *node.raft;
  if (raft.role() != Role::kLeader) node.asked.clear();
  while (!node.asked.empty()) {
    const Asked& asked = node.asked.front();
    const auto index = raft.ProposeChange(asked.change);
    if (absl::IsUnavailable(index.status())) return;
    if (index.ok()) {
      names_[{*index, raft.term()}] = asked.name;
    } else {
      status_.Update(raft.Propose(nullptr).status());
    }
    node.asked.pop_front();
  }
}

Status Interaction::TransferLeadership(const DataDrivenCase& command) {
  QR_ASSIGN_OR_RETURN(Node* const from, At(command.ValueOr("from", "")));
  const NodeId to(Number(command.ValueOr("to", "")).value_or(0));
  QR_RETURN_IF_ERROR(from->raft->TransferLeadership(to));
  Pump(*from);
  return OkStatus();
}

StatusOr<std::string> Interaction::ForEach(const DataDrivenCase& command, std::string_view heading,
                                           std::string (Interaction::*work)(Node&)) {
  QR_ASSIGN_OR_RETURN(const std::vector<Node*> named, Named(command));
  std::string out;
  for (Node* node : named) {
    if (named.size() > 1) StrAppend(&out, "> ", node->raft->self(), " ", heading, "\n");
    out += (this->*work)(*node);
  }
  return out;
}

StatusOr<std::string> Interaction::DeliverMessages(const DataDrivenCase& command) {
  const std::string type = command.ValueOr("type", "");
  std::string out;
  for (const auto& argument : command.arguments) {
    if (argument.key == "drop") {
      for (const std::string& id : argument.values) {
        for (const Message& message : TakeMessages(NodeId(Number(id).value_or(0)), type)) {
          StrAppend(&out, "dropped: ", EtcdMessage(message, names_), "\n");
        }
      }
    } else if (Number(argument.key)) {
      QR_ASSIGN_OR_RETURN(Node* const node, At(argument.key));
      out += Receive(*node, type);
    }
  }
  return out;
}

StatusOr<std::string> Interaction::Stabilize(const DataDrivenCase& command) {
  QR_ASSIGN_OR_RETURN(std::vector<Node*> some, Named(command));
  if (some.empty()) {
    for (const auto& node : nodes_) some.push_back(node.get());
  }
  std::string out;
  for (int round = 0; round < kRoundsMax; ++round) {
    bool quiet = true;
    const auto all = [&](auto has, std::string_view heading, auto work) {
      for (Node* node : some) {
        if (!has(*node)) continue;
        quiet = false;
        StrAppend(&out, "> ", node->raft->self(), " ", heading, "\n", work(*node));
      }
    };
    all([this](const Node& node) { return HasReady(node); }, "handling Ready",
        [this](Node& node) { return HandleReady(node); });
    all([this](const Node& node) { return HasMessages(node); }, "receiving messages",
        [this](Node& node) { return Receive(node, ""); });
    all([](const Node& node) { return !node.append_work.empty(); }, "processing append thread",
        [this](Node& node) {
          std::string work;
          while (!node.append_work.empty()) work += ProcessAppendThread(node);
          return work;
        });
    if (quiet) return out;
  }
  return Internal("does not stabilize");
}

// ---- Views

std::string Interaction::RaftLog(const Node& node) const {
  if (node.storage.empty()) {
    const LogIndex last = node.raft->log().snapshot_index();
    return StrCat("log is empty: first index=", last.Next(), ", last index=", last, "\n");
  }
  std::string out;
  for (const Entry& entry : node.storage) StrAppend(&out, EtcdEntry(entry, names_), "\n");
  return out;
}

std::string Interaction::RaftState() const {
  std::string out;
  for (const auto& node : nodes_) {
    const Raft& raft = *node->raft;
    StrAppend(&out, raft.self(), ": ", EtcdRole(raft.role()),
              raft.configuration().IsVoter(raft.self()) ? " (Voter)" : " (Non-Voter)",
              " Term:", raft.term(), " Lead:", raft.leader(), "\n");
  }
  return out;
}

std::string Interaction::ProgressOf(const Node& node) const {
  const Raft& raft = *node.raft;
  std::string out;
  for (NodeId member : raft.configuration().Members()) {
    Progress progress{.node = raft.self(),
                      .state = ProgressState::kReplicate,
                      .match = raft.log().stable_index(),
                      .next = raft.log().stable_index().Next()};
    const Leader* const leader = raft.leader_state();
    const Progress* const known = leader != nullptr ? leader->peers.Find(member) : nullptr;
    if (known != nullptr) progress = *known;
    StrAppend(&out, member, ": ", EtcdProgress(progress, options_), "\n");
  }
  return out;
}

std::string Interaction::Compact(Node& node, LogIndex index) {
  index = std::min(index, node.applied);
  while (!node.storage.empty() && node.storage.front().index <= index) node.storage.pop_front();
  node.raft->Compact(index);
  Pump(node);
  return RaftLog(node);
}

}  // namespace quadraft::raft
