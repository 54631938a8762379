#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

const int32_t kJan = Day(2020, 1, 10);
const int32_t kMar = Day(2020, 3, 10);
const int32_t kJune = Day(2020, 6, 16);

v1::GetBriefingResponse Brief(const Ledger& ledger, const v1::AsOf& as_of, int32_t year = 2020) {
  v1::GetBriefingRequest request;
  request.set_year(year);
  *request.mutable_as_of() = as_of;
  return Answer(Briefing(ledger.source(), request));
}

v1::ProgrammeFigures ProgrammeOf(const v1::GetBriefingResponse& briefing, const std::string& id) {
  for (const auto& each : briefing.programmes()) {
    if (each.id() == id) return each;
  }
  ADD_FAILURE() << "no programme " << id;
  return {};
}

// P1 in a village (housing), P2 of a department (water), P3 of a township (industry) with money outside the
// category, P4 on no list.
class BriefingTest : public ::testing::Test {
 protected:
  BriefingTest() {
    ledger_.Fund("IN", 2020, {"special"});
    ledger_.Fund("OUT", 2020, {"other"});
    ledger_.Fund("IN19", 2019, {"integrated-funds"});
    AddProject("P1", "village", "housing", 2020);
    AddProject("P2", "bureau", "water", 2020);
    AddProject("P3", "town2", "industry", 2020);
    AddProject("P4", "town", "housing", 0);
    ledger_.Receive("IN", 10000, kJan);
    ledger_.Receive("OUT", 10000, kJan);
    ledger_.Receive("IN19", 3000, Day(2019, 2, 1));
    for (const char* project : {"P1", "P2", "P4"}) {
      ledger_.Plan(project, "IN", 1000, kJan);
      ledger_.Allocate(project, "IN", 900, kJan);
    }
    ledger_.Plan("P3", "OUT", 400, kJan);
    ledger_.Allocate("P3", "OUT", 400, kJan);
    pay_village_ = Pay("P1", "IN", 300);
    Pay("P2", "IN", 70);
    Pay("P3", "OUT", 5);
    Pay("P4", "IN", 2);
  }

  void AddProject(const std::string& id, const std::string& organization, const std::string& programme,
                  int32_t plan_year) {
    ledger_.Project(id, organization, programme, Day(2019, 1, 1));
    ledger_.Approve(id, plan_year, kJan);
  }
  Sequence Pay(const std::string& project, const std::string& fund, int64_t fen) {
    const Sequence request = ledger_.Request(project, fund, fen, kMar);
    ledger_.Confirm(request, v1::CONFIRM_MODE_DIRECT, kMar);
    return request;
  }

  Ledger ledger_;
  Sequence pay_village_ = 0;
};

TEST_F(BriefingTest, CountsMoneyOfTheCategoryOnThePlanList) {
  const auto briefing = Brief(ledger_, On(kJune));
  EXPECT_EQ(briefing.planned_fen(), 2000);
  EXPECT_EQ(briefing.allocated_fen(), 1800);
  EXPECT_EQ(briefing.disbursed_fen(), 370);
  EXPECT_EQ(briefing.disbursed_township_fen(), 300);
  EXPECT_EQ(briefing.disbursed_city_fen(), 70);
  EXPECT_EQ(briefing.projects(), 3);
  EXPECT_EQ(briefing.projects_size_fen(), 2400);
  EXPECT_EQ(briefing.township_projects(), 2);
  EXPECT_EQ(briefing.category_name(), "类别integrated-funds");
  EXPECT_EQ(briefing.invested_category_name(), "类别poverty-relief-funds");
  EXPECT_EQ(briefing.basis().date().month(), 6);
}

TEST_F(BriefingTest, SumsReceiptsOverTheYears) {
  const auto briefing = Brief(ledger_, On(kJune));
  EXPECT_EQ(briefing.from_year(), 2016);
  ASSERT_EQ(briefing.invested_by_year_size(), 5);
  EXPECT_EQ(briefing.invested_by_year(0).year(), 2016);
  EXPECT_EQ(briefing.invested_by_year(0).received_fen(), 0);
  EXPECT_EQ(briefing.invested_by_year(3).received_fen(), 3000);
  EXPECT_EQ(briefing.invested_by_year(4).received_fen(), 10000);
  EXPECT_EQ(briefing.invested_since_fen(), 13000);
  EXPECT_EQ(briefing.received_fen(), 10000);
  v1::GetBriefingRequest request;
  request.set_year(2020);
  request.set_from_year(2020);
  request.set_category("other");
  request.set_invested_category("other");
  *request.mutable_as_of() = On(kJune);
  const auto other = Answer(Briefing(ledger_.source(), request));
  EXPECT_EQ(other.invested_since_fen(), 10000);
  EXPECT_EQ(other.planned_fen(), 400);
  EXPECT_EQ(other.disbursed_township_fen(), 5);
}

