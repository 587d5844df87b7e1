// A partition that comes and goes every 10 to 500 ms, along the same line.
#include <memory>

#include "sim/faults/cuts.h"

namespace quadraft::sim {
namespace {

class Flapping : public std::enable_shared_from_this<Flapping> {
 public:
  Flapping(FaultContext& context, Sides sides)
      : world_(*context.world),
        random_(*context.random),
        sides_(std::move(sides)),
        cuts_(context),
        period_max_us_(context.random->Between(20'000, 500'000)) {}

  void Flap() {
    if (over_) return;
    if (cuts_.empty()) {
      for (const NodeId a : sides_.left) {
        for (const NodeId b : sides_.right) cuts_.AddBoth(a, b);
      }
    } else {
      cuts_.Heal();
    }
    world_.After(microseconds(random_.Between(10'000, period_max_us_)),
                 [self = shared_from_this()] { self->Flap(); });
  }

  void End() {
    over_ = true;
    cuts_.Heal();
  }

 private:
  World& world_;
  Random random_;
  Sides sides_;
  Cuts cuts_;
  int64_t period_max_us_;
  bool over_ = false;
};

}  // namespace

Closure BeginFlappingPartition(FaultContext& context) {
  Sides sides = DrawSides(context);
  if (!sides.BothThere()) return nullptr;
  auto flapping = std::make_shared<Flapping>(context, std::move(sides));
  flapping->Flap();
  return [flapping] { flapping->End(); };
}

}  // namespace quadraft::sim
