#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

const int32_t kJan = Day(2020, 1, 10);
const int32_t kMar = Day(2020, 3, 10);
const int32_t kMay = Day(2020, 5, 10);

// Two projects, two funds, three lines.
class StatementTest : public ::testing::Test {
 protected:
  StatementTest() {
    ledger_.Fund("F1", 2020, {"special"});
    ledger_.Fund("F2", 2019, {"other"});
    ledger_.Project("P1", "village", "housing", kJan);
    ledger_.Project("P2", "bureau", "industry", kJan);
    ledger_.Receive("F1", 1000, kJan);
    ledger_.Receive("F2", 1000, kJan);
    ledger_.Plan("P1", "F1", 500, kJan);
    ledger_.Plan("P1", "F2", 70, kJan);
    ledger_.Plan("P2", "F1", 300, kJan);
    ledger_.Allocate("P1", "F1", 400, kJan);
    ledger_.Allocate("P2", "F1", 300, kJan);
    before_change_ = ledger_.last();
    ledger_.ChangePlan("P1", "F1", 50, kMar);
    request_ = ledger_.Request("P1", "F1", 120, kMar);
    ledger_.Confirm(request_, v1::CONFIRM_MODE_DIRECT, kMar);
    const Sequence transfer = ledger_.Request("P2", "F1", 200, kMar);
    ledger_.Confirm(transfer, v1::CONFIRM_MODE_TRANSFER, kMar);
    ledger_.Request("P1", "F1", 30, kMar);
  }

  v1::GetStatementResponse Ask(const v1::GetStatementRequest& request) const {
    return reports::Answer(Statement(ledger_.source(), request));
  }
  v1::Amounts TotalAsOf(const v1::AsOf& as_of) const {
    v1::GetStatementRequest request;
    *request.mutable_as_of() = as_of;
    return Ask(request).total();
  }
  std::string Refused(const v1::GetStatementRequest& request) const {
    return ReasonOfAnswer(Statement(ledger_.source(), request));
  }

  Ledger ledger_;
  Sequence before_change_ = 0;
  Sequence request_ = 0;
};

TEST_F(StatementTest, GivesEachMeasureOfALine) {
  v1::GetStatementRequest request;
  request.set_project("P1");
  request.set_fund("F1");
  const auto answer = Ask(request);
  ASSERT_EQ(answer.lines_size(), 1);
  const v1::Amounts& amounts = answer.lines(0).amounts();
  EXPECT_EQ(amounts.planned_fen(), 550);
  EXPECT_EQ(amounts.planned_initially_fen(), 500);
  EXPECT_EQ(amounts.allocated_fen(), 400);
  EXPECT_EQ(amounts.available_fen(), 250);
  EXPECT_EQ(amounts.reserved_fen(), 30);
  EXPECT_EQ(amounts.held_fen(), 0);
  EXPECT_EQ(amounts.paid_fen(), 120);
  EXPECT_EQ(amounts.disbursed_fen(), 120);
  EXPECT_EQ(amounts.received_fen(), 0);
  EXPECT_TRUE(Same(amounts, answer.total()));
}

TEST_F(StatementTest, ListsLinesByProjectAndFundWithTheirTotal) {
  const auto answer = Ask({});
  ASSERT_EQ(answer.lines_size(), 3);
  EXPECT_EQ(answer.lines(0).project() + answer.lines(0).fund(), "P1F1");
  EXPECT_EQ(answer.lines(1).project() + answer.lines(1).fund(), "P1F2");
  EXPECT_EQ(answer.lines(2).project() + answer.lines(2).fund(), "P2F1");
  EXPECT_EQ(answer.total().planned_initially_fen(), 870);
  EXPECT_EQ(answer.total().held_fen(), 200);
  EXPECT_EQ(answer.total().paid_fen(), 120);
  EXPECT_EQ(answer.total().disbursed_fen(), 320);
  EXPECT_EQ(answer.basis().sequence(), ledger_.last());
  EXPECT_FALSE(answer.basis().has_date());
}

TEST_F(StatementTest, AnswersAsOfADate) {
  EXPECT_EQ(TotalAsOf(On(kMar - 1)).planned_fen(), 870);
  EXPECT_EQ(TotalAsOf(On(kMar - 1)).disbursed_fen(), 0);
  EXPECT_EQ(TotalAsOf(On(kMar)).planned_fen(), 920);
  EXPECT_EQ(TotalAsOf(On(kMar)).disbursed_fen(), 320);
}

TEST_F(StatementTest, AnswersAsOfARecord) {
  EXPECT_EQ(TotalAsOf(AtRecord(before_change_)).planned_fen(), 870);
  EXPECT_EQ(TotalAsOf(AtRecord(before_change_ + 1)).planned_fen(), 920);
}

TEST_F(StatementTest, KnowsABackDatedFactOnlyFromItsRecordOn) {
  const Sequence before = ledger_.last();
  ledger_.ChangePlan("P1", "F2", 5, kJan);
  EXPECT_EQ(TotalAsOf(OnAtRecord(kJan, before)).planned_fen(), 870);
  EXPECT_EQ(TotalAsOf(OnAtRecord(kJan, before + 1)).planned_fen(), 875);
  EXPECT_EQ(TotalAsOf(OnAtRecord(kJan - 1, before + 1)).planned_fen(), 0);
  EXPECT_EQ(TotalAsOf(On(kJan)).planned_fen(), 875);
}

