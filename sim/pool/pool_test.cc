#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <thread>  // lint: allow determinism: one thread may delete what another made
#include <vector>

#include "core/env/random.h"

namespace quadraft::sim {
namespace {

// Linked with the pool: every new of this program comes from it.

TEST(PoolTest, ObjectsAreWholeAlignedAndApart) {
  Random random(1, "pool");
  struct Object {
    std::unique_ptr<char[]> bytes;
    size_t size;
    char mark;
  };
  std::vector<Object> objects;
  for (int i = 0; i < 200'000; ++i) {
    if (!objects.empty() && random.OneIn(2)) {
      std::swap(objects[random.Below(objects.size())], objects.back());
      const Object& last = objects.back();
      for (size_t at = 0; at < last.size; ++at) ASSERT_EQ(last.bytes[at], last.mark);
      objects.pop_back();
      continue;
    }
    // Around the borders of the classes, too, and above the largest.
    size_t size = random.Below(300);
    if (random.OneIn(4)) {
      size = size_t{1} << random.Between(3, 15);
      size += random.Below(3) - 1;
    }
    const char mark = static_cast<char>(random.Below(256));
    objects.push_back({std::unique_ptr<char[]>(new char[size]), size, mark});
    ASSERT_EQ(reinterpret_cast<uintptr_t>(objects.back().bytes.get()) % 16, 0u);
    std::memset(objects.back().bytes.get(), mark, size);
  }
}

TEST(PoolTest, WhatWasDeletedIsGivenAgain) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "no pool in this build";
#endif
  auto* const first = new std::array<char, 100>;
  const void* const address = first;
  delete first;
  auto* const second = new std::array<char, 97>;  // The same class.
  EXPECT_EQ(static_cast<const void*>(second), address);
  delete second;
}

TEST(PoolTest, AnotherThreadMayDelete) {
  std::vector<std::unique_ptr<std::map<int, std::string>>> made;
  std::thread maker([&] {  // lint: allow determinism: a test of what another thread deletes
    for (int i = 0; i < 1000; ++i) {
      made.push_back(std::make_unique<std::map<int, std::string>>());
      for (int j = 0; j < 10; ++j) made.back()->emplace(j, std::string(50, 'x'));
    }
  });
  maker.join();
  for (const auto& map : made) {
    ASSERT_EQ(map->size(), 10u);
    ASSERT_EQ(map->at(9), std::string(50, 'x'));
  }
  made.clear();
}

}  // namespace
}  // namespace quadraft::sim
