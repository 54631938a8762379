// Payments from request to refund.
#include "tests/unit/books/world.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

constexpr const char* kDay = "2020-03-02";

// works-1 on fund-1 and fund-2, 100 yuan each.
void FundTwoLines(World* w) {
  w->FundWorks1(100_yuan);
  w->Agreed(Receive("fund-2", 100_yuan, "2020-03-01"));
  w->Agreed(Plan({{"works-1", "fund-2", 100_yuan}}, "2020-03-01"));
  w->Agreed(Allocate({{"works-1", "fund-2", 100_yuan}}, "2020-03-01"));
}

// works-1 on fund-2019, 100 yuan, before the ledger began.
void FundBeforeTheLedger(World* w) {
  w->Agreed(Historical(Receive("fund-2019", 100_yuan, "2019-07-01")));
  w->Agreed(Historical(Plan({{"works-1", "fund-2019", 100_yuan}}, "2019-07-01")));
  w->Agreed(Historical(Allocate({{"works-1", "fund-2019", 100_yuan}}, "2019-07-01")));
}

TEST(Payments, GoFromAvailableToPaid) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 30_yuan}}, kDay)));
  EXPECT_EQ(w.Available(), 70_yuan);
  EXPECT_EQ(w.Reserved(), 30_yuan);
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_REQUESTED);
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(w.Reserved(), 30_yuan);
  w.Must(w.Treasury(Instruct(ref, kDay)));
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_INSTRUCTED);
  EXPECT_EQ(w.Reserved(), 30_yuan);
  w.Must(w.Treasury(ConfirmDirect(ref, "V1", kDay)));
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_CONFIRMED);
  EXPECT_EQ(w.Reserved(), 0);
  EXPECT_EQ(w.LineOf("works-1", "fund-1").paid_fen(), 30_yuan);
  EXPECT_EQ(w.LineOf("works-1", "fund-1").held_fen(), 0);
  EXPECT_EQ(w.LineOf("works-1", "fund-1").allocated_fen(), 100_yuan);
}

TEST(Payments, ATransferIsHeldAndNotPaid) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Instructed(30_yuan, kDay);
  w.Must(w.Treasury(ConfirmTransfer(ref, "V1", kDay)));
  EXPECT_EQ(w.LineOf("works-1", "fund-1").paid_fen(), 0);
  EXPECT_EQ(w.LineOf("works-1", "fund-1").held_fen(), 30_yuan);
  EXPECT_EQ(Total(w.ProposalOf(ref).payment().lines(0).held()), 30_yuan);
}

TEST(Payments, AnotherProposalIsNoPayment) {
  World w;
  w.FundWorks1(100_yuan);
  auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, kDay)));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Why(w.Treasury(Instruct(ref, kDay))), "PAYMENT_NOT_FOUND");
    EXPECT_EQ(Why(w.Treasury(ConfirmDirect(ref, "V1", kDay))), "PAYMENT_NOT_FOUND");
    EXPECT_EQ(Why(w.Treasury(Fail(ref, kDay))), "PAYMENT_NOT_FOUND");
    ref.set_leaf_hash(std::string(32, 'x'));
  }
}

TEST(Payments, RequestsTakeExactlyWhatIsAvailable) {
  World w;
  w.FundWorks1(100_yuan);
  EXPECT_EQ(Why(w.Clerk(Request({{"works-1", "fund-1", 100_yuan + 1}}, kDay))), "ACCOUNT_BELOW_ZERO");
  w.Must(w.Clerk(Request({{"works-1", "fund-1", 100_yuan}}, kDay)));
  EXPECT_EQ(Why(w.Clerk(Request({{"works-1", "fund-1", 1_fen}}, kDay))), "ACCOUNT_BELOW_ZERO");
}

