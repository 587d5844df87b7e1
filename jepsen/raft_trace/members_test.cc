// Members, snapshots, reads and transfers: for each check a trace made by hand that is wrong.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "jepsen/raft_trace/checker.h"
#include "jepsen/raft_trace/story.h"

namespace quadraft::jepsen {
namespace {

using Name = RaftEventName;
using Type = RaftMessageType;

#define EXPECT_SAYS(story, part) \
  EXPECT_NE((story).error().find(part), std::string::npos) << "says: '" << (story).error() << "'"

// ---- Members

TEST(RaftTraceMembersTest, ChangeWaitsForAFirstCommit) {
  Story story(3);
  story.Elect(1, {2});
  story.Propose(1);
  story.Change(1, {.incoming = {1, 2}});
  EXPECT_SAYS(story, "has committed nothing of its term 1 yet");
}

TEST(RaftTraceMembersTest, OneChangeAtATime) {
  Story story = Settled();
  story.Change(1, {.incoming = {1, 2}});
  story.Change(1, {.incoming = {1, 2, 3}});
  EXPECT_SAYS(story, "changes the members again, the change of entry 2 is not committed: 1 is");
}

TEST(RaftTraceMembersTest, OneVoterAtATime) {
  Story story = Settled();
  story.Change(1, {.incoming = {1}});
  EXPECT_SAYS(story, "from voters (1 2 3) to voters (1) in one step");
}

TEST(RaftTraceMembersTest, JointNeedsBothMajorities) {
  Story story = Settled();
  story.Change(1, {.incoming = {1, 4, 5}, .outgoing = {1, 2, 3}});
  story.Deliver(story.App(1, 2, 1, 1, {{1, 1}}));
  story.Write(2, 2, {{1, 1}}, {{2, {.incoming = {1, 4, 5}, .outgoing = {1, 2, 3}}}});
  story.at(2).conf = 2;
  story.Durable(2);
  story.Deliver(story.Ack(2, 1, 2));
  story.Commit(1, 2);
  EXPECT_SAYS(story,
              "commits 2, which (1 2) are known to hold, expected a quorum of voters (1 4 5)"
              " && (1 2 3)");
}

TEST(RaftTraceMembersTest, InForceIsTheLastInTheLog) {
  Story story = Settled();
  story.Turn();
  story.Write(1, 2, {{1, 1}}, {{2, {.incoming = {1, 2}}}});
  story.Durable(1);
  EXPECT_SAYS(story, "its configuration is that of entry 0, expected that of entry 2");
}

// ---- Snapshots, reads, transfer

RaftTraceMessage Part(uint64_t offset, uint64_t bytes, bool done) {
  return {.type = Type::kSnap,
          .from = 1,
          .to = 3,
          .term = 1,
          .index = 1,
          .log_term = 1,
          .done = done,
          .number = 9,
          .offset = offset,
          .bytes = bytes};
}

Story Installed(const std::vector<RaftTraceMessage>& parts) {
  Story story = Settled();
  for (const RaftTraceMessage& part : parts) {
    story.Deliver(part);
    if (story.at(3).term == 0) story.Follow(3, 1);
  }
  RaftTraceEvent& var = story.at(3);
  var.commit = var.last = var.last_term = 1;
  story.Tell(3, Name::kApplySnapshot, {.snapshot = {1, 1}});
  return story;
}

TEST(RaftTraceMembersTest, SnapshotIsWhole) {
  EXPECT_EQ(Installed({Part(0, 5, false), Part(5, 2, true)}).error(), "");
  EXPECT_EQ(Installed({Part(5, 2, true), Part(0, 5, false)}).error(), "");
  const Story gap = Installed({Part(0, 3, false), Part(5, 2, true)});
  EXPECT_SAYS(gap, "installs a snapshot at 1/1 and has not received all parts");
}

TEST(RaftTraceMembersTest, SnapshotIsOfWhatIsCommitted) {
  Story story = Settled();
  story.Propose(1);
  RaftTraceMessage part = Part(0, 5, true);
  part.index = 2;
  story.Send(part);
  EXPECT_SAYS(story, "sends a snapshot at 2/1, which is not committed");
}

TEST(RaftTraceMembersTest, CompactedIsCommitted) {
  Story story = Settled();
  story.Propose(1);
  story.Tell(1, Name::kCompact, {.snapshot = {2, 1}});
  EXPECT_SAYS(story, "drops entries up to 2, committed are 1, durable 2");
}

TEST(RaftTraceMembersTest, ReadIsAtAnEntryOfTheTerm) {
  Story story = Settled();
  RaftTraceMessage answer = {
      .type = Type::kReadIndexResp, .from = 1, .to = 2, .term = 1, .index = 1};
  story.Deliver(answer);
  EXPECT_EQ(story.error(), "");
  answer.index = 0;
  story.Send(answer);
  EXPECT_SAYS(story, "answers a read at 0, its first entry is 1, its commit index 1");
}

TEST(RaftTraceMembersTest, TheNextLeaderHasAll) {
  Story story = Settled();
  story.Send({.type = Type::kTimeoutNow, .from = 1, .to = 3, .term = 1});
  EXPECT_SAYS(story, "has node 3 lead, which is known to hold 0 of 1");
}

}  // namespace
}  // namespace quadraft::jepsen
