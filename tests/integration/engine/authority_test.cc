// Whose key did what, on a running ledger: real signatures, replays from elsewhere and from earlier, keys
// that end, officers who race. What the engine takes, verification takes too.
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "ledger/audit/audit.h"
#include "ledger/audit/log_keys.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/verify.h"
#include "ledger/log/record.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using test_support::KeyOf;
using test_support::RefTo;
using test_support::SubmitAndWait;
using test_support::TemporaryDirectory;
using test_support::VerifyReceipt;
using test_support::WireKey;
using test_support::World;

constexpr int64_t kDayUs = 86'400'000'000;

std::string SealBy(const v1::Submission& submission, std::string_view key) {
  return *crypto::SealEnvelope(crypto::kSubmissionType, submission.SerializeAsString(), {KeyOf(key).get()});
}

class Authority : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = world_.CreateAndOpen(directory_.Sub("ledger"));
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
    const absl::Status staff = world_.RegisterStaff(engine_.get());
    ASSERT_TRUE(staff.ok()) << staff;
  }
  void TearDown() override {
    engine_.reset();
    if (!std::filesystem::exists(directory_.Sub("ledger"))) return;
    VerifyOptions options;
    options.directory = directory_.Sub("ledger");
    const auto report = VerifyDirectory(options);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->findings[0].reason << ": " << report->findings[0].message;
  }

  // "OK", or the reason it was refused for.
  std::string Try(const std::string& envelope) { return TryOn(engine_.get(), envelope); }
  static std::string TryOn(Engine* engine, const std::string& envelope) {
    const auto answer = SubmitAndWait(engine, envelope);
    return answer.ok() ? "OK" : ReasonOf(answer.status());
  }

  v1::Submission Draft(std::string_view officer) { return world_.Draft(*engine_->view(), officer); }
  v1::Submission Register(std::string_view id) { return world_.Register(*engine_->view(), id); }
  // The clerk registers a fund: a proposal.
  v1::Submission Fund(std::string_view id) {
    v1::Submission submission = Draft("clerk");
    v1::RegisterFund& fund = *submission.add_actions()->mutable_register_fund();
    fund.set_id(std::string(id));
    fund.set_name("专项资金");
    fund.set_document_number("2020-12");
    fund.set_fiscal_year(2020);
    fund.set_origin_year(2020);
    fund.set_source_tier(v1::SOURCE_TIER_CENTRAL);
    fund.set_nature(v1::NATURE_FISCAL);
    return submission;
  }

  std::string Proof(std::string_view officer, std::string_view key) {
    const std::string ledger = Draft(officer).ledger();
    return *KeyOf(key)->Sign(
        crypto::PreAuthEncoding(crypto::kKeyProofType, absl::StrCat(ledger, std::string(officer))));
  }
  v1::Submission Rotate(std::string_view officer, std::string_view next) {
    v1::Submission submission = Draft(officer);
    v1::RotateKey& rotation = *submission.add_actions()->mutable_rotate_key();
    *rotation.mutable_key() = WireKey(*KeyOf(next));
    rotation.set_key_proof(Proof(officer, next));
    return submission;
  }
  v1::Submission Revoke(std::string_view officer, std::string_view key) {
    v1::Submission submission = Draft(World::kAdmin);
    v1::RevokeKey& revocation = *submission.add_actions()->mutable_revoke_key();
    revocation.set_officer(std::string(officer));
    *revocation.mutable_key() = WireKey(*KeyOf(key));
    revocation.set_reason("stolen");
    return submission;
  }
  v1::Action Recovery(std::string_view officer, std::string_view next) {
    v1::Action action;
    v1::RecoverKey& recovery = *action.mutable_recover_key();
    recovery.set_officer(std::string(officer));
    *recovery.mutable_key() = WireKey(*KeyOf(next));
    recovery.set_key_proof(Proof(officer, next));
    recovery.set_reason("lost");
    return action;
  }

  World world_;
  TemporaryDirectory directory_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(Authority, TheNextKeySignsFromTheRecordBehindOn) {
  EXPECT_EQ(Try(world_.Seal(Rotate("inspector", "next"))), "OK");
  v1::Submission again = Rotate("inspector", "third");
  EXPECT_EQ(Try(world_.Seal(again)), "KEY_REPLACED");
  EXPECT_EQ(Try(SealBy(again, "third")), "SIGNATURE_INVALID");
  EXPECT_EQ(Try(SealBy(again, "next")), "OK");
}