TEST(Payments, ARequestIsNotDatedBeforeItsMoneyWasThere) {
  World w;
  w.FundWorks1(100_yuan, "2020-03-01");
  EXPECT_EQ(Why(w.Clerk(Request({{"works-1", "fund-1", 1_yuan}}, "2020-02-29"))), "ACCOUNT_BELOW_ZERO");
  w.Must(w.Clerk(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-01")));
}

TEST(Payments, BeginOnTheFirstOfJanuaryOfTheYear) {
  World w;
  w.On("2021-03-01");
  for (const v1::Action& action : {Receive("fund-2021", 100_yuan, "2020-07-01"),
                                   Plan({{"works-1", "fund-2021", 100_yuan}}, "2020-07-01"),
                                   Allocate({{"works-1", "fund-2021", 100_yuan}}, "2020-07-01")}) {
    w.Agreed(action);
  }
  EXPECT_EQ(Why(w.Clerk(Request({{"works-1", "fund-2021", 1_yuan}}, "2020-12-31"))),
            "DATE_TOO_EARLY_FOR_YEAR");
  const auto ref = w.Agreed(Request({{"works-1", "fund-2021", 1_yuan}}, "2021-01-01"));
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, "2020-12-31"))), "DATE_BEFORE_REQUEST");
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, "2021-01-01"))), "OK");
}

TEST(Payments, OverSeveralLinesAreOnePayment) {
  World w;
  FundTwoLines(&w);
  EXPECT_EQ(Why(w.Clerk(Request({{"works-1", "fund-1", 1_yuan}, {"works-1", "fund-2", 100_yuan + 1}}, kDay))),
            "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(w.Reserved("works-1", "fund-1"), 0);
  const auto ref = w.Agreed(Request({{"works-1", "fund-1", 10_yuan}, {"works-1", "fund-2", 20_yuan}}, kDay));
  w.Must(w.Treasury(Instruct(ref, kDay)));
  w.Must(w.Treasury(ConfirmDirect(ref, "V1", kDay)));
  EXPECT_EQ(w.LineOf("works-1", "fund-1").paid_fen(), 10_yuan);
  EXPECT_EQ(w.LineOf("works-1", "fund-2").paid_fen(), 20_yuan);
  w.Agreed(Refund(ref, {{"works-1", "fund-2", 5_yuan}}, "R1", "2020-03-03"), "treasury-1");
  EXPECT_EQ(w.LineOf("works-1", "fund-1").paid_fen(), 10_yuan);
  EXPECT_EQ(w.LineOf("works-1", "fund-2").paid_fen(), 15_yuan);
  EXPECT_EQ(w.Available("works-1", "fund-2"), 85_yuan);
  EXPECT_EQ(Why(w.Clerk(Request({{"works-1", "fund-1", 1_yuan}, {"works-1", "fund-1", 1_yuan}}, kDay))),
            "LINE_REPEATED");
}

TEST(Payments, RejectedWithdrawnOrFailedReleaseTheReserveExactly) {
  World w;
  FundTwoLines(&w);
  const auto request = Request({{"works-1", "fund-1", 30_yuan}, {"works-1", "fund-2", 40_yuan}}, kDay);
  const auto released = [&w] {
    return w.Available("works-1", "fund-1") == 100_yuan && w.Reserved("works-1", "fund-1") == 0 &&
           w.Available("works-1", "fund-2") == 100_yuan && w.Reserved("works-1", "fund-2") == 0;
  };
  const auto rejected = w.Must(w.Clerk(request));
  EXPECT_FALSE(released());
  w.Must(w.Reviewer(Reject(rejected, kDay)));
  EXPECT_TRUE(released());
  EXPECT_EQ(w.StateOf(rejected), sv1::PAYMENT_STATE_REJECTED);

  const auto withdrawn = w.Must(w.Clerk(request));
  w.Must(w.Clerk(Withdraw(withdrawn, kDay)));
  EXPECT_TRUE(released());

  const auto withdrawn_late = w.Agreed(request);
  w.Must(w.Clerk(Withdraw(withdrawn_late, kDay)));
  EXPECT_TRUE(released());
  EXPECT_EQ(w.StateOf(withdrawn_late), sv1::PAYMENT_STATE_WITHDRAWN);
  EXPECT_EQ(Why(w.Treasury(Instruct(withdrawn_late, kDay))), "PAYMENT_STATE_WRONG");

  const auto failed = w.Agreed(request);
  w.Must(w.Treasury(Instruct(failed, kDay)));
  EXPECT_EQ(Why(w.Clerk(Withdraw(failed))), "PAYMENT_STATE_WRONG");
  w.Must(w.Treasury(Fail(failed, kDay)));
  EXPECT_TRUE(released());
  EXPECT_EQ(w.StateOf(failed), sv1::PAYMENT_STATE_FAILED);
  EXPECT_EQ(Why(w.Treasury(ConfirmDirect(failed, "V1", kDay))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(Why(w.Treasury(Fail(failed, kDay))), "PAYMENT_STATE_WRONG");
}

// Whoever sees at the last moment that the payee is wrong can stop it, also a reviewer who approved it.
TEST(Payments, AnApprovedOneIsRejectedByAReviewerUntilItIsInstructed) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Agreed(Request({{"works-1", "fund-1", 30_yuan}}, kDay));
  for (const char* officer : {"clerk-1", "town-a-1", "treasury-1"}) {
    EXPECT_NE(Why(w.By(officer, Reject(ref, kDay))), "OK") << officer;
  }
  EXPECT_EQ(Why(w.By("town-a-1", Reject(ref, kDay))), "APPROVAL_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Reviewer(Reject(ref, "2020-02-28"))), "DATE_BEFORE_REQUEST");
  w.Must(w.Reviewer(Reject(ref, kDay)));
  EXPECT_EQ(w.Available(), 100_yuan);
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_REJECTED);
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, kDay))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(Why(w.Reviewer(Reject(ref, kDay))), "PROPOSAL_NOT_OPEN");
  EXPECT_EQ(Why(w.Clerk(Withdraw(ref, kDay))), "PROPOSAL_NOT_OPEN");

  const auto instructed = w.Agreed(Request({{"works-1", "fund-1", 30_yuan}}, kDay));
  w.Must(w.Treasury(Instruct(instructed, kDay)));
  EXPECT_EQ(Why(w.Reviewer(Reject(instructed, kDay))), "PAYMENT_STATE_WRONG");
  // What is approved and no payment has taken effect: it is reversed, if at all.
  const auto received = w.Agreed(Receive("fund-1", 1_yuan, kDay));
  EXPECT_EQ(Why(w.Reviewer(Reject(received))), "PROPOSAL_NOT_OPEN");
}

