#include <string>
#include <vector>

#include "core/proto/frame.h"
#include "gtest/gtest.h"
#include "net/env/send_queue.h"

namespace quadraft::net {
namespace {

using proto::AppendFrame;
using proto::EncodeHello;
using proto::FrameReader;
using proto::Hello;
using proto::kFragmentBytesMax;
using proto::kHelloChannel;

using absl::StatusCode;

class Collector : public FrameReader {
 public:
  std::vector<std::string> messages;
  Hello hello;

 protected:
  Status OnHello(const Hello& h) override {
    hello = h;
    return OkStatus();
  }
  void OnMessage(Channel channel, std::string_view payload) override {
    messages.push_back(StrCat(static_cast<int>(channel), payload));
  }
};

std::string Greeting() { return EncodeHello({NodeId(1), NodeId(2), "c", "h:1"}); }

// Everything that the queue holds, as one string of frames.
std::string Drain(SendQueue& queue) {
  std::string out;
  while (queue.PopFragment(&out)) {
  }
  return out;
}

TEST(Frame, MessagesInPiecesOfEverySize) {
  SendQueue queue(kPeerQueueBytesMax);
  const std::string large(150'000, 'L');
  queue.Push(Channel::kSnapshot, large);
  queue.Push(Channel::kRpc, "");
  queue.Push(Channel::kRaft, "abc");
  const std::string bytes = Greeting() + Drain(queue);
  EXPECT_EQ(queue.bytes(), 0u);
  for (const size_t step : {size_t{1}, size_t{11}, size_t{12}, size_t{13}, size_t{70'000}, bytes.size()}) {
    Collector reader;
    for (size_t at = 0; at < bytes.size(); at += step) {
      ASSERT_TRUE(reader.Feed(std::string_view(bytes).substr(at, step)).ok());
    }
    EXPECT_EQ(reader.hello.from, NodeId(1));
    EXPECT_EQ(reader.hello.to, NodeId(2));
    EXPECT_EQ(reader.hello.cluster, "c");
    EXPECT_EQ(reader.hello.address, "h:1");
    EXPECT_EQ(reader.messages, (std::vector<std::string>{"0abc", "1", "2" + large})) << step;
  }
}

TEST(Frame, AnyFlippedBitIsFound) {
  std::string bytes = Greeting();
  AppendFrame(&bytes, 0, false, "payload");
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    Collector reader;
    const Status status = reader.Feed(bad);
    // A longer length may make the reader wait for more; it never gives out a changed message.
    EXPECT_TRUE(!status.ok() || reader.messages.empty()) << "bit " << bit;
    EXPECT_TRUE(status.ok() || status.code() == StatusCode::kDataLoss) << status;
  }
}

TEST(Frame, StrangersAreRefused) {
  EXPECT_EQ(Collector().Feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").code(), StatusCode::kDataLoss);
  std::string no_hello;
  AppendFrame(&no_hello, 0, false, "x");
  EXPECT_EQ(Collector().Feed(no_hello).code(), StatusCode::kDataLoss);
  std::string bad_hello;
  AppendFrame(&bad_hello, kHelloChannel, false, "short");
  EXPECT_EQ(Collector().Feed(bad_hello).code(), StatusCode::kDataLoss);
}

TEST(Frame, ChannelsOfLaterVersionsAreReadOver) {
  std::string bytes = Greeting();
  AppendFrame(&bytes, 200, false, "new");
  AppendFrame(&bytes, 1, false, "old");
  Collector reader;
  EXPECT_TRUE(reader.Feed(bytes).ok());
  EXPECT_EQ(reader.messages, (std::vector<std::string>{"1old"}));
}

TEST(Frame, AMessageIsBounded) {
  Collector reader;
  ASSERT_TRUE(reader.Feed(Greeting()).ok());
  std::string fragment;
  AppendFrame(&fragment, 0, true, std::string(kFragmentBytesMax, 'x'));
  Status status;
  size_t fed = 0;
  while (status.ok() && fed <= kMessageBytesMax + kFragmentBytesMax) {
    status = reader.Feed(fragment);
    fed += kFragmentBytesMax;
  }
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
}

TEST(SendQueue, UrgentMessagesOvertakeTheRestOfALongOne) {
  SendQueue queue(kPeerQueueBytesMax);
  queue.Push(Channel::kSnapshot, std::string(1'000'000, 's'));
  std::string bytes = Greeting();
  queue.PopFragment(&bytes);
  queue.Push(Channel::kRaft, "heartbeat");
  queue.PopFragment(&bytes);
  Collector reader;
  ASSERT_TRUE(reader.Feed(bytes).ok());
  EXPECT_EQ(reader.messages, (std::vector<std::string>{"0heartbeat"}));
  EXPECT_LE(bytes.size(), kFragmentBytesMax + 200);
  ASSERT_TRUE(reader.Feed(Drain(queue)).ok());
  EXPECT_EQ(reader.messages.back().size(), 1'000'001u);
}

TEST(SendQueue, OverItsBoundTheOldestOfTheLeastUrgentGoes) {
  SendQueue queue(1000);
  EXPECT_EQ(queue.Push(Channel::kSnapshot, std::string(300, '1')), 0u);
  EXPECT_EQ(queue.Push(Channel::kSnapshot, std::string(300, '2')), 0u);
  EXPECT_EQ(queue.Push(Channel::kRaft, std::string(300, '3')), 0u);
  EXPECT_EQ(queue.Push(Channel::kRaft, std::string(300, '4')), 1u);
  EXPECT_EQ(queue.Push(Channel::kRaft, std::string(300, '5')), 1u);
  EXPECT_EQ(queue.Push(Channel::kRaft, std::string(300, '6')), 1u);
  Collector reader;
  ASSERT_TRUE(reader.Feed(Greeting() + Drain(queue)).ok());
  std::string order;
  for (const std::string& message : reader.messages) order += message.substr(0, 2) + " ";
  EXPECT_EQ(order, "04 05 06 ");
  EXPECT_EQ(queue.Push(Channel::kRaft, std::string(2000, 'x')), 1u) << "it does not fit at all";
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(SendQueue, AMessageThatHasBegunIsNotDropped) {
  SendQueue queue(200'000);
  queue.Push(Channel::kSnapshot, std::string(150'000, 's'));
  std::string bytes = Greeting();
  queue.PopFragment(&bytes);
  EXPECT_EQ(queue.Push(Channel::kSnapshot, std::string(100'000, 't')), 1u);
  bytes += Drain(queue);
  Collector reader;
  ASSERT_TRUE(reader.Feed(bytes).ok());
  ASSERT_EQ(reader.messages.size(), 1u);
  EXPECT_EQ(reader.messages[0].size(), 150'001u);
}

}  // namespace
}  // namespace quadraft::net
