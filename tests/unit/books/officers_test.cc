// An officer's keys, posts and dismissal; and every trick by which one might decide alone what takes others.
#include "ledger/books/officers.h"

#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

constexpr const char* kDay = "2020-03-01";

// An officer of the world's making, later than the others.
void AddOfficer(World* w, const char* id, const char* organization, v1::Role role, std::string person) {
  w->Decided(RegisterOfficer(id, organization, role, std::move(person)),
             IsMoneyRole(role) || role == v1::ROLE_INSPECTOR);
}

std::string Counts(const World& w, const char* officer, std::string_view key) {
  const absl::Status status = CheckKeyCounts(w.OfficerOf(officer), KeyOf(key));
  return status.ok() ? "OK" : ReasonOf(status);
}

// ---- Keys ----

TEST(OfficerKeys, ARotatedKeyIsReplacedByTheNextAtOnce) {
  World w;
  const auto ref = w.Must(w.TownA(RotateKey("next")));
  EXPECT_EQ(Counts(w, "town-a-1", "next"), "OK");
  EXPECT_EQ(Counts(w, "town-a-1", "town-a-1"), "KEY_REPLACED");
  EXPECT_EQ(Counts(w, "town-a-1", "another"), "SIGNATURE_INVALID");
  const sv1::Officer officer = w.OfficerOf("town-a-1");
  ASSERT_EQ(officer.keys_size(), 2);
  EXPECT_EQ(officer.keys(0).until().sequence(), ref.sequence());
  EXPECT_EQ(officer.keys(1).from().sequence(), ref.sequence());
  EXPECT_EQ(officer.registration().key().key(), KeyOf("next").key());
}

TEST(OfficerKeys, EveryRoleRotatesItsOwnKey) {
  World w;
  for (const char* officer : {"town-a-1", "housing-1", "inspector-1", "auditor-1", "admin-1"}) {
    EXPECT_EQ(Why(w.By(officer, RotateKey(std::string("next of ") + officer))), "OK") << officer;
  }
}

TEST(OfficerKeys, AMoneyRolesNextKeyTakesTwoAdministratorsAndAnInspector) {
  for (const char* officer : {"clerk-1", "reviewer-1", "treasury-1"}) {
    World w;
    const auto ref = w.Must(w.By(officer, RotateKey("next")));
    EXPECT_EQ(Counts(w, officer, officer), "OK");
    EXPECT_EQ(Why(w.Reviewer2(Approve(ref))), "APPROVAL_NOT_ALLOWED");
    w.Must(w.Admin(Approve(ref)));
    EXPECT_EQ(Why(w.By("admin-3", Approve(ref))), "APPROVAL_NOT_ALLOWED") << "of the same organization";
    w.Must(w.OtherAdmin(Approve(ref)));
    EXPECT_EQ(Counts(w, officer, officer), "OK");
    w.Must(w.Inspector(Approve(ref)));
    EXPECT_EQ(Counts(w, officer, officer), "KEY_REPLACED");
    EXPECT_EQ(Counts(w, officer, "next"), "OK");
  }
}

TEST(OfficerKeys, ARevokedKeySignsNothingMoreAndSaysSinceWhen) {
  World w;
  w.Must(w.TownA(StartProject("works-1", kDay)));
  const auto ref = w.Must(w.By("admin-3", RevokeKey("town-a-1", "town-a-1")));
  const Outcome outcome = w.TownA(CompleteProject("works-1", kDay));
  EXPECT_EQ(Why(outcome), "KEY_REVOKED");
  EXPECT_NE(outcome.status.message().find("record " + std::to_string(ref.sequence())), std::string::npos)
      << outcome.status;
  EXPECT_EQ(Counts(w, "town-a-1", "town-a-1"), "KEY_REVOKED");
}

TEST(OfficerKeys, RevokingNamesTheKeyAndGivesAReason) {
  World w;
  EXPECT_EQ(Why(w.Admin(RevokeKey("nobody", "x"))), "OFFICER_UNKNOWN");
  EXPECT_EQ(Why(w.Admin(RevokeKey("town-a-1", "town-a-2"))), "KEY_UNKNOWN");
  v1::Action unexplained = RevokeKey("town-a-1", "town-a-1");
  unexplained.mutable_revoke_key()->set_reason(" ");
  EXPECT_EQ(Why(w.Admin(unexplained)), "REASON_MISSING");
  w.Must(w.Admin(RevokeKey("town-a-1", "town-a-1")));
  EXPECT_EQ(Why(w.Admin(RevokeKey("town-a-1", "town-a-1"))), "KEY_ALREADY_REVOKED");
}