// Otherwise one bad signature would cost as many verifications as its officer ever had keys.
TEST_F(Authority, WhatIsSentIsTriedAgainstTheNewestKeysAndItsRecordsOwn) {
  std::vector<std::string> keys = {"inspector"};
  std::vector<std::string> rotations;
  for (int i = 1; i <= audit::kSenderKeysMax + 1; ++i) {
    const std::string next = absl::StrCat("key-", i);
    rotations.push_back(SealBy(Rotate("inspector", next), keys.back()));
    ASSERT_EQ(Try(rotations.back()), "OK") << next;
    keys.push_back(next);
  }
  const v1::Submission fresh = Rotate("inspector", "one more");
  EXPECT_EQ(Try(SealBy(fresh, "somebody")), "SIGNATURE_INVALID");
  EXPECT_EQ(Try(SealBy(fresh, keys[0])), "SIGNATURE_INVALID") << "too old to be tried";
  EXPECT_EQ(Try(SealBy(fresh, keys[1])), "SIGNATURE_INVALID");
  for (size_t i = 2; i + 1 < keys.size(); ++i) EXPECT_EQ(Try(SealBy(fresh, keys[i])), "KEY_REPLACED") << i;
  for (size_t i = 0; i < rotations.size(); ++i) {
    EXPECT_EQ(Try(rotations[i]), "OK") << "retry " << i << " finds its record";
  }
  EXPECT_EQ(Try(SealBy(fresh, keys.back())), "OK");
}

TEST_F(Authority, TheNextKeyProvesItselfForThisOfficerAndThisLedger) {
  v1::Submission rotation = Rotate("inspector", "next");
  v1::RotateKey* what = rotation.mutable_actions(0)->mutable_rotate_key();
  what->set_key_proof(Proof("clerk", "next"));
  EXPECT_EQ(Try(world_.Seal(rotation)), "KEY_PROOF_INVALID");
  what->set_key_proof(*KeyOf("next")->Sign(crypto::PreAuthEncoding(crypto::kKeyProofType, "inspector")));
  EXPECT_EQ(Try(world_.Seal(rotation)), "KEY_PROOF_INVALID") << "as in a genesis";
  what->set_key_proof(Proof("inspector", "inspector"));
  EXPECT_EQ(Try(world_.Seal(rotation)), "KEY_PROOF_INVALID");
  v1::Submission recovery = Draft(World::kAdmin);
  *recovery.add_actions() = Recovery("clerk", "next");
  recovery.mutable_actions(0)->mutable_recover_key()->clear_key_proof();
  EXPECT_EQ(Try(world_.Seal(recovery)), "KEY_PROOF_INVALID");
}

TEST_F(Authority, ARevokedKeyIsRefusedAndItsRetryFindsItsRecord) {
  const v1::Submission recorded = Fund("fund-1");
  const std::string envelope = world_.Seal(recorded);
  ASSERT_EQ(Try(envelope), "OK");
  const v1::Submission waiting = Fund("fund-2");
  ASSERT_EQ(Try(world_.Seal(Revoke("clerk", "clerk"))), "OK");
  EXPECT_EQ(Try(world_.Seal(waiting)), "KEY_REVOKED");
  EXPECT_EQ(Try(world_.Seal(Fund("fund-3"))), "KEY_REVOKED");

  const auto retry = SubmitAndWait(engine_.get(), envelope);
  ASSERT_TRUE(retry.ok()) << retry.status();
  EXPECT_TRUE(retry->repeated_request());
  EXPECT_EQ(retry->envelope(), envelope);
  v1::Submission other = recorded;
  other.mutable_actions(0)->set_note("other");
  EXPECT_EQ(Try(world_.Seal(other)), "REQUEST_ID_REUSED");
  EXPECT_EQ(Try(SealBy(recorded, "somebody")), "SIGNATURE_INVALID") << "nobody else learns of it";

  ASSERT_TRUE(world_
                  .Decide(engine_.get(), World::kAdmin, Recovery("clerk", "next"),
                          {std::string(World::kOtherAdmin), "inspector"})
                  .ok());
  EXPECT_EQ(Try(SealBy(waiting, "next")), "OK");
  EXPECT_EQ(Try(envelope), "OK") << "the retry finds its record still";
  EXPECT_EQ(Try(SealBy(recorded, "next")), "OK") << "signed anew as well";
}

