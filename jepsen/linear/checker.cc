#include "jepsen/linear/checker.h"

#include <algorithm>
#include <utility>

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
  Objects objects = model.Split(all);
  std::vector<Part> parts(objects.names.size());
  for (size_t i = 0; i < parts.size(); ++i) parts[i].name = std::move(objects.names[i]);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].outcome == EventType::kFail || objects.of[i] == Objects::kNone) continue;
    Part& part = parts[objects.of[i]];
    part.indexes.push_back(i);
    part.operations.push_back(&all[i]);
  }
  return parts;
}

// Leaves out pure operations whose result nobody saw: nothing can be learnt from them. The machine
// is compiled from the rest.
Status Compile(const Model& model, Part* part) {
  QR_ASSIGN_OR_RETURN(part->machine, model.Compile(part->operations));
  size_t kept = 0;
  for (size_t i = 0; i < part->operations.size(); ++i) {
    if (part->operations[i]->outcome != EventType::kOk && part->machine->IsPure(i)) continue;
    part->operations[kept] = part->operations[i];
    part->indexes[kept++] = part->indexes[i];
  }
  if (kept == part->operations.size()) return OkStatus();
  part->operations.resize(kept);
  part->indexes.resize(kept);
  QR_ASSIGN_OR_RETURN(part->machine, model.Compile(part->operations));
  return OkStatus();
}

std::string WhyStuck(const Part& part, uint32_t state, uint32_t op) {
  const uint32_t after = part.machine->Step(state, op);
  if (after == Machine::kImpossible) {
    return StrCat("impossible here: ", part.machine->Refusal(state, op));
  }
  if (part.operations[op]->outcome != EventType::kOk) {
    return after == state ? "would change nothing" : "could have happened here, but does not help";
  }
  return "possible here, but then the others have no order";
}

// The first of the stuck operations is impossible whatever the order of what came before: the
// states that the other orders lead to.
std::string OtherStates(const Part& part, const SearchResult& search, uint32_t state) {
  std::string out;
  for (const uint32_t other : search.states) {
    if (other == state) continue;
    StrAppend(&out, out.empty() ? "  (other orders lead to " : "; or ",
              part.machine->Describe(other));
  }
  if (out.empty()) return out;
  return StrCat(out, search.more_states ? "; or more" : "", ": it is impossible there as well)\n");
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
  const std::string others = OtherStates(part, search, state);
  for (size_t i = 0; i < shown; ++i) {
    if (i == 1) StrAppend(&out, "and of the others that may come first, none leads on:\n");
    const uint32_t op = search.stuck[i];
    StrAppend(&out, "  ", part.operations[op]->ToString(), ": ", WhyStuck(part, state, op), "\n");
    if (i == 0) StrAppend(&out, others);
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

namespace {

ObjectResult DescribeObject(const Part& part, const SearchResult& search, std::string explanation) {
  ObjectResult object;
  object.name = part.name;
  object.verdict = search.verdict;
  object.operations = part.indexes;
  object.order = InHistory(part, search.order);
  uint32_t state = part.machine->initial();
  object.initial = part.machine->Describe(state);
  for (const uint32_t op : search.order) {
    state = part.machine->Step(state, op);
    object.states.push_back(part.machine->Describe(state));
  }
  for (const uint32_t op : search.stuck) {
    object.stuck.push_back({part.indexes[op], WhyStuck(part, state, op)});
  }
  object.explanation = std::move(explanation);
  return object;
}

// Judges one object and adds what was found to the result.
void CheckPart(const Part& part, const Model& model, const Limits& limits, Evidence evidence,
               Limits* left, CheckResult* result) {
  result->operations += part.operations.size();
  ++result->partitions;
  const SearchResult search = SearchOrder(part.operations, part.machine.get(), *left);
  left->steps_max -= std::min(left->steps_max, search.steps);
  result->configurations += search.configurations;
  std::string explanation;
  if (search.verdict == Verdict::kViolation) {
    explanation = ExplainViolation(part, model, search);
    if (result->verdict != Verdict::kViolation) {
      result->verdict = search.verdict;
      result->explanation = explanation;
      result->prefix = InHistory(part, search.order);
      result->stuck = InHistory(part, search.stuck);
    }
  } else if (search.verdict == Verdict::kUnknown) {
    explanation = ExplainUnknown(part, search, limits);
    if (result->verdict != Verdict::kViolation) {
      result->verdict = search.verdict;
      StrAppend(&result->explanation, explanation);
    }
  }
  if (evidence == Evidence::kOrders) {
    result->objects.push_back(DescribeObject(part, search, std::move(explanation)));
  }
}

}  // namespace

CheckResult CheckLinearizable(const History& history, const Model& model, const Limits& limits,
                              Evidence evidence) {
  const auto all = history.Operations();
  if (!all.ok()) return CannotJudge(all.status());
  CheckResult result;
  std::vector<Part> parts = SplitByObject(*all, model);
  Limits left = limits;
  for (Part& part : parts) {
    if (part.operations.empty()) continue;
    const Status compiled = Compile(model, &part);
    if (!compiled.ok()) return CannotJudge(compiled);
    CheckPart(part, model, limits, evidence, &left, &result);
    if (result.verdict == Verdict::kViolation && evidence == Evidence::kVerdict) break;
    part.machine.reset();  // One object's states in memory at a time.
  }
  return result;
}

}  // namespace quadraft::jepsen
