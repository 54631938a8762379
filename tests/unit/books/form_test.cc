// What every action must look like: its date, its text, its reference, what it came from.
#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

TEST(Form, NoDateLiesAfterTheRecordsOwnDay) {
  World w;
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, "2020-06-02"))), "DATE_IN_FUTURE");
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, "2020-06-01"))), "OK");
}

TEST(Form, ADayBeginsAtMidnightOfTheLedgersTimeZone) {
  World w;
  w.On("2020-06-09", 23, 59, 59);  // 15:59:59 UTC
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, "2020-06-10"))), "DATE_IN_FUTURE");
  w.On("2020-06-10", 0, 0, 0);  // 16:00 UTC, still the 9th there
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, "2020-06-10"))), "OK");
  w.On("2020-06-11", 7, 59, 59);  // 23:59:59 UTC of the 10th
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, "2020-06-11"))), "OK");
  w.On("2020-06-11", 8, 0, 0);  // 00:00 UTC of the 11th
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, "2020-06-12"))), "DATE_IN_FUTURE");
}

TEST(Form, WhatLeavesItsDateOutCountsOnTheDayOfItsRecord) {
  World w;
  w.On("2020-06-10", 0, 0, 1);
  w.Must(w.Admin(RegisterCategory("bonds")));
  const EntityPtr category = *w.books().Get({EntityKind::kCategory, "bonds"});
  EXPECT_EQ(category->category().origin().day(), Date::FromCivil(2020, 6, 10)->days());
}

TEST(Form, ExactlyWhatLiesBeforeTheLedgerIsHistorical) {
  World w;  // first day 2020-01-01
  const auto receive = [](const char* date) { return Receive("fund-1", 1_yuan, date); };
  EXPECT_EQ(Why(w.Clerk(receive("2019-12-31"))), "HISTORICAL_MARK_WRONG");
  EXPECT_EQ(Why(w.Clerk(Historical(receive("2019-12-31")))), "OK");
  EXPECT_EQ(Why(w.Clerk(Historical(receive("2020-01-01")))), "HISTORICAL_MARK_WRONG");
  EXPECT_EQ(Why(w.Clerk(receive("2020-01-01"))), "OK");
  EXPECT_EQ(Why(w.Admin(Historical(RegisterCategory("bonds")))), "HISTORICAL_MARK_WRONG");
  const auto ref = w.Must(w.Clerk(receive("2020-03-01")));
  EXPECT_EQ(Why(w.Reviewer(Historical(Approve(ref)))), "HISTORICAL_MARK_WRONG");
}

TEST(Form, ARequiredDateIsThereAndAForbiddenOneIsNot) {
  World w;
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, ""))), "DATE_MISSING");
  const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  v1::Action approve = Approve(ref);
  *approve.mutable_date() = Day("2020-06-01");
  EXPECT_EQ(Why(w.Reviewer(approve)), "DATE_NOT_ALLOWED");
  EXPECT_EQ(Why(w.Reviewer(Reject(ref, "2020-06-01"))), "OK");
}

TEST(Form, ADayThatDoesNotExistIsRefused) {
  World w;
  const auto on = [&w](int year, int month, int day) {
    v1::Action action = Receive("fund-1", 1_yuan, "2020-03-01");
    action.mutable_date()->set_year(year);
    action.mutable_date()->set_month(month);
    action.mutable_date()->set_day(day);
    return Why(w.Clerk(action));
  };
  EXPECT_EQ(on(2020, 2, 30), "DATE_INVALID");
  EXPECT_EQ(on(2020, 13, 1), "DATE_INVALID");
  EXPECT_EQ(on(2020, 0, 1), "DATE_INVALID");
  EXPECT_EQ(on(0, 0, 0), "DATE_INVALID");
  EXPECT_EQ(on(1899, 12, 31), "DATE_INVALID");
  EXPECT_EQ(on(10000, 1, 1), "DATE_INVALID");
  EXPECT_EQ(on(INT32_MAX, INT32_MAX, INT32_MAX), "DATE_INVALID");
  EXPECT_EQ(on(INT32_MIN, INT32_MIN, INT32_MIN), "DATE_INVALID");
  EXPECT_EQ(on(2020, 2, 29), "OK");
}

