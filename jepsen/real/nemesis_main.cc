// bazel run //jepsen/real:nemesis -- --quadraft PATH [--seconds 30] [--nemesis all] [--seed 1]
// [--folder DIR]
#include <charconv>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "jepsen/real/run.h"

namespace quadraft::jepsen {
namespace {

constexpr std::string_view kUsage =
    R"(usage: nemesis --quadraft PATH [options]

Starts three real nodes on free loopback ports, lets clients work while faults come and go, and judges what they saw.

  --quadraft PATH       the binary to test
  --seconds N           how long the faults last (30)
  --nemesis LIST        names, comma-separated, or all (all); "" for none
  --seed N              of the clients' and the faults' choices (1)
  --failover-rounds N   kills of the leader whose length is measured (3)
  --failover-max-ms N   the limit for the next write after such a kill (2000)
  --folder DIR          where data, logs and the history go (a new one under /tmp, removed when all is well)

exit: 0 all promises were kept, 1 one was broken, 2 the run could not be done
)";

StatusOr<int64_t> ParseNumber(std::string_view flag, std::string_view text, int64_t max) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > max) {
    return InvalidArgument(flag, " needs a number from 0 to ", max, ", not \"", text, "\"");
  }
  return number;
}

Status SetFlag(std::string_view flag, std::string_view value, RunOptions* options) {
  if (flag == "--quadraft") {
    options->binary = value;
  } else if (flag == "--folder") {
    options->folder = value;
  } else if (flag == "--nemesis") {
    QR_ASSIGN_OR_RETURN(options->nemeses, ParseNemeses(value));
  } else if (flag == "--seconds") {
    QR_ASSIGN_OR_RETURN(const int64_t seconds, ParseNumber(flag, value, 86'400));
    options->duration = std::chrono::seconds(seconds);
  } else if (flag == "--seed") {
    QR_ASSIGN_OR_RETURN(const int64_t seed, ParseNumber(flag, value, int64_t{1} << 62));
    options->seed = static_cast<uint64_t>(seed);
  } else if (flag == "--failover-rounds") {
    QR_ASSIGN_OR_RETURN(const int64_t rounds, ParseNumber(flag, value, 1000));
    options->failover_rounds = static_cast<int>(rounds);
  } else if (flag == "--failover-max-ms") {
    QR_ASSIGN_OR_RETURN(const int64_t max, ParseNumber(flag, value, 3'600'000));
    options->failover_max = std::chrono::milliseconds(max);
  } else {
    return InvalidArgument("no option ", flag);
  }
  return OkStatus();
}

StatusOr<RunOptions> ParseArgs(const std::vector<std::string>& args) {
  RunOptions options;
  QR_ASSIGN_OR_RETURN(options.nemeses, ParseNemeses("all"));
  for (size_t i = 0; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return InvalidArgument(args[i], " needs a value");
    QR_RETURN_IF_ERROR(SetFlag(args[i], args[i + 1], &options));
  }
  if (options.binary.empty()) return InvalidArgument("--quadraft is missing");
  options.binary = std::filesystem::absolute(options.binary);
  return options;
}

int Main(const std::vector<std::string>& args) {
  auto options = ParseArgs(args);
  if (!options.ok()) {
    std::cerr << "nemesis: " << Message(options.status()) << "\n" << kUsage;
    for (const NemesisRow& row : NemesisTable()) {
      std::cerr << "  " << row.name << ": " << row.what << "\n";
    }
    return 2;
  }
  const bool is_temporary = options->folder.empty();
  if (is_temporary) {
    std::string name = std::filesystem::temp_directory_path() / "quadraft-nemesis-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      std::cerr << "nemesis: cannot make a folder " << name << "\n";
      return 2;
    }
    options->folder = name;
  }
  const RunVerdict verdict = RunNemesis(*options, std::cout);
  if (is_temporary && verdict == RunVerdict::kOk) std::filesystem::remove_all(options->folder);
  return verdict == RunVerdict::kOk ? 0 : verdict == RunVerdict::kViolation ? 1 : 2;
}

}  // namespace
}  // namespace quadraft::jepsen

int main(int argc, char** argv) {
  return quadraft::jepsen::Main(std::vector<std::string>(argv + 1, argv + argc));
}
