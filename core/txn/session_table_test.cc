#include "core/txn/session_table.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"

namespace quadraft::txn {
namespace {

SessionCommand Register(uint64_t time_ms, uint64_t timeout_ms = 1000, uint64_t sessions_max = 10) {
  return {.kind = SessionCommand::Kind::kRegister,
          .time_ms = time_ms,
          .session = {LogIndex{}, 0xabcd},
          .timeout_ms = timeout_ms,
          .sessions_max = sessions_max};
}

SessionCommand Update(uint64_t session, uint64_t sequence, uint64_t time_ms, uint64_t kept_from = 1) {
  return {.kind = SessionCommand::Kind::kUpdate,
          .time_ms = time_ms,
          .session = {LogIndex{session}, 0xabcd},
          .sequence = sequence,
          .kept_from = kept_from,
          .fingerprint = 100 + sequence,
          .writes = "w"};
}

class SessionTableTest : public testing::Test {
 protected:
  SessionResult Do(const SessionCommand& command) {
    const LogIndex index{++index_};
    SessionResult result = table_.Begin(command, index);
    if (command.kind == SessionCommand::Kind::kUpdate && result.verdict == SessionVerdict::kDone)
      table_.Record(command, {.index = index, .fingerprint = command.fingerprint, .inserted = command.sequence});
    ExpectSame(Copied());
    return result;
  }
  SessionVerdict Verdict(const SessionCommand& command) { return Do(command).verdict; }
  // What the store and a snapshot make of it.
  SessionTable Copied() const {
    SessionTable copy;
    for (const LogIndex number : table_.Numbers()) {
      const Status restored = copy.Restore(table_.Encode(number));
      EXPECT_TRUE(restored.ok()) << ToString(restored);
    }
    copy.SetClock(table_.summary().clock_ms);
    return copy;
  }
  void ExpectSame(const SessionTable& other) {
    EXPECT_EQ(table_.summary(), other.summary());
    EXPECT_EQ(table_.outcomes(), other.outcomes());
  }
  SessionTable table_;
  uint64_t index_ = 0;
};

TEST_F(SessionTableTest, FirstOutcomeIsKeptAndGivenAgain) {
  ASSERT_EQ(Verdict(Register(5)), SessionVerdict::kDone);
  EXPECT_EQ(Verdict(Update(1, 1, 6)), SessionVerdict::kDone);
  EXPECT_EQ(Verdict(Update(1, 3, 6)), SessionVerdict::kDone);  // Out of order.
  const SessionResult again = Do(Update(1, 1, 7));
  EXPECT_EQ(again.verdict, SessionVerdict::kRepeated);
  EXPECT_EQ(again.outcome.index, LogIndex{2});
  EXPECT_EQ(again.outcome.inserted, 1u);
  EXPECT_EQ(Verdict(Update(1, 2, 7)), SessionVerdict::kDone);
  EXPECT_EQ(Verdict(Update(1, 3, 7)), SessionVerdict::kRepeated);
  EXPECT_EQ(table_.outcomes(), 3u);
  SessionCommand other = Update(1, 3, 7);
  other.fingerprint = 1;
  EXPECT_EQ(Verdict(other), SessionVerdict::kOtherRequest);
  EXPECT_EQ(table_.counters().deduplicated, 2u);
  EXPECT_EQ(table_.counters().refused, 1u);
}

TEST_F(SessionTableTest, WhatTheClientHasIsDroppedAndNeverDoneAgain) {
  Do(Register(5));
  for (uint64_t sequence = 1; sequence <= 5; ++sequence) Do(Update(1, sequence, 6));
  EXPECT_EQ(Verdict(Update(1, 6, 6, /*kept_from=*/5)), SessionVerdict::kDone);
  EXPECT_EQ(table_.outcomes(), 2u);
  const SessionResult old = Do(Update(1, 4, 6));
  EXPECT_EQ(old.verdict, SessionVerdict::kSequenceTooOld);
  EXPECT_EQ(old.kept_from, 5u);
  EXPECT_EQ(Verdict(Update(1, 5, 6)), SessionVerdict::kRepeated);
  EXPECT_EQ(Verdict(Update(1, 7, 6, /*kept_from=*/2)), SessionVerdict::kDone);  // A late word changes nothing.
  EXPECT_EQ(table_.outcomes(), 3u);
}

TEST_F(SessionTableTest, WindowIsBounded) {
  Do(Register(5));
  EXPECT_EQ(Verdict(Update(1, kSessionWindow + 1, 6)), SessionVerdict::kWindowFull);
  EXPECT_EQ(Verdict(Update(1, kSessionWindow, 6)), SessionVerdict::kDone);
  EXPECT_EQ(Verdict(Update(1, kSessionWindow + 1, 6, /*kept_from=*/2)), SessionVerdict::kDone);
  EXPECT_EQ(Verdict(Update(1, ~uint64_t{0}, 6)), SessionVerdict::kWindowFull);
  for (uint64_t sequence = 1; sequence < kSessionWindow; ++sequence) Do(Update(1, sequence, 6));
  EXPECT_EQ(table_.outcomes(), kSessionWindow);  // 2 to 257.
}

TEST_F(SessionTableTest, UnusedForItsTimeoutItIsForgotten) {
  Do(Register(100));
  Do(Register(100, /*timeout_ms=*/5000));
  EXPECT_EQ(Verdict(Update(1, 1, 1100)), SessionVerdict::kDone);  // Just in time; and lives on for as long.
  EXPECT_EQ(Verdict(Update(1, 2, 2100)), SessionVerdict::kDone);
  EXPECT_EQ(Verdict(Update(2, 1, 3101)), SessionVerdict::kDone);  // Anybody's command tells the time.
  EXPECT_EQ(table_.summary().count, 1u);
  EXPECT_EQ(Verdict(Update(1, 2, 3101)), SessionVerdict::kUnknownSession);
  EXPECT_EQ(Verdict(Update(2, 2, 50)), SessionVerdict::kDone);  // A leader whose time is behind sets nothing back.
  EXPECT_EQ(table_.summary().clock_ms, 3101u);
  EXPECT_EQ(table_.counters().expired, 1u);
}

TEST_F(SessionTableTest, TooManyDriveOutTheOneThatWouldExpireFirst) {
  for (int i = 0; i < 3; ++i) Do(Register(100, 1000, 3));
  Do(Update(1, 1, 200));
  Do(Register(300, 1000, 3));
  EXPECT_EQ(Verdict(Update(2, 1, 300)), SessionVerdict::kUnknownSession);
  EXPECT_EQ(Verdict(Update(1, 1, 300)), SessionVerdict::kRepeated);
  Do(Register(300, 1000, 1));  // Another leader's setting.
  EXPECT_EQ(table_.summary().count, 1u);
  EXPECT_EQ(table_.counters().evicted, 4u);
}

TEST_F(SessionTableTest, ClosedOrWithAnotherKeyItIsUnknown) {
  Do(Register(5));
  SessionCommand stranger = Update(1, 1, 5);
  stranger.session.key = 1;
  EXPECT_EQ(Verdict(stranger), SessionVerdict::kUnknownSession);
  SessionCommand close = {.kind = SessionCommand::Kind::kClose, .time_ms = 5, .session = {LogIndex{1}, 0xabcd}};
  EXPECT_EQ(Verdict(close), SessionVerdict::kDone);
  EXPECT_EQ(Verdict(close), SessionVerdict::kUnknownSession);
  EXPECT_EQ(table_.summary().digest, Hash128{});
}

TEST_F(SessionTableTest, KnownAnswersAreThoseThatStay) {
  Do(Register(5));
  Do(Update(1, 3, 5, 3));
  const LogIndex applied{index_};
  EXPECT_EQ(table_.KnownAnswer(Update(1, 4, 5), applied), std::nullopt);
  EXPECT_EQ(table_.KnownAnswer(Update(9, 1, 5), applied), std::nullopt);  // It may come yet.
  EXPECT_EQ(table_.KnownAnswer(Update(2, 1, 5), applied)->verdict, SessionVerdict::kUnknownSession);
  EXPECT_EQ(table_.KnownAnswer(Update(1, 2, 5), applied)->verdict, SessionVerdict::kSequenceTooOld);
  EXPECT_EQ(table_.KnownAnswer(Update(1, 3, 5), applied)->outcome.index, LogIndex{2});
}

TEST_F(SessionTableTest, ACopyKeepsWhatItWas) {
  Do(Register(5));
  Do(Update(1, 1, 5));
  const SessionTable before = table_;
  const std::string encoded = before.Encode(LogIndex{1});
  Do(Update(1, 2, 5, 2));
  EXPECT_EQ(before.Encode(LogIndex{1}), encoded);
  EXPECT_NE(table_.Encode(LogIndex{1}), encoded);
}

TEST_F(SessionTableTest, TellsWhatChanged) {
  Do(Register(5));
  Do(Register(5));
  EXPECT_EQ(table_.TakeChanged(), (std::set{LogIndex{1}, LogIndex{2}}));
  Do(Update(2, 1, 5));
  EXPECT_EQ(table_.TakeChanged(), std::set{LogIndex{2}});
  Do(Update(2, 1, 5000));  // Too late for both.
  EXPECT_EQ(table_.TakeChanged(), (std::set{LogIndex{1}, LogIndex{2}}));
  EXPECT_EQ(table_.Encode(LogIndex{1}), "");
}

TEST(SessionCodec, CommandsAndResultsComeBack) {
  SessionCommand refused = Update(7, 8, 9, 2);
  refused.code = 5;
  refused.message = "no such graph";
  refused.writes.clear();
  for (const SessionCommand& command : {Register(7), Update(7, 8, 9, 3), refused,
                                        SessionCommand{.kind = SessionCommand::Kind::kClose, .time_ms = 1, .session = {LogIndex{3}, 4}}}) {
    const std::string bytes = EncodeSessionCommand(command);
    EXPECT_TRUE(IsSessionCommand(bytes));
    const auto decoded = DecodeSessionCommand(bytes);
    ASSERT_TRUE(decoded.ok()) << ToString(decoded.status());
    EXPECT_EQ(*decoded, command);
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_TRUE(absl::IsDataLoss(DecodeSessionCommand(bytes.substr(0, size)).status())) << size;
    EXPECT_TRUE(absl::IsDataLoss(DecodeSessionCommand(bytes + "x").status()));
  }
  const SessionResult result{SessionVerdict::kRepeated, 3, {LogIndex{9}, 1, 5, 2, 3, "text"}};
  EXPECT_EQ(*DecodeSessionResult(EncodeSessionResult(result)), result);
  EXPECT_TRUE(absl::IsDataLoss(DecodeSessionResult("").status()));
}

TEST(SessionCodec, LongMessagesAreCut) {
  SessionCommand refused = Update(7, 8, 9);
  refused.message = std::string(2 * kOutcomeMessageBytesMax, 'x');
  EXPECT_EQ(DecodeSessionCommand(EncodeSessionCommand(refused))->message.size(), kOutcomeMessageBytesMax);
}

TEST(SessionCodec, IdsAreReadInOneFormOnly) {
  const SessionId id{LogIndex{17}, 0x0123456789abcdef};
  EXPECT_EQ(FormatSessionId(id), "17-0123456789abcdef");
  EXPECT_EQ(ParseSessionId("17-0123456789abcdef"), id);
  for (const char* text : {"", "17", "17-", "-0123456789abcdef", "17-0123456789ABCDEF", "017-0123456789abcdef", "17-0123456789abcde",
                           "17-0123456789abcdefg", "x-0123456789abcdef", "99999999999999999999-0123456789abcdef"}) {
    EXPECT_EQ(ParseSessionId(text), std::nullopt) << text;
  }
}

TEST(SessionCodec, DamagedSessionsAreRefused) {
  SessionTable table;
  table.Begin(Register(5), LogIndex{1});
  const SessionCommand update = Update(1, 1, 5);
  table.Begin(update, LogIndex{2});
  table.Record(update, {.index = LogIndex{2}});
  const std::string whole = table.Encode(LogIndex{1});
  for (size_t size = 0; size < whole.size(); ++size) {
    SessionTable other;
    EXPECT_TRUE(absl::IsDataLoss(other.Restore(whole.substr(0, size)))) << size;
    EXPECT_EQ(other.summary(), SessionSummary{});
  }
  EXPECT_TRUE(absl::IsDataLoss(table.Restore(whole)));  // Twice.
}

}  // namespace
}  // namespace quadraft::txn