TEST(OfficerKeys, ALostKeyIsRecoveredByTwoAdministrators) {
  World w;
  w.Decided(RecoverKey("town-a-1", "next"));
  EXPECT_EQ(Counts(w, "town-a-1", "town-a-1"), "KEY_REVOKED") << "whoever finds it";
  EXPECT_EQ(Counts(w, "town-a-1", "next"), "OK");
  EXPECT_EQ(Why(w.TownA(StartProject("works-1", kDay))), "OK");
}

TEST(OfficerKeys, ARevokedKeysOfficerIsGivenAnother) {
  World w;
  w.Must(w.Admin(RevokeKey("clerk-1", "clerk-1")));
  const auto ref = w.Must(w.Admin(RecoverKey("clerk-1", "next")));
  w.Must(w.OtherAdmin(Approve(ref)));
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, kDay))), "KEY_REVOKED")
      << "a money role takes an inspector";
  w.Must(w.Inspector(Approve(ref)));
  EXPECT_EQ(Why(w.Clerk(Receive("fund-1", 1_yuan, kDay))), "OK");
}

TEST(OfficerKeys, AKeyBelongsToOneOfficerForEverEvenWhenItCountsNoMore) {
  World w;
  w.Must(w.TownA(RotateKey("next")));
  w.Must(w.Admin(RevokeKey("town-a-2", "town-a-2")));
  EXPECT_EQ(Why(w.TownB(RotateKey("town-a-1"))), "KEY_IN_USE");
  EXPECT_EQ(Why(w.TownB(RotateKey("next"))), "KEY_IN_USE");
  EXPECT_EQ(Why(w.TownA(RotateKey("town-a-1"))), "KEY_IN_USE") << "nor does its officer take it up again";
  EXPECT_EQ(Why(w.Admin(RecoverKey("town-b-1", "town-a-2"))), "KEY_IN_USE");
  v1::Action officer = RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP);
  *officer.mutable_register_officer()->mutable_key() = KeyOf("town-a-2");
  EXPECT_EQ(Why(w.Admin(officer)), "KEY_IN_USE");
}

TEST(OfficerKeys, AreAsWellFormedAsAnyKey) {
  World w;
  v1::Action rotation = RotateKey("next");
  rotation.mutable_rotate_key()->mutable_key()->mutable_key()->pop_back();
  EXPECT_EQ(Why(w.TownA(rotation)), "KEY_MALFORMED");
}

TEST(OfficerKeys, AreNotMoreThanAHundred) {
  World w;
  for (int i = 1; i < 100; ++i) w.Must(w.TownA(RotateKey("key " + std::to_string(i))));
  EXPECT_EQ(Why(w.TownA(RotateKey("one more"))), "TOO_MANY_KEYS");
}

TEST(OfficerKeys, ASubmissionGoesNoFurtherThanItsOwnKey) {
  World w;
  EXPECT_EQ(Why(w.By("admin-3", {RevokeKey("admin-3", "admin-3"), RegisterProgramme("x")})), "KEY_REVOKED");
  EXPECT_EQ(Why(w.By("admin-3", {RegisterProgramme("x"), RevokeKey("admin-3", "admin-3")})), "OK");
}

TEST(OfficerKeys, AReplacedKeyThatWasStolenIsRevokedAfterwards) {
  World w;
  const auto stolen = w.Must(w.Clerk(Receive("fund-1", 1_yuan, kDay)));
  const auto rotation = w.Must(w.Clerk(RotateKey("next")));
  for (const char* officer : {"admin-1", "admin-2", "inspector-1"}) w.Must(w.By(officer, Approve(rotation)));
  const auto good = w.Must(w.Clerk(Receive("fund-1", 2_yuan, kDay)));
  w.Must(w.Admin(RevokeKey("clerk-1", "clerk-1")));
  EXPECT_EQ(Why(w.Reviewer(Approve(stolen))), "PROPOSER_NOT_IN_STANDING");
  EXPECT_EQ(Why(w.Reviewer(Approve(good))), "OK");
  EXPECT_EQ(Counts(w, "clerk-1", "next"), "OK");
}

