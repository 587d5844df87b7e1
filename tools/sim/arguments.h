// The words after a command's name: flags with or without a value, and what is no flag.
//
//   Arguments args({"7", "--jobs=2", "--mutant", "a"});
//   QR_ASSIGN_OR_RETURN(const uint64_t jobs, args.Number("--jobs", 1, kJobsMax));   // Or its
//   default. QR_RETURN_IF_ERROR(args.Done());                 // Nothing is left that nobody asked
//   for.
#ifndef QUADRAFT_TOOLS_SIM_ARGUMENTS_H_
#define QUADRAFT_TOOLS_SIM_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "sim/explore/run.h"

namespace quadraft::sim {

class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {}

  bool Has(std::string_view flag);  // Without a value.
  StatusOr<std::optional<std::string>> Text(std::string_view flag);
  StatusOr<std::vector<std::string>> Texts(std::string_view flag);  // As often as it is there.
  StatusOr<uint64_t> Number(std::string_view flag, uint64_t otherwise, uint64_t max);
  // The next word that is no flag. Ask for the flags first.
  std::optional<std::string> Word();
  Status Done() const;

  // --scenario, --nodes, --seconds, --mutant, --fault.
  StatusOr<RunOptions> Run();

 private:
  std::vector<std::string> words_;
};

// "12", "1.25s", ...: a seed or an event, or a time.
StatusOr<Duration> ParseTime(std::string_view text);
StatusOr<uint64_t> ParseCount(std::string_view text);

// A tape file, or the tape of a seed under `run`.
StatusOr<Tape> SeedOrTape(const std::string& word, RunOptions run);
StatusOr<std::string> ReadWhole(const std::string& path);
Status WriteWhole(const std::string& path, std::string_view text);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_ARGUMENTS_H_
