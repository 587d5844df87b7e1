// What only faults make of the network: shapes of delays, clogs, spoiled and replayed messages,
// bandwidth, connections that are reset or stranded.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

// Node 1 sends to node 2, which notes what it got and when; and they have a connection.
struct Pair {
  explicit Pair(uint64_t seed) : world(seed) {
    for (uint64_t id : {1, 2}) {
      world
          .AddProcess(NodeId{id}, StrCat("n", id),
                      [this, id](Env& env) {
                        envs[id] = &env;
                        env.network().OnMessage(Channel::kRaft,
                                                [this](NodeId, std::string_view bytes) {
                                                  got.emplace_back(bytes);
                                                  got_at_ns.push_back(world.now_ns());
                                                });
                        return std::make_unique<Program>();
                      })
          .Start();
    }
    world.RunFor(milliseconds(1));
  }
  void Send(std::string payload) {
    envs[1]->network().Send(NodeId{2}, Channel::kRaft, std::move(payload));
  }
  void Connect() {
    listener = *envs[2]->network().Listen(
        "127.0.0.1:80", [this](std::unique_ptr<Stream> stream) { Attach(1, std::move(stream)); });
    envs[1]->network().Connect("127.0.0.1:80", [this](StatusOr<std::unique_ptr<Stream>> stream) {
      Attach(0, *std::move(stream));
    });
    world.RunFor(milliseconds(10));
    ASSERT_TRUE(streams[0] && streams[1]);
  }
  void Attach(int side, std::unique_ptr<Stream> stream) {
    streams[side] = std::move(stream);
    streams[side]->SetHandlers(
        {.on_data = [this, side](std::string_view bytes) { data[side].append(bytes); },
         .on_close = [this, side](Status status) { closed[side] = ToString(status); },
         .on_drain = [] {}});
  }
  SimNetwork& network() { return world.network(); }

  World world;
  Env* envs[3] = {};
  std::vector<std::string> got;
  std::vector<int64_t> got_at_ns;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> streams[2];
  std::string data[2], closed[2];
};

struct Sample {
  double mean = 0;
  std::vector<int64_t> sorted;
  int64_t Quantile(double q) const { return sorted[static_cast<size_t>(q * sorted.size())]; }
};
Sample Draw(DelayShape shape, Duration scale) {
  Random random(7, "shapes");
  Sample sample;
  for (int i = 0; i < 200'000; ++i) {
    sample.sorted.push_back(DrawShaped(shape, scale, random).count());
    sample.mean += static_cast<double>(sample.sorted.back()) / 200'000;
  }
  std::sort(sample.sorted.begin(), sample.sorted.end());
  return sample;
}

TEST(DelayShapeTest, ExponentialHasItsMeanItsMedianAndItsTail) {
  const Sample s = Draw(DelayShape::kExponential, milliseconds(100));
  EXPECT_NEAR(s.mean, 100e6, 1e6);
  EXPECT_NEAR(s.Quantile(0.5), 69.31e6, 1e6);    // ln 2
  EXPECT_NEAR(s.Quantile(0.9), 230.3e6, 4e6);    // ln 10
  EXPECT_NEAR(s.Quantile(0.99), 460.5e6, 12e6);  // ln 100
}