// ---- Posts and dismissal ----

TEST(Officers, AMovedOfficerActsForTheNewOrganization) {
  World w;
  const auto move = w.Decided(MoveOfficer("town-a-1", "town-b"));
  EXPECT_EQ(Why(w.TownA(StartProject("works-1", kDay))), "OUT_OF_SCOPE");
  EXPECT_EQ(Why(w.TownA(StartProject("works-b", kDay))), "OK");
  EXPECT_EQ(RegistrationAt(w.OfficerOf("town-a-1"), move.sequence()).organization(), "town-a");
  EXPECT_EQ(Why(w.Admin(MoveOfficer("town-a-1", "town-b"))), "ORGANIZATION_UNCHANGED");
  EXPECT_EQ(Why(w.Admin(MoveOfficer("town-a-1", "nowhere"))), "ORGANIZATION_NOT_FOUND");
}

TEST(Officers, ADismissedOfficerSubmitsNothingMore) {
  World w;
  w.Decided(DismissOfficer("town-a-1"));
  EXPECT_EQ(Why(w.TownA(StartProject("works-1", kDay))), "OFFICER_DISMISSED");
  EXPECT_EQ(Counts(w, "town-a-1", "town-a-1"), "OFFICER_DISMISSED");
  for (const v1::Action& action :
       {MoveOfficer("town-a-1", "town-b"), RecoverKey("town-a-1", "next"), DismissOfficer("town-a-1")}) {
    EXPECT_EQ(Why(w.Admin(action)), "OFFICER_DISMISSED");
  }
  EXPECT_EQ(Why(w.Admin(RegisterOfficer("town-a-1", "town-a", v1::ROLE_TOWNSHIP))), "ALREADY_REGISTERED");
}

TEST(Officers, OfMoneyRolesAreMovedAndDismissedWithAnInspector) {
  for (const v1::Action& action : {MoveOfficer("clerk-1", "city"), DismissOfficer("clerk-1")}) {
    World w;
    const auto ref = w.Must(w.Admin(action));
    w.Must(w.OtherAdmin(Approve(ref)));
    EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_OPEN);
    w.Must(w.Inspector(Approve(ref)));
    EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_APPROVED);
  }
}

TEST(Officers, NobodyDecidesAboutThemselves) {
  World w;
  for (const v1::Action& action :
       {MoveOfficer("admin-1", "finance"), DismissOfficer("admin-1"), RecoverKey("admin-1", "next"),
        RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP, Person("admin 1"))}) {
    EXPECT_EQ(Why(w.Admin(action)), "OWN_CASE");
  }
  const auto ref =
      w.Must(w.By("admin-3", RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP, Person("admin 2"))));
  EXPECT_EQ(Why(w.OtherAdmin(Approve(ref))), "OWN_CASE");
  EXPECT_EQ(Why(w.OtherAdmin(Reject(ref))), "OWN_CASE");
}

TEST(Officers, TheLastWhoCouldMendThingsStay) {
  World w;
  EXPECT_EQ(Why(w.Admin(RevokeKey("admin-2", "admin-2"))), "LAST_GUARDIAN") << "of another organization";
  EXPECT_EQ(Why(w.Admin(RevokeKey("inspector-1", "inspector-1"))), "LAST_GUARDIAN");
  EXPECT_EQ(Why(w.By("admin-3", MoveOfficer("admin-2", "city"))), "LAST_GUARDIAN");
  EXPECT_EQ(Why(w.Admin(DismissOfficer("inspector-1"))), "LAST_GUARDIAN");
  EXPECT_EQ(Why(w.By("admin-3", RevokeKey("admin-3", "admin-3"))), "OK");
  EXPECT_EQ(Why(w.OtherAdmin(RevokeKey("admin-1", "admin-1"))), "LAST_GUARDIAN");
  AddOfficer(&w, "inspector-2", "supervision", v1::ROLE_INSPECTOR, Person("inspector-2"));
  EXPECT_EQ(Why(w.Admin(RevokeKey("inspector-1", "inspector-1"))), "OK");
  EXPECT_EQ(Why(w.Admin(RevokeKey("inspector-2", "inspector-2"))), "LAST_GUARDIAN");
}

