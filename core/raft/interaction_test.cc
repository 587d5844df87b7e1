// etcd's published interaction tests on our machine (testing/etcd_scenarios.h): what each command
// lets happen is what they say, or where it differs on purpose, what testdata/etcd/differences.txt
// says. `interaction_test --rewrite` (run from the source tree's root) brings that up to date; the
// diff is to be read.
#include "core/raft/testing/interaction.h"

#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/strings.h"
#include "core/raft/testing/etcd_scenarios.h"
#include "core/raft/testing/etcd_state.h"
#include "core/raft/testing/etcd_text.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

bool g_rewrite = false;
constexpr char kDifferences[] = "core/raft/testdata/etcd/differences.txt";
constexpr size_t kFilesPublished = 28;
constexpr size_t kWholeFilesMin = 22;
constexpr size_t kEventsMin = 1900;

TEST(EtcdInteraction, AllPublishedFiles) {
  const std::string folder = EtcdFolder();
  if (folder.empty()) GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/raft/etcd";
  size_t whole = 0, commands = 0, events = 0, different = 0;
  size_t detours = 0, by_result = 0, results = 0;
  std::set<std::string> paths;
  std::string ours =
      "# What our machine does where it differs from etcd's on purpose (docs/etcd_scenarios.md).\n";
  for (const DataDrivenFile& file : ReadDataDrivenFiles(folder + "testdata")) {
    const EtcdReport report = RunEtcdScenario(file);
    EXPECT_TRUE(report.problems.empty()) << report.problems;
    ours += report.ours;
    paths.insert(file.path);
    whole += report.whole;
    commands += report.commands;
    events += report.events;
    different += report.different;
    detours += report.detours;
    by_result += report.by_result;
    results += report.results;
  }
  if (g_rewrite) std::ofstream(kDifferences) << ours;
  std::ifstream golden(kDifferences);
  std::stringstream known;
  known << golden.rdbuf();
  EXPECT_EQ(ours, known.str()) << "run with --rewrite and read the diff";
  for (const std::string& name : EtcdFilesInTables()) {
    EXPECT_TRUE(paths.contains(folder + "testdata/" + name + ".txt")) << name;
  }
  EXPECT_EQ(different, EtcdDifferencesInTables()) << "a row that no command has met";
  EXPECT_EQ(detours, EtcdDetoursInTables()) << "a row that no command has met";
  EXPECT_GE(paths.size(), kFilesPublished);
  EXPECT_GE(whole, kWholeFilesMin);
  EXPECT_GE(events, kEventsMin);
  std::cout << whole << " of " << paths.size() << " files to their end; " << commands
            << " commands and " << events << " events compared, " << different
            << " commands with a difference on purpose; of " << by_result << " commands on "
            << detours << " detours the results, " << results << " lines\n";
}

// ---- The comparison itself

constexpr char kOneNode[] =
    "add-nodes 1 voters=(1) index=3\n----\nINFO 1 switched to configuration voters=(1)\n\n"
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

TEST(EtcdState, KeepsTheLastOfEachNode) {
  const auto lines = [](const std::string& text) {
    const auto cases = ParseDataDriven(text);
    EXPECT_TRUE(cases.ok());
    EtcdState state;
    for (const DataDrivenCase& c : *cases) state.Take(c, EtcdEvents(c.expected));
    return state.Lines();
  };
  const std::string text =
      StrCat(kOneNode,
             "\nprocess-ready 1\n----\nReady MustSync=false:\n"
             "Entries:\n1/5 EntryConfChangeV2 l2\nCommittedEntries:\n1/5 EntryConfChangeV2 l2\n"
             "INFO 1 switched to configuration voters=(1) learners=(2)\n\nstabilize\n----\n"
             "> 2 handling Ready\n  Ready MustSync=false:\n  HardState Term:1 Commit:5\n"
             "  Snapshot Index:5 Term:1 ConfState:Voters:[1] VotersOutgoing:[] Learners:[2] "
             "LearnersNext:[] AutoLeave:false\n");
  EXPECT_EQ(lines(text), (std::vector<std::string>{
                             "1: Lead:1 State:StateLeader", "1: HardState Term:1 Vote:1 Commit:4",
                             "1: applied 1/5", "1: voters=(1) learners=(2)",
                             "2: ", "2: HardState Term:1 Commit:5", "2: applied 1/5",
                             "2: voters=(1) learners=(2)", "log: 1/4 EntryNormal \"\"",
                             "log: 1/5 EntryConfChangeV2 l2"}));
  for (const char* part : {"Lead:1", "Commit:4", "Commit:5", "CommittedEntries:\n1/5", "(2)",
                           "Index:5", "Learners:[2", "CommittedEntries:\n  1/4"}) {
    std::string other = text;
    const size_t at = other.find(part);
    ASSERT_NE(at, std::string::npos);
    other.replace(other.find_first_of("0123456789", at), 1, "7");
    EXPECT_NE(lines(other), lines(text)) << part;
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
                       "  INFO log [committed=0] starts to restore snapshot [index: 4, term: 1]\n"
                       "  INFO 1 switched to configuration voters=(1 2)\n"
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

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--rewrite") quadraft::raft::g_rewrite = true;
  }
  return RUN_ALL_TESTS();
}
