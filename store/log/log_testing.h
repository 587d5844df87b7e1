// What the tests of the log share: entries, a log on a disk in memory, a sync that is waited for.
#ifndef QUADRAFT_STORE_LOG_LOG_TESTING_H_
#define QUADRAFT_STORE_LOG_LOG_TESTING_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/log/write_ahead_log.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {

inline constexpr GroupId kA{1}, kB{2};

inline raft::Entry MakeEntry(uint64_t index, uint64_t term, std::string payload) {
  return {RaftTerm(term), LogIndex(index), raft::EntryKind::kNormal,
          payload.empty() ? nullptr : std::make_shared<const std::string>(std::move(payload))};
}

inline std::vector<raft::Entry> Entries(uint64_t from, uint64_t to, uint64_t term, size_t bytes = 10) {
  std::vector<raft::Entry> out;
  for (uint64_t i = from; i <= to; ++i)
    out.push_back(MakeEntry(i, term, std::string(bytes, static_cast<char>('a' + i % 26))));
  return out;
}

inline std::unique_ptr<WriteAheadLog> OpenLog(MemoryEnv& env, uint64_t segment_bytes = 64u << 20) {
  auto log = WriteAheadLog::Open(env, "log", {.segment_bytes = segment_bytes});
  EXPECT_TRUE(log.ok()) << ToString(log.status());
  return log.ok() ? std::move(*log) : nullptr;
}

inline Status SyncAndWait(MemoryEnv& env, WriteAheadLog& log) {
  Status result = Internal("not called back");
  log.Sync([&](Status status) { result = std::move(status); });
  env.RunUntilIdle();
  return result;
}

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_LOG_TESTING_H_
