#include "sim/cluster/vouched.h"

#include <charconv>
#include <string_view>

#include "store/log/high_water.h"
#include "store/log/promises.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kLogPrefix = "log/";
constexpr std::string_view kSegmentSuffix = ".log";

}  // namespace

bool HarmIsNoticed(const SimDisk& disk) {
  const store::HighWater mark =
      store::ParseHighWater(disk.Peek(std::string(kLogPrefix).append(store::kHighWaterName)));
  bool log_harmed = false, promises_harmed = false;
  for (const SimDisk::Harm& harm : disk.Harms()) {
    if (!harm.path.starts_with(kLogPrefix)) continue;
    if (harm.path.ends_with(store::kPromisesName)) promises_harmed = true;
    if (!harm.path.ends_with(kSegmentSuffix)) continue;
    log_harmed = true;
    uint64_t segment = 0;
    std::from_chars(harm.path.data() + kLogPrefix.size(), harm.path.data() + harm.path.size(),
                    segment);
    const bool vouched =
        segment < mark.segment || (segment == mark.segment && harm.from < mark.bytes);
    if (!vouched) return false;
  }
  return !(log_harmed && promises_harmed);
}

}  // namespace quadraft::sim