TEST_F(BriefingTest, AReceiptBelongsToItsFundsYearAndAReclaimChangesNone) {
  ledger_.Fund("NEXT", 2021, {"special"});
  ledger_.Receive("NEXT", 500, kJune);  // 提前下达: a year ahead, in no figure of this one
  ledger_.Reclaim("P1", "IN", 50, "IN19", kJune);
  ledger_.ReturnUp("IN", 1000, kJune);
  const auto briefing = Brief(ledger_, On(kJune));
  EXPECT_EQ(briefing.invested_since_fen(), 12000);
  EXPECT_EQ(briefing.received_fen(), 9000);
  EXPECT_EQ(Brief(ledger_, On(kJune), 2021).received_fen(), 500);
}

TEST_F(BriefingTest, PlannedIsThePlanAsFirstApprovedAndTheSizeThePlanInForce) {
  ledger_.ChangePlan("P1", "IN", 77, kMar);
  EXPECT_EQ(Brief(ledger_, On(kJune)).planned_fen(), 2000);
  EXPECT_EQ(Brief(ledger_, On(kJune)).projects_size_fen(), 2477);
  EXPECT_EQ(Brief(ledger_, On(kMar - 1)).projects_size_fen(), 2400);
}

TEST_F(BriefingTest, ARefundLowersWhatIsDisbursed) {
  ledger_.Refund(pay_village_, 100, kJune);
  EXPECT_EQ(Brief(ledger_, On(kJune)).disbursed_township_fen(), 200);
  EXPECT_EQ(Brief(ledger_, On(kJune)).disbursed_city_fen(), 70);
  EXPECT_EQ(Brief(ledger_, On(kJune - 1)).disbursed_fen(), 370);
  EXPECT_EQ(Brief(ledger_, OnAtRecord(kJune, ledger_.last() - 1)).disbursed_fen(), 370);
}

TEST_F(BriefingTest, CountsStartedAndCompletedByWhatWasReportedByThen) {
  ledger_.Start("P1", kMar);
  ledger_.Start("P2", kMar);
  ledger_.Complete("P3", kJune);  // never reported as started, and yet it was
  ledger_.Start("P4", kMar);      // on no list
  ledger_.Milestone("P1", sv1::MILESTONE_KIND_SUSPENDED, kJune);
  auto briefing = Brief(ledger_, On(kJune));
  EXPECT_EQ(briefing.started(), 3);
  EXPECT_EQ(briefing.completed(), 1);
  EXPECT_EQ(briefing.township_started(), 2);
  EXPECT_EQ(briefing.township_completed(), 1);
  briefing = Brief(ledger_, On(kMar));
  EXPECT_EQ(briefing.started(), 2);
  EXPECT_EQ(briefing.completed(), 0);
  EXPECT_EQ(briefing.township_started(), 1);
}

TEST_F(BriefingTest, AProjectCountsFromTheDayItIsOnTheList) {
  EXPECT_EQ(Brief(ledger_, On(kJan - 1)).projects(), 0);
  EXPECT_EQ(Brief(ledger_, On(kJan)).projects(), 3);
  ledger_.Approve("P4", 2020, kJan);  // recorded late, dated back
  EXPECT_EQ(Brief(ledger_, On(kJan)).projects(), 4);
  EXPECT_EQ(Brief(ledger_, OnAtRecord(kJan, ledger_.last() - 1)).projects(), 3);
}

