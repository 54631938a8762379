// What a submission meets: a receipt that verifies, or a refusal that leaves no trace.
#include <atomic>
#include <set>
#include <thread>

#include "ledger/audit/audit.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/verify.h"
#include "ledger/log/record.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using absl::StatusCode;
using test_support::KeyOf;
using test_support::SubmitAndWait;
using test_support::TemporaryDirectory;
using test_support::VerifyReceipt;
using test_support::World;

using Answer = absl::StatusOr<v1::Receipt>;

std::string SealBytes(std::string_view payload, std::string_view key,
                      std::string_view type = crypto::kSubmissionType) {
  return *crypto::SealEnvelope(type, payload, {KeyOf(key).get()});
}

class Submit : public ::testing::TestWithParam<v1::Suite> {
 protected:
  void SetUp() override {
    auto opened = world_.CreateAndOpen(directory_.Sub("ledger"));
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }

  void Reopen() {
    engine_.reset();
    auto opened = Engine::Open(world_.OptionsAt(directory_.Sub("ledger")));
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }

  v1::Submission Register(std::string_view id) { return world_.Register(*engine_->view(), id); }

  // `envelope` is recorded; gives its receipt, which verifies.
  v1::Receipt ExpectRecorded(const std::string& envelope) {
    const Sequence next = engine_->view()->size();
    const Answer answer = SubmitAndWait(engine_.get(), envelope);
    EXPECT_TRUE(answer.ok()) << answer.status();
    if (!answer.ok()) return {};
    const auto sequence = VerifyReceipt(*answer, envelope, world_.verifier());
    EXPECT_TRUE(sequence.ok()) << sequence.status();
    EXPECT_EQ(sequence.value_or(0), next);
    EXPECT_FALSE(answer->repeated_request());
    EXPECT_TRUE(answer->envelope().empty());
    return *answer;
  }

  // `envelope` is refused for `reason`, and the ledger is as it was.
  void ExpectRefused(const std::string& envelope, StatusCode code, std::string_view reason) {
    const std::string before = engine_->view()->signed_checkpoint();
    const Answer answer = SubmitAndWait(engine_.get(), envelope);
    EXPECT_EQ(answer.status().code(), code) << answer.status();
    EXPECT_EQ(ReasonOf(answer.status()), reason) << answer.status();
    EXPECT_EQ(engine_->view()->signed_checkpoint(), before);
  }
  void ExpectRefused(const v1::Submission& submission, StatusCode code, std::string_view reason) {
    ExpectRefused(world_.Seal(submission), code, reason);
  }

  // The answer to `again` is the record of `envelope`.
  void ExpectRepeated(const std::string& again, const std::string& envelope, Sequence sequence) {
    const Answer answer = SubmitAndWait(engine_.get(), again);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(answer->repeated_request());
    EXPECT_EQ(answer->envelope(), envelope);
    const auto found = VerifyReceipt(*answer, answer->envelope(), world_.verifier());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, sequence);
  }

  World world_{GetParam()};
  TemporaryDirectory directory_;
  std::unique_ptr<Engine> engine_;
};

TEST_P(Submit, GivesAReceiptThatVerifies) {
  const std::string before = engine_->view()->signed_checkpoint();
  ExpectRecorded(world_.Seal(Register("org-1")));
  EXPECT_EQ(engine_->view()->size(), 2u);
  EXPECT_NE(engine_->view()->signed_checkpoint(), before);
  const auto entity = engine_->view()->Get({books::EntityKind::kOrganization, "org-1"});
  ASSERT_TRUE(entity.ok() && *entity != nullptr);
  EXPECT_EQ((*entity)->organization().registration().id(), "org-1");
}

TEST_P(Submit, StampsTimesThatNeverGoBack) {
  world_.clock.Advance(30'000'000);
  ExpectRecorded(world_.Seal(Register("org-1")));
  world_.clock.Advance(-10'000'000);
  ExpectRecorded(world_.Seal(Register("org-2")));
  const auto first = engine_->view()->Record(1);
  const auto second = engine_->view()->Record(2);
  EXPECT_EQ(log::DecodeRecord(*first)->header.recorded_at_us, world_.clock.now_us() + 10'000'000);
  EXPECT_EQ(log::DecodeRecord(*second)->header.recorded_at_us, world_.clock.now_us() + 10'000'000);
}

