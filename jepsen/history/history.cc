#include "jepsen/history/history.h"

#include <utility>

#include "absl/container/flat_hash_map.h"

namespace quadraft::jepsen {
namespace {

// "event 17" or "line 17" for errors: people look into the file.
std::string Place(const Event& event, size_t index) {
  return event.line > 0 ? StrCat("line ", event.line) : StrCat("event ", index);
}

Operation Open(const Event& event, size_t index) {
  Operation operation;
  operation.process = event.process;
  operation.f = event.f;
  operation.key = event.key;
  operation.input = event.value;
  operation.invoked = index;
  operation.invoke_time = event.time;
  operation.line = event.line;
  return operation;
}

void Complete(const Event& event, size_t index, Operation* operation) {
  operation->outcome = event.type;
  operation->completed = index;
  operation->complete_time = event.time;
  if (event.type == EventType::kOk) operation->output = event.value;
}

}  // namespace

std::string_view Name(EventType type) {
  switch (type) {
    case EventType::kInvoke:
      return "invoke";
    case EventType::kOk:
      return "ok";
    case EventType::kFail:
      return "fail";
    case EventType::kInfo:
      return "info";
  }
  return "?";
}

std::string Operation::ToString() const {
  std::string out = StrCat("process ", process, ": ", f);
  if (!input.is_nil()) StrAppend(&out, " ", input.ToString());
  StrAppend(&out, " -> ", Name(outcome));
  if (outcome == EventType::kOk && !(output == input)) StrAppend(&out, " ", output.ToString());
  StrAppend(&out, " (");
  if (!key.is_nil()) StrAppend(&out, "key ", key.ToString(), ", ");
  if (line > 0) StrAppend(&out, "line ", line, ", ");
  StrAppend(&out, "events ", invoked, " to ");
  if (completed == kNever || outcome == EventType::kInfo) {
    StrAppend(&out, "the end)");
  } else {
    StrAppend(&out, completed, ")");
  }
  return out;
}

void History::Invoke(int64_t process, std::string_view f, Value value, int64_t time, Value key) {
  Event event;
  event.process = process;
  event.f = std::string(f);
  event.key = std::move(key);
  event.value = std::move(value);
  event.time = time;
  events_.push_back(std::move(event));
}

void History::Ok(int64_t process, Value value, int64_t time) {
  Event event;
  event.type = EventType::kOk;
  event.process = process;
  event.value = std::move(value);
  event.time = time;
  events_.push_back(std::move(event));
}

void History::Fail(int64_t process, int64_t time) {
  Event event;
  event.type = EventType::kFail;
  event.process = process;
  event.time = time;
  events_.push_back(std::move(event));
}

void History::Info(int64_t process, int64_t time) {
  Event event;
  event.type = EventType::kInfo;
  event.process = process;
  event.time = time;
  events_.push_back(std::move(event));
}

void History::AddNote(std::string who, std::string what, int64_t time) {
  notes_.push_back({events_.size(), std::move(who), std::move(what), time});
}

StatusOr<std::vector<Operation>> History::Operations() const {
  std::vector<Operation> operations;
  operations.reserve(events_.size() / 2);
  absl::flat_hash_map<int64_t, size_t>
      open;  // Process to index of its open operation; never iterated.
  for (size_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    const auto found = open.find(event.process);
    if (event.type == EventType::kInvoke) {
      if (found != open.end()) {
        return InvalidArgument(Place(event, i), ": process ", event.process, " invokes ", event.f,
                               " while its ", operations[found->second].f, " is still open");
      }
      open.emplace(event.process, operations.size());
      operations.push_back(Open(event, i));
      continue;
    }
    if (found == open.end()) {
      if (event.type == EventType::kInfo) continue;
      return InvalidArgument(Place(event, i), ": process ", event.process, " completes (",
                             Name(event.type), ") what it did not invoke");
    }
    Operation& operation = operations[found->second];
    if (!event.f.empty() && event.f != operation.f) {
      return InvalidArgument(Place(event, i), ": process ", event.process, " invoked ", operation.f,
                             " and completes ", event.f);
    }
    Complete(event, i, &operation);
    open.erase(found);
  }
  return operations;
}

std::string History::ToEdn() const {
  std::string out;
  for (const Event& event : events_) {
    StrAppend(&out, "{:process ", event.process, " :type :", Name(event.type));
    if (!event.f.empty()) StrAppend(&out, " :f :", event.f);
    if (!event.key.is_nil()) StrAppend(&out, " :key ", event.key.ToString());
    StrAppend(&out, " :value ", event.value.ToString(), " :time ", event.time, "}\n");
  }
  return out;
}

}  // namespace quadraft::jepsen