// Judged while the revocation is not durable yet, or one group later: the outcome is the same.
TEST_F(Authority, WhatComesBehindARevocationInTheQueueIsRefused) {
  auto revoke = engine_->Prepare(world_.Seal(Revoke("clerk", "clerk")));
  ASSERT_TRUE(revoke.ok());
  std::vector<absl::StatusOr<Prepared>> behind;
  for (int i = 0; i < 20; ++i)
    behind.push_back(engine_->Prepare(world_.Seal(Fund(absl::StrCat("fund-", i)))));
  std::atomic<int> answers = 0;
  std::atomic<int> refused = 0;
  engine_->Enqueue(*std::move(revoke), [&](auto receipt) {
    EXPECT_TRUE(receipt.ok());
    ++answers;
  });
  for (auto& each : behind) {
    ASSERT_TRUE(each.ok()) << each.status();
    engine_->Enqueue(*std::move(each), [&](auto receipt) {
      refused += ReasonOf(receipt.status()) == "KEY_REVOKED" ? 1 : 0;
      ++answers;
    });
  }
  engine_->Stop();
  EXPECT_EQ(answers, 21);
  EXPECT_EQ(refused, 20);
}

TEST_F(Authority, OfTwoWhoApproveAtOnceOneFillsTheSlot) {
  v1::Action action;
  *action.mutable_register_officer() =
      world_.Officer(*engine_->view(), "reviewer-2", "finance", v1::ROLE_FINANCE_REVIEWER);
  ASSERT_TRUE(
      world_.Decide(engine_.get(), World::kAdmin, action, {std::string(World::kOtherAdmin), "inspector"})
          .ok());
  for (int round = 0; round < 20; ++round) {
    const std::string fund = absl::StrCat("fund-", round);
    const std::string proposal = world_.Seal(Fund(fund));
    const auto receipt = SubmitAndWait(engine_.get(), proposal);
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    const v1::ActionRef ref = RefTo(*receipt, proposal, 0);
    std::vector<std::string> envelopes;
    for (const char* officer : {"reviewer", "reviewer-2"}) {
      v1::Submission approval = Draft(officer);
      *approval.add_actions()->mutable_approve()->mutable_proposal() = ref;
      envelopes.push_back(world_.Seal(approval));
    }
    std::string outcomes[2];
    std::thread other([&] { outcomes[1] = Try(envelopes[1]); });
    outcomes[0] = Try(envelopes[0]);
    other.join();
    EXPECT_EQ((std::multiset<std::string>{outcomes[0], outcomes[1]}),
              (std::multiset<std::string>{"OK", "PROPOSAL_NOT_OPEN"}));
    const auto entity = engine_->view()->Get({books::EntityKind::kFund, fund});
    EXPECT_TRUE(entity.ok() && *entity != nullptr);
  }
}

// ---- Replays ----

TEST_F(Authority, ASubmissionForAnotherLedgerIsWorthNothingHere) {
  TemporaryDirectory elsewhere;
  World twin;  // the same names and keys, and another time: another genesis
  twin.clock.Advance(1);
  auto other = twin.CreateAndOpen(elsewhere.Sub("ledger"));
  ASSERT_TRUE(other.ok()) << other.status();
  const std::string envelope = twin.Seal(twin.Register(*(*other)->view(), "org-1"));
  EXPECT_EQ(Try(envelope), "WRONG_LEDGER");
  EXPECT_EQ(TryOn(other->get(), envelope), "OK");
}