TEST(Payments, AnApprovedOneIsNotRejectedByWhoAskedForIt) {
  World w;
  w.FundWorks1(100_yuan);
  w.Decided(RegisterOfficer("clerk-x", "finance", v1::ROLE_FINANCE_CLERK, Person("x")), true);
  w.Decided(RegisterOfficer("reviewer-x", "finance", v1::ROLE_FINANCE_REVIEWER, Person("x")), true);
  const auto ref = w.Must(w.By("clerk-x", Request({{"works-1", "fund-1", 30_yuan}}, kDay)));
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(Why(w.By("reviewer-x", Reject(ref, kDay))), "SELF_APPROVAL");
  EXPECT_EQ(Why(w.By("clerk-x", Withdraw(ref, kDay))), "OK");
}

TEST(Payments, EveryStepHasItsOneTurn) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 30_yuan}}, kDay)));
  const auto refund = Refund(ref, {{"works-1", "fund-1", 1_yuan}}, "R1", kDay);
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, kDay))), "PAYMENT_STATE_WRONG");
  EXPECT_TRUE(absl::EndsWith(w.Treasury(Instruct(ref, kDay)).status.message(),
                             " is requested; it cannot be instructed now: it waits for approval"));
  EXPECT_EQ(Why(w.Treasury(ConfirmDirect(ref, "V1", kDay))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(Why(w.Treasury(Fail(ref, kDay))), "PAYMENT_STATE_WRONG");
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(Why(w.Treasury(ConfirmDirect(ref, "V1", kDay))), "PAYMENT_STATE_WRONG");
  w.Must(w.Treasury(Instruct(ref, kDay)));
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, kDay))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(Why(w.Treasury(refund)), "PAYMENT_STATE_WRONG");
  w.Must(w.Treasury(ConfirmDirect(ref, "V1", kDay)));
  EXPECT_EQ(Why(w.Treasury(ConfirmDirect(ref, "V2", kDay))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(Why(w.Treasury(Fail(ref, kDay))), "PAYMENT_STATE_WRONG");
  EXPECT_EQ(Why(w.Clerk(Withdraw(ref))), "PAYMENT_STATE_WRONG");
}

TEST(Payments, NothingIsDatedBeforeTheRequest) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 30_yuan}}, "2020-03-10")));
  EXPECT_EQ(Why(w.Reviewer(Reject(ref, "2020-03-09"))), "DATE_BEFORE_REQUEST");
  EXPECT_EQ(Why(w.Clerk(Withdraw(ref, "2020-03-09"))), "DATE_BEFORE_REQUEST");
  w.Must(w.Reviewer(Approve(ref)));
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, "2020-03-09"))), "DATE_BEFORE_REQUEST");
  w.Must(w.Treasury(Instruct(ref, "2020-03-10")));
  EXPECT_EQ(Why(w.Treasury(ConfirmDirect(ref, "V1", "2020-03-09"))), "DATE_BEFORE_REQUEST");
  EXPECT_EQ(Why(w.Treasury(Fail(ref, "2020-03-09"))), "DATE_BEFORE_REQUEST");
  w.Must(w.Treasury(ConfirmDirect(ref, "V1", "2020-03-10")));
}

