#include "jepsen/check_command.h"

#include <fstream>
#include <sstream>

#include "core/base/strings.h"
#include "gtest/gtest.h"

namespace quadraft::jepsen {
namespace {

struct Ran {
  int exit;
  std::string out;
  std::string err;
};

Ran Check(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit = RunCheckCommand(args, out, err);
  return {exit, out.str(), err.str()};
}

std::string File(const std::string& name, const std::string& text) {
  const std::string path = std::string(::testing::TempDir()) + "/" + name;
  std::ofstream(path) << text;
  return path;
}

const char kGood[] =
    "{:process 0 :type :invoke :f :write :value 1}\n{:process 0 :type :ok :f :write :value 1}\n";
const char kBad[] =
    "{:process 0 :type :invoke :f :read :value nil}\n{:process 0 :type :ok :f :read :value 1}\n";

TEST(CheckCommand, Good) {
  const std::string file = File("good.edn", kGood);
  const Ran ran = Check({"--model", "register", file});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, file + ": linearizable (1 operation, 1 object, 2 configurations)\n");
}

TEST(CheckCommand, BadIsExplained) {
  const std::string good = File("good.edn", kGood);
  const std::string bad = File("bad.edn", kBad);
  const Ran ran = Check({"--model=cas-register", good, bad});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find(bad + ": NOT-linearizable"), std::string::npos);
  EXPECT_NE(ran.out.find("  Now, with value nil, this one must come before event 1:"),
            std::string::npos)
      << ran.out;
  EXPECT_EQ(Check({"--quiet", "--model=cas-register", bad}).out.find("Now"), std::string::npos);
  EXPECT_EQ(Check({"--model=cas-register", "--initial", "1", bad}).exit, 0);
}

TEST(CheckCommand, WhatCannotBeReadOrDecided) {
  const std::string good = File("good.edn", kGood);
  const std::string bad = File("bad.edn", kBad);
  const std::string broken = File("broken.edn", "{:process 0\n :type");
  const Ran ran = Check({"--model", "register", broken, good});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find(broken + ": line 1, column 1: this is not closed by }"), std::string::npos)
      << ran.err;
  EXPECT_NE(ran.out.find("good.edn: linearizable"), std::string::npos);
  EXPECT_EQ(Check({"--model", "register", broken, bad}).exit, 1);
  EXPECT_EQ(Check({"--model", "mutex", good}).exit, 2);
  EXPECT_EQ(Check({"--model", "register", "/nonexistent"}).exit, 2);
}

const char kOwn[] =
    "{\"quadraft-history\":1,\"model\":\"cas-register\"}\n"
    "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"value\":null}\n"
    "{\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"partition\"}\n"
    "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":1}\n";

TEST(CheckCommand, OurOwnFormatNamesItsModel) {
  const std::string own = File("own.ndjson", kOwn);
  EXPECT_EQ(Check({own}).exit, 1);
  EXPECT_EQ(Check({"--format", "quadraft", "--initial", "1", own}).exit, 0);
  const Ran none = Check({File("good.edn", kGood)});
  EXPECT_EQ(none.exit, 2);
  EXPECT_NE(none.err.find("--model is missing, and the history names none"), std::string::npos);
  const Ran strange = Check({File("strange.ndjson", "{\"quadraft-history\":1,\"model\":\"?\"}")});
  EXPECT_EQ(strange.exit, 2);
  EXPECT_NE(strange.err.find("the history names a model \"?\": there is none"), std::string::npos);
}

TEST(CheckCommand, Page) {
  const std::string page = std::string(::testing::TempDir()) + "/page.html";
  const std::string own = File("own.ndjson", kOwn);
  EXPECT_EQ(Check({"--html", page, own}).exit, 1);
  std::stringstream text;
  text << std::ifstream(page).rdbuf();
  EXPECT_EQ(text.str().find("<!DOCTYPE html>"), 0u);
  EXPECT_NE(text.str().find("it needs value 1"), std::string::npos);
  EXPECT_EQ(Check({"--html", page, own, own}).exit, 2);
  const Ran nowhere = Check({"--html", "/nonexistent/x.html", own});
  EXPECT_EQ(nowhere.exit, 2);
  EXPECT_NE(nowhere.err.find("cannot write /nonexistent/x.html"), std::string::npos);
}

TEST(CheckCommand, EveryModelIsInTheHelp) {
  const std::string help = Check({"--help"}).out;
  for (const std::string_view name :
       {"cas-register", "multi-register", "mutex", "kv", "set", "queue", "unordered-queue",
        "quad-set", "list-append", "rw-register", "bank", "set-full"}) {
    EXPECT_NE(help.find(StrCat("\n  ", name, " ")), std::string::npos) << name;
  }
}

