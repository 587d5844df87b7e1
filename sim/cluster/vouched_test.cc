#include "sim/cluster/vouched.h"

#include "gtest/gtest.h"
#include "store/log/high_water.h"

namespace quadraft::sim {
namespace {

void Write(SimDisk& disk, std::string_view path, std::string_view bytes) {
  auto file = disk.Open(path, OpenMode::kCreate);
  ASSERT_TRUE((*file)->Append(bytes).ok());
  ASSERT_TRUE((*file)->SyncNow().ok());
  ASSERT_TRUE(disk.SyncDirectory("log").ok());
}

struct VouchedTest : testing::Test {
  VouchedTest() : disk(1, nullptr) {
    EXPECT_TRUE(disk.CreateDirectory("log").ok());
    EXPECT_TRUE(disk.CreateDirectory("state").ok());
    for (const char* path : {"log/00000001.log", "log/00000002.log", "state/000003.log"}) {
      Write(disk, path, std::string(1000, 'x'));
    }
    Write(disk, "log/high-water", store::EncodeHighWater({50, 2, 600}));
  }
  SimDisk disk;
};

TEST_F(VouchedTest, AnUnharmedDiskIsFine) { EXPECT_TRUE(HarmIsNoticed(disk)); }

TEST_F(VouchedTest, WhatTheHighWaterCoversIsNoticed) {
  ASSERT_TRUE(disk.FlipBit("log/00000001.log", 999, 3).ok());
  ASSERT_TRUE(disk.FlipBit("log/00000002.log", 599, 3).ok());
  ASSERT_TRUE(disk.FlipBit("state/000003.log", 999, 3).ok());
  EXPECT_TRUE(HarmIsNoticed(disk));
}

TEST_F(VouchedTest, WhatStandsBehindItIsNot) {
  ASSERT_TRUE(disk.FlipBit("log/00000002.log", 600, 3).ok());
  EXPECT_FALSE(HarmIsNoticed(disk));
}

TEST_F(VouchedTest, ACutIsNoticedWhenItReachesTheHighWater) {
  ASSERT_TRUE(disk.CutFile("log/00000002.log", 800).ok());
  EXPECT_FALSE(HarmIsNoticed(disk));
  ASSERT_TRUE(disk.CutFile("log/00000002.log", 500).ok());
  EXPECT_TRUE(HarmIsNoticed(disk));  // What was cut off first is part of it.
}

TEST_F(VouchedTest, WithoutAHighWaterNothingIsVouchedFor) {
  ASSERT_TRUE(disk.LoseFile("log/high-water").ok());
  EXPECT_TRUE(HarmIsNoticed(disk));
  ASSERT_TRUE(disk.LoseFile("log/00000001.log").ok());
  EXPECT_FALSE(HarmIsNoticed(disk));
}

}  // namespace
}  // namespace quadraft::sim