TEST_P(Submit, AnswersARepeatedRequestWithTheFirstRecord) {
  const v1::Submission submission = Register("org-1");
  const std::string envelope = world_.Seal(submission);
  ExpectRecorded(envelope);
  ExpectRepeated(envelope, envelope, 1);
  ExpectRecorded(world_.Seal(Register("org-2")));

  // Signed anew with another view and time: the actions are the same, and so is the request.
  v1::Submission again = submission;
  again.mutable_seen()->set_size(engine_->view()->size());
  again.mutable_seen()->set_root(engine_->view()->checkpoint().root.str());
  again.set_signed_at_us(world_.clock.now_us() + 5);
  ExpectRepeated(world_.Seal(again), envelope, 1);

  // After its time has run out, with a view of no log at all, and after a restart.
  again.set_not_after_us(1);
  again.mutable_seen()->set_root(std::string(32, 'x'));
  ExpectRepeated(world_.Seal(again), envelope, 1);
  Reopen();
  ExpectRepeated(envelope, envelope, 1);
  EXPECT_EQ(engine_->view()->size(), 3u);
}

TEST_P(Submit, RefusesARequestIdForOtherActions) {
  v1::Submission submission = Register("org-1");
  ExpectRecorded(world_.Seal(submission));
  submission.mutable_actions(0)->set_note("other");
  ExpectRefused(submission, StatusCode::kAlreadyExists, "REQUEST_ID_REUSED");
  Reopen();
  ExpectRefused(submission, StatusCode::kAlreadyExists, "REQUEST_ID_REUSED");
  // Request ids are each officer's own.
  v1::Submission other = world_.Draft(*engine_->view(), World::kOtherAdmin);
  other.set_request_id(submission.request_id());
  *other.add_actions() = Register("org-2").actions(0);
  ExpectRecorded(world_.Seal(other));
}

TEST_P(Submit, TellsNobodyElseWhatBecameOfARequest) {
  const v1::Submission submission = Register("org-1");
  ExpectRecorded(world_.Seal(submission));
  ExpectRefused(SealBytes(submission.SerializeAsString(), "stranger"), StatusCode::kUnauthenticated,
                "SIGNATURE_INVALID");
}

TEST_P(Submit, RefusesWhatIsBoundToAnotherLogOrMoment) {
  v1::Submission submission = Register("org-1");
  submission.set_ledger(std::string(32, 'x'));
  ExpectRefused(submission, StatusCode::kInvalidArgument, "WRONG_LEDGER");

  submission = Register("org-1");
  submission.set_not_after_us(world_.clock.now_us() - 1);
  ExpectRefused(submission, StatusCode::kFailedPrecondition, "EXPIRED");
  submission.set_not_after_us(world_.clock.now_us());

  const v1::Submission good = submission;
  submission.mutable_seen()->set_root(std::string(32, 'x'));
  ExpectRefused(submission, StatusCode::kFailedPrecondition, "SEEN_NOT_A_PREFIX");
  submission = good;
  submission.mutable_seen()->set_size(2);
  ExpectRefused(submission, StatusCode::kFailedPrecondition, "SEEN_NOT_A_PREFIX");
  submission.mutable_seen()->set_size(0);
  ExpectRefused(submission, StatusCode::kFailedPrecondition, "SEEN_NOT_A_PREFIX");
  ExpectRefused(world_.GenesisEnvelope(), StatusCode::kInvalidArgument, "GENESIS_MISPLACED");

  submission = good;
  *submission.add_actions()->mutable_genesis() = world_.genesis();
  ExpectRefused(submission, StatusCode::kInvalidArgument, "GENESIS_MISPLACED");
  ExpectRecorded(world_.Seal(good));
}

