#include "sim/world/stream.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

struct Side {
  std::unique_ptr<Stream> stream;
  std::string data;
  int closes = 0, drains = 0;
  Status close_status;
  void Attach(std::unique_ptr<Stream> s) {
    stream = std::move(s);
    stream->SetHandlers({.on_data = [this](std::string_view bytes) { data.append(bytes); },
                         .on_close =
                             [this](Status status) {
                               ++closes;
                               close_status = status;
                             },
                         .on_drain = [this] { ++drains; }});
  }
};

// Node 1 connects to node 2. The test plays both programs.
struct Link {
  explicit Link(uint64_t seed, WorldOptions options = {}) : world(seed, options) {
    for (uint64_t id : {1, 2}) {
      world
          .AddProcess(NodeId{id}, StrCat("n", id),
                      [this, id](Env& env) {
                        envs[id] = &env;
                        return std::make_unique<Program>();
                      })
          .Start();
    }
    world.RunFor(milliseconds(1));
    listener = *envs[2]->network().Listen(
        "127.0.0.1:80", [this](std::unique_ptr<Stream> s) { server.Attach(std::move(s)); });
  }
  void Connect() {
    envs[1]->network().Connect("127.0.0.1:80", [this](StatusOr<std::unique_ptr<Stream>> s) {
      ++answers;
      connect_status = s.status();
      if (s.ok()) client.Attach(std::move(*s));
    });
  }
  World world;
  Env* envs[3] = {};
  Side client, server;
  std::unique_ptr<Listener> listener;
  int answers = 0;
  Status connect_status;
};

TEST(SimStreamTest, BytesArriveInOrderBothWaysAndTheEndIsClean) {
  Link link(1);
  link.world.network().AddConditions(
      {.loss_ppm = 100'000, .spike_ppm = 300'000, .spike_max = milliseconds(20)});
  link.Connect();
  link.world.RunFor(seconds(5));
  ASSERT_TRUE(link.connect_status.ok()) << link.connect_status;
  std::string sent;
  for (int i = 0; i < 300; ++i) {
    const std::string piece = StrCat("piece ", i, ";");
    sent += piece;
    link.client.stream->Write(piece);
    if (i % 7 == 0) link.world.RunFor(microseconds(100));
  }
  link.server.stream->Write("answer");
  link.client.stream->CloseWhenSent();
  link.world.RunFor(seconds(60));
  EXPECT_EQ(link.server.data, sent);
  EXPECT_EQ(link.client.data, "answer");
  EXPECT_EQ(link.server.closes, 1);
  EXPECT_TRUE(link.server.close_status.ok());
  EXPECT_EQ(link.client.closes, 0);
  link.server.stream.reset();
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.client.closes, 1);
  EXPECT_TRUE(link.client.close_status.ok());
}