TEST(Payments, NameThePaymentThatWasShown) {
  World w;
  w.FundWorks1(100_yuan);
  auto ref = w.Agreed(Request({{"works-1", "fund-1", 30_yuan}}, kDay));
  ref.mutable_leaf_hash()->back() ^= 1;
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, kDay))), "ACTION_REF_MISMATCH");
  ref.set_sequence(1);
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, kDay))), "PAYMENT_NOT_FOUND");
  EXPECT_EQ(Why(w.Treasury(Refund(ref, {{"works-1", "fund-1", 1_yuan}}, "R1", kDay))), "PAYMENT_NOT_FOUND");
}

TEST(Payments, SayWhoIsPaidAndForWhat) {
  World w;
  w.FundWorks1(100_yuan);
  const auto request = [&w](auto change, bool batch = false) {
    v1::Action action = Request({{"works-1", "fund-1", 1_yuan}}, kDay);
    if (batch) action = RequestBatch({{"works-1", "fund-1", 1_yuan}}, kDay);
    change(action.mutable_request_payment());
    return Why(w.Clerk(action));
  };
  EXPECT_EQ(request([](auto* r) { r->clear_kind(); }), "PAYMENT_KIND_MISSING");
  EXPECT_EQ(request([](auto* r) { r->clear_payee(); }), "RECIPIENT_MISSING");
  EXPECT_EQ(request([](auto* r) { r->set_payee("nobody"); }), "PAYEE_NOT_FOUND");
  EXPECT_EQ(request([](auto* r) { r->set_kind(v1::PAYMENT_KIND_SUBSIDY_BATCH); }), "RECIPIENT_MISMATCH");
  EXPECT_EQ(request([](auto* r) { r->set_kind(v1::PAYMENT_KIND_FINAL); }, true), "RECIPIENT_MISMATCH");
  EXPECT_EQ(request([](auto* r) { r->mutable_batch()->clear_subsidy(); }, true), "BATCH_MALFORMED");
  EXPECT_EQ(request([](auto* r) { r->mutable_batch()->clear_period(); }, true), "BATCH_MALFORMED");
  EXPECT_EQ(request([](auto* r) { r->mutable_batch()->clear_count(); }, true), "BATCH_MALFORMED");
  EXPECT_EQ(request([](auto* r) { r->mutable_batch()->clear_roster(); }, true), "ROSTER_MISSING");
  EXPECT_EQ(request([](auto* r) { r->mutable_batch()->set_roster("short"); }, true), "ROSTER_MISSING");
  EXPECT_EQ(request([](auto* r) { r->clear_lines(); }), "LINES_MISSING");
  EXPECT_EQ(request([](auto* r) { r->mutable_lines(0)->set_amount_fen(0); }), "AMOUNT_NOT_POSITIVE");
  EXPECT_EQ(request([](auto* r) { r->mutable_lines(0)->set_fund("fund-9"); }), "FUND_NOT_FOUND");
  EXPECT_EQ(request([](auto* r) { r->mutable_lines(0)->set_fund("fund-2"); }), "LINE_NOT_FOUND");
  EXPECT_EQ(request([](auto* r) { r->mutable_lines(0)->set_project("works-9"); }), "PROJECT_NOT_FOUND");
  EXPECT_EQ(request([](auto*) {}), "OK");
  EXPECT_EQ(request([](auto*) {}, true), "OK");
}