TEST_P(Submit, RefusesWhoDidNotSign) {
  v1::Submission submission = Register("org-1");
  ExpectRefused(SealBytes(submission.SerializeAsString(), World::kOtherAdmin), StatusCode::kUnauthenticated,
                "SIGNATURE_INVALID");
  std::string tampered = world_.Seal(submission);
  tampered.back() ^= 1;
  ExpectRefused(tampered, StatusCode::kUnauthenticated, "SIGNATURE_INVALID");
  submission.set_officer("nobody");
  ExpectRefused(submission, StatusCode::kUnauthenticated, "OFFICER_UNKNOWN");
}

TEST_P(Submit, RefusesAKeyThatDoesNotProveItself) {
  v1::Submission submission = world_.Draft(*engine_->view(), World::kAdmin);
  v1::RegisterOfficer& officer = *submission.add_actions()->mutable_register_officer();
  officer = world_.Officer(*engine_->view(), "inspector", "inspection", v1::ROLE_INSPECTOR);
  officer.set_key_proof(
      world_.Officer(*engine_->view(), "another", "inspection", v1::ROLE_INSPECTOR).key_proof());
  ExpectRefused(submission, StatusCode::kUnauthenticated, "KEY_PROOF_INVALID");
  officer.clear_key_proof();
  ExpectRefused(submission, StatusCode::kUnauthenticated, "KEY_PROOF_INVALID");
  officer = world_.Officer(*engine_->view(), "inspector", "inspection", v1::ROLE_INSPECTOR);
  officer.mutable_key()->set_key("short");
  ExpectRefused(submission, StatusCode::kUnauthenticated, "KEY_PROOF_INVALID");
}

TEST_P(Submit, RefusesAKeyProvedForAnotherLedger) {
  v1::Submission submission = world_.Draft(*engine_->view(), World::kAdmin);
  v1::RegisterOfficer& officer = *submission.add_actions()->mutable_register_officer();
  officer = world_.Officer(*engine_->view(), "inspector", "inspection", v1::ROLE_INSPECTOR);
  // The genesis' form of the proof, which names no ledger.
  const auto key = test_support::KeyOf("inspector");
  officer.set_key_proof(*key->Sign(crypto::PreAuthEncoding(crypto::kKeyProofType, "inspector")));
  ExpectRefused(submission, StatusCode::kUnauthenticated, "KEY_PROOF_INVALID");
}

TEST_P(Submit, RefusesToBeValidForMoreThanAYear) {
  constexpr int64_t kDayUs = int64_t{24} * 60 * 60 * 1'000'000;
  v1::Submission submission = Register("org-1");
  submission.set_not_after_us(world_.clock.now_us() + 366 * kDayUs + 1);
  ExpectRefused(submission, StatusCode::kInvalidArgument, "NOT_AFTER_TOO_FAR");
  submission.set_not_after_us(std::numeric_limits<int64_t>::max());
  ExpectRefused(submission, StatusCode::kInvalidArgument, "NOT_AFTER_TOO_FAR");
  submission.set_not_after_us(world_.clock.now_us() + 366 * kDayUs);
  ExpectRecorded(world_.Seal(submission));
}

