// Separation of duties.
#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

// An officer of the world's making, later than the others.
void AddOfficer(World* w, const char* id, const char* organization, v1::Role role, std::string person) {
  const auto ref = w->Must(w->Admin(RegisterOfficer(id, organization, role, std::move(person))));
  w->Must(w->OtherAdmin(Approve(ref)));
  if (IsMoneyRole(role)) w->Must(w->Inspector(Approve(ref)));
}

TEST(Approvals, NobodyApprovesTheirOwn) {
  World w;
  w.FundWorks1();
  const auto request = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  EXPECT_EQ(Why(w.TownA(Approve(request))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.TownA(Reject(request))), "SELF_APPROVAL");
  const auto officer = w.Must(w.Admin(RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP)));
  EXPECT_EQ(Why(w.Admin(Approve(officer))), "SELF_APPROVAL");
}

TEST(Approvals, OnePersonUnderTwoNamesIsOnePerson) {
  World w;
  AddOfficer(&w, "reviewer-x", "finance", v1::ROLE_FINANCE_REVIEWER, Person("clerk-1"));
  const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  EXPECT_EQ(Why(w.By("reviewer-x", Approve(ref))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.By("reviewer-x", Reject(ref))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "OK");
}

TEST(Approvals, OfficersWithoutAPersonAreNotTheSamePerson) {
  World w;
  AddOfficer(&w, "clerk-x", "finance", v1::ROLE_FINANCE_CLERK, "");
  AddOfficer(&w, "reviewer-x", "finance", v1::ROLE_FINANCE_REVIEWER, "");
  const auto ref = w.Must(w.By("clerk-x", Receive("fund-1", 1_yuan, "2020-03-01")));
  EXPECT_EQ(Why(w.By("reviewer-x", Approve(ref))), "OK");
}

TEST(Approvals, OneReviewerBelowTheThresholdAndTwoFromItOn) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  w.FundWorks1(1'000_yuan);
  const auto below = w.Must(w.Clerk(Request({{"works-1", "fund-1", 100_yuan - 1}}, "2020-03-02")));
  w.Must(w.Reviewer(Approve(below)));
  EXPECT_EQ(w.StateOf(below), sv1::PAYMENT_STATE_APPROVED);

  const auto at = w.Must(w.Clerk(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.Must(w.Reviewer(Approve(at)));
  EXPECT_EQ(w.StateOf(at), sv1::PAYMENT_STATE_REQUESTED);
  EXPECT_EQ(Why(w.Treasury(Instruct(at, "2020-03-02"))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(Why(w.Reviewer(Approve(at))), "ALREADY_APPROVED");
  EXPECT_EQ(Why(w.Reviewer(Reject(at))), "ALREADY_APPROVED");
  w.Must(w.Reviewer2(Approve(at)));
  EXPECT_EQ(w.StateOf(at), sv1::PAYMENT_STATE_APPROVED);
}

TEST(Approvals, TheThresholdIsOnTheTotalOfThePayment) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  w.FundWorks1();
  w.Agreed(Receive("fund-2", 100_yuan, "2020-03-01"));
  w.Agreed(Plan({{"works-1", "fund-2", 100_yuan}}, "2020-03-01"));
  w.Agreed(Allocate({{"works-1", "fund-2", 100_yuan}}, "2020-03-01"));
  const auto ref = w.Must(
      w.Clerk(Request({{"works-1", "fund-1", 60_yuan}, {"works-1", "fund-2", 40_yuan}}, "2020-03-02")));
  EXPECT_EQ(w.ProposalOf(ref).slots_size(), 2);
}

TEST(Approvals, TwoApprovalsComeFromTwoPeople) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  AddOfficer(&w, "reviewer-x", "finance", v1::ROLE_FINANCE_REVIEWER, Person("reviewer-1"));
  w.FundWorks1();
  const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(Why(w.By("reviewer-x", Approve(ref))), "ALREADY_APPROVED");
  EXPECT_EQ(Why(w.Reviewer2(Approve(ref))), "OK");
}

TEST(Approvals, AUnitsRequestTakesItsSecondOfficerAndAReviewer) {
  World w;
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  EXPECT_EQ(Why(w.TownB(Approve(ref))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(Why(w.By("village-a1-1", Approve(ref))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Housing(Approve(ref))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Inspector(Approve(ref))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Admin(Approve(ref))), "APPROVAL_NOT_ALLOWED");
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(Why(w.Reviewer2(Approve(ref))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_REQUESTED);
  w.Must(w.TownA2(Approve(ref)));
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_APPROVED);
}

TEST(Approvals, AnAdministratorOfTheSameOrganizationDoesNotCount) {
  World w;
  const auto ref = w.Must(w.Admin(RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP)));
  EXPECT_EQ(Why(w.By("admin-3", Approve(ref))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Inspector(Approve(ref))), "APPROVAL_NOT_ALLOWED");
  w.Must(w.OtherAdmin(Approve(ref)));
  EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_APPROVED);
}

TEST(Approvals, AnOfficerWithAMoneyRoleTakesAnInspectorToo) {
  for (const v1::Role role : {v1::ROLE_FINANCE_CLERK, v1::ROLE_FINANCE_REVIEWER, v1::ROLE_TREASURY}) {
    World w;
    const auto ref = w.Must(w.Admin(RegisterOfficer("x", "finance", role)));
    w.Must(w.OtherAdmin(Approve(ref)));
    EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_OPEN);
    EXPECT_EQ(Why(w.By("admin-3", Approve(ref))), "APPROVAL_NOT_ALLOWED");
    EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "APPROVAL_NOT_ALLOWED");
    w.Must(w.Inspector(Approve(ref)));
    EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_APPROVED);
  }
}

