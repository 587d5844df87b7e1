#include "net/env/event_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "core/base/check.h"

namespace quadraft::net {
namespace {

constexpr int kEventsPerRound = 256;
// Closures that post closures run at most this many rounds before descriptors are looked at again.
constexpr int kPostRoundsMax = 32;
constexpr size_t kHeapSlackMax = 1024;  // Cancelled timers kept beyond as many again as live ones.

int64_t ReadClock(clockid_t id) {
  timespec now;
  QR_CHECK(clock_gettime(id, &now) == 0) << "clock_gettime: " << errno;
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

MonotonicTime SystemClock::Now() const {
  return MonotonicTime(Duration(ReadClock(CLOCK_MONOTONIC)));
}
WallTime SystemClock::WallNow() const { return WallTime{ReadClock(CLOCK_REALTIME) / 1000}; }

struct EventLoop::Registration {
  int fd;
  Ready ready;
  bool dead = false;
  bool added = false;
};

class EventLoop::WatchImpl : public EventLoop::Watch {
 public:
  WatchImpl(EventLoop* loop, std::unique_ptr<Registration> registration)
      : loop_(loop), registration_(std::move(registration)) {}
  ~WatchImpl() override {
    SetEvents(0);
    registration_->dead = true;  // An event of this round may still point to it.
    loop_->dead_registrations_.push_back(std::move(registration_));
  }
  void SetEvents(uint32_t epoll_events) override {
    epoll_event event = {};
    event.events = epoll_events;
    event.data.ptr = registration_.get();
    const bool add = epoll_events != 0;
    if (!add && !registration_->added) return;
    const int op = !add ? EPOLL_CTL_DEL : registration_->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    registration_->added = add;
    QR_CHECK(epoll_ctl(loop_->epoll_.get(), op, registration_->fd, &event) == 0)
        << "epoll_ctl " << op << ": " << errno;
  }

 private:
  EventLoop* loop_;
  std::unique_ptr<Registration> registration_;
};

EventLoop::EventLoop(int offload_threads)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      workers_(offload_threads) {
  QR_CHECK(epoll_.valid() && wake_.valid()) << "epoll or eventfd: " << errno;
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // The wake-up.
  QR_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

EventLoop::~EventLoop() { Shutdown(); }

void EventLoop::Post(Closure fn) {
  std::unique_lock lock(mutex_);
  if (ended_) {
    lock.unlock();
    return;  // `fn` dies outside the lock.
  }
  posted_.push_back(std::move(fn));
  if (std::exchange(waiting_, false)) {
    lock.unlock();
    Wake();
  }
}

void EventLoop::Wake() {
  const uint64_t one = 1;
  // Full (EAGAIN) means that a wake-up is on its way already.
  (void)!write(wake_.get(), &one, sizeof(one));
}

void EventLoop::Stop() {
  stop_.store(true, std::memory_order_relaxed);
  Wake();
}

TimerId EventLoop::RunAfter(Duration delay, Closure fn) {
  const uint64_t id = ++last_timer_;
  heap_.push_back({clock_.Now() + std::max(delay, Duration(0)), id});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  timers_.emplace(id, std::move(fn));
  return TimerId(id);
}

bool EventLoop::Cancel(TimerId timer) {
  const auto found = timers_.find(timer.value());
  if (found == timers_.end()) return false;
  Closure fn = std::move(found->second);  // Dies after the map is whole again.
  timers_.erase(found);
  if (heap_.size() > 2 * timers_.size() + kHeapSlackMax) CompactTimers();
  return true;
}

void EventLoop::CompactTimers() {
  std::erase_if(heap_, [this](const HeapItem& item) { return !timers_.contains(item.id); });
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void EventLoop::Offload(Closure work, Closure done) {
  workers_.Run([this, work = std::move(work), done = std::move(done)]() mutable {
    work();
    work = nullptr;
    Post(std::move(done));
  });
}

std::unique_ptr<EventLoop::Watch> EventLoop::WatchFd(int fd, uint32_t epoll_events, Ready ready) {
  auto registration = std::make_unique<Registration>();
  registration->fd = fd;
  registration->ready = std::move(ready);
  auto watch = std::make_unique<WatchImpl>(this, std::move(registration));
  watch->SetEvents(epoll_events);
  return watch;
}

void EventLoop::Run() {
  while (!stopped()) RunOnce(Duration::max());
}

int EventLoop::WaitMs(Duration max_wait) {
  Duration wait = max_wait;
  while (!heap_.empty() && !timers_.contains(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
  }
  if (!heap_.empty()) wait = std::min(wait, heap_.front().due - clock_.Now());
  if (wait <= Duration(0)) return 0;
  if (wait > std::chrono::hours(1)) return 3'600'000;  // A round without work does no harm.
  return static_cast<int>((wait.count() + 999'999) / 1'000'000);  // Never too early.
}

void EventLoop::RunOnce(Duration max_wait) {
  int wait_ms = WaitMs(max_wait);
  {
    std::lock_guard lock(mutex_);
    if (!posted_.empty()) wait_ms = 0;
    waiting_ = wait_ms != 0;
  }
  epoll_event events[kEventsPerRound];
  const int count = epoll_wait(epoll_.get(), events, kEventsPerRound, wait_ms);
  QR_CHECK(count >= 0 || errno == EINTR) << "epoll_wait: " << errno;
  {
    std::lock_guard lock(mutex_);
    waiting_ = false;
  }
  for (int i = 0; i < count; ++i) {
    if (events[i].data.ptr == nullptr) {
      uint64_t ignored;
      (void)!read(wake_.get(), &ignored, sizeof(ignored));
      continue;
    }
    auto* registration = static_cast<Registration*>(events[i].data.ptr);
    if (!registration->dead) registration->ready(events[i].events);
  }
  // Destroying one may end another's watch: never while the vector is being cleared.
  std::exchange(dead_registrations_, {}).clear();
  RunTimers();
  RunPosted();
}

void EventLoop::RunTimers() {
  if (heap_.empty()) return;
  const MonotonicTime now = clock_.Now();
  const uint64_t last = last_timer_;  // Timers set by these timers wait for the next round.
  while (!heap_.empty() && heap_.front().due <= now && heap_.front().id <= last) {
    const uint64_t id = heap_.front().id;
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
    const auto found = timers_.find(id);
    if (found == timers_.end()) continue;
    Closure fn = std::move(found->second);
    timers_.erase(found);
    fn();
  }
}

void EventLoop::RunPosted() {
  for (int round = 0; round < kPostRoundsMax; ++round) {
    std::vector<Closure> batch;
    {
      std::lock_guard lock(mutex_);
      batch.swap(posted_);
    }
    if (batch.empty()) return;
    for (Closure& fn : batch) {
      fn();
      fn = nullptr;
    }
  }
}

void EventLoop::Shutdown() {
  workers_.Stop();
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  // Destroying a closure may set timers anew (a coroutine's owner cleaning up): until nothing is left.
  while (true) {
    std::vector<Closure> batch;
    {
      std::lock_guard lock(mutex_);
      batch.swap(posted_);
    }
    auto timers = std::exchange(timers_, {});
    heap_.clear();
    auto dead = std::exchange(dead_registrations_, {});
    if (batch.empty() && timers.empty() && dead.empty()) break;
  }
}

}  // namespace quadraft::net