const char kSkew[] =
    "{:process 0 :type :invoke :f :txn :value [[:r :x nil] [:append :y 1]]}\n"
    "{:process 1 :type :invoke :f :txn :value [[:r :y nil] [:append :x 1]]}\n"
    "{:process 0 :type :ok :f :txn :value [[:r :x nil] [:append :y 1]]}\n"
    "{:process 1 :type :ok :f :txn :value [[:r :y []] [:append :x 1]]}\n";

TEST(CheckCommand, Transactions) {
  const std::string file = File("skew.edn", kSkew);
  const std::string drawing = std::string(::testing::TempDir()) + "/cycle.svg";
  const Ran ran = Check({"--model", "list-append", "--svg", drawing, file});
  EXPECT_EQ(ran.exit, 1) << ran.err;
  EXPECT_NE(ran.out.find("skew.edn: NOT-strict-serializable (2 transactions, 2 dependencies, "
                         "G2-item)\n  not repeatable-read\n  also not serializable, "),
            std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("However, T2 < T1, because T2 read key :y as still empty, before T1 "
                         "appended 1: a contradiction."),
            std::string::npos)
      << ran.out;
  std::ifstream svg(drawing);
  std::string first;
  std::getline(svg, first);
  EXPECT_TRUE(first.starts_with("<svg ")) << first;
  const auto at = [&](const std::string& levels) {
    return Check({"--model", "list-append", "--consistency", levels, file}).exit;
  };
  EXPECT_EQ(at("snapshot-isolation"), 0);
  EXPECT_EQ(at("snapshot-isolation,repeatable-read"), 1);
  EXPECT_EQ(at("perfect"), 2);
  EXPECT_EQ(Check({"--model", "rw-register", file}).exit, 2);
  EXPECT_EQ(Check({"--model", "list-append", "--consistency=", "--anomalies=G1", file}).exit, 0);
  EXPECT_EQ(Check({"--model", "list-append", "--svg", "/nonexistent/x.svg", file}).exit, 1);
}

TEST(CheckCommand, RegistersAreSolved) {
  const auto txn = [](int process, const std::string& value) {
    return StrCat("{:process ", process, " :type :invoke :f :txn :value ", value, "}\n{:process ",
                  process, " :type :ok :f :txn :value ", value, "}\n");
  };
  const std::string file = File(
      "stale.edn", txn(0, "[[:w 1 1]]") + txn(1, "[[:w 1 2]]") + txn(2, "[[:r 1 1] [:r 2 7]]"));
  const Ran ran = Check({"--model", "rw-register", file});
  EXPECT_EQ(ran.exit, 1) << ran.out;
  EXPECT_NE(ran.out.find("In every order of the writes there is this cycle."), std::string::npos)
      << ran.out;
  EXPECT_EQ(Check({"--model", "rw-register", "--no-solve", file}).exit, 0);
  EXPECT_EQ(Check({"--model", "rw-register", "--no-solve", "--no-garbage", file}).exit, 1);
  EXPECT_EQ(Check({"--model", "rw-register", "--consistency", "serializable", file}).exit, 0);
}

TEST(CheckCommand, SmallWorkloads) {
  const std::string bank =
      File("bank.edn",
           "{:process 0 :type :invoke :f :read}{:process 0 :type :ok :f :read :value {0 5, 1 -1}}");
  EXPECT_EQ(Check({"--model", "bank", bank}).exit, 1);
  EXPECT_EQ(Check({"--model", "bank", "--allow-negative", bank}).exit, 0);
  EXPECT_EQ(Check({"--model", "bank", "--allow-negative", "--total", "9", bank}).exit, 1);
  EXPECT_EQ(Check({"--model", "counter", bank}).exit, 2);
  const std::string nothing = File("nothing.edn", "{:process 0 :type :invoke :f :read}");
  EXPECT_EQ(Check({"--model", "set-final", nothing}).exit, 2);
}

TEST(CheckCommand, Usage) {
  EXPECT_EQ(Check({"--help"}).exit, 0);
  EXPECT_NE(Check({"--help"}).out.find("usage:"), std::string::npos);
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{},
                                             {"--model", "register"},
                                             {"x.edn"},
                                             {"--model"},
                                             {"--model", "no-such", "x.edn"},
                                             {"--model", "register", "--bogus", "1", "x.edn"},
                                             {"--model", "register", "--steps", "0", "x.edn"},
                                             {"--model", "register", "--steps", "9x", "x.edn"},
                                             {"--model", "register", "--format", "xml", "x.edn"},
                                             {"--model", "register", "--initial", "[", "x.edn"}}) {
    const Ran ran = Check(args);
    EXPECT_EQ(ran.exit, 2);
    EXPECT_NE(ran.err, "");
  }
}

}  // namespace
}  // namespace quadraft::jepsen