// A copy goes on by itself, as a test copy or after a restore: what was signed for the one is not taken by
// the other once they differ.
TEST_F(Authority, ASubmissionThatSawAForkIsRefusedByTheOther) {
  TemporaryDirectory elsewhere;
  engine_.reset();
  std::filesystem::copy(directory_.Sub("ledger"), elsewhere.Sub("copy"),
                        std::filesystem::copy_options::recursive);
  auto original = Engine::Open(world_.OptionsAt(directory_.Sub("ledger")));
  auto copy = Engine::Open(world_.OptionsAt(elsewhere.Sub("copy")));
  ASSERT_TRUE(original.ok() && copy.ok());
  engine_ = *std::move(original);

  ASSERT_EQ(TryOn(copy->get(), world_.Seal(world_.Register(*(*copy)->view(), "only-in-the-copy"))), "OK");
  const std::string of_copy = world_.Seal(world_.Register(*(*copy)->view(), "org-1"));
  EXPECT_EQ(Try(of_copy), "SEEN_NOT_A_PREFIX") << "longer than the log";
  ASSERT_EQ(Try(world_.Seal(Register("only-in-the-original"))), "OK");
  EXPECT_EQ(Try(of_copy), "SEEN_NOT_A_PREFIX") << "of the log's size, with another root";
  EXPECT_EQ(TryOn(copy->get(), of_copy), "OK");
}

TEST_F(Authority, AnApprovalOfAForksProposalIsNoneHere) {
  TemporaryDirectory elsewhere;
  engine_.reset();
  std::filesystem::copy(directory_.Sub("ledger"), elsewhere.Sub("copy"),
                        std::filesystem::copy_options::recursive);
  engine_ = *Engine::Open(world_.OptionsAt(directory_.Sub("ledger")));
  auto copy = *Engine::Open(world_.OptionsAt(elsewhere.Sub("copy")));
  // The same place in both logs; the clerk meant another fund in each.
  v1::Submission in_copy = Fund("harmless");
  v1::Submission here = Fund("expensive");
  const std::string copied = world_.Seal(in_copy);
  const auto receipt = SubmitAndWait(copy.get(), copied);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  v1::Submission approval = Draft("reviewer");  // saw what both have in common
  *approval.add_actions()->mutable_approve()->mutable_proposal() = RefTo(*receipt, copied, 0);
  ASSERT_EQ(Try(world_.Seal(here)), "OK");
  EXPECT_EQ(Try(world_.Seal(approval)), "ACTION_REF_MISMATCH");
  EXPECT_EQ(TryOn(copy.get(), world_.Seal(approval)), "OK");
}

TEST_F(Authority, NothingIsTakenOutOfADrawer) {
  const std::string envelope = world_.Seal(Register("org-1"));
  const std::string recorded = world_.Seal(Register("org-2"));
  ASSERT_EQ(Try(recorded), "OK");
  world_.clock.Advance(30 * kDayUs);
  EXPECT_EQ(Try(world_.Seal(Register("org-3"))), "OK");
  EXPECT_EQ(Try(envelope), "OK") << "to the last microsecond";
  const std::string late = world_.Seal(Register("org-4"));
  world_.clock.Advance(30 * kDayUs + 1);
  EXPECT_EQ(Try(late), "EXPIRED");
  EXPECT_EQ(Try(recorded), "OK") << "a retry is answered whenever it comes";
}

// ---- The log's own key ----

