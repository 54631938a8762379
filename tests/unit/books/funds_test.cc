// Money from its source to budget lines: what is let through to the fen and to the day, and what is not.
#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

int64_t Unallocated(const World& w, const char* fund) {
  return Total(w.FundOf(fund).unallocated());
}

TEST(Funds, MoneyComesFromItsSourceAndGoesBackToIt) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  EXPECT_EQ(Unallocated(w, "fund-1"), 100_yuan);
  w.Agreed(ReturnUp("fund-1", 40_yuan, "2020-03-02"));
  EXPECT_EQ(Unallocated(w, "fund-1"), 60_yuan);
  EXPECT_EQ(Total(w.FundOf("fund-1").received()), 60_yuan);
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-1", 60_yuan + 1, "2020-03-02"))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(ReturnUp("fund-1", 60_yuan, "2020-03-02"));
  EXPECT_EQ(Unallocated(w, "fund-1"), 0);
}

TEST(Funds, ProposedMoneyMovesOnlyWhenApproved) {
  World w;
  const auto ref = w.Must(w.Clerk(Receive("fund-1", 100_yuan, "2020-03-01")));
  EXPECT_EQ(Unallocated(w, "fund-1"), 0);
  EXPECT_TRUE(w.last_effects().postings.empty());
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(Unallocated(w, "fund-1"), 100_yuan);
  ASSERT_EQ(w.last_effects().postings.size(), 1u);
  EXPECT_EQ(w.last_effects().postings[0].source_fen(), -10000);
}

