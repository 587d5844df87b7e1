// The check command alone, for those who want the checker without the store: `bazel run
// //jepsen:check -- --help`.
#include <iostream>
#include <string>
#include <vector>

#include "jepsen/check_command.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return quadraft::jepsen::RunCheckCommand(args, std::cout, std::cerr);
}
