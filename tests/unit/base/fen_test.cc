#include "ledger/base/fen.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"

namespace fundledger {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(ParseFen, ReadsAmountsAsPeopleWriteThem) {
  const std::pair<const char*, int64_t> amounts[] = {
      {"120.5万", 120'500'000},
      {"1.466亿", 14'660'000'000},
      {"12,345.67", 1'234'567},
      {"12345.67元", 1'234'567},
      {"¥100", 10'000},
      {"￥100", 10'000},
      {"¥ 100.5", 10'050},
      {"100元", 10'000},
      {"1.5万元", 1'500'000},
      {"2亿元", 20'000'000'000},
      {" 7851 万元", 7'851'000'000},
      {"17,340.46万元", 17'340'460'000},
      {"0", 0},
      {"0.00", 0},
      {"0.01", 1},
      {"0.1", 10},
      {"007", 700},
      {"1,234,567", 123'456'700},
      {"１２３", 12'300},
      {"１２，３４５．６７", 1'234'567},
      {"　１２３　元　", 12'300},
      {"1.500000", 150},  // zeros beyond the fen lose nothing
      {"0.000001万", 1},
      {"0.0000000001亿", 1},
      {"92233720368547758.07", kMax},
      {"922337203.6854775807亿", kMax},
      {"000000000000000000000000000001", 100},
  };
  for (const auto& [text, fen] : amounts) {
    const auto read = ParseFen(text);
    ASSERT_TRUE(read.ok()) << text << ": " << read.status();
    EXPECT_EQ(*read, fen) << text;
  }
}

struct Refused {
  const char* text;
  const char* reason;
  const char* message;  // a part of it: the value, or what to write instead
};

TEST(ParseFen, RefusesAndSaysWhatToWriteInstead) {
  const Refused refused[] = {
      {"1e9", "AMOUNT_MALFORMED", "\"1e9\" has an exponent: write all digits"},
      {"-5", "AMOUNT_NEGATIVE", "\"-5\" is negative: write the amount without a sign"},
      {"－5", "AMOUNT_NEGATIVE", "without a sign"},
      {"¥-5", "AMOUNT_NEGATIVE", "without a sign"},
      {"+5", "AMOUNT_MALFORMED", "without it"},
      {"12,34", "AMOUNT_MALFORMED", "write 1234, or use a point"},
      {"1234,567", "AMOUNT_MALFORMED", "write 1234567"},
      {"1,,234", "AMOUNT_MALFORMED", "three digits"},
      {",123", "AMOUNT_MALFORMED", "three digits"},
      {"123,", "AMOUNT_MALFORMED", "three digits"},
      {",", "AMOUNT_MALFORMED", "no digits"},
      {"1.234,5", "AMOUNT_MALFORMED", "12,345.67"},
      {"0.001元", "AMOUNT_TOO_PRECISE", "finer than a fen (0.01元): write at most 2 decimals"},
      {"0.0000001万", "AMOUNT_TOO_PRECISE", "at most 6 decimals"},
      {"", "AMOUNT_MALFORMED", "is empty: write an amount such as"},
      {"  ", "AMOUNT_MALFORMED", "is empty"},
      {"1.2.3", "AMOUNT_MALFORMED", "more than one decimal point"},
      {"万", "AMOUNT_MALFORMED", "a unit and no number"},
      {"¥", "AMOUNT_MALFORMED", "is empty"},
      {"元", "AMOUNT_MALFORMED", "a unit and no number"},
      {"万元", "AMOUNT_MALFORMED", "a unit and no number"},
      {"1万万", "AMOUNT_MALFORMED", "is not understood"},
      {"1万5", "AMOUNT_MALFORMED", "is not understood"},
      {"1 2", "AMOUNT_MALFORMED", "is not understood"},
      {"0x10", "AMOUNT_MALFORMED", "is not understood"},
      {"$5", "AMOUNT_MALFORMED", "is not understood"},
      {"¥¥5", "AMOUNT_MALFORMED", "is not understood"},
      {"NaN", "AMOUNT_MALFORMED", "is not understood"},
      {"inf", "AMOUNT_MALFORMED", "is not understood"},
      {"一百", "AMOUNT_MALFORMED", "is not understood"},
      {"1.", "AMOUNT_MALFORMED", "is not understood"},
      {".5", "AMOUNT_MALFORMED", "is not understood"},
      {"5-", "AMOUNT_MALFORMED", "sign in the wrong place"},
      {"92233720368547758.08", "AMOUNT_OUT_OF_RANGE", "write at most 92,233,720,368,547,758.07元"},
      {"922337203.6854775808亿", "AMOUNT_OUT_OF_RANGE", "more than the ledger can hold"},
      {"99999999999999999999999999999999999999999999999", "AMOUNT_OUT_OF_RANGE",
       "more than the ledger can hold"},
      {"18446744073709551616亿", "AMOUNT_OUT_OF_RANGE", "more than the ledger can hold"},
      {"\xff", "AMOUNT_MALFORMED", "\"\\xFF\" is not"},
      {"1\n\x1b[2J", "AMOUNT_MALFORMED", "\"1\\x0A\\x1B[2J\""},
  };
  for (const Refused& bad : refused) {
    const auto read = ParseFen(bad.text);
    ASSERT_FALSE(read.ok()) << bad.text;
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << bad.text;
    EXPECT_EQ(ReasonOf(read.status()), bad.reason) << bad.text;
    EXPECT_THAT(std::string(read.status().message()), testing::HasSubstr(bad.message)) << bad.text;
  }
}

TEST(ParseFen, RefusesZeroByteInside) {
  EXPECT_EQ(ReasonOf(ParseFen(std::string_view("1\0", 2)).status()), "AMOUNT_MALFORMED");
  EXPECT_EQ(ReasonOf(ParseFen(std::string_view("\x01"
                                               "5",
                                               2))
                         .status()),
            "AMOUNT_MALFORMED");
}

TEST(ParseFen, QuotesNoMoreOfALongValueThanALineHolds) {
  const auto read = ParseFen(std::string(100'000, 'x'));
  EXPECT_EQ(ReasonOf(read.status()), "AMOUNT_MALFORMED");
  EXPECT_LT(read.status().message().size(), 300u);
}

TEST(ParseSignedFen, TakesOneSignInFront) {
  EXPECT_EQ(*ParseSignedFen("-120.5万"), -120'500'000);
  EXPECT_EQ(*ParseSignedFen("+5"), 500);
  EXPECT_EQ(*ParseSignedFen("－¥5"), -500);
  EXPECT_EQ(*ParseSignedFen("−5"), -500);
  EXPECT_EQ(*ParseSignedFen("- 5"), -500);
  EXPECT_EQ(*ParseSignedFen("5"), 500);
  for (const char* bad : {"--5", "+-5", "5-", "-", "+", "-万", "¥-5"}) {
    EXPECT_EQ(ReasonOf(ParseSignedFen(bad).status()), "AMOUNT_MALFORMED") << bad;
  }
}

TEST(FormatYuan, GroupsThousandsAndKeepsTwoDecimals) {
  EXPECT_EQ(FormatYuan(0), "0.00");
  EXPECT_EQ(FormatYuan(1), "0.01");
  EXPECT_EQ(FormatYuan(99'999), "999.99");
  EXPECT_EQ(FormatYuan(1'234'567), "12,345.67");
  EXPECT_EQ(FormatYuan(100'000'000), "1,000,000.00");
  EXPECT_EQ(FormatYuan(-5), "-0.05");
  EXPECT_EQ(FormatYuan(kMax), "92,233,720,368,547,758.07");
  EXPECT_EQ(FormatYuan(kMin), "-92,233,720,368,547,758.08");
}

TEST(FormatWan, IsExact) {
  EXPECT_EQ(FormatWan(17'340'460'000), "17,340.46");
  EXPECT_EQ(FormatWan(7'851'000'000), "7,851.00");
  EXPECT_EQ(FormatWan(7'851'000'000, 0), "7,851");
  EXPECT_EQ(FormatWan(1), "0.000001");
  EXPECT_EQ(FormatWan(120'500'000), "120.50");
  EXPECT_EQ(FormatWan(120'500'000, 1), "120.5");
  EXPECT_EQ(FormatWan(-1'234'560), "-1.23456");
  EXPECT_EQ(FormatWan(0), "0.00");
  EXPECT_EQ(FormatWan(0, -1), "0");
  EXPECT_EQ(FormatWan(1'000'000, 9), "1.000000");
  EXPECT_EQ(FormatWan(kMin), "-9,223,372,036,854.775808");
}

TEST(FormatYuanAndWan, AreReadBackByParseSignedFen) {
  for (const int64_t fen :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1'234'567}, kMax, -kMax, int64_t{14'660'000'000}}) {
    EXPECT_EQ(*ParseSignedFen(FormatYuan(fen)), fen);
    EXPECT_EQ(*ParseSignedFen(FormatWan(fen) + "万元"), fen);
  }
}

TEST(FormatPercent, RoundsHalfAwayFromZero) {
  EXPECT_EQ(FormatPercent(7'851'000'000, 17'340'460'000, 2), "45.28");
  EXPECT_EQ(FormatPercent(79, 89, 2), "88.76");
  EXPECT_EQ(FormatPercent(60, 89, 2), "67.42");
  EXPECT_EQ(FormatPercent(1, 8, 1), "12.5");
  EXPECT_EQ(FormatPercent(1, 8, 0), "13");
  EXPECT_EQ(FormatPercent(-1, 8, 0), "-13");
  EXPECT_EQ(FormatPercent(1, -8, 0), "-13");
  EXPECT_EQ(FormatPercent(-1, -8, 0), "13");
  EXPECT_EQ(FormatPercent(1, 3, 6), "33.333333");
  EXPECT_EQ(FormatPercent(2, 3, 6), "66.666667");
  EXPECT_EQ(FormatPercent(1, 1, 2), "100.00");
  EXPECT_EQ(FormatPercent(3, 2, 2), "150.00");
  EXPECT_EQ(FormatPercent(0, 7, 2), "0.00");
  EXPECT_EQ(FormatPercent(-1, 1'000'000, 2), "0.00");  // no sign before a zero
  EXPECT_EQ(FormatPercent(1, 20'000, 2), "0.01");
  EXPECT_EQ(FormatPercent(99'995, 100'000, 2), "100.00");
  EXPECT_EQ(FormatPercent(5, 0, 2), "n/a");
  EXPECT_EQ(FormatPercent(0, 0, 2), "n/a");
}

TEST(FormatPercent, HoldsTheLargestNumbers) {
  EXPECT_EQ(FormatPercent(kMax, kMax, 6), "100.000000");
  EXPECT_EQ(FormatPercent(kMin, kMin, 6), "100.000000");
  EXPECT_EQ(FormatPercent(kMin, kMax, 2), "-100.00");
  EXPECT_EQ(FormatPercent(kMax, 1, 6), "922337203685477580700.000000");
  EXPECT_EQ(FormatPercent(kMin, 1, 0), "-922337203685477580800");
  EXPECT_EQ(FormatPercent(1, kMax, 6), "0.000000");
}

TEST(AddFen, SaysSoOnOverflow) {
  int64_t sum = 0;
  EXPECT_TRUE(AddFen(1, -2, &sum));
  EXPECT_EQ(sum, -1);
  EXPECT_TRUE(AddFen(kMax, kMin, &sum));
  EXPECT_EQ(sum, -1);
  EXPECT_FALSE(AddFen(kMax, 1, &sum));
  EXPECT_FALSE(AddFen(kMin, -1, &sum));
}

}  // namespace
}  // namespace fundledger