// A thief with one administrator's key ends others until nobody is left who could mend it; two of two
// organizations always are.
TEST(Officers, OneAdministratorAloneLeavesTwoOthers) {
  World w;
  EXPECT_EQ(Why(w.Admin(RevokeKey("admin-3", "admin-3"))), "ADMINISTRATORS_TOO_FEW");
  EXPECT_EQ(Why(w.OtherAdmin(RevokeKey("admin-3", "admin-3"))), "ADMINISTRATORS_TOO_FEW");
  AddOfficer(&w, "admin-4", "supervision", v1::ROLE_ADMIN, Person("admin 4"));
  EXPECT_EQ(Why(w.Admin(RevokeKey("admin-4", "admin-4"))), "OK");
  EXPECT_EQ(Why(w.Admin(RevokeKey("admin-2", "admin-2"))), "LAST_GUARDIAN");
  EXPECT_EQ(Why(w.Admin(RevokeKey("admin-3", "admin-3"))), "ADMINISTRATORS_TOO_FEW");
  // The two give the key back and end the thief's, in one submission, so that nothing comes between.
  const auto back = w.Must(w.By("admin-3", RecoverKey("admin-4", "next")));
  EXPECT_EQ(Why(w.OtherAdmin(RevokeKey("admin-1", "admin-1"))), "ADMINISTRATORS_TOO_FEW");
  EXPECT_EQ(Why(w.By("admin-2", {Approve(back), RevokeKey("admin-1", "admin-1")})), "OK");
}

TEST(Officers, AReplacedKeyOfAnAdministratorIsRevokedByAnyOther) {
  World w;
  w.Must(w.By("admin-3", RotateKey("next")));
  EXPECT_EQ(Why(w.OtherAdmin(RevokeKey("admin-3", "admin-3"))), "OK");
}

TEST(Officers, TheLedgerKnowsItsGuardians) {
  World w;
  const auto names = [&w] {
    std::string text;
    const sv1::Ledger ledger = w.LedgerFacts();
    for (const sv1::Guardian& each : ledger.guardians()) {
      absl::StrAppend(&text, each.officer(), "@", each.organization(), " ");
    }
    return text;
  };
  EXPECT_EQ(names(), "admin-1@city admin-2@supervision admin-3@city inspector-1@supervision ");
  w.Must(w.By("admin-3", RevokeKey("admin-3", "admin-3")));
  EXPECT_EQ(names(), "admin-1@city admin-2@supervision inspector-1@supervision ");
  w.Decided(RecoverKey("admin-3", "next"));
  w.Decided(MoveOfficer("admin-3", "finance"));
  EXPECT_EQ(names(), "admin-1@city admin-2@supervision admin-3@finance inspector-1@supervision ");
}

// Two administrators must not be able to name an inspector of their own.
TEST(Officers, WhereThereIsAnInspectorNoneComesOrGoesWithoutOne) {
  World w;
  const auto second = w.Must(w.Admin(RegisterOfficer("inspector-2", "supervision", v1::ROLE_INSPECTOR)));
  w.Must(w.OtherAdmin(Approve(second)));
  EXPECT_EQ(w.ProposalOf(second).state(), sv1::PROPOSAL_STATE_OPEN);
  w.Must(w.Inspector(Approve(second)));
  for (const v1::Action& action : {DismissOfficer("inspector-1"), RecoverKey("inspector-1", "next"),
                                   MoveOfficer("inspector-1", "city")}) {
    const auto ref = w.Must(w.Admin(action));
    w.Must(w.OtherAdmin(Approve(ref)));
    EXPECT_EQ(w.ProposalOf(ref).state(), sv1::PROPOSAL_STATE_OPEN);
    EXPECT_EQ(Why(w.Inspector(Approve(ref))), "OWN_CASE");
  }
}

TEST(Officers, TheOnlyInspectorsLostKeyIsRecoveredAfterANotice) {
  World w;
  const auto ref = w.Must(w.Admin(RecoverKey("inspector-1", "next")));
  EXPECT_EQ(Why(w.OtherAdmin(Approve(ref))), "NOTICE_PERIOD");
  w.On("2020-06-07", 23, 59, 58);
  EXPECT_EQ(Why(w.OtherAdmin(Approve(ref))), "NOTICE_PERIOD");
  w.On("2020-06-08", 0, 0, 0);
  w.Must(w.OtherAdmin(Approve(ref)));
  EXPECT_EQ(Counts(w, "inspector-1", "next"), "OK");
}

