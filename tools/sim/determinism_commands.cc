#include "tools/sim/determinism_commands.h"

#include <charconv>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "tools/sim/golden.h"
#include "tools/sim/probe.h"

namespace quadraft::sim {
namespace {

int BadUsage(std::string_view why) {
  std::cerr << "quadraft-sim: " << why << '\n';
  return 2;
}

// "FIRST:LAST"; empty: no window.
Status ParseWindow(std::string_view text, ProbeOptions* options) {
  if (text.empty()) return OkStatus();
  const char* const end = text.data() + text.size();
  const auto [colon, error] = std::from_chars(text.data(), end, options->first);
  if (error == std::errc() && colon != end && *colon == ':') {
    const auto [rest, second_error] = std::from_chars(colon + 1, end, options->last);
    if (second_error == std::errc() && rest == end) return OkStatus();
  }
  return InvalidArgument("--window wants FIRST:LAST, not '", text, "'");
}

}  // namespace

int VerifyCommand(const RunOptions& run, const DeterminismFlags& flags, uint64_t first,
                  uint64_t seeds, int jobs) {
  uint64_t different = 0;
  const VerifyOptions options{
      .run = run, .checkpoint_every = flags.checkpoint_every, .plant = flags.plant};
  VerifySeeds(options, first, seeds, jobs, [&](uint64_t seed, const VerifyResult& result) {
    if (result.same) return;
    ++different;
    std::cout << "seed=" << seed << " is not deterministic: " << result.text << std::flush;
  });
  std::cout << "seeds=" << seeds << " different=" << different
            << " verdict=" << (different == 0 ? "ok" : "VIOLATION") << std::endl;
  return different == 0 ? 0 : 1;
}

int ProbeCommand(const RunOptions& run, const DeterminismFlags& flags) {
  ProbeOptions options{.checkpoint_every = flags.checkpoint_every};
  if (const Status status = ParseWindow(flags.window, &options); !status.ok()) {
    return BadUsage(Message(status));
  }
  Plant plant;
  if (!flags.plant.empty()) {
    StatusOr<Plant> parsed = ParsePlant(flags.plant);
    if (!parsed.ok()) return BadUsage(Message(parsed.status()));
    plant = *std::move(parsed);
  }
  std::ofstream out(flags.out, std::ios::trunc);
  if (!out) return BadUsage("probe wants --out FILE that can be written");
  out << EncodeProbe(RunProbe(run, options, plant));
  out.close();
  return out ? 0 : 2;
}

int GoldenCommand(const DeterminismFlags& flags) {
  std::ostringstream text;
  text << std::ifstream(flags.file).rdbuf();
  const StatusOr<std::vector<GoldenRun>> wanted = ParseGolden(text.str());
  if (!wanted.ok()) {
    return BadUsage(StrCat("golden wants --file FILE of hashes: ", Message(wanted.status())));
  }
  const std::vector<GoldenRun> runs = RunGolden(*wanted);
  size_t different = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i] == (*wanted)[i]) continue;
    ++different;
    std::cout << runs[i].scenario << " seed " << runs[i].seed << ": " << (*wanted)[i].hash
              << " after " << (*wanted)[i].events << " events is wanted, got " << runs[i].hash
              << " after " << runs[i].events << '\n';
  }
  if (different > 0 && !flags.rewrite) {
    std::cout << "if what happens in a run was changed on purpose: tools/determinism --rewrite\n";
  }
  if (flags.rewrite) {
    std::ofstream out(flags.file, std::ios::trunc);
    out << FormatGolden(runs);
    out.close();
    if (!out) return BadUsage(StrCat("cannot write ", flags.file));
  }
  std::cout << "hashes=" << runs.size() << " different=" << different
            << (flags.rewrite ? " rewritten" : "")
            << " verdict=" << (different == 0 || flags.rewrite ? "ok" : "VIOLATION") << std::endl;
  return different == 0 || flags.rewrite ? 0 : 1;
}

}  // namespace quadraft::sim
