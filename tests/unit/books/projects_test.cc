#include "ledger/books/standing.h"
#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

Standing StandingOf(const World& w, const char* project, std::string_view date) {
  const EntityPtr entity = *w.books().Get({EntityKind::kProject, project});
  return StandingOn(entity->project(), Date::Parse(date)->days());
}

TEST(Projects, AreDeclaredWhole) {
  World w;
  const auto declare = [&w](auto change) {
    v1::Action action = DeclareProject("road", "town-a", "2020-03-01");
    change(action.mutable_declare_project());
    return Why(w.TownA(action));
  };
  EXPECT_EQ(declare([](auto* p) { p->set_id("村道"); }), "ID_MALFORMED");
  EXPECT_EQ(declare([](auto* p) { p->set_id("works-1"); }), "ALREADY_REGISTERED");
  EXPECT_EQ(declare([](auto* p) { p->clear_name(); }), "NAME_MISSING");
  EXPECT_EQ(declare([](auto* p) { p->clear_kind(); }), "PROJECT_KIND_MISSING");
  EXPECT_EQ(declare([](auto* p) { p->set_organization("nowhere"); }), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(declare([](auto* p) { p->clear_organization(); }), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(declare([](auto* p) { p->set_programme("nothing"); }), "PROGRAMME_NOT_FOUND");
  EXPECT_EQ(declare([](auto* p) { p->add_wanted()->set_amount_fen(0); }), "AMOUNT_NOT_POSITIVE");
  EXPECT_EQ(declare([](auto* p) { p->add_targets()->set_indicator("nothing"); }), "INDICATOR_NOT_FOUND");
  EXPECT_EQ(declare([](auto* p) {
              p->add_targets()->set_indicator("households");
              p->mutable_targets(0)->set_value(-1);
            }),
            "VALUE_NEGATIVE");
  EXPECT_EQ(declare([](auto* p) {
              *p->mutable_planned_start() = Day("2020-05-02");
              *p->mutable_planned_finish() = Day("2020-05-01");
            }),
            "DATES_REVERSED");
  EXPECT_EQ(declare([](auto* p) { p->mutable_planned_finish()->set_year(2020); }), "DATE_INVALID");
  EXPECT_EQ(declare([](auto* p) {
              *p->mutable_planned_start() = Day("2020-05-02");
              *p->mutable_planned_finish() = Day("2020-05-02");
            }),
            "OK");
}

TEST(Projects, AreApprovedByAnotherOrganization) {
  World w;
  w.Must(w.Housing(DeclareProject("school", "housing-bureau", "2020-03-01")));
  EXPECT_EQ(Why(w.Housing(ApproveProject("school", 2020, "2020-03-02"))), "SAME_ORGANIZATION");
  EXPECT_EQ(Why(w.By("housing-2", ApproveProject("school", 2020, "2020-03-02"))), "SAME_ORGANIZATION");
  w.Agreed(ApproveProject("school", 2020, "2020-03-02"), "education-1");
  EXPECT_TRUE(StandingOf(w, "school", "2020-03-02").approved);
  EXPECT_FALSE(StandingOf(w, "school", "2020-03-01").approved);
}

TEST(Projects, AreNotApprovedByWhoeverDeclaredThemForAnother) {
  World w;
  w.Must(w.Admin(RegisterOrganization("housing-station", "housing-bureau")));
  w.Must(w.Housing(DeclareProject("school", "housing-station", "2020-03-01")));
  EXPECT_EQ(Why(w.Housing(ApproveProject("school", 2020, "2020-03-02"))), "SAME_ORGANIZATION");
}

TEST(Projects, AreNotApprovedByWhoeverDeclaredThemElsewhereSince) {
  World w;
  w.Must(w.Housing(DeclareProject("school", "housing-bureau", "2020-03-01")));
  w.Decided(MoveOfficer("housing-1", "education"));
  EXPECT_EQ(Why(w.Housing(ApproveProject("school", 2020, "2020-03-02"))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.By("education-1", ApproveProject("school", 2020, "2020-03-02"))), "OK");
}

TEST(Projects, AreNotApprovedByTheSamePersonUnderAnotherId) {
  World w;
  w.Decided(RegisterOfficer("town-x", "town-a", v1::ROLE_TOWNSHIP, Person("x")));
  w.Decided(RegisterOfficer("education-x", "education", v1::ROLE_DEPARTMENT, Person("x")));
  w.Must(w.By("town-x", DeclareProject("school", "town-a", "2020-03-01")));
  EXPECT_EQ(Why(w.By("education-x", ApproveProject("school", 2020, "2020-03-02"))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.By("education-1", ApproveProject("school", 2020, "2020-03-02"))), "OK");
}

// Nor is the last word theirs: a department proposes the approval, and a reviewer approves it.
TEST(Projects, AreNotFinallyApprovedByWhoeverDeclaredThem) {
  World w;
  w.Decided(RegisterOfficer("town-x", "town-a", v1::ROLE_TOWNSHIP, Person("x")));
  w.Decided(RegisterOfficer("reviewer-x", "finance", v1::ROLE_FINANCE_REVIEWER, Person("x")), true);
  w.Must(w.By("town-x", DeclareProject("school", "town-a", "2020-03-01")));
  const auto approval = w.Must(w.Housing(ApproveProject("school", 2020, "2020-03-02")));
  EXPECT_EQ(Why(w.By("reviewer-x", Approve(approval))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.By("reviewer-x", Reject(approval))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.Reviewer(Approve(approval))), "OK");
}

TEST(Projects, WantFundsThatAreThere) {
  World w;
  const auto declare = [&w](const std::string& project, const std::string& fund) {
    v1::Action action = DeclareProject("road", "town-a", "2020-03-01");
    v1::LineAmount* wanted = action.mutable_declare_project()->add_wanted();
    wanted->set_project(project);
    wanted->set_fund(fund);
    wanted->set_amount_fen(1_yuan);
    return Why(w.TownA(action));
  };
  EXPECT_EQ(declare("", "nothing"), "FUND_NOT_FOUND");
  EXPECT_EQ(declare("works-1", "fund-1"), "PROJECT_NOT_FOUND");
  EXPECT_EQ(declare("road", "fund-1"), "OK");
}

TEST(Projects, AreNotApprovedBeforeTheyAreDeclared) {
  World w;
  w.Must(w.TownA(DeclareProject("road", "town-a", "2020-03-02")));
  EXPECT_EQ(Why(w.Housing(ApproveProject("road", 2020, "2020-03-01"))), "DATE_BEFORE_DECLARATION");
  EXPECT_EQ(Why(w.Housing(ApproveProject("road", 2020, "2020-03-02"))), "OK");
}

TEST(Projects, AreApprovedOnceForAYear) {
  World w;
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-1", 2020, "2020-03-02"))), "PROJECT_ALREADY_APPROVED");
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-1", 1899, "2020-03-02"))), "YEAR_INVALID");
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-1", 10000, "2020-03-02"))), "YEAR_INVALID");
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-1", -1, "2020-03-02"))), "YEAR_INVALID");
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-1", 1900, "2020-03-02"))), "OK");
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-1", 9999, "2020-03-02"))), "OK");
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-9", 2020, "2020-03-02"))), "PROJECT_NOT_FOUND");
  const auto first = w.Must(w.Housing(ApproveProject("works-1", 2021, "2020-03-02")));
  const auto second = w.Must(w.Housing(ApproveProject("works-1", 2021, "2020-03-02")));
  w.Must(w.Reviewer(Approve(first)));
  EXPECT_EQ(Why(w.Reviewer(Approve(second))), "PROJECT_ALREADY_APPROVED");
  w.Agreed(ApproveProject("works-1", 0, "2020-03-02"), "housing-1");
  EXPECT_EQ(Why(w.Housing(ApproveProject("works-1", 0, "2020-03-02"))), "PROJECT_ALREADY_APPROVED");
}

TEST(Projects, ReportsAreFactsToldOnce) {
  World w;
  // Work that began before any approval is recorded as it was.
  w.Must(w.TownA(DeclareProject("road", "town-a", "2020-03-01")));
  w.Must(w.TownA(StartProject("road", "2020-02-01")));
  EXPECT_EQ(Why(w.TownA(StartProject("road", "2020-03-01"))), "PROJECT_ALREADY_STARTED");
  EXPECT_EQ(Why(w.TownA(StartProject("road", "2020-01-01"))), "PROJECT_ALREADY_STARTED");
  w.Must(w.TownA(CompleteProject("road", "2020-05-01")));
  EXPECT_EQ(Why(w.TownA(CompleteProject("road", "2020-05-02"))), "PROJECT_ALREADY_COMPLETED");
  for (const v1::Action& report :
       {StartProject("nothing", "2020-03-01"), CompleteProject("nothing", "2020-03-01"),
        SuspendProject("nothing", "2020-03-01"), ResumeProject("nothing", "2020-03-01"),
        ReportProgress("nothing", 1, "2020-03-01"),
        ReportIndicator("nothing", "households", 1, "2020-03-01")}) {
    EXPECT_EQ(Why(w.TownA(report)), "PROJECT_NOT_FOUND");
  }
  EXPECT_EQ(Why(w.Housing(TerminateProject("nothing", "2020-03-01"))), "PROJECT_NOT_FOUND");
}

TEST(Projects, ProgressIsAShareOfTheWhole) {
  World w;
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", -1, "2020-03-01"))), "PROGRESS_INVALID");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 10001, "2020-03-01"))), "PROGRESS_INVALID");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 0, "2020-03-01"))), "OK");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 10000, "2020-03-01"))), "OK");
}

TEST(Projects, ProgressGoesDownOnlyWithAReason) {
  World w;
  w.Must(w.TownA(ReportProgress("works-1", 5000, "2020-03-10")));
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 4999, "2020-03-10"))), "PROGRESS_WENT_DOWN");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 4999, "2020-03-11"))), "PROGRESS_WENT_DOWN");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 5000, "2020-03-11"))), "OK");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 4999, "2020-03-12", "测量有误"))), "OK");
  EXPECT_EQ(StandingOf(w, "works-1", "2020-03-12").progress_basis_points, 4999);
  // What is loaded late takes its place before what is there.
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 3000, "2020-03-01"))), "OK");
  EXPECT_EQ(StandingOf(w, "works-1", "2020-03-09").progress_basis_points, 3000);
  EXPECT_EQ(StandingOf(w, "works-1", "2020-03-12").progress_basis_points, 4999);
}

