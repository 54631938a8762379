// What the policy decides, who changes it, and what it cannot take away; proposals whose days are over.
#include "ledger/books/policy.h"

#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

constexpr const char* kDay = "2020-03-01";

v1::Policy Current(const World& w) {
  return w.LedgerFacts().policy();
}

// The policy in force, with further approvals of one kind of action.
v1::Policy With(const World& w, const char* action, int64_t from_fen, v1::Role role,
                v1::ApproverPlace place) {
  v1::Policy policy = Current(w);
  v1::FurtherApprovals* further = policy.add_further_approvals();
  further->set_action(action);
  further->set_from_amount_fen(from_fen);
  v1::FurtherApproval* approval = further->add_approvals();
  approval->set_role(role);
  approval->set_place(place);
  return policy;
}

void PutInForce(World* w, const v1::Policy& policy) {
  w->Decided(ChangePolicy(policy), true);
}

TEST(Policy, IsChangedByTwoAdministratorsAndAnInspector) {
  World w;
  v1::Policy policy = Current(w);
  policy.set_two_reviewer_threshold_fen(5_yuan);
  const auto ref = w.Must(w.Admin(ChangePolicy(policy)));
  EXPECT_EQ(Why(w.Admin(Approve(ref))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.By("admin-3", Approve(ref))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "APPROVAL_NOT_ALLOWED");
  w.Must(w.OtherAdmin(Approve(ref)));
  EXPECT_EQ(Current(w).two_reviewer_threshold_fen(), 1'000'000_yuan);
  w.Must(w.Inspector(Approve(ref)));
  EXPECT_EQ(Current(w).two_reviewer_threshold_fen(), 5_yuan);
  EXPECT_EQ(w.LedgerFacts().genesis().policy().two_reviewer_threshold_fen(), 1'000'000_yuan);
}

TEST(Policy, TheThresholdOfToday) {
  World w;
  w.FundWorks1();
  const auto before = w.Must(w.Clerk(Request({{"works-1", "fund-1", 10_yuan}}, "2020-03-02")));
  v1::Policy policy = Current(w);
  policy.set_two_reviewer_threshold_fen(5_yuan);
  PutInForce(&w, policy);
  const auto after = w.Must(w.Clerk(Request({{"works-1", "fund-1", 10_yuan}}, "2020-03-02")));
  EXPECT_EQ(w.ProposalOf(after).slots_size(), 2);
  EXPECT_EQ(Why(w.Reviewer(Approve(before))), "MORE_APPROVALS_NEEDED");
  policy.set_two_reviewer_threshold_fen(100_yuan);
  PutInForce(&w, policy);
  EXPECT_EQ(Why(w.Reviewer(Approve(before))), "OK");
  w.Must(w.Reviewer(Approve(after)));
  EXPECT_EQ(w.StateOf(after), sv1::PAYMENT_STATE_REQUESTED) << "what was asked for is asked for still";
}

TEST(Policy, FurtherApprovalsComeOnTopFromTheirAmountOn) {
  World w;
  PutInForce(&w, With(w, "receive", 100_yuan, v1::ROLE_INSPECTOR, v1::APPROVER_PLACE_ANY));
  const auto below = w.Must(w.Clerk(Receive("fund-1", 100_yuan - 1, kDay)));
  w.Must(w.Reviewer(Approve(below)));
  EXPECT_EQ(w.ProposalOf(below).state(), sv1::PROPOSAL_STATE_APPROVED);
  const auto at = w.Must(w.Clerk(Receive("fund-1", 100_yuan, kDay)));
  w.Must(w.Reviewer(Approve(at)));
  EXPECT_EQ(w.ProposalOf(at).state(), sv1::PROPOSAL_STATE_OPEN);
  EXPECT_EQ(Why(w.Reviewer2(Approve(at))), "APPROVAL_NOT_ALLOWED");
  w.Must(w.Inspector(Approve(at)));
  EXPECT_EQ(w.ProposalOf(at).state(), sv1::PROPOSAL_STATE_APPROVED);
}

TEST(Policy, FurtherApproversAreWhereItSays) {
  World w;
  v1::Policy policy = With(w, "approve_project", 0, v1::ROLE_DEPARTMENT, v1::APPROVER_PLACE_OTHER);
  v1::FurtherApproval* own = policy.mutable_further_approvals(0)->add_approvals();
  own->set_role(v1::ROLE_DEPARTMENT);
  own->set_place(v1::APPROVER_PLACE_OWN);
  PutInForce(&w, policy);
  w.Must(w.TownA(DeclareProject("well", "town-a", kDay)));
  const auto ref = w.Must(w.Housing(ApproveProject("well", 2020, kDay)));
  w.Must(w.Reviewer(Approve(ref)));
  w.Must(w.By("education-1", Approve(ref)));
  EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_OPEN);
  w.Must(w.By("housing-2", Approve(ref)));
  EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_APPROVED);
}

