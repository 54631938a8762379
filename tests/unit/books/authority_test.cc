// Every role against every action, against a table written from the domain and not from the code; who may act
// for which organization; who may approve what.
#include "ledger/books/authority.h"

#include <map>
#include <set>
#include <string>

#include "tests/unit/books/world.h"

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

// C clerk, R reviewer, T treasury, W township, D department, I inspector, U auditor, A admin.
// Then '+' where the action takes approval, '$' where it does of officers with money roles, and n, o or r:
// the date is not named, optional, required.
const std::map<std::string, std::string>& Expected() {
  static const auto& table = *new std::map<std::string, std::string>{
      {"register_organization", "A o"},
      {"register_officer", "A+o"},
      {"register_task_group", "A o"},
      {"register_programme", "A o"},
      {"register_category", "A o"},
      {"register_payee", "C+o"},
      {"register_indicator", "A o"},
      {"rotate_key", "CRTWDIUA$n"},
      {"revoke_key", "A n"},
      {"recover_key", "A+n"},
      {"move_officer", "A+n"},
      {"dismiss_officer", "A+n"},
      {"change_policy", "A+n"},
      {"rotate_log_key", "A n"},
      {"register_fund", "C+o"},
      {"receive", "C+r"},
      {"return_up", "C+r"},
      {"plan", "C+r"},
      {"change_plan", "C+r"},
      {"allocate", "C+r"},
      {"adjust", "C+r"},
      {"reclaim", "C+r"},
      {"record_outside_payment", "D+r"},
      {"approve", "RWDIA n"},
      {"reject", "RWDIA o"},
      {"withdraw", "CRTWDA o"},
      {"expire_proposal", "CRTWDIA n"},
      {"reverse", "C+r"},
      {"request_payment", "CWD+r"},
      {"instruct", "T r"},
      {"confirm", "T r"},
      {"fail", "T r"},
      {"refund", "T+r"},
      {"declare_project", "WD r"},
      {"approve_project", "D+r"},
      {"start_project", "WD r"},
      {"report_progress", "WD r"},
      {"complete_project", "WD r"},
      {"suspend_project", "WD r"},
      {"resume_project", "WD r"},
      {"terminate_project", "D+r"},
      {"report_indicator", "WD r"},
  };
  return table;
}

struct Cast {
  char letter;
  const char* officer;
};
constexpr Cast kCast[] = {{'C', "clerk-1"},   {'R', "reviewer-1"},  {'T', "treasury-1"}, {'W', "town-a-1"},
                          {'D', "housing-1"}, {'I', "inspector-1"}, {'A', "admin-1"},    {'U', "auditor-1"}};

v1::Action EmptyActionOf(const ActionRule& rule) {
  v1::Action action;
  const auto* field = v1::Action::descriptor()->FindFieldByNumber(static_cast<int>(rule.kind));
  v1::Action::GetReflection()->MutableMessage(&action, field);
  if (rule.date != DateRule::kNone) *action.mutable_date() = Day("2020-06-01");
  return action;
}

TEST(Authority, EveryActionButTheGenesisHasOneRule) {
  std::set<std::string> ruled;
  for (const ActionRule& rule : ActionRules()) {
    EXPECT_TRUE(ruled.insert(std::string(rule.name)).second) << rule.name;
    EXPECT_EQ(FindActionRule(rule.kind), &rule);
    const auto* field = v1::Action::descriptor()->FindFieldByNumber(static_cast<int>(rule.kind));
    ASSERT_NE(field, nullptr);
    EXPECT_EQ(field->name(), rule.name);
  }
  const auto* kinds = v1::Action::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kinds->field_count(); ++i) {
    EXPECT_EQ(ruled.contains(kinds->field(i)->name()), kinds->field(i)->name() != "genesis")
        << kinds->field(i)->name();
  }
  EXPECT_EQ(FindActionRule(v1::Action::kGenesis), nullptr);
  EXPECT_EQ(FindActionRule(v1::Action::KIND_NOT_SET), nullptr);
}

TEST(Authority, TheTableIsAsExpected) {
  EXPECT_EQ(ActionRules().size(), Expected().size());
  for (const ActionRule& rule : ActionRules()) {
    const auto it = Expected().find(std::string(rule.name));
    ASSERT_NE(it, Expected().end()) << rule.name;
    const std::string& expected = it->second;
    EXPECT_EQ(" +$"[static_cast<int>(rule.approval)], expected[expected.size() - 2]) << rule.name;
    EXPECT_EQ("nor"[static_cast<int>(rule.date)], expected.back()) << rule.name;
  }
}

