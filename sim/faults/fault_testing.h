// A small world for tests of faults: three servers that send to each other, tick, write and sync a
// file, and echo what clients send them over streams; two clients that ask every server again and
// again. Everything that a fault can spoil is counted.
//
//   FaultWorld world(/*seed=*/11);
//   const auto healthy = world.Measure();
//   Closure stop = world.Begin("loss-burst");
//   EXPECT_LT(world.Measure().received, healthy.received);
//   stop();
#ifndef QUADRAFT_SIM_FAULTS_FAULT_TESTING_H_
#define QUADRAFT_SIM_FAULTS_FAULT_TESTING_H_

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/faults/fault.h"

namespace quadraft::sim {

class FaultWorld {
 public:
  static constexpr uint64_t kFirstClient = 1001;
  // What happened in a stretch of time.
  struct Counts {
    int ticks = 0, received = 0, overtaken = 0, disk_errors = 0;
    int echoes = 0, streams_broken = 0, starts = 0;
    int64_t slowest_sync_ns = 0, slowest_message_ns = 0, slowest_echo_ns = 0;
  };

  explicit FaultWorld(uint64_t seed) : world(seed), random(seed, "faults") {
    context.world = &world;
    context.random = &random;
    context.leader = [this] {
      return NodeId{1 + static_cast<uint64_t>(world.now_ns() / 300'000'000) % 3};
    };
    context.took_effect = [this] { ++*context.effects; };
    context.restart = [this](NodeId node, Duration delay) {
      world.process(node).StartAfter(delay);
    };
    context.command = [this](NodeId node, ServerCommand command) {
      ++commands[command];
      return world.process(node).running();
    };
    context.change_members = [this](NodeId node, Random&, MemberStep step) {
      ++(step == MemberStep::kRestore ? restores : changes);
      return world.process(node).running();
    };
    context.configure = [this](NodeId node, const ServerConfig& given) { settings[node] = given; };
    for (uint64_t id : {1, 2, 3}) {
      context.nodes.push_back(NodeId{id});
      AddProcess(NodeId{id},
                 [this, id](Env& env) { return std::make_unique<Server>(env, this, NodeId{id}); });
    }
    for (uint64_t id : {kFirstClient, kFirstClient + 1}) {
      context.clients.push_back(NodeId{id});
      AddProcess(NodeId{id}, [this](Env& env) { return std::make_unique<Client>(env, this); });
    }
    world.RunFor(milliseconds(10));
  }

  // Begins a fault of that kind, with as many draws as it takes.
  Closure Begin(std::string_view name) {
    for (int i = 0; i < 200; ++i) {
      context.effects = std::make_shared<uint64_t>(0);
      if (Closure stop = FindFault(name)->begin(context)) return stop;
    }
    ADD_FAILURE() << name << " never began";
    return [] {};
  }
  uint64_t effects() const { return *context.effects; }

  Counts Measure(Duration duration = seconds(2)) {
    counts = Counts();
    world.RunFor(duration);
    return counts;
  }

  int changes = 0, restores = 0;  // Of members.
  World world;
  Random random;
  FaultContext context;
  Counts counts;
  std::map<ServerCommand, int> commands;
  std::map<NodeId, ServerConfig> settings;
  int number = 0, last_number = 0;

 private:
  void AddProcess(NodeId id, Process::Factory factory) {
    world.AddProcess(id, StrCat("n", id), std::move(factory)).Start();
  }

  // A message is its number and the time when it was sent.
  class Server : public Program {
   public:
    Server(Env& env, FaultWorld* owner, NodeId id) : env_(env), owner_(*owner) {
      ++owner_.counts.starts;
      auto opened = env_.disk().Open("f", OpenMode::kAppend);
      if (opened.ok()) file_ = std::move(*opened);
      env_.network().OnMessage(Channel::kRaft,
                               [this](NodeId, std::string_view bytes) { Receive(bytes); });
      auto listener = env_.network().Listen(
          StrCat("10.0.0.", id, ":80"),
          [this](std::unique_ptr<Stream> stream) { Accept(std::move(stream)); });
      if (listener.ok()) listener_ = std::move(*listener);
      Tick();
    }

