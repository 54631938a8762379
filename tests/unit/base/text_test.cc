// The numbers of persons below are made up: the id is the example of GB 11643, the cards are of test
// documentation.
#include "ledger/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/one_line.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"

namespace fundledger {
namespace {

TEST(Utf8, AcceptsWhatRfc3629Does) {
  for (const char* good :
       {"", "abc", "石首市", "é", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
}

TEST(Utf8, RefusesOverlongSurrogatesTruncatedAndTooLarge) {
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xfe",
        "\xe7\x9f", "\xe7", "\xc3", "\xc3(", "a\xe7\x9f\xb3\xe9"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << testing::PrintToString(bad);
    EXPECT_EQ(ReasonOf(CheckText("note", bad, 100)), "TEXT_NOT_UTF8") << testing::PrintToString(bad);
  }
  EXPECT_EQ(IsValidUtf8(std::string_view("a\0b", 3)), true);  // valid, and a control character
}

TEST(OneLine, KeepsAllTextOnItsLineAndHarmlessOnATerminal) {
  EXPECT_EQ(OneLine("石首\nthe bundle verifies\r\x1b[8m\xff\xc2\x9b"),
            "石首\\x0Athe bundle verifies\\x0D\\x1B[8m\\xFF\\xC2\\x9B");
  EXPECT_EQ(OneLine(std::string(200, 'a')), std::string(200, 'a'));
  EXPECT_EQ(OneLine(""), "");
}

TEST(Quote, IsValidUtf8AndHarmlessOnATerminal) {
  EXPECT_EQ(Quote("石首\n\xff\x1b[2J"), "\"石首\\x0A\\xFF\\x1B[2J\"");
  EXPECT_EQ(Quote(""), "\"\"");
  std::string many;
  for (int i = 0; i < 61; ++i) many += "石";
  EXPECT_TRUE(IsValidUtf8(Quote(many)));
  EXPECT_EQ(CountCharacters(Quote(many)), 63u);  // 60, an ellipsis, the quotes
  EXPECT_EQ(Quote("\xe2\x80\xae"), "\"\\xE2\\x80\\xAE\"");
}

TEST(CountCharacters, CountsCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0u);
  EXPECT_EQ(CountCharacters("abc"), 3u);
  EXPECT_EQ(CountCharacters("石首市2020"), 7u);
  EXPECT_EQ(CountCharacters("\xf0\x9f\x98\x80"), 1u);
}

TEST(DisplayWidth, CountsColumnsOfATerminal) {
  const std::pair<const char*, size_t> widths[] = {
      {"", 0},
      {"abc", 3},
      {"石首市", 6},
      {"，。（）", 8},
      {"１２３ＡＢＣ", 12},  // full-width forms
      {"ｱｲｳ", 3},            // half-width katakana
      {"かなカナ", 8},
      {"한국어", 6},
      {"\u1112\u1161\u11ab", 2},  // Hangul from three jamo
      {"e\u0301", 1},             // combining acute
      {"か\u3099", 2},            // combining voiced mark
      {"\u0f40\u0f72", 1},        // Tibetan with a vowel sign
      {"😀", 2},
      {"👍🏽", 4},  // the skin tone is wide by itself
      {"✓", 1},
      {"✅", 2},
      {"—…·“”", 5},  // ambiguous width counts as narrow
      {"￥¥", 3},
      {"\u200d\u200b\ufe0f", 0},
      {"𠀀", 2},
      {"　", 2},
      {"é", 1},
      {"Я", 1},
      {"〇①", 3},
      {"《资金》", 8},
      {"\xff", 1},
  };
  for (const auto& [text, width] : widths) EXPECT_EQ(DisplayWidth(text), width) << text;
}

TEST(CheckId, TakesLettersDigitsAndThreeMarks) {
  for (const char* good : {"a", "7", "shishou-2020", "A.b_c-9"})
    EXPECT_TRUE(CheckId("fund", good).ok()) << good;
  EXPECT_TRUE(CheckId("fund", std::string(64, 'a')).ok());
  for (const std::string& bad :
       {std::string(), std::string(65, 'a'), std::string("-a"), std::string(".a"), std::string("_"),
        std::string("a b"), std::string("石首"), std::string("a/b"), std::string("a\n"),
        std::string("a\0b", 3), std::string("a+b")}) {
    const absl::Status status = CheckId("fund", bad);
    EXPECT_EQ(ReasonOf(status), "ID_MALFORMED") << bad;
    EXPECT_THAT(std::string(status.message()), testing::StartsWith("fund \"")) << bad;
  }
}

TEST(CheckText, RefusesControlCharacters) {
  for (const char* bad : {"a\n", "a\tb", "\r", "\x1b[2J", "\x7f", "\xc2\x85",
                          "a\xe2\x80\xa8"
                          "b",
                          "a\xe2\x80\xae"
                          "b",
                          "\xef\xbb\xbf"
                          "a"}) {
    EXPECT_EQ(ReasonOf(CheckText("note", bad, 100)), "TEXT_CONTROL_CHARACTER") << testing::PrintToString(bad);
  }
  EXPECT_EQ(ReasonOf(CheckText("note", std::string_view("a\0", 2), 100)), "TEXT_CONTROL_CHARACTER");
}

TEST(CheckText, CountsCharactersNotBytes) {
  EXPECT_TRUE(CheckText("note", "石首市", 3).ok());
  const absl::Status status = CheckText("note", "石首市", 2);
  EXPECT_EQ(ReasonOf(status), "TEXT_TOO_LONG");
  EXPECT_EQ(status.message(), "note has 3 characters: at most 2");
}

void ExpectPersonal(std::string_view text, std::string_view what) {
  const absl::Status status = CheckText("note", text, 1000);
  EXPECT_EQ(ReasonOf(status), "PERSONAL_DATA") << text;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(std::string(what))) << text;
}

TEST(CheckText, FindsCitizenIds) {
  for (const char* text :
       {"11010519491231002X", "11010519491231002x", "身份证11010519491231002X张三", "ID11010519491231002X",
        "110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ", "(11010519491231002X)",
        "421081199003070011。"}) {
    ExpectPersonal(text, "a citizen's id number");
  }
  // An id whose check character would also do for a credit code.
  ExpectPersonal("110101199003071049", "a citizen's id number");
}

TEST(CheckText, FindsMobileNumbers) {
  for (const char* text :
       {"13800138000", "电话13800138000", "Tel13800138000", "138 0013 8000", "138-0013-8000",
        "+8613800138000", "+86 13800138000", "+86 138 0013 8000", "008613800138000", "１３８００１３８０００",
        "19912345678,", "2020-06-16 138 0013 8000", "a:13800138000."}) {
    ExpectPersonal(text, "a mobile number");
  }
}

TEST(CheckText, FindsBankCards) {
  for (const char* text : {"4111111111111111", "卡号6228480402564890018", "4111 1111 1111 1111",
                           "6228-4804-0256-4890-018", "5500005555555559", "6222020000000000000"}) {
    ExpectPersonal(text, "a bank card");
  }
}

TEST(CheckText, NamesNoPrivateNumberInItsMessage) {
  const absl::Status status = CheckText("note", "电话13800138000", 1000);
  EXPECT_THAT(std::string(status.message()), testing::Not(testing::HasSubstr("138")));
}

TEST(CheckText, LeavesOrdinaryNumbersAlone) {
  for (const char* text :
       {"91350100M000100Y43",
        "91421081179250123U",
        "11421081011301234P",  // credit codes
        "914210810000000174",  // a credit code of digits alone, its Luhn digit good as well
        "11010519491231002",
        "110105194912310021",  // no check digit, a wrong one
        "11010519491331002X",  // no such month
        "4111111111111112",    // a wrong Luhn digit
        "411111111111111",
        "12345678901234567890",  // too short, too long for a card
        "2020061600000008",      // begins with a date, as voucher numbers do
        "2017 2018 2019 2020",
        "2016 2017 2018 2019 2020 2021",
        "12800138000",
        "1380013800",
        "138001380001",
        "13800138000元",
        "13800138000万元",  // an amount
        "138 0013",
        "第1380号",
        "HT138A00138000",
        "13800138000B2",
        "2020-06-16 2020-06-17",
        "0000000000000000",
        "拨付 17,340.46 万元",
        "0716-7212345",
        "财政所 2020 年第 3 号"}) {
    const absl::Status status = CheckText("note", text, 1000);
    EXPECT_TRUE(status.ok()) << text << ": " << status;
  }
}

// The quick look before the close one counts digits: however they are written, none may be missed.
TEST(CheckText, FindsAMobileNumberInEveryMixOfWidths) {
  constexpr std::string_view kNumber = "13800138000";
  for (unsigned mix = 0; mix < 1u << kNumber.size(); ++mix) {
    std::string text = "联系";
    for (size_t i = 0; i < kNumber.size(); ++i) {
      const bool wide = (mix >> i & 1) != 0;
      if (wide) text.append("\xef\xbc").push_back(static_cast<char>('\x90' + (kNumber[i] - '0')));
      if (!wide) text.push_back(kNumber[i]);
    }
    EXPECT_EQ(ReasonOf(CheckText("note", text, 500)), "PERSONAL_DATA") << text;
  }
}

}  // namespace
}  // namespace fundledger
