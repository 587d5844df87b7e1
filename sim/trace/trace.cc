#include "sim/trace/trace.h"

#include <cinttypes>
#include <cstdio>

namespace quadraft::sim {

void TraceTo(std::ostream* out, World* world) {
  world->AddHook([out, world](const EventRecord& event) {
    char line[160];
    const int length =
        std::snprintf(line, sizeof(line), "%14" PRId64 " %-7s n%-4" PRIu64 " %016" PRIx64 " #%s\n",
                      event.time_ns, std::string(EventKindName(event.kind)).c_str(),
                      event.node.value(), event.digest, world->hash().ToHex().substr(0, 8).c_str());
    out->write(line, length);
  });
  world->OnLog([out](std::string_view line) { *out << line << '\n'; });
}

}  // namespace quadraft::sim
