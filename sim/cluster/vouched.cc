#include "sim/cluster/vouched.h"

#include <charconv>
#include <string_view>

#include "store/log/high_water.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kLogPrefix = "log/";
constexpr std::string_view kSegmentSuffix = ".log";

}  // namespace

bool HarmIsNoticed(const SimDisk& disk) {
  const auto mark =
      store::ParseHighWater(disk.Peek(std::string(kLogPrefix).append(store::kHighWaterName)));
  if (!mark.ok()) return true;  // The node will say so itself.
  for (const SimDisk::Harm& harm : disk.Harms()) {
    if (!harm.path.starts_with(kLogPrefix) || !harm.path.ends_with(kSegmentSuffix)) continue;
    uint64_t segment = 0;
    std::from_chars(harm.path.data() + kLogPrefix.size(), harm.path.data() + harm.path.size(),
                    segment);
    const bool vouched =
        segment < mark->segment || (segment == mark->segment && harm.from < mark->bytes);
    if (!vouched) return false;
  }
  return true;
}

}  // namespace quadraft::sim