TEST_P(Submit, RefusesWhatIsNotWellFormed) {
  const v1::Submission good = Register("org-1");
  const std::string payload = good.SerializeAsString();
  ExpectRefused(std::string("not an envelope"), StatusCode::kInvalidArgument, "ENVELOPE_MALFORMED");
  ExpectRefused(std::string(audit::kMaxEnvelopeBytes + 1, 'x'), StatusCode::kInvalidArgument,
                "ENVELOPE_TOO_LARGE");
  ExpectRefused(SealBytes(payload, World::kAdmin, "text/plain"), StatusCode::kInvalidArgument,
                "PAYLOAD_TYPE_UNKNOWN");
  ExpectRefused(SealBytes("\xff\xff", World::kAdmin), StatusCode::kInvalidArgument, "SUBMISSION_MALFORMED");
  const auto admin = KeyOf(World::kAdmin);
  ExpectRefused(*crypto::SealEnvelope(crypto::kSubmissionType, payload, {admin.get(), admin.get()}),
                StatusCode::kInvalidArgument, "ENVELOPE_MALFORMED");

  v1::Submission bad = good;
  bad.clear_actions();
  ExpectRefused(bad, StatusCode::kInvalidArgument, "ACTION_MISSING");
  bad.add_actions();
  ExpectRefused(bad, StatusCode::kInvalidArgument, "ACTION_MISSING");
  for (int i = 0; i < 1001; ++i) bad.add_actions()->mutable_approve();
  ExpectRefused(bad, StatusCode::kInvalidArgument, "TOO_MANY_ACTIONS");
  bad = good;
  bad.set_request_id("short");
  ExpectRefused(bad, StatusCode::kInvalidArgument, "REQUEST_ID_MALFORMED");
  bad = good;
  bad.set_ledger("short");
  ExpectRefused(bad, StatusCode::kInvalidArgument, "LEDGER_MALFORMED");
  bad = good;
  bad.clear_seen();
  ExpectRefused(bad, StatusCode::kInvalidArgument, "SUBMISSION_MALFORMED");
  bad = good;
  bad.set_officer("a b");
  ExpectRefused(bad, StatusCode::kInvalidArgument, "ID_MALFORMED");
  bad = good;
  bad.mutable_actions(0)->mutable_register_organization()->set_tier(static_cast<v1::Tier>(99));
  ExpectRefused(bad, StatusCode::kInvalidArgument, "UNKNOWN_ENUM_VALUE");
}

TEST_P(Submit, RefusesByRulesWithoutATrace) {
  ExpectRecorded(world_.Seal(Register("org-1")));
  const v1::Submission twice = Register("org-1");
  ExpectRefused(twice, StatusCode::kAlreadyExists,
                ReasonOf(SubmitAndWait(engine_.get(), world_.Seal(twice)).status()));
  // Of two actions, the second is refused: the first is not there either, and the request id is free.
  v1::Submission pair = Register("org-2");
  *pair.add_actions() = Register("org-1").actions(0);
  const std::string before = engine_->view()->signed_checkpoint();
  EXPECT_FALSE(SubmitAndWait(engine_.get(), world_.Seal(pair)).ok());
  EXPECT_EQ(engine_->view()->signed_checkpoint(), before);
  pair.mutable_actions()->RemoveLast();
  ExpectRecorded(world_.Seal(pair));
}