// On two years' lists: each year's money counts in its own year, and once.
TEST_F(BriefingTest, MoneyCountsInOneYear) {
  ledger_.Project("L", "town", "housing", Day(2018, 12, 1));
  ledger_.Approve("L", 2019, Day(2019, 1, 1));
  ledger_.Approve("L", 2020, kJan);
  ledger_.Plan("L", "IN19", 200, Day(2019, 2, 1));
  ledger_.Allocate("L", "IN19", 150, Day(2019, 2, 2));
  Pay("L", "IN19", 40);
  ledger_.Plan("L", "IN", 30, kJan);
  const auto briefing = Brief(ledger_, On(kJune));
  EXPECT_EQ(briefing.projects(), 4);
  EXPECT_EQ(briefing.planned_fen(), 2030);
  EXPECT_EQ(briefing.allocated_fen(), 1800);
  EXPECT_EQ(briefing.disbursed_fen(), 370);
  EXPECT_EQ(briefing.projects_size_fen(), 2430);
  EXPECT_EQ(ProgrammeOf(briefing, "housing").planned_fen(), 1030);
  const auto before = Brief(ledger_, On(kJune), 2019);
  EXPECT_EQ(before.planned_fen(), 200);
  EXPECT_EQ(before.disbursed_fen(), 40);
  EXPECT_EQ(Brief(ledger_, On(kJune), 2021).planned_fen(), 0);
}

// Older money of a project that was not listed in its fund's year, and money of a year to come.
TEST_F(BriefingTest, MoneyOfAYearWithoutTheProjectCountsWhereTheProjectIs) {
  ledger_.Fund("NEXT", 2021, {"special"});
  ledger_.Plan("P1", "IN19", 7, kJan);
  ledger_.Plan("P1", "NEXT", 5, kJan);
  // The year of NEXT has not begun: it may still be the project's.
  EXPECT_EQ(Brief(ledger_, On(kJune)).planned_fen(), 2007);
  EXPECT_EQ(Brief(ledger_, On(kJune), 2019).planned_fen(), 0);
  EXPECT_EQ(Brief(ledger_, On(Day(2020, 12, 31))).planned_fen(), 2007);
  EXPECT_EQ(Brief(ledger_, On(Day(2021, 1, 1))).planned_fen(), 2012);
  ledger_.Approve("P1", 2021, kMar);
  EXPECT_EQ(Brief(ledger_, On(kJune)).planned_fen(), 2007);
  EXPECT_EQ(Brief(ledger_, On(kJune), 2021).planned_fen(), 5);
  EXPECT_EQ(Brief(ledger_, On(kMar - 1), 2021).planned_fen(), 0);
}

TEST_F(BriefingTest, AProgrammeHoldsAllBelowIt) {
  const auto briefing = Brief(ledger_, On(kJune));
  ASSERT_EQ(briefing.programmes_size(), 4);
  EXPECT_EQ(briefing.programmes(0).id(), "housing");
  EXPECT_EQ(briefing.programmes(3).id(), "water");
  const auto housing = ProgrammeOf(briefing, "housing");
  EXPECT_EQ(housing.name(), "专项housing");
  EXPECT_EQ(housing.task_group(), "危房改造工作专班");
  EXPECT_EQ(housing.projects(), 1);
  EXPECT_EQ(housing.planned_fen(), 1000);
  EXPECT_EQ(housing.disbursed_fen(), 300);
  EXPECT_EQ(housing.disbursed_since_fen(), 302);  // P4's too, which is on no list
  const auto livelihood = ProgrammeOf(briefing, "livelihood");
  EXPECT_EQ(livelihood.projects(), 2);
  EXPECT_EQ(livelihood.planned_fen(), 2000);
  EXPECT_EQ(livelihood.disbursed_fen(), 370);
  EXPECT_EQ(livelihood.disbursed_since_fen(), 372);
  EXPECT_EQ(ProgrammeOf(briefing, "industry").planned_fen(), 400);  // all funds
}

TEST_F(BriefingTest, DisbursedSinceLeavesOutFundsOfOtherYears) {
  const auto since = [this](int32_t from_year, int32_t year) {
    v1::GetBriefingRequest request;
    request.set_year(year);
    request.set_from_year(from_year);
    *request.mutable_as_of() = On(kJune);
    return ProgrammeOf(Answer(Briefing(ledger_.source(), request)), "industry").disbursed_since_fen();
  };
  ledger_.Plan("P3", "IN19", 100, kJan);
  ledger_.Allocate("P3", "IN19", 100, kJan);
  Pay("P3", "IN19", 40);
  EXPECT_EQ(since(2019, 2020), 45);
  EXPECT_EQ(since(2020, 2020), 5);
  EXPECT_EQ(since(2019, 2019), 40);
}

