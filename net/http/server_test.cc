// The server's own behaviour, byte for byte, over both worlds: a raw stream plays the client.
#include "net/http/server.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/testing/env_pair.h"

namespace quadraft::http {
namespace {

using net::World;

// A client that says exactly what a test wants.
struct RawClient {
  RawClient(net::EnvPair& pair, Env& env, const std::string& address) : pair(pair) {
    env.network().Connect(address, [this](StatusOr<std::unique_ptr<Stream>> opened) {
      connected = true;
      if (!opened.ok()) return;
      stream = *std::move(opened);
      stream->SetHandlers({.on_data = [this](std::string_view bytes) { got.append(bytes); },
                           .on_close =
                               [this](Status status) {
                                 closed = true;
                                 close_status = status;
                               },
                           .on_drain = [] {}});
    });
    EXPECT_TRUE(pair.RunUntil([this] { return connected; }));
  }
  bool Await(std::string_view text) {
    size_t looked = 0;  // Each byte is looked at once, however often we ask.
    const bool found = pair.RunUntil([&] {
      if (got.size() == looked) return false;
      const size_t from = looked < text.size() ? 0 : looked - text.size();
      looked = got.size();
      return got.find(text, from) != got.npos;
    });
    EXPECT_TRUE(found) << "no '" << text << "' in: " << got;
    return found;
  }
  bool AwaitClose() { return pair.RunUntil([this] { return closed; }, seconds(200)); }
  int Count(std::string_view text) const {
    int count = 0;
    for (size_t at = got.find(text); at != got.npos; at = got.find(text, at + 1)) ++count;
    return count;
  }

  net::EnvPair& pair;
  std::unique_ptr<Stream> stream;
  std::string got;
  bool connected = false, closed = false;
  Status close_status;
};

class ServerTest : public net::EnvPairTest {
 protected:
  void StartServer(ServerOptions options = {}) {
    server = std::make_unique<HttpServer>(b(), options);
    const Status started =
        server->Start(pair->FreshAddress(1), [this](Request request, ResponseWriter writer) {
          requests.push_back(request);
          if (hold) {
            held.push_back(std::move(writer));
            return;
          }
          EXPECT_TRUE(writer.Respond({.status = 200,
                                      .headers = {{"content-type", "text/plain"}},
                                      .body = StrCat(request.method, " ", request.path, " ",
                                                     request.body)}).ok());
        });
    ASSERT_TRUE(started.ok()) << started;
  }
  std::unique_ptr<RawClient> NewClient() {
    return std::make_unique<RawClient>(*pair, a(), server->address());
  }
  std::string Exchange(std::string bytes, std::string_view until) {
    auto client = NewClient();
    client->stream->Write(std::move(bytes));
    client->Await(until);
    return client->got;
  }

