#include "tools/sim/see.h"

#include <fstream>

#include "core/base/strings.h"
#include "sim/trace/perfetto.h"
#include "sim/trace/timeline.h"

namespace quadraft::sim {
namespace {

Status WriteFile(const std::string& path, const Recording& recording, const RunAbout& about,
                 void (*write)(const Recording&, const RunAbout&, std::ostream*)) {
  if (path.empty()) return OkStatus();
  std::ofstream out(path, std::ios::trunc | std::ios::binary);
  write(recording, about, &out);
  out.close();
  return out ? OkStatus() : Unavailable("cannot write ", path);
}

}  // namespace

Status WriteRecording(const Recording& recording, const RunOptions& options,
                      const RunReport& report, const SeeFiles& files) {
  std::string title = StrCat(options.scenario, " seed ", options.seed);
  for (const std::string& mutant : options.mutants) StrAppend(&title, ", planted: ", mutant);
  const RunAbout about{.title = std::move(title),
                       .command = files.command.empty() ? ReplayCommand(options) : files.command,
                       .description = report.description,
                       .hash = report.hash.ToHex()};
  QR_RETURN_IF_ERROR(WriteFile(files.html, recording, about, WriteTimeline));
  return WriteFile(files.perfetto, recording, about, WritePerfetto);
}

}  // namespace quadraft::sim