TEST_F(BriefingTest, OutsidePaymentsAndLoansCountByTheirDay) {
  ledger_.Fund("L", 2015, {}, v1::NATURE_LOAN);
  ledger_.Fund("I", 2015, {}, v1::NATURE_INSURANCE);
  ledger_.Outside("L", "housing", v1::OUTSIDE_KIND_LOAN_GRANTED, 300, kJan);
  ledger_.Outside("L", "housing", v1::OUTSIDE_KIND_LOAN_REPAID, 100, kMar);
  ledger_.Outside("L", "housing", v1::OUTSIDE_KIND_LOAN_GRANTED, 9, Day(2015, 12, 31));
  ledger_.Outside("I", "livelihood", v1::OUTSIDE_KIND_PAID, 70, Day(2016, 1, 1));
  ledger_.Outside("I", "water", v1::OUTSIDE_KIND_PAID, 8, Day(2015, 12, 31));
  const auto briefing = Brief(ledger_, On(kJune));
  EXPECT_EQ(ProgrammeOf(briefing, "housing").loans_granted_since_fen(), 300);
  EXPECT_EQ(ProgrammeOf(briefing, "housing").outside_paid_since_fen(), 0);
  EXPECT_EQ(ProgrammeOf(briefing, "livelihood").loans_granted_since_fen(), 300);
  EXPECT_EQ(ProgrammeOf(briefing, "livelihood").outside_paid_since_fen(), 70);
  EXPECT_EQ(ProgrammeOf(briefing, "water").outside_paid_since_fen(), 0);
  EXPECT_EQ(briefing.disbursed_fen(), 370);
  EXPECT_EQ(briefing.received_fen(), 10000);
}

TEST_F(BriefingTest, ComparesWithTheWholeYearBefore) {
  ledger_.Project("O", "town", "housing", Day(2018, 12, 1));
  ledger_.Approve("O", 2019, Day(2019, 1, 1));
  ledger_.Plan("O", "IN19", 200, Day(2019, 2, 1));
  ledger_.ChangePlan("O", "IN19", 30, Day(2019, 12, 31));
  const Sequence before_late = ledger_.last();
  ledger_.ChangePlan("O", "IN19", 4, Day(2019, 11, 1));   // recorded late, in the year
  ledger_.ChangePlan("O", "IN19", 500, Day(2020, 1, 1));  // after the year
  const auto previous = [this](const v1::AsOf& as_of) {
    return ProgrammeOf(Brief(ledger_, as_of), "livelihood").planned_previous_year_fen();
  };
  EXPECT_EQ(previous(On(kJune)), 234);
  EXPECT_EQ(previous(On(Day(2019, 7, 1))), 234);  // the year is whole even where the briefing is not
  EXPECT_EQ(previous(OnAtRecord(kJune, before_late)), 230);
  EXPECT_EQ(ProgrammeOf(Brief(ledger_, On(Day(2019, 12, 31)), 2019), "livelihood").planned_fen(), 234);
}

// What came in the autumn for the next year is the next year's plan, and no part of what that is compared
// with.
TEST_F(BriefingTest, ComparesNothingWithItself) {
  ledger_.Project("L", "town", "water", Day(2018, 12, 1));
  ledger_.Approve("L", 2019, Day(2019, 1, 1));
  ledger_.Plan("L", "IN19", 100, Day(2019, 2, 1));
  ledger_.Plan("L", "IN", 200, Day(2019, 11, 20));
  EXPECT_EQ(Brief(ledger_, On(Day(2019, 12, 31)), 2019).planned_fen(), 100);
  ledger_.Approve("L", 2020, Day(2020, 1, 22));
  const auto water = [this](const v1::AsOf& as_of) { return ProgrammeOf(Brief(ledger_, as_of), "water"); };
  EXPECT_EQ(water(On(kJune)).planned_fen(), 1200);  // P2's too
  EXPECT_EQ(water(On(kJune)).planned_previous_year_fen(), 100);
  EXPECT_EQ(Brief(ledger_, On(kJune), 2019).planned_fen(), 100);
  // Before it is on the list of 2020 it is the last year's still, in both columns.
  EXPECT_EQ(water(On(Day(2020, 1, 21))).planned_fen(), 1000);
  EXPECT_EQ(water(On(Day(2020, 1, 21))).planned_previous_year_fen(), 300);
}