TEST(Officers, AnInspectorWhoseKeyIsNotLostRejectsItsRecovery) {
  World w;
  const auto ref = w.Must(w.Admin(RecoverKey("inspector-1", "puppet")));
  w.Must(w.Inspector(Reject(ref)));
  w.On("2020-06-20");
  EXPECT_EQ(Why(w.OtherAdmin(Approve(ref))), "PROPOSAL_NOT_OPEN");
  EXPECT_EQ(Why(w.Inspector(Reject(ref))), "PROPOSAL_NOT_OPEN");
}

// ---- Tricks: one test each ----

TEST(Tricks, TwoKeysOfOneOfficerAreOneOfficer) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  w.FundWorks1();
  const auto own = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  w.Must(w.TownA(RotateKey("next")));
  EXPECT_EQ(Why(w.TownA(Approve(own))), "SELF_APPROVAL");
  const auto twice = w.Must(w.Clerk(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.Must(w.Reviewer(Approve(twice)));
  const auto rotation = w.Must(w.Reviewer(RotateKey("next of the reviewer")));
  for (const char* officer : {"admin-1", "admin-2", "inspector-1"}) w.Must(w.By(officer, Approve(rotation)));
  EXPECT_EQ(Why(w.Reviewer(Approve(twice))), "ALREADY_APPROVED");
  EXPECT_EQ(Why(w.Reviewer2(Approve(twice))), "OK");
}

TEST(Tricks, AProposerMovedMeanwhileProposedForAnother) {
  World w;
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  w.Decided(MoveOfficer("town-a-1", "town-b"));
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSER_NOT_IN_STANDING");
  EXPECT_EQ(Why(w.TownB(Withdraw(ref))), "NOT_THE_REQUESTER");
  EXPECT_EQ(Why(w.TownA(Withdraw(ref))), "NOT_THE_REQUESTER");
  EXPECT_EQ(w.Reserved(), 1_yuan);
  EXPECT_EQ(Why(w.TownA2(Withdraw(ref))), "OK") << "it belongs to the unit";
  EXPECT_EQ(w.Reserved(), 0);
}

TEST(Tricks, NobodyIsMovedToWhereTheApprovalIsWanted) {
  World w;
  // admin-3 is of admin-1's organization, and would be of another for the approval.
  const auto ref = w.Must(w.Admin(RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP)));
  w.Decided(MoveOfficer("admin-3", "finance"));
  EXPECT_EQ(Why(w.By("admin-3", Approve(ref))), "OFFICER_MOVED");
  EXPECT_EQ(Why(w.By("admin-3", Reject(ref))), "OFFICER_MOVED");
  const auto later = w.Must(w.Admin(RegisterOfficer("y", "town-a", v1::ROLE_TOWNSHIP)));
  EXPECT_EQ(Why(w.By("admin-3", Approve(later))), "OK");
  EXPECT_EQ(Why(w.OtherAdmin(Approve(ref))), "OK");
}

TEST(Tricks, AnApproverMovedBetweenApprovalsApprovesNoMore) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.Must(w.TownA2(Approve(ref)));
  w.Must(w.Reviewer(Approve(ref)));
  w.Decided(MoveOfficer("town-a-2", "town-b"));
  EXPECT_EQ(Why(w.Reviewer2(Approve(ref))), "APPROVER_NOT_IN_STANDING");
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_REQUESTED);
  EXPECT_EQ(Why(w.Reviewer2(Reject(ref))), "OK");
  EXPECT_EQ(w.Reserved(), 0);
}

TEST(Tricks, AProposersKeyRevokedInBetween) {
  World w;
  w.FundWorks1();
  const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  w.Must(w.Admin(RevokeKey("clerk-1", "clerk-1")));
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSER_NOT_IN_STANDING");
  w.Decided(RecoverKey("clerk-1", "next"), true);
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "PROPOSER_NOT_IN_STANDING") << "a new key does not heal it";
  EXPECT_EQ(Why(w.Clerk(Withdraw(ref))), "OK");
}

TEST(Tricks, AnApproversKeyRevokedInBetween) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  w.FundWorks1();
  const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.Must(w.Reviewer(Approve(ref)));
  w.Must(w.Admin(RevokeKey("reviewer-1", "reviewer-1")));
  EXPECT_EQ(Why(w.Reviewer2(Approve(ref))), "APPROVER_NOT_IN_STANDING");
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_REQUESTED);
}

