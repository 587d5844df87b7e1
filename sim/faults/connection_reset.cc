// Connections are reset again and again: those of clients, and those that carry messages between
// nodes, where what is under way is lost.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

class Resets : public std::enable_shared_from_this<Resets> {
 public:
  explicit Resets(FaultContext& context)
      : context_(context),
        random_(*context.random),
        effects_(context.effects),
        gap_max_us_(random_.Between(5'000, 500'000)) {}

  void Next() {
    if (over_) return;
    SimNetwork& network = context_.world->network();
    for (const NodeId node : context_.nodes) {
      for (const NodeId other : context_.nodes) {
        if (other != node && random_.OneIn(3)) *effects_ += network.LoseUnderWay(node, other);
      }
      for (const NodeId client : context_.clients) {
        if (random_.OneIn(3)) *effects_ += network.ResetConnections(node, client);
      }
    }
    context_.world->After(microseconds(random_.Between(1'000, gap_max_us_)),
                          [self = shared_from_this()] { self->Next(); });
  }
  void End() { over_ = true; }

 private:
  FaultContext& context_;
  Random random_;
  std::shared_ptr<uint64_t> effects_;
  const int64_t gap_max_us_;
  bool over_ = false;
};

}  // namespace

Closure BeginConnectionReset(FaultContext& context) {
  auto resets = std::make_shared<Resets>(context);
  resets->Next();
  return [resets] { resets->End(); };
}

}  // namespace quadraft::sim
