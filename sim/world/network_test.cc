#include "sim/world/network.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

// Two processes; node 1 sends numbers, node 2 notes them.
struct Pair {
  explicit Pair(uint64_t seed, WorldOptions options = {}) : world(seed, options) {
    for (uint64_t id : {1, 2}) {
      world
          .AddProcess(NodeId{id}, StrCat("n", id),
                      [this, id](Env& env) {
                        envs[id] = &env;
                        env.network().OnMessage(Channel::kRaft,
                                                [this](NodeId from, std::string_view bytes) {
                                                  got.push_back(std::stoi(std::string(bytes)));
                                                });
                        return std::make_unique<Program>();
                      })
          .Start();
    }
    world.RunFor(milliseconds(1));
  }
  void SendMany(int count, Duration gap) {
    for (int i = 0; i < count; ++i) {
      envs[1]->network().Send(NodeId{2}, Channel::kRaft, std::to_string(i));
      world.RunFor(gap);
    }
    world.RunFor(seconds(1));
  }
  World world;
  Env* envs[3] = {};
  std::vector<int> got;
};

TEST(SimNetworkTest, DeliversLaterAndNeverInsideTheCall) {
  Pair pair(1);
  pair.envs[1]->network().Send(NodeId{2}, Channel::kRaft, "7");
  EXPECT_TRUE(pair.got.empty());
  pair.world.RunFor(milliseconds(1));
  EXPECT_EQ(pair.got, std::vector<int>{7});
  pair.envs[1]->network().Send(NodeId{1}, Channel::kRaft, "8");   // Never to itself.
  pair.envs[1]->network().Send(NodeId{99}, Channel::kRaft, "9");  // Unknown.
  pair.envs[1]->network().Send(NodeId{2}, Channel::kRpc, "10");   // No receiver on that channel.
  pair.world.RunFor(milliseconds(1));
  EXPECT_EQ(pair.got, std::vector<int>{7});
}

// A node with an address is reached by who knows it: told, or by what it said itself.
TEST(SimNetworkTest, NobodyReachesAnAddressThatHeDoesNotKnow) {
  Pair pair(1);
  const auto send = [&](uint64_t from, const char* number) {
    pair.got.clear();
    pair.envs[from]->network().Send(NodeId{3 - from}, Channel::kRaft, number);
    pair.world.RunFor(milliseconds(1));
    return pair.got.size();
  };
  pair.world.process(NodeId{1}).set_peer_address("h:1");
  pair.world.process(NodeId{2}).set_peer_address("h:2");
  EXPECT_EQ(send(1, "1"), 0u);
  EXPECT_EQ(pair.world.network().counters().unaddressed, 1u);
  pair.envs[1]->network().SetAddress(NodeId{2}, "h:3");
  EXPECT_EQ(send(1, "2"), 0u);
  EXPECT_EQ(send(2, "3"), 0u);
  pair.envs[1]->network().SetAddress(NodeId{2}, "h:2");
  EXPECT_EQ(send(1, "4"), 1u);
  EXPECT_EQ(send(2, "5"), 1u) << "node 1 has said where it is";
  pair.world.process(NodeId{2}).set_peer_address("h:22");  // It moves, and says so by speaking.
  EXPECT_EQ(send(1, "6"), 0u);
  EXPECT_EQ(send(2, "7"), 1u);
  EXPECT_EQ(send(1, "8"), 1u);
}

