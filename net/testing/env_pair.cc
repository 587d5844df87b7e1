#include "net/testing/env_pair.h"

#include <filesystem>
#include <utility>

#include "core/base/check.h"
#include "net/env/epoll_env.h"
#include "sim/world/world.h"

namespace quadraft::net {
namespace {

class SimPair : public EnvPair {
 public:
  SimPair() : world_(/*seed=*/1) {
    for (const int i : {0, 1}) {
      world_.AddProcess(node(i), StrCat("n", i + 1), [this, i](Env& env) {
        envs_[i] = &env;
        return std::make_unique<sim::Program>();
      }).Start();
    }
    world_.RunFor(milliseconds(1));
  }
  Env& env(int index) override { return *envs_[index]; }
  bool RunUntil(absl::AnyInvocable<bool()> condition, Duration limit) override {
    return world_.RunUntilTrue(std::move(condition), limit);
  }
  std::string FreshAddress(int) override { return StrCat("127.0.0.1:", ++port_); }

 private:
  sim::World world_;
  Env* envs_[2] = {};
  int port_ = 8000;
};

class EpollPair : public EnvPair {
 public:
  EpollPair() {
    directory_ = std::filesystem::path(testing::TempDir()) /
                 StrCat("envpair-", getpid(), "-", ++made_);
    for (const int i : {0, 1}) {
      auto env = EpollEnv::Create({.node = node(i),
                                   .data_dir = (directory_ / StrCat(i)).string(),
                                   .peers = {{node(1 - i), "127.0.0.1:1"}},
                                   .peer_listen = "127.0.0.1:0",
                                   .log_sink = [](LogLevel, std::string_view) {}});
      QR_CHECK(env.ok()) << env.status();
      envs_[i] = *std::move(env);
    }
    for (const int i : {0, 1}) envs_[i]->network().SetAddress(node(1 - i), envs_[1 - i]->peer_address());
  }
  ~EpollPair() override {
    for (auto& env : envs_) env = nullptr;
    std::filesystem::remove_all(directory_);
  }
  Env& env(int index) override { return *envs_[index]; }
  bool RunUntil(absl::AnyInvocable<bool()> condition, Duration limit) override {
    const MonotonicTime end = envs_[0]->clock().Now() + limit;
    while (!condition()) {
      if (envs_[0]->clock().Now() >= end) return false;
      envs_[0]->RunOnce(Duration(0));
      envs_[1]->RunOnce(milliseconds(1));
    }
    return true;
  }
  std::string FreshAddress(int) override { return "127.0.0.1:0"; }

 private:
  static inline int made_ = 0;
  std::filesystem::path directory_;
  std::unique_ptr<EpollEnv> envs_[2];
};

}  // namespace

std::unique_ptr<EnvPair> MakeEnvPair(World world) {
  if (world == World::kEpoll) return std::make_unique<EpollPair>();
  return std::make_unique<SimPair>();
}

}  // namespace quadraft::net
