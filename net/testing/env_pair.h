// Two nodes that can reach each other, on either implementation of Env: tests written on it hold for both.
//
//   class MyTest : public EnvPairTest {};
//   TEST_P(MyTest, Posts) { pair->env(0).executor().Post([&] { ran = true; }); EXPECT_TRUE(pair->RunUntil([&] { return ran; })); }
//   INSTANTIATE_ENV_PAIR_TEST(MyTest);
#ifndef QUADRAFT_NET_TESTING_ENV_PAIR_H_
#define QUADRAFT_NET_TESTING_ENV_PAIR_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "core/env/env.h"
#include "gtest/gtest.h"

namespace quadraft::net {

class EnvPair {
 public:
  virtual ~EnvPair() = default;
  // 0 is NodeId{1}, 1 is NodeId{2}.
  virtual Env& env(int index) = 0;
  static NodeId node(int index) { return NodeId(index + 1); }
  // False: `limit` (of the envs' time) passed first.
  virtual bool RunUntil(absl::AnyInvocable<bool()> condition, Duration limit = seconds(20)) = 0;
  void RunFor(Duration duration) {
    bool passed = false;  // A timer, because simulated time passes by events only.
    const TimerId timer = env(0).executor().RunAfter(duration, [&passed] { passed = true; });
    (void)RunUntil([&passed] { return passed; }, 2 * duration + seconds(1));
    env(0).executor().Cancel(timer);
  }
  // For listening on node `index`; another one on each call.
  virtual std::string FreshAddress(int index) = 0;
};

enum class World { kSimulated, kEpoll };
std::unique_ptr<EnvPair> MakeEnvPair(World world);

class EnvPairTest : public testing::TestWithParam<World> {
 protected:
  std::unique_ptr<EnvPair> pair = MakeEnvPair(GetParam());
  Env& a() { return pair->env(0); }
  Env& b() { return pair->env(1); }
};

#define INSTANTIATE_ENV_PAIR_TEST(Suite)                                                  \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::Values(World::kSimulated, World::kEpoll),    \
                           [](const testing::TestParamInfo<World>& info) {                \
                             return info.param == World::kEpoll ? "Epoll" : "Simulated";  \
                           })

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_TESTING_ENV_PAIR_H_