TEST(SimNetworkTest, Loss) {
  Pair pair(2);
  const uint64_t id = pair.world.network().AddConditions({.loss_ppm = 300'000});
  pair.SendMany(1000, microseconds(10));
  EXPECT_GT(pair.got.size(), 600u);
  EXPECT_LT(pair.got.size(), 800u);
  EXPECT_EQ(pair.world.network().counters().lost, 1000 - pair.got.size());
  pair.world.network().RemoveConditions(id);
  pair.got.clear();
  pair.SendMany(100, microseconds(10));
  EXPECT_EQ(pair.got.size(), 100u);
}

TEST(SimNetworkTest, Duplication) {
  Pair pair(3);
  pair.world.network().AddConditions({.duplicate_ppm = 500'000});
  pair.SendMany(1000, microseconds(10));
  EXPECT_GT(pair.got.size(), 1400u);
  EXPECT_EQ(pair.got.size(), 1000 + pair.world.network().counters().duplicated);
}

TEST(SimNetworkTest, JitterReordersAndWithoutItOrderHolds) {
  WorldOptions still;
  still.network.base = {.delay = microseconds(200)};
  Pair ordered(4, still);
  ordered.SendMany(200, microseconds(10));
  EXPECT_TRUE(std::is_sorted(ordered.got.begin(), ordered.got.end()));
  ordered.got.clear();
  ordered.world.network().AddConditions({.spike_ppm = 100'000, .spike_max = milliseconds(50)});
  ordered.SendMany(200, microseconds(10));
  EXPECT_EQ(ordered.got.size(), 200u);
  EXPECT_FALSE(std::is_sorted(ordered.got.begin(), ordered.got.end()));
}

TEST(SimNetworkTest, CutsAreDirectedAndCounted) {
  Pair pair(5);
  SimNetwork& network = pair.world.network();
  network.Cut(NodeId{2}, NodeId{1});
  pair.SendMany(1, microseconds(1));
  EXPECT_EQ(pair.got.size(), 1u);  // The other direction still works.
  network.Cut(NodeId{1}, NodeId{2});
  network.Cut(NodeId{1}, NodeId{2});
  network.Heal(NodeId{1}, NodeId{2});
  EXPECT_FALSE(network.Reachable(NodeId{1}, NodeId{2}));
  pair.SendMany(5, microseconds(1));
  EXPECT_EQ(pair.got.size(), 1u);
  network.Heal(NodeId{1}, NodeId{2});
  pair.SendMany(1, microseconds(1));
  EXPECT_EQ(pair.got.size(), 2u);
}

// When twenty messages from 1 to 2 arrive that are sent from 3 s on; `before` does something else
// first, `among` with each of them.
std::vector<Duration> Arrivals(const std::function<void(Pair&)>& before,
                               const std::function<void(Pair&)>& among) {
  Pair pair(8);
  std::vector<Duration> times;
  pair.envs[2]->network().OnMessage(
      Channel::kRpc, [&](NodeId, std::string_view) { times.push_back(pair.world.now()); });
  before(pair);
  pair.world.RunUntil(seconds(3));
  for (int i = 0; i < 20; ++i) {
    among(pair);
    pair.envs[1]->network().Send(NodeId{2}, Channel::kRpc, "x");
    pair.world.RunFor(milliseconds(1));
  }
  return times;
}

TEST(SimNetworkTest, ALinksDelaysInASecondDoNotHangOnOtherLinksOrEarlierSeconds) {
  const auto nothing = [](Pair&) {};
  const auto send = [](uint64_t from, uint64_t to) {
    return [from, to](Pair& pair) {
      pair.envs[from]->network().Send(NodeId{to}, Channel::kRaft, "1");
    };
  };
  const std::vector<Duration> plain = Arrivals(nothing, nothing);
  ASSERT_EQ(plain.size(), 20u);
  EXPECT_EQ(Arrivals(send(1, 2), nothing), plain);
  EXPECT_EQ(Arrivals(send(2, 1), send(2, 1)), plain);
  EXPECT_NE(Arrivals(nothing, send(1, 2)), plain);  // Of the same link in the same second they do.
}

TEST(SimNetworkTest, ACutAlsoStopsWhatIsOnItsWay) {
  Pair pair(6);
  pair.envs[1]->network().Send(NodeId{2}, Channel::kRaft, "1");
  pair.world.network().Cut(NodeId{1}, NodeId{2});
  pair.world.RunFor(seconds(1));
  EXPECT_TRUE(pair.got.empty());
}

TEST(SimNetworkTest, MessagesToACrashedProcessAreGoneEvenIfItIsBackInTime) {
  WorldOptions slow;
  slow.network.base = {.delay = seconds(1)};
  Pair pair(7, slow);
  pair.envs[1]->network().Send(NodeId{2}, Channel::kRaft, "1");
  pair.world.RunFor(milliseconds(100));
  pair.world.process(NodeId{2}).Crash();
  pair.world.process(NodeId{2}).Start();
  pair.world.RunFor(seconds(3));
  EXPECT_TRUE(pair.got.empty());
  pair.envs[1]->network().Send(NodeId{2}, Channel::kRaft, "2");
  pair.world.RunFor(seconds(3));
  EXPECT_EQ(pair.got, std::vector<int>{2});
}

}  // namespace
}  // namespace quadraft::sim
