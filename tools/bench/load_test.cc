// The load generator against a server that answers as the test says: what it counts must be what happened.
#include "tools/bench/load.h"

#include <string>

#include "gtest/gtest.h"
#include "net/env/epoll_env.h"
#include "net/http/percent.h"
#include "net/http/server.h"

namespace quadraft::bench {
namespace {

struct Fixture {
  Fixture() {
    QR_CHECK(server.Start("127.0.0.1:0", [this](http::Request request, http::ResponseWriter writer) {
      ++requests;
      last = request;
      if (fail_every > 0 && requests % fail_every == 0) {
        (void)writer.Respond({.status = 503, .body = "no leader"});
      } else {
        (void)writer.Respond({.status = 200, .body = answer});
      }
    }).ok());
  }
  LoadReport Run(Operation operation, int clients) {
    Load load(*env, {.endpoints = {server.address()}, .operation = operation, .clients = clients,
                     .warm_up = milliseconds(20), .duration = milliseconds(200), .value_bytes = 64},
              &written);
    bool done = false;
    load.Start([&] { done = true; });
    const MonotonicTime limit = env->clock().Now() + seconds(20);
    while (!done && env->clock().Now() < limit) env->RunOnce(milliseconds(5));
    EXPECT_TRUE(done);
    return load.report();
  }
  std::unique_ptr<net::EpollEnv> env = *net::EpollEnv::Create({});
  http::HttpServer server{*env, {}};
  Written written{.run = "r"};
  http::Request last;
  uint64_t requests = 0, fail_every = 0;
  std::string answer;
};

TEST(Load, CountsWhatWasAcknowledged) {
  Fixture f;
  const LoadReport report = f.Run(Operation::kWrite, 4);
  EXPECT_GT(report.ok, 0u);
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(f.written.acknowledged.size(), f.requests);
  EXPECT_LE(report.ok, f.requests);
  EXPECT_GE(report.latency.count(), report.ok - 4) << "all but those begun in the warm-up";
  EXPECT_EQ(f.server.stats().connections_accepted, 4u) << "connections are kept";
  EXPECT_EQ(f.last.method, "POST");
  EXPECT_NE(f.last.body.find("INSERT DATA"), std::string::npos);
}

TEST(Load, ErrorsAreCountedByKind) {
  Fixture f;
  f.fail_every = 3;
  const LoadReport report = f.Run(Operation::kWrite, 2);
  EXPECT_EQ(report.errors, f.requests / 3);
  EXPECT_EQ(report.error_kinds.at("HTTP 503"), report.errors);
  EXPECT_EQ(report.error_examples.at("HTTP 503"), "no leader");
}

TEST(Load, AWrongAnswerIsAnError) {
  Fixture f;
  f.written.acknowledged = {7};
  f.answer = "{\"results\": {}}";
  const LoadReport report = f.Run(Operation::kRead, 1);
  EXPECT_EQ(report.ok, 0u);
  EXPECT_EQ(report.error_kinds.at("wrong answer"), f.requests);
  EXPECT_NE(http::PercentDecode(f.last.query)->find("<http://bench.example/r/7>"), std::string::npos);
}

TEST(Load, ARightAnswerIsNone) {
  Fixture f;
  f.written.acknowledged = {7};
  f.answer = "value r 7 " + std::string(54, 'v');
  const LoadReport report = f.Run(Operation::kRead, 1);
  EXPECT_GT(report.ok, 0u);
  EXPECT_EQ(report.errors, 0u);
}

TEST(Load, NoServerIsUnavailable) {
  auto env = *net::EpollEnv::Create({});
  Written written{.run = "r"};
  Load load(*env, {.endpoints = {"127.0.0.1:1"}, .clients = 1, .warm_up = Duration(0), .duration = milliseconds(50)},
            &written);
  bool done = false;
  load.Start([&] { done = true; });
  while (!done) env->RunOnce(milliseconds(5));
  EXPECT_EQ(load.report().ok, 0u);
  EXPECT_GT(load.report().error_kinds.at("UNAVAILABLE"), 0u);
}

}  // namespace
}  // namespace quadraft::bench
