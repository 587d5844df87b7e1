#include "tools/sim/probe.h"

#include <charconv>
#include <chrono>
#include <memory>
#include <utility>

#include "core/base/strings.h"

namespace quadraft::sim {
namespace {

// Runs inside the planted event, as if the simulator or a node had done it: sets a timer.
void Misbehave(World* world, std::string_view kind) {
  constexpr uint64_t kSpreadNs = 1'000'003;
  const int thing = 7;  // On the stack: the heap of a sanitizer lies where it always does.
  const uint64_t number =
      kind == "clock"
          ? static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count())
          : static_cast<uint64_t>(reinterpret_cast<uintptr_t>(&thing));
  world->After(Duration(static_cast<int64_t>(1000 + number % kSpreadNs)), [] {});
}

class PlantedProbe : public Probe {
 public:
  PlantedProbe(ProbeOptions options, Plant plant) : Probe(options), plant_(std::move(plant)) {}
  void Begin(World* world, RaftOf raft_of) override {
    Probe::Begin(world, std::move(raft_of));
    if (plant_.event == 0) return;
    world->AddHook([this, world](const EventRecord&) {
      if (world->events() == plant_.event) Misbehave(world, plant_.kind);
    });
  }

 private:
  Plant plant_;
};

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

bool TakePrefix(std::string_view* line, std::string_view prefix) {
  if (!line->starts_with(prefix)) return false;
  line->remove_prefix(prefix.size());
  return true;
}

bool ParseNumber(std::string_view text, int base, uint64_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParseHash(std::string_view text, Hash128* hash) {
  return text.size() == 32 && ParseNumber(text.substr(0, 16), 16, &hash->high) &&
         ParseNumber(text.substr(16), 16, &hash->low);
}

}  // namespace

StatusOr<Plant> ParsePlant(std::string_view text) {
  const size_t at = text.find('@');
  Plant plant{.kind = std::string(text.substr(0, at))};
  if ((plant.kind != "address" && plant.kind != "clock") || at == std::string_view::npos ||
      !ParseNumber(text.substr(at + 1), 10, &plant.event) || plant.event == 0) {
    return InvalidArgument("want address@EVENT or clock@EVENT, not '", text, "'");
  }
  return plant;
}

ProbeReport RunProbe(RunOptions run, const ProbeOptions& options, const Plant& plant) {
  PlantedProbe probe(options, plant);
  run.observer = &probe;
  const RunReport report = RunScenario(run);
  return {.events = report.events,
          .hash = report.hash,
          .violation = OneLine(report.violation),
          .checkpoints = probe.checkpoints(),
          .window = probe.window()};
}

std::string EncodeProbe(const ProbeReport& report) {
  std::string out = StrCat("events ", report.events, "\nhash ", report.hash.ToHex(), "\nviolation ",
                           report.violation, "\n");
  for (const Hash128& hash : report.checkpoints) StrAppend(&out, "checkpoint ", hash.ToHex(), "\n");
  for (const ProbedEvent& event : report.window) {
    StrAppend(&out, "event ", event.number, " ", OneLine(event.what), "\n");
    for (const std::string& effect : event.effects) StrAppend(&out, "  ", OneLine(effect), "\n");
  }
  return out + "end\n";
}

StatusOr<ProbeReport> DecodeProbe(std::string_view text) {
  ProbeReport report;
  bool ended = false;
  while (!text.empty() && !ended) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    bool good = true;
    if (line == "end") {
      ended = true;
    } else if (TakePrefix(&line, "  ")) {
      good = !report.window.empty();
      if (good) report.window.back().effects.emplace_back(line);
    } else if (TakePrefix(&line, "event ")) {
      const size_t space = line.find(' ');
      ProbedEvent event;
      good =
          space != std::string_view::npos && ParseNumber(line.substr(0, space), 10, &event.number);
      if (good) event.what = line.substr(space + 1);
      report.window.push_back(std::move(event));
    } else if (TakePrefix(&line, "checkpoint ")) {
      good = ParseHash(line, &report.checkpoints.emplace_back());
    } else if (TakePrefix(&line, "events ")) {
      good = ParseNumber(line, 10, &report.events);
    } else if (TakePrefix(&line, "hash ")) {
      good = ParseHash(line, &report.hash);
    } else if (TakePrefix(&line, "violation ")) {
      report.violation = line;
    } else {
      good = false;
    }
    if (!good) return InvalidArgument("no line of a probe: ", line);
  }
  if (!ended) return InvalidArgument("the probe ended early");
  return report;
}

}  // namespace quadraft::sim
