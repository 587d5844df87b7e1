#include "core/raft/testing/etcd_scenarios.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/strings.h"
#include "core/raft/testing/etcd_state.h"
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
    {"forget_leader", 22, "forget-leader"},
    {"forget_leader_prevote_checkquorum", 90, "forget-leader"},
    {"forget_leader_read_only_lease_based", 5, "nodes with read-only"},
    {"heartbeat_resp_recovers_from_probing", 36, "report-unreachable"},
    {"prevote", 139, ""},
};

// Commands after which our machine says more or less than etcd's, on purpose: lines that contain
// one of the parts are not compared (ours are in EtcdReport::ours).
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
      // A configuration counts from the moment when it is in the log: new members hear of it at
      // once, and a leader that removes itself has no vote.
      {"confchange_disable_validation", 36, {"1->2 MsgApp", "1->3 MsgApp"}},
      {"confchange_disable_validation", 59, {"1->2 MsgApp", "1->3 MsgApp"}},
      {"confchange_v1_remove_leader", 36, {"1: StateLeader"}},
      {"confchange_v1_remove_leader_stepdown", 37, {"1: StateLeader"}},
      // Nobody told the removed node yet.
      {"confchange_v2_replace_leader", 409, {"1: StateFollower"}},
  };
  return rows;
}

// Stretches on which the two go different ways on purpose, from one command to another: not each
// step is compared but what has come of them at the last (EtcdState), in lines that contain none of
// the parts.
struct Detour {
  std::string_view file;
  int first;
  int last;
  std::vector<std::string> parts;
};
const std::vector<Detour>& Detours() {
  static const std::vector<Detour> rows = {
      // A new voter counts from the moment when it is in the log: it has to be brought up to date,
      // by an earlier snapshot, before the change is committed. And a new leader changes nothing
      // before its first entry is committed.
      {"confchange_v1_add_single", 40, 40, {}},
      {"confchange_v2_add_double_auto", 42, 156, {}},
      {"confchange_v2_add_double_implicit", 43, 43, {}},
      {"confchange_v2_add_single_auto", 41, 41, {}},
      {"confchange_v2_add_single_explicit", 41, 41, {}},
      {"confchange_v2_replace_leader", 50, 50, {}},
      // Who is removed counts, and hears, no longer: without that it is told what was committed.
      {"confchange_v2_add_double_auto", 254, 334, {"2: ", "3: "}},
      {"confchange_v2_replace_leader", 324, 324, {"1: "}},
      // A removed leader leads until that is committed, by a majority without it, and hands over.
      {"confchange_v1_remove_leader",
       85,
       246,
       {"Lead:", "HardState", "applied", "log: 2/7 EntryNormal \"\""}},
      {"confchange_v1_remove_leader_stepdown",
       84,
       149,
       {"Lead:", "HardState", "applied", "log: 2/7 EntryNormal \"\""}},
      {"confchange_v2_replace_leader_stepdown",
       69,
       163,
       {"Lead:", "HardState", "applied", "log: 2/6 EntryNormal \"\""}},
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

// One run of a file: what both machines let happen so far.
class Comparison {
 public:
  Comparison(std::string name, EtcdReport* report) : name_(std::move(name)), report_(*report) {}

  void Take(const DataDrivenCase& c, const std::string& output) {
    const std::vector<std::string> got = EtcdEvents(output);
    ours_.Take(c, got);
    if (c.expected == "ok\n") {  // Its log is off, or there is nothing to tell.
      theirs_ = ours_;
    } else {
      const std::vector<std::string> want = EtcdEvents(c.expected);
      theirs_.Take(c, want);
      if (const Detour* detour = DetourAt(c.line)) return TakeDetour(*detour, c, want, got);
      CompareEvents(c, want, got);
    }
  }

 private:
  const Detour* DetourAt(int line) const {
    for (const Detour& row : Detours()) {
      if (row.file == name_ && row.first <= line && line <= row.last) return &row;
    }
    return nullptr;
  }

  void CompareEvents(const DataDrivenCase& c, std::vector<std::string> want,
                     std::vector<std::string> got) {
    for (const Difference& row : Differences()) {
      if (row.file != name_ || row.line != c.line) continue;
      if (want == got) Problem(c, "no difference any more");
      Tell(c, EventsWith(got, row.parts));
      want = EventsWithout(want, row.parts);
      got = EventsWithout(got, row.parts);
      ++report_.different;
    }
    if (want != got) Problem(c, StrCat(c.command, "\n", Parting(want, got)));
    ++report_.commands;
    report_.events += want.size();
  }

  void TakeDetour(const Detour& detour, const DataDrivenCase& c,
                  const std::vector<std::string>& want, const std::vector<std::string>& got) {
    ++report_.by_result;
    parted_ |= want != got;
    Tell(c, got);
    if (c.line != detour.last) return;
    if (!std::exchange(parted_, false)) Problem(c, "no difference any more");
    const auto theirs = EventsWithout(theirs_.Lines(), detour.parts);
    const auto ours = EventsWithout(ours_.Lines(), detour.parts);
    if (theirs != ours) {
      Problem(c, StrCat("something else has come of it\n", Parting(theirs, ours)));
    }
    ++report_.detours;
    report_.results += theirs.size();
    theirs_ = ours_;
  }

  void Tell(const DataDrivenCase& c, const std::vector<std::string>& events) {
    StrAppend(&report_.ours, "> ", name_, ":", c.line, " ", c.command, "\n");
    for (const std::string& event : events) StrAppend(&report_.ours, "  ", event, "\n");
  }

  void Problem(const DataDrivenCase& c, std::string_view what) {
    StrAppend(&report_.problems, name_, ":", c.line, " ", what, "\n");
  }

  const std::string name_;
  EtcdReport& report_;
  EtcdState theirs_;
  EtcdState ours_;
  bool parted_ = false;  // On the detour under way.
};

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
  Comparison comparison(name, &report);
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
    comparison.Take(c, *output);
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
  for (const Detour& row : Detours()) files.emplace_back(row.file);
  return files;
}

size_t EtcdDifferencesInTables() { return Differences().size(); }
size_t EtcdDetoursInTables() { return Detours().size(); }

}  // namespace quadraft::raft
