#include "core/raft/testing/scenario.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "core/base/strings.h"
#include "core/raft/testing/cluster.h"

namespace quadraft::raft {
namespace {

constexpr uint64_t kSeed = 1;

struct Link {
  int from = 0;  // 0: any.
  int to = 0;
  bool Matches(const Message& message) const {
    return (from == 0 || message.from == NodeId(from)) && (to == 0 || message.to == NodeId(to));
  }
};

class Runner {
 public:
  // Output of one command; an error when it is not one.
  StatusOr<std::string> Run(const std::vector<std::string>& words) {
    if (words.empty()) return InvalidArgument("empty command");
    if (words[0] == "cluster") return MakeCluster(words);
    if (cluster_ == nullptr) return InvalidArgument("no cluster yet");
    std::string output;
    QR_RETURN_IF_ERROR(Command(words, &output));
    std::string trace = cluster_->TakeTrace();
    if (words[0] == "settle") trace = WithoutDeliveries(trace);
    if (words[0] == "pass") trace = WithoutDeliveries(trace);
    output = trace + output;
    if (!cluster_->status().ok() && violation_.ok()) {
      violation_ = cluster_->status();
      StrAppend(&output, "VIOLATION ", violation_.message(), "\n");
    }
    return output;
  }
  const Status& violation() const { return violation_; }

 private:
  StatusOr<std::string> MakeCluster(const std::vector<std::string>& words) {
    if (words.size() < 2) return InvalidArgument("cluster N");
    // The scenarios' own times: the golden files do not move with the defaults.
    Options options;
    for (Duration* timeout : {&options.election_timeout_min, &options.election_timeout_max,
                              &options.election_timeout_start}) {
      *timeout = milliseconds(300);
    }
    options.heartbeat_interval_min = options.heartbeat_interval_max = milliseconds(50);
    options.heartbeat_grid = Duration(0);
    options.check_quorum_timeout_min = options.transfer_timeout = milliseconds(600);
    int spares = 0;
    bool sleep = false;
    random_ = std::make_unique<Random>(kSeed, "delays");
    due_.clear();
    for (size_t i = 2; i < words.size(); ++i) {
      const size_t equals = std::min(words[i].find('='), words[i].size() - 1);
      const std::string option = words[i].substr(0, equals);
      const int value = std::atoi(words[i].c_str() + equals + 1);
      if (option == "append_entries_max") {
        options.append_entries_max = value;
      } else if (option == "spares") {
        spares = value;
      } else if (option == "sleep") {
        sleep = value != 0;
      } else if (option == "lease") {
        options.lease_reads = value != 0;
      } else if (option == "adaptive") {
        options = {.append_entries_max = options.append_entries_max};
        options.election_timeout_min = milliseconds(50);
        options.election_timeout_max = seconds(1);
        options.election_timeout_start = milliseconds(600);
        options.heartbeat_interval_min = options.heartbeat_grid = milliseconds(10);
        options.heartbeat_interval_max = milliseconds(100);
      } else {
        return InvalidArgument("no option ", words[i]);
      }
    }
    cluster_ = std::make_unique<Cluster>(std::atoi(words[1].c_str()), options, kSeed,
                                         /*trace=*/true, spares, sleep);
    return std::string();
  }

  static std::string WithoutDeliveries(const std::string& trace) {
    std::istringstream lines(trace);
    std::string line, kept;
    while (std::getline(lines, line)) {
      if (!line.starts_with("deliver ")) StrAppend(&kept, line, "\n");
    }
    return kept;
  }

  static StatusOr<Link> ParseLink(const std::string& word) {
    if (word == "all") return Link{};
    const size_t arrow = word.find("->");
    if (arrow == std::string::npos) return InvalidArgument("not a link: ", word);
    const auto node = [](const std::string& text) {
      return text == "*" ? 0 : std::atoi(text.c_str());
    };
    return Link{.from = node(word.substr(0, arrow)), .to = node(word.substr(arrow + 2))};
  }

  // "change 1 add 4 5 remove 1 joint"; "leave 1".
  static StatusOr<ConfigurationChange> ParseChange(const std::vector<std::string>& words) {
    ConfigurationChange change;
    if (words[0] == "leave") return change;
    std::optional<ChangeKind> kind;
    for (size_t i = 2; i < words.size(); ++i) {
      const uint64_t number = std::strtoull(words[i].c_str(), nullptr, 10);
      if (words[i] == "add") {
        kind = ChangeKind::kAddVoter;
      } else if (words[i] == "learner") {
        kind = ChangeKind::kAddLearner;
      } else if (words[i] == "remove") {
        kind = ChangeKind::kRemove;
      } else if (words[i] == "joint") {
        change.transition = Transition::kJointImplicit;
      } else if (words[i] == "explicit") {
        change.transition = Transition::kJointExplicit;
      } else if (kind && number != 0) {
        change.changes.push_back({*kind, NodeId(number)});
      } else {
        return InvalidArgument("no change ", words[i]);
      }
    }
    if (change.changes.empty()) return InvalidArgument("change N add|learner|remove M ...");
    return change;
  }

