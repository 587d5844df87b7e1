#include "jepsen/linear/checker.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "jepsen/linear/search.h"

namespace quadraft::jepsen {
namespace {

constexpr size_t kPrefixShown = 8;  // Operations of a counterexample that are printed.
constexpr size_t kStuckShown = 12;

// One object's share of the history.
struct Part {
  std::string name;             // As the model partitions; "" when there is one object.
  std::vector<size_t> indexes;  // Into all operations.
  std::vector<const Operation*> operations;
  std::unique_ptr<Machine> machine;
};

std::vector<Part> SplitByObject(const std::vector<Operation>& all, const Model& model) {
  std::vector<Part> parts;  // In order of first use, so that results do not depend on hashing.
  absl::flat_hash_map<std::string, size_t> by_name;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].outcome == EventType::kFail) continue;
    std::string name = model.Partition(all[i]);
    const auto [found, is_new] = by_name.try_emplace(name, parts.size());
    if (is_new) parts.emplace_back().name = std::move(name);
    Part& part = parts[found->second];
    part.indexes.push_back(i);
    part.operations.push_back(&all[i]);
  }
  return parts;
}

// Leaves out pure operations whose result nobody saw: nothing can be learnt from them. The machine
// is compiled from the rest.
Status Compile(const Model& model, Part* part) {
  QR_ASSIGN_OR_RETURN(const auto whole, model.Compile(part->operations));
  size_t kept = 0;
  for (size_t i = 0; i < part->operations.size(); ++i) {
    if (part->operations[i]->outcome != EventType::kOk && whole->IsPure(i)) continue;
    part->operations[kept] = part->operations[i];
    part->indexes[kept++] = part->indexes[i];
  }
  part->operations.resize(kept);
  part->indexes.resize(kept);
  QR_ASSIGN_OR_RETURN(part->machine, model.Compile(part->operations));
  return OkStatus();
}

std::string_view WhyStuck(const Part& part, uint32_t state, uint32_t op) {
  const uint32_t after = part.machine->Step(state, op);
  if (after == Machine::kImpossible) return "impossible here";
  if (part.operations[op]->outcome != EventType::kOk) {
    return after == state ? "would change nothing" : "could have happened here, but does not help";
  }
  return "possible here, but then the others have no order";
}

std::string ExplainViolation(const Part& part, const Model& model, const SearchResult& search) {
  std::string out;
  uint32_t state = part.machine->initial();
  std::vector<std::string> lines;
  const size_t first_shown = search.order.size() - std::min(search.order.size(), kPrefixShown);
  for (size_t i = 0; i < search.order.size(); ++i) {
    if (i == first_shown) lines.push_back(StrCat("  ", part.machine->Describe(state)));
    state = part.machine->Step(state, search.order[i]);
    if (i < first_shown) continue;
    lines.push_back(StrCat("  ", part.operations[search.order[i]]->ToString(), ", then ",
                           part.machine->Describe(state)));
  }
  if (!part.name.empty()) StrAppend(&out, "object ", part.name, ": ");
  StrAppend(&out, "no order of the operations is one of a ", model.name(), ".\n");
  StrAppend(&out, "The longest that can be ordered is ", search.order.size(), " of ",
            part.operations.size(), " operations");
  if (first_shown > 0) StrAppend(&out, "; its last ", kPrefixShown);
  StrAppend(&out, lines.empty() ? ".\n" : ":\n");
  for (const std::string& line : lines) StrAppend(&out, line, "\n");
  StrAppend(&out, "Now, with ", part.machine->Describe(state), ", this one must come before event ",
            part.operations[search.stuck[0]]->completed, ":\n");
  const size_t shown = std::min(search.stuck.size(), kStuckShown);
  for (size_t i = 0; i < shown; ++i) {
    if (i == 1) StrAppend(&out, "and of the others that may come first, none leads on:\n");
    const uint32_t op = search.stuck[i];
    StrAppend(&out, "  ", part.operations[op]->ToString(), ": ", WhyStuck(part, state, op), "\n");
  }
  if (search.stuck.size() > shown) {
    StrAppend(&out, "  (and ", search.stuck.size() - shown, " more)\n");
  }
  return out;
}

std::string ExplainUnknown(const Part& part, const SearchResult& search, const Limits& limits) {
  std::string out = part.name.empty() ? "" : StrCat("object ", part.name, ": ");
  if (search.memory_reached) {
    StrAppend(&out, "gave up at the limit of ", limits.memory_bytes_max,
              " bytes for configurations");
  } else {
    StrAppend(&out, "gave up at the limit of ", limits.steps_max, " steps");
  }
  return StrCat(out, ", after ", search.configurations, " configurations of ",
                part.operations.size(), " operations\n");
}

std::vector<size_t> InHistory(const Part& part, const std::vector<uint32_t>& operations) {
  std::vector<size_t> indexes;
  indexes.reserve(operations.size());
  for (const uint32_t op : operations) indexes.push_back(part.indexes[op]);
  return indexes;
}

CheckResult CannotJudge(Status error) {
  CheckResult result;
  result.verdict = Verdict::kUnknown;
  result.explanation = StrCat(Message(error), "\n");
  result.error = std::move(error);
  return result;
}

}  // namespace

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "linearizable";
    case Verdict::kViolation:
      return "NOT-linearizable";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "?";
}

CheckResult CheckLinearizable(const History& history, const Model& model, const Limits& limits) {
  const auto all = history.Operations();
  if (!all.ok()) return CannotJudge(all.status());
  CheckResult result;
  std::vector<Part> parts = SplitByObject(*all, model);
  Limits left = limits;
  for (Part& part : parts) {
    const Status compiled = Compile(model, &part);
    if (!compiled.ok()) return CannotJudge(compiled);
    result.operations += part.operations.size();
    ++result.partitions;
    const SearchResult search = SearchOrder(part.operations, part.machine.get(), left);
    left.steps_max -= std::min(left.steps_max, search.steps);
    result.configurations += search.configurations;
    if (search.verdict == Verdict::kViolation) {
      result.verdict = search.verdict;
      result.explanation = ExplainViolation(part, model, search);
      result.prefix = InHistory(part, search.order);
      result.stuck = InHistory(part, search.stuck);
      return result;
    }
    if (search.verdict == Verdict::kUnknown) {
      result.verdict = search.verdict;
      StrAppend(&result.explanation, ExplainUnknown(part, search, limits));
    }
    part.machine.reset();  // One object's states in memory at a time.
  }
  return result;
}

}  // namespace quadraft::jepsen
