// A set that is only added to, judged by all of its reads: each element is stable, lost, or never
// read.
#include <map>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "core/base/strings.h"
#include "jepsen/txn/judge.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {
namespace {

constexpr size_t kNever = Operation::kNever;

// Events are by index; reads by the index of their invoke.
struct Element {
  std::string text;
  size_t add = 0;                // The operation.
  size_t known = kNever;         // The first event that shows that it is in.
  size_t last_present = kNever;  // Of the read that saw it.
  size_t last_absent = kNever;   // Of the read that did not.
  size_t absent_read = 0;        // That read's operation.

  bool IsLost() const {
    return known != kNever && last_absent != kNever && known < last_absent &&
           (last_present == kNever || last_present < last_absent);
  }
  bool IsStable() const {
    return last_present != kNever && (last_absent == kNever || last_absent < last_present);
  }
  // Stable in the end, but a read that began after it was known missed it.
  bool IsStale() const { return IsStable() && last_absent != kNever && known < last_absent; }
};

class SetFull {
 public:
  SetFull(const std::vector<Operation>& operations, CaseList* cases)
      : operations_(operations), cases_(*cases) {}

  Status Run() {
    for (const Moment& moment : Moments(operations_)) {
      const Operation& operation = operations_[moment.operation];
      if (operation.f == "add") {
        Add(moment);
      } else if (operation.f == "read" && !moment.is_invoke &&
                 operation.outcome == EventType::kOk) {
        QR_RETURN_IF_ERROR(Read(moment.operation));
      }
    }
    return OkStatus();
  }

  const std::vector<Element>& elements() const { return elements_; }

 private:
  void Add(const Moment& moment) {
    const Operation& add = operations_[moment.operation];
    const auto [found, is_new] = ids_.try_emplace(add.input.ToString(), elements_.size());
    if (is_new) elements_.push_back({found->first, moment.operation});
    Element& element = elements_[found->second];
    if (!moment.is_invoke && add.outcome == EventType::kOk && element.known == kNever) {
      element.known = add.completed;
    }
  }

  Status Read(size_t index) {
    const Operation& read = operations_[index];
    const bool is_list = read.output.is_sequence() || read.output.kind() == Value::Kind::kSet;
    if (!is_list) return InvalidArgument("a set's read is a list: ", read.ToString());
    ++reads_;
    seen_.resize(elements_.size(), 0);
    for (const Value& value : read.output.items()) {
      const auto found = ids_.find(value.ToString());
      // Jepsen judges strangers by `set` alone.
      if (found == ids_.end()) continue;
      if (seen_[found->second] == reads_) {
        cases_.Add("duplicate", {index}, [&] {
          return StrCat("element ", found->first, " stands twice in the read of events ",
                        read.invoked, " to ", read.completed);
        });
      }
      seen_[found->second] = reads_;
    }
    for (size_t i = 0; i < elements_.size(); ++i) {
      Element& element = elements_[i];
      if (seen_[i] == reads_) {
        if (element.known == kNever) element.known = read.completed;
        if (element.last_present == kNever || element.last_present < read.invoked) {
          element.last_present = read.invoked;
        }
      } else if (element.last_absent == kNever || element.last_absent < read.invoked) {
        element.last_absent = read.invoked;
        element.absent_read = index;
      }
    }
    return OkStatus();
  }

  const std::vector<Operation>& operations_;
  CaseList& cases_;
  std::vector<Element> elements_;
  absl::flat_hash_map<std::string, size_t> ids_;  // Never iterated.
  std::vector<size_t> seen_;                      // Element to the last read that saw it.
  size_t reads_ = 0;
};

}  // namespace

Report CheckSetFull(const History& history, bool linearizable) {
  const auto operations = history.Operations();
  if (!operations.ok()) return NotThisWorkload(operations.status());
  CaseList cases(kCasesKept);
  SetFull set(*operations, &cases);
  const Status run = set.Run();
  if (!run.ok()) return NotThisWorkload(run);
  size_t stable = 0;
  size_t lost = 0;
  size_t stale = 0;
  for (const Element& element : set.elements()) {
    stable += element.IsStable() ? 1 : 0;
    lost += element.IsLost() ? 1 : 0;
    stale += element.IsStale() ? 1 : 0;
    if (element.IsLost()) {
      cases.Add("lost", {element.add, element.absent_read}, [&] {
        return StrCat("element ", element.text, " was known at event ", element.known,
                      " and is not in the read of event ", element.last_absent, ", nor later");
      });
    } else if (linearizable && element.IsStale()) {
      cases.Add("stale", {element.add, element.absent_read}, [&] {
        return StrCat("element ", element.text, " was known at event ", element.known,
                      ", but the read of event ", element.last_absent, " missed it");
      });
    }
  }
  if (stable == 0 && cases.kinds().empty()) return NothingRead("set");
  return Judge("set",
               StrCat(operations->size(), " operations, ", set.elements().size(), " elements, ",
                      stable, " stable, ", lost, " lost, ", stale, " stale for a while"),
               std::move(cases));
}

}  // namespace quadraft::jepsen
