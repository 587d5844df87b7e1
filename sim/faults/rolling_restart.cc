// Every node is killed and started again, one after the other, as an upgrade does it.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

class Rolling : public std::enable_shared_from_this<Rolling> {
 public:
  explicit Rolling(FaultContext& context)
      : context_(context), gap_max_ms_(context.random->Between(20, 800)) {}

  void Next() {
    if (over_ || at_ == context_.nodes.size()) return;
    const NodeId node = context_.nodes[at_++];
    Process& process = context_.world->process(node);
    if (process.running()) {
      ++*context_.effects;
      process.Crash(CrashKind::kKill);
      context_.restart(node, milliseconds(context_.random->Between(5, 300)));
    }
    context_.world->After(milliseconds(context_.random->Between(10, gap_max_ms_)),
                          [self = shared_from_this()] { self->Next(); });
  }
  void End() { over_ = true; }

 private:
  FaultContext& context_;
  const int64_t gap_max_ms_;
  size_t at_ = 0;
  bool over_ = false;
};

}  // namespace

Closure BeginRollingRestart(FaultContext& context) {
  auto rolling = std::make_shared<Rolling>(context);
  rolling->Next();
  return [rolling] { rolling->End(); };
}

}  // namespace quadraft::sim