TEST(SimStreamTest, RefusedTimedOutTakenAndMalformed) {
  Link link(2);
  EXPECT_EQ(link.envs[2]->network().Listen("127.0.0.1:80", [](auto) {}).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(link.envs[2]->network().Listen("nonsense", [](auto) {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  link.listener.reset();
  link.Connect();
  link.world.RunFor(milliseconds(10));
  EXPECT_EQ(link.answers, 1);
  EXPECT_EQ(link.connect_status.code(), absl::StatusCode::kUnavailable);

  link.listener = *link.envs[2]->network().Listen("127.0.0.1:0", [](auto) {});
  EXPECT_NE(link.listener->address(), "127.0.0.1:0");

  Link cut(3);
  cut.world.network().Cut(NodeId{2}, NodeId{1});
  cut.Connect();
  cut.world.RunFor(milliseconds(1900));
  EXPECT_EQ(cut.answers, 0);
  cut.world.RunFor(milliseconds(200));
  EXPECT_EQ(cut.answers, 1);
  EXPECT_EQ(cut.connect_status.code(), absl::StatusCode::kUnavailable);
}

TEST(SimStreamTest, APausedServerMakesTheClientTimeOutOnceAndGetsNoStreamLater) {
  Link link(4);
  link.world.process(NodeId{2}).Pause();
  link.Connect();
  link.world.RunFor(seconds(5));
  EXPECT_EQ(link.answers, 1);
  EXPECT_FALSE(link.connect_status.ok());
  link.world.process(NodeId{2}).Resume();
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.answers, 1);
  EXPECT_EQ(link.server.stream, nullptr);
}

TEST(SimStreamTest, BackPressure) {
  Link link(5);
  link.Connect();
  link.world.RunFor(milliseconds(5));
  link.server.stream->PauseReading(true);
  const std::string big(5 << 20, 'x');
  link.client.stream->Write(big);
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.server.data.size(), 0u);
  EXPECT_GE(link.client.stream->unsent_bytes(), big.size() - kWindowBytes - kChunkBytes);
  EXPECT_EQ(link.client.drains, 0);
  link.server.stream->PauseReading(false);
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.server.data, big);
  EXPECT_EQ(link.client.stream->unsent_bytes(), 0u);
  EXPECT_EQ(link.client.drains, 1);
}

TEST(SimStreamTest, ACrashBreaksTheOtherEndLater) {
  Link link(6);
  link.Connect();
  link.world.RunFor(milliseconds(5));
  link.server.stream->Write("last words");
  link.world.process(NodeId{2}).Crash();
  EXPECT_EQ(link.client.closes, 0);
  link.world.RunFor(milliseconds(5));
  EXPECT_EQ(link.client.data, "last words");
  EXPECT_EQ(link.client.closes, 1);
  EXPECT_EQ(link.client.close_status.code(), absl::StatusCode::kUnavailable);
  link.client.stream->Write("into the void");
  link.world.RunFor(seconds(10));
  EXPECT_EQ(link.client.closes, 1);
  EXPECT_EQ(link.server.data, "");
}

TEST(SimStreamTest, ACutHoldsBytesThenBreaksTheSender) {
  Link link(7);
  link.Connect();
  link.world.RunFor(milliseconds(5));
  link.world.network().Cut(NodeId{1}, NodeId{2});
  link.client.stream->Write("late");
  link.world.RunFor(seconds(2));
  EXPECT_EQ(link.server.data, "");
  link.world.network().Heal(NodeId{1}, NodeId{2});
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.server.data, "late");

  link.world.network().Cut(NodeId{1}, NodeId{2});
  link.client.stream->Write("never");
  link.world.RunFor(seconds(10));
  EXPECT_EQ(link.client.closes, 1);
  EXPECT_EQ(link.client.close_status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(link.server.closes, 0);  // Half open: it has not heard of it.
  link.world.network().Heal(NodeId{1}, NodeId{2});
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.server.data, "late");
  EXPECT_EQ(link.server.closes, 1);
  EXPECT_EQ(link.server.close_status.code(), absl::StatusCode::kUnavailable);
}

TEST(SimStreamTest, AStreamMayBeDestroyedInsideItsOwnCallback) {
  Link link(8);
  link.Connect();
  link.world.RunFor(milliseconds(5));
  link.server.stream->SetHandlers(
      {.on_data = [&](std::string_view) { link.server.stream.reset(); }});
  link.client.stream->Write("bye");
  link.client.stream->Write("more");
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.client.closes, 1);
  EXPECT_EQ(link.server.data, "");
}

TEST(SimStreamTest, WhatIsQueuedAtCloseWhenSentStillArrives) {
  Link link(9);
  link.Connect();
  link.world.RunFor(milliseconds(5));
  const std::string big(3 << 20, 'y');
  link.client.stream->Write(big);
  link.client.stream->CloseWhenSent();
  link.world.RunFor(seconds(1));
  EXPECT_EQ(link.server.data, big);
  EXPECT_TRUE(link.server.close_status.ok());
  EXPECT_EQ(link.server.closes, 1);
}

}  // namespace
}  // namespace quadraft::sim
