#include "sim/explore/phases.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/sim_points.h"
#include "jepsen/history/own_format.h"
#include "sim/explore/server_command.h"
#include "sim/trace/trace.h"

namespace quadraft::sim {
namespace {

constexpr Duration kSlice = milliseconds(20);  // How often a wait looks.
constexpr size_t kLogTailLines = 15;

WorldOptions MakeWorldOptions(const RunOptions& options) {
  WorldOptions world;
  world.print_logs = options.print_logs;
  world.print_level = options.log_level;
  world.keep_level = std::min(options.log_level, LogLevel::kInfo);
  return world;
}

OperationTape MakeOperations(const Tape& tape) {
  if (!tape.listed) return OperationTape(tape.seed);
  return OperationTape(tape.seed, tape.operations);
}

}  // namespace

PhasedRun::PhasedRun(const Tape& tape, const RunOptions& options)
    : tape_(tape),
      stop_(options.stop),
      keep_histories_(options.keep_histories),
      world_(tape.seed, MakeWorldOptions(options)),
      checkers_(&world_),
      operations_(MakeOperations(tape)),
      scenario_(tape_.scenario->make({&world_, &checkers_, &tape_.settings, &operations_})),
      observer_(options.observer) {
  context_.world = &world_;
  context_.nodes = scenario_->servers();
  context_.clients = scenario_->clients();
  if (tape_.settings["raft.lease-reads"] != 0) {
    context_.clock_drift_ppm_max = raft::Options().clock_drift_ppm_max;
  }
  context_.leader = [this] { return scenario_->Leader(); };
  context_.restart = [this](NodeId node, Duration delay) {
    world_.process(node).StartAfter(delay);
  };
  context_.command = [this](NodeId node, ServerCommand command) {
    const Process& process = world_.process(node);
    return process.running() && !process.paused() && scenario_->Command(node, command);
  };
  context_.change_members = [this](NodeId node, Random& random, MemberStep step) {
    const Process& process = world_.process(node);
    return process.running() && !process.paused() && scenario_->ChangeMembers(node, random, step);
  };
  replacements_ = std::make_unique<Replacements>(&world_, scenario_.get(), &context_);
  context_.replace = [this](NodeId lost) { replacements_->Begin(lost); };
  context_.configure = [this](NodeId node, const ServerConfig& server) {
    scenario_->Configure(node, server);
  };
  nemesis_ = std::make_unique<Nemesis>(&context_, tape_.faults);
  if (options.trace != nullptr) TraceTo(options.trace, &world_);
  if (stop_.any()) WatchForStop();
  // Drawn by name, so that a new point moves no other's draws. They end with the faults.
  if (tape_.settings["sim.points"] != 0) {
    ResetSimPoints([this, randoms = std::map<std::string_view, Random*>()](std::string_view point,
                                                                           int percent) mutable {
      if (!core_.empty()) return false;
      Random*& random = randoms[point];
      if (random == nullptr) random = &world_.random(StrCat("sim/maybe/", point));
      return random->Below(100) < static_cast<uint64_t>(percent);
    });
  } else {
    ResetSimPoints(nullptr);
  }
  if (observer_ == nullptr) return;
  world_.set_observer(observer_);
  observer_->Begin(&world_, [this](NodeId id) { return scenario_->RaftOf(id); });
}

void PhasedRun::EnterPhase(std::string_view name) {
  if (observer_ != nullptr) observer_->OnPhase(name);
}

PhasedRun::~PhasedRun() { ResetSimPoints(nullptr); }

void PhasedRun::WatchForStop() {
  world_.AddHook([this](const EventRecord& event) {
    if (!stopped_.empty()) return;
    if (stop_.event > 0 && world_.events() >= stop_.event) {
      stopped_ = StrCat("event ", world_.events());
    } else if (stop_.time > Duration(0) && event.time_ns >= stop_.time.count()) {
      stopped_ = StrCat("time ", FormatDuration(Duration(event.time_ns)));
    } else if (!stop_.invariant.empty()) {
      const Status status = Violation();
      if (status.ok()) return;
      const std::string key = FailureKey(Message(status));
      if (stop_.invariant != "any" && key.find(stop_.invariant) == std::string::npos) return;
      stopped_ = StrCat("broken: ", Message(status));
    } else {
      return;
    }
    world_.Stop();
  });
}

Status PhasedRun::Violation() const {
  QR_RETURN_IF_ERROR(checkers_.violation());
  return scenario_->Violation();
}

Status PhasedRun::RunFor(Duration duration) {
  const Duration end = world_.now() + duration;
  while (world_.now() < end) {
    world_.RunFor(std::min(kSlice, end - world_.now()));
    if (!stopped_.empty()) return Cancelled("stopped: ", stopped_);
    QR_RETURN_IF_ERROR(Violation());
    KeepOutsidersBroken();
  }
  return OkStatus();
}

// Internal with `what` when `condition` does not come to hold within `bound`.
Status PhasedRun::Await(Duration bound, std::string_view what,
                        absl::AnyInvocable<bool()> condition) {
  const Duration end = world_.now() + bound;
  while (!condition()) {
    if (world_.now() >= end) return Internal("progress: ", what);
    QR_RETURN_IF_ERROR(RunFor(kSlice));
  }
  return OkStatus();
}

Status PhasedRun::To(Duration time) {
  if (!started_) {
    started_ = true;
    EnterPhase("safety");
    scenario_->Start();
    nemesis_->Start();
  }
  return RunFor(std::max(Duration(0), time - world_.now()));
}

void PhasedRun::Extend(const std::vector<FaultEntry>& entries, Duration end) {
  for (const FaultEntry& entry : entries) {
    tape_.faults.push_back(entry);
    nemesis_->Add(entry);
  }
  tape_.safety_end = tape_.beyond_end = end;
}

Status PhasedRun::ToEnd() {
  QR_RETURN_IF_ERROR(To(tape_.safety_end));
  if (tape_.beyond_end > tape_.safety_end) EnterPhase("beyond tolerance");
  QR_RETURN_IF_ERROR(To(tape_.beyond_end));
  QR_RETURN_IF_ERROR(Repair());
  return Rest();
}

// The outsiders of the tape and the nodes that faults broke for good; of the former only as many as
// leave a majority.
void PhasedRun::ChooseCore() {
  const std::vector<NodeId>& servers = scenario_->servers();
  const auto serves = [&](NodeId node) {
    return std::find(servers.begin(), servers.end(), node) != servers.end();
  };
  for (const NodeId id : servers) {
    if (!world_.process(id).broken()) continue;
    world_.process(id).Retire();
    outsiders_.push_back({id, Fate::kDown});
  }
  for (const Outsider& outsider : tape_.outsiders) {
    if ((outsiders_.size() + 1) * 2 >= servers.size()) break;
    if (!world_.process(outsider.node).broken() && serves(outsider.node)) {
      outsiders_.push_back(outsider);
    }
  }
  for (const NodeId id : servers) {
    if (std::none_of(outsiders_.begin(), outsiders_.end(),
                     [&](const Outsider& outsider) { return outsider.node == id; })) {
      core_.push_back(id);
    }
  }
}

// Supervisors and faults that end may have started or resumed one.
void PhasedRun::KeepOutsidersBroken() {
  for (const Outsider& outsider : outsiders_) {
    Process& process = world_.process(outsider.node);
    if (outsider.fate == Fate::kDown && process.running()) process.Crash(CrashKind::kKill);
    if (outsider.fate == Fate::kPaused && process.running() && !process.paused()) process.Pause();
  }
}

// Outsiders are chosen among all servers: before they break, whoever was removed is back.
Status PhasedRun::RestoreMembers() {
  if (!*context_.members_changing) return OkStatus();
  for (const NodeId id : scenario_->servers()) {
    world_.process(id).Resume();
    world_.process(id).Start();
  }
  QR_RETURN_IF_ERROR(Await(kProgressBound, "the members that were removed do not come back", [&] {
    const raft::Raft* const leader = scenario_->RaftOf(scenario_->Leader());
    if (leader == nullptr || !AllVote(*leader, scenario_->servers())) return false;
    return std::all_of(scenario_->servers().begin(), scenario_->servers().end(), [&](NodeId id) {
      const raft::Raft* const raft = scenario_->RaftOf(id);
      return raft != nullptr && raft->configuration_index() == leader->configuration_index();
    });
  }));
  *context_.members_changing = false;
  return OkStatus();
}

// So with who is replaced: as long as the old one counts, a majority is one of the old servers.
Status PhasedRun::FinishReplacements() {
  if (!replacements_->under_way()) return OkStatus();
  for (const NodeId id : scenario_->servers()) {
    world_.process(id).Resume();
    world_.process(id).Start();
  }
  return Await(kProgressBound, "a node that lost its disk is not replaced", [&] {
    for (const auto& [lost, spare] : replacements_->spares()) world_.process(spare).Start();
    return !replacements_->under_way();
  });
}

Status PhasedRun::Repair() {
  EnterPhase("repair");
  nemesis_->StopAll();
  QR_RETURN_IF_ERROR(RestoreMembers());
  QR_RETURN_IF_ERROR(FinishReplacements());
  ChooseCore();
  for (const Outsider& outsider : outsiders_) {
    if (outsider.fate != Fate::kPartitioned) continue;
    for (const NodeId id : scenario_->servers()) {
      if (id == outsider.node) continue;
      world_.network().Cut(outsider.node, id);
      world_.network().Cut(id, outsider.node);
    }
  }
  KeepOutsidersBroken();
  for (const NodeId id : core_) {
    world_.process(id).Resume();
    world_.process(id).Start();
  }
  operations_.Release();
  scenario_->BeginRepair(core_);
  return Await(kProgressBound,
               StrCat("faults ended ", kProgressBound / seconds(1),
                      " s ago, and not every client has had a write acknowledged since, or not "
                      "every node of the core got on"),
               [&] { return scenario_->Progressed(); });
}

Status PhasedRun::Rest() {
  EnterPhase("rest");
  scenario_->StopIssuing();
  QR_RETURN_IF_ERROR(
      Await(kRestBound, "an operation never ended", [&] { return scenario_->Idle(); }));
  QR_RETURN_IF_ERROR(Await(kRestBound, "the servers do not come to hold the same",
                           [&] { return scenario_->Settled(); }));
  EnterPhase("final reads");
  scenario_->BeginFinalReads();
  QR_RETURN_IF_ERROR(
      Await(kRestBound, "the final reads do not end", [&] { return scenario_->FinalReadsDone(); }));
  QR_RETURN_IF_ERROR(checkers_.AtEnd());
  return scenario_->CheckHistory();
}

Tape PhasedRun::Recorded() const {
  Tape tape = tape_;
  tape.listed = true;
  tape.operations = operations_.taken();
  return tape;
}

RunReport PhasedRun::Report(const Status& status) {
  RunReport report;
  report.events = world_.events();
  report.sim_ns = world_.now_ns();
  report.hash = world_.hash();
  report.operations = scenario_->Operations();
  report.faults = nemesis_->fired();
  report.points = SimFirings();
  report.marks = SimMarks();
  report.stopped = stopped_;
  for (const Workload* workload : scenario_->workloads()) {
    if (!keep_histories_) break;
    report.histories.push_back(
        {std::string(workload->name()), std::string(workload->history_model()),
         jepsen::ToOwnFormat(workload->history(), workload->history_model())});
  }
  if (!status.ok()) report.state = NodeStates();
  if (!status.ok() && stopped_.empty()) {
    report.violation = Message(status);
    report.log_tail = LogTail();
  }
  if (observer_ != nullptr) observer_->End(report.violation);
  world_.set_observer(nullptr);  // What comes down with the run is not part of it.
  return report;
}

std::string PhasedRun::NodeStates() {
  std::string out;
  for (const NodeId id : scenario_->servers()) {
    Process& process = world_.process(id);
    StrAppend(&out, process.name(),
              process.paused()    ? " paused"
              : process.running() ? " up"
                                  : " down");
    if (const raft::Raft* const raft = scenario_->RaftOf(id)) {
      StrAppend(&out, " ", raft::RoleName(raft->role()), " term ", raft->term(), " commit ",
                raft->commit(), " applied ", scenario_->AppliedBy(id), " log ",
                raft->log().snapshot_index(), "+", raft->log().size(), " stable ",
                raft->log().stable_index());
    }
    StrAppend(&out, " disk ", process.disk().used_bytes(), " bytes ",
              process.disk().syncs_under_way(), " syncs under way, start ", process.incarnation(),
              "\n");
  }
  return out;
}

std::string PhasedRun::LogTail() {
  std::string out;
  for (const NodeId id : scenario_->servers()) {
    const auto& lines = world_.process(id).log();
    const size_t skip = lines.size() > kLogTailLines ? lines.size() - kLogTailLines : 0;
    for (size_t i = skip; i < lines.size(); ++i) StrAppend(&out, lines[i], "\n");
  }
  return out;
}

}  // namespace quadraft::sim