TEST_F(BriefingTest, AddsIndicatorsUpByTheirKind) {
  ledger_.Indicator("sum", v1::AGGREGATION_SUM, 4);
  ledger_.Indicator("last", v1::AGGREGATION_LAST);
  ledger_.Indicator("distinct", v1::AGGREGATION_DISTINCT);
  for (const char* indicator : {"sum", "last", "distinct"}) {
    ledger_.Report("P1", indicator, 20, kMar);
    ledger_.Report("P1", indicator, 10, kJan);  // recorded later, and yet older
    ledger_.Report("P4", indicator, 5, kMar);
    ledger_.Report("livelihood", indicator, 100, kMar);
    ledger_.Report("water", indicator, 3, kJune);
  }
  const auto values = [this](const std::string& programme, const v1::AsOf& as_of) {
    std::map<std::string, std::string> all;
    const auto answer = ProgrammeOf(Brief(ledger_, as_of), programme);
    for (const auto& each : answer.indicators()) {
      EXPECT_EQ(each.programme(), programme);
      EXPECT_EQ(each.unit(), "户");
      all[each.id()] = each.has_value() ? std::to_string(each.value()) : "none";
    }
    return all;
  };
  using Values = std::map<std::string, std::string>;
  EXPECT_EQ(values("housing", On(kJune)), (Values{{"sum", "35"}, {"last", "25"}, {"distinct", "none"}}));
  EXPECT_EQ(values("water", On(kJune)), (Values{{"sum", "3"}, {"last", "3"}, {"distinct", "3"}}));
  EXPECT_EQ(values("livelihood", On(kJune)), (Values{{"sum", "138"}, {"last", "128"}, {"distinct", "none"}}));
  EXPECT_EQ(values("housing", On(kJan)), (Values{{"sum", "10"}, {"last", "10"}, {"distinct", "10"}}));
  EXPECT_EQ(values("industry", On(kJune)), Values{});
  EXPECT_EQ(ProgrammeOf(Brief(ledger_, On(kJune)), "water").indicators(2).scale(), 4u);
}

TEST_F(BriefingTest, GivesZerosWithABasisBeforeAnyData) {
  const auto briefing = Brief(ledger_, On(Day(1999, 1, 1)));
  EXPECT_EQ(briefing.planned_fen(), 0);
  EXPECT_EQ(briefing.projects(), 0);
  EXPECT_EQ(briefing.invested_since_fen(), 0);
  EXPECT_EQ(briefing.invested_by_year_size(), 5);
  EXPECT_EQ(briefing.programmes_size(), 4);
  EXPECT_EQ(briefing.basis().date().year(), 1999);
}

TEST_F(BriefingTest, RefusesWhatItCannotMean) {
  const auto with = [this](auto set) {
    v1::GetBriefingRequest request;
    request.set_year(2020);
    *request.mutable_as_of() = On(kJune);
    set(request);
    return ReasonOfAnswer(Briefing(ledger_.source(), request));
  };
  EXPECT_EQ(with([](auto&) {}), "");
  EXPECT_EQ(with([](auto& r) { r.clear_as_of(); }), "DATE_INVALID");
  EXPECT_EQ(with([](auto& r) { r.mutable_as_of()->mutable_date()->set_month(13); }), "DATE_INVALID");
  EXPECT_EQ(with([](auto& r) { r.set_year(0); }), "YEAR_INVALID");
  EXPECT_EQ(with([](auto& r) { r.set_from_year(2021); }), "YEAR_INVALID");
  EXPECT_EQ(with([](auto& r) { r.set_category("X"); }), "CATEGORY_NOT_FOUND");
  EXPECT_EQ(with([](auto& r) { r.set_invested_category("X"); }), "CATEGORY_NOT_FOUND");
  EXPECT_EQ(with([](auto& r) { r.mutable_as_of()->set_sequence(100000); }), "SEQUENCE_NOT_RECORDED");
}

TEST_F(BriefingTest, SaysSoWhenASumDoesNotFit) {
  const int64_t huge = 9'000'000'000'000'000'000;
  ledger_.ChangePlan("P1", "IN", huge, kMar);
  ledger_.ChangePlan("P2", "IN", huge, kMar);
  v1::GetBriefingRequest request;
  request.set_year(2020);
  *request.mutable_as_of() = On(kJune);
  EXPECT_EQ(ReasonOfAnswer(Briefing(ledger_.source(), request)), "AMOUNT_OUT_OF_RANGE");
  *request.mutable_as_of() = On(kMar - 1);
  EXPECT_EQ(ReasonOfAnswer(Briefing(ledger_.source(), request)), "");
}

}  // namespace
}  // namespace fundledger::reports