  Status Command(const std::vector<std::string>& words, std::string* output) {
    const std::string& verb = words[0];
    const std::string argument = words.size() > 1 ? words[1] : "";
    const int node = std::atoi(argument.c_str());
    if (verb == "settle") {
      cluster_->Settle();
    } else if (verb == "status") {
      *output = Describe();
    } else if (verb == "members") {
      *output = DescribeMembers();
    } else if (verb == "pass") {
      return Pass(words);
    } else if (verb == "pace") {
      *output = EachNode([](const Raft& raft, int) {
        return StrCat(RoleName(raft.role()), " term=", raft.term(),
                      " timeout=", raft.election_timeout() / milliseconds(1), " ms",
                      raft.quiesced() ? " asleep" : "");
      });
    } else if (verb == "leases") {
      *output = EachNode([this](const Raft& raft, int node) {
        const MonotonicTime now = cluster_->now(node);
        std::string out = StrCat(RoleName(raft.role()), " term=", raft.term());
        const Leader* const leader = raft.leader_state();
        if (leader == nullptr) return out;
        const auto left = [&](MonotonicTime until) {
          return StrCat(std::max(until - now, Duration(0)) / milliseconds(1), " ms");
        };
        if (raft.LeaseHolds(now)) StrAppend(&out, " lease for ", left(leader->lease.until()));
        if (leader->commit_gate != MonotonicTime{}) StrAppend(&out, " waits for ", left(leader->commit_gate));
        return out;
      });
    } else if (verb == "bag") {
      for (const Message& message : cluster_->bag())
        StrAppend(output, raft::Describe(message), "\n");
    } else if (verb == "deliver" || verb == "drop" || verb == "double") {
      QR_ASSIGN_OR_RETURN(const Link link, ParseLink(argument));
      Messages(verb, link);
    } else if (verb == "cut" || verb == "heal") {
      QR_ASSIGN_OR_RETURN(const Link link, ParseLink(argument));
      cluster_->Cut(link.from, link.to, verb == "cut");
    } else if (verb == "sync" && argument == "all") {
      for (int i = 1; i <= cluster_->size(); ++i) cluster_->Sync(i);
    } else if (node < 1 || node > cluster_->size()) {
      return InvalidArgument("no command ", verb, " ", argument);
    } else if (verb == "change" || verb == "leave") {
      QR_ASSIGN_OR_RETURN(const ConfigurationChange change, ParseChange(words));
      const auto index = cluster_->Change(node, change);
      StrAppend(output, index.ok() ? StrCat("index=", *index) : ToString(index.status()), "\n");
    } else if (verb == "log") {
      std::vector<RaftTerm> terms;
      for (size_t i = 2; i < words.size(); ++i) {
        terms.push_back(RaftTerm(std::strtoull(words[i].c_str(), nullptr, 10)));
      }
      cluster_->RestartWithLog(node, terms);
    } else {
      return NodeCommand(verb, node, words.size() > 2 ? words[2] : "", output);
    }
    return OkStatus();
  }

  Status NodeCommand(const std::string& verb, int node, const std::string& argument,
                     std::string* output) {
    const uint64_t number = std::strtoull(argument.c_str(), nullptr, 10);
    if (verb == "timeout") {
      cluster_->Timeout(node);
    } else if (verb == "advance") {
      cluster_->Advance(node, milliseconds(number));
    } else if (verb == "propose") {
      const auto index = cluster_->Propose(node, argument);
      StrAppend(output, index.ok() ? StrCat("index=", *index) : ToString(index.status()), "\n");
    } else if (verb == "transfer") {
      const Status status = cluster_->Transfer(node, static_cast<int>(number));
      StrAppend(output, status.ok() ? "begun" : ToString(status), "\n");
    } else if (verb == "read") {
      cluster_->Read(node, number);
    } else if (verb == "silent" || verb == "back") {
      cluster_->SetSilent(node, static_cast<int>(number), verb == "silent");
    } else if (verb == "compact") {
      cluster_->Compact(node, LogIndex(number));
    } else if (verb == "sync") {
      cluster_->Sync(node, argument.empty() ? SIZE_MAX : number);
    } else if (verb == "crash") {
      cluster_->Crash(node, number);
    } else if (verb == "restart") {
      cluster_->Restart(node);
    } else if (verb == "damage") {
      cluster_->RestartDamaged(node, LogIndex(number));
    } else if (verb == "isolate" || verb == "join") {
      for (int other = 1; other <= cluster_->size(); ++other) {
        if (other == node) continue;
        cluster_->Cut(node, other, verb == "isolate");
        cluster_->Cut(other, node, verb == "isolate");
      }
    } else {
      return InvalidArgument("no command ", verb);
    }
    return OkStatus();
  }

