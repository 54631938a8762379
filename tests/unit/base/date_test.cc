#include "ledger/base/date.h"

#include <limits>

#include <gtest/gtest.h>

#include "ledger/base/status.h"

namespace fundledger {
namespace {

TEST(Date, ReadsEachWayOfWriting) {
  for (const char* text : {"2020-06-16", "2020/6/16", "2020.6.16", "20200616", "2020年6月16日", "2020-6-16",
                           "2020/06/16", " 2020-06-16\t", "2020年06月16日"}) {
    const auto date = Date::Parse(text);
    ASSERT_TRUE(date.ok()) << text << ": " << date.status();
    EXPECT_EQ(date->ToString(), "2020-06-16") << text;
  }
}

TEST(Date, RefusesDaysThatDoNotExistAndOtherWays) {
  for (const char* text : {"2020-02-30",
                           "2019-02-29",
                           "1900-02-29",
                           "2020-13-01",
                           "2020-00-01",
                           "2020-01-00",
                           "2020-04-31",
                           "1899-12-31",
                           "0000-01-01",
                           "2020-06/16",
                           "2020/06-16",
                           "20-06-16",
                           "2020616",
                           "202006160",
                           "2020-06-16x",
                           "2020-06-",
                           "2020-06",
                           "2020",
                           "",
                           "-2020-06-16",
                           "2020--06-16",
                           "2020年6月16",
                           "2020年6-16日",
                           "16.06.2020",
                           "２０２０-06-16",
                           "2020-006-16",
                           "2020-06-016",
                           "2020-+6-16",
                           "2020-06-16T00:00",
                           "99999-01-01"}) {
    const auto date = Date::Parse(text);
    ASSERT_FALSE(date.ok()) << text;
    EXPECT_EQ(date.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(ReasonOf(date.status()), "DATE_INVALID") << text;
  }
}

TEST(Date, RefusesCivilNumbersFarOutside) {
  constexpr int kMax = std::numeric_limits<int>::max();
  constexpr int kMin = std::numeric_limits<int>::min();
  for (const auto& [year, month, day] :
       {std::tuple{kMax, 1, 1}, std::tuple{kMin, 1, 1}, std::tuple{2020, kMax, 1}, std::tuple{2020, 1, kMax},
        std::tuple{2020, kMin, kMin}, std::tuple{10000, 1, 1}, std::tuple{2020, 1, -1}}) {
    EXPECT_EQ(ReasonOf(Date::FromCivil(year, month, day).status()), "DATE_INVALID")
        << year << " " << month << " " << day;
  }
}

TEST(Date, CountsDaysSince1970AndOrders) {
  EXPECT_EQ(Date::FromCivil(1970, 1, 1)->days(), 0);
  EXPECT_EQ(Date::FromCivil(1969, 12, 31)->days(), -1);
  EXPECT_EQ(Date::FromCivil(2020, 6, 16)->days(), 18429);
  EXPECT_EQ(Date::FromCivil(2000, 2, 29)->days() + 1, Date::FromCivil(2000, 3, 1)->days());
  EXPECT_LT(*Date::Parse("2019-12-31"), *Date::Parse("2020-01-01"));
  const Date date(18429);
  EXPECT_EQ(date.year(), 2020);
  EXPECT_EQ(date.month(), 6);
  EXPECT_EQ(date.day(), 16);
}

TEST(Date, RoundTripsEveryDayFrom1900To2100) {
  for (Date date = *Date::Parse("1900-01-01"); date < *Date::Parse("2100-01-01");
       date = Date(date.days() + 1)) {
    const auto again = Date::Parse(date.ToString());
    ASSERT_TRUE(again.ok()) << date.ToString();
    ASSERT_EQ(*again, date);
  }
  EXPECT_EQ(Date::Parse("9999-12-31")->ToString(), "9999-12-31");
}

TEST(Date, TakesTheDayAtTheOffset) {
  constexpr int64_t kMicrosPerHour = 3'600'000'000;
  constexpr int32_t kBeijing = 8 * 60;
  EXPECT_EQ(Date::FromUnixMicros(0, 0).ToString(), "1970-01-01");
  EXPECT_EQ(Date::FromUnixMicros(-1, 0).ToString(), "1969-12-31");
  EXPECT_EQ(Date::FromUnixMicros(-1, kBeijing).ToString(), "1970-01-01");
  EXPECT_EQ(Date::FromUnixMicros(16 * kMicrosPerHour - 1, kBeijing).ToString(), "1970-01-01");
  EXPECT_EQ(Date::FromUnixMicros(16 * kMicrosPerHour, kBeijing).ToString(), "1970-01-02");
  EXPECT_EQ(Date::FromUnixMicros(0, -1).ToString(), "1969-12-31");
  // No overflow at the ends of what the clock can say.
  EXPECT_GT(Date::FromUnixMicros(std::numeric_limits<int64_t>::max(), 14 * 60).days(), 0);
  EXPECT_LT(Date::FromUnixMicros(std::numeric_limits<int64_t>::min(), -14 * 60).days(), 0);
}

}  // namespace
}  // namespace fundledger
