// Traces made by hand: one that is right, and for each check one that is wrong.
#include "jepsen/raft_trace/checker.h"

#include <string>

#include "gtest/gtest.h"
#include "jepsen/raft_trace/story.h"

namespace quadraft::jepsen {
namespace {

using Name = RaftEventName;
using Type = RaftMessageType;

#define EXPECT_SAYS(story, part) \
  EXPECT_NE((story).error().find(part), std::string::npos) << "says: '" << (story).error() << "'"

TEST(RaftTraceCheckerTest, AcceptsAStory) {
  Story story = Settled();
  story.Deliver(story.Beat(1, 2, 1));
  story.Commit(2, 1);
  story.Restart(2, {{1, 1}}, {{0, story.founders()}}, 1);
  story.Elect(2, {3});
  story.Propose(2, 2);
  story.Copy(2, 3, {{1, 1}, {2, 2}});
  story.Commit(2, 3);
  EXPECT_EQ(story.error(), "");
}

TEST(RaftTraceCheckerTest, LinesThatAreNone) {
  for (const std::string line :
       {"", "{", "[]", "{\"node\":1}", "{\"node\":1,\"name\":\"Sleep\"}",
        "{\"node\":1,\"name\":\"SendSnapshot\"}", "{\"node\":-1,\"name\":\"Ready\"}",
        "{\"node\":1,\"name\":\"Ready\",\"durable\":[1,2]}", "{\"name\":\"Ready\"}",
        "{\"node\":1,\"name\":\"Commit\",\"msg\":{\"type\":\"MsgApp\"}}"}) {
    RaftTraceChecker checker;
    EXPECT_TRUE(absl::IsInvalidArgument(checker.CheckLine(line))) << line;
    EXPECT_TRUE(absl::IsInvalidArgument(checker.CheckLine(line))) << "the first failure stays";
  }
}

TEST(RaftTraceCheckerTest, WhatIsUnknownOnALineDoesNotMatter) {
  RaftTraceChecker checker;
  EXPECT_EQ(checker.CheckLine("{ \"why\":{\"a\":[1,null,\"}\\\"\"]}, \"node\" : 1, \"event\":3,"
                              "\"name\":\"InitState\",\"confs\":[[0,[1],[],[],[]]]}"),
            OkStatus());
}

TEST(RaftTraceCheckerTest, SaysWhere) {
  RaftTraceChecker checker;
  const Status status =
      checker.CheckLine("{\"event\":3,\"node\":2,\"name\":\"Commit\",\"commit\":1}");
  EXPECT_EQ(Message(status),
            "line 1, event 3: node 2, Commit: it has not begun: an InitState was expected");
}

TEST(RaftTraceCheckerTest, StateMustFollowFromTheActions) {
  Story story = Settled();
  story.at(2).commit = 1;
  story.Deliver(story.Beat(1, 2, 1));
  EXPECT_SAYS(story, "its commit index is 1, expected 0");
}

// ---- Terms and votes

TEST(RaftTraceCheckerTest, CandidateTakesTheNextTerm) {
  Story story(3);
  story.at(1).term = 1;
  story.Campaign(1);
  EXPECT_SAYS(story, "campaigns in term 2 with its vote for 1, expected term 1");
}

TEST(RaftTraceCheckerTest, TermComesFromAMessage) {
  Story story(3);
  story.Turn();
  story.Follow(2, 4);
  EXPECT_SAYS(story, "takes term 4 from 0");
}

TEST(RaftTraceCheckerTest, TermNeverGoesBack) {
  Story story = Settled();
  story.Turn();
  story.Follow(2, 0);
  EXPECT_SAYS(story, "goes back from 1 to 0");
}

TEST(RaftTraceCheckerTest, VoteIsKeptWithinATerm) {
  Story story = Settled();
  story.Turn();
  story.Follow(2, 1);
  EXPECT_SAYS(story, "gives up its vote for 1 within term 1");
}

TEST(RaftTraceCheckerTest, VoteWasAskedFor) {
  Story story(3);
  story.Campaign(1);
  story.Durable(1);
  story.Deliver(story.Beat(1, 2, 0));
  EXPECT_SAYS(story, "as leader of term 1, which it does not lead");
  Story other(3);
  other.Campaign(1);
  other.Durable(1);
  other.Deliver(other.Ask(1, 2));
  other.Follow(2, 1);
  other.Grant(2, 3);
  EXPECT_SAYS(other, "votes for 3, which did not ask in term 1");
}

TEST(RaftTraceCheckerTest, NoVoteTwice) {
  Story story(3);
  story.Campaign(3);
  story.Durable(3);
  story.Elect(1, {2});
  story.Deliver(story.Ask(3, 2));
  story.Grant(2, 3);
  EXPECT_SAYS(story, "votes for 3 in term 1, its vote was for 1");
}

TEST(RaftTraceCheckerTest, NoVoteForAShorterLog) {
  Story story = Settled();
  story.Deliver(story.App(1, 3, 0, 0, {}));
  story.Follow(3, 1);
  story.Campaign(3);
  story.Durable(3);
  story.Deliver(story.Ask(3, 2));
  story.Follow(2, 2);
  story.Grant(2, 3);
  EXPECT_SAYS(story, "whose log ends at 0/0, before its own at 1/1");
}

TEST(RaftTraceCheckerTest, CandidateSaysHowFarItsLogGoes) {
  Story story = Settled();
  story.Turn();
  story.Follow(1, 1, 1);
  story.Campaign(1);
  story.Durable(1);
  RaftTraceMessage ask = story.Ask(1, 2);
  ask.index = 7;
  story.Send(ask);
  EXPECT_SAYS(story, "says that its log ends at 7/1, expected 1/1");
}

TEST(RaftTraceCheckerTest, VoteIsDurableBeforeItIsSaid) {
  Story story(3);
  story.Campaign(1);
  story.Durable(1);
  story.Deliver(story.Ask(1, 2));
  story.Follow(2, 1);
  story.Grant(2, 1);
  story.Send(Story::Yes(2, 1, 1));
  EXPECT_SAYS(story, "a message of term 1, durable is term 0");
}

TEST(RaftTraceCheckerTest, LeaderNeedsAQuorum) {
  Story story(3);
  story.Elect(1, {});
  EXPECT_SAYS(story, "leads term 1 with the votes of (1), expected a quorum of voters (1 2 3)");
}

TEST(RaftTraceCheckerTest, LeaderWasACandidate) {
  Story story = Settled();
  story.Turn();
  story.Lead(2);
  EXPECT_SAYS(story, "it leads term 1 and was StateFollower of term 1");
}

TEST(RaftTraceCheckerTest, VotesThatNobodySent) {
  Story story(3);
  story.Campaign(1);
  story.Durable(1);
  story.Receive(Story::Yes(2, 1, 1));
  EXPECT_SAYS(story, "MsgVoteResp of term 1 from node 2, which never sent it");
}

TEST(RaftTraceCheckerTest, MembersCountFromTheirEntryOn) {
  Story story = Settled();
  story.Change(1, {.incoming = {1, 2}});
  story.Copy(1, 2, {{1, 1}});
  EXPECT_SAYS(story, "entry 2/1 says voters (1 2), which it does not take up");
}

TEST(RaftTraceCheckerTest, OnlyVotersCampaign) {
  Story other(2);
  other.Turn();
  other.at(3) = {};
  other.Tell(3, Name::kInitState, {.confs = {{0, other.founders()}}});
  other.Campaign(3);
  EXPECT_SAYS(other, "campaigns and is no voter of voters (1 2)");
}

// ---- Logs

TEST(RaftTraceCheckerTest, FollowerWritesWhatItWasSent) {
  Story story = Settled();
  story.Deliver(story.App(1, 3, 0, 0, {}));
  story.Follow(3, 1);
  story.Write(3, 1, {{1, 1}});
  EXPECT_SAYS(story, "writes entry 1/1, and received no request with it");
}

TEST(RaftTraceCheckerTest, PreviousEntryMustBeThere) {
  Story story = Settled();
  story.Propose(1, 2);
  story.Deliver(story.App(1, 3, 1, 1, {{1, 1}}));
  story.Follow(3, 1);
  story.Write(3, 2, {{1, 1}});
  EXPECT_SAYS(story, "writes entries from 2 on, its log has 1 to 0");
}

// 3 has an entry of term 1 that nobody else has; 2 leads term 2 and writes another there.
Story Clash() {
  Story story(3);
  story.Elect(1, {3});
  story.Propose(1, 2);
  story.Copy(1, 3, {{1, 2}});
  story.Deliver(story.App(1, 2, 0, 0, {{1, 1}}));
  story.Follow(2, 1);
  story.Write(2, 1, {{1, 1}});
  story.Durable(2);
  story.Turn();
  return story;
}

TEST(RaftTraceCheckerTest, EntriesGoOnlyWhereTheyClash) {
  Story story = Clash();
  story.Deliver(story.App(1, 3, 1, 1, {{1, 1}}));
  story.Write(3, 2, {});
  EXPECT_SAYS(story, "drops its entry 2/1, and received no other entry 2");
}

TEST(RaftTraceCheckerTest, CommittedEntriesStay) {
  Story story = Settled();
  story.Deliver(story.Beat(1, 2, 1));
  story.Commit(2, 1);
  story.Write(2, 1, {});
  EXPECT_SAYS(story, "drops entry 1, committed are those up to 1");
}

TEST(RaftTraceCheckerTest, LeaderAppendsOnly) {
  Story story = Settled();
  story.Propose(1);
  story.Turn();
  story.Write(1, 2, {{1, 2}});
  EXPECT_SAYS(story, "a leader of term 1 writes from 2 on");
}

// 2 leads term 2 with entries up to 1/1 2/2, 3 has 1/1 2/1 in a log of its own.
Story Diverged() {
  Story story(5);
  story.Elect(1, {2, 3});
  story.Propose(1, 2);
  for (const uint64_t node : {2, 4}) story.Copy(1, node, {{1, 1}});
  story.Copy(1, 3, {{1, 2}});
  story.Elect(2, {4, 5});
  story.Propose(2, 2);  // 2/2 3/2
  return story;
}

TEST(RaftTraceCheckerTest, LogsMatch) {
  Story story = Diverged();
  story.Deliver(story.App(2, 3, 1, 1, {{2, 2}}));
  story.Follow(3, 2);
  story.Write(3, 3, {{2, 1}});
  EXPECT_SAYS(story, "it has entry 2/1 before 3/2, node 2, which led that term, has 2/2");
}

TEST(RaftTraceCheckerTest, AcknowledgedIsWhatTheLeaderHas) {
  Story story = Diverged();
  story.Deliver(story.App(2, 3, 1, 1, {{2, 1}}));
  story.Follow(3, 2);
  story.Durable(3);
  story.Send(story.Ack(3, 2, 2));
  EXPECT_SAYS(story, "acknowledges 2/1, node 2, its leader, has 2/2");
}

TEST(RaftTraceCheckerTest, AClashIsResolved) {
  Story story = Diverged();
  story.Deliver(story.App(2, 3, 1, 1, {{2, 2}}));
  story.Follow(3, 2);
  story.Write(3, 2, {{2, 2}});
  story.Durable(3);
  story.Deliver(story.Ack(3, 2, 3));
  EXPECT_EQ(story.error(), "");
}

TEST(RaftTraceCheckerTest, AcknowledgedIsDurable) {
  Story story = Settled();
  story.Propose(1);
  story.Deliver(story.App(1, 2, 1, 1, {{1, 1}}));
  story.Write(2, 2, {{1, 1}});
  story.Send(story.Ack(2, 1, 2));
  EXPECT_SAYS(story, "acknowledges entries up to 2, durable are those up to 1");
}

TEST(RaftTraceCheckerTest, NothingIsDurableAsItIsWritten) {
  Story story = Settled();
  story.Turn();
  story.Write(1, 2, {{1, 1}});
  story.Tell(1, Name::kReady, {.durable = {1, 1, 2, 1}});
  EXPECT_SAYS(story, "durable are entries up to 2, it just wrote those from 2 on");
}

TEST(RaftTraceCheckerTest, LeaderSendsWhatItHas) {
  Story story = Settled();
  story.Send(story.App(1, 2, 1, 1, {{1, 1}}));
  EXPECT_SAYS(story, "sends entry 2, its log ends at 1");
  Story other = Diverged();
  other.Send(other.App(2, 3, 1, 1, {{1, 1}}));
  EXPECT_SAYS(other, "sends entry 2/1, it has 2/2");
}

// ---- Commits

TEST(RaftTraceCheckerTest, CommitNeedsAQuorum) {
  Story story = Settled();
  story.Propose(1);
  story.Commit(1, 2);
  EXPECT_SAYS(story, "commits 2, which (1) are known to hold, expected a quorum");
}

TEST(RaftTraceCheckerTest, CommitIsOfItsOwnTerm) {
  Story story = Diverged();
  story.Deliver(story.Ack(4, 2, 1));
  story.Commit(2, 1);
  EXPECT_SAYS(story, "a leader of term 2 commits 1/1, expected an entry of its own term");
}

TEST(RaftTraceCheckerTest, FollowerCommitsWhatItWasTold) {
  Story story = Settled();
  story.Turn();
  story.Commit(2, 1);
  EXPECT_SAYS(story, "commits 1, and no leader's message said so");
}

TEST(RaftTraceCheckerTest, HeartbeatCommitsNothingBeyondMatch) {
  Story story = Settled();
  story.Send(story.Beat(1, 3, 1));
  EXPECT_SAYS(story, "a heartbeat with commit index 1 to node 3, which is known to hold 0");
}

TEST(RaftTraceCheckerTest, FollowerCommitsItsLeadersEntriesOnly) {
  Story story = Diverged();
  story.Copy(2, 4, {{2, 2}});
  story.Deliver(story.App(2, 5, 0, 0, {{1, 1}, {2, 2}}));
  story.Write(5, 1, {{1, 1}, {2, 2}});
  story.Durable(5);
  story.Deliver(story.Ack(5, 2, 3));
  story.Commit(2, 3);
  story.Deliver(story.App(2, 3, 1, 1, {}));
  story.Follow(3, 2);
  story.Commit(3, 2);
  EXPECT_SAYS(story, "commits 2, and no leader's message said so");
}

TEST(RaftTraceCheckerTest, EntriesOutliveACrash) {
  Story story = Settled();
  story.Restart(2, {}, {{0, story.founders()}});
  EXPECT_SAYS(story, "restarts with entries up to 0, durable were those up to 1");
}

// A medium may damage what was durable: who says so has no vote until it holds an entry of a later
// term than it had promised anything in.
TEST(RaftTraceCheckerTest, WhoseEntriesWereDamagedHasNoVote) {
  for (const bool votes : {false, true}) {
    Story story = Settled();
    story.at(2).term = 2;
    story.at(2).vote = 0;
    story.Restart(2, {}, {{0, story.founders()}}, 0, /*repair_floor=*/1);
    EXPECT_EQ(story.error(), "");
    if (!votes) continue;
    story.Campaign(2);
    EXPECT_SAYS(story, "while entries that it had up to term 1 are not there again");
  }
}

// ---- Crashes

TEST(RaftTraceCheckerTest, TermOutlivesACrash) {
  Story story = Settled();
  story.at(2).term = 0;
  story.at(2).vote = 0;
  story.Restart(2, {{1, 1}}, {{0, story.founders()}});
  EXPECT_SAYS(story, "restarts in term 0, durable was term 1");
}

TEST(RaftTraceCheckerTest, VoteOutlivesACrash) {
  Story story = Settled();
  story.at(2).vote = 0;
  story.Restart(2, {{1, 1}}, {{0, story.founders()}});
  EXPECT_SAYS(story, "with its vote for 0, durable was its vote for 1");
}

TEST(RaftTraceCheckerTest, EntriesOutliveACrashUnchanged) {
  Story story = Diverged();
  story.Deliver(story.Beat(2, 1, 0));
  story.Follow(1, 2);
  story.Durable(1);
  story.Restart(1, {{1, 1}, {2, 1}}, {{0, story.founders()}});
  EXPECT_SAYS(story, "restarts with entry 2/2, durable was 2/1");
}

}  // namespace
}  // namespace quadraft::jepsen
