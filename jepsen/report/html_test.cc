// The page's structure, that nothing of a history becomes markup, and that it needs nothing from
// outside. How it looks and moves is judged by eye (README).
#include "jepsen/report/html.h"

#include "gtest/gtest.h"
#include "jepsen/history/json.h"
#include "jepsen/linear/report_linear.h"

namespace quadraft::jepsen {
namespace {

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// What stands between the data's tags.
std::string_view DataOf(std::string_view page) {
  constexpr std::string_view kOpen = "id=\"data\">\n";
  const size_t start = page.find(kOpen) + kOpen.size();
  return page.substr(start, page.find("\n</script>", start) - start);
}

History StaleRead(const std::string& text) {
  History history;
  history.Invoke(0, "write", Value::String(text), 10);
  history.Ok(0, Value::String(text), 20);
  history.AddNote("nemesis", "partition " + text, 25);
  history.Invoke(1, "read", Value(), 30);
  history.Ok(1, Value::String("old"), 40);
  history.Invoke(2, "write", Value::Int(2), 50);
  return history;
}

TEST(Html, Data) {
  const History history = StaleRead("new");
  const Report report = ReportLinearizability(history, *RegisterModel(), {}, true);
  const auto page = ToHtml({.title = "x.edn", .model = "register"}, history, report);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(
      DataOf(*page),
      R"({"events":5,"explanation":"no order of the operations is one of a register.\u000aThe longest that can be ordered is 1 of 3 operations:\u000a  value nil\u000a  process 0: write \"new\" -> ok (events 0 to 1), then value \"new\"\u000aNow, with value \"new\", this one must come before event 3:\u000a  process 1: read -> ok \"old\" (events 2 to 3): impossible here: it needs value \"old\"\u000a",
"operations":[[0,"write","\"new\"","\"new\"","ok",0,1,10,20,0,""],
[1,"read","nil","\"old\"","ok",2,3,30,40,0,""],
[2,"write","2","nil","info",4,-1,50,0,0,""]],
"notes":[[2,"nemesis","partition new",25]],
"parts":[{"name":"","outcome":"bad","operations":[0,1,2],"initial":"value nil","points":[[0,0.500,"value \"new\""]],"stuck":[[1,"impossible here: it needs value \"old\"",true]],"explanation":"no order of the operations is one of a register.\u000aThe longest that can be ordered is 1 of 3 operations:\u000a  value nil\u000a  process 0: write \"new\" -> ok (events 0 to 1), then value \"new\"\u000aNow, with value \"new\", this one must come before event 3:\u000a  process 1: read -> ok \"old\" (events 2 to 3): impossible here: it needs value \"old\"\u000a"}],
"anomalies":[]})");
}

TEST(Html, OnePageWithoutTheNetwork) {
  const History history = StaleRead("new");
  const Report report = ReportLinearizability(history, *RegisterModel(), {}, true);
  const std::string page = *ToHtml({.title = "x.edn", .model = "register"}, history, report);
  EXPECT_EQ(page.find("<!DOCTYPE html>"), 0u);
  EXPECT_EQ(Count(page, "<script"), 2u);
  EXPECT_EQ(Count(page, "</script>"), 2u);
  EXPECT_EQ(Count(page, "</html>"), 1u);
  EXPECT_NE(page.find("<span class=\"badge bad\">NOT-linearizable</span>"), std::string::npos);
  for (const char* outside : {" src=\"", "href=\"", "@import", "fetch(", "XMLHttp", "@TITLE@"}) {
    EXPECT_EQ(Count(page, outside), 0u) << outside;
  }
  // The one address is the name of SVG's vocabulary, which nobody looks up.
  EXPECT_EQ(Count(page, "http"), Count(page, "http://www.w3.org/2000/svg"));
  for (const char* markup :
       {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("}) {
    EXPECT_EQ(Count(page, markup), 0u) << markup;
  }
}

TEST(Html, NothingOfAHistoryIsMarkup) {
  const std::string evil =
      "</script><script>alert('x')</script><img src=x onerror=\"alert(1)\">&\xff";
  History history = StaleRead(evil);
  Report report = ReportLinearizability(history, *RegisterModel(), {}, true);
  report.verdict = evil;
  report.anomalies.push_back({.name = evil,
                              .what = evil,
                              .operations = {0, 1},
                              .edges = {{0, 1, evil, evil}},
                              .svg = evil});
  const std::string page = *ToHtml({.title = evil, .model = evil}, history, report);
  EXPECT_EQ(Count(page, "<script"), 2u);
  EXPECT_EQ(Count(page, "</script>"), 2u);
  EXPECT_EQ(Count(page, "<img"), 0u);
  EXPECT_EQ(DataOf(page).find('<'), std::string_view::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(&#39;x&#39;)"), std::string::npos);
  JsonReader reader(DataOf(page));
  const auto data = reader.Next();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->Find("anomalies")->items()[0].Find("svg")->text(), evil);
}

TEST(Html, LongTextsSayWhatIsLeftOut) {
  EXPECT_EQ(Shorten("short", 5), "short");
  EXPECT_EQ(Shorten("0123456789", 4), "01 ...(6 bytes left out)... 89");
  // Never within a character.
  EXPECT_EQ(Shorten("a\xc3\xa9 longer \xc3\xa9z", 4), "a ...(12 bytes left out)... z");
  History history = StaleRead(std::string(100'000, 'y'));
  const Report report = ReportLinearizability(history, *RegisterModel(), {}, true);
  const std::string page = *ToHtml({.title = "x", .model = "register"}, history, report);
  EXPECT_NE(page.find("bytes left out"), std::string::npos);
}

TEST(Html, PointsRespectRealTime) {
  History history;
  for (int i = 0; i < 50; ++i) {
    history.Invoke(0, "write", Value::Int(i));
    history.Invoke(1, "write", Value::Int(-i));
    history.Ok(0, Value());
    history.Ok(1, Value());
  }
  const Report report = ReportLinearizability(history, *RegisterModel(), {}, true);
  ASSERT_EQ(report.parts.size(), 1u);
  const auto operations = history.Operations();
  double last = -1;
  for (const ReportPoint& point : report.parts[0].points) {
    const Operation& operation = (*operations)[point.operation];
    EXPECT_GT(point.at, last);
    EXPECT_GT(point.at, static_cast<double>(operation.invoked));
    EXPECT_LT(point.at, static_cast<double>(operation.completed));
    last = point.at;
  }
  EXPECT_EQ(report.parts[0].points.size(), 100u);
}

TEST(Html, WhatDoesNotPairUpIsRefused) {
  History history;
  history.Ok(0, Value());
  EXPECT_FALSE(ToHtml({}, history, Report()).ok());
}

}  // namespace
}  // namespace quadraft::jepsen
