#include "core/base/compress.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"

namespace quadraft {
namespace {

std::string Text(size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) StrAppend(&text, "<http://example.org/s", i, "> ");
  text.resize(bytes);
  return text;
}

TEST(CompressTest, WhatWasCompressedComesBack) {
  for (const size_t bytes : {100u, 1024u, 5000u, 1u << 20}) {
    const std::string text = Text(bytes);
    const auto small = Compress(text);
    ASSERT_TRUE(small.has_value()) << bytes;
    EXPECT_LT(small->size(), bytes);
    EXPECT_EQ(*Decompress(*small, bytes), text);
    EXPECT_TRUE(absl::IsDataLoss(Decompress(*small, bytes - 1).status())) << "over the limit";
  }
}

TEST(CompressTest, NoiseStaysAsItIs) {
  std::string noise;
  uint64_t state = 1;
  while (noise.size() < 4096) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    PutFixed<uint64_t>(&noise, state ^ state >> 29);
  }
  EXPECT_FALSE(Compress(noise).has_value());
  EXPECT_FALSE(Compress("").has_value() && Compress("")->size() > 0);
}

// Four bytes that claim four gigabytes: refused before anything is allocated. Every cut and every
// flipped bit is an error or other bytes within the limit, never more.
TEST(CompressTest, BombsAndDamageAreBounded) {
  const std::string bomb("\xff\xff\xff\xff\x0f\x00", 6);
  EXPECT_TRUE(absl::IsDataLoss(Decompress(bomb, 48u << 20).status()));
  EXPECT_TRUE(absl::IsDataLoss(Decompress("", 100).status()));
  const std::string text = Text(2000);
  const std::string good = *Compress(text);
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(Decompress(good.substr(0, cut), 2000).ok()) << cut;
  }
  for (size_t at = 0; at < good.size(); ++at) {
    std::string damaged = good;
    damaged[at] ^= 0x11;
    const auto out = Decompress(damaged, 2000);
    if (out.ok()) {
      EXPECT_LE(out->size(), 2000u);
    }
  }
}

}  // namespace
}  // namespace quadraft