class LogKey : public Authority {
 protected:
  // Closes the ledger and opens it with the keys of these names, empty for none.
  absl::Status Reopen(const std::string& log_key, const std::string& next_log_key) {
    engine_.reset();
    Options options = world_.OptionsAt(directory_.Sub("ledger"));
    options.log_key = KeyOf(log_key);
    if (!next_log_key.empty()) options.next_log_key = KeyOf(next_log_key);
    auto opened = Engine::Open(options);
    if (opened.ok()) engine_ = *std::move(opened);
    return opened.status();
  }
  static log::NoteVerifier VerifierOf(const std::string& key) {
    return *log::NoteVerifier::Parse(log::VerifierKey(World::kOrigin, KeyOf(key)->public_key()));
  }
  // Who signs the latest checkpoint.
  bool IsSignedBy(const std::string& key) {
    return log::OpenCheckpoint(engine_->view()->signed_checkpoint(), VerifierOf(key)).ok();
  }
  v1::Submission Rotation(const std::string& next, const std::string& standby, bool lost = false) {
    v1::Submission submission = Draft(World::kAdmin);
    v1::RotateLogKey& what = *submission.add_actions()->mutable_rotate_log_key();
    *what.mutable_log_key() = WireKey(*KeyOf(next));
    *what.mutable_standby_key() = WireKey(*KeyOf(standby));
    what.set_second_officer(std::string(World::kOtherAdmin));
    what.set_old_key_lost(lost);
    return submission;
  }
  static std::string SealByAll(const v1::Submission& submission, const std::vector<std::string>& names) {
    std::vector<std::shared_ptr<const crypto::Signer>> keys;
    std::vector<const crypto::Signer*> signers;
    for (const std::string& name : names) {
      keys.push_back(KeyOf(name));
      signers.push_back(keys.back().get());
    }
    return *crypto::SealEnvelope(crypto::kSubmissionType, submission.SerializeAsString(), signers);
  }
  const std::string admin_{World::kAdmin};
  const std::string other_{World::kOtherAdmin};
};

TEST_F(LogKey, IsReplacedAndTheNextSignsFromThatCheckpointOn) {
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  const std::string before = engine_->view()->signed_checkpoint();
  const std::string rotation =
      SealByAll(Rotation("log-2", "standby-2"), {admin_, other_, "log", "log-2", "standby-2"});
  const auto receipt = SubmitAndWait(engine_.get(), rotation);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  const auto sequence = VerifyReceipt(*receipt, rotation, VerifierOf("log-2"));
  ASSERT_TRUE(sequence.ok()) << sequence.status();
  EXPECT_FALSE(IsSignedBy("log"));
  ASSERT_EQ(Try(world_.Seal(Register("org-1"))), "OK");
  EXPECT_TRUE(IsSignedBy("log-2"));

  // Whoever holds nothing but record 0 finds the key, and reads what both signed.
  auto keys = audit::LogKeys::OfGenesis(*engine_->view()->Record(0));
  ASSERT_TRUE(keys.ok());
  EXPECT_TRUE(keys->Open(before).ok());
  EXPECT_FALSE(keys->Open(engine_->view()->signed_checkpoint()).ok());
  const std::string record = *engine_->view()->Record(*sequence);
  ASSERT_TRUE(keys->Follow(record).ok());
  EXPECT_TRUE(keys->Open(before).ok());
  EXPECT_TRUE(keys->Open(engine_->view()->signed_checkpoint()).ok());
  EXPECT_EQ(ReasonOf(keys->Follow(record)), "LOG_KEY_ROTATION_INVALID") << "not behind itself";
  EXPECT_EQ(ReasonOf(keys->Follow(*engine_->view()->Record(*sequence + 1))), "LOG_KEY_ROTATION_INVALID");

  EXPECT_EQ(Try(rotation), "OK") << "a retry finds its record";
  EXPECT_TRUE(Reopen("log", "log-2").ok()) << "as before";
  EXPECT_TRUE(Reopen("log-2", "").ok());
  ASSERT_EQ(Try(world_.Seal(Register("org-2"))), "OK");
  EXPECT_TRUE(IsSignedBy("log-2"));
  EXPECT_EQ(ReasonOf(Reopen("log", "")), "LOG_KEY_MISMATCH");
  EXPECT_EQ(ReasonOf(Reopen("log", "standby")), "LOG_KEY_MISMATCH") << "the standby of before";
}

