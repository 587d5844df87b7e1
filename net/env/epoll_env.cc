#include "net/env/epoll_env.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "net/env/file_disk.h"
#include "net/env/tcp_network.h"

namespace quadraft::net {
namespace {

int SpareCores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1); }

StatusOr<uint64_t> KernelSeed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) return Unavailable("getrandom: ", errno);
  return seed;
}

// Each connection and each LevelDB table is a descriptor; the usual soft limit of 1024 is for programs that select().
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // Else we live with what there is: accepting pauses when none is left.
}

void PrintLine(WallTime now, LogLevel level, std::string_view line) {
  const time_t unix_s = now.unix_us / 1'000'000;
  tm utc = {};
  gmtime_r(&unix_s, &utc);
  char stamp[32];
  strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
  static constexpr const char* kLevels[] = {"debug", "info", "warning", "error"};
  fprintf(stderr, "%s.%03dZ %s %.*s\n", stamp, static_cast<int>(now.unix_us / 1000 % 1000),
          kLevels[static_cast<int>(level)], static_cast<int>(line.size()), line.data());
}

}  // namespace

StatusOr<std::unique_ptr<EpollEnv>> EpollEnv::Create(EpollOptions options) {
  signal(SIGPIPE, SIG_IGN);  // A broken pipe is an error code for us (stdout of a client, too).
  RaiseDescriptorLimit();
  uint64_t seed;
  if (options.random_seed.has_value()) {
    seed = *options.random_seed;
  } else {
    QR_ASSIGN_OR_RETURN(seed, KernelSeed());
  }
  const int threads = options.offload_threads > 0 ? options.offload_threads : SpareCores();
  std::unique_ptr<EpollEnv> env(new EpollEnv(std::move(options), threads, seed));
  if (env->options_.data_dir.empty()) {
    env->disk_ = MakeNoDisk();
  } else {
    QR_ASSIGN_OR_RETURN(env->disk_, FileDisk::Open(env->options_.data_dir, env->loop_));
  }
  env->mesh_ = std::make_unique<PeerMesh>(
      *env, env->loop_,
      MeshOptions{env->options_.node, env->options_.cluster, env->options_.peers, env->options_.pin_peers});
  if (!env->options_.peer_listen.empty()) {
    QR_RETURN_IF_ERROR(env->mesh_->Listen(env->options_.peer_listen));
  }
  return env;
}

EpollEnv::EpollEnv(EpollOptions options, int offload_threads, uint64_t seed)
    : options_(std::move(options)), seed_(seed), loop_(offload_threads) {}

EpollEnv::~EpollEnv() {
  mesh_ = nullptr;   // No message any more,
  disk_ = nullptr;   // no sync's completion,
  loop_.Shutdown();  // and nothing that was posted or offloaded.
}

void EpollEnv::Run() { loop_.Run(); }
void EpollEnv::RunOnce(Duration max_wait) { loop_.RunOnce(max_wait); }
void EpollEnv::Stop() { loop_.Stop(); }

Random& EpollEnv::random(std::string_view name) {
  const auto found = randoms_.find(name);
  if (found != randoms_.end()) return found->second;
  return randoms_.emplace(std::string(name), Random(seed_, name)).first->second;
}

void EpollEnv::Log(LogLevel level, std::string_view line) {
  if (level < options_.log_level) return;
  if (options_.log_sink) {
    options_.log_sink(level, line);
  } else {
    PrintLine(clock().WallNow(), level, line);
  }
}

void EpollEnv::Send(NodeId to, Channel channel, std::string payload) {
  mesh_->Send(to, channel, std::move(payload));
}
void EpollEnv::OnMessage(Channel channel, MessageHandler handler) {
  mesh_->OnMessage(channel, std::move(handler));
}
StatusOr<std::unique_ptr<Listener>> EpollEnv::Listen(std::string_view address,
                                                     AcceptHandler on_accept) {
  return TcpListen(loop_, address, std::move(on_accept));
}
void EpollEnv::Connect(std::string_view address, ConnectHandler done) {
  TcpConnect(loop_, address, std::move(done));
}

}  // namespace quadraft::net
