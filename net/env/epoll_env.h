// The Env of production: epoll, TCP, files, the machine's clocks. One per process (tests have several).
//
//   QR_ASSIGN_OR_RETURN(auto env, EpollEnv::Create({.node = NodeId{1}, .data_dir = "/var/lib/quadraft/1",
//       .peers = {{NodeId{2}, "10.0.0.2:7001"}}, .peer_listen = "0.0.0.0:7001"}));
//   Node node(*env, ...);
//   env->Run();  // Until env->Stop(), which a signal handler or another thread may call.
//
// Whoever calls Run is the loop; everything built on the env is used from it only, and destroyed before it.
#ifndef QUADRAFT_NET_ENV_EPOLL_ENV_H_
#define QUADRAFT_NET_ENV_EPOLL_ENV_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "core/env/env.h"
#include "net/env/event_loop.h"
#include "net/env/peer_mesh.h"

namespace quadraft::net {

struct EpollOptions {
  NodeId node{1};
  std::string data_dir;                  // Empty: a program without files (clients).
  std::string cluster = "quadraft";      // Peers of another one are refused.
  std::map<NodeId, std::string> peers;   // Where the other nodes listen for messages, as far as known.
  bool pin_peers = false;                // What `peers` says stands, whatever nodes say (proxies, translated addresses).
  std::string peer_listen;               // Empty: no messages are received.
  int offload_threads = 0;               // 0: one per spare core, at least one.
  std::optional<uint64_t> random_seed;   // Else from the kernel.
  LogLevel log_level = LogLevel::kInfo;
  // Takes each line that passes log_level instead of stderr, without time and level.
  absl::AnyInvocable<void(LogLevel, std::string_view line)> log_sink;
};

class EpollEnv : public Env, private Network {
 public:
  // FailedPrecondition: the data directory is in use. AlreadyExists: the port is taken. InvalidArgument: bad address.
  static StatusOr<std::unique_ptr<EpollEnv>> Create(EpollOptions options);
  ~EpollEnv() override;

  void Run();
  void RunOnce(Duration max_wait);  // For tests and tools with a loop of their own.
  void Stop();                      // Signal-safe.
  EventLoop& loop() { return loop_; }

  std::string peer_address() const { return mesh_->address(); }  // As bound.
  const MeshStats& mesh_stats() const { return mesh_->stats(); }

  Clock& clock() override { return loop_.clock(); }
  Executor& executor() override { return loop_; }
  Network& network() override { return *this; }
  Disk& disk() override { return *disk_; }
  Random& random(std::string_view name) override;
  void Log(LogLevel level, std::string_view line) override;

 private:
  EpollEnv(EpollOptions options, int offload_threads, uint64_t seed);

  void SetAddress(NodeId node, std::string_view address) override { mesh_->SetPeer(node, address); }
  void Send(NodeId to, Channel channel, std::string payload) override;
  void OnMessage(Channel channel, MessageHandler handler) override;
  StatusOr<std::unique_ptr<Listener>> Listen(std::string_view address,
                                             AcceptHandler on_accept) override;
  void Connect(std::string_view address, ConnectHandler done) override;

  EpollOptions options_;
  const uint64_t seed_;
  EventLoop loop_;
  std::unique_ptr<Disk> disk_;
  std::map<std::string, Random, std::less<>> randoms_;
  std::unique_ptr<PeerMesh> mesh_;
};

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_EPOLL_ENV_H_
