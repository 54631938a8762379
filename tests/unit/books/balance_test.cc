#include "ledger/books/balance.h"

#include <cstdint>

#include "ledger/base/status.h"

#include "gtest/gtest.h"

namespace fundledger::books {
namespace {

using ::fundledger::storage::v1::DatedBalance;

std::string Try(int32_t day, int64_t delta_fen, DatedBalance* balance) {
  const std::string before = balance->SerializeAsString();
  const absl::Status status = Move([] { return std::string("account"); }, day, delta_fen, balance);
  if (status.ok()) return "OK";
  EXPECT_EQ(balance->SerializeAsString(), before) << "refused, and yet changed";
  return ReasonOf(status);
}

TEST(Balance, AnEmptyAccountHasNothing) {
  DatedBalance balance;
  EXPECT_EQ(Total(balance), 0);
  EXPECT_EQ(LeastFrom(balance, 0), 0);
  EXPECT_EQ(Try(10, -1, &balance), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(balance.days_size(), 0);
}

TEST(Balance, TakesWhatIsThereToTheFen) {
  DatedBalance balance;
  EXPECT_EQ(Try(10, 100, &balance), "OK");
  EXPECT_EQ(Try(10, -101, &balance), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(Try(9, -1, &balance), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(Try(10, -100, &balance), "OK");
  EXPECT_EQ(Total(balance), 0);
  EXPECT_EQ(balance.days_size(), 1);
}

TEST(Balance, LooksAtEveryDayAfter) {
  DatedBalance balance;
  EXPECT_EQ(Try(10, 100, &balance), "OK");
  EXPECT_EQ(Try(20, -90, &balance), "OK");
  EXPECT_EQ(Try(30, 500, &balance), "OK");
  EXPECT_EQ(LeastFrom(balance, 5), 0);
  EXPECT_EQ(LeastFrom(balance, 10), 10);
  EXPECT_EQ(LeastFrom(balance, 25), 10);
  EXPECT_EQ(LeastFrom(balance, 30), 510);
  EXPECT_EQ(LeastFrom(balance, 1000), 510);
  EXPECT_EQ(Try(15, -11, &balance), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(Try(15, -10, &balance), "OK");
  EXPECT_EQ(LeastFrom(balance, 20), 0);
}

TEST(Balance, KeepsDaysInOrderHoweverTheyCome) {
  DatedBalance balance;
  for (const int32_t day : {30, 10, 20, -5, 20, 10}) EXPECT_EQ(Try(day, 1, &balance), "OK");
  ASSERT_EQ(balance.days_size(), 4);
  EXPECT_EQ(balance.days(0), -5);
  EXPECT_EQ(balance.days(1), 10);
  EXPECT_EQ(balance.deltas_fen(1), 2);
  EXPECT_EQ(balance.days(3), 30);
}

TEST(Balance, RefusesATotalThatDoesNotFit) {
  DatedBalance balance;
  EXPECT_EQ(Try(10, INT64_MAX, &balance), "OK");
  EXPECT_EQ(Try(10, 1, &balance), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(Try(20, 1, &balance), "AMOUNT_OUT_OF_RANGE");
}

// The total may fit though a day in between would not.
TEST(Balance, RefusesADayInBetweenThatDoesNotFit) {
  DatedBalance balance;
  EXPECT_EQ(Try(10, INT64_MAX - 5, &balance), "OK");
  EXPECT_EQ(Try(20, -(INT64_MAX - 5), &balance), "OK");
  EXPECT_EQ(Try(5, 6, &balance), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(Try(15, 6, &balance), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(Try(20, 6, &balance), "OK");
  EXPECT_EQ(LeastFrom(balance, 5), 0);
  EXPECT_EQ(Try(5, 5, &balance), "OK");
}

}  // namespace
}  // namespace fundledger::books