TEST(Funds, AllocatesAtMostWhatWasReceived) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  w.Agreed(Plan({{"works-1", "fund-1", 500_yuan}}, "2020-03-01"));
  EXPECT_EQ(Why(w.Clerk(Allocate({{"works-1", "fund-1", 100_yuan + 1}}, "2020-03-01"))),
            "ACCOUNT_BELOW_ZERO");
  w.Agreed(Allocate({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  EXPECT_EQ(w.Available(), 100_yuan);
  EXPECT_EQ(Why(w.Clerk(Allocate({{"works-1", "fund-1", 1_fen}}, "2020-03-01"))), "ACCOUNT_BELOW_ZERO");
}

TEST(Funds, AllocatesAtMostWhatIsPlanned) {
  World w;
  w.Agreed(Receive("fund-1", 500_yuan, "2020-03-01"));
  w.Agreed(Plan({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  EXPECT_EQ(Why(w.Clerk(Allocate({{"works-1", "fund-1", 100_yuan + 1}}, "2020-03-01"))), "OVER_PLAN");
  w.Agreed(Allocate({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  EXPECT_EQ(Why(w.Clerk(Allocate({{"works-1", "fund-1", 1_fen}}, "2020-03-01"))), "OVER_PLAN");
  EXPECT_EQ(Why(w.Clerk(ChangePlan({{"works-1", "fund-1", -1}}, "2020-03-01"))), "OVER_PLAN");
  w.Agreed(ChangePlan({{"works-1", "fund-1", 1}}, "2020-03-01"));
  w.Agreed(Allocate({{"works-1", "fund-1", 1_fen}}, "2020-03-01"));
  EXPECT_EQ(w.LineOf("works-1", "fund-1").planned_fen(), 100_yuan + 1);
  EXPECT_EQ(w.LineOf("works-1", "fund-1").planned_initially_fen(), 100_yuan);
}

TEST(Funds, RefusesAnAllocationDatedBeforeItsPlan) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  w.Agreed(Plan({{"works-1", "fund-1", 100_yuan}}, "2020-03-05"));
  EXPECT_EQ(Why(w.Clerk(Allocate({{"works-1", "fund-1", 100_yuan}}, "2020-03-04"))), "OVER_PLAN");
  w.Agreed(Allocate({{"works-1", "fund-1", 100_yuan}}, "2020-03-05"));
}

TEST(Funds, RefusesWhatWasNotThereOnItsDay) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-05"));
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-1", 1_yuan, "2020-03-04"))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(ReturnUp("fund-1", 1_yuan, "2020-03-05"));
}

TEST(Funds, RefusesWhatAPastDayCouldNotSpareThoughTodayCould) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  w.Agreed(ReturnUp("fund-1", 90_yuan, "2020-04-01"));
  w.Agreed(Receive("fund-1", 500_yuan, "2020-05-01"));
  // On 1 March 100 were there, today 510; but on 1 April only 10.
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-1", 11_yuan, "2020-03-15"))), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-1", 11_yuan, "2020-04-30"))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(ReturnUp("fund-1", 510_yuan, "2020-05-01"));
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-1", 1_fen, "2020-03-15"))), "ACCOUNT_BELOW_ZERO");
}

TEST(Funds, ReceivesAndPlansFromTheFirstOfJulyOfTheYearBefore) {
  World w;
  w.On("2021-03-01");
  EXPECT_EQ(Why(w.Clerk(Receive("fund-2021", 1_yuan, "2020-06-30"))), "DATE_TOO_EARLY_FOR_YEAR");
  w.Agreed(Receive("fund-2021", 1_yuan, "2020-07-01"));
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-1", "fund-2021", 1_yuan}}, "2020-06-30"))), "DATE_TOO_EARLY_FOR_YEAR");
  w.Agreed(Plan({{"works-1", "fund-2021", 1_yuan}}, "2020-07-01"));
  EXPECT_EQ(Why(w.Clerk(ChangePlan({{"works-1", "fund-2021", 1_yuan}}, "2020-06-30"))),
            "DATE_TOO_EARLY_FOR_YEAR");
  EXPECT_EQ(Why(w.Clerk(Allocate({{"works-1", "fund-2021", 1_yuan}}, "2020-06-30"))),
            "DATE_TOO_EARLY_FOR_YEAR");
  w.Agreed(Allocate({{"works-1", "fund-2021", 1_yuan}}, "2020-07-01"));
  EXPECT_EQ(Why(w.Clerk(Adjust({{"works-1", "fund-2021", -1}}, "2020-06-30"))), "DATE_TOO_EARLY_FOR_YEAR");
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-2021", 1_fen, "2020-06-30"))), "DATE_TOO_EARLY_FOR_YEAR");
}

TEST(Funds, ReclaimsIntoANewerFundOnlyFromItsFirstDay) {
  World w;
  w.FundWorks1();
  w.On("2020-08-01");
  EXPECT_EQ(Why(w.Clerk(Reclaim({"works-1", "fund-1", 1_yuan}, "fund-2021", "2020-06-30"))),
            "DATE_TOO_EARLY_FOR_YEAR");
  w.Agreed(Reclaim({"works-1", "fund-1", 1_yuan}, "fund-2021", "2020-07-01"));
  EXPECT_EQ(Unallocated(w, "fund-2021"), 1_yuan);
}

TEST(Funds, ReclaimsFromAFundOnlyFromItsFirstDay) {
  World w;
  w.FundWorks1();
  w.On("2020-08-01");
  w.Agreed(Receive("fund-2021", 9_yuan, "2020-07-01"));
  w.Agreed(Plan({{"works-1", "fund-2021", 9_yuan}}, "2020-07-01"));
  w.Agreed(Allocate({{"works-1", "fund-2021", 9_yuan}}, "2020-07-01"));
  EXPECT_EQ(Why(w.Clerk(Reclaim({"works-1", "fund-2021", 1_yuan}, "fund-1", "2020-06-30"))),
            "DATE_TOO_EARLY_FOR_YEAR");
  w.Agreed(Reclaim({"works-1", "fund-2021", 1_yuan}, "fund-1", "2020-07-01"));
}

// What goes up was received by the fund it goes from: reclaimed money goes back to its own fund, and up from
// there.
TEST(Funds, ReturnsReclaimedMoneyUpFromTheFundThatReceivedIt) {
  World w;
  w.FundWorks1(100_yuan);
  w.On("2020-08-01");
  const auto reclaim = w.Agreed(Reclaim({"works-1", "fund-1", 40_yuan}, "fund-2021", "2020-07-01"));
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-2021", 40_yuan, "2020-07-02"))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(Reverse(reclaim, "2020-07-02"));
  w.Agreed(Reclaim({"works-1", "fund-1", 40_yuan}, "fund-1", "2020-07-02"));
  w.Agreed(ReturnUp("fund-1", 40_yuan, "2020-07-02"));
  EXPECT_EQ(Unallocated(w, "fund-2021"), 0);
}

TEST(Funds, RefusesAmountsThatMeanNothing) {
  World w;
  w.FundWorks1();
  for (const int64_t amount : {int64_t{0}, int64_t{-1}, INT64_MIN}) {
    EXPECT_EQ(Why(w.Clerk(Receive("fund-1", amount, "2020-03-01"))), "AMOUNT_NOT_POSITIVE");
    EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-1", amount, "2020-03-01"))), "AMOUNT_NOT_POSITIVE");
    EXPECT_EQ(Why(w.Clerk(Plan({{"works-2", "fund-1", amount}}, "2020-03-01"))), "AMOUNT_NOT_POSITIVE");
    EXPECT_EQ(Why(w.Clerk(Allocate({{"works-1", "fund-1", amount}}, "2020-03-01"))), "AMOUNT_NOT_POSITIVE");
    EXPECT_EQ(Why(w.Clerk(Reclaim({"works-1", "fund-1", amount}, "fund-1", "2020-03-01"))),
              "AMOUNT_NOT_POSITIVE");
  }
  EXPECT_EQ(Why(w.Clerk(ChangePlan({{"works-1", "fund-1", 0}}, "2020-03-01"))), "AMOUNT_ZERO");
  EXPECT_EQ(Why(w.Clerk(Adjust({{"works-1", "fund-1", 0}}, "2020-03-01"))), "AMOUNT_ZERO");
  for (const int64_t amount : {kMaxAmountFen + 1, INT64_MAX}) {
    EXPECT_EQ(Why(w.Clerk(Receive("fund-1", amount, "2020-03-01"))), "AMOUNT_OUT_OF_RANGE");
    EXPECT_EQ(Why(w.Clerk(Adjust({{"works-1", "fund-1", amount}}, "2020-03-01"))), "AMOUNT_OUT_OF_RANGE");
    EXPECT_EQ(Why(w.Clerk(Adjust({{"works-1", "fund-1", -amount}}, "2020-03-01"))), "AMOUNT_OUT_OF_RANGE");
  }
  EXPECT_EQ(Why(w.Clerk(ChangePlan({{"works-1", "fund-1", INT64_MIN}}, "2020-03-01"))),
            "AMOUNT_OUT_OF_RANGE");
  w.Agreed(Receive("fund-1", kMaxAmountFen, "2020-03-01"));
}

TEST(Funds, RefusesWhatNamesNothing) {
  World w;
  w.FundWorks1();
  EXPECT_EQ(Why(w.Clerk(Receive("fund-9", 1_yuan, "2020-03-01"))), "FUND_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-9", 1_yuan, "2020-03-01"))), "FUND_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-9", "fund-1", 1_yuan}}, "2020-03-01"))), "PROJECT_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-1", "fund-9", 1_yuan}}, "2020-03-01"))), "FUND_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(Allocate({{"works-2", "fund-1", 1_yuan}}, "2020-03-01"))), "LINE_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(Adjust({{"works-2", "fund-1", 1_yuan}}, "2020-03-01"))), "LINE_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(Reclaim({"works-2", "fund-1", 1_yuan}, "fund-1", "2020-03-01"))), "LINE_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(Reclaim({"works-1", "fund-1", 1_yuan}, "fund-9", "2020-03-01"))), "FUND_NOT_FOUND");
  EXPECT_EQ(Why(w.Clerk(Plan({}, "2020-03-01"))), "LINES_MISSING");
  EXPECT_EQ(Why(w.Clerk(Adjust({}, "2020-03-01"))), "LINES_MISSING");
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-2", "fund-1", 1_yuan}, {"works-2", "fund-1", 1_yuan}}, "2020-03-01"))),
            "LINE_REPEATED");
}

