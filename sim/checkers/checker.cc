#include "sim/checkers/checker.h"

namespace quadraft::sim {

Checkers::Checkers(World* world) : world_(world) {
  world_->AddHook([this](const EventRecord& event) {
    if (!violation_.ok()) return;
    for (const auto& checker : checkers_) {
      const Status status = checker->AfterEvent(event);
      if (status.ok()) continue;
      violation_ = Annotate(status, checker->name());
      world_->Stop();
      return;
    }
  });
}

Status Checkers::AtEnd() {
  for (const auto& checker : checkers_) {
    QR_RETURN_IF_ERROR(Annotate(checker->AtEnd(), checker->name()));
  }
  return OkStatus();
}

}  // namespace quadraft::sim
