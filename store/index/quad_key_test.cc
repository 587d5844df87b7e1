#include "store/index/quad_key.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/strings.h"
#include "core/env/random.h"

namespace quadraft::store {
namespace {

TEST(QuadKeyTest, KeysSortAsTheirColumnsAndComeBack) {
  Random random(1, "quads");
  for (int p = 0; p < kPermutationCount; ++p) {
    const auto permutation = static_cast<Permutation>(p);
    std::set<std::pair<std::string, IdQuad>> keys;
    for (int i = 0; i < 200; ++i) {
      IdQuad quad;
      for (TermId& id : quad) id = TermId(random.Next() >> random.Below(64));
      std::string key;
      SetQuadKey(&key, 7, permutation, quad);
      EXPECT_EQ(key.size(), kQuadKeyBytes);
      EXPECT_TRUE(key.starts_with(PermutationPrefix(7, permutation)));
      EXPECT_EQ(QuadOfKey(key, permutation), quad);
      keys.emplace(key, quad);
    }
    const auto columns = PermutationColumns(permutation);
    for (auto it = keys.begin(), next = std::next(it); next != keys.end(); it = next++) {
      for (const Position column : columns) {
        const TermId a = it->second[static_cast<size_t>(column)],
                     b = next->second[static_cast<size_t>(column)];
        if (a == b) continue;
        EXPECT_LT(a, b);
        break;
      }
    }
  }
}

TEST(QuadKeyTest, PrefixEnd) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
}

// Against a plain list of comings and goings.
TEST(VersionsTest, EveryReadAtOrAfterTheHorizonStaysTheSame) {
  Random random(2, "versions");
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint64_t> changes;
    std::string value;
    uint64_t now = 0;
    for (uint64_t n = 1 + random.Below(7); n > 0; --n) {
      now += 1 + random.Below(300);
      changes.push_back(now);
      value = AddVersion(value, Timestamp(now));
    }
    const auto there = [&](uint64_t at) {
      size_t before = 0;
      for (const uint64_t change : changes) before += change <= at;
      return before % 2 == 1;
    };
    EXPECT_EQ(IsThere(value), there(now));
    for (uint64_t at = 0; at <= now + 1; ++at)
      ASSERT_EQ(WasThereAt(value, Timestamp(at)), there(at)) << at;
    const auto decoded = DecodeVersions(value);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->size(), changes.size());
    const uint64_t horizon = random.Below(now + 2);
    const std::string kept = DropVersions(value, Timestamp(horizon));
    for (uint64_t at = horizon; at <= now + 1; ++at)
      ASSERT_EQ(WasThereAt(kept, Timestamp(at)), there(at)) << at;
    if (horizon >= now) {
      EXPECT_EQ(kept.empty(), !there(now));
      if (!kept.empty()) {
        EXPECT_EQ(DecodeVersions(kept)->size(), 1u);
      }
    }
  }
}

TEST(QuadKeyTest, TheWorkedExamplesOfFormatMd) {
  std::string key;
  const IdQuad quad = {TermId(0x1000000000000001), TermId(0x1000000000000002),
                       TermId(0x4800000000000005), TermId(1)};
  SetQuadKey(&key, 1, Permutation::kPosg, quad);
  EXPECT_EQ(HexEncode(key),
            "710000000101"
            "1000000000000002"
            "4800000000000005"
            "1000000000000001"
            "0000000000000001");
  EXPECT_EQ(HexEncode(AddVersion("", Timestamp(9))), "09");
  std::string value;
  for (const uint64_t at : {300, 310, 1000}) value = AddVersion(value, Timestamp(at));
  EXPECT_EQ(HexEncode(value), "e807b2050a");
}

TEST(VersionsTest, MalformedIsDataLoss) {
  EXPECT_EQ(DecodeVersions("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeVersions("\x80").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeVersions(std::string(1, '\0')).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeVersions("\x05\x07").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(WasThereAt("", Timestamp(9)));
}

}  // namespace
}  // namespace quadraft::store
