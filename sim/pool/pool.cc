// operator new and delete of the simulator's programs: free lists by size, which never give memory
// back. A run makes and drops some hundred small objects for each operation of a client, all on one
// thread; the C library's malloc, which must serve any program, took a seventh of its time.
//
// Linked in, it serves all (//sim/pool, alwayslink). Not in builds with sanitizers, which want an
// allocator of their own. What a run does cannot depend on it: no address decides anything
// (//tools/sim:golden_no_aslr_test).
//
//   one reserved range of addresses, kRegionBytes:
//   | span | span | span | ...          a span (64 KiB) is cut into objects of one size class
//     class of the span: a byte in span_class, found by the object's address alone
//
// Invariants: 1. an address within the range is an object of its span's class, any other is
// malloc's; 2. lists and the unused ends of spans are a thread's own; an object that another thread
// deletes joins the lists of that one.
#include <malloc.h>
#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define QUADRAFT_NO_POOL
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QUADRAFT_NO_POOL
#endif

#ifndef QUADRAFT_NO_POOL
namespace {

constexpr size_t kRegionBytes = size_t{16} << 30;  // Of addresses; memory comes when it is touched.
constexpr size_t kSpanBytes = size_t{64} << 10;
constexpr size_t kFineBytes = 16;  // Classes up to kFineMax are this far apart,
constexpr size_t kFineMax = 1024;
constexpr size_t kPooledMax = 16384;  // those above a quarter of a power of two. Above: malloc.
constexpr size_t kFineClasses = kFineMax / kFineBytes;
constexpr size_t kClasses = kFineClasses + 4 * 4;

// Of sizes 1 to kPooledMax.
constexpr size_t ClassOf(size_t bytes) {
  if (bytes <= kFineMax) return (bytes - 1) / kFineBytes;
  const int power = std::bit_width(bytes - 1) - 1;  // 2^power < bytes <= 2^(power + 1)
  const size_t quarter = ((bytes - 1) >> (power - 2)) & 3;
  return kFineClasses + static_cast<size_t>(power - 10) * 4 + quarter;
}
constexpr size_t BytesOf(size_t size_class) {
  if (size_class < kFineClasses) return (size_class + 1) * kFineBytes;
  const size_t above = size_class - kFineClasses;
  return (kFineMax + (above % 4 + 1) * (kFineMax / 4)) << (above / 4);
}
static_assert(ClassOf(1) == 0 && ClassOf(16) == 0 && ClassOf(17) == 1);
static_assert(ClassOf(kFineMax) == kFineClasses - 1 && ClassOf(kFineMax + 1) == kFineClasses);
static_assert(BytesOf(ClassOf(kFineMax + 1)) == 1280 && BytesOf(ClassOf(1281)) == 1536);
static_assert(BytesOf(ClassOf(2049)) == 2560 && ClassOf(2048) + 1 == ClassOf(2049));
static_assert(ClassOf(kPooledMax) == kClasses - 1 && BytesOf(kClasses - 1) == kPooledMax);

struct Free {
  Free* next;
};
// Zero is a good beginning for all of it: no constructor runs before the first object is asked for.
struct ThreadLists {
  Free* free[kClasses];
  char* unused[kClasses];      // The rest of the newest span of the class, up to ...
  char* unused_end[kClasses];  // ... here.
};
thread_local constinit ThreadLists lists{};  // lint: allow determinism: no run sees addresses
constinit std::atomic<uintptr_t> region{0};  // Its first byte; 0: not asked for; 1: none was given.
constinit std::atomic<size_t> spans{0};      // How many are taken.
constinit uint8_t span_class[kRegionBytes / kSpanBytes] = {};

uintptr_t Reserve() {
  // What malloc has left to do: large pieces, whose pages need not come from the kernel each time.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  void* const mapped = mmap(nullptr, kRegionBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  uintptr_t ours = mapped == MAP_FAILED ? 1 : reinterpret_cast<uintptr_t>(mapped);
  uintptr_t expected = 0;
  if (region.compare_exchange_strong(expected, ours)) return ours;
  if (ours != 1) munmap(mapped, kRegionBytes);  // Another thread was quicker.
  return expected;
}

void* FromMalloc(size_t bytes) {
  void* const object = std::malloc(bytes == 0 ? 1 : bytes);
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

// The list of the class is empty.
[[gnu::noinline]] void* Cut(size_t size_class) {
  const size_t bytes = BytesOf(size_class);
  char*& unused = lists.unused[size_class];
  if (unused == nullptr || unused + bytes > lists.unused_end[size_class]) {
    uintptr_t begin = region.load(std::memory_order_acquire);
    if (begin == 0) begin = Reserve();
    if (begin == 1) return FromMalloc(bytes);
    const size_t span = spans.fetch_add(1, std::memory_order_relaxed);
    if (span >= kRegionBytes / kSpanBytes) return FromMalloc(bytes);
    span_class[span] = static_cast<uint8_t>(size_class);
    unused = reinterpret_cast<char*>(begin) + span * kSpanBytes;
    lists.unused_end[size_class] = unused + kSpanBytes;
  }
  char* const object = unused;
  unused += bytes;
  return object;
}

inline void* New(size_t bytes) {
  if (bytes > kPooledMax) [[unlikely]]
    return FromMalloc(bytes);
  const size_t size_class = ClassOf(bytes == 0 ? 1 : bytes);
  Free* const first = lists.free[size_class];
  if (first == nullptr) [[unlikely]]
    return Cut(size_class);
  lists.free[size_class] = first->next;
  return first;
}

inline void Delete(void* object) {
  // 1 - and no object lies so low - when there is no range.
  const uintptr_t offset =
      reinterpret_cast<uintptr_t>(object) - region.load(std::memory_order_relaxed);
  if (offset >= kRegionBytes) [[unlikely]] {
    std::free(object);
    return;
  }
  auto* const freed = static_cast<Free*>(object);
  Free*& first = lists.free[span_class[offset / kSpanBytes]];
  freed->next = first;
  first = freed;
}

}  // namespace

void* operator new(size_t bytes) { return New(bytes); }
void* operator new[](size_t bytes) { return New(bytes); }
void operator delete(void* object) noexcept { Delete(object); }
void operator delete[](void* object) noexcept { Delete(object); }
void operator delete(void* object, size_t) noexcept { Delete(object); }
void operator delete[](void* object, size_t) noexcept { Delete(object); }
#endif  // QUADRAFT_NO_POOL