TEST(Payments, AHistoricalBatchMayLackItsRoster) {
  World w;
  FundBeforeTheLedger(&w);
  v1::Action batch = Historical(RequestBatch({{"works-1", "fund-2019", 1_yuan}}, "2019-12-31"));
  batch.mutable_request_payment()->mutable_batch()->set_roster("short");
  EXPECT_EQ(Why(w.Clerk(batch)), "ROSTER_MISSING");
  batch.mutable_request_payment()->mutable_batch()->clear_roster();
  const auto ref = w.Agreed(batch);
  w.Must(w.Treasury(Historical(Instruct(ref, "2019-12-31"))));
  w.Must(w.Treasury(ConfirmDirect(ref, "V1", "2020-01-01")));
}

TEST(Payments, AVoucherIsUsedOnce) {
  World w;
  w.FundWorks1(100_yuan);
  w.Paid(10_yuan, "V1", kDay);
  const auto second = w.Instructed(10_yuan, kDay);
  EXPECT_EQ(Why(w.Treasury(ConfirmDirect(second, "V1", kDay))), "VOUCHER_USED");
  EXPECT_EQ(Why(w.Treasury(ConfirmTransfer(second, "V1", kDay))), "VOUCHER_USED");
  // The same paper, typed otherwise.
  for (const char* typed : {" V1", "v1", "V 1", "Ｖ１", "V\u200b1", "V1　"}) {
    EXPECT_EQ(Why(w.Treasury(ConfirmDirect(second, typed, kDay))), "VOUCHER_USED") << typed;
  }
  v1::Action other_year = ConfirmDirect(second, "V1", kDay);
  other_year.mutable_confirm()->mutable_voucher()->set_year(2021);
  EXPECT_EQ(Why(w.Treasury(other_year)), "OK");
}

TEST(Payments, AVoucherIsUsedOnceByRefundsToo) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Paid(50_yuan, "V1", kDay);
  const auto refund = Refund(ref, {{"works-1", "fund-1", 1_yuan}}, "R1", kDay);
  const auto first = w.Must(w.Treasury(refund));
  const auto second = w.Must(w.Treasury(refund));
  w.Must(w.Reviewer(Approve(first)));
  EXPECT_EQ(Why(w.Reviewer(Approve(second))), "VOUCHER_USED");
  EXPECT_EQ(w.LineOf("works-1", "fund-1").paid_fen(), 49_yuan);
}

TEST(Payments, AVoucherIsWhole) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Instructed(10_yuan, kDay);
  const auto confirm = [&w, &ref](auto change) {
    v1::Action action = ConfirmDirect(ref, "V1", kDay);
    change(action.mutable_confirm()->mutable_voucher());
    return Why(w.Treasury(action));
  };
  EXPECT_EQ(confirm([](auto* v) { v->clear_issuer(); }), "VOUCHER_MALFORMED");
  EXPECT_EQ(confirm([](auto* v) { v->clear_type(); }), "VOUCHER_MALFORMED");
  EXPECT_EQ(confirm([](auto* v) { v->clear_number(); }), "VOUCHER_MALFORMED");
  EXPECT_EQ(confirm([](auto* v) { v->set_number(" 　"); }), "VOUCHER_MALFORMED");
  EXPECT_EQ(confirm([](auto* v) { v->set_year(1899); }), "VOUCHER_MALFORMED");
  EXPECT_EQ(confirm([](auto* v) { v->set_year(10000); }), "VOUCHER_MALFORMED");
  v1::Action modeless = ConfirmDirect(ref, "V1", kDay);
  modeless.mutable_confirm()->clear_mode();
  EXPECT_EQ(Why(w.Treasury(modeless)), "CONFIRM_MODE_MISSING");
}