// A report dated back above a later one makes progress go down just the same.
TEST(Projects, ProgressGoesDownOnlyWithAReasonWhicheverReportCameFirst) {
  World w;
  w.Must(w.TownA(ReportProgress("works-1", 5000, "2020-03-10")));
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 9000, "2020-03-05"))), "PROGRESS_WENT_DOWN");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 5000, "2020-03-05"))), "OK");
  EXPECT_EQ(Why(w.TownA(ReportProgress("works-1", 9000, "2020-03-06", "后来返工"))), "OK");
}

TEST(Projects, AreSuspendedAndResumedInTurn) {
  World w;
  EXPECT_EQ(Why(w.TownA(ResumeProject("works-1", "2020-03-01"))), "PROJECT_NOT_SUSPENDED");
  w.Must(w.TownA(SuspendProject("works-1", "2020-03-10")));
  EXPECT_EQ(Why(w.TownA(SuspendProject("works-1", "2020-03-11"))), "PROJECT_SUSPENDED");
  EXPECT_EQ(Why(w.TownA(ResumeProject("works-1", "2020-03-09"))), "PROJECT_NOT_SUSPENDED");
  w.Must(w.TownA(ResumeProject("works-1", "2020-03-20")));
  EXPECT_TRUE(StandingOf(w, "works-1", "2020-03-19").suspended);
  EXPECT_FALSE(StandingOf(w, "works-1", "2020-03-20").suspended);
}

