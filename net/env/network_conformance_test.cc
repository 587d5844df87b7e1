// What core/env promises about messages and streams, held against both worlds.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/testing/env_pair.h"

namespace quadraft::net {
namespace {

using absl::StatusCode;

struct End {
  std::unique_ptr<Stream> stream;
  std::string got;
  int closes = 0, drains = 0;
  Status close_status;
  void Attach(std::unique_ptr<Stream> s) {
    stream = std::move(s);
    stream->SetHandlers({.on_data = [this](std::string_view bytes) { got.append(bytes); },
                         .on_close =
                             [this](Status status) {
                               ++closes;
                               close_status = status;
                             },
                         .on_drain = [this] { ++drains; }});
  }
};

class NetworkTest : public EnvPairTest {
 protected:
  void Link() {
    listener = *b().network().Listen(pair->FreshAddress(1), [this](std::unique_ptr<Stream> s) {
      server.Attach(std::move(s));
    });
    a().network().Connect(listener->address(), [this](StatusOr<std::unique_ptr<Stream>> s) {
      ASSERT_TRUE(s.ok()) << s.status();
      client.Attach(*std::move(s));
    });
    EXPECT_EQ(client.stream, nullptr) << "no callback inside Connect";
    ASSERT_TRUE(pair->RunUntil([this] { return client.stream && server.stream; }));
  }
  std::unique_ptr<Listener> listener;
  End client, server;
};

TEST_P(NetworkTest, MessagesArriveWithSenderAndChannel) {
  std::vector<std::string> got;
  for (const Channel channel : {Channel::kRaft, Channel::kRpc, Channel::kSnapshot}) {
    b().network().OnMessage(channel, [&, channel](NodeId from, std::string_view bytes) {
      EXPECT_EQ(from, EnvPair::node(0));
      got.push_back(StrCat(static_cast<int>(channel), ":", bytes.size(), ":", bytes.substr(0, 3)));
    });
  }
  const std::string large(3'000'000, 'L');
  a().network().Send(EnvPair::node(1), Channel::kSnapshot, large);
  a().network().Send(EnvPair::node(1), Channel::kRaft, "abc");
  a().network().Send(EnvPair::node(1), Channel::kRpc, "");
  EXPECT_TRUE(got.empty());
  EXPECT_TRUE(pair->RunUntil([&] { return got.size() == 3; }));
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, (std::vector<std::string>{"0:3:abc", "1:0:", "2:3000000:LLL"}));
}

TEST_P(NetworkTest, MessagesGoBothWaysAndToStrangersNowhere) {
  int a_got = 0, b_got = 0;
  a().network().OnMessage(Channel::kRpc, [&](NodeId, std::string_view) { ++a_got; });
  b().network().OnMessage(Channel::kRpc, [&](NodeId from, std::string_view bytes) {
    ++b_got;
    b().network().Send(from, Channel::kRpc, std::string(bytes));
  });
  a().network().Send(NodeId(77), Channel::kRpc, "x");
  a().network().Send(EnvPair::node(1), Channel::kRaft, "nobody listens on this channel");
  for (int i = 0; i < 100; ++i) a().network().Send(EnvPair::node(1), Channel::kRpc, StrCat(i));
  EXPECT_TRUE(pair->RunUntil([&] { return a_got == 100; }));
  EXPECT_EQ(b_got, 100);
}

TEST_P(NetworkTest, StreamsCarryBytesInOrderBothWays) {
  Link();
  std::string sent;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece(i, static_cast<char>('a' + i % 26));
    sent += piece;
    client.stream->Write(piece);
  }
  server.stream->Write("back");
  EXPECT_TRUE(pair->RunUntil([&] { return server.got.size() == sent.size() && client.got == "back"; }));
  EXPECT_EQ(server.got, sent);
  EXPECT_FALSE(client.stream->peer().empty());
}

TEST_P(NetworkTest, CloseWhenSentEndsCleanlyAfterTheLastByte) {
  Link();
  const std::string sent(2'000'000, 'x');
  client.stream->Write(sent);
  client.stream->CloseWhenSent();
  EXPECT_EQ(server.closes, 0);
  EXPECT_TRUE(pair->RunUntil([&] { return server.closes == 1; }));
  EXPECT_EQ(server.got.size(), sent.size());
  EXPECT_TRUE(server.close_status.ok()) << server.close_status;
}

TEST_P(NetworkTest, DestroyedAfterCloseWhenSentStillSendsAll) {
  Link();
  client.stream->Write(std::string(2'000'000, 'x'));
  client.stream->CloseWhenSent();
  client.stream = nullptr;
  EXPECT_TRUE(pair->RunUntil([&] { return server.closes == 1; }));
  EXPECT_EQ(server.got.size(), 2'000'000u);
  EXPECT_TRUE(server.close_status.ok()) << server.close_status;
}

TEST_P(NetworkTest, DestroyedWithUnsentBytesBreaks) {
  Link();
  server.stream->PauseReading(true);
  const size_t total = GetParam() == World::kEpoll ? 20'000'000 : 4'000'000;
  client.stream->Write(std::string(total, 'x'));
  pair->RunFor(milliseconds(50));
  client.stream = nullptr;
  server.stream->PauseReading(false);
  EXPECT_TRUE(pair->RunUntil([&] { return server.closes == 1; }));
  EXPECT_LT(server.got.size(), total);
  EXPECT_EQ(server.close_status.code(), StatusCode::kUnavailable) << server.close_status;
}