TEST_P(Submit, TakesAnOfficerWhoWasJustApproved) {
  v1::Submission proposal = world_.Draft(*engine_->view(), World::kAdmin);
  *proposal.add_actions()->mutable_register_officer() =
      world_.Officer(*engine_->view(), "inspector", "inspection", v1::ROLE_INSPECTOR);
  const std::string proposed = world_.Seal(proposal);
  const v1::Receipt receipt = ExpectRecorded(proposed);
  v1::Submission approval = world_.Draft(*engine_->view(), World::kOtherAdmin);
  *approval.add_actions()->mutable_approve()->mutable_proposal() = test_support::RefTo(receipt, proposed, 0);
  ExpectRecorded(world_.Seal(approval));
  // Known now: what the inspector sends is judged by role, no more by signature.
  v1::Submission submission = Register("org-1");
  submission.set_officer("inspector");
  ExpectRefused(submission, StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED");
}

TEST_P(Submit, GivesGaplessSequencesToManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kEach = 60;
  std::vector<std::vector<std::pair<std::string, Answer>>> answers(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        std::string envelope = world_.Seal(Register(absl::StrCat("org-", t, "-", i)));
        Answer answer = SubmitAndWait(engine_.get(), envelope);
        answers[static_cast<size_t>(t)].emplace_back(std::move(envelope), std::move(answer));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<Sequence> sequences;
  for (const auto& of_thread : answers) {
    for (const auto& [envelope, answer] : of_thread) {
      ASSERT_TRUE(answer.ok()) << answer.status();
      const auto sequence = VerifyReceipt(*answer, envelope, world_.verifier());
      ASSERT_TRUE(sequence.ok()) << sequence.status();
      sequences.insert(*sequence);
    }
  }
  EXPECT_EQ(sequences.size(), static_cast<size_t>(kThreads * kEach));
  EXPECT_EQ(*sequences.begin(), 1u);
  EXPECT_EQ(*sequences.rbegin(), static_cast<Sequence>(kThreads * kEach));
  engine_.reset();
  const auto report = VerifyDirectory({directory_.Sub("ledger"), std::nullopt, std::nullopt, nullptr});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << report->findings[0].message;
}

// References are asked for together, for all that is judged together: in a submission, in a round, in the
// round below it, and in the store.
TEST_P(Submit, TakesAReferenceOnceHoweverManyAskForIt) {
  constexpr int kReferences = 7;
  constexpr int kAsking = 60;
  std::atomic<int> taken = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> answered = 0;
  for (int again = 0; again < 2; ++again) {
    for (int i = 0; i < kAsking; ++i) {
      v1::Submission submission = Register(absl::StrCat("org-", again, "-", i));
      submission.mutable_actions(0)->set_reference(absl::StrCat("R-", i % kReferences));
      *submission.add_actions() = submission.actions(0);
      submission.mutable_actions(1)->mutable_register_organization()->set_id(
          absl::StrCat("org-", again, "-", i, "-too"));
      submission.mutable_actions(1)->set_reference(absl::StrCat("S-", i % kReferences));
      engine_->Submit(world_.Seal(submission), [&](const Answer& answer) {
        taken += answer.ok() ? 1 : 0;
        refused += ReasonOf(answer.status()) == "REFERENCE_USED" ? 1 : 0;
        ++answered;
      });
    }
    while (answered < kAsking * (again + 1)) std::this_thread::yield();
    EXPECT_EQ(taken, kReferences);
    EXPECT_EQ(refused, kAsking * (again + 1) - kReferences);
  }
  v1::Submission twice = Register("org-x");
  twice.mutable_actions(0)->set_reference("T-1");
  *twice.add_actions() = twice.actions(0);
  twice.mutable_actions(1)->mutable_register_organization()->set_id("org-y");
  ExpectRefused(twice, StatusCode::kAlreadyExists, "REFERENCE_USED");
}

TEST_P(Submit, TriesWithoutATrace) {
  const v1::Submission recorded = Register("org-1");
  ExpectRecorded(world_.Seal(recorded));
  const std::string before = engine_->view()->signed_checkpoint();
  v1::Submission bare = Register("org-2");
  bare.clear_seen();
  bare.clear_not_after_us();
  v1::Submission below = Register("org-3");
  below.mutable_actions(0)->mutable_register_organization()->set_parent("org-2");
  v1::Submission reused = recorded;
  reused.mutable_actions(0)->set_note("other");
  v1::Submission expired = Register("org-4");
  expired.set_not_after_us(1);
  const auto outcomes = engine_->Check({bare.SerializeAsString(), below.SerializeAsString(),
                                        bare.SerializeAsString(), recorded.SerializeAsString(),
                                        reused.SerializeAsString(), expired.SerializeAsString(), "?"});
  ASSERT_EQ(outcomes.size(), 7u);
  EXPECT_TRUE(outcomes[0].status.ok()) << outcomes[0].status;
  EXPECT_FALSE(outcomes[0].repeated_request);
  EXPECT_TRUE(outcomes[1].status.ok()) << outcomes[1].status;  // on top of the one before
  EXPECT_TRUE(outcomes[2].status.ok() && outcomes[2].repeated_request);
  EXPECT_TRUE(outcomes[3].status.ok() && outcomes[3].repeated_request);
  EXPECT_EQ(ReasonOf(outcomes[4].status), "REQUEST_ID_REUSED");
  EXPECT_EQ(ReasonOf(outcomes[5].status), "EXPIRED");
  EXPECT_EQ(outcomes[6].status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(engine_->view()->signed_checkpoint(), before);
}

INSTANTIATE_TEST_SUITE_P(Suites, Submit, ::testing::Values(v1::SUITE_INTERNATIONAL, v1::SUITE_SM),
                         [](const auto& suite) { return v1::Suite_Name(suite.param); });

}  // namespace
}  // namespace fundledger::engine
