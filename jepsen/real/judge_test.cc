#include "jepsen/real/judge.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "jepsen/history/read_history.h"

namespace quadraft::jepsen {
namespace {

std::string NewFolder(const std::string& name) {
  const std::string folder = std::string(::testing::TempDir()) + "/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

History Written() {
  History history;
  history.Invoke(0, "write", Value::Int(1), 10, Value::Int(7));
  history.AddNote("nemesis", "kill-leader", 15);
  history.Ok(0, Value::Int(1), 20);
  return history;
}

TEST(Judge, AGoodRunLeavesItsHistory) {
  const std::string folder = NewFolder("good");
  std::ostringstream out;
  EXPECT_TRUE(JudgeRegisterHistory(Written(), folder, out).ok());
  const auto back = ReadHistoryFile(folder + "/history.ndjson", {.format = HistoryFormat::kOwn});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->model(), "quad-register");
  EXPECT_EQ(back->size(), 2u);
  ASSERT_EQ(back->notes().size(), 1u);
  EXPECT_EQ(back->notes()[0].what, "kill-leader");
  EXPECT_FALSE(std::filesystem::exists(folder + "/history.html"));
}

TEST(Judge, AStaleReadIsDrawn) {
  const std::string folder = NewFolder("bad");
  History history = Written();
  history.Invoke(1, "read", Value(), 30, Value::Int(7));
  history.Ok(1, Value(), 40);
  std::ostringstream out;
  const Status status = JudgeRegisterHistory(history, folder, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(out.str().find("registers: NOT-linearizable"), std::string::npos) << out.str();
  std::ostringstream page;
  page << std::ifstream(folder + "/history.html").rdbuf();
  EXPECT_NE(page.str().find("kill-leader"), std::string::npos);
  EXPECT_NE(page.str().find("it needs value nil"), std::string::npos);
}

TEST(Judge, WhatCannotBeWrittenIsSaid) {
  std::ostringstream out;
  EXPECT_EQ(JudgeRegisterHistory(Written(), "/nonexistent", out).code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace quadraft::jepsen
