#include "ledger/base/time_text.h"

#include <gtest/gtest.h>

namespace fundledger {
namespace {

TEST(TimeText, IsTheCivilTimeAtAnOffset) {
  constexpr int64_t kMoment = 1'592'271'015'999'999;
  EXPECT_EQ(TimeText(kMoment, 0), "2020-06-16 01:30:15");
  EXPECT_EQ(TimeText(kMoment, 480), "2020-06-16 09:30:15");
  EXPECT_EQ(TimeText(kMoment, -120), "2020-06-15 23:30:15");
  EXPECT_EQ(TimeText(0, 0), "1970-01-01 00:00:00");
  EXPECT_EQ(TimeText(-1'000'000, 0), "1969-12-31 23:59:59");
}

}  // namespace
}  // namespace fundledger
