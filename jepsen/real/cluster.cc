#include "jepsen/real/cluster.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

#include "jepsen/history/json.h"
#include "jepsen/real/http_client.h"

namespace quadraft::jepsen {
namespace {

constexpr std::chrono::milliseconds kAdminTimeout{1000};
constexpr std::chrono::milliseconds kPollInterval{20};
constexpr std::chrono::milliseconds kChangeTimeout{3000};
constexpr std::chrono::milliseconds kRestoreTimeout{20000};
constexpr size_t kLogTailBytes = 2000;

std::string Tail(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return text.size() <= kLogTailBytes ? text : text.substr(text.size() - kLogTailBytes);
}

int64_t IntOf(const Value& map, std::string_view name) {
  const Value* value = map.Find(name);
  return value != nullptr && value->is_int() ? value->as_int() : 0;
}

std::string TextOf(const Value& map, std::string_view name) {
  const Value* value = map.Find(name);
  return value != nullptr && value->is_name() ? value->text() : "";
}

std::string Describe(const StatusOr<NodeStatus>& status) {
  if (!status.ok()) return Message(status.status());
  return StrCat(status->role, ", term ", status->term, ", applied ", status->applied_index,
                ", digest ", status->digest);
}

}  // namespace

StatusOr<std::unique_ptr<Cluster>> Cluster::Create(ClusterOptions options) {
  std::unique_ptr<Cluster> cluster(new Cluster(std::move(options)));
  QR_RETURN_IF_ERROR(cluster->ChoosePorts());
  QR_RETURN_IF_ERROR(cluster->proxy_.Start());
  return cluster;
}

Cluster::~Cluster() {
  for (int node = 1; node <= size(); ++node) Kill(node);
}

// Each node hears its own true port, and the proxy's ports for the others.
Status Cluster::ChoosePorts() {
  nodes_.resize(static_cast<size_t>(options_.nodes));
  // All are held until all are chosen, so that no port is given twice.
  std::vector<Listener> held;
  for (Node& node : nodes_) {
    for (uint16_t* port : {&node.http_port, &node.peer_port}) {
      QR_ASSIGN_OR_RETURN(Listener listener, ListenOnLoopback());
      *port = listener.port;
      held.push_back(std::move(listener));
    }
  }
  for (int from = 1; from <= size(); ++from) {
    for (int to = 1; to <= size(); ++to) {
      uint16_t port = nodes_[Index(to)].peer_port;
      if (from != to) {
        QR_ASSIGN_OR_RETURN(port, proxy_.AddLink({from, to}, port));
      }
      StrAppend(&nodes_[Index(from)].peers, to > 1 ? "," : "", to, "=127.0.0.1:", port);
    }
  }
  return OkStatus();
}

std::vector<uint16_t> Cluster::http_ports() const {
  std::vector<uint16_t> ports;
  for (const Node& node : nodes_) ports.push_back(node.http_port);
  return ports;
}

std::string Cluster::LogPath(int node) const {
  return StrCat(options_.folder, "/node-", node, ".log");
}

Status Cluster::Start(int node) {
  Node& self = nodes_[Index(node)];
  if (self.pid > 0) return FailedPrecondition("node ", node, " runs already");
  const Fd log(::open(LogPath(node).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log.is_open()) return Internal("cannot write ", LogPath(node), ": ", std::strerror(errno));
  const std::string id = std::to_string(node);
  const std::string http = StrCat("127.0.0.1:", self.http_port);
  const std::string data = StrCat(options_.folder, "/node-", node);
  const char* const args[] = {options_.binary.c_str(),
                              "start",
                              "--node",
                              id.c_str(),
                              "--peers",
                              self.peers.c_str(),
                              "--pin-peers",
                              "--http",
                              http.c_str(),
                              "--data",
                              data.c_str(),
                              nullptr};
  const pid_t pid = ::fork();
  if (pid < 0) return Internal("cannot fork: ", std::strerror(errno));
  if (pid == 0) {
    // In the child of a threaded process: system calls only. The node must not outlive the harness,
    // however that ends.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(log.get(), STDOUT_FILENO);
    ::dup2(log.get(), STDERR_FILENO);
    ::execv(options_.binary.c_str(), const_cast<char* const*>(args));
    ::_exit(127);
  }
  self.pid = pid;
  self.paused = false;
  return OkStatus();
}

void Cluster::Kill(int node) {
  Node& self = nodes_[Index(node)];
  if (self.pid <= 0) return;
  ::kill(self.pid, SIGKILL);
  while (::waitpid(self.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  self.pid = 0;
  self.paused = false;
}

void Cluster::Pause(int node) {
  Node& self = nodes_[Index(node)];
  if (self.pid <= 0) return;
  ::kill(self.pid, SIGSTOP);
  self.paused = true;
}

void Cluster::Resume(int node) {
  Node& self = nodes_[Index(node)];
  if (self.pid <= 0) return;
  ::kill(self.pid, SIGCONT);
  self.paused = false;
}

Status Cluster::CheckAlive() {
  for (int node = 1; node <= size(); ++node) {
    Node& self = nodes_[Index(node)];
    int ended = 0;
    if (self.pid <= 0 || ::waitpid(self.pid, &ended, WNOHANG) != self.pid) continue;
    self.pid = 0;
    const std::string how = WIFSIGNALED(ended) ? StrCat("signal ", WTERMSIG(ended))
                                               : StrCat("exit code ", WEXITSTATUS(ended));
    return DataLoss("node ", node, " ended by itself with ", how, "; the end of its log:\n",
                    Tail(LogPath(node)));
  }
  return OkStatus();
}

void Cluster::SetLinks(int node, LinkState state) {
  for (int other = 1; other <= size(); ++other) {
    if (other == node) continue;
    proxy_.Set({node, other}, state);
    proxy_.Set({other, node}, state);
  }
}

Status Cluster::Heal() {
  proxy_.OpenAll();
  for (int node = 1; node <= size(); ++node) {
    if (!running(node)) {
      QR_RETURN_IF_ERROR(Start(node));
    } else if (nodes_[Index(node)].paused) {
      Resume(node);
    }
  }
  return members_changed_ ? RestoreMembers() : OkStatus();
}

Status Cluster::ChangeMembers(const std::string& query, std::chrono::milliseconds timeout) {
  members_changed_ = true;
  const auto deadline = RealClock::now() + timeout;
  std::string last = "no node leads";
  while (RealClock::now() < deadline) {
    const std::optional<int> leader = Leader();
    if (leader.has_value()) {
      HttpClient client(http_port(*leader));
      http::Request request = PostRequest("/members", "text/plain", "");
      request.query = query;
      const auto response = client.Send(request, kChangeTimeout);
      if (response.ok() && response->status == 200) {
        ++members_changes_;
        return OkStatus();
      }
      last = response.ok() ? response->body : Message(response.status());
      const bool refused = response.ok() && response->status / 100 == 4;
      // What changed meanwhile, by a request whose answer was lost, needs no change.
      if (last.find("nothing would change") != std::string::npos) return OkStatus();
      if (refused && last.find("ask again") == std::string::npos) {
        return FailedPrecondition("/members?", query, ": ", last);
      }
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return DeadlineExceeded("/members?", query, ": ", last);
}

// Every node a voter again, one at a time.
Status Cluster::RestoreMembers() {
  for (int node = 1; node <= size(); ++node) {
    const auto voter = [&](std::string_view members) {
      return members.find(StrCat("\"id\": ", node, ", \"votes\": true")) != members.npos;
    };
    const auto deadline = RealClock::now() + kRestoreTimeout;
    while (true) {
      const std::optional<int> leader = Leader();
      if (leader.has_value()) {
        HttpClient client(http_port(*leader));
        const auto response = client.Send(GetRequest("/members"), kAdminTimeout);
        if (response.ok() && voter(response->body)) break;
        const bool learner = response.ok() && response->body.find(StrCat("\"id\": ", node, ",")) !=
                                                  std::string::npos;
        const Status changed =
            ChangeMembers(StrCat(learner ? "promote=" : "add=", node), kChangeTimeout);
        if (!changed.ok() && RealClock::now() > deadline) {
          return Annotate(changed, StrCat("node ", node, " does not come back"));
        }
      } else if (RealClock::now() > deadline) {
        return DeadlineExceeded("node ", node, " does not come back: nobody leads");
      }
      std::this_thread::sleep_for(kPollInterval);
    }
  }
  members_changed_ = false;
  return OkStatus();
}

StatusOr<NodeStatus> Cluster::GetStatus(int node) const {
  HttpClient client(http_port(node));
  QR_ASSIGN_OR_RETURN(const http::Response response,
                      client.Send(GetRequest("/status"), kAdminTimeout));
  if (response.status != 200) {
    return Unavailable("/status of node ", node, " is ", response.status, ": ", response.body);
  }
  JsonReader reader(response.body);
  QR_ASSIGN_OR_RETURN(const std::optional<Value> json, reader.Next());
  if (!json.has_value() || !json->is_map()) return DataLoss("/status is not an object");
  NodeStatus status;
  status.node = node;
  status.role = TextOf(*json, "role");
  status.leader = static_cast<int>(IntOf(*json, "leader"));
  status.term = IntOf(*json, "term");
  status.applied_index = IntOf(*json, "applied_index");
  status.digest = TextOf(*json, "digest");
  return status;
}

std::optional<int> Cluster::Leader() const {
  std::optional<int> leader;
  int64_t highest = -1;
  for (int node = 1; node <= size(); ++node) {
    if (!running(node) || nodes_[Index(node)].paused) continue;
    const auto status = GetStatus(node);
    if (!status.ok() || status->role != "leader" || status->term <= highest) continue;
    highest = status->term;
    leader = node;
  }
  return leader;
}

Status Cluster::WaitUntilReady(std::chrono::milliseconds timeout) {
  const auto deadline = RealClock::now() + timeout;
  while (true) {
    QR_RETURN_IF_ERROR(CheckAlive());
    std::string missing;
    for (int node = 1; node <= size(); ++node) {
      if (!running(node)) continue;
      HttpClient client(http_port(node));
      const auto response = client.Send(GetRequest("/readyz"), kAdminTimeout);
      if (response.ok() && response->status == 200) continue;
      StrAppend(&missing, "\n  node ", node, ": ",
                response.ok() ? response->body : Message(response.status()));
    }
    if (missing.empty()) return OkStatus();
    if (RealClock::now() > deadline) return DeadlineExceeded("not ready:", missing);
    std::this_thread::sleep_for(kPollInterval);
  }
}

Status Cluster::WaitUntilEqual(std::chrono::milliseconds timeout) {
  const auto deadline = RealClock::now() + timeout;
  while (true) {
    QR_RETURN_IF_ERROR(CheckAlive());
    const auto first = GetStatus(1);
    bool equal = first.ok() && first->applied_index > 0;
    std::string seen = StrCat("\n  node 1: ", Describe(first));
    for (int node = 2; node <= size(); ++node) {
      const auto other = GetStatus(node);
      equal = equal && other.ok() && other->applied_index == first->applied_index &&
              other->digest == first->digest;
      StrAppend(&seen, "\n  node ", node, ": ", Describe(other));
    }
    if (equal) return OkStatus();
    if (RealClock::now() > deadline) return DeadlineExceeded("the nodes do not agree:", seen);
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace quadraft::jepsen
