#include "jepsen/real/run.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

#include "jepsen/real/judge.h"
#include "jepsen/real/workload.h"

namespace quadraft::jepsen {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReadTimeout{5000};
constexpr milliseconds kFailoverPoll{5};
// More than the limit: a slow failover is measured, not only refused.
constexpr milliseconds kFailoverGiveUp{20'000};

// What ends a run early. Violations are DataLoss or DeadlineExceeded; everything else means that it
// could not be judged. could not be judged.
RunVerdict VerdictOf(const Status& status) {
  if (status.ok()) return RunVerdict::kOk;
  const bool is_violation = status.code() == absl::StatusCode::kDataLoss ||
                            status.code() == absl::StatusCode::kDeadlineExceeded;
  return is_violation ? RunVerdict::kViolation : RunVerdict::kFailed;
}

class Run {
 public:
  Run(const RunOptions& options, std::ostream& out)
      : options_(options), out_(out), random_(options.seed, "nemesis") {}

  Status All();

 private:
  Status StartCluster();
  Status HurtWhileWorking();
  Status HealAndCompare();
  Status ReadSetEverywhere(const Workload& workload);
  Status JudgeRegisters(Workload& workload);
  Status FailoverRound(int round);
  milliseconds Between(int low, int high) { return milliseconds(random_.Between(low, high)); }

  const RunOptions& options_;
  std::ostream& out_;
  Random random_;
  std::unique_ptr<Cluster> cluster_;
};

Status Run::All() {
  QR_RETURN_IF_ERROR(StartCluster());
  QR_RETURN_IF_ERROR(HurtWhileWorking());
  for (int round = 1; round <= options_.failover_rounds; ++round) {
    QR_RETURN_IF_ERROR(FailoverRound(round));
  }
  return cluster_->CheckAlive();
}

Status Run::StartCluster() {
  std::error_code error;
  std::filesystem::create_directories(options_.folder, error);
  if (error) return Internal("cannot make ", options_.folder, ": ", error.message());
  if (!std::filesystem::exists(options_.binary)) return NotFound("no binary ", options_.binary);
  QR_ASSIGN_OR_RETURN(cluster_,
                      Cluster::Create({.binary = options_.binary, .folder = options_.folder}));
  const auto start = RealClock::now();
  QR_RETURN_IF_ERROR(cluster_->Heal());
  QR_RETURN_IF_ERROR(cluster_->WaitUntilReady(options_.recovery_max));
  const auto took = std::chrono::duration_cast<milliseconds>(RealClock::now() - start);
  out_ << "start: " << cluster_->size() << " nodes ready after " << took.count() << " ms, in "
       << options_.folder << std::endl;
  return OkStatus();
}

Status Run::HurtWhileWorking() {
  Workload workload(cluster_->http_ports(), {.seed = options_.seed});
  workload.Start();
  std::map<std::string_view, int> injected;
  const auto end = RealClock::now() + options_.duration;
  std::vector<const NemesisRow*> deck;
  while (RealClock::now() < end) {
    std::this_thread::sleep_for(Between(500, 1500));
    QR_RETURN_IF_ERROR(cluster_->CheckAlive());
    if (options_.nemeses.empty()) continue;
    // Every fault once before any comes again.
    if (deck.empty()) {
      deck = options_.nemeses;
      for (size_t i = deck.size() - 1; i > 0; --i) std::swap(deck[i], deck[random_.Below(i + 1)]);
    }
    const NemesisRow* fault = deck.back();
    deck.pop_back();
    ++injected[fault->name];
    workload.Note(std::string(fault->name));
    fault->inject(*cluster_, random_);
    std::this_thread::sleep_for(Between(500, 2000));
    QR_RETURN_IF_ERROR(cluster_->CheckAlive());
    QR_RETURN_IF_ERROR(cluster_->Heal());
    workload.Note("heal");
  }
  QR_RETURN_IF_ERROR(HealAndCompare());
  workload.Stop();
  const WorkloadCounts counts = workload.counts();
  out_ << "work: " << counts.done << " operations done, " << counts.not_done << " not done, "
       << counts.unknown << " unknown; faults:";
  bool changes_wanted = false;
  for (const auto& [name, count] : injected) {
    out_ << " " << name << " " << count;
    changes_wanted |= name.starts_with("remove-") || name == "transfer-leader";
  }
  if (changes_wanted) out_ << "; " << cluster_->members_changes() << " changes of members taken";
  out_ << std::endl;
  if (changes_wanted && cluster_->members_changes() == 0) {
    return Internal("not one change of members was taken: there is nothing to judge");
  }
  QR_RETURN_IF_ERROR(workload.harness_error());
  if (counts.done == 0) return Internal("not one operation was done: there is nothing to judge");
  QR_RETURN_IF_ERROR(JudgeRegisters(workload));
  QR_RETURN_IF_ERROR(cluster_->WaitUntilEqual(options_.recovery_max));
  return ReadSetEverywhere(workload);
}

// While the clients go on: every node must be ready again in time.
Status Run::HealAndCompare() {
  QR_RETURN_IF_ERROR(cluster_->Heal());
  const auto start = RealClock::now();
  QR_RETURN_IF_ERROR(
      Annotate(cluster_->WaitUntilReady(options_.recovery_max), "after the last fault was healed"));
  const auto took = std::chrono::duration_cast<milliseconds>(RealClock::now() - start);
  out_ << "heal: all nodes ready after " << took.count() << " ms" << std::endl;
  return OkStatus();
}

Status Run::JudgeRegisters(Workload& workload) {
  History history = workload.TakeHistory();
  // Last words: every register, read at every node.
  int64_t process = WorkloadOptions::kValuesMax;
  const int64_t now = history.empty() ? 0 : history.events().back().time;
  for (int node = 1; node <= cluster_->size(); ++node) {
    StoreClient client(cluster_->http_port(node));
    for (int64_t key = 0; key < WorkloadOptions().registers; ++key) {
      history.Invoke(++process, "read", Value(), now, Value::Int(key));
      const auto value = client.ReadRegister(key, kReadTimeout);
      if (!value.ok()) {
        return Annotate(value.status(), StrCat("node ", node, " does not answer after the faults"));
      }
      history.Ok(process, *value, now);
    }
  }
  return JudgeRegisterHistory(history, options_.folder, out_);
}

Status Run::ReadSetEverywhere(const Workload& workload) {
  for (int node = 1; node <= cluster_->size(); ++node) {
    StoreClient client(cluster_->http_port(node));
    const auto found = client.ReadSet(kReadTimeout);
    if (!found.ok()) return Annotate(found.status(), StrCat("the set at node ", node));
    QR_RETURN_IF_ERROR(Annotate(workload.CheckSet(*found), StrCat("the set at node ", node)));
  }
  out_ << "set: all " << workload.acknowledged_elements()
       << " acknowledged elements are there, at every node" << std::endl;
  return OkStatus();
}

Status Run::FailoverRound(int round) {
  QR_RETURN_IF_ERROR(cluster_->WaitUntilReady(options_.recovery_max));
  // Only writes, with little patience: a request that hangs on the dead leader must not hide the
  // new one.
  Workload workload(cluster_->http_ports(), {.seed = options_.seed + static_cast<uint64_t>(round),
                                             .register_clients = 0,
                                             .set_clients = 6,
                                             .timeout = milliseconds(300),
                                             .first_value = round * WorkloadOptions::kValuesMax});
  workload.Start();
  std::this_thread::sleep_for(milliseconds(700));
  const std::optional<int> leader = cluster_->Leader();
  if (!leader) return DeadlineExceeded("no leader in a healthy cluster");
  cluster_->Kill(*leader);
  workload.ArmFirstAck();
  const auto killed = RealClock::now();
  while (!workload.first_ack() && RealClock::now() < killed + kFailoverGiveUp) {
    std::this_thread::sleep_for(kFailoverPoll);
  }
  const auto first_ack = workload.first_ack();
  if (!first_ack) {
    return DeadlineExceeded("no write was acknowledged within ", kFailoverGiveUp.count(),
                            " ms after kill -9 of the leader");
  }
  std::this_thread::sleep_for(milliseconds(500));
  const auto restarted = RealClock::now();
  QR_RETURN_IF_ERROR(cluster_->Start(*leader));
  std::this_thread::sleep_for(milliseconds(300));
  workload.Stop();
  QR_RETURN_IF_ERROR(workload.harness_error());
  QR_RETURN_IF_ERROR(Annotate(cluster_->WaitUntilEqual(options_.recovery_max),
                              StrCat("node ", *leader, " was killed and started again")));
  const auto caught_up = std::chrono::duration_cast<milliseconds>(RealClock::now() - restarted);
  out_ << "failover " << round << ": next write " << first_ack->count()
       << " ms after kill -9 of the leader (limit " << options_.failover_max.count() << "); node "
       << *leader << " caught up " << caught_up.count() << " ms after its restart" << std::endl;
  if (*first_ack > options_.failover_max) {
    return DeadlineExceeded("failover took longer than ", options_.failover_max.count(), " ms");
  }
  return ReadSetEverywhere(workload);
}

}  // namespace

RunVerdict RunNemesis(const RunOptions& options, std::ostream& out) {
  const Status status = Run(options, out).All();
  const RunVerdict verdict = VerdictOf(status);
  if (!status.ok()) out << Message(status) << "\n";
  out << "seed=" << options.seed << " verdict="
      << (verdict == RunVerdict::kOk          ? "ok"
          : verdict == RunVerdict::kViolation ? "VIOLATION"
                                              : "FAILED")
      << std::endl;
  return verdict;
}

}  // namespace quadraft::jepsen
