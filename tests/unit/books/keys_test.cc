#include "ledger/books/keys.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace fundledger::books {
namespace {

TEST(Keys, PartsDoNotRunIntoEachOther) {
  EXPECT_NE(LineId("a", "bc"), LineId("ab", "c"));
  EXPECT_NE(LineId("a.b", "c"), LineId("a", "b.c"));
  EXPECT_NE(OutsideId("a-", "b"), OutsideId("a", "-b"));
  EXPECT_NE(ReferenceId("org", 1, "1x"), ReferenceId("org", 11, "x"));
  EXPECT_NE(ReferenceId("org1", 1, "x"), ReferenceId("org", 11, "x"));
  const std::set<std::string> vouchers = {VoucherId("a", "b", 2020, "1"), VoucherId("ab", "", 2020, "1"),
                                          VoucherId("", "ab", 2020, "1"), VoucherId("a", "b", 202, "01"),
                                          VoucherId("a", "b2020", 1, ""), VoucherId("a", "b", 2020, "11")};
  EXPECT_EQ(vouchers.size(), 6u);
}

TEST(Keys, ActionsOrderAsTheLog) {
  EXPECT_LT(ActionId(1, 2), ActionId(1, 10));
  EXPECT_LT(ActionId(1, 0xffffffff), ActionId(2, 0));
  EXPECT_LT(ActionId(255, 0), ActionId(256, 0));
}

// One piece of paper is one voucher, however its number was typed.
TEST(Keys, AVoucherIsTheSameHoweverItIsTyped) {
  const std::string id = VoucherId("工行 ICBC", "转账", 2020, "No12-A");
  EXPECT_EQ(VoucherId("工行ICBC", "转账", 2020, "No12-A"), id);
  EXPECT_EQ(VoucherId("工行 ICBC", "转账 ", 2020, " No12-A"), id);
  EXPECT_EQ(VoucherId("工行 icbc", "转账", 2020, "NO12-a"), id);
  EXPECT_EQ(VoucherId("工行　ICBC", "转账", 2020, "Ｎｏ１２－Ａ"), id);
  EXPECT_EQ(VoucherId("工行 ICBC", "转账", 2020, "No\u200b12-A"), id);
  for (const char* dash : {"‐", "‑", "‒", "–", "—", "―", "−", "﹘", "﹣", "－"})
    EXPECT_EQ(VoucherId("工行 ICBC", "转账", 2020, std::string("No12") + dash + "A"), id) << dash;
  EXPECT_NE(VoucherId("工行 ICBC", "转账", 2020, "No12A"), id);
  EXPECT_NE(VoucherId("工行 ICBC", "转账", 2020, "No13-A"), id);
  EXPECT_NE(VoucherId("农行 ICBC", "转账", 2020, "No12-A"), id);
}

TEST(Keys, AReferenceIsTheSameHoweverItIsTyped) {
  const std::string id = ReferenceId("org", 1, "拨-2020-7a");
  for (const char* typed : {"拨-2020-7A", "拨–2020—7a", "拨－２０２０－７ａ", " 拨-2020-7a"})
    EXPECT_EQ(ReferenceId("org", 1, typed), id) << typed;
  EXPECT_NE(ReferenceId("org", 1, "拨-2020-7b"), id);
  EXPECT_NE(ReferenceId("ORG", 1, "拨-2020-7a"), id);
}

}  // namespace
}  // namespace fundledger::books
