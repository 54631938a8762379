#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

constexpr int32_t kDay = 18300;

class ProposalsTest : public ::testing::Test {
 protected:
  ProposalsTest() {
    ledger_.Genesis(v1::Genesis(), kDay);
    ledger_.Officer("clerk", "bureau", v1::ROLE_FINANCE_CLERK);
    ledger_.Officer("reviewer", "bureau", v1::ROLE_FINANCE_REVIEWER);
    ledger_.Officer("reviewer2", "bureau", v1::ROLE_FINANCE_REVIEWER);
    ledger_.Officer("auditor", "bureau", v1::ROLE_AUDITOR);
  }

  Sequence Propose(int slots = 1) {
    v1::Action action;
    action.mutable_receive()->set_fund("F");
    return ledger_.Propose(action, "clerk", std::vector<v1::Role>(slots, v1::ROLE_FINANCE_REVIEWER), kDay)
        .sequence();
  }
  std::vector<v1::ProposalView> All(const v1::ListProposalsRequest& request) const {
    const auto answer = Answer(Proposals(ledger_.source(), request));
    return {answer.proposals().begin(), answer.proposals().end()};
  }
  size_t Approvable(const std::string& officer) const {
    v1::ListProposalsRequest request;
    request.set_approvable_by(officer);
    return All(request).size();
  }

  Ledger ledger_;
};

TEST_F(ProposalsTest, ListsThemInTheOrderOfTheLogWithTheirStates) {
  const Sequence approved = Propose();
  const Sequence rejected = Propose();
  const Sequence open = Propose();
  ledger_.Answer(approved, sv1::PROPOSAL_STATE_APPROVED, "reviewer", kDay);
  ledger_.Answer(rejected, sv1::PROPOSAL_STATE_REJECTED, "reviewer", kDay);
  const auto all = All({});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].ref().sequence(), approved);
  EXPECT_EQ(all[0].state(), "approved");
  EXPECT_EQ(all[0].approvals(0).officer(), "reviewer");
  EXPECT_EQ(all[1].state(), "rejected");
  EXPECT_EQ(all[1].reason(), "because");
  EXPECT_EQ(all[2].state(), "open");
  v1::ListProposalsRequest open_only;
  open_only.set_open_only(true);
  ASSERT_EQ(All(open_only).size(), 1u);
  EXPECT_EQ(All(open_only)[0].ref().sequence(), open);
}

TEST_F(ProposalsTest, ApprovableByIsWhatTheBooksSay) {
  const Sequence two_slots = Propose(2);
  Propose();
  EXPECT_EQ(Approvable("reviewer"), 2u);
  EXPECT_EQ(Approvable("clerk"), 0u);    // proposed it
  EXPECT_EQ(Approvable("auditor"), 0u);  // not the role
  ledger_.FillSlot(two_slots, "reviewer", kDay);
  EXPECT_EQ(Approvable("reviewer"), 1u);
  EXPECT_EQ(Approvable("reviewer2"), 2u);
  ledger_.Answer(two_slots, sv1::PROPOSAL_STATE_APPROVED, "reviewer2", kDay);
  EXPECT_EQ(Approvable("reviewer2"), 1u);
  v1::ListProposalsRequest request;
  request.set_approvable_by("nobody");
  EXPECT_EQ(ReasonOfAnswer(Proposals(ledger_.source(), request)), "OFFICER_NOT_FOUND");
}

TEST_F(ProposalsTest, LaterPagesShowProposalsAsTheFirstPageWouldHave) {
  std::vector<Sequence> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Propose(i == 3 ? 2 : 1));
  ledger_.Answer(ids[2], sv1::PROPOSAL_STATE_APPROVED, "reviewer", kDay);
  const auto whole = All({});
  v1::ListProposalsRequest request;
  request.set_page_size(1);
  v1::ListProposalsResponse page = Answer(Proposals(ledger_.source(), request));

  ledger_.Answer(ids[1], sv1::PROPOSAL_STATE_REJECTED, "reviewer", kDay);
  ledger_.Answer(ids[2], sv1::PROPOSAL_STATE_WITHDRAWN, "clerk", kDay);  // as an approved payment may be
  ledger_.FillSlot(ids[3], "reviewer", kDay);
  ledger_.Answer(ids[4], sv1::PROPOSAL_STATE_APPROVED, "reviewer", kDay);
  Propose();

  std::vector<v1::ProposalView> seen(page.proposals().begin(), page.proposals().end());
  while (!page.next_page_token().empty()) {
    request.set_page_token(page.next_page_token());
    page = Answer(Proposals(ledger_.source(), request));
    seen.insert(seen.end(), page.proposals().begin(), page.proposals().end());
  }
  ASSERT_EQ(seen.size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Same(seen[i], whole[i])) << seen[i].DebugString();
}

}  // namespace
}  // namespace fundledger::reports
