#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

constexpr const char* kDay = "2020-03-02";

TEST(Reverse, IsTheExactInverseOnce) {
  World w;
  const auto received = w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  w.Agreed(Reverse(received, kDay));
  EXPECT_EQ(Total(w.FundOf("fund-1").unallocated()), 0);
  EXPECT_EQ(Total(w.FundOf("fund-1").received()), 0);
  EXPECT_EQ(Why(w.Clerk(Reverse(received, kDay))), "ALREADY_REVERSED");
}

TEST(Reverse, EveryIntentionHasItsInverse) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  const auto returned = w.Agreed(ReturnUp("fund-1", 10_yuan, "2020-03-01"));
  const auto planned =
      w.Agreed(Plan({{"works-1", "fund-1", 60_yuan}, {"works-2", "fund-1", 40_yuan}}, "2020-03-01"));
  const auto changed = w.Agreed(ChangePlan({{"works-1", "fund-1", -10_yuan}}, "2020-03-01"));
  const auto allocated = w.Agreed(Allocate({{"works-1", "fund-1", 50_yuan}}, "2020-03-01"));
  const auto adjusted =
      w.Agreed(Adjust({{"works-1", "fund-1", -20_yuan}, {"works-2", "fund-1", 20_yuan}}, "2020-03-01"));
  const auto reclaimed = w.Agreed(Reclaim({"works-2", "fund-1", 5_yuan}, "fund-2", "2020-03-01"));
  for (const auto& ref : {reclaimed, adjusted, allocated, changed, planned, returned})
    w.Agreed(Reverse(ref, kDay));
  EXPECT_EQ(Total(w.FundOf("fund-1").unallocated()), 100_yuan);
  EXPECT_EQ(Total(w.FundOf("fund-2").unallocated()), 0);
  for (const char* project : {"works-1", "works-2"}) {
    EXPECT_EQ(w.Available(project), 0);
    EXPECT_EQ(w.LineOf(project, "fund-1").planned_fen(), 0);
    EXPECT_EQ(w.LineOf(project, "fund-1").planned_initially_fen(), 0);
  }
}