  std::unique_ptr<HttpServer> server;
  std::vector<Request> requests;
  bool hold = false;
  std::vector<ResponseWriter> held;
};

TEST_P(ServerTest, AnswersWholeAndKeepsTheConnection) {
  StartServer();
  auto client = NewClient();
  client->stream->Write("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  client->Await("POST /x abc");
  EXPECT_EQ(client->got,
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 11\r\n"
            "connection: keep-alive\r\n\r\nPOST /x abc");
  client->stream->Write("GET /y HTTP/1.1\r\nHost: a\r\n\r\n");
  client->Await("GET /y ");
  EXPECT_EQ(server->stats().requests, 2u);
  EXPECT_EQ(server->stats().connections_accepted, 1u);
}

TEST_P(ServerTest, PipelinedRequestsAreAnsweredInOrderOneAtATime) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n");
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(pair->RunUntil([&] { return held.size() == i + 1; }));
    pair->RunFor(milliseconds(20));
    ASSERT_EQ(held.size(), i + 1) << "the next one began before this one was answered";
    EXPECT_TRUE(held[i].Respond({.body = StrCat("answer ", i + 1)}).ok());
  }
  client->Await("answer 3");
  EXPECT_TRUE(client->AwaitClose());
  EXPECT_LT(client->got.find("answer 1"), client->got.find("answer 2"));
  EXPECT_LT(client->got.find("answer 2"), client->got.find("answer 3"));
  EXPECT_EQ(held.size(), 3u) << "nothing is read after Connection: close";
}

TEST_P(ServerTest, ManyPipelinedRequestsAnsweredAtOnce) {
  StartServer();
  std::string all;
  for (int i = 0; i < 4999; ++i) all += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  all += "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nlast";
  auto client = NewClient();
  client->stream->Write(all);
  client->Await("POST / last");
  EXPECT_EQ(client->Count("200 OK"), 5000);
}

TEST_P(ServerTest, ManyPipelinedRequestsAnsweredLaterPauseTheReading) {
  hold = true;
  StartServer();
  std::string all;
  for (int i = 0; i < 5000; ++i) all += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_GT(all.size(), 2 * kPipelineBytesMax);
  auto client = NewClient();
  client->stream->Write(all);
  for (size_t i = 0; i < 5000; ++i) {
    ASSERT_TRUE(pair->RunUntil([&] { return held.size() == i + 1; })) << i;
    EXPECT_TRUE(held[i].Respond({.body = i == 4999 ? "last" : "x"}).ok());
  }
  client->Await("last");
  EXPECT_EQ(client->Count("200 OK"), 5000);
}

TEST_P(ServerTest, StreamsInChunksWithBackPressure) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  ResponseWriter& writer = held[0];
  client->stream->PauseReading(true);
  EXPECT_TRUE(writer.StartStream(200, {{"x", "y"}}).ok());
  size_t written = 0;
  const size_t total = 8u << 20;
  size_t most_unsent = 0;
  bool finished = false;
  std::function<void(Status)> go = [&](Status status) {
    ASSERT_TRUE(status.ok());
    while (written < total) {
      if (writer.unsent_bytes() > kStreamBufferBytes) {
        writer.WhenWritable([&](Status s) { go(s); });
        return;
      }
      EXPECT_TRUE(writer.Write(std::string(100'000, 'b')).ok());
      written += 100'000;
      most_unsent = std::max(most_unsent, writer.unsent_bytes());
    }
    EXPECT_TRUE(writer.Finish().ok());
    finished = true;
  };
  go(OkStatus());
  EXPECT_FALSE(finished) << "a client that does not read must hold the writer up";
  pair->RunFor(milliseconds(50));
  EXPECT_FALSE(finished);
  client->stream->PauseReading(false);
  EXPECT_TRUE(pair->RunUntil([&] { return finished; }));
  client->Await("\r\n0\r\n\r\n");
  EXPECT_LE(most_unsent, kStreamBufferBytes + 200'100);
  EXPECT_EQ(client->Count("186a0\r\n"), static_cast<int>(written / 100'000));
  EXPECT_NE(client->got.find("transfer-encoding: chunked"), std::string::npos);
}

TEST_P(ServerTest, AbortBreaksTheChunks) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  EXPECT_TRUE(held[0].StartStream(200, {}).ok());
  EXPECT_TRUE(held[0].Write("half").ok());
  client->Await("half");
  held[0].Abort("out of luck");
  EXPECT_TRUE(client->AwaitClose());
  EXPECT_EQ(client->got.find("0\r\n\r\n"), std::string::npos);
}

TEST_P(ServerTest, AbortBeforeAnythingIsA500AndSoIsADroppedWriter) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  held[0].Abort("out of luck");
  client->Await("out of luck\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 2; }));
  held.clear();
  client->Await("the request was dropped");
  EXPECT_EQ(client->Count("HTTP/1.1 500 "), 2);
}

TEST_P(ServerTest, TheWriterSurvivesItsClient) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  bool gone = false;
  held[0].OnClientGone([&] { gone = true; });
  EXPECT_TRUE(held[0].StartStream(200, {}).ok());
  EXPECT_FALSE(held[0].client_gone());
  client = nullptr;
  EXPECT_TRUE(pair->RunUntil([&] { return gone; }));
  EXPECT_TRUE(held[0].client_gone());
  EXPECT_EQ(held[0].Write("x").code(), absl::StatusCode::kCancelled);
  std::optional<Status> writable;
  held[0].WhenWritable([&](Status status) { writable = status; });
  EXPECT_TRUE(pair->RunUntil([&] { return writable.has_value(); }));
  EXPECT_EQ(writable->code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(held[0].Finish().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(server->stats().clients_gone, 1u);
}

TEST_P(ServerTest, TheWriterSurvivesTheServer) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  bool gone = false;
  held[0].OnClientGone([&] { gone = true; });
  server = nullptr;
  EXPECT_TRUE(gone);
  EXPECT_EQ(held[0].Respond({}).code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(client->AwaitClose());
}

TEST_P(ServerTest, HeadAndNoContentHaveNoBody) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write(
      "HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  EXPECT_TRUE(held[0].Respond({.body = "secret"}).ok());
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 2; }));
  EXPECT_TRUE(held[1].StartStream(200, {}).ok());
  EXPECT_TRUE(held[1].Write("secret").ok());
  EXPECT_TRUE(held[1].Finish().ok());
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 3; }));
  EXPECT_TRUE(held[2].Respond({.status = 204, .body = "secret"}).ok());
  client->Await("204 No Content");
  EXPECT_NE(client->got.find("content-length: 6"), std::string::npos);
  EXPECT_EQ(client->got.find("secret"), std::string::npos);
}

