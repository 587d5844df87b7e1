#include "net/http/client.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/http/server.h"
#include "net/testing/env_pair.h"

namespace quadraft::http {
namespace {

using net::World;
using absl::StatusCode;

class ClientTest : public net::EnvPairTest {
 protected:
  void StartServer(ServerOptions options = {}) {
    server = std::make_unique<HttpServer>(b(), options);
    ASSERT_TRUE(server->Start(pair->FreshAddress(1), [this](Request request, ResponseWriter writer) {
      handle(std::move(request), std::move(writer));
    }).ok());
    client = std::make_unique<HttpClient>(a(), server->address(), ClientOptions{});
  }
  // Listens and answers each connection's first bytes with `answer`, then ends it.
  void StartRaw(std::string answer) {
    listener = *b().network().Listen(pair->FreshAddress(1), [this, answer](std::unique_ptr<Stream> s) {
      raw.push_back(std::move(s));
      Stream* stream = raw.back().get();
      stream->SetHandlers({.on_data =
                               [stream, answer](std::string_view) {
                                 stream->Write(answer);
                                 stream->CloseWhenSent();
                               },
                           .on_close = [](Status) {},
                           .on_drain = [] {}});
    });
    client = std::make_unique<HttpClient>(a(), listener->address(), ClientOptions{});
  }
  StatusOr<Response> Send(Request request, Duration timeout = seconds(10)) {
    std::optional<StatusOr<Response>> result;
    client->Send(std::move(request), {.timeout = timeout},
                 [&](StatusOr<Response> r) { result = std::move(r); });
    EXPECT_FALSE(result.has_value()) << "answered inside Send";
    EXPECT_TRUE(pair->RunUntil([&] { return result.has_value(); }, seconds(30)));
    if (!result.has_value()) return Internal("no answer at all");
    return *std::move(result);
  }