TEST(Projects, AreTerminatedForGood) {
  World w;
  const auto first = w.Must(w.Housing(TerminateProject("works-1", "2020-03-10")));
  const auto second = w.Must(w.Housing(TerminateProject("works-1", "2020-03-11")));
  w.Must(w.Reviewer(Approve(first)));
  EXPECT_EQ(Why(w.Reviewer(Approve(second))), "PROJECT_TERMINATED");
  EXPECT_EQ(Why(w.TownA(SuspendProject("works-1", "2020-03-12"))), "PROJECT_TERMINATED");
}

TEST(Projects, IndicatorsAreReportedOfAProjectOrAProgramme) {
  World w;
  EXPECT_EQ(Why(w.TownA(ReportIndicator("works-1", "households", 12, "2020-03-01"))), "OK");
  EXPECT_EQ(Why(w.TownA(ReportIndicator("works-1", "households", -1, "2020-03-01"))), "VALUE_NEGATIVE");
  EXPECT_EQ(Why(w.TownA(ReportIndicator("works-1", "nothing", 1, "2020-03-01"))), "INDICATOR_NOT_FOUND");
  v1::Action programme = ReportIndicator("", "households", 3, "2020-03-01");
  programme.mutable_report_indicator()->clear_subject();
  EXPECT_EQ(Why(w.TownA(programme)), "SUBJECT_MISSING");
  programme.mutable_report_indicator()->set_programme("housing");
  EXPECT_EQ(Why(w.TownA(programme)), "ROLE_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Housing(programme)), "OK");
  programme.mutable_report_indicator()->set_programme("nothing");
  EXPECT_EQ(Why(w.Housing(programme)), "PROGRAMME_NOT_FOUND");
}

TEST(Projects, OneDayKeepsTheOrderOfTheLog) {
  World w;
  w.Must(w.TownA(SuspendProject("works-1", "2020-03-10")));
  w.Must(w.TownA(ResumeProject("works-1", "2020-03-10")));
  EXPECT_FALSE(StandingOf(w, "works-1", "2020-03-10").suspended);
  w.Must(w.TownA(SuspendProject("works-1", "2020-03-10")));
  EXPECT_TRUE(StandingOf(w, "works-1", "2020-03-10").suspended);
}

}  // namespace
}  // namespace fundledger::books::testing
