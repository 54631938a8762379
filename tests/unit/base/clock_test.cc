#include "ledger/base/clock.h"

#include <gtest/gtest.h>

#include "ledger/base/date.h"

namespace fundledger {
namespace {

TEST(SystemClock, CountsMicrosecondsSince1970) {
  const Clock clock = SystemClockMicros;
  const int64_t first_us = clock();
  EXPECT_GT(Date::FromUnixMicros(first_us, 0).year(), 2019);
  EXPECT_LT(Date::FromUnixMicros(first_us, 0).year(), 2200);
}

}  // namespace
}  // namespace fundledger