TEST(Authority, EveryRoleIsLetInOrTurnedAwayAsExpected) {
  World w;
  for (const ActionRule& rule : ActionRules()) {
    for (const Cast& cast : kCast) {
      const std::string& expected = Expected().at(std::string(rule.name));
      const bool allowed = expected.substr(0, expected.size() - 2).find(cast.letter) != std::string::npos;
      const Outcome outcome = w.By(cast.officer, EmptyActionOf(rule));
      // Empty as it is, nothing of it can take effect; the question is only who turned it away.
      EXPECT_FALSE(outcome.status.ok()) << cast.officer << " " << rule.name;
      EXPECT_EQ(Why(outcome) != "ROLE_NOT_ALLOWED", allowed) << cast.officer << " " << rule.name;
      if (!allowed) {
        EXPECT_EQ(outcome.status.code(), absl::StatusCode::kPermissionDenied);
      }
    }
  }
}

TEST(Authority, AStrangerIsNobody) {
  World w;
  const Outcome outcome = w.By("nobody", Receive("fund-1", 1_yuan, "2020-03-01"));
  EXPECT_EQ(Why(outcome), "OFFICER_UNKNOWN");
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnauthenticated);
}

TEST(Authority, AnActionWithoutAKindIsRefused) {
  World w;
  EXPECT_EQ(Why(w.Clerk(v1::Action())), "ACTION_UNKNOWN");
  EXPECT_EQ(Why(w.Admin(GenesisOf().actions(0))), "ACTION_UNKNOWN");
}

TEST(Authority, AUnitActsForItselfAndThoseBelow) {
  World w;
  w.Must(w.TownA(DeclareProject("well", "village-a1", "2020-03-01")));
  EXPECT_EQ(Why(w.TownA(DeclareProject("road", "town-b", "2020-03-01"))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.TownA(DeclareProject("road", "city", "2020-03-01"))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.By("village-a1-1", DeclareProject("road", "town-a", "2020-03-01"))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.Housing(DeclareProject("road", "town-a", "2020-03-01"))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.By("village-a1-1", StartProject("works-1", "2020-03-01"))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.By("village-a1-1", StartProject("well", "2020-03-01"))), "OK");
  for (const v1::Action& report :
       {StartProject("works-1", "2020-03-01"), ReportProgress("works-1", 100, "2020-03-01"),
        CompleteProject("works-1", "2020-03-01"), SuspendProject("works-1", "2020-03-01"),
        ResumeProject("works-1", "2020-03-01"), ReportIndicator("works-1", "households", 1, "2020-03-01")}) {
    EXPECT_EQ(Why(w.TownB(report)), "OUT_OF_SCOPE");
    EXPECT_EQ(Why(w.Housing(report)), "OUT_OF_SCOPE");
  }
}

TEST(Authority, AUnitRequestsOnlyForItsOwnProjects) {
  World w;
  w.FundWorks1();
  EXPECT_EQ(Why(w.TownB(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02"))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.Housing(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02"))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02"))), "OK");
  EXPECT_EQ(Why(w.Clerk(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02"))), "OK");
}

TEST(Authority, OneLineOutOfScopeIsEnough) {
  World w;
  w.FundWorks1();
  w.Agreed(Plan({{"works-b", "fund-1", 1_yuan}}, "2020-03-01"));
  EXPECT_EQ(
      Why(w.TownA(Request({{"works-1", "fund-1", 1_yuan}, {"works-b", "fund-1", 1_yuan}}, "2020-03-02"))),
      "OUT_OF_SCOPE");
}

TEST(Authority, WithinMeansTheSameOrBelow) {
  World w;
  const auto within = [&w](const char* id, const char* ancestor) {
    return IsWithin(w.books(), id, ancestor).value_or(false);
  };
  EXPECT_TRUE(within("town-a", "town-a"));
  EXPECT_TRUE(within("village-a1", "town-a"));
  EXPECT_TRUE(within("village-a1", "city"));
  EXPECT_FALSE(within("town-a", "village-a1"));
  EXPECT_FALSE(within("town-a", "town-b"));
  EXPECT_FALSE(within("nowhere", "city"));
  EXPECT_FALSE(within("town-a", ""));
}

}  // namespace
}  // namespace fundledger::books::testing