TEST(Payments, RefundsGoUpToThePaymentAndNoFurther) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Paid(50_yuan, "V1", kDay);
  const auto refund = [&ref](int64_t amount, const char* voucher, const char* date = "2020-03-03") {
    return Refund(ref, {{"works-1", "fund-1", amount}}, voucher, date);
  };
  EXPECT_EQ(Why(w.Treasury(refund(50_yuan + 1, "R1"))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(refund(20_yuan, "R1"), "treasury-1");
  EXPECT_EQ(w.Available(), 70_yuan);
  EXPECT_EQ(Why(w.Treasury(refund(30_yuan + 1, "R2"))), "ACCOUNT_BELOW_ZERO");
  w.Agreed(refund(30_yuan, "R2"), "treasury-1");
  EXPECT_EQ(w.Available(), 100_yuan);
  EXPECT_EQ(Why(w.Treasury(refund(1_fen, "R3"))), "ACCOUNT_BELOW_ZERO");
}

TEST(Payments, ARefundBelongsToItsPaymentHoweverMuchTheLineHasPaid) {
  World w;
  w.FundWorks1(100_yuan);
  const auto small = w.Paid(10_yuan, "V1", kDay);
  w.Paid(50_yuan, "V2", kDay);
  EXPECT_EQ(Why(w.Treasury(Refund(small, {{"works-1", "fund-1", 11_yuan}}, "R1", kDay))),
            "ACCOUNT_BELOW_ZERO");
}

TEST(Payments, ARefundIsNotDatedBeforeTheConfirmation) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Instructed(50_yuan, kDay);
  w.Must(w.Treasury(ConfirmDirect(ref, "V1", "2020-03-20")));
  EXPECT_EQ(Why(w.Treasury(Refund(ref, {{"works-1", "fund-1", 1_yuan}}, "R1", "2020-03-19"))),
            "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(Why(w.Treasury(Refund(ref, {{"works-1", "fund-1", 1_yuan}}, "R1", "2020-03-20"))), "OK");
}

TEST(Payments, RefundsNameTheirLines) {
  World w;
  FundTwoLines(&w);
  const auto ref = w.Paid(50_yuan, "V1", kDay);
  EXPECT_EQ(Why(w.Treasury(Refund(ref, {}, "R1", kDay))), "LINES_MISSING");
  EXPECT_EQ(Why(w.Treasury(Refund(ref, {{"works-1", "fund-2", 1_yuan}}, "R1", kDay))), "REFUND_LINE_UNKNOWN");
  EXPECT_EQ(Why(w.Treasury(
                Refund(ref, {{"works-1", "fund-1", 1_yuan}, {"works-1", "fund-1", 1_yuan}}, "R1", kDay))),
            "LINE_REPEATED");
  EXPECT_EQ(Why(w.Treasury(Refund(ref, {{"works-1", "fund-1", 0}}, "R1", kDay))), "AMOUNT_NOT_POSITIVE");
  EXPECT_EQ(Why(w.Treasury(Refund(ref, {{"works-1", "fund-1", -1}}, "R1", kDay))), "AMOUNT_NOT_POSITIVE");
}

TEST(Payments, AHeldTransferIsRefundedFromWhatIsHeld) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Instructed(50_yuan, kDay);
  w.Must(w.Treasury(ConfirmTransfer(ref, "V1", kDay)));
  w.Agreed(Refund(ref, {{"works-1", "fund-1", 50_yuan}}, "R1", kDay), "treasury-1");
  EXPECT_EQ(w.LineOf("works-1", "fund-1").held_fen(), 0);
  EXPECT_EQ(w.Available(), 100_yuan);
}

TEST(Payments, AnUnapprovedRefundMovesNothing) {
  World w;
  w.FundWorks1(100_yuan);
  const auto ref = w.Paid(50_yuan, "V1", kDay);
  w.Must(w.Treasury(Refund(ref, {{"works-1", "fund-1", 50_yuan}}, "R1", kDay)));
  EXPECT_EQ(w.Available(), 50_yuan);
}

TEST(Payments, NoMoneyBeforeApproval) {
  World w;
  w.Must(w.TownA(DeclareProject("road", "town-a", "2020-03-01")));
  w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
  w.Agreed(Plan({{"road", "fund-1", 100_yuan}}, "2020-03-01"));
  w.Agreed(Allocate({{"road", "fund-1", 100_yuan}}, "2020-03-01"));
  const auto request = [](const char* date) { return Request({{"road", "fund-1", 1_yuan}}, date); };
  EXPECT_EQ(Why(w.TownA(request("2020-05-01"))), "PROJECT_NOT_APPROVED");
  w.Agreed(ApproveProject("road", 2020, "2020-05-02"), "housing-1");
  EXPECT_EQ(Why(w.TownA(request("2020-05-01"))), "PROJECT_NOT_APPROVED");
  EXPECT_EQ(Why(w.TownA(request("2020-05-02"))), "OK");
}