TEST(Form, TextIsFitToBeKept) {
  World w;
  const auto note = [&w](std::string text) {
    v1::Action action = Receive("fund-1", 1_yuan, "2020-03-01");
    action.set_note(std::move(text));
    return Why(w.Clerk(action));
  };
  EXPECT_EQ(note("两行\n文字"), "TEXT_CONTROL_CHARACTER");
  EXPECT_EQ(note(std::string("zero\0byte", 9)), "TEXT_CONTROL_CHARACTER");
  EXPECT_EQ(note("\xff\xfe"), "TEXT_NOT_UTF8");
  EXPECT_EQ(note(std::string(501, 'x')), "TEXT_TOO_LONG");
  EXPECT_EQ(note(std::string(500, 'x')), "OK");
  EXPECT_EQ(note("联系 13800138000"), "PERSONAL_DATA");
  EXPECT_EQ(note("身份证 11010519491231002X"), "PERSONAL_DATA");
  EXPECT_EQ(note("转卡 6222020200112233440 谢谢").empty(), false);
}

TEST(Form, TextIsCheckedAtAnyDepth) {
  World w;
  const std::string mobile = "13800138000";
  v1::Action document = Receive("fund-1", 1_yuan, "2020-03-01");
  document.add_documents()->set_id(Person("document"));
  document.mutable_documents(0)->set_title(mobile);
  EXPECT_EQ(Why(w.Clerk(document)), "PERSONAL_DATA");
  v1::Action village = DeclareProject("road", "town-a", "2020-03-01");
  village.mutable_declare_project()->add_villages("一村");
  village.mutable_declare_project()->add_villages(mobile);
  EXPECT_EQ(Why(w.TownA(village)), "PERSONAL_DATA");
  EXPECT_EQ(Why(w.TownA(DeclareProject(mobile, "town-a", "2020-03-01"))), "PERSONAL_DATA");
  EXPECT_EQ(Why(w.Admin(RegisterOfficer(mobile, "town-a", v1::ROLE_TOWNSHIP))), "PERSONAL_DATA");
  v1::Action payee = RegisterPayee("payee-2", CreditCode("91420000MA0000002"));
  payee.mutable_register_payee()->add_accounts()->set_bank(mobile);
  EXPECT_EQ(Why(w.Clerk(payee)), "PERSONAL_DATA");
  w.FundWorks1();
  v1::Action batch = RequestBatch({{"works-1", "fund-1", 1_yuan}}, "2020-03-02");
  batch.mutable_request_payment()->mutable_batch()->set_subsidy(mobile);
  EXPECT_EQ(Why(w.Clerk(batch)), "PERSONAL_DATA");
}

// Numbers of papers may look like a person's, so they are let through – as numbers, not as a way round the
// check.
TEST(Form, ANumberMayLookPersonalButTextMayNotHideInIt) {
  World w;
  w.FundWorks1();
  const auto invoice = [&w](std::string text) {
    v1::Action action = Request({{"works-1", "fund-1", 1_fen}}, "2020-03-02");
    action.mutable_request_payment()->set_invoice(std::move(text));
    return Why(w.Clerk(action));
  };
  EXPECT_EQ(invoice("13800138000"), "OK");
  EXPECT_EQ(invoice("JX-13800138000/2"), "OK");
  EXPECT_EQ(invoice("张三 13800138000"), "PERSONAL_DATA");
  EXPECT_EQ(invoice("Zhang San 11010519491231002X"), "PERSONAL_DATA");
  EXPECT_EQ(invoice("发票〔2020〕12号"), "OK");
  const auto reference = [](std::string text) {
    return WithReference(Receive("fund-1", 1_yuan, "2020-03-01"), std::move(text));
  };
  EXPECT_EQ(Why(w.Clerk(reference("13800138000"))), "OK");
  EXPECT_EQ(Why(w.Clerk(reference("张三13800138000"))), "PERSONAL_DATA");
}

TEST(Form, AReferenceIsUsedOnceByAnOrganizationForAKindOfAction) {
  World w;
  const auto first = WithReference(Receive("fund-1", 1_yuan, "2020-03-01"), "row-1");
  w.Must(w.Clerk(first));
  EXPECT_EQ(Why(w.Clerk(first)), "REFERENCE_USED");
  EXPECT_EQ(Why(w.By("clerk-2", first)), "REFERENCE_USED");
  EXPECT_EQ(Why(w.Clerk(WithReference(Plan({{"works-1", "fund-1", 1_yuan}}, "2020-03-01"), "row-1"))), "OK");
  EXPECT_EQ(Why(w.TownA(WithReference(StartProject("works-1", "2020-03-01"), "r"))), "OK");
  EXPECT_EQ(Why(w.TownB(WithReference(StartProject("works-b", "2020-03-01"), "r"))), "OK");
}

