// Damage in the folder of the log of one node, or of as many as a majority can do without, while they
// are down: one byte of any record of any of its files flips, or a file loses its end, at a record's
// boundary or within one. Each starts again and must do without what it lost.
#include <algorithm>
#include <vector>

#include "sim/faults/disk_harm.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kLogPrefix = "log/";
constexpr uint64_t kRecordAlignment = 8;
constexpr int64_t kDownMaxMs = 300;

bool Rot(FaultContext& context, SimDisk& disk) {
  auto files = disk.DurableFiles();
  const bool any_log = std::any_of(files.begin(), files.end(), [](const auto& file) {
    return file.path.starts_with(kLogPrefix);
  });
  if (any_log) {
    std::erase_if(files, [](const auto& file) { return !file.path.starts_with(kLogPrefix); });
  }
  if (files.empty()) return false;
  const SimDisk::FileInfo& file = files[context.random->Below(files.size())];
  uint64_t at = context.random->Below(file.durable);
  if (context.random->OneIn(3)) {
    if (context.random->OneIn(2)) at = at / kRecordAlignment * kRecordAlignment;
    return disk.CutFile(file.path, at).ok();
  }
  return disk.FlipBit(file.path, at, static_cast<int>(context.random->Below(8))).ok();
}

}  // namespace

Closure BeginLogRot(FaultContext& context) {
  std::vector<NodeId> victims;
  const NodeId first = PickVictim(context);
  if (first == NodeId{}) return nullptr;
  victims.push_back(first);
  for (const NodeId node : context.nodes) {
    if (node != first && context.random->OneIn(2)) victims.push_back(node);
  }
  bool any = false;
  for (const NodeId node : victims) {
    Process& process = context.world->process(node);
    if (!context.MayBreak(node) || process.retired()) continue;
    SimDisk& disk = process.disk();
    if (disk.DurableFiles().empty()) continue;
    process.Crash(CrashKind::kPower);
    if (Rot(context, disk)) {
      context.Break(node);
      any = true;
    }
    context.restart(node, milliseconds(context.random->Between(1, kDownMaxMs)));
  }
  if (!any) return nullptr;
  return [] {};
}

}  // namespace quadraft::sim