   private:
    void Receive(std::string_view bytes) {
      ++owner_.counts.received;
      const std::string text(bytes);
      const int n = std::stoi(text);
      const int64_t sent_ns = std::stoll(text.substr(text.find('@') + 1));
      owner_.counts.slowest_message_ns =
          std::max(owner_.counts.slowest_message_ns, owner_.world.now_ns() - sent_ns);
      if (n < owner_.last_number) ++owner_.counts.overtaken;
      owner_.last_number = n;
    }
    void Accept(std::unique_ptr<Stream> stream) {
      Stream* const raw = stream.get();
      streams_.push_back(std::move(stream));
      raw->SetHandlers({.on_data = [raw](std::string_view b) { raw->Write(std::string(b)); },
                        .on_close = [](Status) {},
                        .on_drain = [] {}});
    }
    void Tick() {
      ++owner_.counts.ticks;
      (void)env_.clock().WallNow();
      for (uint64_t to : {1, 2, 3}) {
        std::string text = StrCat(++owner_.number, "@", owner_.world.now_ns());
        env_.network().Send(NodeId{to}, Channel::kRaft, std::move(text));
      }
      if (file_) WriteAndSync();
      env_.executor().RunAfter(milliseconds(5), [this] { Tick(); });
    }
    void WriteAndSync() {
      const std::string bytes(100, static_cast<char>('a' + owner_.number % 26));
      if (!file_->Append(bytes).ok()) ++owner_.counts.disk_errors;
      if (!file_->Read(0, 100).ok()) ++owner_.counts.disk_errors;
      if (!env_.disk().Open("g.tmp", OpenMode::kCreate).ok()) ++owner_.counts.disk_errors;
      if (!env_.disk().Rename("g.tmp", "g").ok()) ++owner_.counts.disk_errors;
      if (!env_.disk().SyncDirectory("").ok()) ++owner_.counts.disk_errors;
      file_->Sync([this, at = owner_.world.now_ns()](Status status) {
        if (!status.ok()) ++owner_.counts.disk_errors;
        owner_.counts.slowest_sync_ns =
            std::max(owner_.counts.slowest_sync_ns, owner_.world.now_ns() - at);
      });
    }
    Env& env_;
    FaultWorld& owner_;
    std::unique_ptr<File> file_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::unique_ptr<Stream>> streams_;
  };

  // One question at a time to each server; a connection that broke, or was silent for a second, is
  // made anew.
  class Client : public Program {
   public:
    Client(Env& env, FaultWorld* owner) : env_(env), owner_(*owner) {
      for (size_t i = 0; i < 3; ++i) Connect(i);
    }

   private:
    void Connect(size_t i) {
      env_.network().Connect(StrCat("10.0.0.", i + 1, ":80"), [this, i](auto stream) {
        if (!stream.ok()) return Again(i);
        streams_[i] = std::move(*stream);
        streams_[i]->SetHandlers({.on_data = [this, i](std::string_view) { Answered(i); },
                                  .on_close = [this, i](Status) { Broken(i); },
                                  .on_drain = [] {}});
        Ask(i);
      });
    }
    void Ask(size_t i) {
      if (streams_[i] == nullptr) return;
      asked_ns_[i] = owner_.world.now_ns();
      streams_[i]->Write("?");
      env_.executor().RunAfter(seconds(1), [this, i, at = asked_ns_[i]] {
        if (asked_ns_[i] == at && streams_[i] != nullptr) Broken(i);
      });
    }
    void Answered(size_t i) {
      ++owner_.counts.echoes;
      owner_.counts.slowest_echo_ns =
          std::max(owner_.counts.slowest_echo_ns, owner_.world.now_ns() - asked_ns_[i]);
      asked_ns_[i] = -1;
      env_.executor().RunAfter(milliseconds(10), [this, i] { Ask(i); });
    }
    void Broken(size_t i) {
      ++owner_.counts.streams_broken;
      env_.executor().Post([dying = std::shared_ptr<Stream>(std::move(streams_[i]))] {});
      Again(i);
    }
    void Again(size_t i) {
      env_.executor().RunAfter(milliseconds(50), [this, i] { Connect(i); });
    }
    Env& env_;
    FaultWorld& owner_;
    std::unique_ptr<Stream> streams_[3];
    int64_t asked_ns_[3] = {-1, -1, -1};
  };
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_FAULTS_FAULT_TESTING_H_