TEST(Form, AReferenceOfARefusedSubmissionIsFree) {
  World w;
  const auto bad = WithReference(ReturnUp("fund-1", 1_yuan, "2020-03-01"), "row-1");
  EXPECT_EQ(Why(w.Clerk(bad)), "ACCOUNT_BELOW_ZERO");
  w.Agreed(Receive("fund-1", 1_yuan, "2020-03-01"));
  EXPECT_EQ(Why(w.Clerk(bad)), "OK");
}

TEST(Form, AReferenceHasItsLimits) {
  World w;
  const auto with = [&w](std::string reference) {
    return Why(w.Clerk(WithReference(Receive("fund-1", 1_yuan, "2020-03-01"), std::move(reference))));
  };
  EXPECT_EQ(with(std::string(65, 'r')), "REFERENCE_TOO_LONG");
  EXPECT_EQ(with(std::string(64, 'r')), "OK");
  EXPECT_EQ(with(std::string("a\0b", 3)), "TEXT_CONTROL_CHARACTER");
}

TEST(Form, ASourceRowIsAHashARowAndAReference) {
  World w;
  const auto with = [&w](size_t hash_size, uint32_t row, std::string reference) {
    v1::Action action = Receive("fund-1", 1_yuan, "2020-03-01");
    action.mutable_source()->set_file_hash(std::string(hash_size, 'h'));
    action.mutable_source()->set_row(row);
    return Why(w.Clerk(WithReference(action, std::move(reference))));
  };
  EXPECT_EQ(with(32, 2, ""), "REFERENCE_MISSING");
  EXPECT_EQ(with(31, 2, "r"), "SOURCE_MALFORMED");
  EXPECT_EQ(with(0, 2, "r"), "SOURCE_MALFORMED");
  EXPECT_EQ(with(32, 0, "r"), "SOURCE_MALFORMED");
  EXPECT_EQ(with(32, 2, "r"), "OK");
}

TEST(Form, ADocumentIsNamedByItsHash) {
  World w;
  v1::Action action = Receive("fund-1", 1_yuan, "2020-03-01");
  action.add_documents()->set_id(std::string(33, 'd'));
  EXPECT_EQ(Why(w.Clerk(action)), "DOCUMENT_MALFORMED");
  action.mutable_documents(0)->set_id(std::string(32, 'd'));
  EXPECT_EQ(Why(w.Clerk(action)), "OK");
  const TrailKey key{TrailDimension::kDocument, std::string(32, 'd')};
  EXPECT_TRUE(w.last_effects().trail.contains(key));
}

TEST(Form, AReasonThatShowsNothingIsNone) {
  World w;
  w.FundWorks1();
  const auto instructed = w.Instructed(1_yuan, "2020-03-02");
  const auto ref = w.Must(w.Clerk(Receive("fund-1", 1_yuan, "2020-03-01")));
  for (const char* blank : {"", " ", "　", "\u200b", " \u00a0"}) {
    const auto why = [&](const char* officer, v1::Action action, auto part) {
      (action.*part)()->set_reason(blank);
      return Why(w.By(officer, action));
    };
    EXPECT_EQ(why("reviewer-1", Reject(ref), &v1::Action::mutable_reject), "REASON_MISSING");
    EXPECT_EQ(why("clerk-1", Withdraw(ref), &v1::Action::mutable_withdraw), "REASON_MISSING");
    EXPECT_EQ(why("town-a-1", SuspendProject("works-1", "2020-03-01"), &v1::Action::mutable_suspend_project),
              "REASON_MISSING");
    EXPECT_EQ(
        why("housing-1", TerminateProject("works-1", "2020-03-01"), &v1::Action::mutable_terminate_project),
        "REASON_MISSING");
    EXPECT_EQ(why("clerk-1", Reverse(ref, "2020-03-01"), &v1::Action::mutable_reverse), "REASON_MISSING");
    EXPECT_EQ(why("admin-1", RevokeKey("clerk-1", "clerk-1"), &v1::Action::mutable_revoke_key),
              "REASON_MISSING");
    EXPECT_EQ(why("admin-1", RecoverKey("clerk-1", "other"), &v1::Action::mutable_recover_key),
              "REASON_MISSING");
    EXPECT_EQ(why("admin-1", MoveOfficer("housing-1", "education"), &v1::Action::mutable_move_officer),
              "REASON_MISSING");
    EXPECT_EQ(why("admin-1", DismissOfficer("clerk-1"), &v1::Action::mutable_dismiss_officer),
              "REASON_MISSING");
    EXPECT_EQ(why("treasury-1", Fail(instructed, "2020-03-02"), &v1::Action::mutable_fail), "REASON_MISSING");
  }
}

