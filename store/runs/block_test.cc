#include "store/runs/block.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/env/random.h"

namespace quadraft::store {
namespace {

// Columns of every sort: constant, few values far apart, near each other, all over the place.
uint64_t RandomId(Random& random, uint64_t kind) {
  switch (kind % 5) {
    case 0:
      return 77;
    case 1:
      return random.Below(3) << 60 | random.Below(2);
    case 2:
      return (uint64_t{9} << 60) + random.Below(300);
    case 3:
      return random.Next();
    default:
      return ~uint64_t{0} - random.Below(1 + random.Below(70'000));
  }
}

std::vector<Row> RandomRows(Random& random, size_t count) {
  std::vector<Row> rows(count);
  const uint64_t kinds = random.Next();
  for (Row& row : rows) {
    for (size_t i = 0; i < 4; ++i) row.ids[i] = RandomId(random, kinds >> 8 * i & 0xff);
    row.at = 1 + random.Below(1 + random.Below(1'000'000));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(BlockTest, RowsComeBackAndBoundsAreWhereTheyAreInThePlainRows) {
  Random random(1, "block");
  for (int round = 0; round < 400; ++round) {
    const std::vector<Row> rows = RandomRows(random, 1 + random.Below(kBlockRowsMax));
    const std::string bytes = EncodeBlock(rows);
    const auto block = Block::Parse(bytes);
    ASSERT_TRUE(block.ok()) << ToString(block.status());
    ASSERT_EQ(block->rows(), rows.size());
    std::vector<Row> decoded;
    block->Decode(0, rows.size(), &decoded);
    ASSERT_EQ(decoded, rows);
    const size_t first = random.Below(rows.size()), end = first + random.Below(rows.size() - first + 1);
    block->Decode(first, end, &decoded);
    EXPECT_TRUE(std::equal(decoded.begin(), decoded.end(), rows.begin() + static_cast<ptrdiff_t>(first),
                           rows.begin() + static_cast<ptrdiff_t>(end)));
    for (int i = 0; i < 20; ++i) {
      KeyIds target = rows[random.Below(rows.size())].ids;
      if (random.OneIn(3)) target[random.Below(4)] += random.OneIn(2) ? 1 : -1;
      const std::span<const uint64_t> prefix(target.data(), random.Below(5));
      const auto at = [&](int limit) {
        return static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [&](const Row& row) {
          return CompareToPrefix(row.ids, prefix) < limit;
        }));
      };
      EXPECT_EQ(block->LowerBound(prefix), at(0));
      EXPECT_EQ(block->UpperBound(prefix), at(1));
    }
  }
}

TEST(BlockTest, AFewValuesTakeAByteARow) {
  std::vector<Row> rows;
  for (uint64_t i = 0; i < 500; ++i) rows.push_back({{i % 7 << 58, 5, 5, 5}, i});
  std::sort(rows.begin(), rows.end());
  EXPECT_LT(EncodeBlock(rows).size(), 500 * 3 + 200u);
}

TEST(BlockTest, MangledBytesAreDataLossOrOtherRowsAndNeverWorse) {
  Random random(2, "block");
  const std::string bytes = EncodeBlock(RandomRows(random, 100));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(Block::Parse(std::string_view(bytes).substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss);
  EXPECT_FALSE(Block::Parse(bytes + "x").ok());
  for (int round = 0; round < 3000; ++round) {
    std::string mangled = bytes;
    for (uint64_t n = 1 + random.Below(4); n > 0; --n)
      mangled[random.Below(mangled.size())] = static_cast<char>(random.Next());
    const auto block = Block::Parse(mangled);
    if (!block.ok()) continue;
    std::vector<Row> decoded;
    block->Decode(0, block->rows(), &decoded);
    EXPECT_LE(block->LowerBound({}), block->rows());
  }
}

// The worked block of store/FORMAT.md.
TEST(BlockTest, TheWorkedExampleOfFormatMd) {
  const std::vector<Row> rows = {{{0x1000000000000001, 0x1000000000000002, 0x4800000000000005, 1}, 9},
                                 {{0x1000000000000001, 0x1000000000000002, 0x4800000000000007, 1}, 300}};
  EXPECT_EQ(HexEncode(EncodeBlock(rows)),
            "0200"
            "00" "0000" "0100000000000010"
            "00" "0000" "0200000000000010"
            "01" "0000" "0500000000000048" "0002"
            "00" "0000" "0100000000000000"
            "02" "0000" "0900000000000000" "00002301"
            "0000000000000000");
}

TEST(DropTogglesTest, EveryReadAtOrAfterTheHorizonStaysTheSame) {
  Random random(3, "toggles");
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint64_t> toggles;
    uint64_t now = 0;
    for (uint64_t n = 1 + random.Below(7); n > 0; --n) toggles.push_back(now += 1 + random.Below(50));
    const auto there = [](const std::vector<uint64_t>& all, uint64_t at) {
      return (std::upper_bound(all.begin(), all.end(), at) - all.begin()) % 2 == 1;
    };
    const uint64_t horizon = random.Below(now + 2);
    std::vector<uint64_t> kept = toggles;
    DropToggles(&kept, horizon);
    for (uint64_t at = horizon; at <= now + 1; ++at) ASSERT_EQ(there(kept, at), there(toggles, at));
    EXPECT_LE(std::upper_bound(kept.begin(), kept.end(), horizon) - kept.begin(), 1);
  }
}

}  // namespace
}  // namespace quadraft::store
