#include "sim/faults/disk_harm.h"

#include <memory>
#include <utility>

namespace quadraft::sim {
namespace {

constexpr Duration kLook = microseconds(100);
constexpr Duration kPatience = milliseconds(300);
constexpr int64_t kBackMaxMs = 500;
constexpr uint64_t kReadsMax = 40;
constexpr uint64_t kNamesMax = 12;

class PowerCut : public std::enable_shared_from_this<PowerCut> {
 public:
  PowerCut(FaultContext* context, NodeId node, bool (*moment)(const SimDisk&), CrashStyle style)
      : context_(*context),
        node_(node),
        moment_(moment),
        style_(style),
        give_up_(context->world->now() + kPatience) {}

  void Look() {
    Process& process = context_.world->process(node_);
    if (over_ || context_.world->now() >= give_up_) return;
    if (process.running() && moment_(process.disk())) {
      process.disk().set_next_crash(style_);
      process.Crash(CrashKind::kPower);
      context_.took_effect();
      cut_ = true;
      return;
    }
    context_.world->After(kLook, [self = shared_from_this()] { self->Look(); });
  }

  void End() {
    over_ = true;
    if (cut_) context_.restart(node_, milliseconds(context_.random->Between(1, kBackMaxMs)));
  }

 private:
  FaultContext& context_;
  const NodeId node_;
  bool (*const moment_)(const SimDisk&);
  const CrashStyle style_;
  const Duration give_up_;
  bool over_ = false;
  bool cut_ = false;
};

}  // namespace

NodeId PickVictim(FaultContext& context) {
  const auto possible = [&](NodeId node) {
    return context.MayBreak(node) && !context.world->process(node).retired();
  };
  const NodeId first = context.LeaderOrAny();
  if (possible(first)) return first;
  std::vector<NodeId> others;
  for (const NodeId node : context.nodes) {
    if (possible(node)) others.push_back(node);
  }
  return others.empty() ? NodeId{} : others[context.random->Below(others.size())];
}

std::optional<SimDisk::FileInfo> PickFile(FaultContext& context, const SimDisk& disk) {
  auto files = disk.DurableFiles();
  if (files.empty()) return std::nullopt;
  return std::move(files[context.random->Below(files.size())]);
}

Closure BreakAndLook(FaultContext& context, NodeId node) {
  context.Break(node);
  return [&context, node] {
    Process& process = context.world->process(node);
    if (process.running() && context.random->OneIn(2)) {
      process.Crash(context.random->OneIn(2) ? CrashKind::kPower : CrashKind::kKill);
    }
    if (!process.running()) {
      context.restart(node, milliseconds(context.random->Between(1, kBackMaxMs)));
    }
  };
}

Closure BeginLyingRead(FaultContext& context, bool misdirect) {
  const NodeId node = context.LeaderOrAny();
  Process& process = context.world->process(node);
  SimDisk& disk = process.disk();
  const uint64_t n = 1 + context.random->Below(kReadsMax);
  misdirect ? disk.MisdirectNthRead(n) : disk.FlipNthRead(n);
  if (process.running() && context.random->OneIn(2)) {
    process.Crash(CrashKind::kKill);
    context.restart(node, milliseconds(context.random->Between(1, 50)));
  }
  return [&context, &disk, before = disk.lies()] {
    disk.FlipNthRead(0);
    if (disk.lies() > before) context.took_effect();
  };
}

Closure CutPowerWhen(FaultContext& context, bool (*moment)(const SimDisk&), CrashStyle style) {
  auto cut = std::make_shared<PowerCut>(&context, context.LeaderOrAny(), moment, style);
  cut->Look();
  return [cut] { cut->End(); };
}

Closure CutPowerAtName(FaultContext& context, CrashStyle style, size_t names_min) {
  const NodeId node = context.LeaderOrAny();
  Process& process = context.world->process(node);
  if (!process.running()) return nullptr;
  auto cut = std::make_shared<bool>(false);
  process.disk().DieAtNth(kDiskName, 1 + context.random->Below(kNamesMax),
                          [&context, &process, cut, style, names_min] {
                            if (process.disk().unsynced_names() >= names_min) {
                              context.took_effect();
                              process.disk().set_next_crash(style);
                            }
                            *cut = true;
                            process.Crash(CrashKind::kPower);
                          });
  return [&context, &process, node, cut] {
    process.disk().DieAtNth(0, 0, nullptr);
    if (*cut) context.restart(node, milliseconds(context.random->Between(1, kBackMaxMs)));
  };
}

}  // namespace quadraft::sim