TEST(Form, TheActionsOfASubmissionHappenAllOrNone) {
  World w;
  const auto good = Receive("fund-1", 1_yuan, "2020-03-01");
  const auto bad = ReturnUp("fund-1", 1_yuan, "2020-03-01");
  const Outcome outcome = w.By("clerk-1", {good, bad});
  EXPECT_EQ(Why(outcome), "ACCOUNT_BELOW_ZERO");
  EXPECT_NE(outcome.status.message().find("action 1 (return_up)"), absl::string_view::npos);
  EXPECT_EQ(w.ProposalOf(outcome.ref).state(), sv1::PROPOSAL_STATE_UNSPECIFIED);
}

TEST(Form, ALaterActionSeesWhatAnEarlierOneDid) {
  World w;
  w.Must(w.By("admin-1", {RegisterProgramme("water"), RegisterProgramme("pipes", "water")}));
  EXPECT_EQ(
      Why(w.By("town-a-1", {StartProject("works-1", "2020-03-01"), StartProject("works-1", "2020-03-02")})),
      "PROJECT_ALREADY_STARTED");
  EXPECT_EQ(Why(w.By("clerk-1", {WithReference(Receive("fund-1", 1_yuan, "2020-03-01"), "same"),
                                 WithReference(Receive("fund-1", 2_yuan, "2020-03-01"), "same")})),
            "REFERENCE_USED");
}

TEST(Form, TwoRequestsOfOneSubmissionShareWhatIsThere) {
  World w;
  w.FundWorks1(100_yuan);
  const auto request = Request({{"works-1", "fund-1", 51_yuan}}, "2020-03-02");
  EXPECT_EQ(Why(w.By("clerk-1", {request, request})), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(w.Reserved(), 0);
}

TEST(Form, TheTrailLeadsToWhatWasTouched) {
  World w;
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  w.Must(w.TownA2(Approve(ref)));
  const auto& trail = w.last_effects().trail;
  for (const TrailKey& key :
       {TrailKey{TrailDimension::kOrganization, "town-a"}, TrailKey{TrailDimension::kFund, "fund-1"},
        TrailKey{TrailDimension::kProject, "works-1"}, TrailKey{TrailDimension::kOfficer, "town-a-1"},
        TrailKey{TrailDimension::kOfficer, "town-a-2"}, TrailKey{TrailDimension::kAction, "approve"},
        TrailKey{TrailDimension::kAction, "request_payment"}, TrailKey{TrailDimension::kPayee, "payee-1"}}) {
    EXPECT_TRUE(trail.contains(key)) << static_cast<int>(key.dimension) << " " << key.id;
  }
}

// Whoever follows a voucher comes to what became of its money.
TEST(Form, TheTrailOfAVoucherLeadsToItsRefundAndItsReversal) {
  World w;
  w.FundWorks1();
  const TrailKey key{TrailDimension::kVoucher, VoucherTrailId("bank/transfer/2020/V1")};
  const auto paid = w.Instructed(5_yuan, "2020-03-02");
  const auto confirmation = w.Must(w.Treasury(ConfirmDirect(paid, "V1", "2020-03-02")));
  ASSERT_TRUE(w.last_effects().trail.contains(key));
  w.Must(w.Treasury(Refund(paid, {{"works-1", "fund-1", 1_yuan}}, "R1", "2020-03-03")));
  EXPECT_TRUE(w.last_effects().trail.contains(key));
  w.Must(w.Clerk(Reverse(confirmation, "2020-03-03")));
  EXPECT_TRUE(w.last_effects().trail.contains(key));
}

// Whoever types a voucher must not decide whether it is found.
TEST(Form, TheTrailOfAVoucherIsOneHoweverItWasTyped) {
  World w;
  w.FundWorks1();
  const auto ref = w.Instructed(1_yuan, "2020-03-02");
  v1::Action confirm = ConfirmDirect(ref, " ＡＢ–７ ", "2020-03-02");
  confirm.mutable_confirm()->mutable_voucher()->set_issuer("国 库");
  w.Must(w.Treasury(confirm));
  const v1::Voucher& voucher = confirm.confirm().voucher();
  const std::string plain = "国库/" + voucher.type() + "/" + std::to_string(voucher.year()) + "/ab-7";
  EXPECT_TRUE(w.last_effects().trail.contains(TrailKey{TrailDimension::kVoucher, VoucherTrailId(plain)}));
}

}  // namespace
}  // namespace fundledger::books::testing