TEST(DelayShapeTest, BimodalIsQuickOrSlow) {
  const Sample s = Draw(DelayShape::kBimodal, milliseconds(1000));
  EXPECT_LE(s.Quantile(0.94), 20'000'000);
  EXPECT_GE(s.Quantile(0.96), 500'000'000);
  EXPECT_LE(s.sorted.back(), 1'500'000'000);
}

TEST(DelayShapeTest, TheTailIsHeavy) {
  const Sample s = Draw(DelayShape::kHeavyTail, milliseconds(100));  // Pareto from 5 ms on.
  EXPECT_GE(s.sorted.front(), 5'000'000);
  EXPECT_NEAR(s.Quantile(0.5), 10e6, 0.3e6);
  EXPECT_NEAR(s.Quantile(0.9), 50e6, 2e6);
  EXPECT_NEAR(s.Quantile(0.99), 500e6, 60e6);
  EXPECT_EQ(s.sorted.back(), 2'000'000'000);
}

TEST(NetworkFaultsTest, AClogHoldsEverythingAndLosesNothing) {
  Pair pair(1);
  pair.Connect();
  pair.network().Clog(NodeId{1}, NodeId{2});
  pair.network().Clog(NodeId{1}, NodeId{2});
  for (int i = 0; i < 50; ++i) pair.Send(std::to_string(i));
  pair.streams[0]->Write("through the clog");
  pair.world.RunFor(seconds(2));
  EXPECT_TRUE(pair.got.empty());
  EXPECT_EQ(pair.data[1], "");
  pair.network().Unclog(NodeId{1}, NodeId{2});
  pair.world.RunFor(seconds(1));
  EXPECT_TRUE(pair.got.empty());
  pair.network().Unclog(NodeId{1}, NodeId{2});
  pair.world.RunFor(seconds(1));
  EXPECT_EQ(pair.got.size(), 50u);
  EXPECT_EQ(pair.data[1], "through the clog");
  EXPECT_GE(pair.network().counters().held, 50u);
  EXPECT_EQ(pair.network().counters().lost, 0u);
}

TEST(NetworkFaultsTest, WhatAClogHoldsDiesWithItsReceiver) {
  Pair pair(2);
  pair.network().Clog(NodeId{1}, NodeId{2});
  pair.Send("before");
  pair.world.RunFor(seconds(1));
  pair.world.process(NodeId{2}).Crash();
  pair.world.process(NodeId{2}).Start();
  pair.world.RunFor(seconds(1));
  pair.network().Unclog(NodeId{1}, NodeId{2});
  pair.Send("after");
  pair.world.RunFor(seconds(1));
  EXPECT_EQ(pair.got, std::vector<std::string>{"after"});
}

// The check of production's frames refuses every spoiled message: none comes through changed.
TEST(NetworkFaultsTest, SpoiledMessagesAreRefusedByTheCheckOfTheFrames) {
  Pair pair(3);
  pair.network().AddConditions({.corrupt_ppm = 300'000});
  const std::string long_one(150'000, 'l');  // Three fragments.
  int sent = 0;
  for (int i = 0; i < 20'000; ++i) {
    ++sent;
    pair.Send(i % 500 == 0 ? long_one : StrCat("message ", i % 10));
    pair.world.RunFor(milliseconds(1));
  }
  const auto& counters = pair.network().counters();
  EXPECT_GT(counters.corrupted, 200u);
  EXPECT_EQ(counters.corruption_missed, 0u);
  EXPECT_GT(pair.got.size(), 500u);
  EXPECT_LT(pair.got.size(), static_cast<size_t>(sent));
  for (const std::string& message : pair.got) {
    EXPECT_TRUE(message == long_one || (message.size() == 9 && message.starts_with("message ")));
  }
}

TEST(NetworkFaultsTest, BandwidthIsWhatItSays) {
  Pair pair(4);
  const uint64_t id = pair.network().AddConditions({.bytes_per_second = 10'000});
  for (int i = 0; i < 100; ++i) pair.Send(std::string(1000, 'b'));  // Ten seconds' worth.
  pair.world.RunFor(milliseconds(5010));
  EXPECT_NEAR(pair.got.size(), 50, 1);
  pair.world.RunFor(seconds(6));
  EXPECT_EQ(pair.got.size(), 100u);
  EXPECT_EQ(pair.network().counters().throttled, 99u);
  pair.network().RemoveConditions(id);
  pair.Send("quick");
  pair.world.RunFor(milliseconds(1));
  EXPECT_EQ(pair.got.size(), 101u);
}

TEST(NetworkFaultsTest, OldMessagesComeAgain) {
  Pair pair(5);
  std::vector<std::string> tapped;
  const uint64_t tap = pair.network().AddTap(
      [&](NodeId, NodeId, Channel, std::string_view bytes) { tapped.emplace_back(bytes); });
  pair.Send("old");
  pair.world.RunFor(milliseconds(5));
  pair.network().RemoveTap(tap);
  pair.Send("new");
  pair.world.RunFor(milliseconds(5));
  ASSERT_EQ(tapped, std::vector<std::string>{"old"});
  EXPECT_TRUE(pair.network().Replay(NodeId{1}, NodeId{2}, Channel::kRaft, tapped[0]));
  pair.world.RunFor(milliseconds(5));
  EXPECT_EQ(pair.got, (std::vector<std::string>{"old", "new", "old"}));
  pair.world.process(NodeId{2}).Crash();
  EXPECT_FALSE(pair.network().Replay(NodeId{1}, NodeId{2}, Channel::kRaft, tapped[0]));
}

TEST(NetworkFaultsTest, AResetLosesWhatIsUnderWayAndBothEndsHearOfIt) {
  Pair pair(6);
  pair.Connect();
  for (int i = 0; i < 5; ++i) pair.Send("under way");
  EXPECT_EQ(pair.network().LoseUnderWay(NodeId{1}, NodeId{2}), 5u);
  pair.Send("after");
  EXPECT_EQ(pair.network().ResetConnections(NodeId{2}, NodeId{1}), 1u);
  pair.world.RunFor(seconds(1));
  EXPECT_EQ(pair.got, std::vector<std::string>{"after"});
  for (const std::string& closed : pair.closed) {
    EXPECT_NE(closed.find("connection reset"), std::string::npos) << closed;
  }
  EXPECT_EQ(pair.network().ResetConnections(NodeId{2}, NodeId{1}), 0u);
}

// Half open: who writes finds out after the stream's timeout; who only waits never does.
TEST(NetworkFaultsTest, AStrandedConnectionSwallowsEverythingUntilATimeout) {
  Pair pair(7);
  pair.Connect();
  EXPECT_EQ(pair.network().Strand(NodeId{1}, NodeId{2}), 1u);
  pair.streams[0]->Write("into the void");
  pair.world.RunFor(seconds(3));
  EXPECT_EQ(pair.closed[0], "");
  pair.world.RunFor(seconds(60));
  EXPECT_NE(pair.closed[0].find("timed out"), std::string::npos) << pair.closed[0];
  EXPECT_EQ(pair.closed[1], "");
  EXPECT_EQ(pair.data[1], "");
  EXPECT_GT(pair.network().counters().stranded, 0u);
}

}  // namespace
}  // namespace quadraft::sim