TEST_P(NetworkTest, NoCallbackAfterDestruction) {
  Link();
  client.stream->Write("x");
  server.stream = nullptr;
  EXPECT_TRUE(pair->RunUntil([&] { return client.closes == 1; }));
  EXPECT_EQ(server.got, "");
  EXPECT_EQ(server.closes, 0);
  client.stream->Write("dropped silently");
  pair->RunFor(milliseconds(20));
  EXPECT_EQ(client.closes, 1);
}

TEST_P(NetworkTest, PausedReadersHoldTheWriterUpAndDrainIsTold) {
  Link();
  server.stream->PauseReading(true);
  // More than the kernel's buffers hold, which the simulated world does not have.
  const size_t kTotal = GetParam() == World::kEpoll ? 16u << 20 : 4u << 20;
  client.stream->Write(std::string(kTotal, 'x'));
  EXPECT_GT(client.stream->unsent_bytes(), kStreamBufferBytes);
  pair->RunFor(milliseconds(100));
  EXPECT_EQ(server.got, "");
  EXPECT_GT(client.stream->unsent_bytes(), kStreamBufferBytes) << "the bytes pile up on the writer's side";
  EXPECT_EQ(client.drains, 0);
  server.stream->PauseReading(false);
  EXPECT_TRUE(pair->RunUntil([&] { return client.drains == 1; }));
  EXPECT_LE(client.stream->unsent_bytes(), kStreamBufferBytes / 2);
  EXPECT_TRUE(pair->RunUntil([&] { return server.got.size() == kTotal; }));
  EXPECT_EQ(client.drains, 1);
}

TEST_P(NetworkTest, BytesBeforeTheHandlersAreKept) {
  std::unique_ptr<Stream> raw;
  listener = *b().network().Listen(pair->FreshAddress(1),
                                   [&](std::unique_ptr<Stream> s) { raw = std::move(s); });
  a().network().Connect(listener->address(), [&](StatusOr<std::unique_ptr<Stream>> s) {
    client.Attach(*std::move(s));
    client.stream->Write("early");
    client.stream->CloseWhenSent();
  });
  ASSERT_TRUE(pair->RunUntil([&] { return raw != nullptr && client.stream != nullptr; }));
  pair->RunFor(milliseconds(50));
  server.Attach(std::move(raw));
  EXPECT_EQ(server.got, "") << "no callback inside SetHandlers";
  EXPECT_TRUE(pair->RunUntil([&] { return server.closes == 1; }));
  EXPECT_EQ(server.got, "early");
}

TEST_P(NetworkTest, AStreamMayBeDestroyedInsideItsCallbacks) {
  listener = *b().network().Listen(pair->FreshAddress(1), [this](std::unique_ptr<Stream> s) {
    server.stream = std::move(s);
    server.stream->SetHandlers({.on_data = [this](std::string_view) { server.stream = nullptr; },
                                .on_close = [](Status) { FAIL() << "after destruction"; },
                                .on_drain = [] {}});
  });
  a().network().Connect(listener->address(), [this](StatusOr<std::unique_ptr<Stream>> s) {
    client.stream = *std::move(s);
    client.stream->SetHandlers({.on_data = [](std::string_view) {},
                                .on_close =
                                    [this](Status) {
                                      client.closes = 1;
                                      client.stream = nullptr;
                                    },
                                .on_drain = [] {}});
    client.stream->Write("x");
  });
  EXPECT_TRUE(pair->RunUntil([&] { return client.closes == 1; }));
}

TEST_P(NetworkTest, ConnectErrors) {
  std::vector<StatusCode> codes;
  const auto connect = [&](const std::string& address) {
    const size_t before = codes.size();
    a().network().Connect(address, [&](StatusOr<std::unique_ptr<Stream>> s) { codes.push_back(s.status().code()); });
    EXPECT_EQ(codes.size(), before) << "no callback inside Connect";
    EXPECT_TRUE(pair->RunUntil([&] { return codes.size() > before; })) << address;
    return codes.back();
  };
  std::string gone;
  {
    auto closed = b().network().Listen(pair->FreshAddress(1), [](std::unique_ptr<Stream>) {});
    gone = (*closed)->address();
  }
  EXPECT_EQ(connect(gone), StatusCode::kUnavailable);
  EXPECT_EQ(connect("no-port"), StatusCode::kInvalidArgument);
}

TEST_P(NetworkTest, ListenErrors) {
  auto first = b().network().Listen(pair->FreshAddress(1), [](std::unique_ptr<Stream>) {});
  ASSERT_TRUE(first.ok());
  const auto second = b().network().Listen((*first)->address(), [](std::unique_ptr<Stream>) {});
  EXPECT_EQ(second.status().code(), StatusCode::kAlreadyExists);
  EXPECT_NE(Message(second.status()).find((*first)->address()), std::string::npos);
  EXPECT_EQ(b().network().Listen("nonsense", [](std::unique_ptr<Stream>) {}).status().code(),
            StatusCode::kInvalidArgument);
  const std::string address = (*first)->address();
  first->reset();
  EXPECT_TRUE(b().network().Listen(address, [](std::unique_ptr<Stream>) {}).ok()) << "free again";
}

TEST_P(NetworkTest, PortZeroPicksOne) {
  auto picked = b().network().Listen("127.0.0.1:0", [](std::unique_ptr<Stream>) {});
  ASSERT_TRUE(picked.ok()) << picked.status();
  EXPECT_NE((*picked)->address(), "127.0.0.1:0");
}

INSTANTIATE_ENV_PAIR_TEST(NetworkTest);

}  // namespace
}  // namespace quadraft::net
