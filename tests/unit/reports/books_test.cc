// The same on books that the books' own rules made: what is reported rests on how they post and total.
#include <optional>

#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

const int32_t kToday = Day(2020, 6, 16);
const int32_t kSpring = Day(2020, 3, 1);

class ReportsOnBooksTest : public ::testing::Test {
 protected:
  ReportsOnBooksTest() {
    v1::Genesis genesis;
    genesis.mutable_policy()->set_two_reviewer_threshold_fen(1'000'000'000);
    ledger_.Genesis(genesis, Day(2000, 1, 1));
    ledger_.Officer("clerk", "city", v1::ROLE_FINANCE_CLERK);
    ledger_.Officer("reviewer", "city", v1::ROLE_FINANCE_REVIEWER);
    ledger_.Officer("treasurer", "city", v1::ROLE_TREASURY);
    ledger_.Officer("bureau-officer", "bureau", v1::ROLE_DEPARTMENT);
    ledger_.Officer("town-officer", "town", v1::ROLE_TOWNSHIP);
    ledger_.Payee("payee");
    for (const char* fund : {"F", "G"}) {
      ledger_.Fund(fund, 2020, {"special"});
      Approved("clerk", kSpring, [&](auto& a) {
        a.mutable_receive()->set_fund(fund);
        a.mutable_receive()->set_amount_fen(100000);
      });
    }
    Do("town-officer", kSpring, [](auto& a) {
      auto* project = a.mutable_declare_project();
      project->set_id("P");
      project->set_name("项目");
      project->set_kind(v1::PROJECT_KIND_WORKS);
      project->set_organization("village");
      project->set_programme("housing");
    });
    Approved("bureau-officer", kSpring + 1, [](auto& a) {
      a.mutable_approve_project()->set_project("P");
      a.mutable_approve_project()->set_plan_year(2020);
    });
    Approved("clerk", kSpring + 1, [](auto& a) {
      Line(a.mutable_plan()->add_lines(), "F", 50000);
      Line(a.mutable_plan()->add_lines(), "G", 7000);
    });
    Approved("clerk", kSpring + 2, [](auto& a) { Line(a.mutable_allocate()->add_lines(), "F", 40000); });
  }

  static void Line(v1::LineAmount* line, const std::string& fund, int64_t fen) {
    line->set_project("P");
    line->set_fund(fund);
    line->set_amount_fen(fen);
  }

  // One record with one action; what names it.
  template <typename Fill>
  v1::ActionRef Do(const std::string& officer, std::optional<int32_t> day, Fill fill) {
    books::RecordContext record;
    record.sequence = ledger_.last() + 1;
    record.recorded_at_us = int64_t{kToday} * 86'400'000'000;
    record.leaf_hash.bytes.fill(static_cast<uint8_t>(record.sequence));
    v1::Submission submission;
    submission.set_officer(officer);
    v1::Action& action = *submission.add_actions();
    if (day.has_value()) *action.mutable_date() = On(*day).date();
    fill(action);
    const auto effects = books::Apply(ledger_, record, submission);
    EXPECT_TRUE(effects.ok()) << effects.status();
    if (effects.ok()) ledger_.Take(*effects);
    v1::ActionRef ref;
    ref.set_sequence(record.sequence);
    ref.set_leaf_hash(record.leaf_hash.str());
    return ref;
  }
  void Approve(const v1::ActionRef& proposal) {
    Do("reviewer", std::nullopt, [&](auto& a) { *a.mutable_approve()->mutable_proposal() = proposal; });
  }
  template <typename Fill>
  v1::ActionRef Approved(const std::string& officer, int32_t day, Fill fill) {
    const v1::ActionRef proposal = Do(officer, day, fill);
    Approve(proposal);
    return proposal;
  }
  static void FillVoucher(int number, v1::Voucher* voucher) {
    voucher->set_issuer("bank");
    voucher->set_type("out");
    voucher->set_year(2020);
    voucher->set_number(std::to_string(number));
  }
  v1::ActionRef Pay(int64_t fen, int number, v1::ConfirmMode mode) {
    const v1::ActionRef payment = Approved("clerk", kSpring + 3, [&](auto& a) {
      a.set_reference("R-" + std::to_string(number));
      a.mutable_request_payment()->set_kind(v1::PAYMENT_KIND_PROGRESS);
      a.mutable_request_payment()->set_payee("payee");
      Line(a.mutable_request_payment()->add_lines(), "F", fen);
    });
    Do("treasurer", kSpring + 3, [&](auto& a) { *a.mutable_instruct()->mutable_payment() = payment; });
    confirmation_ = Do("treasurer", kSpring + 4, [&](auto& a) {
      *a.mutable_confirm()->mutable_payment() = payment;
      a.mutable_confirm()->set_mode(mode);
      FillVoucher(number, a.mutable_confirm()->mutable_voucher());
    });
    return payment;
  }
  v1::Amounts Total(const v1::AsOf& as_of = {}) const {
    v1::GetStatementRequest request;
    *request.mutable_as_of() = as_of;
    return Answer(Statement(ledger_.source(), request)).total();
  }

  Ledger ledger_;
  v1::ActionRef confirmation_;
};

TEST_F(ReportsOnBooksTest, EveryMeasureIsTheSameByTotalsAndByPostings) {
  const v1::ActionRef direct = Pay(9000, 1, v1::CONFIRM_MODE_DIRECT);
  Pay(500, 2, v1::CONFIRM_MODE_TRANSFER);
  Pay(77, 3, v1::CONFIRM_MODE_DIRECT);
  Approved("clerk", kToday, [this](auto& a) {
    *a.mutable_reverse()->mutable_action() = confirmation_;
    a.mutable_reverse()->set_reason("never left");
  });
  Approved("treasurer", kToday, [&](auto& a) {
    *a.mutable_refund()->mutable_payment() = direct;
    Line(a.mutable_refund()->add_lines(), "F", 1000);
    FillVoucher(9, a.mutable_refund()->mutable_voucher());
  });
  Approved("clerk", kToday, [](auto& a) { Line(a.mutable_change_plan()->add_lines(), "G", -600); });
  Approved("clerk", kToday, [](auto& a) {
    Line(a.mutable_reclaim()->mutable_line(), "F", 300);
    a.mutable_reclaim()->set_to_fund("G");
  });
  const v1::Amounts total = Total();
  EXPECT_EQ(total.planned_fen(), 56400);
  EXPECT_EQ(total.planned_initially_fen(), 57000);
  EXPECT_EQ(total.allocated_fen(), 39700);
  EXPECT_EQ(total.paid_fen(), 8000);
  EXPECT_EQ(total.held_fen(), 500);
  EXPECT_EQ(total.available_fen(), 31200);
  EXPECT_TRUE(Same(total, Total(On(kToday))));
  EXPECT_EQ(Total(On(kToday - 1)).disbursed_fen(), 9577);

  v1::ListPaymentsRequest all;
  const auto payments = Answer(Payments(ledger_.source(), all));
  ASSERT_EQ(payments.payments_size(), 3);
  int64_t held = 0, paid = 0;
  for (const auto& payment : payments.payments()) {
    held += payment.held_fen();
    paid += payment.paid_fen();
  }
  EXPECT_EQ(held, total.held_fen());
  EXPECT_EQ(paid, total.paid_fen());
  EXPECT_EQ(payments.payments(2).state(), "reversed");
}

TEST_F(ReportsOnBooksTest, FindsAPaymentByTheReferenceTheBooksTook) {
  const v1::ActionRef payment = Pay(10, 1, v1::CONFIRM_MODE_DIRECT);
  v1::GetPaymentRequest request;
  request.set_organization("city");
  request.set_reference("R-1");
  const auto answer = Answer(Payment(ledger_.source(), request)).payment();
  EXPECT_TRUE(Same(answer.request(), payment));
  EXPECT_EQ(answer.state(), "confirmed");
  EXPECT_EQ(answer.events_size(), 4);
}

TEST_F(ReportsOnBooksTest, BriefsAndListsWhatTheBooksHold) {
  Pay(9000, 1, v1::CONFIRM_MODE_DIRECT);
  v1::GetBriefingRequest request;
  request.set_year(2020);
  *request.mutable_as_of() = On(kToday);
  const auto briefing = Answer(Briefing(ledger_.source(), request));
  EXPECT_EQ(briefing.projects(), 1);
  EXPECT_EQ(briefing.planned_fen(), 57000);
  EXPECT_EQ(briefing.disbursed_township_fen(), 9000);
  EXPECT_EQ(briefing.received_fen(), 200000);
  const auto funds = Answer(Funds(ledger_.source(), {}));
  EXPECT_EQ(funds.funds(0).amounts().unallocated_fen(), 60000);
  EXPECT_EQ(funds.funds(0).amounts().received_fen(), 100000);
  const auto proposals = Answer(Proposals(ledger_.source(), {}));
  for (const auto& proposal : proposals.proposals()) EXPECT_EQ(proposal.state(), "approved");
}

}  // namespace
}  // namespace fundledger::reports