TEST_F(StatementTest, GivesZerosWithABasisBeforeAnyData) {
  v1::GetStatementRequest request;
  *request.mutable_as_of() = On(Day(2001, 1, 1));
  const auto answer = Ask(request);
  EXPECT_EQ(answer.lines_size(), 0);
  EXPECT_TRUE(Same(answer.total(), v1::Amounts()));
  EXPECT_EQ(answer.basis().date().year(), 2001);
  EXPECT_EQ(answer.basis().sequence(), ledger_.last());
}

TEST_F(StatementTest, LowersDisbursedByARefund) {
  ledger_.Refund(request_, 20, kMay);
  EXPECT_EQ(TotalAsOf({}).disbursed_fen(), 300);
  EXPECT_EQ(TotalAsOf({}).paid_fen(), 100);
  EXPECT_EQ(TotalAsOf({}).allocated_fen(), 700);
  EXPECT_EQ(TotalAsOf(On(kMay - 1)).disbursed_fen(), 320);
  EXPECT_EQ(TotalAsOf(AtRecord(ledger_.last() - 1)).disbursed_fen(), 320);
}

TEST_F(StatementTest, FiltersByTreesYearAndCategory) {
  v1::GetStatementRequest request;
  request.set_organization("town");  // the village lies below it
  EXPECT_EQ(Ask(request).total().planned_initially_fen(), 570);
  request.set_category("integrated-funds");  // 'special' lies in it
  EXPECT_EQ(Ask(request).total().planned_initially_fen(), 500);
  request.set_category("special");
  EXPECT_EQ(Ask(request).total().planned_initially_fen(), 500);
  request.set_category("other");
  EXPECT_EQ(Ask(request).total().planned_initially_fen(), 70);
  request = {};
  request.set_programme("livelihood");
  EXPECT_EQ(Ask(request).total().planned_initially_fen(), 570);
  request.set_programme("water");
  EXPECT_EQ(Ask(request).total().planned_initially_fen(), 0);
  request = {};
  request.set_fiscal_year(2019);
  EXPECT_EQ(Ask(request).total().planned_initially_fen(), 70);
}

TEST_F(StatementTest, RefusesFiltersThatNameNothing) {
  const auto with = [this](auto set) {
    v1::GetStatementRequest request;
    set(request);
    return Refused(request);
  };
  EXPECT_EQ(with([](auto& r) { r.set_fund("X"); }), "FUND_NOT_FOUND");
  EXPECT_EQ(with([](auto& r) { r.set_project("X"); }), "PROJECT_NOT_FOUND");
  EXPECT_EQ(with([](auto& r) { r.set_organization("X"); }), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(with([](auto& r) { r.set_programme("X"); }), "PROGRAMME_NOT_FOUND");
  EXPECT_EQ(with([](auto& r) { r.set_category("X"); }), "CATEGORY_NOT_FOUND");
  EXPECT_EQ(with([](auto& r) { r.set_fiscal_year(20); }), "YEAR_INVALID");
  EXPECT_EQ(with([](auto& r) { r.set_page_size(-1); }), "PAGE_SIZE_INVALID");
  EXPECT_EQ(with([](auto& r) { r.set_page_size(20001); }), "PAGE_SIZE_INVALID");
  EXPECT_EQ(with([](auto& r) { r.mutable_as_of()->mutable_date()->set_year(2020); }), "DATE_INVALID");
  EXPECT_EQ(with([this](auto& r) { *r.mutable_as_of() = AtRecord(ledger_.last() + 1); }),
            "SEQUENCE_NOT_RECORDED");
  EXPECT_EQ(with([](auto& r) {
              r.set_fund("F1");
              *r.mutable_as_of() = AtRecord(3);  // not registered by then
            }),
            "FUND_NOT_FOUND");
}

TEST_F(StatementTest, TotalsAreOverAllLinesWhateverThePage) {
  v1::GetStatementRequest request;
  request.set_page_size(1);
  const auto answer = Ask(request);
  EXPECT_EQ(answer.lines_size(), 1);
  EXPECT_EQ(answer.total().planned_initially_fen(), 870);
  EXPECT_FALSE(answer.next_page_token().empty());
}

TEST_F(StatementTest, SaysSoWhenATotalDoesNotFit) {
  const int64_t huge = 9'000'000'000'000'000'000;
  ledger_.Plan("P2", "F2", huge, kMay);
  ledger_.Project("P3", "town", "water", kMay);
  ledger_.Plan("P3", "F2", huge, kMay);
  EXPECT_EQ(Refused({}), "AMOUNT_OUT_OF_RANGE");
  v1::GetStatementRequest one;
  one.set_project("P3");
  EXPECT_EQ(Ask(one).total().planned_fen(), huge);
}

}  // namespace
}  // namespace fundledger::reports
