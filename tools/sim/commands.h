// The commands of quadraft-sim that have a file of their own. `args` are the words after the name.
// They print to stdout; the result is the exit status: 0 all is well, 1 a violation, 2 bad usage.
#ifndef QUADRAFT_TOOLS_SIM_COMMANDS_H_
#define QUADRAFT_TOOLS_SIM_COMMANDS_H_

#include <string>
#include <vector>

namespace quadraft::sim {

int ReplayTape(std::vector<std::string> args);    // replay_command.cc
int ShrinkTape(std::vector<std::string> args);    // shrink_command.cc
int ExploreTapes(std::vector<std::string> args);  // explore_command.cc
int CheckTraces(std::vector<std::string> args);   // trace_command.cc

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_COMMANDS_H_
