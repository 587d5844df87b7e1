// A production world for one client command: runs one flow to its end.
//
//   return RunFlow([&](Env& env) -> Task<int> { ... co_return 0; });
#ifndef QUADRAFT_TOOLS_CLI_WORLD_H_
#define QUADRAFT_TOOLS_CLI_WORLD_H_

#include "absl/functional/any_invocable.h"
#include "core/base/task.h"
#include "core/env/env.h"

namespace quadraft::cli {

// The flow's result; 1 with the reason on stderr when the world could not be made.
int RunFlow(absl::AnyInvocable<Task<int>(Env&)> flow);

// "quadraft: " and the error's message on stderr, and what to do next when it is known from the code. Returns the exit code.
int Complain(const Status& status);

}  // namespace quadraft::cli

#endif  // QUADRAFT_TOOLS_CLI_WORLD_H_
