// What a run must always hold. A checker looks after each event, and once more when everything has
// come to rest; it never touches what it looks at.
//
//   Checkers checkers(&world);
//   checkers.Add(std::make_unique<RaftChecker>(&cluster));
//   ...  QR_RETURN_IF_ERROR(checkers.violation());
#ifndef QUADRAFT_SIM_CHECKERS_CHECKER_H_
#define QUADRAFT_SIM_CHECKERS_CHECKER_H_

#include <memory>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "sim/world/world.h"

namespace quadraft::sim {

class Checker {
 public:
  virtual ~Checker() = default;
  virtual std::string_view name() const = 0;
  // Not OK: a violation, in a sentence. The run ends with it.
  virtual Status AfterEvent(const EventRecord& event) { return OkStatus(); }
  // Faults are over, nothing is under way, all nodes run.
  virtual Status AtEnd() { return OkStatus(); }
};

class Checkers {
 public:
  // Hooks itself into the world, which must end no later than this object's last event.
  explicit Checkers(World* world);
  void Add(std::unique_ptr<Checker> checker) { checkers_.push_back(std::move(checker)); }
  Status AtEnd();
  const Status& violation() const { return violation_; }

 private:
  World* world_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  Status violation_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CHECKERS_CHECKER_H_
