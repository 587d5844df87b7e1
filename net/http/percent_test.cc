#include "net/http/percent.h"

#include "gtest/gtest.h"

namespace quadraft::http {
namespace {

TEST(Percent, DecodesAndRefuses) {
  EXPECT_EQ(*PercentDecode("a%20b+c%C3%a9"), "a b+c\xC3\xA9");
  for (const char* bad : {"%", "%2", "a%2", "%G0", "%0G"}) {
    EXPECT_EQ(PercentDecode(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(Percent, EncodingRoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(*PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentEncode("aZ09-._~/ "), "aZ09-._~%2F%20");
}

TEST(Percent, Forms) {
  const FormFields fields = *ParseForm("query=ASK+%7B%7D&flag&&a=b=c&=x");
  const FormFields expected = {{"query", "ASK {}"}, {"flag", ""}, {"a", "b=c"}, {"", "x"}};
  EXPECT_EQ(fields, expected);
  EXPECT_TRUE(ParseForm("")->empty());
  EXPECT_FALSE(ParseForm("a=%zz").ok());
  std::string many;
  for (size_t i = 0; i <= kFormFieldsMax; ++i) many += "a&";
  EXPECT_EQ(ParseForm(many).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(Percent, Urls) {
  const Url url = *ParseUrl("http://127.0.0.1:8001/sparql?a=b#c");
  EXPECT_EQ(url.address, "127.0.0.1:8001");
  EXPECT_EQ(url.path, "/sparql");
  EXPECT_EQ(url.query, "a=b");
  EXPECT_EQ(ParseUrl("localhost")->address, "localhost:80");
  EXPECT_EQ(ParseUrl("[::1]:90?x")->address, "[::1]:90");
  EXPECT_EQ(ParseUrl("[::1]")->address, "[::1]:80");
  EXPECT_EQ(ParseUrl("[::1]:90?x")->path, "/");
  for (const char* bad : {"https://a/", "http:///x", "http://u@a/", "a:b", "a:70000", "a:", ""}) {
    EXPECT_EQ(ParseUrl(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace quadraft::http