// A stolen key's payment that was approved before anybody knew is stopped while the money is still there.
TEST(Tricks, AKeyRevokedBeforeThePaymentIsInstructed) {
  for (const char* stolen : {"clerk-1", "reviewer-1"}) {
    World w;
    w.FundWorks1();
    const auto ref = w.Must(w.Clerk(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
    w.Must(w.Reviewer(Approve(ref)));
    w.Must(w.Admin(RevokeKey(stolen, stolen)));
    const char* why =
        stolen == std::string("clerk-1") ? "PROPOSER_NOT_IN_STANDING" : "APPROVER_NOT_IN_STANDING";
    EXPECT_EQ(Why(w.Treasury(Instruct(ref, "2020-03-03"))), why);
    w.Decided(RecoverKey(stolen, "next"), true);
    EXPECT_EQ(Why(w.Treasury(Instruct(ref, "2020-03-03"))), why) << "a new key does not heal it";
    EXPECT_EQ(Why(w.Clerk(Withdraw(ref))), "OK");
  }
}

TEST(Tricks, AProposersOrAnApproversDismissalEndsWhatTheyBegan) {
  World w({.two_reviewer_threshold_fen = 100_yuan});
  w.FundWorks1();
  const auto proposed = w.Must(w.Clerk(Receive("fund-1", 1_yuan, kDay)));
  const auto approved = w.Must(w.By("clerk-2", Request({{"works-1", "fund-1", 100_yuan}}, "2020-03-02")));
  w.Must(w.Reviewer(Approve(approved)));
  w.Decided(DismissOfficer("clerk-1"), true);
  w.Decided(DismissOfficer("reviewer-1"), true);
  EXPECT_EQ(Why(w.Reviewer2(Approve(proposed))), "PROPOSER_NOT_IN_STANDING");
  EXPECT_EQ(Why(w.Reviewer2(Approve(approved))), "APPROVER_NOT_IN_STANDING");
}

TEST(Tricks, AnOrdinaryRotationDoesNotHurtWhatIsUnderWay) {
  World w;
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  w.Must(w.TownA2(Approve(ref)));
  w.Must(w.TownA(RotateKey("next of 1")));
  w.Must(w.TownA2(RotateKey("next of 2")));
  EXPECT_EQ(Why(w.Reviewer(Approve(ref))), "OK");
  EXPECT_EQ(w.StateOf(ref), sv1::PAYMENT_STATE_APPROVED);
}

// There was no inspector when it was proposed, so it took none.
TEST(Tricks, WhatTakesMoreNowThanWhenItWasProposedIsProposedAnew) {
  World w;
  AddOfficer(&w, "inspector-2", "supervision", v1::ROLE_INSPECTOR, Person("inspector-2"));
  w.Must(w.Admin(RevokeKey("inspector-2", "inspector-2")));
  const auto ref = w.Must(w.Admin(MoveOfficer("inspector-1", "city")));
  EXPECT_EQ(w.ProposalOf(ref).slots_size(), 1);
  w.Decided(RecoverKey("inspector-2", "next"), true);
  EXPECT_EQ(Why(w.OtherAdmin(Approve(ref))), "MORE_APPROVALS_NEEDED");
}

TEST(Tricks, CanApproveSeesThemAll) {
  World w;
  w.FundWorks1();
  const auto ref = w.Must(w.TownA(Request({{"works-1", "fund-1", 1_yuan}}, "2020-03-02")));
  const auto can = [&](const char* officer) {
    const absl::Status status = CanApprove(w.books(), w.ProposalOf(ref), officer);
    return status.ok() ? "OK" : ReasonOf(status);
  };
  w.Decided(DismissOfficer("reviewer-2"), true);
  w.Decided(MoveOfficer("town-b-1", "town-a"));
  EXPECT_EQ(can("reviewer-1"), "OK");
  EXPECT_EQ(can("reviewer-2"), "OFFICER_DISMISSED");
  EXPECT_EQ(can("town-b-1"), "OFFICER_MOVED");
  w.Must(w.Admin(RevokeKey("town-a-1", "town-a-1")));
  EXPECT_EQ(can("reviewer-1"), "PROPOSER_NOT_IN_STANDING");
}

}  // namespace
}  // namespace fundledger::books::testing
