#include "core/raft/testing/etcd_scenarios.h"

#include <algorithm>
#include <string_view>

#include "core/base/strings.h"
#include "core/raft/testing/etcd_text.h"
#include "core/raft/testing/interaction.h"

namespace quadraft::raft {
namespace {

// Files that our machine does not follow to the end.
struct Stop {
  std::string_view file;
  int line;  // Of the first command that is not compared.
  // What Unimplemented names; empty: our protocol differs from here on.
  std::string_view lacks;
};
constexpr Stop kStops[] = {
    {"async_storage_writes_append_aba_race", 394, ""},
    {"campaign_learner_must_vote", 17, "nodes with learners"},
    {"confchange_disable_validation", 10, "nodes with max-committed-size-per-ready"},
    {"confchange_v1_add_single", 25, "propose-conf-change"},
    {"confchange_v1_remove_leader", 31, "propose-conf-change"},
    {"confchange_v1_remove_leader_stepdown", 9, "nodes with step-down-on-removal"},
    {"confchange_v2_add_double_auto", 26, "propose-conf-change"},
    {"confchange_v2_add_double_implicit", 28, "propose-conf-change"},
    {"confchange_v2_add_single_auto", 27, "propose-conf-change"},
    {"confchange_v2_add_single_explicit", 27, "propose-conf-change"},
    {"confchange_v2_replace_leader", 37, "nodes that are no voters yet"},
    {"confchange_v2_replace_leader_stepdown", 14, "nodes with step-down-on-removal"},
    {"forget_leader", 5, "nodes with learners"},
    {"forget_leader_prevote_checkquorum", 90, "forget-leader"},
    {"forget_leader_read_only_lease_based", 5, "nodes with read-only"},
    {"heartbeat_resp_recovers_from_probing", 36, "report-unreachable"},
    {"prevote", 139, ""},
};

// Commands after which our machine says more or less than etcd's, on purpose: lines that contain
// one of the parts are not compared.
struct Difference {
  std::string_view file;
  int line;
  std::vector<std::string> parts;
};
const std::vector<Difference>& Differences() {
  static const std::vector<Difference> rows = {
      // An acknowledgement leaves once, with the sync that makes it true.
      {"async_storage_writes", 535, {"MsgAppResp Term:1 Log:0/13"}},
      {"async_storage_writes", 576, {"MsgAppResp Term:1 Log:0/13"}},
      {"async_storage_writes", 647, {"MsgAppResp Term:1 Log:0/14"}},
      {"async_storage_writes", 688, {"MsgAppResp Term:1 Log:0/14"}},
      {"async_storage_writes", 755, {"MsgAppResp Term:1 Log:0/15"}},
      {"async_storage_writes", 788, {"MsgAppResp Term:1 Log:0/15"}},
      // News of the commit index go although the window is full.
      {"replicate_pause", 74, {"MsgApp Term:1 Log:1/14 Commit:"}},
      {"slow_follower_after_compaction", 87, {"MsgApp Term:1 Log:1/16 Commit:"}},
      // A follower is probed once more behind a snapshot.
      {"snapshot_succeed_via_app_resp", 97, {"3: StateSnapshot match=0 next="}},
      {"snapshot_succeed_via_app_resp", 125, {"1->3 MsgApp Term:1 Log:1/11 Commit:11"}},
      {"snapshot_succeed_via_app_resp", 131, {"3: State"}},
      {"snapshot_succeed_via_app_resp",
       138,
       {"1->3 MsgApp Term:1 Log:1/11 Commit:11", "3->1 MsgAppResp Term:1 Log:0/11"}},
      {"snapshot_succeed_via_app_resp_behind", 163, {"3: State"}},
  };
  return rows;
}

std::string NameOf(const DataDrivenFile& file) {
  const size_t slash = file.path.rfind('/') + 1;
  return file.path.substr(slash, file.path.rfind('.') - slash);
}

const Stop* StopOf(std::string_view file) {
  const auto* row = std::find_if(std::begin(kStops), std::end(kStops),
                                 [&](const Stop& stop) { return stop.file == file; });
  return row == std::end(kStops) ? nullptr : row;
}

// Where the two part, some lines of each.
std::string Parting(const std::vector<std::string>& want, const std::vector<std::string>& got) {
  constexpr size_t kShown = 6;
  size_t i = 0;
  while (i < want.size() && i < got.size() && want[i] == got[i]) ++i;
  std::string out;
  for (size_t k = i; k < std::min(want.size(), i + kShown); ++k) {
    StrAppend(&out, "  - ", want[k], "\n");
  }
  for (size_t k = i; k < std::min(got.size(), i + kShown); ++k) {
    StrAppend(&out, "  + ", got[k], "\n");
  }
  return out;
}

void Compare(std::string_view name, const DataDrivenCase& c, const std::string& output,
             EtcdReport* report) {
  if (c.expected == "ok\n") return;  // Its log is off, or there is nothing to tell.
  auto want = EtcdEvents(c.expected);
  auto got = EtcdEvents(output);
  for (const Difference& row : Differences()) {
    if (row.file != name || row.line != c.line) continue;
    if (want == got) StrAppend(&report->problems, name, ":", c.line, " no difference any more\n");
    want = EventsWithout(want, row.parts);
    got = EventsWithout(got, row.parts);
    ++report->different;
  }
  if (want != got) {
    StrAppend(&report->problems, name, ":", c.line, " ", c.command, "\n", Parting(want, got));
  }
  ++report->commands;
  report->events += want.size();
}

// What a file's row says of the command at which it stops; empty: true.
std::string CheckStop(const Stop& stop, const DataDrivenCase& c,
                      const StatusOr<std::string>& output) {
  if (!stop.lacks.empty()) {
    const std::string lacks(output.ok() ? "nothing" : Std(output.status().message()));
    return lacks == stop.lacks ? "" : StrCat(" lacks ", lacks, "\n");
  }
  if (!output.ok()) return StrCat(" ", ToString(output.status()), "\n");
  return EtcdEvents(c.expected) == EtcdEvents(*output) ? " can go on from here\n" : "";
}

}  // namespace

EtcdReport RunEtcdScenario(const DataDrivenFile& file) {
  EtcdReport report;
  const auto cases = ParseDataDriven(file.text);
  const std::string name = NameOf(file);
  if (!cases.ok()) {
    report.problems = StrCat(name, ": ", ToString(cases.status()));
    return report;
  }
  const Stop* stop = StopOf(name);
  Interaction interaction;
  for (const DataDrivenCase& c : *cases) {
    const auto output = interaction.Run(c);
    if (stop != nullptr && stop->line == c.line) {
      const std::string wrong = CheckStop(*stop, c, output);
      if (!wrong.empty()) StrAppend(&report.problems, name, ":", c.line, wrong);
      return report;
    }
    if (!output.ok()) {
      StrAppend(&report.problems, name, ":", c.line, " ", ToString(output.status()), "\n");
      return report;
    }
    Compare(name, c, *output, &report);
  }
  if (stop != nullptr) {
    StrAppend(&report.problems, name, ": no command at line ", stop->line, "\n");
  }
  report.whole = true;
  return report;
}

std::vector<std::string> EtcdFilesInTables() {
  std::vector<std::string> files;
  for (const Stop& row : kStops) files.emplace_back(row.file);
  for (const Difference& row : Differences()) files.emplace_back(row.file);
  return files;
}

size_t EtcdDifferencesInTables() { return Differences().size(); }

}  // namespace quadraft::raft
