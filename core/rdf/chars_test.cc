#include "core/rdf/chars.h"

#include "gtest/gtest.h"

namespace quadraft::rdf {
namespace {

int Decode(std::string_view bytes, char32_t* c) {
  return DecodeUtf8(bytes.data(), bytes.data() + bytes.size(), c);
}

TEST(CharsTest, EveryScalarValueSurvivesTheRoundTrip) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (!IsScalarValue(c)) continue;
    std::string bytes;
    AppendUtf8(&bytes, c);
    char32_t back = 0;
    ASSERT_EQ(Decode(bytes, &back), static_cast<int>(bytes.size())) << static_cast<uint32_t>(c);
    ASSERT_EQ(back, c);
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      ASSERT_EQ(Decode(bytes.substr(0, cut), &back), -1) << static_cast<uint32_t>(c);
    }
  }
}

TEST(CharsTest, RefusesWhatIsNotUtf8) {
  for (std::string_view bytes :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE2\x82("}) {
    char32_t c;
    EXPECT_EQ(Decode(bytes, &c), 0) << bytes.size();
  }
  EXPECT_EQ(FindInvalidUtf8("abcdefghijk\xC3\xA9\xFFx"), 13u);
  EXPECT_EQ(FindInvalidUtf8("abcdefgh\xE2\x82"), 8u);
  EXPECT_EQ(FindInvalidUtf8("abcdefgh\xE2\x82\xAC"), std::string_view::npos);
}

TEST(CharsTest, NameClasses) {
  EXPECT_TRUE(IsPnCharsBase('z'));
  EXPECT_FALSE(IsPnCharsBase('_'));
  EXPECT_FALSE(IsPnCharsBase('0'));
  EXPECT_TRUE(IsPnCharsU('_'));
  EXPECT_TRUE(IsPnChars('-'));
  EXPECT_FALSE(IsPnChars('.'));
  EXPECT_FALSE(IsPnCharsBase(0xD7));
  EXPECT_TRUE(IsPnCharsBase(0xC0));
  EXPECT_FALSE(IsPnCharsBase(0x37E));
  EXPECT_TRUE(IsPnCharsBase(0x10000));
  EXPECT_TRUE(IsPnCharsBase(0xEFFFF));
  EXPECT_FALSE(IsPnCharsBase(0xF0000));
  EXPECT_TRUE(IsPnChars(0xB7));
  EXPECT_FALSE(IsPnCharsBase(0xB7));
  EXPECT_TRUE(IsPnChars(0x36F));
  EXPECT_TRUE(IsPnChars(0x2040));
  EXPECT_FALSE(IsPnChars(0x2041));
}

}  // namespace
}  // namespace quadraft::rdf
