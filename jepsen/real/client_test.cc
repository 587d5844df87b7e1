#include <mutex>
#include <thread>

#include "gtest/gtest.h"
#include "jepsen/real/fault_proxy.h"
#include "jepsen/real/http_client.h"
#include "jepsen/real/nemesis.h"
#include "jepsen/real/store_client.h"
#include "jepsen/real/testing/scripted_server.h"

namespace quadraft::jepsen {
namespace {

using std::chrono::milliseconds;

StatusOr<http::Response> GetOnce(const std::string& answer) {
  ScriptedServer server([&](const std::string&) { return answer; });
  HttpClient client(server.port());
  return client.Send(GetRequest("/x"), milliseconds(300));
}

TEST(HttpClient, ReadsBodiesOfBothKinds) {
  const auto whole = GetOnce("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y \r\n\r\nhello");
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->status, 200);
  EXPECT_EQ(whole->body, "hello");
  EXPECT_EQ(http::Find(whole->headers, "x"), "y");
  const auto chunked = GetOnce(
      "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nA;x=y\r\nlo, "
      "world!\r\n0\r\n\r\n");
  ASSERT_TRUE(chunked.ok()) << chunked.status();
  EXPECT_EQ(chunked->status, 404);
  EXPECT_EQ(chunked->body, "hello, world!");
  const auto nothing = GetOnce("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->status, 204);
}

TEST(HttpClient, KeepsItsConnection) {
  ScriptedServer server([](const std::string&) -> std::string {
    return "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
  });
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.Send(GetRequest("/"), milliseconds(1000)).ok());
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, TellsNotSentFromUnknown) {
  const auto port = FreePort();
  ASSERT_TRUE(port.ok());
  HttpClient nobody(*port);
  EXPECT_EQ(nobody.Send(GetRequest("/"), milliseconds(300)).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetOnce("").status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetOnce("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello").status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetOnce("SSH-2.0-x\r\n\r\n").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetOnce("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(StoreClient, Csv) {
  EXPECT_EQ(*ParseIntegerCsv("o\r\n"), std::vector<int64_t>());
  EXPECT_EQ(*ParseIntegerCsv("o\r\n3\r\n-4\r\n"), (std::vector<int64_t>{3, -4}));
  EXPECT_FALSE(ParseIntegerCsv("").ok());
  EXPECT_FALSE(ParseIntegerCsv("o\r\n3").ok());
  EXPECT_FALSE(ParseIntegerCsv("o\r\nurn:x\r\n").ok());
}

TEST(StoreClient, WhatAnswersMean) {
  const auto judge = [](int status, std::string body) {
    return JudgeUpdate(http::Response{.status = status, .headers = {}, .body = std::move(body)});
  };
  EXPECT_EQ(judge(200, R"({"inserted":1,"deleted":0})").outcome, Outcome::kDone);
  EXPECT_TRUE(judge(200, R"({"inserted":1,"deleted":0})").changed);
  EXPECT_FALSE(judge(200, R"({"inserted":0,"deleted":0})").changed);
  EXPECT_EQ(judge(503, "").outcome, Outcome::kNotDone);
  EXPECT_EQ(judge(409, "").outcome, Outcome::kNotDone);
  EXPECT_EQ(judge(504, "").outcome, Outcome::kUnknown);
  EXPECT_EQ(judge(500, "").outcome, Outcome::kUnknown);
  EXPECT_EQ(JudgeUpdate(Unavailable("x")).outcome, Outcome::kNotDone);
  EXPECT_EQ(JudgeUpdate(DeadlineExceeded("x")).outcome, Outcome::kUnknown);
  EXPECT_EQ(JudgeUpdate(DataLoss("x")).outcome, Outcome::kUnknown);
}

TEST(StoreClient, TwoObjectsAreNoRegisterValue) {
  ScriptedServer server([](const std::string&) -> std::string {
    return "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\no\r\n3\r\n4\r\n";
  });
  StoreClient client(server.port());
  const auto value = client.ReadRegister(1, milliseconds(1000));
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->ToString(), "[3 4]");
}

TEST(FaultProxy, PassesStallsAndCuts) {
  ScriptedServer server([](const std::string&) -> std::string {
    return "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
  });
  FaultProxy proxy;
  const auto port = proxy.AddLink({1, 2}, server.port());
  ASSERT_TRUE(port.ok()) << port.status();
  ASSERT_TRUE(proxy.Start().ok());
  HttpClient client(*port);
  ASSERT_TRUE(client.Send(GetRequest("/"), milliseconds(2000)).ok());

  proxy.Set({1, 2}, LinkState::kStalled);
  EXPECT_EQ(client.Send(GetRequest("/"), milliseconds(100)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  proxy.Set({1, 2}, LinkState::kCut);
  EXPECT_EQ(client.Send(GetRequest("/"), milliseconds(500)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  proxy.Set({9, 9}, LinkState::kCut);  // No such link: nothing happens.
  proxy.OpenAll();
  const auto again = client.Send(GetRequest("/"), milliseconds(2000));
  EXPECT_TRUE(again.ok()) << again.status();
}

TEST(FaultProxy, StalledBytesArriveLater) {
  std::mutex mutex;
  std::string seen;
  ScriptedServer server([&](const std::string& request) -> std::string {
    const std::lock_guard lock(mutex);
    seen += request.substr(0, 6);
    return "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
  });
  FaultProxy proxy;
  const auto port = proxy.AddLink({1, 2}, server.port());
  ASSERT_TRUE(port.ok());
  ASSERT_TRUE(proxy.Start().ok());
  proxy.Set({1, 2}, LinkState::kStalled);
  std::thread opener([&] {
    std::this_thread::sleep_for(milliseconds(100));
    proxy.OpenAll();
  });
  HttpClient client(*port);
  EXPECT_TRUE(client.Send(GetRequest("/"), milliseconds(3000)).ok());
  opener.join();
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen, "GET / ");
}

TEST(Nemesis, Names) {
  EXPECT_EQ(ParseNemeses("all")->size(), NemesisTable().size());
  EXPECT_EQ(ParseNemeses("")->size(), 0u);
  const auto two = ParseNemeses("pause-one,kill-leader");
  ASSERT_TRUE(two.ok());
  EXPECT_EQ((*two)[1]->name, "kill-leader");
  EXPECT_FALSE(ParseNemeses("kill").ok());
  for (size_t i = 1; i < NemesisTable().size(); ++i) {
    EXPECT_LT(NemesisTable()[i - 1].name, NemesisTable()[i].name);
  }
}

}  // namespace
}  // namespace quadraft::jepsen
