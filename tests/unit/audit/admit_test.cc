// Admission: what has more than one reading, or a part without a meaning, does not get in.
#include <random>

#include "fundledger/v1/envelope.pb.h"
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::audit {
namespace {

using test_support::KeyOf;
using test_support::World;

v1::Submission Good() {
  v1::Submission submission;
  submission.set_ledger(std::string(32, 'l'));
  submission.set_officer("admin");
  submission.set_request_id(std::string(16, 'r'));
  submission.set_not_after_us(5);
  submission.mutable_seen()->set_size(1);
  submission.mutable_seen()->set_root(std::string(32, 's'));
  v1::RequestPayment& payment = *submission.add_actions()->mutable_request_payment();
  payment.set_kind(v1::PAYMENT_KIND_FINAL);
  payment.add_lines()->set_project("p");
  submission.add_actions()->mutable_register_officer()->mutable_key()->set_algorithm(v1::KEY_ALGORITHM_SM2);
  submission.mutable_actions(1)->mutable_date()->set_year(2020);
  return submission;
}

std::string ReasonOfPayload(std::string_view payload) {
  return ReasonOf(AdmitPayload(payload).status());
}
std::string ReasonOfSubmission(const v1::Submission& submission) {
  return ReasonOfPayload(submission.SerializeAsString());
}

// A length-delimited field of a number below 16.
std::string Field(int number, std::string_view bytes) {
  return absl::StrCat(std::string(1, static_cast<char>(number << 3 | 2)),
                      std::string(1, static_cast<char>(bytes.size())), ToAbsl(bytes));
}

TEST(Admit, TakesWhatIsWellFormed) {
  const std::string payload = Good().SerializeAsString();
  const auto admitted = AdmitPayload(payload);
  ASSERT_TRUE(admitted.ok()) << admitted.status();
  EXPECT_EQ(admitted->payload, payload);
  EXPECT_TRUE(admitted->signatures.empty());
  const auto sealed = Admit(*crypto::SealEnvelope(crypto::kSubmissionType, payload, {KeyOf("admin").get()}));
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(sealed->signatures.size(), 1u);
  EXPECT_EQ(sealed->actions_hash, admitted->actions_hash);
}

TEST(Admit, LooksAtTheFormOfEveryAction) {
  v1::Submission submission = Good();
  EXPECT_EQ(AdmitPayload(submission.SerializeAsString())->form, books::Form::kGood);
  // What is wrong is for its turn to say, in the order of all rules.
  submission.mutable_actions(1)->set_note("call 13800138000");
  EXPECT_EQ(AdmitPayload(submission.SerializeAsString())->form, books::Form::kUnknown);
}

TEST(Admit, HashesTheBytesOfTheActionsInOrder) {
  const v1::Submission good = Good();
  std::string expected;
  for (const v1::Action& action : good.actions()) {
    const std::string bytes = action.SerializeAsString();
    AppendBigEndian64(bytes.size(), &expected);
    expected.append(bytes);
  }
  EXPECT_EQ(AdmitPayload(good.SerializeAsString())->actions_hash, crypto::Sha256(expected));
  v1::Submission other = good;
  other.set_signed_at_us(7);  // not an action
  EXPECT_EQ(AdmitPayload(other.SerializeAsString())->actions_hash, crypto::Sha256(expected));
  other.mutable_actions()->SwapElements(0, 1);
  EXPECT_NE(AdmitPayload(other.SerializeAsString())->actions_hash, crypto::Sha256(expected));
}

TEST(Admit, RefusesUnknownFieldsAtEveryDepth) {
  const std::string unknown = Field(15, "x");
  EXPECT_EQ(ReasonOfPayload(Good().SerializeAsString() + unknown), "UNKNOWN_FIELD");
  const auto spoil = [&](auto* message) {
    message->GetReflection()->MutableUnknownFields(message)->AddLengthDelimited(999, "x");
  };
  v1::Submission submission = Good();
  spoil(submission.mutable_seen());
  EXPECT_EQ(ReasonOfSubmission(submission), "UNKNOWN_FIELD");
  submission = Good();
  spoil(submission.mutable_actions(1));
  EXPECT_EQ(ReasonOfSubmission(submission), "UNKNOWN_FIELD");
  submission = Good();
  spoil(submission.mutable_actions(0)->mutable_request_payment()->mutable_lines(0));
  EXPECT_EQ(ReasonOfSubmission(submission), "UNKNOWN_FIELD");
  submission = Good();
  spoil(submission.mutable_actions(1)->mutable_register_officer()->mutable_key());
  const absl::Status status = AdmitPayload(submission.SerializeAsString()).status();
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_FIELD");
  EXPECT_NE(status.message().find("submission.actions[1].register_officer.key"), absl::string_view::npos)
      << status;
}

TEST(Admit, RefusesUnknownEnumValuesAtEveryDepth) {
  v1::Submission submission = Good();
  submission.mutable_actions(0)->mutable_request_payment()->set_kind(static_cast<v1::PaymentKind>(77));
  EXPECT_EQ(ReasonOfSubmission(submission), "UNKNOWN_ENUM_VALUE");
  submission = Good();
  submission.mutable_actions(1)->mutable_register_officer()->mutable_key()->set_algorithm(
      static_cast<v1::KeyAlgorithm>(-1));
  EXPECT_EQ(ReasonOfSubmission(submission), "UNKNOWN_ENUM_VALUE");
}

TEST(Admit, RefusesBytesThatTheParseDoesNotAccountFor) {
  const std::string good = Good().SerializeAsString();
  EXPECT_EQ(ReasonOfPayload(good + Field(2, "admin")), "SUBMISSION_MALFORMED");  // given twice
  EXPECT_EQ(ReasonOfPayload(good + std::string("\x30\x00", 2)),
            "SUBMISSION_MALFORMED");  // a default written out
  EXPECT_EQ(ReasonOfPayload(good + std::string("\x30\x87\x00", 3)),
            "SUBMISSION_MALFORMED");  // an over-long number
  EXPECT_EQ(ReasonOfPayload(good + Field(5, Field(2, std::string(32, 's')))),
            "SUBMISSION_MALFORMED");  // merged
  v1::Submission not_text = Good();
  std::string payload = not_text.SerializeAsString();
  payload[payload.find("admin")] = '\xff';
  EXPECT_EQ(ReasonOfPayload(payload), "SUBMISSION_MALFORMED");
}

TEST(Admit, WantsAHeadThatIsComplete) {
  v1::Submission submission = Good();
  submission.set_request_id(std::string(15, 'r'));
  EXPECT_EQ(ReasonOfSubmission(submission), "REQUEST_ID_MALFORMED");
  submission = Good();
  submission.clear_ledger();
  EXPECT_EQ(ReasonOfSubmission(submission), "LEDGER_MALFORMED");
  submission = Good();
  submission.mutable_seen()->set_root("short");
  EXPECT_EQ(ReasonOfSubmission(submission), "SUBMISSION_MALFORMED");
  submission = Good();
  submission.set_officer("");
  EXPECT_EQ(ReasonOfSubmission(submission), "ID_MALFORMED");
  // A trial may leave out what was seen; an envelope may not.
  submission = Good();
  submission.clear_seen();
  EXPECT_EQ(ReasonOfSubmission(submission), "");
  const auto sealed =
      crypto::SealEnvelope(crypto::kSubmissionType, submission.SerializeAsString(), {KeyOf("a").get()});
  EXPECT_EQ(ReasonOf(Admit(*sealed).status()), "SUBMISSION_MALFORMED");
}

TEST(Admit, WantsAGenesisWithoutAPast) {
  const World world;
  const auto genesis = Admit(world.GenesisEnvelope());
  ASSERT_TRUE(genesis.ok()) << genesis.status();
  EXPECT_TRUE(IsGenesis(genesis->submission()));
  v1::Submission submission = genesis->submission();
  submission.set_ledger(std::string(32, 'l'));
  EXPECT_EQ(ReasonOfSubmission(submission), "LEDGER_MALFORMED");
  submission = genesis->submission();
  submission.mutable_seen()->set_size(1);
  EXPECT_EQ(ReasonOfSubmission(submission), "SUBMISSION_MALFORMED");
  submission = genesis->submission();
  submission.set_not_after_us(1);
  EXPECT_EQ(ReasonOfSubmission(submission), "SUBMISSION_MALFORMED");
  submission = genesis->submission();
  submission.set_officer("someone");
  EXPECT_EQ(ReasonOfSubmission(submission), "SUBMISSION_MALFORMED");
  const auto lonely =
      crypto::SealEnvelope(crypto::kSubmissionType, genesis->payload, {world.log_key().get()});
  EXPECT_EQ(ReasonOf(Admit(*lonely).status()), "ENVELOPE_MALFORMED");
}

TEST(Admit, TakesActionsUpToTheirLimit) {
  v1::Submission submission = Good();
  while (submission.actions_size() < static_cast<int>(kMaxActions))
    submission.add_actions()->mutable_approve();
  EXPECT_EQ(ReasonOfSubmission(submission), "");
  submission.add_actions()->mutable_approve();
  EXPECT_EQ(ReasonOfSubmission(submission), "TOO_MANY_ACTIONS");
  submission = Good();
  submission.mutable_actions(0)->set_note(std::string(kMaxEnvelopeBytes, 'x'));
  EXPECT_EQ(ReasonOfSubmission(submission), "ENVELOPE_TOO_LARGE");
}

// Whatever the bytes: refused with a reason, or admitted with a parse that gives the same bytes' size.
TEST(Admit, SurvivesRandomDamage) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string good =
      *crypto::SealEnvelope(crypto::kSubmissionType, Good().SerializeAsString(), {KeyOf("admin").get()});
  ::google::protobuf::LogSilencer quiet;
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = good;
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    const auto admitted = Admit(bytes);
    if (admitted.ok()) {
      EXPECT_EQ(admitted->submission().ByteSizeLong(), admitted->payload.size());
    } else {
      EXPECT_EQ(admitted.status().code(), absl::StatusCode::kInvalidArgument) << admitted.status();
      EXPECT_NE(ReasonOf(admitted.status()), "INVALID_ARGUMENT");
    }
  }
}

}  // namespace
}  // namespace fundledger::audit