// A checkpoint of a size before the rotation by the new key, or of one behind it by the old, is none.
TEST_F(LogKey, EachSizeHasItsKey) {
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  const log::Checkpoint small = engine_->view()->checkpoint();
  ASSERT_EQ(Try(SealByAll(Rotation("log-2", "s-2"), {admin_, other_, "log", "log-2", "s-2"})), "OK");
  const log::Checkpoint large = engine_->view()->checkpoint();
  auto keys = *audit::LogKeys::OfGenesis(*engine_->view()->Record(0));
  ASSERT_TRUE(keys.Follow(*engine_->view()->Record(small.size)).ok());
  EXPECT_TRUE(keys.Open(*log::SignCheckpoint(small, *KeyOf("log"))).ok());
  EXPECT_FALSE(keys.Open(*log::SignCheckpoint(small, *KeyOf("log-2"))).ok());
  EXPECT_TRUE(keys.Open(*log::SignCheckpoint(large, *KeyOf("log-2"))).ok());
  EXPECT_FALSE(keys.Open(*log::SignCheckpoint(large, *KeyOf("log"))).ok());
}

TEST_F(LogKey, WhenLostIsReplacedByTheStandbyAlone) {
  const std::string before = engine_->view()->signed_checkpoint();
  ASSERT_TRUE(Reopen("standby", "").ok()) << "the key is nowhere any more";
  EXPECT_EQ(engine_->view()->signed_checkpoint(), before);
  EXPECT_EQ(Try(world_.Seal(Register("org-1"))), "LOG_KEY_NOT_HELD");
  EXPECT_EQ(Try(SealByAll(Rotation("other", "s-2", true), {admin_, other_, "other", "s-2"})),
            "LOG_KEY_INVALID");
  EXPECT_EQ(Try(SealByAll(Rotation("standby", "s-2", true), {admin_, other_, "log", "standby", "s-2"})),
            "ENVELOPE_MALFORMED");
  ASSERT_EQ(Try(SealByAll(Rotation("standby", "s-2", true), {admin_, other_, "standby", "s-2"})), "OK");
  EXPECT_TRUE(IsSignedBy("standby"));
  EXPECT_EQ(Try(world_.Seal(Register("org-1"))), "OK");
  // And the standby's standby, in turn.
  ASSERT_TRUE(Reopen("s-2", "").ok());
  ASSERT_EQ(Try(SealByAll(Rotation("s-2", "s-3", true), {admin_, other_, "s-2", "s-3"})), "OK");
  EXPECT_TRUE(IsSignedBy("s-2"));
  auto keys = *audit::LogKeys::OfGenesis(*engine_->view()->Record(0));
  ASSERT_TRUE(keys.Follow(*engine_->view()->Record(engine_->view()->size() - 3)).ok());
  ASSERT_TRUE(keys.Follow(*engine_->view()->Record(engine_->view()->size() - 1)).ok());
  EXPECT_TRUE(keys.Open(engine_->view()->signed_checkpoint()).ok());
}

