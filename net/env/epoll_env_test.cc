// What only the production Env does: locks, threads, real sockets and what goes wrong with them.
#include "core/proto/frame.h"
#include "net/env/epoll_env.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include "gtest/gtest.h"

namespace quadraft::net {
namespace {

using proto::AppendFrame;
using proto::EncodeHello;
using proto::Hello;

using absl::StatusCode;

bool RunUntil(EpollEnv& env, absl::AnyInvocable<bool()> condition) {
  const MonotonicTime end = env.clock().Now() + seconds(20);
  while (!condition()) {
    if (env.clock().Now() > end) return false;
    env.RunOnce(milliseconds(1));
  }
  return true;
}

struct Scratch {
  Scratch() : path(std::filesystem::path(testing::TempDir()) / StrCat("epoll-env-", getpid())) {}
  ~Scratch() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST(EpollEnv, ADataDirectoryHasOneOwner) {
  Scratch scratch;
  auto first = EpollEnv::Create({.data_dir = scratch.path.string()});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = EpollEnv::Create({.data_dir = scratch.path.string()});
  EXPECT_EQ(second.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(second.status()).find(StrCat("in use by process ", getpid())), std::string::npos)
      << second.status();
  first->reset();
  EXPECT_TRUE(EpollEnv::Create({.data_dir = scratch.path.string()}).ok());
}

TEST(EpollEnv, ADataDirectoryThatCannotBeIsSaid) {
  Scratch scratch;
  std::filesystem::create_directories(scratch.path);
  std::ofstream(scratch.path / "file") << "x";
  const auto env = EpollEnv::Create({.data_dir = (scratch.path / "file").string()});
  EXPECT_FALSE(env.ok());
  EXPECT_NE(Message(env.status()).find("file"), std::string::npos) << env.status();
}

TEST(EpollEnv, WithoutADataDirectoryTheDiskRefuses) {
  auto env = *EpollEnv::Create({});
  EXPECT_EQ(env->disk().Open("x", OpenMode::kCreate).status().code(), StatusCode::kFailedPrecondition);
}

TEST(EpollEnv, PostAndStopFromAnotherThread) {
  auto env = *EpollEnv::Create({.offload_threads = 3});
  std::vector<int> got;
  std::thread other([&] {
    for (int i = 0; i < 10'000; ++i) env->executor().Post([&got, i] { got.push_back(i); });
    env->executor().Post([&] { env->Stop(); });
  });
  env->Run();
  other.join();
  ASSERT_EQ(got.size(), 10'000u);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(got[i], i);
}

TEST(EpollEnv, AnIdleLoopWakesAtOnceForAPost) {
  auto env = *EpollEnv::Create({});
  MonotonicTime posted, ran;
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    posted = env->clock().Now();
    env->executor().Post([&] {
      ran = env->clock().Now();
      env->Stop();
    });
  });
  env->Run();
  other.join();
  EXPECT_LT(ran - posted, milliseconds(500));
}

TEST(EpollEnv, ShutdownWaitsForWorkAndDropsItsDone) {
  auto env = *EpollEnv::Create({.offload_threads = 1});
  std::atomic<bool> begun = false, ended = false;
  bool done = false;
  env->executor().Offload(
      [&] {
        begun = true;
        std::this_thread::sleep_for(milliseconds(50));
        ended = true;
      },
      [&] { done = true; });
  while (!begun) std::this_thread::yield();
  env = nullptr;
  EXPECT_TRUE(ended);
  EXPECT_FALSE(done);
}

TEST(EpollEnv, ReadsFromWorkersWhileTheLoopAppends) {
  Scratch scratch;
  auto env = *EpollEnv::Create({.data_dir = scratch.path.string(), .offload_threads = 2});
  auto file = *env->disk().Open("f", OpenMode::kCreate);
  ASSERT_TRUE(file->Append(std::string(100'000, 'x')).ok());
  int finished = 0;
  for (int i = 0; i < 20; ++i) {
    env->executor().Offload(
        [&file] { EXPECT_EQ(file->Read(0, 100'000)->size(), 100'000u); }, [&] { ++finished; });
    ASSERT_TRUE(file->Append("more").ok());
  }
  EXPECT_TRUE(RunUntil(*env, [&] { return finished == 20; }));
}

TEST(EpollEnv, NamesAreLookedUpByAWorker) {
  auto env = *EpollEnv::Create({});
  std::optional<Status> result;
  env->network().Connect("no-such-host.invalid:80",
                         [&](StatusOr<std::unique_ptr<Stream>> s) { result = s.status(); });
  EXPECT_TRUE(RunUntil(*env, [&] { return result.has_value(); }));
  EXPECT_EQ(result->code(), StatusCode::kUnavailable) << *result;
}

TEST(EpollEnv, AddressesThatCannotBeAreSaid) {
  auto env = *EpollEnv::Create({});
  for (const char* bad : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "::1:80", "[::1:80", ""}) {
    std::optional<Status> result;
    env->network().Connect(bad, [&](StatusOr<std::unique_ptr<Stream>> s) { result = s.status(); });
    EXPECT_TRUE(RunUntil(*env, [&] { return result.has_value(); }));
    EXPECT_EQ(result->code(), StatusCode::kInvalidArgument) << bad << ": " << *result;
  }
  EXPECT_EQ(env->network().Listen("some.name:0", [](std::unique_ptr<Stream>) {}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(env->network().Listen("localhost:0", [](std::unique_ptr<Stream>) {}).ok());
}

// Node 1 and what it logs; a raw stream plays its peer.
struct MeshFixture {
  MeshFixture() {
    env = *EpollEnv::Create({.node = NodeId(1),
                             .cluster = "c",
                             .peers = {{NodeId(2), "127.0.0.1:1"}},
                             .peer_listen = "127.0.0.1:0",
                             .log_sink = [this](LogLevel, std::string_view line) { StrAppend(&log, line, "\n"); }});
    env->network().OnMessage(Channel::kRpc, [this](NodeId, std::string_view bytes) { got.append(bytes); });
  }
  void Dial() {
    stream = nullptr;
    closed = false;
    env->network().Connect(env->peer_address(), [this](StatusOr<std::unique_ptr<Stream>> s) {
      stream = *std::move(s);
      stream->SetHandlers({.on_data = [](std::string_view) {},
                           .on_close = [this](Status) { closed = true; },
                           .on_drain = [] {}});
    });
    EXPECT_TRUE(RunUntil(*env, [this] { return stream != nullptr; }));
  }
  std::string log, got;
  std::unique_ptr<EpollEnv> env;
  std::unique_ptr<Stream> stream;
  bool closed = false;
};

TEST(PeerMesh, RefusesStrangersAndSaysWhy) {
  MeshFixture f;
  const std::vector<std::pair<Hello, std::string>> cases = {
      {{NodeId(2), NodeId(1), "other"}, "cluster 'other'"},
      {{NodeId(2), NodeId(3), "c"}, "it wants node 3"},
      {{NodeId(9), NodeId(1), "c"}, "node 9, which we do not know"},
      {{NodeId(1), NodeId(1), "c"}, "node 1, which we do not know"},
  };
  for (const auto& [hello, why] : cases) {
    f.Dial();
    std::string bytes = EncodeHello(hello);
    AppendFrame(&bytes, 1, false, "evil");
    f.stream->Write(bytes);
    EXPECT_TRUE(RunUntil(*f.env, [&] { return f.closed; }));
    EXPECT_NE(f.log.find(why), std::string::npos) << f.log;
  }
  EXPECT_EQ(f.env->mesh_stats().refused_hellos, 4u);
  EXPECT_EQ(f.got, "");
}

// Node 1 hears node `id`, which listens elsewhere, and answers what it hears there.
struct Newcomer {
  Newcomer(MeshFixture& fixture, uint64_t id) : f(fixture) {
    env = *EpollEnv::Create({.node = NodeId(id),
                             .cluster = "c",
                             .peers = {{NodeId(1), f.env->peer_address()}},
                             .peer_listen = "127.0.0.1:0",
                             .log_sink = [](LogLevel, std::string_view) {}});
    env->network().OnMessage(Channel::kRpc, [this](NodeId, std::string_view bytes) { got.append(bytes); });
    env->network().Send(NodeId(1), Channel::kRpc, StrCat("from ", id));
    heard = RunBoth([&] { return f.got.find(StrCat("from ", id)) != std::string::npos; });
    f.env->network().Send(NodeId(id), Channel::kRpc, "answer");
  }
  bool RunBoth(absl::AnyInvocable<bool()> condition) {
    return RunUntil(*f.env, [&] {
      env->RunOnce(Duration(0));
      return condition();
    });
  }
  bool Answered() { return RunBoth([this] { return got == "answer"; }); }
  MeshFixture& f;
  std::unique_ptr<EpollEnv> env;
  std::string got;
  bool heard = false;
};

TEST(PeerMesh, WhoConnectsSaysWhereItListens) {
  MeshFixture f;
  Newcomer nobody_named(f, 9);
  EXPECT_TRUE(nobody_named.heard);
  EXPECT_TRUE(nobody_named.Answered());
  Newcomer moved(f, 2);  // From where node 1 had it.
  EXPECT_TRUE(moved.heard);
  EXPECT_TRUE(moved.Answered());
}

TEST(PeerMesh, ALaterAddressCountsAndAPinnedOneStands) {
  const auto make = [](bool pin) {
    return *EpollEnv::Create({.node = NodeId(1), .cluster = "c", .peers = {{NodeId(2), "127.0.0.1:1"}},
                              .pin_peers = pin, .log_sink = [](LogLevel, std::string_view) {}});
  };
  for (const bool pin : {false, true}) {
    auto env = make(pin);
    std::string got;
    auto peer = *EpollEnv::Create({.node = NodeId(2), .cluster = "c", .peers = {{NodeId(1), "127.0.0.1:1"}},
                                   .peer_listen = "127.0.0.1:0", .log_sink = [](LogLevel, std::string_view) {}});
    peer->network().OnMessage(Channel::kRaft, [&](NodeId, std::string_view bytes) { got = bytes; });
    const auto sends = [&] {
      env->network().Send(NodeId(2), Channel::kRaft, "x");
      return RunUntil(*env, [&, n = 0]() mutable {
        peer->RunOnce(Duration(0));
        return !got.empty() || ++n > 300;
      });
    };
    env->network().SetAddress(NodeId(2), peer->peer_address());
    (void)sends();
    EXPECT_EQ(got, pin ? "" : "x");
    EXPECT_EQ(env->mesh_stats().connects, pin ? 0u : 1u);
    const uint64_t connects = env->mesh_stats().connects;
    env->network().SetAddress(NodeId(2), peer->peer_address());  // Said again: the link stays.
    env->network().SetAddress(NodeId(1), "127.0.0.1:1");         // This node itself.
    (void)sends();
    EXPECT_EQ(env->mesh_stats().connects, connects);
  }
}

TEST(PeerMesh, ABadFrameClosesTheConnectionAndIsCounted) {
  MeshFixture f;
  f.Dial();
  std::string bytes = EncodeHello({NodeId(2), NodeId(1), "c"});
  AppendFrame(&bytes, 1, false, "good");
  AppendFrame(&bytes, 1, false, "bad");
  bytes.back() ^= 1;
  f.stream->Write(bytes);
  EXPECT_TRUE(RunUntil(*f.env, [&] { return f.closed; }));
  EXPECT_EQ(f.got, "good");
  EXPECT_EQ(f.env->mesh_stats().bad_frames, 1u);
}

TEST(PeerMesh, ASecondConnectionOfAPeerReplacesTheFirst) {
  MeshFixture f;
  f.Dial();
  f.stream->Write(EncodeHello({NodeId(2), NodeId(1), "c"}));
  RunUntil(*f.env, [n = 0]() mutable { return ++n > 20; });
  auto first = std::move(f.stream);
  f.Dial();
  std::string bytes = EncodeHello({NodeId(2), NodeId(1), "c"});
  AppendFrame(&bytes, 1, false, "new");
  f.stream->Write(bytes);
  EXPECT_TRUE(RunUntil(*f.env, [&] { return f.closed && f.got == "new"; })) << "the first one ends";
}

TEST(PeerMesh, ReconnectsAfterThePeerReturns) {
  auto a = *EpollEnv::Create({.node = NodeId(1), .peer_listen = "127.0.0.1:0", .log_sink = [](LogLevel, std::string_view) {}});
  std::string got, address;
  const auto start_b = [&](std::string listen) {
    auto b = EpollEnv::Create({.node = NodeId(2), .peers = {{NodeId(1), a->peer_address()}},
                               .peer_listen = listen, .log_sink = [](LogLevel, std::string_view) {}});
    EXPECT_TRUE(b.ok()) << b.status();
    (*b)->network().OnMessage(Channel::kRaft, [&](NodeId, std::string_view bytes) { got = bytes; });
    return *std::move(b);
  };
  auto b = start_b("127.0.0.1:0");
  address = b->peer_address();
  a->network().SetAddress(NodeId(2), address);
  const auto reaches = [&](std::string text) {
    return RunUntil(*a, [&] {
      a->network().Send(NodeId(2), Channel::kRaft, text);
      if (b) b->RunOnce(milliseconds(1));
      return got == text;
    });
  };
  EXPECT_TRUE(reaches("one"));
  b = nullptr;
  for (int i = 0; i < 50; ++i) {
    a->network().Send(NodeId(2), Channel::kRaft, "lost");
    a->RunOnce(milliseconds(2));
  }
  EXPECT_GT(a->mesh_stats().messages_dropped, 0u);
  b = start_b(address);
  EXPECT_TRUE(reaches("two"));
}

}  // namespace
}  // namespace quadraft::net
