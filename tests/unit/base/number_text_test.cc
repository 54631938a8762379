#include "ledger/base/number_text.h"

#include <gtest/gtest.h>

namespace fundledger {
namespace {

TEST(NumberText, ReadsFullWidthAsAscii) {
  EXPECT_EQ(HalfWidth("　－１，２３４．５％ "), "-1,234.5%");
  EXPECT_EQ(HalfWidth("２０２０／６／１６"), "2020/6/16");
  EXPECT_EQ(HalfWidth("12.5"), "12.5");
}

TEST(NumberText, TakesGroupsOfThreeOnly) {
  const auto taken = [](std::string_view text) {
    std::string digits;
    return TakeGroups(text, &digits) ? digits : "not " + digits;
  };
  EXPECT_EQ(taken("1234567"), "1234567");
  EXPECT_EQ(taken("1,234,567"), "1234567");
  EXPECT_EQ(taken("12,34"), "not 1234");
  EXPECT_EQ(taken("1234,567"), "not 1234567");
  EXPECT_EQ(taken(",123"), "not 123");
  EXPECT_EQ(taken("1,"), "not 1");
}

}  // namespace
}  // namespace fundledger
