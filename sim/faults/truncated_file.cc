// The medium forgets the end of a file, while the node is down: a few bytes of it or anything up to
// all of it, also exactly at the end of a record.
#include <algorithm>

#include "sim/faults/disk_harm.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kFewBytes = 600;
constexpr uint64_t kRecordAlignment = 8;

}  // namespace

Closure BeginTruncatedFile(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{}) return nullptr;
  Process& process = context.world->process(node);
  SimDisk& disk = process.disk();
  if (disk.DurableFiles().empty()) return nullptr;
  process.Crash(CrashKind::kPower);
  const auto file = PickFile(context, disk);
  if (!file) {
    context.restart(node, Duration(0));
    return nullptr;
  }
  const uint64_t most =
      context.random->OneIn(2) ? std::min(kFewBytes, file->durable) : file->durable;
  uint64_t size = file->durable - 1 - context.random->Below(most);
  if (context.random->OneIn(2)) size = size / kRecordAlignment * kRecordAlignment;
  if (!disk.CutFile(file->path, size).ok()) {
    context.restart(node, Duration(0));
    return nullptr;
  }
  return BreakAndLook(context, node);
}

}  // namespace quadraft::sim