TEST(Approvals, FinanceProposalsTakeAReviewerAndNobodyElse) {
  World w;
  const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  EXPECT_EQ(Why(w.By("clerk-2", Approve(ref))), "ROLE_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Treasury(Approve(ref))), "ROLE_NOT_ALLOWED");
  EXPECT_EQ(Why(w.By("auditor-1", Approve(ref))), "ROLE_NOT_ALLOWED");
  for (const char* officer : {"admin-1", "inspector-1", "town-a-1", "housing-1"}) {
    EXPECT_EQ(Why(w.By(officer, Approve(ref))), "APPROVAL_NOT_ALLOWED") << officer;
    EXPECT_EQ(Why(w.By(officer, Reject(ref))), "APPROVAL_NOT_ALLOWED") << officer;
  }
  w.Must(w.Reviewer(Reject(ref)));
  EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_REJECTED);
  EXPECT_EQ(w.ProposalOf(ref).reason(), "附件不全");
}

TEST(Approvals, OfTwoThatRaceTheSecondComesTooLate) {
  World w;
  const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(Why(w.Reviewer2(Approve(ref))), "PROPOSAL_NOT_OPEN");
  EXPECT_EQ(Why(w.Reviewer2(Reject(ref))), "PROPOSAL_NOT_OPEN");
  EXPECT_EQ(Why(w.Clerk(Withdraw(ref))), "PROPOSAL_NOT_OPEN");
  EXPECT_EQ(Total(w.FundOf("fund-1").unallocated()), 1_yuan);
}

TEST(Approvals, WhatIsClosedStaysClosed) {
  World w;
  const auto rejected = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  w.Must(w.Reviewer(Reject(rejected)));
  const auto withdrawn = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  w.Must(w.Clerk(Withdraw(withdrawn)));
  for (const auto& ref : {rejected, withdrawn}) {
    EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSAL_NOT_OPEN");
    EXPECT_EQ(Why(w.Reviewer(Reject(ref))), "PROPOSAL_NOT_OPEN");
    EXPECT_EQ(Why(w.Clerk(Withdraw(ref))), "PROPOSAL_NOT_OPEN");
  }
  EXPECT_EQ(Total(w.FundOf("fund-1").unallocated()), 0);
}

TEST(Approvals, WithdrawingBelongsToThoseWhoProposed) {
  World w;
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  for (const char* officer :
       {"town-b-1", "village-a1-1", "clerk-1", "housing-1", "admin-1", "treasury-1", "reviewer-1"}) {
    EXPECT_EQ(Why(w.By(officer, Withdraw(ref))), "NOT_THE_REQUESTER") << officer;
  }
  EXPECT_EQ(Why(w.Inspector(Withdraw(ref))), "ROLE_NOT_ALLOWED");
  EXPECT_EQ(Why(w.TownA2(Withdraw(ref))), "OK");
  EXPECT_EQ(w.Reserved(), 0);
}

TEST(Approvals, AProposalExpiresAfterItsLastDay) {
  World w({.proposal_valid_days = 10});
  const auto kept = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  const auto late = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  w.On("2020-06-11", 23, 59, 58);
  w.Must(w.Reviewer(Approve(kept)));
  w.On("2020-06-12", 0, 0, 0);
  EXPECT_EQ(Why(w.Reviewer(Approve(late))), "PROPOSAL_EXPIRED");
  EXPECT_EQ(w.ProposalOf(late).state(), sv1::PROPOSAL_STATE_OPEN);
  w.Must(w.Reviewer(Reject(late)));
}

TEST(Approvals, AnExpiredRequestIsReleasedByWithdrawing) {
  World w({.proposal_valid_days = 10});
  w.FundWorks1(100_yuan);
  const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.On("2020-07-01");
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSAL_EXPIRED");
  w.Must(w.Clerk(Withdraw(ref)));
  EXPECT_EQ(w.Available(), 100_yuan);
}