TEST(Payments, NothingIsAskedForASuspendedProjectWhateverTheDateSays) {
  World w;
  w.FundWorks1(100_yuan);
  const auto request = [](const char* date) { return Request({{"works-1", "fund-1", 1_yuan}}, date); };
  w.Must(w.TownA(SuspendProject("works-1", "2020-04-10")));
  EXPECT_EQ(Why(w.TownA(request("2020-05-01"))), "PROJECT_SUSPENDED");
  EXPECT_EQ(Why(w.TownA(request("2020-04-09"))), "PROJECT_SUSPENDED");
  EXPECT_EQ(Why(w.TownA(ResumeProject("works-1", "2020-04-09"))), "PROJECT_NOT_SUSPENDED");
  w.Must(w.TownA(ResumeProject("works-1", "2020-05-10")));
  EXPECT_EQ(Why(w.TownA(request("2020-05-09"))), "PROJECT_SUSPENDED");
  EXPECT_EQ(Why(w.TownA(request("2020-05-10"))), "OK");
  EXPECT_EQ(Why(w.TownA(request("2020-04-09"))), "OK");
}

TEST(Payments, WhatWasAskedBeforeASuspensionStopsAtTheNextStep) {
  World w;
  w.FundWorks1(100_yuan);
  const auto open = w.Must(w.Clerk(Request({{"works-1", "fund-1", 10_yuan}}, kDay)));
  const auto approved = w.Agreed(Request({{"works-1", "fund-1", 10_yuan}}, kDay));
  const auto instructed = w.Instructed(10_yuan, kDay);
  w.Must(w.TownA(SuspendProject("works-1", "2020-05-01")));
  EXPECT_EQ(Why(w.Reviewer(Approve(open))), "PROJECT_SUSPENDED");
  EXPECT_EQ(w.ProposalOf(open).state(), sv1::PROPOSAL_STATE_OPEN);
  EXPECT_EQ(Why(w.Treasury(Instruct(approved, "2020-05-02"))), "PROJECT_SUSPENDED");
  EXPECT_EQ(Why(w.Treasury(Instruct(approved, kDay))), "PROJECT_SUSPENDED");
  // That a bank paid is a fact.
  EXPECT_EQ(Why(w.Treasury(ConfirmDirect(instructed, "V1", "2020-05-02"))), "OK");
  // Money that comes back is always welcome.
  EXPECT_EQ(Why(w.Reviewer(Reject(open))), "OK");
  EXPECT_EQ(Why(w.Clerk(Withdraw(approved))), "OK");
  w.Agreed(Refund(instructed, {{"works-1", "fund-1", 10_yuan}}, "R1", "2020-05-03"), "treasury-1");
  EXPECT_EQ(w.Available(), 100_yuan);
}

TEST(Payments, ATerminatedProjectIsPaidNoMore) {
  World w;
  w.FundWorks1(100_yuan);
  const auto approved = w.Agreed(Request({{"works-1", "fund-1", 10_yuan}}, kDay));
  w.Agreed(TerminateProject("works-1", "2020-05-01"), "housing-1");
  EXPECT_EQ(Why(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-05-01"))), "PROJECT_TERMINATED");
  EXPECT_EQ(Why(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-04-30"))), "PROJECT_TERMINATED");
  EXPECT_EQ(Why(w.Treasury(Instruct(approved, "2020-04-30"))), "PROJECT_TERMINATED");
  EXPECT_EQ(Why(w.TownA(ResumeProject("works-1", "2020-05-02"))), "PROJECT_NOT_SUSPENDED");
  w.Agreed(ApproveProject("works-1", 2021, "2020-05-03"), "housing-1");
  EXPECT_EQ(Why(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-05-04"))), "PROJECT_TERMINATED");
}

// What was paid before the ledger began is loaded as it was, though the project has been stopped since.
TEST(Payments, OnlyAHistoricalLoadLooksAtItsOwnDayAlone) {
  World w;
  FundBeforeTheLedger(&w);
  w.Must(w.TownA(SuspendProject("works-1", "2020-05-01")));
  const auto ref = w.Agreed(Historical(Request({{"works-1", "fund-2019", 1_yuan}}, "2019-12-31")));
  EXPECT_EQ(Why(w.Treasury(Instruct(ref, "2020-01-01"))), "PROJECT_SUSPENDED");
  EXPECT_EQ(Why(w.Treasury(Historical(Instruct(ref, "2019-12-31")))), "OK");
}

}  // namespace
}  // namespace fundledger::books::testing