// A general slot is left to whoever can fill no other.
TEST(Policy, TheSameApproversSufficeInAnyOrder) {
  for (const bool other_first : {false, true}) {
    World w;
    w.Decided(RegisterOfficer("reviewer-s", "supervision", v1::ROLE_FINANCE_REVIEWER, Person("s")), true);
    PutInForce(&w, With(w, "receive", 0, v1::ROLE_FINANCE_REVIEWER, v1::APPROVER_PLACE_OTHER));
    const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, kDay)));
    w.Must(w.By(other_first ? "reviewer-s" : "reviewer-1", Approve(ref)));
    w.Must(w.By(other_first ? "reviewer-1" : "reviewer-s", Approve(ref)));
    EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_APPROVED);
  }
}

TEST(Policy, AmountsAreSumsWhateverTheirSigns) {
  World w;
  w.FundWorks1();
  const auto amount = [&w](const v1::Action& action) {
    return static_cast<int64_t>(AmountOf(w.books(), action).value_or(-1));
  };
  EXPECT_EQ(amount(Adjust({{"works-1", "fund-1", -3_yuan}, {"works-2", "fund-1", 3_yuan}}, kDay)), 6_yuan);
  EXPECT_EQ(amount(Request({{"works-1", "fund-1", 3_yuan}, {"works-2", "fund-1", 4_yuan}}, kDay)), 7_yuan);
  EXPECT_EQ(amount(Reclaim({"works-1", "fund-1", 5_yuan}, "fund-2", kDay)), 5_yuan);
  EXPECT_EQ(amount(Reverse(w.Agreed(Receive("fund-1", 1_fen, kDay)), kDay)), 1);
  const auto paid = w.Instructed(9_yuan, "2020-03-02");
  const auto confirmation = w.Must(w.Treasury(ConfirmDirect(paid, "v-1", "2020-03-02")));
  EXPECT_EQ(amount(Reverse(confirmation, kDay)), 9_yuan);
  EXPECT_EQ(amount(RegisterFund("x", 2020)), 0);
}