TEST(Approvals, AProposalMayNeverExpire) {
  for (const int32_t days : {0, INT32_MAX}) {
    World w({.proposal_valid_days = days});
    const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
    w.On("2099-12-31");
    EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "OK");
  }
}

TEST(Approvals, WhatWasShownIsWhatIsSigned) {
  World w;
  auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  const auto good = ref;
  ref.mutable_leaf_hash()->front() ^= 1;
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "ACTION_REF_MISMATCH");
  EXPECT_EQ(Why(w.Reviewer(Reject(ref))), "ACTION_REF_MISMATCH");
  EXPECT_EQ(Why(w.Clerk(Withdraw(ref))), "ACTION_REF_MISMATCH");
  ref.clear_leaf_hash();
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "ACTION_REF_MISMATCH");
  ref = good;
  ref.set_action(1);
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSAL_NOT_FOUND");
  ref = good;
  ref.set_sequence(UINT64_MAX);
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSAL_NOT_FOUND");
  EXPECT_EQ(Why(w.Reviewer(Approve(good))), "OK");
}

TEST(Approvals, AFactIsNoProposal) {
  World w;
  const auto start = w.Must(w.TownA(StartProject("works-1", "2020-03-01")));
  EXPECT_EQ(Why(w.Reviewer(Approve(start))), "PROPOSAL_NOT_FOUND");
}

TEST(Approvals, AnApprovalWhoseEffectIsRefusedLeavesTheProposalOpen) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  const auto first = w.Must(w.Clerk(ReturnUp("fund-1", 80_yuan, "2020-03-02")));
  const auto second = w.Must(w.Clerk(ReturnUp("fund-1", 80_yuan, "2020-03-02")));
  w.Must(w.Reviewer(Approve(first)));
  EXPECT_EQ(Why(w.Reviewer(Approve(second))), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(w.ProposalOf(second).state(), sv1::PROPOSAL_STATE_OPEN);
  EXPECT_TRUE(w.ProposalOf(second).slots(0).officer().empty());
  w.Agreed(Receive("fund-1", 60_yuan, "2020-03-02"));
  EXPECT_EQ(Why(w.Reviewer2(Approve(second))), "OK");
}

TEST(Approvals, TwoApprovalsInOneSubmissionFallTogether) {
  World w;
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  const auto first = w.Must(w.Clerk(ReturnUp("fund-1", 80_yuan, "2020-03-02")));
  const auto second = w.Must(w.Clerk(ReturnUp("fund-1", 80_yuan, "2020-03-02")));
  EXPECT_EQ(Why(w.By("reviewer-1", {Approve(first), Approve(second)})), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(w.ProposalOf(first).state(), sv1::PROPOSAL_STATE_OPEN);
  EXPECT_EQ(Why(w.By("reviewer-1", {Approve(first), Approve(first)})), "PROPOSAL_NOT_OPEN");
}

TEST(Approvals, OneOfManyActionsIsAProposalOfItsOwn) {
  World w;
  const Outcome both =
      w.By("clerk-1", {Receive("fund-1", 1_yuan, "2020-03-01"), Receive("fund-1", 2_yuan, "2020-03-01")});
  w.Must(both);
  auto second = both.ref;
  second.set_action(1);
  w.Must(w.Reviewer(Approve(second)));
  EXPECT_EQ(Total(w.FundOf("fund-1").unallocated()), 2_yuan);
  EXPECT_EQ(w.ProposalOf(both.ref).state(), sv1::PROPOSAL_STATE_OPEN);
}

TEST(Approvals, TheEffectIsDatedAsProposed) {
  World w;
  const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  w.On("2020-06-20");
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(w.FundOf("fund-1").unallocated().days(0), Date::FromCivil(2020, 3, 1)->days());
  EXPECT_EQ(w.ProposalOf(ref).closed().day(), Date::FromCivil(2020, 6, 20)->days());
}

TEST(Approvals, CanApproveSaysWhatApplyWouldSay) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.Must(w.Reviewer(Approve(ref)));
  for (const char* officer :
       {"town-a-1", "town-a-2", "town-b-1", "reviewer-1", "reviewer-2", "clerk-1", "treasury-1", "auditor-1",
        "inspector-1", "admin-1", "housing-1", "village-a1-1"}) {
    World twin({.two_reviewer_threshold_fen = 100_yuan});
    twin.FundWorks1();
    const auto same = twin.Must(twin.TownA(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
    twin.Must(twin.Reviewer(Approve(same)));
    const absl::Status can = CanApprove(w.books(), w.ProposalOf(ref), officer);
    EXPECT_EQ(can.ok() ? "OK" : ReasonOf(can), Why(twin.By(officer, Approve(same)))) << officer;
  }
}

}  // namespace
}  // namespace fundledger::books::testing
