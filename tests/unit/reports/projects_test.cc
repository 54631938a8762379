#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

constexpr auto kSuspended = sv1::MILESTONE_KIND_SUSPENDED;
constexpr auto kResumed = sv1::MILESTONE_KIND_RESUMED;
constexpr auto kTerminated = sv1::MILESTONE_KIND_TERMINATED;
constexpr auto kProgress = sv1::MILESTONE_KIND_PROGRESS;

v1::ProjectState StateOf(const Ledger& ledger, const std::string& project, const v1::AsOf& as_of = {}) {
  v1::GetProjectRequest request;
  request.set_project(project);
  *request.mutable_as_of() = as_of;
  return Answer(Project(ledger.source(), request)).project();
}
std::string StatusOn(const Ledger& ledger, const std::string& project, int32_t day) {
  return StateOf(ledger, project, On(day)).status();
}

TEST(Projects, StatusFollowsTheMilestonesOfTheDay) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Approve("P", 2020, 110);
  ledger.Start("P", 120);
  ledger.Milestone("P", kSuspended, 130);
  ledger.Milestone("P", kResumed, 140);
  ledger.Complete("P", 150);
  EXPECT_EQ(StatusOn(ledger, "P", 99), "");
  EXPECT_EQ(StatusOn(ledger, "P", 100), "declared");
  EXPECT_EQ(StatusOn(ledger, "P", 110), "approved");
  EXPECT_EQ(StatusOn(ledger, "P", 129), "started");
  EXPECT_EQ(StatusOn(ledger, "P", 130), "suspended");
  EXPECT_EQ(StatusOn(ledger, "P", 140), "started");
  EXPECT_EQ(StatusOn(ledger, "P", 150), "completed");
}

TEST(Projects, ResumingGoesBackToWhereItStood) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Approve("P", 2020, 110);
  ledger.Milestone("P", kSuspended, 120);
  ledger.Milestone("P", kResumed, 130);
  EXPECT_EQ(StatusOn(ledger, "P", 125), "suspended");
  EXPECT_EQ(StatusOn(ledger, "P", 130), "approved");
}

// The books refuse its payments until it is resumed: what is shown must say so.
TEST(Projects, CompletingDoesNotResume) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Milestone("P", kSuspended, 120);
  ledger.Complete("P", 130);
  ledger.Milestone("P", kResumed, 140);
  EXPECT_EQ(StatusOn(ledger, "P", 130), "suspended");
  EXPECT_EQ(StatusOn(ledger, "P", 140), "completed");
}

TEST(Projects, AStartReportedLateOrAnotherYearsApprovalTakesNothingBack) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Complete("P", 150);
  ledger.Start("P", 160);
  ledger.Approve("P", 2021, 170);
  EXPECT_EQ(StateOf(ledger, "P").status(), "completed");
}

TEST(Projects, TerminationIsTheEnd) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Milestone("P", kTerminated, 120);
  ledger.Start("P", 130);
  EXPECT_EQ(StateOf(ledger, "P").status(), "terminated");
}

TEST(Projects, OneDaysMilestonesCountInTheOrderOfTheLog) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Milestone("P", kSuspended, 120);
  ledger.Milestone("P", kResumed, 120);
  ledger.Milestone("P", kSuspended, 110);  // recorded last, happened first
  EXPECT_EQ(StateOf(ledger, "P").status(), "declared");
  EXPECT_EQ(StatusOn(ledger, "P", 115), "suspended");
}

TEST(Projects, ProgressIsTheLatestByDayNotByRecord) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Milestone("P", kProgress, 130, 6000);
  ledger.Milestone("P", kProgress, 120, 3000);
  EXPECT_EQ(StateOf(ledger, "P").progress_basis_points(), 6000);
  EXPECT_EQ(StateOf(ledger, "P", On(125)).progress_basis_points(), 3000);
  EXPECT_EQ(StateOf(ledger, "P", OnAtRecord(125, ledger.last() - 1)).progress_basis_points(), 0);
  const auto state = StateOf(ledger, "P");
  ASSERT_EQ(state.events_size(), 3);
  EXPECT_EQ(state.events(0).kind(), "declared");
  EXPECT_EQ(state.events(1).value(), 3000);
  EXPECT_EQ(state.events(2).value(), 6000);
}

