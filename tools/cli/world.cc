#include "tools/cli/world.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "net/env/epoll_env.h"

namespace quadraft::cli {
namespace {

std::string_view NextStep(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return "is the cluster running? `quadraft status` shows the nodes; --endpoint may name several";
    case absl::StatusCode::kDeadlineExceeded:
      return "raise --timeout; after an update, look whether it happened before doing it again";
    default:
      return {};
  }
}

}  // namespace

int RunFlow(absl::AnyInvocable<Task<int>(Env&)> flow) {
  net::EpollOptions options;
  options.log_level = LogLevel::kError;
  options.offload_threads = 1;
  auto env = net::EpollEnv::Create(std::move(options));
  if (!env.ok()) return Complain(env.status());
  std::optional<int> code;
  TaskScope tasks;
  tasks.Spawn([](net::EpollEnv& env, absl::AnyInvocable<Task<int>(Env&)>& flow, std::optional<int>& code) -> Task<void> {
    code = co_await flow(env);
    env.Stop();
  }(**env, flow, code));
  if (!code.has_value()) (*env)->Run();
  (*env)->loop().Shutdown();
  tasks.DestroyAll();
  return code.value_or(1);
}

int Complain(const Status& status) {
  std::fprintf(stderr, "quadraft: %s\n", Message(status).c_str());
  const std::string_view next = NextStep(status.code());
  if (!next.empty()) std::fprintf(stderr, "quadraft: next: %.*s\n", static_cast<int>(next.size()), next.data());
  return 1;
}

}  // namespace quadraft::cli