  std::unique_ptr<HttpServer> server;
  std::unique_ptr<Listener> listener;
  std::vector<std::unique_ptr<Stream>> raw;
  std::unique_ptr<HttpClient> client;
  std::function<void(Request, ResponseWriter)> handle = [](Request request, ResponseWriter writer) {
    (void)writer.Respond({.status = 201, .headers = {{"x", "y"}},
                          .body = StrCat(request.method, request.path, "?", request.query, request.body)});
  };
};

TEST_P(ClientTest, SendsAndKeepsTheConnection) {
  StartServer();
  for (int i = 0; i < 3; ++i) {
    const auto response = Send({.method = "POST", .path = "/p", .query = "q=1", .body = "body"});
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(Find(response->headers, "x"), "y");
    EXPECT_EQ(response->body, "POST/p?q=1body");
  }
  EXPECT_EQ(server->stats().connections_accepted, 1u);
}

TEST_P(ClientTest, QueuedRequestsAreAnsweredInOrder) {
  StartServer();
  std::string order;
  for (int i = 0; i < 20; ++i) {
    client->Send({.method = "GET", .path = StrCat("/", i)}, {}, [&order, i](StatusOr<Response> r) {
      EXPECT_TRUE(r.ok() && r->body == StrCat("GET/", i, "?"));
      StrAppend(&order, i, " ");
    });
  }
  EXPECT_TRUE(pair->RunUntil([&] { return client->pending() == 0; }));
  EXPECT_EQ(order, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ");
}

TEST_P(ClientTest, StreamsAnAnswer) {
  handle = [](Request, ResponseWriter writer) {
    EXPECT_TRUE(writer.StartStream(200, {{"k", "v"}}).ok());
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(writer.Write(std::string(30'000, 'a' + i % 26)).ok());
    EXPECT_TRUE(writer.Finish().ok());
  };
  StartServer();
  std::string got;
  std::optional<StatusOr<Response>> result;
  int head_status = 0;
  client->Send({.method = "GET", .path = "/"},
               {.on_head = [&](const Response& head) { head_status = head.status; },
                .on_body = [&](std::string_view piece) { got.append(piece); }},
               [&](StatusOr<Response> r) { result = std::move(r); });
  EXPECT_TRUE(pair->RunUntil([&] { return result.has_value(); }));
  ASSERT_TRUE(result->ok());
  EXPECT_EQ(head_status, 200);
  EXPECT_EQ((*result)->body, "");
  EXPECT_EQ(got.size(), 50u * 30'000);
  EXPECT_EQ(got.substr(29'999, 2), "ab");
}

TEST_P(ClientTest, RefusedIsUnavailable) {
  StartServer();
  server = nullptr;
  const auto response = Send({.method = "GET", .path = "/"});
  EXPECT_EQ(response.status().code(), StatusCode::kUnavailable) << response.status();
}

TEST_P(ClientTest, ABadAddressIsSaid) {
  client = std::make_unique<HttpClient>(a(), "nonsense", ClientOptions{});
  EXPECT_FALSE(Send({.method = "GET", .path = "/"}).ok());
}

TEST_P(ClientTest, NoAnswerInTimeLeavesTheOutcomeUnknown) {
  std::vector<ResponseWriter> held;
  handle = [&](Request, ResponseWriter writer) { held.push_back(std::move(writer)); };
  StartServer();
  const auto response = Send({.method = "POST", .path = "/"}, milliseconds(300));
  EXPECT_EQ(response.status().code(), StatusCode::kDeadlineExceeded) << response.status();
  // The late answer must not be taken for the next one's.
  (void)held[0].Respond({.body = "late"});
  handle = [](Request, ResponseWriter writer) { (void)writer.Respond({.body = "next"}); };
  const auto next = Send({.method = "POST", .path = "/"});
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->body, "next");
}

TEST_P(ClientTest, WaitingBehindASlowOneIsUnavailable) {
  std::vector<ResponseWriter> held;
  handle = [&](Request, ResponseWriter writer) { held.push_back(std::move(writer)); };
  StartServer();
  client->Send({.method = "POST", .path = "/"}, {}, [](StatusOr<Response>) {});
  const auto response = Send({.method = "POST", .path = "/"}, milliseconds(300));
  EXPECT_EQ(response.status().code(), StatusCode::kUnavailable) << response.status();
  EXPECT_EQ(held.size(), 1u);
}

TEST_P(ClientTest, AnAbortedAnswerIsNotWhole) {
  handle = [&](Request, ResponseWriter writer) {
    EXPECT_TRUE(writer.StartStream(200, {}).ok());
    EXPECT_TRUE(writer.Write("half").ok());
    writer.Abort("broken");
  };
  StartServer();
  const auto response = Send({.method = "GET", .path = "/"});
  EXPECT_EQ(response.status().code(), StatusCode::kDeadlineExceeded) << response.status();
}

TEST_P(ClientTest, AnEndBeforeTheAnswerLeavesTheOutcomeUnknown) {
  StartRaw("");
  const auto response = Send({.method = "GET", .path = "/"});
  EXPECT_EQ(response.status().code(), StatusCode::kDeadlineExceeded) << response.status();
}

TEST_P(ClientTest, ABodyUntilTheEnd) {
  StartRaw("HTTP/1.0 200 OK\r\n\r\nall of it");
  const auto response = Send({.method = "GET", .path = "/"});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "all of it");
}

TEST_P(ClientTest, ATruncatedBodyIsAnError) {
  StartRaw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  const auto response = Send({.method = "GET", .path = "/"});
  EXPECT_EQ(response.status().code(), StatusCode::kDeadlineExceeded) << response.status();
}

TEST_P(ClientTest, AnInterimAnswerIsReadOver) {
  StartRaw("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const auto response = Send({.method = "GET", .path = "/"});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "ok");
}

TEST_P(ClientTest, NotHttpIsDataLoss) {
  StartRaw("SSH-2.0-OpenSSH_9.2\r\n");
  const auto response = Send({.method = "GET", .path = "/"});
  EXPECT_EQ(response.status().code(), StatusCode::kDataLoss) << response.status();
}

TEST_P(ClientTest, AnIdleConnectionThatTheServerEndedIsReplaced) {
  StartServer({.idle_timeout = milliseconds(50)});
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Send({.method = "POST", .path = "/"}).ok());
    pair->RunFor(milliseconds(200));
  }
  EXPECT_EQ(server->stats().connections_accepted, 5u);
}

TEST_P(ClientTest, DestroyingTheClientEndsItsRequests) {
  std::vector<ResponseWriter> held;
  handle = [&](Request, ResponseWriter writer) { held.push_back(std::move(writer)); };
  StartServer();
  std::vector<StatusCode> codes;
  for (int i = 0; i < 2; ++i) {
    client->Send({.method = "POST", .path = "/"}, {}, [&](StatusOr<Response> r) {
      codes.push_back(r.status().code());
    });
  }
  EXPECT_TRUE(pair->RunUntil([&] { return held.size() == 1; }));
  client = nullptr;
  EXPECT_EQ(codes, (std::vector<StatusCode>{StatusCode::kDeadlineExceeded, StatusCode::kCancelled}));
  EXPECT_TRUE(pair->RunUntil([&] { return held[0].client_gone(); }));
}

TEST_P(ClientTest, DoneMayDestroyTheClient) {
  StartServer();
  bool done = false;
  client->Send({.method = "GET", .path = "/"}, {}, [&](StatusOr<Response> r) {
    EXPECT_TRUE(r.ok());
    client = nullptr;
    done = true;
  });
  EXPECT_TRUE(pair->RunUntil([&] { return done; }));
  pair->RunFor(milliseconds(20));
}

INSTANTIATE_ENV_PAIR_TEST(ClientTest);

}  // namespace
}  // namespace quadraft::http
