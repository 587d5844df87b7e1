// What clients saw: events in real-time order, and the operations they pair up to.
//
// An operation begins with an invoke and ends with
//   ok     it happened, with this result;
//   fail   it certainly did not happen;
//   info   nobody knows: it may happen at any time after its invoke, or never (also when there is
//   no completion at all).
// The order of events in the vector IS real time; `time` only serves for printing. One process has
// at most one open operation. (Jepsen's model: jepsen.op, knossos.op.)
//
//   History history;
//   history.Invoke(0, "write", Value::Int(3), now);
//   history.Invoke(1, "read", Value(), now);
//   history.Ok(0, Value::Int(3), now);
//   history.Info(1, now);                                  // The reader's connection broke.
//   CheckResult result = CheckLinearizable(history, *RegisterModel());
// A register per key: pass the key as last argument of Invoke; operations on different keys are
// checked apart.
#ifndef QUADRAFT_JEPSEN_HISTORY_HISTORY_H_
#define QUADRAFT_JEPSEN_HISTORY_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

enum class EventType : uint8_t { kInvoke, kOk, kFail, kInfo };
std::string_view Name(EventType type);  // "invoke", "ok", "fail", "info".

struct Event {
  EventType type = EventType::kInvoke;
  int64_t process = 0;
  std::string f;     // "read", "write", "cas", ...; may be empty in a completion.
  Value key;         // nil when the history has a single object.
  Value value;       // The argument, then the result.
  int64_t time = 0;  // Nanoseconds, for people only.
  int64_t line = 0;  // Where it was read from; 0 when made in memory.
};

// What somebody else than a client did meanwhile: a fault began, a fault ended. For people only.
struct Note {
  size_t event = 0;  // It happened before this event.
  std::string who;   // "nemesis".
  std::string what;  // "start-partition [[n1] [n2 n3]]".
  int64_t time = 0;
};

// One invoke with its completion.
struct Operation {
  static constexpr size_t kNever = static_cast<size_t>(-1);

  int64_t process = 0;
  std::string f;
  Value key;
  Value input;
  Value output;                          // Of an ok completion; else nil.
  EventType outcome = EventType::kInfo;  // kOk, kFail or kInfo.
  size_t invoked = 0;                    // Index of the event.
  size_t completed = kNever;             // Index of the event; kNever when there is none.
  int64_t invoke_time = 0;
  int64_t complete_time = 0;
  int64_t line = 0;  // Of the invoke.

  // "process 3: cas [1 2] -> ok (key "x", events 17-20)", for explanations.
  std::string ToString() const;
};

class History {
 public:
  void Invoke(int64_t process, std::string_view f, Value value, int64_t time = 0, Value key = {});
  void Ok(int64_t process, Value value, int64_t time = 0);
  void Fail(int64_t process, int64_t time = 0);
  void Info(int64_t process, int64_t time = 0);
  void Add(Event event) { events_.push_back(std::move(event)); }
  // A note before the next event.
  void AddNote(std::string who, std::string what, int64_t time = 0);

  const std::vector<Event>& events() const { return events_; }
  const std::vector<Note>& notes() const { return notes_; }
  // The model to judge by, when the history itself names one (own_format.h); else "".
  const std::string& model() const { return model_; }
  void set_model(std::string_view model) { model_ = std::string(model); }
  size_t size() const { return events_.size(); }
  bool empty() const { return events_.empty(); }

  // The operations in order of their invokes. InvalidArgument (naming the event) when a process
  // invokes while its last operation is open, or completes what it did not invoke, or completes
  // another f than it invoked. An info without an open operation is a remark and is passed over.
  StatusOr<std::vector<Operation>> Operations() const;

  // One event per line, EDN: what ReadHistory reads back.
  std::string ToEdn() const;

 private:
  std::vector<Event> events_;
  std::vector<Note> notes_;
  std::string model_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_HISTORY_H_