TEST(Policy, OneThatCannotBeDoneIsRefused) {
  World w;
  const auto why = [&w](const v1::Policy& policy) { return Why(w.Admin(ChangePolicy(policy))); };
  const auto any = v1::APPROVER_PLACE_ANY;
  for (const char* fixed : {"register_officer", "rotate_key", "recover_key", "move_officer",
                            "dismiss_officer", "change_policy"}) {
    EXPECT_EQ(why(With(w, fixed, 0, v1::ROLE_INSPECTOR, any)), "POLICY_INVALID") << fixed;
  }
  for (const char* kind : {"confirm", "approve", "start_project", "genesis", "nothing", ""}) {
    EXPECT_EQ(why(With(w, kind, 0, v1::ROLE_INSPECTOR, any)), "POLICY_INVALID") << kind;
  }
  for (const v1::Role role :
       {v1::ROLE_UNSPECIFIED, v1::ROLE_FINANCE_CLERK, v1::ROLE_TREASURY, v1::ROLE_AUDITOR, v1::ROLE_ADMIN}) {
    EXPECT_EQ(why(With(w, "receive", 0, role, any)), "POLICY_INVALID") << role;
  }
  EXPECT_EQ(why(With(w, "receive", -1, v1::ROLE_INSPECTOR, any)), "POLICY_INVALID");
  EXPECT_EQ(why(With(w, "register_fund", 1, v1::ROLE_INSPECTOR, any)), "POLICY_INVALID") << "has no amount";
  EXPECT_EQ(why(With(w, "receive", 0, v1::ROLE_INSPECTOR, v1::APPROVER_PLACE_UNSPECIFIED)), "POLICY_INVALID");
  v1::Policy policy = With(w, "receive", 0, v1::ROLE_INSPECTOR, any);
  policy.mutable_further_approvals(0)->clear_approvals();
  EXPECT_EQ(why(policy), "POLICY_INVALID");
  policy = Current(w);
  policy.set_two_reviewer_threshold_fen(0);
  EXPECT_EQ(why(policy), "POLICY_INVALID");
  policy = Current(w);
  policy.set_proposal_valid_days(-1);
  EXPECT_EQ(why(policy), "POLICY_INVALID");
  EXPECT_EQ(why(v1::Policy()), "POLICY_INVALID");
  // The last that is taken, and the first that is not.
  EXPECT_EQ(why(With(w, "receive", kMaxAmountFen, v1::ROLE_INSPECTOR, any)), "OK");
  EXPECT_EQ(why(With(w, "receive", kMaxAmountFen + 1, v1::ROLE_INSPECTOR, any)), "POLICY_INVALID");
  policy = With(w, "receive", 0, v1::ROLE_INSPECTOR, any);
  const v1::FurtherApproval approval = policy.further_approvals(0).approvals(0);
  while (policy.further_approvals(0).approvals_size() < 8)
    *policy.mutable_further_approvals(0)->add_approvals() = approval;
  EXPECT_EQ(why(policy), "OK");
  *policy.mutable_further_approvals(0)->add_approvals() = approval;
  EXPECT_EQ(why(policy), "POLICY_INVALID");
  policy = With(w, "receive", 0, v1::ROLE_INSPECTOR, any);
  const v1::FurtherApprovals rule = policy.further_approvals(0);
  while (policy.further_approvals_size() < 100) *policy.add_further_approvals() = rule;
  EXPECT_EQ(why(policy), "OK");
  *policy.add_further_approvals() = rule;
  EXPECT_EQ(why(policy), "POLICY_INVALID");
  EXPECT_EQ(why(With(w, "receive", 0, v1::ROLE_INSPECTOR, any)), "OK");
}

