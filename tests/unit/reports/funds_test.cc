#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

const int32_t kJan = Day(2020, 1, 10);
const int32_t kMar = Day(2020, 3, 10);

v1::Amounts AmountsOf(const Ledger& ledger, const std::string& fund, const v1::AsOf& as_of = {}) {
  v1::ListFundsRequest request;
  *request.mutable_as_of() = as_of;
  const auto answer = Answer(Funds(ledger.source(), request));
  for (const auto& each : answer.funds()) {
    if (each.fund().id() == fund) return each.amounts();
  }
  ADD_FAILURE() << "no fund " << fund;
  return {};
}

TEST(Funds, GivesReceivedUnallocatedAndTheLinesOfAFund) {
  Ledger ledger;
  ledger.Fund("F", 2020, {});
  ledger.Project("P", "town", "housing", kJan);
  ledger.Receive("F", 1000, kJan);
  ledger.ReturnUp("F", 100, kMar);
  ledger.Plan("P", "F", 600, kJan);
  ledger.Allocate("P", "F", 500, kJan);
  const v1::Amounts amounts = AmountsOf(ledger, "F");
  EXPECT_EQ(amounts.received_fen(), 900);
  EXPECT_EQ(amounts.unallocated_fen(), 400);
  EXPECT_EQ(amounts.planned_fen(), 600);
  EXPECT_EQ(amounts.allocated_fen(), 500);
  EXPECT_EQ(AmountsOf(ledger, "F", On(kJan)).received_fen(), 1000);
}

TEST(Funds, ReclaimToAnotherFundLeavesBothReceipts) {
  Ledger ledger;
  ledger.Fund("F", 2020, {});
  ledger.Fund("G", 2020, {});
  ledger.Project("P", "town", "housing", kJan);
  ledger.Receive("F", 1000, kJan);
  ledger.Plan("P", "F", 600, kJan);
  ledger.Allocate("P", "F", 500, kJan);
  ledger.Reclaim("P", "F", 200, "G", kMar);
  EXPECT_EQ(AmountsOf(ledger, "F").received_fen(), 1000);
  EXPECT_EQ(AmountsOf(ledger, "F").unallocated_fen(), 500);
  EXPECT_EQ(AmountsOf(ledger, "F").allocated_fen(), 300);
  EXPECT_EQ(AmountsOf(ledger, "G").received_fen(), 0);
  EXPECT_EQ(AmountsOf(ledger, "G").unallocated_fen(), 200);
}

TEST(Funds, OutsidePaymentsAndLoansStandInNoFiscalTotal) {
  Ledger ledger;
  ledger.Fund("L", 2020, {}, v1::NATURE_LOAN);
  ledger.Outside("L", "industry", v1::OUTSIDE_KIND_LOAN_GRANTED, 300, kJan);
  ledger.Outside("L", "industry", v1::OUTSIDE_KIND_LOAN_REPAID, 100, kMar);
  ledger.Fund("I", 2020, {}, v1::NATURE_INSURANCE);
  ledger.Outside("I", "industry", v1::OUTSIDE_KIND_PAID, 70, kJan);
  const v1::Amounts loans = AmountsOf(ledger, "L");
  EXPECT_EQ(loans.loans_granted_fen(), 300);
  EXPECT_EQ(loans.loans_repaid_fen(), 100);
  EXPECT_EQ(loans.outside_paid_fen(), 0);
  EXPECT_EQ(loans.received_fen(), 0);
  EXPECT_EQ(loans.disbursed_fen(), 0);
  EXPECT_EQ(AmountsOf(ledger, "I").outside_paid_fen(), 70);
  EXPECT_EQ(AmountsOf(ledger, "I").received_fen(), 0);
}

TEST(Funds, FiltersByYearAndCategoryAndListsByIdWithZerosWhereNothingHappened) {
  Ledger ledger;
  ledger.Fund("B", 2020, {"special", "other"});
  ledger.Fund("A", 2020, {"poverty-relief-funds"});
  ledger.Fund("C", 2019, {"integrated-funds"});
  v1::ListFundsRequest request;
  const auto ids = [&] {
    std::string all;
    const auto answer = Answer(Funds(ledger.source(), request));
    for (const auto& fund : answer.funds()) all += fund.fund().id();
    return all;
  };
  EXPECT_EQ(ids(), "ABC");
  request.set_category("integrated-funds");
  EXPECT_EQ(ids(), "BC");
  request.set_category("poverty-relief-funds");
  EXPECT_EQ(ids(), "ABC");
  request.set_fiscal_year(2020);
  EXPECT_EQ(ids(), "AB");
  request.set_category("nothing");
  EXPECT_EQ(ReasonOfAnswer(Funds(ledger.source(), request)), "CATEGORY_NOT_FOUND");
  EXPECT_TRUE(Same(AmountsOf(ledger, "A"), v1::Amounts()));
}

TEST(Funds, LeavesOutAFundRegisteredAfterTheRecordAskedFor) {
  Ledger ledger;
  ledger.Fund("A", 2020, {});
  v1::ListFundsRequest request;
  *request.mutable_as_of() = AtRecord(ledger.last());
  ledger.Fund("B", 2020, {});
  EXPECT_EQ(Answer(Funds(ledger.source(), request)).funds_size(), 1);
}

}  // namespace
}  // namespace fundledger::reports
