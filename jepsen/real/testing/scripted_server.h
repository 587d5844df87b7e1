// An HTTP server on loopback whose answers a test makes up. For tests of the harness.
//
//   ScriptedServer server([](const std::string& request) { return "HTTP/1.1 204 No
//   Content\r\n\r\n"; }); HttpClient client(server.port());
// `serve` is called by one thread per connection, one at a time over all, with head and body as
// received; "" breaks off.
#ifndef QUADRAFT_JEPSEN_REAL_TESTING_SCRIPTED_SERVER_H_
#define QUADRAFT_JEPSEN_REAL_TESTING_SCRIPTED_SERVER_H_

#include <sys/socket.h>

#include <atomic>
#include <charconv>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "jepsen/real/socket.h"

namespace quadraft::jepsen {

class ScriptedServer {
 public:
  using Serve = std::function<std::string(const std::string& request)>;

  explicit ScriptedServer(Serve serve) : serve_(std::move(serve)) {
    auto listener = ListenOnLoopback();
    QR_CHECK(listener.ok()) << listener.status();
    listener_ = std::move(listener->fd);
    port_ = listener->port;
    accepting_ = std::thread([this] { Accept(); });
  }
  ~ScriptedServer() {
    stop_ = true;
    accepting_.join();
    for (std::thread& thread : serving_) thread.join();
  }
  uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void Accept() {
    while (!stop_) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      ++connections_;
      serving_.emplace_back([this, fd] { Converse(Fd(fd)); });
    }
  }

  // The size of the request at the start of `received`; 0 while it is not whole.
  static size_t WholeRequest(const std::string& received) {
    const size_t head = received.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    constexpr std::string_view kLength = "content-length: ";
    const size_t at = received.find(kLength);
    size_t body = 0;
    if (at < head) {
      std::from_chars(received.data() + at + kLength.size(), received.data() + head, body);
    }
    return received.size() >= head + 4 + body ? head + 4 + body : 0;
  }

  void Converse(Fd client) {
    std::string received;
    while (!stop_) {
      const auto more =
          ReadBefore(client.get(), &received, RealClock::now() + std::chrono::milliseconds(20));
      if (more.ok() && !*more) return;
      while (const size_t size = WholeRequest(received)) {
        std::string answer;
        {
          const std::lock_guard lock(mutex_);
          answer = serve_(received.substr(0, size));
        }
        received.erase(0, size);
        if (answer.empty()) return;
        const auto deadline = RealClock::now() + std::chrono::seconds(5);
        if (!WriteBefore(client.get(), answer, deadline).ok()) return;
      }
    }
  }

  Serve serve_;
  Fd listener_;
  uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<std::thread> serving_;  // Of the accepting thread, then of the destructor.
  std::thread accepting_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_TESTING_SCRIPTED_SERVER_H_
