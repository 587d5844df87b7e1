// A node is killed and started again, and then messages of before reach it, and the others from it:
// they were under way for long, in no order. Raft must know them for old; calls between nodes carry
// incarnations for this.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

constexpr size_t kKept = 200;
constexpr Duration kGapMax = milliseconds(20);

struct Old {
  NodeId from, to;
  Channel channel;
  std::string payload;
};

class Replays : public std::enable_shared_from_this<Replays> {
 public:
  Replays(FaultContext& context, NodeId node)
      : context_(context), node_(node), random_(*context.random), effects_(context.effects) {}

  void Begin() {
    tap_ = context_.world->network().AddTap(
        [self = shared_from_this()](auto... args) { self->Keep(args...); });
    context_.world->After(milliseconds(random_.Between(10, 400)),
                          [self = shared_from_this()] { self->Restart(); });
  }

  void End() {
    over_ = true;
    context_.world->network().RemoveTap(tap_);
    context_.restart(node_, Duration(0));
  }

 private:
  // A sample of all that was sent, each message with the same chance (reservoir sampling).
  void Keep(NodeId from, NodeId to, Channel channel, std::string_view payload) {
    if (restarted_ || (from != node_ && to != node_)) return;
    if (old_.size() < kKept) {
      old_.push_back({from, to, channel, std::string(payload)});
    } else if (const uint64_t at = random_.Below(++seen_ + kKept); at < kKept) {
      old_[at] = {from, to, channel, std::string(payload)};
    }
  }

  void Restart() {
    if (over_) return;
    restarted_ = true;
    context_.world->process(node_).Crash(CrashKind::kKill);
    context_.restart(node_, milliseconds(random_.Between(1, 100)));
    Send();
  }

  void Send() {
    if (over_ || old_.empty()) return;
    if (context_.world->process(node_).running()) {
      const size_t at = random_.Below(old_.size());
      Old message = std::move(old_[at]);
      old_.erase(old_.begin() + static_cast<std::ptrdiff_t>(at));
      if (context_.world->network().Replay(message.from, message.to, message.channel,
                                           std::move(message.payload))) {
        ++*effects_;
      }
    }
    context_.world->After(Duration(random_.Between(0, kGapMax.count())),
                          [self = shared_from_this()] { self->Send(); });
  }

  FaultContext& context_;
  const NodeId node_;
  Random random_;
  std::shared_ptr<uint64_t> effects_;
  std::vector<Old> old_;
  uint64_t tap_ = 0;
  uint64_t seen_ = 0;
  bool restarted_ = false;
  bool over_ = false;
};

}  // namespace

Closure BeginStaleReplay(FaultContext& context) {
  const NodeId node = context.LeaderOrAny();
  if (!context.world->process(node).running()) return nullptr;
  auto replays = std::make_shared<Replays>(context, node);
  replays->Begin();
  return [replays] { replays->End(); };
}

}  // namespace quadraft::sim