// What others paid, and what was lent, as if it had not been: the columns of loans too.
TEST(Reverse, TakesBackWhatOthersPaid) {
  World w;
  const auto outside = [&w](const char* fund) {
    return w.books().Get({EntityKind::kOutside, OutsideId(fund, "housing")}).value()->outside();
  };
  const auto paid =
      w.Agreed(Outside("donation", "housing", v1::OUTSIDE_KIND_PAID, 7_yuan, "2020-03-01"), "housing-1");
  w.Agreed(Reverse(paid, kDay));
  EXPECT_EQ(Total(outside("donation").paid()), 0);
  EXPECT_EQ(Why(w.Clerk(Reverse(paid, kDay))), "ALREADY_REVERSED");

  const auto granted =
      w.Agreed(Outside("loan", "housing", v1::OUTSIDE_KIND_LOAN_GRANTED, 9_yuan, "2020-03-01"), "housing-1");
  const auto repaid =
      w.Agreed(Outside("loan", "housing", v1::OUTSIDE_KIND_LOAN_REPAID, 4_yuan, "2020-03-01"), "housing-1");
  EXPECT_EQ(Why(w.Clerk(Reverse(granted, kDay))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(Reverse(repaid, kDay));
  EXPECT_EQ(Total(outside("loan").outstanding()), 9_yuan);
  w.Agreed(Reverse(granted, kDay));
  EXPECT_EQ(Total(outside("loan").outstanding()), 0);
  int64_t granted_fen = 0, repaid_fen = 0, outside_fen = 0;
  for (const sv1::Posting& posting : w.books().postings) {
    granted_fen += posting.loans_granted_fen();
    repaid_fen += posting.loans_repaid_fen();
    outside_fen += posting.outside_fen();
  }
  EXPECT_EQ(granted_fen, 0);
  EXPECT_EQ(repaid_fen, 0);
  EXPECT_EQ(outside_fen, 0);
}

TEST(Reverse, IsRefusedWhenTheMoneyHasGone) {
  World w;
  w.FundWorks1(100_yuan);
  const auto more = w.Agreed(Receive("fund-1", 1_yuan, "2020-03-01"));
  w.Agreed(ReturnUp("fund-1", 1_fen, "2020-05-01"));
  EXPECT_EQ(Why(w.Clerk(Reverse(more, "2020-04-01"))), "ACCOUNT_BELOW_ZERO");
  const auto allocation = w.Must(w.Clerk(ChangePlan({{"works-1", "fund-1", 5_yuan}}, "2020-03-01")));
  EXPECT_EQ(Why(w.Clerk(Reverse(allocation, kDay))), "NOT_IN_EFFECT");
}

TEST(Reverse, AllocationsWhoseMoneyIsReservedStay) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  w.Agreed(Plan({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  const auto allocated = w.Agreed(Allocate({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  w.Must(w.Clerk(Request({{"works-1", "fund-1", 1_fen}}, kDay)));
  EXPECT_EQ(Why(w.Clerk(Reverse(allocated, kDay))), "ACCOUNT_BELOW_ZERO");
}

TEST(Reverse, IsNotReversed) {
  World w;
  const auto received = w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  const auto reversal = w.Agreed(Reverse(received, kDay));
  EXPECT_EQ(Why(w.Clerk(Reverse(reversal, kDay))), "REVERSAL_OF_REVERSAL");
}

TEST(Reverse, OfTwoThatAreProposedOneTakesEffect) {
  World w;
  w.Agreed(Receive("fund-1", 500_yuan, "2020-03-01"));
  const auto received = w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  const auto first = w.Must(w.Clerk(Reverse(received, kDay)));
  const auto second = w.Must(w.By("clerk-2", Reverse(received, kDay)));
  w.Must(w.Reviewer(Approve(first)));
  EXPECT_EQ(Why(w.Reviewer(Approve(second))), "ALREADY_REVERSED");
  EXPECT_EQ(Total(w.FundOf("fund-1").unallocated()), 500_yuan);
}

TEST(Reverse, OnlyWhatTookEffectAndCanBeUndone) {
  World w;
  w.FundWorks1(100_yuan);
  const auto open = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  EXPECT_EQ(Why(w.Clerk(Reverse(open, kDay))), "NOT_IN_EFFECT");
  w.Must(w.Reviewer(Reject(open)));
  EXPECT_EQ(Why(w.Clerk(Reverse(open, kDay))), "NOT_IN_EFFECT");
  const auto payment = w.Agreed(Request({{"works-1", "fund-1", 1_yuan}}, kDay));
  EXPECT_EQ(Why(w.Clerk(Reverse(payment, kDay))), "NOT_REVERSIBLE");
  const auto fund = w.Agreed(RegisterFund("fund-x", 2020));
  EXPECT_EQ(Why(w.Clerk(Reverse(fund, kDay))), "NOT_REVERSIBLE");
  const auto started = w.Must(w.TownA(StartProject("works-1", "2020-03-01")));
  EXPECT_EQ(Why(w.Clerk(Reverse(started, kDay))), "PROPOSAL_NOT_FOUND");
}

TEST(Reverse, IsNotDatedBeforeWhatItReverses) {
  World w;
  const auto received = w.Agreed(Receive("fund-1", 100_yuan, "2020-03-10"));
  EXPECT_EQ(Why(w.Clerk(Reverse(received, "2020-03-09"))), "DATE_BEFORE_ORIGINAL");
  EXPECT_EQ(Why(w.Clerk(Reverse(received, "2020-03-10"))), "OK");
}

TEST(Reverse, NamesWhatWasShown) {
  World w;
  auto received = w.Agreed(Receive("fund-1", 100_yuan, "2020-03-10"));
  received.mutable_leaf_hash()->back() ^= 1;
  EXPECT_EQ(Why(w.Clerk(Reverse(received, "2020-03-10"))), "ACTION_REF_MISMATCH");
}

// A confirmation is reversed where the money never left: it is available again, and the request has ended.
TEST(Reverse, OfAConfirmationFreesTheMoneyOnce) {
  for (const bool direct : {true, false}) {
    World w;
    w.FundWorks1(100_yuan);
    const auto ref = w.Instructed(30_yuan, kDay);
    const auto confirmation = w.Must(w.Treasury(direct ? ConfirmDirect(ref, "V1", "2020-03-10")
                                                       : ConfirmTransfer(ref, "V1", "2020-03-10")));
    EXPECT_EQ(Why(w.Clerk(Reverse(confirmation, "2020-03-09"))), "ACCOUNT_BELOW_ZERO");
    auto other = confirmation;
    other.mutable_leaf_hash()->back() ^= 1;
    EXPECT_EQ(Why(w.Clerk(Reverse(other, "2020-03-10"))), "ACTION_REF_MISMATCH");
    w.Agreed(Reverse(confirmation, "2020-03-10"));
    EXPECT_EQ(w.Available(), 100_yuan);
    EXPECT_EQ(w.Reserved(), 0);
    EXPECT_EQ(w.LineOf("works-1", "fund-1").paid_fen(), 0);
    EXPECT_EQ(w.LineOf("works-1", "fund-1").held_fen(), 0);
    EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_REVERSED);
    EXPECT_EQ(Why(w.Clerk(Reverse(confirmation, "2020-03-11"))), "ALREADY_REVERSED");
    EXPECT_EQ(Why(w.Treasury(ConfirmDirect(ref, "V2", "2020-03-11"))), "PAYMENT_STATE_WRONG");
    EXPECT_EQ(Why(w.Treasury(Refund(ref, {{"works-1", "fund-1", 1_yuan}}, "R1", "2020-03-11"))),
              "PAYMENT_STATE_WRONG");
    EXPECT_EQ(Why(w.Clerk(Withdraw(ref))), "PAYMENT_STATE_WRONG");
    // The voucher stays used: two payments must not show one paper.
    const auto next = w.Instructed(30_yuan, kDay);
    EXPECT_EQ(Why(w.Treasury(ConfirmDirect(next, "V1", "2020-03-11"))), "VOUCHER_USED");
  }
}

TEST(Reverse, OfAConfirmationIsRefusedOnceAnythingCameBack) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Instructed(30_yuan, kDay);
  const auto confirmation = w.Must(w.Treasury(ConfirmDirect(ref, "V1", kDay)));
  w.Agreed(Refund(ref, {{"works-1", "fund-1", 1_fen}}, "R1", kDay), "treasury-1");
  EXPECT_EQ(Why(w.Clerk(Reverse(confirmation, kDay))), "ACCOUNT_BELOW_ZERO");
}

TEST(Reverse, OfAConfirmationWhileARefundWaitsLeavesTheRefundWithNothing) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Instructed(30_yuan, kDay);
  const auto confirmation = w.Must(w.Treasury(ConfirmDirect(ref, "V1", kDay)));
  const auto refund = w.Must(w.Treasury(Refund(ref, {{"works-1", "fund-1", 30_yuan}}, "R1", kDay)));
  w.Agreed(Reverse(confirmation, kDay));
  EXPECT_EQ(Why(w.Reviewer(Approve(refund))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(w.Available(), 100_yuan);
}

TEST(Reverse, OfAPlanMakesRoomForAnotherFirstPlan) {
  World w;
  const auto planned = w.Agreed(Plan({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  w.Agreed(Reverse(planned, "2020-03-01"));
  w.Agreed(Plan({{"works-1", "fund-1", 70_yuan}}, "2020-03-01"));
  EXPECT_EQ(w.LineOf("works-1", "fund-1").planned_initially_fen(), 70_yuan);
}

}  // namespace
}  // namespace fundledger::books::testing