  // Time goes by in steps of a millisecond; what was on its way before arrives at once.
  Status Pass(const std::vector<std::string>& words) {
    int64_t delay = 0, jitter = 0, hold = 0;
    for (size_t i = 2; i < words.size(); ++i) {
      const size_t equals = std::min(words[i].find('='), words[i].size() - 1);
      const std::string name = words[i].substr(0, equals);
      const int64_t value = std::atoll(words[i].c_str() + equals + 1);
      if (name == "delay") {
        delay = value;
      } else if (name == "jitter") {
        jitter = value;
      } else if (name == "hold") {
        hold = value;
      } else {
        return InvalidArgument("no option ", words[i]);
      }
    }
    const int64_t until = passed_ms_ + std::atoll(words.size() > 1 ? words[1].c_str() : "0");
    due_.resize(std::min(due_.size(), cluster_->bag().size()));
    while (passed_ms_ < until) {
      ++passed_ms_;
      for (int node = 1; node <= cluster_->size(); ++node) {
        cluster_->Advance(node, milliseconds(1));
        cluster_->Sync(node);
      }
      for (size_t position = 0; position < cluster_->bag().size();) {
        while (due_.size() < cluster_->bag().size()) {
          due_.push_back(hold != 0 ? until + 1 : passed_ms_ + delay + random_->Between(0, jitter));
        }
        if (due_[position] > passed_ms_) {
          ++position;
          continue;
        }
        cluster_->Deliver(position);
        due_.erase(due_.begin() + static_cast<ptrdiff_t>(position));
      }
    }
    return OkStatus();
  }

  // The matching messages that are on their way now, not those that they cause.
  void Messages(const std::string& verb, const Link& link) {
    size_t position = 0;
    for (size_t left = cluster_->bag().size(); left > 0; --left) {
      if (!link.Matches(cluster_->bag()[position])) {
        ++position;
      } else if (verb == "drop") {
        cluster_->Drop(position);
      } else if (verb == "double") {
        cluster_->Deliver(position++, /*keep=*/true);
      } else {
        cluster_->Deliver(position);
      }
    }
  }

  // A line for each node; `describe` (of a Raft that is up, and its number) gives the rest of it.
  template <typename Describe>
  std::string EachNode(Describe describe) const {
    std::string out;
    for (int node = 1; node <= cluster_->size(); ++node) {
      StrAppend(&out, node, " ", cluster_->up(node) ? describe(cluster_->raft(node), node) : "down",
                "\n");
    }
    return out;
  }

  std::string Describe() const {
    return EachNode([this](const Raft& raft, int node) {
      std::string out =
          StrCat(RoleName(raft.role()), " term=", raft.term(), " leader=", raft.leader(),
                 " commit=", raft.commit(), " applied=", cluster_->applied(node),
                 " stable=", raft.log().stable_index(), " log=(", raft.log().snapshot_index(), "/",
                 raft.log().snapshot_term(), ")");
      for (LogIndex i = raft.log().snapshot_index().Next(); i <= raft.log().last_index();
           i = i.Next()) {
        StrAppend(&out, " ", i, "/", raft.log().at(i).term);
      }
      return out;
    });
  }

  std::string DescribeMembers() const {
    return EachNode([](const Raft& raft, int) {
      return StrCat(raft::Describe(raft.configuration()), " at ", raft.configuration_index(),
                    raft.configuration_index() > raft.commit() ? ", not committed" : "",
                    raft.removed() ? ", was told that it is removed" : "",
                    raft.MayCampaign() ? "" : ", may not campaign");
    });
  }

  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Random> random_;  // Of delays.
  std::deque<int64_t> due_;         // Of the messages in the bag, in its order.
  int64_t passed_ms_ = 0;
  Status violation_;
};

}  // namespace

ScenarioResult RunScenario(std::string_view text) {
  ScenarioResult result;
  Runner runner;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.empty() || line[0] == '#') StrAppend(&result.text, line, "\n");
    if (line.empty() || line[0] != '>') continue;
    StrAppend(&result.text, line, "\n");
    std::istringstream split(line.substr(1));
    std::vector<std::string> words;
    for (std::string word; split >> word;) words.push_back(word);
    const auto output = runner.Run(words);
    if (!output.ok()) {
      result.error = Annotate(output.status(), StrCat("line ", number));
      return result;
    }
    result.text += *output;
  }
  result.violation = runner.violation();
  return result;
}

}  // namespace quadraft::raft
