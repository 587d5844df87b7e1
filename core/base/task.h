// Task<T>: a lazily started C++20 coroutine for flows that wait (a query, an update, a snapshot), run on one event loop.
//
//   Task<StatusOr<int>> Read(File& f) { Status s = co_await SyncFile(f); ... co_return 7; }
//   Spawn(Run());                                // Starts it; it destroys itself when done.
//
// A Task starts when it is awaited or spawned and is destroyed with its result taken. It is not thread-safe: it resumes on
// the loop that its awaitables call back on. Exceptions are not used: one that escapes ends the process.
// TaskScope owns the root frames that it spawned: destroying it destroys those that still wait, so that a crash in the
// simulator leaks nothing and resumes nothing.
// Callback<T> turns a callback interface into an awaitable:
//   Status s = co_await Callback<Status>([&](auto done) { file.Sync(std::move(done)); });
#ifndef QUADRAFT_CORE_BASE_TASK_H_
#define QUADRAFT_CORE_BASE_TASK_H_

#include <coroutine>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "core/base/check.h"

namespace quadraft {

template <typename T = void>
class [[nodiscard]] Task;

namespace task_internal {

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      const auto next = handle.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { std::terminate(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
};

}  // namespace task_internal

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_internal::Promise<T>;

  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) {
      return std::move(*handle_.promise().value);
    }
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace task_internal {

template <typename T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

}  // namespace task_internal

// Runs `task` to its first suspension now; the frame frees itself at the end. A frame that waits for a callback that never
// comes leaks: use a TaskScope where the owner may go away first.
inline void Spawn(Task<void> task) {
  [](Task<void> inner) -> task_internal::Detached { co_await std::move(inner); }(std::move(task));
}

class TaskScope {
 public:
  TaskScope() = default;
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;
  ~TaskScope() { DestroyAll(); }  // Never from inside one of its own tasks.

  void Spawn(Task<void> task) { Run(*this, std::move(task)); }
  void DestroyAll() {
    while (!roots_.empty()) {
      const auto root = roots_.front();
      roots_.pop_front();
      root.destroy();
    }
  }
  size_t size() const { return roots_.size(); }

 private:
  struct Root {
    struct promise_type {
      promise_type(TaskScope& owner, Task<void>&) : scope(owner) {
        scope.roots_.push_back(std::coroutine_handle<promise_type>::from_promise(*this));
        at = std::prev(scope.roots_.end());
      }
      Root get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() { scope.roots_.erase(at); }
      void unhandled_exception() noexcept { std::terminate(); }
      TaskScope& scope;
      std::list<std::coroutine_handle<>>::iterator at;
    };
  };
  static Root Run(TaskScope&, Task<void> task) { co_await std::move(task); }

  std::list<std::coroutine_handle<>> roots_;
};

// co_await Callback<T>(start): calls start(done) and resumes when done(T) is called, at once or later, exactly once.
template <typename T>
class Callback {
 public:
  using Done = absl::AnyInvocable<void(T)>;
  explicit Callback(absl::AnyInvocable<void(Done)> start) : start_(std::move(start)) {}
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() {
    if (state_) state_->waiting = nullptr;  // The waiting frame is being destroyed: a late call resumes nothing.
  }
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    state_ = std::make_shared<State>();
    auto state = state_;  // `this` may be gone once start_ has resumed us.
    auto start = std::move(start_);
    start([state](T value) {
      QR_CHECK(!state->value.has_value()) << "callback called twice";
      state->value.emplace(std::move(value));
      if (state->waiting) state->waiting.resume();
    });
    if (state->value.has_value()) return false;
    state->waiting = awaiting;
    return true;
  }
  T await_resume() { return std::move(*state_->value); }

 private:
  struct State {
    std::optional<T> value;
    std::coroutine_handle<> waiting;
  };
  absl::AnyInvocable<void(Done)> start_;
  std::shared_ptr<State> state_;
};

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_TASK_H_
