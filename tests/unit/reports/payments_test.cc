#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

constexpr int32_t kDay = 18300;

class PaymentsTest : public ::testing::Test {
 protected:
  PaymentsTest() {
    ledger_.Fund("F", 2020, {});
    ledger_.Project("P", "town", "housing", kDay);
    ledger_.Project("Q", "town", "housing", kDay);
    ledger_.Receive("F", 10000, kDay);
    ledger_.Plan("P", "F", 5000, kDay);
    ledger_.Allocate("P", "F", 5000, kDay);
  }

  v1::PaymentView Get(Sequence request) const {
    v1::GetPaymentRequest ask;
    ask.mutable_request()->set_sequence(request);
    return Answer(Payment(ledger_.source(), ask)).payment();
  }
  int Count(const v1::ListPaymentsRequest& request) const {
    return Answer(Payments(ledger_.source(), request)).payments_size();
  }

  Ledger ledger_;
};

TEST_F(PaymentsTest, FollowsAPaymentFromRequestToRefund) {
  const Sequence id = ledger_.Request("P", "F", 300, kDay, "R-1");
  EXPECT_EQ(Get(id).state(), "requested");
  EXPECT_EQ(Get(id).amount_fen(), 300);
  EXPECT_EQ(Get(id).paid_fen(), 0);
  EXPECT_FALSE(Get(id).has_voucher());
  ledger_.Step(id, sv1::PAYMENT_STATE_INSTRUCTED, kDay + 1);
  EXPECT_EQ(Get(id).state(), "instructed");
  ledger_.Confirm(id, v1::CONFIRM_MODE_DIRECT, kDay + 2);
  EXPECT_EQ(Get(id).state(), "confirmed");
  EXPECT_EQ(Get(id).paid_fen(), 300);
  EXPECT_EQ(Get(id).held_fen(), 0);
  EXPECT_TRUE(Get(id).has_voucher());
  ledger_.Refund(id, 100, kDay + 3);
  EXPECT_EQ(Get(id).state(), "confirmed");
  EXPECT_EQ(Get(id).paid_fen(), 200);
  ASSERT_EQ(Get(id).events_size(), 3);
  EXPECT_EQ(Get(id).events(2).state(), "confirmed");
}

TEST_F(PaymentsTest, ATransferIsHeldUntilSpentAndAReversedConfirmationLeavesNothing) {
  const Sequence transfer = ledger_.Request("P", "F", 300, kDay);
  ledger_.Confirm(transfer, v1::CONFIRM_MODE_TRANSFER, kDay);
  EXPECT_EQ(Get(transfer).held_fen(), 300);
  EXPECT_EQ(Get(transfer).paid_fen(), 0);
  ledger_.ReverseConfirmation(transfer, kDay);
  EXPECT_EQ(Get(transfer).state(), "reversed");
  EXPECT_EQ(Get(transfer).held_fen(), 0);
}

TEST_F(PaymentsTest, FindsOneByItsRequestOrByItsReference) {
  const Sequence id = ledger_.Request("P", "F", 300, kDay, "R-1");
  v1::GetPaymentRequest ask;
  ask.set_organization("town");
  ask.set_reference("R-1");
  EXPECT_EQ(Answer(Payment(ledger_.source(), ask)).payment().request().sequence(), id);
  ask.set_reference("R-2");
  EXPECT_EQ(ReasonOfAnswer(Payment(ledger_.source(), ask)), "PAYMENT_NOT_FOUND");
  EXPECT_EQ(ReasonOfAnswer(Payment(ledger_.source(), {})), "PAYMENT_NOT_FOUND");
  ask = {};
  *ask.mutable_request() = Get(id).request();
  EXPECT_EQ(Answer(Payment(ledger_.source(), ask)).payment().reference(), "R-1");
  ask.mutable_request()->set_leaf_hash(std::string(32, 'x'));
  EXPECT_EQ(ReasonOfAnswer(Payment(ledger_.source(), ask)), "ACTION_REF_MISMATCH");
  ask.mutable_request()->set_sequence(1);
  EXPECT_EQ(ReasonOfAnswer(Payment(ledger_.source(), ask)), "PAYMENT_NOT_FOUND");
}

TEST_F(PaymentsTest, FiltersByProjectOrganizationAndState) {
  ledger_.Request("P", "F", 300, kDay);
  ledger_.Confirm(ledger_.Request("P", "F", 200, kDay), v1::CONFIRM_MODE_DIRECT, kDay);
  v1::ListPaymentsRequest request;
  EXPECT_EQ(Count(request), 2);
  request.set_state("confirmed");
  EXPECT_EQ(Count(request), 1);
  request.set_state("paid");
  EXPECT_EQ(ReasonOfAnswer(Payments(ledger_.source(), request)), "STATE_INVALID");
  request = {};
  request.set_project("Q");
  EXPECT_EQ(Count(request), 0);
  request.set_project("X");
  EXPECT_EQ(ReasonOfAnswer(Payments(ledger_.source(), request)), "PROJECT_NOT_FOUND");
  request = {};
  request.set_organization("bureau");
  EXPECT_EQ(Count(request), 0);
  request.set_organization("X");
  EXPECT_EQ(ReasonOfAnswer(Payments(ledger_.source(), request)), "ORGANIZATION_NOT_FOUND");
}

// All that happens between two pages is left out of the second, whatever it does to a payment.
TEST_F(PaymentsTest, LaterPagesShowPaymentsAsTheFirstPageWouldHave) {
  std::vector<Sequence> ids;
  for (int i = 0; i < 7; ++i) ids.push_back(ledger_.Request("P", "F", 100 + i, kDay));
  for (const int i : {2, 3, 4, 5}) {
    ledger_.Confirm(ids[i], i == 3 ? v1::CONFIRM_MODE_TRANSFER : v1::CONFIRM_MODE_DIRECT, kDay);
  }
  ledger_.Refund(ids[4], 10, kDay);
  const v1::ListPaymentsResponse whole = Answer(Payments(ledger_.source(), {}));
  v1::ListPaymentsRequest request;
  request.set_page_size(1);
  v1::ListPaymentsResponse page = Answer(Payments(ledger_.source(), request));
  const Sequence first = page.basis().sequence();

  ledger_.Confirm(ids[1], v1::CONFIRM_MODE_DIRECT, kDay);
  ledger_.ReverseConfirmation(ids[2], kDay);
  ledger_.Refund(ids[3], 1, kDay);
  ledger_.Refund(ids[4], 20, kDay);
  ledger_.Step(ids[6], sv1::PAYMENT_STATE_WITHDRAWN, kDay);
  ledger_.Request("P", "F", 1, kDay);

  std::vector<v1::PaymentView> seen(page.payments().begin(), page.payments().end());
  while (!page.next_page_token().empty()) {
    request.set_page_token(page.next_page_token());
    page = Answer(Payments(ledger_.source(), request));
    EXPECT_EQ(page.basis().sequence(), first);
    seen.insert(seen.end(), page.payments().begin(), page.payments().end());
  }
  ASSERT_EQ(seen.size(), 7u);
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(Same(seen[i], whole.payments(i))) << seen[i].DebugString();
}

}  // namespace
}  // namespace fundledger::reports