TEST(Funds, PlansALineInitiallyOnce) {
  World w;
  w.Agreed(Plan({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-1", "fund-1", 1_yuan}}, "2020-03-02"))), "ALREADY_PLANNED");
  w.Agreed(ChangePlan({{"works-1", "fund-1", -100_yuan}}, "2020-03-02"));
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-1", "fund-1", 1_yuan}}, "2020-03-02"))), "ALREADY_PLANNED");
}

// On no day may two first plans stand on a line.
TEST(Funds, PlansAgainOnlyFromTheDayOnWhichThePlanWasTakenBack) {
  World w;
  w.On("2020-05-01");
  const auto plan = w.Agreed(Plan({{"works-1", "fund-1", 100_yuan}}, "2020-03-10"));
  w.Agreed(Reverse(plan, "2020-04-20"));
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-1", "fund-1", 90_yuan}}, "2020-02-15"))), "ALREADY_PLANNED");
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-1", "fund-1", 90_yuan}}, "2020-04-19"))), "ALREADY_PLANNED");
  w.Agreed(Plan({{"works-1", "fund-1", 90_yuan}}, "2020-04-20"));
  EXPECT_EQ(w.LineOf("works-1", "fund-1").planned_initially_fen(), 90_yuan);
}

// What is "planned initially" is the denominator of the disbursement rate: a plan made in the course of the
// year must not be turned into the plan as first approved.
TEST(Funds, DoesNotPlanInitiallyWhatAChangeOfPlanMade) {
  World w;
  w.Agreed(ChangePlan({{"works-1", "fund-1", 100_yuan}}, "2020-03-01"));
  EXPECT_EQ(Why(w.Clerk(Plan({{"works-1", "fund-1", 1_yuan}}, "2020-03-02"))), "ALREADY_PLANNED");
}

TEST(Funds, TwoProposalsOfOneInitialPlanEndWithOne) {
  World w;
  const auto first = w.Must(w.Clerk(Plan({{"works-1", "fund-1", 100_yuan}}, "2020-03-01")));
  const auto second = w.Must(w.By("clerk-2", Plan({{"works-1", "fund-1", 70_yuan}}, "2020-03-01")));
  w.Must(w.Reviewer(Approve(second)));
  EXPECT_EQ(Why(w.Reviewer(Approve(first))), "ALREADY_PLANNED");
  EXPECT_EQ(w.ProposalOf(first).state(), sv1::PROPOSAL_STATE_OPEN);
  EXPECT_EQ(w.LineOf("works-1", "fund-1").planned_initially_fen(), 70_yuan);
}

TEST(Funds, AdjustsBetweenLinesWhateverTheOrderOfLegs) {
  for (const bool more_first : {true, false}) {
    World w;
    w.FundWorks1(100_yuan);
    w.Agreed(Plan({{"works-2", "fund-1", 100_yuan}}, "2020-03-01"));
    const Leg more{"works-2", "fund-1", 100_yuan};
    const Leg less{"works-1", "fund-1", -100_yuan};
    // The fund has nothing unallocated: only the sum of the legs fits.
    w.Agreed(more_first ? Adjust({more, less}, "2020-03-02") : Adjust({less, more}, "2020-03-02"));
    EXPECT_EQ(w.Available("works-1"), 0);
    EXPECT_EQ(w.Available("works-2"), 100_yuan);
    EXPECT_EQ(Why(w.Clerk(Adjust({{"works-2", "fund-1", -100_yuan - 1}}, "2020-03-02"))),
              "ACCOUNT_BELOW_ZERO");
    EXPECT_EQ(Why(w.Clerk(Adjust({{"works-1", "fund-1", 1}}, "2020-03-02"))), "ACCOUNT_BELOW_ZERO");
  }
}

TEST(Funds, ALegThatIsRefusedTakesAllOfThemWithIt) {
  World w;
  w.FundWorks1(100_yuan);
  w.Agreed(Plan({{"works-2", "fund-1", 50_yuan}}, "2020-03-01"));
  EXPECT_EQ(
      Why(w.Clerk(Adjust({{"works-1", "fund-1", -51_yuan}, {"works-2", "fund-1", 51_yuan}}, "2020-03-02"))),
      "OVER_PLAN");
  EXPECT_EQ(w.Available("works-1"), 100_yuan);
  EXPECT_EQ(w.Available("works-2"), 0);
}

TEST(Funds, AFundWhoseMoneyDoesNotMoveIsNotPosted) {
  World w;
  w.FundWorks1(100_yuan);
  w.Agreed(Plan({{"works-2", "fund-1", 50_yuan}}, "2020-03-01"));
  const int days = w.FundOf("fund-1").unallocated().days_size();
  w.Agreed(Adjust({{"works-1", "fund-1", -50_yuan}, {"works-2", "fund-1", 50_yuan}}, "2020-04-02"));
  EXPECT_EQ(w.last_effects().postings.size(), 2u);
  EXPECT_EQ(w.FundOf("fund-1").unallocated().days_size(), days);
}

TEST(Funds, ReclaimsOnlyWhatIsAvailable) {
  World w;
  w.FundWorks1(100_yuan);
  w.Must(w.Clerk(Request({{"works-1", "fund-1", 30_yuan}}, "2020-03-02")));
  EXPECT_EQ(Why(w.Clerk(Reclaim({"works-1", "fund-1", 70_yuan + 1}, "fund-1", "2020-03-02"))),
            "ACCOUNT_BELOW_ZERO");
  w.Agreed(Reclaim({"works-1", "fund-1", 70_yuan}, "fund-2", "2020-03-02"));
  EXPECT_EQ(Unallocated(w, "fund-2"), 70_yuan);
  EXPECT_EQ(w.Available(), 0);
  EXPECT_EQ(Why(w.Clerk(Reclaim({"works-1", "fund-1", 1_yuan}, "donation", "2020-03-02"))), "NATURE_DIFFERS");
}

TEST(Funds, InsuranceAndLoansAreNeverReceived) {
  World w;
  EXPECT_EQ(Why(w.Clerk(Receive("loan", 1_yuan, "2020-03-01"))), "NATURE_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Clerk(Receive("insurance", 1_yuan, "2020-03-01"))), "NATURE_NOT_ALLOWED");
  w.Agreed(Receive("donation", 1_yuan, "2020-03-01"));
}

TEST(Funds, OutsidePaymentsAreNeverFiscal) {
  World w;
  const auto outside = [&w](const char* fund, v1::OutsideKind kind) {
    return Why(w.Housing(Outside(fund, "housing", kind, 100_yuan, "2020-03-01")));
  };
  EXPECT_EQ(outside("fund-1", v1::OUTSIDE_KIND_PAID), "NATURE_NOT_ALLOWED");
  EXPECT_EQ(outside("fund-1", v1::OUTSIDE_KIND_LOAN_GRANTED), "NATURE_NOT_ALLOWED");
  EXPECT_EQ(outside("donation", v1::OUTSIDE_KIND_LOAN_GRANTED), "NATURE_NOT_ALLOWED");
  EXPECT_EQ(outside("loan", v1::OUTSIDE_KIND_PAID), "NATURE_NOT_ALLOWED");
  EXPECT_EQ(outside("donation", v1::OUTSIDE_KIND_UNSPECIFIED), "OUTSIDE_KIND_MISSING");
  EXPECT_EQ(outside("donation", v1::OUTSIDE_KIND_PAID), "OK");
  EXPECT_EQ(outside("insurance", v1::OUTSIDE_KIND_PAID), "OK");
  EXPECT_EQ(outside("loan", v1::OUTSIDE_KIND_LOAN_GRANTED), "OK");
  EXPECT_EQ(Why(w.Housing(Outside("donation", "roads", v1::OUTSIDE_KIND_PAID, 1_yuan, "2020-03-01"))),
            "PROGRAMME_NOT_FOUND");
  EXPECT_EQ(Why(w.Housing(Outside("donation", "housing", v1::OUTSIDE_KIND_PAID, 0, "2020-03-01"))),
            "AMOUNT_NOT_POSITIVE");
}

TEST(Funds, RepaysAtMostWhatWasLentByThen) {
  World w;
  w.Agreed(Outside("loan", "housing", v1::OUTSIDE_KIND_LOAN_GRANTED, 100_yuan, "2020-03-05"), "housing-1");
  const auto repay = [](int64_t amount, const char* date) {
    return Outside("loan", "housing", v1::OUTSIDE_KIND_LOAN_REPAID, amount, date);
  };
  EXPECT_EQ(Why(w.Housing(repay(1, "2020-03-04"))), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(Why(w.Housing(repay(100_yuan + 1, "2020-03-05"))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(repay(100_yuan, "2020-03-05"), "housing-1");
  EXPECT_EQ(w.last_effects().postings[0].loans_repaid_fen(), 100_yuan);
  EXPECT_EQ(w.last_effects().postings[0].outside_fen(), -100_yuan);
}

TEST(Funds, AFundIsRegisteredWhole) {
  World w;
  const auto with = [&w](auto change) {
    v1::Action action = RegisterFund("fund-x", 2020);
    change(action.mutable_register_fund());
    return Why(w.Clerk(action));
  };
  EXPECT_EQ(with([](auto* f) { f->set_id("-x"); }), "ID_MALFORMED");
  EXPECT_EQ(with([](auto* f) { f->set_id(""); }), "ID_MALFORMED");
  EXPECT_EQ(with([](auto* f) { f->clear_name(); }), "NAME_MISSING");
  EXPECT_EQ(with([](auto* f) { f->clear_document_number(); }), "DOCUMENT_NUMBER_MISSING");
  EXPECT_EQ(with([](auto* f) { f->set_fiscal_year(1900), f->set_origin_year(1900); }), "YEAR_INVALID");
  EXPECT_EQ(with([](auto* f) { f->set_fiscal_year(10000); }), "YEAR_INVALID");
  EXPECT_EQ(with([](auto* f) { f->set_origin_year(2021); }), "YEAR_INVALID");
  EXPECT_EQ(with([](auto* f) { f->clear_origin_year(); }), "YEAR_INVALID");
  EXPECT_EQ(with([](auto* f) { f->clear_nature(); }), "NATURE_MISSING");
  EXPECT_EQ(with([](auto* f) { f->clear_source_tier(); }), "NATURE_MISSING");
  EXPECT_EQ(with([](auto* f) { f->add_categories("nothing"); }), "CATEGORY_NOT_FOUND");
  EXPECT_EQ(with([](auto* f) { f->add_categories("poverty"), f->add_categories("poverty"); }),
            "CATEGORY_REPEATED");
  EXPECT_EQ(with([](auto* f) { f->set_id("fund-1"); }), "ALREADY_REGISTERED");
  EXPECT_EQ(with([](auto* f) { f->set_origin_year(2019), f->add_categories("poverty"); }), "OK");
}

}  // namespace
}  // namespace fundledger::books::testing