TEST(Projects, PlanYearsComeFromApprovalsOntoAList) {
  Ledger ledger;
  ledger.Project("P", "town", "housing", 100);
  ledger.Approve("P", 0, 110);
  ledger.Approve("P", 2021, 120);
  ledger.Approve("P", 2020, 130);
  const auto state = StateOf(ledger, "P");
  ASSERT_EQ(state.plan_years_size(), 2);
  EXPECT_EQ(state.plan_years(0), 2020);
  EXPECT_EQ(state.plan_years(1), 2021);
  EXPECT_EQ(StateOf(ledger, "P", On(125)).plan_years_size(), 1);
}

TEST(Projects, CarriesItsLinesAndTheirSum) {
  Ledger ledger;
  ledger.Fund("F", 2020, {});
  ledger.Fund("G", 2020, {});
  ledger.Project("P", "town", "housing", 100);
  ledger.Project("P.2", "town", "housing", 100);
  ledger.Plan("P", "G", 30, 110);
  ledger.Plan("P", "F", 10, 110);
  ledger.Plan("P.2", "F", 5, 120);
  for (const v1::AsOf& as_of : {v1::AsOf(), On(120)}) {
    const auto state = StateOf(ledger, "P", as_of);
    ASSERT_EQ(state.lines_size(), 2);
    EXPECT_EQ(state.lines(0).fund(), "F");
    EXPECT_EQ(state.amounts().planned_fen(), 40);
  }
}

TEST(Projects, FiltersByOrganizationProgrammeYearAndStatus) {
  Ledger ledger;
  ledger.Project("A", "village", "housing", 100);
  ledger.Project("B", "town2", "water", 100);
  ledger.Project("C", "bureau", "industry", 100);
  ledger.Approve("B", 2020, 110);
  ledger.Start("C", 110);
  v1::ListProjectsRequest request;
  const auto ids = [&] {
    std::string all;
    const auto answer = Answer(Projects(ledger.source(), request));
    for (const auto& each : answer.projects()) all += each.project().id();
    return all;
  };
  EXPECT_EQ(ids(), "ABC");
  request.set_organization("town");
  EXPECT_EQ(ids(), "A");
  request.set_organization("city");
  EXPECT_EQ(ids(), "ABC");
  request.set_programme("livelihood");
  EXPECT_EQ(ids(), "AB");
  request.set_plan_year(2020);
  EXPECT_EQ(ids(), "B");
  request = {};
  request.set_status("started");
  EXPECT_EQ(ids(), "C");
  *request.mutable_as_of() = On(105);
  EXPECT_EQ(ids(), "");
  request.set_status("finished");
  EXPECT_EQ(ReasonOfAnswer(Projects(ledger.source(), request)), "STATUS_INVALID");
}

TEST(Projects, ListsWhatWasDeclaredByTheDayAndWhateverHadMoney) {
  Ledger ledger;
  ledger.Fund("F", 2020, {});
  ledger.Project("A", "town", "housing", 100);
  ledger.Project("B", "town", "housing", 200);
  ledger.Project("C", "town", "housing", 200);
  ledger.Plan("C", "F", 10, 90);
  v1::ListProjectsRequest request;
  *request.mutable_as_of() = On(100);
  const auto answer = Answer(Projects(ledger.source(), request));
  ASSERT_EQ(answer.projects_size(), 2);
  EXPECT_EQ(answer.projects(0).project().id(), "A");
  EXPECT_EQ(answer.projects(1).project().id(), "C");
  EXPECT_EQ(answer.projects(1).amounts().planned_fen(), 10);
}

TEST(Projects, NotFoundWhereThereIsNoneInTheState) {
  Ledger ledger;
  v1::GetProjectRequest request;
  request.set_project("P");
  EXPECT_EQ(ReasonOfAnswer(Project(ledger.source(), request)), "PROJECT_NOT_FOUND");
  *request.mutable_as_of() = AtRecord(ledger.last());
  ledger.Project("P", "town", "housing", 100);
  EXPECT_EQ(ReasonOfAnswer(Project(ledger.source(), request)), "PROJECT_NOT_FOUND");
  EXPECT_EQ(Project(ledger.source(), request).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace fundledger::reports