TEST_F(LogKey, TakesEverySignature) {
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  const std::vector<std::string> good = {admin_, other_, "log", "log-2", "s-2"};
  for (size_t i = 0; i < good.size(); ++i) {
    std::vector<std::string> wrong = good;
    wrong[i] = "somebody";
    EXPECT_EQ(Try(SealByAll(Rotation("log-2", "s-2"), wrong)), "SIGNATURE_INVALID") << i;
    wrong.erase(wrong.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_EQ(Try(SealByAll(Rotation("log-2", "s-2"), wrong)), "ENVELOPE_MALFORMED") << i;
  }
  v1::Submission two = Rotation("log-2", "s-2");
  *two.add_actions() = Register("org-1").actions(0);
  EXPECT_EQ(Try(SealByAll(two, good)), "SUBMISSION_MALFORMED");
  v1::Submission one_person = Rotation("log-2", "s-2");
  one_person.mutable_actions(0)->mutable_rotate_log_key()->set_second_officer(admin_);
  EXPECT_EQ(Try(SealByAll(one_person, {admin_, admin_, "log", "log-2", "s-2"})), "SECOND_OFFICER_WRONG");
  v1::Submission reviewer = Rotation("log-2", "s-2");
  reviewer.mutable_actions(0)->mutable_rotate_log_key()->set_second_officer("reviewer");
  EXPECT_EQ(Try(SealByAll(reviewer, {admin_, "reviewer", "log", "log-2", "s-2"})), "SECOND_OFFICER_WRONG");
  EXPECT_TRUE(IsSignedBy("log"));
}

TEST_F(LogKey, IsNotReplacedByOneThatTheMachineDoesNotHold) {
  EXPECT_EQ(Try(SealByAll(Rotation("log-2", "s-2"), {admin_, other_, "log", "log-2", "s-2"})),
            "LOG_KEY_NOT_HELD");
  ASSERT_EQ(Try(world_.Seal(Register("org-1"))), "OK");
  EXPECT_TRUE(IsSignedBy("log"));
}

TEST_F(LogKey, NeverComesBack) {
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  EXPECT_EQ(Try(SealByAll(Rotation("log", "s-2"), {admin_, other_, "log", "log", "s-2"})), "LOG_KEY_INVALID");
  EXPECT_EQ(Try(SealByAll(Rotation("log-2", "log-2"), {admin_, other_, "log", "log-2", "log-2"})),
            "LOG_KEY_INVALID");
  ASSERT_EQ(Try(SealByAll(Rotation("log-2", "s-2"), {admin_, other_, "log", "log-2", "s-2"})), "OK");
  EXPECT_EQ(Try(SealByAll(Rotation("log", "s-3"), {admin_, other_, "log-2", "log", "s-3"})),
            "LOG_KEY_INVALID");
  EXPECT_EQ(Try(SealByAll(Rotation("log-3", "log"), {admin_, other_, "log-2", "log-3", "log"})),
            "LOG_KEY_INVALID");
}

// Whatever of it the crash let through: the store has the rotation, the anchor does not.
TEST_F(LogKey, IsFoundAgainAfterACrashBetweenCommitAndAnchor) {
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  engine_.reset();
  const std::string anchor = directory_.Sub("ledger/anchor");
  const std::string saved = directory_.Sub("saved");
  std::filesystem::copy(anchor, saved);
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  ASSERT_EQ(Try(SealByAll(Rotation("log-2", "s-2"), {admin_, other_, "log", "log-2", "s-2"})), "OK");
  engine_.reset();
  std::filesystem::copy(saved, anchor, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(ReasonOf(Reopen("log", "")), "LOG_KEY_MISMATCH");
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  EXPECT_TRUE(IsSignedBy("log-2"));
}

// Judged while the rotation is not durable yet, or in its own group.
TEST_F(LogKey, SignsWhatWaitsBehindItsRotation) {
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  std::vector<std::string> envelopes = {
      world_.Seal(Register("org-before")),
      SealByAll(Rotation("log-2", "s-2"), {admin_, other_, "log", "log-2", "s-2"})};
  for (int i = 0; i < 50; ++i) envelopes.push_back(world_.Seal(Register(absl::StrCat("org-", i))));
  std::atomic<size_t> recorded = 0;
  for (const std::string& envelope : envelopes) {
    engine_->Submit(envelope, [&](auto receipt) { recorded += receipt.ok() ? 1 : 0; });
  }
  engine_->Stop();
  EXPECT_EQ(recorded, envelopes.size());
  EXPECT_TRUE(IsSignedBy("log-2"));
}

// A store whose books hide the rotation, or name a record that is none, is noticed.
TEST_F(LogKey, VerificationByTheGenesisKeyFollowsIt) {
  ASSERT_TRUE(Reopen("log", "log-2").ok());
  ASSERT_EQ(Try(SealByAll(Rotation("log-2", "s-2"), {admin_, other_, "log", "log-2", "s-2"})), "OK");
  ASSERT_EQ(Try(world_.Seal(Register("org-1"))), "OK");
  for (const VerifyDepth depth : {VerifyDepth::kFull, VerifyDepth::kChain}) {
    VerifyOptions options;
    options.directory = directory_.Sub("ledger");
    options.depth = depth;
    options.verifier_key = log::VerifierKey(World::kOrigin, KeyOf("log")->public_key());
    auto report = VerifyDirectory(options);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->findings[0].message;
    options.verifier_key = log::VerifierKey(World::kOrigin, KeyOf("log-2")->public_key());
    report = VerifyDirectory(options);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->findings[0].reason, "LOG_KEY_MISMATCH") << "the genesis' key is the one to hold";
  }
}

}  // namespace
}  // namespace fundledger::engine
