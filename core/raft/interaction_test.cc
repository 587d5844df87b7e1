// etcd's published interaction tests on our machine (testing/interaction.h): what each command lets
// happen must be what they say, but for the tables below; docs/etcd_scenarios.md tells why.
#include "core/raft/testing/interaction.h"

#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "core/base/strings.h"
#include "core/raft/testing/etcd_text.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

constexpr size_t kFilesPublished = 28;
constexpr size_t kWholeFilesMin = 11;
constexpr size_t kEventsMin = 1500;

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

struct Totals {
  size_t commands = 0, events = 0, different = 0, whole_files = 0;
};

void Compare(const std::string& name, const DataDrivenCase& c, const std::string& output,
             Totals* totals) {
  if (c.expected == "ok\n") return;  // Its log is off, or there is nothing to tell.
  auto want = EtcdEvents(c.expected);
  auto got = EtcdEvents(output);
  for (const Difference& row : Differences()) {
    if (row.file != name || row.line != c.line) continue;
    EXPECT_NE(want, got) << "no difference any more: drop its row";
    want = EventsWithout(want, row.parts);
    got = EventsWithout(got, row.parts);
    ++totals->different;
  }
  EXPECT_EQ(want, got) << Parting(want, got);
  ++totals->commands;
  totals->events += want.size();
}

void RunFile(const DataDrivenFile& file, Totals* totals) {
  const auto cases = ParseDataDriven(file.text);
  ASSERT_TRUE(cases.ok()) << file.path << ": " << ToString(cases.status());
  const std::string name = NameOf(file);
  const Stop* stop = StopOf(name);
  Interaction interaction;
  for (const DataDrivenCase& c : *cases) {
    SCOPED_TRACE(StrCat(file.path, ":", c.line, " ", c.command));
    const auto output = interaction.Run(c);
    if (stop != nullptr && stop->line == c.line) {
      if (stop->lacks.empty()) {
        ASSERT_TRUE(output.ok()) << ToString(output.status());
        EXPECT_NE(EtcdEvents(c.expected), EtcdEvents(*output)) << "it can go on from here";
      } else {
        EXPECT_TRUE(absl::IsUnimplemented(output.status())) << "it can go on from here";
        EXPECT_EQ(quadraft::Message(output.status()), stop->lacks);
      }
      return;
    }
    ASSERT_TRUE(output.ok()) << ToString(output.status());
    Compare(name, c, *output, totals);
  }
  EXPECT_EQ(stop, nullptr) << "no command at line " << stop->line;
  ++totals->whole_files;
}

TEST(EtcdInteraction, AllPublishedFiles) {
  const std::string folder = EtcdFolder();
  if (folder.empty()) GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/raft/etcd";
  Totals totals;
  std::set<std::string, std::less<>> names;
  for (const DataDrivenFile& file : ReadDataDrivenFiles(folder + "testdata")) {
    names.insert(NameOf(file));
    RunFile(file, &totals);
  }
  for (const Stop& row : kStops) EXPECT_TRUE(names.contains(row.file)) << row.file;
  for (const Difference& row : Differences()) EXPECT_TRUE(names.contains(row.file)) << row.file;
  EXPECT_EQ(totals.different, Differences().size()) << "a row that no command has met";
  EXPECT_GE(names.size(), kFilesPublished);
  EXPECT_GE(totals.whole_files, kWholeFilesMin);
  EXPECT_GE(totals.events, kEventsMin);
  std::cout << totals.whole_files << " of " << names.size() << " files to their end; "
            << totals.commands << " commands and " << totals.events << " events compared, "
            << totals.different << " commands with a difference on purpose\n";
}

// ---- The comparison itself

constexpr char kOneNode[] =
    "add-nodes 1 voters=(1) index=3\n----\nok\n\n"
    "campaign 1\n----\nINFO 1 became candidate at term 1\n\n"
    "stabilize\n----\n"
    "> 1 handling Ready\n"
    "  Ready MustSync=true:\n"
    "  Lead:0 State:StateCandidate\n"
    "  HardState Term:1 Vote:1 Commit:3\n"
    "> 1 handling Ready\n"
    "  Ready MustSync=true:\n"
    "  Lead:1 State:StateLeader\n"
    "  Entries:\n"
    "  1/4 EntryNormal \"\"\n"
    "> 1 handling Ready\n"
    "  Ready MustSync=false:\n"
    "  HardState Term:1 Vote:1 Commit:4\n"
    "  CommittedEntries:\n"
    "  1/4 EntryNormal \"\"\n";

// How many commands let happen what the text says.
int Same(const std::string& text) {
  const auto cases = ParseDataDriven(text);
  EXPECT_TRUE(cases.ok());
  Interaction interaction;
  int same = 0;
  for (const DataDrivenCase& c : *cases) {
    const auto output = interaction.Run(c);
    EXPECT_TRUE(output.ok()) << ToString(output.status());
    same += EtcdEvents(c.expected) == EtcdEvents(*output);
  }
  return same;
}

TEST(Interaction, AnyOtherNumberIsADifference) {
  const std::string text = kOneNode;
  EXPECT_EQ(Same(text), 3);
  for (const char* part : {"Vote:1 Commit:3", "1/4", "Vote:1 Commit:4", "Lead:1", "MustSync=f"}) {
    std::string other = text;
    const size_t at = other.find(part);
    ASSERT_NE(at, std::string::npos);
    other[at + std::string(part).size() - 1] = '7';
    EXPECT_EQ(Same(other), 2) << part;
  }
}

TEST(EtcdText, LeavesOutWhatIsNotOfTheProtocol) {
  EXPECT_EQ(EtcdEvents("> 1 handling Ready\n"
                       "  Ready MustSync=true:\n"
                       "  Messages:\n"
                       "  1->2 MsgApp Term:1 Log:1/3 Entries:[\n"
                       "    1/4 EntryNormal \"a\"\n"
                       "    1/5 EntryNormal \"b\"\n"
                       "  ]\n"
                       "  1->AppendThread MsgStorageAppend Term:1 Log:0/0 Responses:[\n"
                       "    1->1 MsgAppResp Term:1 Log:0/5\n"
                       "  ]\n"
                       "  INFO 1 is busy\n"
                       "> 1 receiving messages\n"
                       "  1->1 MsgAppResp Term:1 Log:0/5\n"
                       "> 2 receiving messages\n"
                       "  1->2 MsgAppResp Term:1 Log:0/5\n"
                       "  1->2 MsgAppResp Term:1 Log:0/5\n"),
            (std::vector<std::string>{
                "> 1 handling Ready", "Ready MustSync=true:", "Messages:",
                "1->2 MsgApp Term:1 Log:1/3 Entries:[1/4 EntryNormal \"a\" 1/5 EntryNormal \"b\"]",
                "> 2 receiving messages", "1->2 MsgAppResp Term:1 Log:0/5"}));
}

}  // namespace
}  // namespace quadraft::raft
