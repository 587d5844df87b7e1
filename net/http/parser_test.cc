#include "net/http/parser.h"

#include <string>
#include <vector>

#include "core/base/strings.h"
#include "gtest/gtest.h"

namespace quadraft::http {
namespace {

constexpr ParserLimits kLimits = {
    .target_bytes_max = 100, .head_bytes_max = 400, .header_count_max = 8, .body_bytes_max = 50};

struct Parsed {
  std::vector<Request> messages;
  int error = 0;
  std::string why;
};

// Feeds `bytes` in pieces of `step`, as a connection does: message after message.
Parsed FeedAll(MessageParser& parser, std::string_view bytes, size_t step) {
  Parsed out;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    bool again = true;
    while (again) {
      const bool was_head = parser.state() == MessageParser::State::kHead;
      piece.remove_prefix(parser.Feed(piece));
      if (parser.failed()) {
        out.error = parser.error().status;
        out.why = parser.error().message;
        return out;
      }
      again = !piece.empty() || (was_head && parser.state() == MessageParser::State::kBody);
      if (parser.complete()) {
        out.messages.push_back(parser.message());
        parser.Reset();
        again = !piece.empty();
      }
    }
  }
  return out;
}

Parsed ParseRequests(std::string_view bytes, size_t step, bool stop_after_head = true) {
  MessageParser parser(MessageParser::kRequest, kLimits);
  parser.set_stop_after_head(stop_after_head);
  return FeedAll(parser, bytes, step);
}

constexpr std::string_view kThree =
    "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Twice: 1\r\nX-Twice:  2 \r\n\r\n"
    "POST /a HTTP/1.1\r\nhost: a\r\nContent-Length: 5\r\n\r\nhello"
    "\r\nPUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    "DELETE http://host:80/c?d#e HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Parser, PipelinedRequestsInPiecesOfEverySize) {
  for (size_t step = 1; step <= kThree.size(); ++step) {
    for (const bool stop : {false, true}) {
      const Parsed parsed = ParseRequests(kThree, step, stop);
      ASSERT_EQ(parsed.error, 0) << parsed.why << " step " << step;
      ASSERT_EQ(parsed.messages.size(), 4u) << "step " << step;
      EXPECT_EQ(parsed.messages[0].method, "GET");
      EXPECT_EQ(parsed.messages[0].path, "/sparql");
      EXPECT_EQ(parsed.messages[0].query, "query=ASK%7B%7D");
      const Headers expected = {{"host", "a"}, {"x-empty", ""}, {"x-twice", "1"}, {"x-twice", "2"}};
      EXPECT_EQ(parsed.messages[0].headers.size(), 4u);
      for (size_t i = 0; i < 3; ++i) EXPECT_EQ(parsed.messages[0].headers[i], expected[i]);
      EXPECT_EQ(parsed.messages[1].body, "hello");
      EXPECT_EQ(parsed.messages[2].method, "PUT");
      EXPECT_EQ(parsed.messages[2].body, "abcde");
      EXPECT_EQ(parsed.messages[2].headers.size(), 2u) << "a trailer is not a header";
      EXPECT_EQ(parsed.messages[3].path, "/c");
      EXPECT_EQ(parsed.messages[3].query, "d");
    }
  }
}

TEST(Parser, RefusesWithTheRightStatus) {
  const std::string host = "Host: a\r\n";
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", 505},
      {"GET / HTTP/0.9\r\n" + host + "\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"CONNECT a:1 HTTP/1.1\r\n" + host + "\r\n", 501},
      {"NONSENSE / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"\x16\x03\x01 a TLS client", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "B\x01" "d: 1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 51\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n20\r\n" +
           std::string(32, 'x') + "\r\n20\r\n" + std::string(32, 'x') + "\r\n0\r\n\r\n", 413},
      {"GET /" + std::string(100, 'x') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"GET / HTTP/1.1\r\n" + host + "a: " + std::string(400, 'x') + "\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\n" + host + std::string(400, 'n') + ": 1\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\n" + host + "a:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\ng:1\r\nh:1\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;e=" +
           std::string(500, 'x') + "\r\nx\r\n0\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nt: " +
           std::string(500, 'x') + "\r\n\r\n", 431},
  };
  for (const auto& [bytes, status] : cases) {
    for (const size_t step : {size_t{1}, size_t{7}, bytes.size()}) {
      const Parsed parsed = ParseRequests(bytes, step);
      EXPECT_EQ(parsed.error, status) << "step " << step << " of " << bytes << ": " << parsed.why;
      EXPECT_TRUE(parsed.messages.empty());
      EXPECT_FALSE(parsed.why.empty());
    }
  }
}

TEST(Parser, EndlessBlanksBeforeAHeadAreBounded) {
  EXPECT_EQ(ParseRequests("GET / HTTP/1.1\r\nHost:" + std::string(1000, ' ') + "a\r\n\r\n", 10).error,
            431);
}

TEST(Parser, AtTheLimitIsAllowed) {
  const Parsed parsed = ParseRequests(
      StrCat("POST /", std::string(99, 'x'), " HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n",
             std::string(50, 'b')), 1);
  EXPECT_EQ(parsed.error, 0) << parsed.why;
  ASSERT_EQ(parsed.messages.size(), 1u);
  EXPECT_EQ(parsed.messages[0].body, std::string(50, 'b'));
}

TEST(Parser, KeepAliveByVersionAndHeader) {
  const auto keeps = [](std::string_view head) {
    MessageParser parser(MessageParser::kRequest, kLimits);
    parser.Feed(head);
    EXPECT_TRUE(parser.complete()) << head << parser.error().message;
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"));
}

TEST(Parser, ResponsesByLengthChunksAndEnd) {
  for (const size_t step : {1, 5, 1000}) {
    MessageParser parser(MessageParser::kResponse, kLimits);
    Parsed parsed = FeedAll(parser,
                            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
                            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n"
                            "HTTP/1.1 204 No Content\r\n\r\n"
                            "HTTP/1.1 200 OK\r\n\r\nuntil the end", step);
    ASSERT_EQ(parsed.error, 0) << parsed.why;
    ASSERT_EQ(parsed.messages.size(), 3u);
    EXPECT_EQ(parsed.messages[0].body, "ab");
    EXPECT_EQ(parsed.messages[1].body, "c");
    EXPECT_EQ(parser.status(), 200);
    EXPECT_FALSE(parser.complete());
    parser.FeedEnd();
    EXPECT_TRUE(parser.complete());
    EXPECT_EQ(parser.message().body, "until the end");
  }
}

TEST(Parser, TheEndWithinAMessageFails) {
  for (const std::string_view part :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n"}) {
    MessageParser parser(MessageParser::kResponse, kLimits);
    parser.Feed(part);
    parser.FeedEnd();
    EXPECT_TRUE(parser.failed()) << part;
  }
}

TEST(Parser, AnAnswerToHeadHasNoBodyWhateverItsLength) {
  MessageParser parser(MessageParser::kResponse, kLimits);
  parser.set_no_body(true);
  parser.Feed("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n");
  EXPECT_TRUE(parser.complete());
}

}  // namespace
}  // namespace quadraft::http
