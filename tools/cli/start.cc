// quadraft start: one node in production, until a signal.
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "net/env/epoll_env.h"
#include "node/node.h"
#include "tools/cli/commands.h"
#include "tools/cli/world.h"

namespace quadraft::cli {
namespace {

constexpr Duration kDrainGrace = seconds(5);

std::vector<std::string_view> SplitAtCommas(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

StatusOr<std::map<NodeId, std::string>> ParsePeers(std::string_view text) {
  std::map<NodeId, std::string> peers;
  for (const std::string_view one : SplitAtCommas(text)) {
    const size_t equals = one.find('=');
    uint64_t id = 0;
    const auto parsed = std::from_chars(one.data(), one.data() + std::min(equals, one.size()), id);
    if (equals == std::string_view::npos || parsed.ptr != one.data() + equals || id == 0 || equals + 1 == one.size()) {
      return InvalidArgument("--peers: \"", one, "\" is not NUMBER=HOST:PORT with a number from 1");
    }
    if (!peers.emplace(NodeId{id}, one.substr(equals + 1)).second) {
      return InvalidArgument("--peers: node ", id, " is named twice");
    }
  }
  return peers;
}

// None: the node waits to be added.
StatusOr<std::set<NodeId>> Founders(const StartOptions& options, const std::map<NodeId, std::string>& peers) {
  std::set<NodeId> founders;
  if (options.join && !options.founders.empty()) return InvalidArgument("--join and --founders: a node that joins founds nothing");
  if (options.join) return founders;
  if (options.founders.empty()) {
    for (const auto& [id, address] : peers) founders.insert(id);
  }
  for (const std::string_view one : SplitAtCommas(options.founders)) {
    uint64_t id = 0;
    const auto parsed = std::from_chars(one.data(), one.data() + one.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != one.data() + one.size() || !peers.contains(NodeId{id})) {
      return InvalidArgument("--founders: \"", one, "\" is none of --peers");
    }
    founders.insert(NodeId{id});
  }
  if (!founders.contains(NodeId{options.node})) {
    return InvalidArgument("--founders does not name node ", options.node, " itself; start it with --join");
  }
  return founders;
}

StatusOr<LogLevel> ParseLevel(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warning") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  return InvalidArgument("--log-level: \"", text, "\" is none of debug, info, warning, error");
}

struct Production {
  std::unique_ptr<net::EpollEnv> env;
  node::NodeOptions node;
};

StatusOr<Production> Prepare(const StartOptions& options) {
  QR_ASSIGN_OR_RETURN(auto peers, ParsePeers(options.peers));
  const NodeId self{options.node};
  if (self == NodeId{}) return InvalidArgument("--node: numbers of nodes begin at 1");
  if (!options.listen.empty()) peers[self] = options.listen;
  if (!peers.contains(self)) return InvalidArgument("--peers does not name node ", self, " itself, and there is no --listen");
  for (const auto& [id, address] : peers) {
    if (const Status status = raft::CheckAddress(address); !status.ok()) {
      return InvalidArgument("node ", id, ": ", Message(status));
    }
  }
  Production production;
  QR_ASSIGN_OR_RETURN(const std::set<NodeId> founders, Founders(options, peers));
  for (const auto& [id, address] : peers) {
    (founders.contains(id) ? production.node.voters : production.node.others).push_back(id);
  }
  net::EpollOptions env;
  env.node = self;
  env.data_dir = options.data;
  env.peer_listen = production.node.peer_address = peers[self];
  env.pin_peers = options.pin_peers;
  peers.erase(self);
  env.peers = std::move(peers);
  QR_ASSIGN_OR_RETURN(env.log_level, ParseLevel(options.log_level));
  QR_ASSIGN_OR_RETURN(production.env, net::EpollEnv::Create(std::move(env)));
  production.node.id = self;
  production.node.http_address = options.http;
  production.node.replica.raft.priority = options.priority;
  production.node.replica.raft.lease_reads = options.lease_reads;
  production.node.replica.raft.clock_drift_ppm_max = options.clock_drift_ppm;
  production.node.query_timeout = seconds(options.query_timeout_s);
  production.node.query_memory_bytes_max = options.query_memory_mb << 20;
  production.node.kv.block_cache_bytes = options.cache_mb << 20;
  return production;
}

// Ends the loop on SIGTERM or SIGINT. The signals stay blocked, so no handler ever runs; a thread waits for them.
class SignalWatch {
 public:
  SignalWatch() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);  // Before any thread is started: all inherit it.
    fd_ = signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~SignalWatch() { close(fd_); }
  int fd() const { return fd_; }

 private:
  sigset_t signals_;
  int fd_ = -1;
};

}  // namespace

int RunStart(const StartOptions& options) {
  SignalWatch signals;
  auto production = Prepare(options);
  if (!production.ok()) {
    Complain(production.status());
    return absl::IsInvalidArgument(production.status()) ? 2 : 1;
  }
  net::EpollEnv& env = *production->env;
  bool failed = false;
  production->node.on_fatal = [&](const Status&) {
    failed = true;
    env.Stop();
  };
  node::Node node(env, std::move(production->node));
  const Status started = node.Start();
  if (!started.ok()) {
    return Complain(Annotate(started, StrCat("node ", options.node, " cannot start (data: ", options.data, ")")));
  }
  bool stopping = false;
  const auto watch = env.loop().WatchFd(signals.fd(), EPOLLIN, [&](uint32_t) {
    signalfd_siginfo info;
    if (read(signals.fd(), &info, sizeof(info)) != sizeof(info)) return;
    if (std::exchange(stopping, true)) return env.Stop();  // Told twice: now.
    env.Log(LogLevel::kInfo, "told to stop; finishing what is under way");
    node.Drain(kDrainGrace, [&env] { env.Stop(); });
  });
  env.Run();
  env.loop().Shutdown();  // No worker may touch the node while it is destroyed.
  return failed ? 1 : 0;
}

}  // namespace quadraft::cli
