// `quadraft check`: judges histories in files. tools/quadraft gives it its arguments and streams.
//
//   quadraft check --model cas-register etcd_000.log
//   etcd_000.log: NOT-linearizable (170 operations, 1 object, 2113 configurations)
//     no order of the operations is one of a cas-register. ...
#ifndef QUADRAFT_JEPSEN_CHECK_COMMAND_H_
#define QUADRAFT_JEPSEN_CHECK_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

namespace quadraft::jepsen {

// `args` without program and command name. Verdicts and explanations go to `out`, reasons not to
// judge to `err`. Returns 0: all are linearizable; 1: at least one is not; 2: bad usage, or one
// could not be read or decided (and none is wrong).
int RunCheckCommand(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_CHECK_COMMAND_H_