// Whatever a policy says, no slot that the rules demand is missing.
TEST(Policy, TakesNothingAwayFromTheRules) {
  World plain;
  plain.FundWorks1();
  World w;
  w.FundWorks1();
  v1::Policy policy = With(w, "receive", 0, v1::ROLE_INSPECTOR, v1::APPROVER_PLACE_ANY);
  policy.set_two_reviewer_threshold_fen(INT64_MAX);
  PutInForce(&w, policy);
  const std::pair<const char*, v1::Action> proposals[] = {
      {"clerk-1", Receive("fund-1", 1_yuan, kDay)},
      {"town-a-1", Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")},
      {"clerk-1", Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")},
      {"clerk-1", RotateKey("next")},
      {"admin-1", RegisterOfficer("x", "finance", v1::ROLE_TREASURY)},
      {"admin-1", DismissOfficer("clerk-2")},
      {"admin-1", ChangePolicy(Current(plain))}};
  for (const auto& [officer, action] : proposals) {
    const sv1::Proposal floor = plain.ProposalOf(plain.Must(plain.By(officer, action)));
    const sv1::Proposal here = w.ProposalOf(w.Must(w.By(officer, action)));
    ASSERT_GE(here.slots_size(), floor.slots_size());
    for (int i = 0; i < floor.slots_size(); ++i) {
      EXPECT_EQ(here.slots(i).SerializeAsString(), floor.slots(i).SerializeAsString());
    }
  }
}

TEST(Policy, OfTwoChangesTheSecondIsProposedAnewOnTopOfTheFirst) {
  World w;
  v1::Policy policy = Current(w);
  policy.set_proposal_valid_days(90);
  const auto late = w.Must(w.Admin(ChangePolicy(policy)));
  policy.set_proposal_valid_days(60);
  PutInForce(&w, policy);
  EXPECT_EQ(Why(w.OtherAdmin(Approve(late))), "POLICY_CHANGED");
  EXPECT_EQ(Current(w).proposal_valid_days(), 60);
  EXPECT_EQ(Why(w.OtherAdmin(Reject(late))), "OK");
}

TEST(Policy, MayDemandAPersonCode) {
  World w;
  v1::Policy policy = Current(w);
  policy.set_person_code_required(true);
  PutInForce(&w, policy);
  EXPECT_EQ(Why(w.Admin(RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP))), "PERSON_CODE_MISSING");
  EXPECT_EQ(Why(w.Admin(RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP, Person("x")))), "OK");
}

// ---- Expiry ----

TEST(Expiry, ReleasesWhatAnExpiredRequestReserved) {
  World w({.proposal_valid_days = 10});
  w.FundWorks1(100_yuan);
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.On("2020-06-11", 23, 59, 58);
  EXPECT_EQ(Why(w.TownA(ExpireProposal(ref))), "NOT_EXPIRED");
  EXPECT_EQ(w.Reserved(), 100_yuan);
  w.On("2020-06-12", 0, 0, 0);
  w.Must(w.By("inspector-1", ExpireProposal(ref)));
  EXPECT_EQ(w.Reserved(), 0);
  EXPECT_EQ(w.Available(), 100_yuan);
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_EXPIRED);
  EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_EXPIRED);
  EXPECT_EQ(Why(w.TownA(ExpireProposal(ref))), "PROPOSAL_NOT_OPEN");
  EXPECT_EQ(Why(w.TownA(Withdraw(ref))), "PROPOSAL_NOT_OPEN");
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSAL_NOT_OPEN");
}

TEST(Expiry, IsSaidByAUnitOfItsOwnProposalsOnly) {
  World w({.proposal_valid_days = 10});
  w.FundWorks1(100_yuan);
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.On("2020-07-01");
  EXPECT_EQ(Why(w.TownB(ExpireProposal(ref))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.By("village-a1-1", ExpireProposal(ref))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.By("auditor-1", ExpireProposal(ref))), "ROLE_NOT_ALLOWED");
  EXPECT_EQ(Why(w.TownA2(ExpireProposal(ref))), "OK");
}

TEST(Expiry, NeverComesToWhatIsApprovedOrNeverExpires) {
  World w({.proposal_valid_days = 10});
  w.FundWorks1(100_yuan);
  const auto approved = w.Agreed(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02"));
  w.On("2020-07-01");
  EXPECT_EQ(Why(w.Clerk(ExpireProposal(approved))), "PROPOSAL_NOT_OPEN");
  World never({.proposal_valid_days = 0});
  const auto open = never.Must(never.Clerk(Receive("fund-1", 1_yuan, kDay)));
  never.On("2099-12-31");
  EXPECT_EQ(Why(never.Clerk(ExpireProposal(open))), "NOT_EXPIRED");
}

TEST(Expiry, NamesWhatWasShown) {
  World w({.proposal_valid_days = 10});
  auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, kDay)));
  w.On("2020-07-01");
  ref.mutable_leaf_hash()->front() ^= 1;
  EXPECT_EQ(Why(w.Clerk(ExpireProposal(ref))), "ACTION_REF_MISMATCH");
}

}  // namespace
}  // namespace fundledger::books::testing
