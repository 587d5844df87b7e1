// etcd's published interaction tests on our machine (testing/etcd_scenarios.h): what each command
// lets happen is what they say.
#include "core/raft/testing/interaction.h"

#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "core/raft/testing/etcd_scenarios.h"
#include "core/raft/testing/etcd_text.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

constexpr size_t kFilesPublished = 28;
constexpr size_t kWholeFilesMin = 11;
constexpr size_t kEventsMin = 1500;

TEST(EtcdInteraction, AllPublishedFiles) {
  const std::string folder = EtcdFolder();
  if (folder.empty()) GTEST_SKIP() << "QUADRAFT_SHARED does not lead to data/raft/etcd";
  size_t whole = 0, commands = 0, events = 0, different = 0;
  std::set<std::string> paths;
  for (const DataDrivenFile& file : ReadDataDrivenFiles(folder + "testdata")) {
    const EtcdReport report = RunEtcdScenario(file);
    EXPECT_EQ(report.problems, "");
    paths.insert(file.path);
    whole += report.whole;
    commands += report.commands;
    events += report.events;
    different += report.different;
  }
  for (const std::string& name : EtcdFilesInTables()) {
    EXPECT_TRUE(paths.contains(folder + "testdata/" + name + ".txt")) << name;
  }
  EXPECT_EQ(different, EtcdDifferencesInTables()) << "a row that no command has met";
  EXPECT_GE(paths.size(), kFilesPublished);
  EXPECT_GE(whole, kWholeFilesMin);
  EXPECT_GE(events, kEventsMin);
  std::cout << whole << " of " << paths.size() << " files to their end; " << commands
            << " commands and " << events << " events compared, " << different
            << " commands with a difference on purpose\n";
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