TEST_P(ServerTest, ToHttp10StreamsUntilTheEnd) {
  hold = true;
  StartServer();
  auto client = NewClient();
  client->stream->Write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  EXPECT_TRUE(held[0].StartStream(200, {}).ok());
  EXPECT_TRUE(held[0].Write("plain").ok());
  EXPECT_TRUE(held[0].Finish().ok());
  EXPECT_TRUE(client->AwaitClose());
  EXPECT_EQ(client->got, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nplain");
}

TEST_P(ServerTest, ExpectContinue) {
  StartServer();
  auto client = NewClient();
  client->stream->Write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  client->Await("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(requests.empty());
  client->stream->Write("ab");
  client->Await("POST / ab");
  EXPECT_NE(Exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: tea\r\n\r\n", "\n\r\n")
                .find("417 "), std::string::npos);
}

TEST_P(ServerTest, LimitsHaveTheirStatus) {
  StartServer({.body_bytes_max = 100, .bodies_bytes_max = 150, .head_bytes_max = 1000});
  const std::string host = "Host: a\r\n";
  EXPECT_EQ(Exchange("POST / HTTP/1.1\r\n" + host + "Content-Length: 101\r\n\r\n", "\r\n\r\n").substr(9, 3), "413");
  EXPECT_EQ(Exchange("POST / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 101\r\n\r\n",
                     "\r\n\r\n").substr(9, 3), "413");
  EXPECT_EQ(Exchange("GET / HTTP/1.1\r\n" + host + "a: " + std::string(1000, 'x') + "\r\n\r\n", "\r\n\r\n")
                .substr(9, 3), "431");
  EXPECT_EQ(Exchange("nonsense\r\n\r\n", "\r\n\r\n").substr(9, 3), "400");
  EXPECT_EQ(server->stats().requests, 0u);
  EXPECT_EQ(server->stats().rejected, 4u);
  // Two bodies of 90 bytes at once are more than bodies_bytes_max.
  auto first = NewClient(), second = NewClient();
  const std::string part = "POST / HTTP/1.1\r\n" + host + "Content-Length: 100\r\n\r\n" + std::string(90, 'x');
  first->stream->Write(part);
  pair->RunFor(milliseconds(100));
  second->stream->Write(part);
  second->Await("503 Service Unavailable");
  first->stream->Write(std::string(10, 'x'));
  first->Await("200 OK");
  EXPECT_EQ(Exchange("POST / HTTP/1.1\r\n" + host + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'), "xxx")
                .substr(9, 3), "200") << "what was held has been given back";
}

TEST_P(ServerTest, AClientThatGoesOnWritingStillReadsWhyItWasRefused) {
  StartServer({.body_bytes_max = 1000});
  auto client = NewClient();
  client->stream->Write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  client->stream->Write(std::string(3'000'000, 'x'));
  client->Await("413 Content Too Large");
  EXPECT_TRUE(client->AwaitClose());
}

TEST_P(ServerTest, TooManyConnections) {
  StartServer({.connections_max = 2});
  auto first = NewClient(), second = NewClient(), third = NewClient();
  third->Await("503 Service Unavailable");
  EXPECT_TRUE(third->AwaitClose());
  first->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  first->Await("200 OK");
  second = nullptr;
  ASSERT_TRUE(pair->RunUntil([&] { return server->stats().connections_open < 2; }));
  auto fourth = NewClient();
  fourth->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  fourth->Await("200 OK");
  EXPECT_EQ(server->stats().connections_refused, 1u);
}

TEST_P(ServerTest, SlowRequestsTimeOut) {
  StartServer({.head_timeout = milliseconds(200),
               .body_timeout = milliseconds(300),
               .idle_timeout = milliseconds(400),
               .linger_timeout = milliseconds(100)});
  auto head = NewClient(), body = NewClient(), idle = NewClient(), steady = NewClient();
  head->stream->Write("GET / HT");
  body->stream->Write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  steady->stream->Write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    pair->RunFor(milliseconds(150));
    steady->stream->Write("s");
    if (i == 0) head->stream->Write("T");  // Dripping does not help a head.
  }
  EXPECT_TRUE(head->AwaitClose());
  EXPECT_EQ(head->got.substr(9, 3), "408");
  EXPECT_TRUE(body->AwaitClose());
  EXPECT_EQ(body->got.substr(9, 3), "408");
  EXPECT_TRUE(idle->AwaitClose());
  EXPECT_EQ(idle->got, "");
  steady->Await("POST / sssss");
}

TEST_P(ServerTest, AClientThatDoesNotReadIsDroppedInTheEnd) {
  hold = true;
  StartServer({.write_timeout = milliseconds(200), .linger_timeout = milliseconds(100)});
  auto client = NewClient();
  client->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  client->stream->PauseReading(true);
  EXPECT_TRUE(held[0].StartStream(200, {}).ok());
  EXPECT_TRUE(held[0].Write(std::string(64u << 20, 'x')).ok());
  bool gone = false;
  held[0].OnClientGone([&] { gone = true; });
  EXPECT_TRUE(pair->RunUntil([&] { return gone; }, seconds(5)));
}

TEST_P(ServerTest, StopIsGraceful) {
  hold = true;
  StartServer({.linger_timeout = milliseconds(100)});
  auto idle = NewClient(), busy = NewClient();
  busy->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  bool stopped = false;
  server->Stop(seconds(10), [&] { stopped = true; });
  EXPECT_TRUE(idle->AwaitClose());
  idle = nullptr;
  pair->RunFor(milliseconds(300));
  EXPECT_FALSE(stopped) << "one request is under way";
  EXPECT_TRUE(held[0].Respond({.body = "last"}).ok());
  busy->Await("last");
  EXPECT_NE(busy->got.find("connection: close"), std::string::npos);
  EXPECT_TRUE(busy->AwaitClose());
  busy = nullptr;
  EXPECT_TRUE(pair->RunUntil([&] { return stopped; }));
}

TEST_P(ServerTest, StopBreaksWhatOutlastsTheGrace) {
  hold = true;
  StartServer();
  auto busy = NewClient();
  busy->stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  bool stopped = false;
  server->Stop(milliseconds(100), [&] { stopped = true; });
  EXPECT_TRUE(pair->RunUntil([&] { return stopped; }));
  EXPECT_TRUE(held[0].client_gone());
}

TEST_P(ServerTest, PortTaken) {
  StartServer();
  HttpServer other(b(), {});
  const Status status = other.Start(server->address(), [](Request, ResponseWriter) {});
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_NE(Message(status).find(server->address()), std::string::npos) << status;
}

INSTANTIATE_ENV_PAIR_TEST(ServerTest);

}  // namespace
}  // namespace quadraft::http
