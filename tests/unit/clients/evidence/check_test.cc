// Evidence files judged by the log's public key alone: figures recomputed, keys followed, complaints believed
// of nobody.
#include "clients/evidence/check.h"

#include <gmock/gmock.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"
#include "ledger/reports/reports.h"
#include "tests/support/world.h"

namespace fundledger::evidence {
namespace {

using log::EvidenceFile;
using log::EvidenceKind;
using log::PartLabel;
using test_support::KeyOf;
using test_support::SubmitAndWait;
using test_support::World;

class CheckEvidenceTest : public testing::Test {
 protected:
  CheckEvidenceTest() {
    auto engine = world_.CreateAndOpen(directory_.Sub("ledger"));
    EXPECT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    for (const char* id : {"v-1", "v-2", "v-3"}) {
      EXPECT_TRUE(SubmitAndWait(engine_.get(), world_.Seal(world_.Register(*engine_->view(), id))).ok());
    }
  }
  Trust Ours() const { return {world_.verifier(), LedgerId()}; }
  Hash256 LedgerId() const { return log::LeafHash(*engine_->view()->Record(0)); }
  std::string Record(Sequence sequence) const { return *engine_->view()->Record(sequence); }

  // All records in an evidence file's lines.
  std::string Records(uint64_t size) const {
    std::string body;
    for (Sequence sequence = 0; sequence < size; ++sequence) {
      body += Base64Encode(Record(sequence)) + "\n";
    }
    return body;
  }
  // An answer as the server signs it, with `spoil` between the figures and the signature.
  std::string Answered(const std::function<void(v1::GetStatementResponse*)>& spoil = {},
                       const std::string& key = "log") {
    const auto view = engine_->view();
    const auto checkpoint = log::ParseCheckpointText(log::ParseNote(view->signed_checkpoint())->text);
    const std::string note = *log::SignCheckpoint(*checkpoint, *KeyOf(key));
    v1::GetStatementRequest request;
    auto response = reports::Statement({*view, *view, view->last_sequence()}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    response->mutable_basis()->set_checkpoint(note);
    if (spoil) spoil(&*response);
    v1::Answer answer;
    answer.set_ledger(LedgerId().str());
    answer.set_method("fundledger.v1.FundService/GetStatement");
    answer.set_request(request.SerializeAsString());
    answer.set_response(response->SerializeAsString());
    answer.set_checkpoint(note);
    return *crypto::SealEnvelope(crypto::kAnswerType, answer.SerializeAsString(), {KeyOf(key).get()});
  }
  static EvidenceFile Figure(const std::string& envelope, const std::string& records = "") {
    EvidenceFile file{EvidenceKind::kWrongFigure,
                      {{PartLabel::kSignedAnswer, Base64Encode(envelope) + "\n"}}};
    if (!records.empty()) file.parts.push_back({PartLabel::kRecords, records});
    return file;
  }
  static void MorePaid(v1::GetStatementResponse* response) { response->mutable_total()->set_paid_fen(5); }
  std::string ReasonFor(const EvidenceFile& file, const EachRecord& records = {}) {
    return ReasonOf(CheckEvidence(file, Ours(), records).status());
  }
  EachRecord FromEngine() {
    return [this](const std::function<absl::Status(std::string_view)>& take) -> absl::Status {
      for (Sequence sequence = 0; sequence < engine_->view()->size(); ++sequence) {
        RETURN_IF_ERROR(take(Record(sequence)));
      }
      return absl::OkStatus();
    };
  }

  World world_;
  test_support::TemporaryDirectory directory_;
  std::unique_ptr<engine::Engine> engine_;
};

TEST_F(CheckEvidenceTest, AFigureThatTheRecordsDoNotGiveConvicts) {
  const EvidenceFile file = Figure(Answered(MorePaid), Records(engine_->view()->size()));
  const auto read = log::ParseEvidence(*log::FormatEvidence(file));
  ASSERT_TRUE(read.ok()) << read.status();
  const auto checked = CheckEvidence(*read, Ours());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_TRUE(checked->convicts);
  EXPECT_EQ(checked->key, KeyName(world_.verifier()));
  EXPECT_THAT(checked->answer->differences,
              testing::ElementsAre("total.paid_fen: stated 5, the records give 0"));
  // The ledger's id need not be known.
  EXPECT_TRUE(CheckEvidence(*read, {world_.verifier(), std::nullopt})->convicts);
}

TEST_F(CheckEvidenceTest, TheRecordsMayComeBesideTheFile) {
  EXPECT_EQ(ReasonFor(Figure(Answered(MorePaid))), "EVIDENCE_RECORDS_MISSING");
  const std::string envelope = Answered(MorePaid);
  // Records that were added since do not matter.
  EXPECT_TRUE(SubmitAndWait(engine_.get(), world_.Seal(world_.Register(*engine_->view(), "v-4"))).ok());
  const auto checked = CheckEvidence(Figure(envelope), Ours(), FromEngine());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_TRUE(checked->convicts);
}

TEST_F(CheckEvidenceTest, AFigureThatTheRecordsGiveConvictsNobody) {
  EXPECT_EQ(ReasonFor(Figure(Answered(), Records(4))), "EVIDENCE_SHOWS_NOTHING");
}

TEST_F(CheckEvidenceTest, NobodyIsConvictedByRecordsOfAnotherState) {
  EXPECT_EQ(ReasonFor(Figure(Answered(MorePaid), Records(3))), "EVIDENCE_RECORDS_WRONG");
  World other;
  other.clock.Advance(1'000'000);
  test_support::TemporaryDirectory directory;
  auto engine = other.CreateAndOpen(directory.Sub("ledger"));
  ASSERT_TRUE(engine.ok());
  std::string body = Base64Encode(*(*engine)->view()->Record(0)) + "\n";
  for (const char* id : {"v-1", "v-2", "v-3"}) {
    ASSERT_TRUE(SubmitAndWait(engine->get(), other.Seal(other.Register(*(*engine)->view(), id))).ok());
    body += Base64Encode(*(*engine)->view()->Record((*engine)->view()->last_sequence())) + "\n";
  }
  EXPECT_EQ(ReasonFor(Figure(Answered(MorePaid), body)), "EVIDENCE_RECORDS_WRONG");
}

TEST_F(CheckEvidenceTest, NobodyIsConvictedByAnAnswerThatAnotherSigned) {
  EXPECT_EQ(ReasonFor(Figure(Answered(MorePaid, "admin-city"), Records(4))), "ANSWER_UNVERIFIED");
}

// A checkpoint of a fork, signed by the key of that name.
std::string Forked(uint64_t size, const std::string& key, uint8_t fill = 9) {
  Hash256 root;
  root.bytes.fill(fill);
  return *log::SignCheckpoint({std::string(World::kOrigin), size, root}, *KeyOf(key));
}

class RotatedKeyTest : public CheckEvidenceTest {
 protected:
  // The last record replaced the log's key "log" by "log-2".
  RotatedKeyTest() {
    engine_.reset();
    engine::Options options = world_.OptionsAt(directory_.Sub("ledger"));
    options.next_log_key = KeyOf("log-2");
    engine_ = *engine::Engine::Open(options);
    const std::string envelope =
        world_.SealRotation(world_.Draft(*engine_->view(), World::kAdmin), "log", "log-2", "standby-2");
    const auto receipt = SubmitAndWait(engine_.get(), envelope);
    EXPECT_TRUE(receipt.ok()) << receipt.status();
  }
  Trust WithKeys() const {
    Trust trust = Ours();
    trust.log_key_records = {Record(0), Record(engine_->view()->last_sequence())};
    return trust;
  }
};

TEST_F(RotatedKeyTest, KeysAreKnownBySize) {
  const uint64_t size = engine_->view()->size();
  const auto keys = LogKeysOf(WithKeys());
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_TRUE(audit::OpenAnswer(Answered({}, "log-2"), *keys).ok());
  EXPECT_EQ(ReasonOf(audit::OpenAnswer(Answered({}, "log"), *keys).status()), "ANSWER_UNVERIFIED");
  // What is known besides the file counts as what stands in it.
  const EvidenceFile file = log::TwoRoots(engine_->view()->signed_checkpoint(), Forked(size, "log-2"));
  EXPECT_TRUE(CheckEvidence(file, WithKeys())->convicts);
  Trust wrong = WithKeys();
  wrong.log_key_records[1] = Record(1);
  EXPECT_EQ(ReasonOf(LogKeysOf(wrong).status()), "LOG_KEY_ROTATION_INVALID");
  wrong.log_key_records = {Record(1)};
  EXPECT_FALSE(LogKeysOf(wrong).ok());
}

// Whoever stole a key can replace it by one of their own, and have that one contradict itself.
TEST_F(RotatedKeyTest, AReplacementThatTheLogDoesNotHaveConvictsNobodyWhoKnowsTheLogs) {
  const Sequence last = engine_->view()->last_sequence();
  log::RecordHeader header = log::DecodeRecord(Record(last))->header;
  const auto forged = log::EncodeRecord(
      header, world_.SealRotation(world_.Draft(*engine_->view(), World::kAdmin), "log", "thief", "thief-2"));
  ASSERT_TRUE(forged.ok()) << forged.status();
  EvidenceFile file = log::TwoRoots(Forked(last + 1, "thief"), Forked(last + 1, "thief", 8));
  log::AddLogKeys({Record(0), *forged}, &file);
  EXPECT_TRUE(CheckEvidence(file, Ours())->convicts)
      << "a stranger to the log convicts the key that it names";
  EXPECT_EQ(ReasonOf(CheckEvidence(file, WithKeys()).status()), "EVIDENCE_UNVERIFIED");
}

// Whoever has seen the log up to some record knows that no other replaced its key before.
TEST_F(RotatedKeyTest, AReplacementWhereTheLogIsKnownToHaveNoneConvictsNobody) {
  const Sequence last = engine_->view()->last_sequence();
  EvidenceFile file = log::TwoRoots(Forked(last + 1, "log-2"), Forked(last + 1, "log-2", 8));
  log::AddLogKeys({Record(0), Record(last)}, &file);
  Trust trust = Ours();
  trust.log_key_records = {Record(0)};
  trust.log_keys_until = last;
  EXPECT_TRUE(CheckEvidence(file, trust)->convicts) << "it may have been replaced since";
  trust.log_keys_until = last + 1;
  EXPECT_EQ(ReasonOf(CheckEvidence(file, trust).status()), "EVIDENCE_UNVERIFIED");
}

TEST_F(RotatedKeyTest, AKeyConvictsByTheTreesThatItSpokeFor) {
  const uint64_t end = engine_->view()->last_sequence();  // the largest tree that is the first key's to sign
  const auto two_roots = [&](uint64_t size, const std::string& key) -> std::string {
    const EvidenceFile file = log::TwoRoots(Forked(size, key), Forked(size, key, 8));
    const auto checked = CheckEvidence(file, WithKeys());
    return checked.ok() && checked->convicts ? "convicts" : ReasonOf(checked.status());
  };
  EXPECT_EQ(two_roots(end, "log"), "convicts");
  EXPECT_EQ(two_roots(end + 1, "log"), "EVIDENCE_UNVERIFIED");
  EXPECT_EQ(two_roots(end, "log-2"), "EVIDENCE_UNVERIFIED");
  EXPECT_EQ(two_roots(end + 1, "log-2"), "convicts");
}

// Whoever stole a key that was replaced can sign the ledger's root with any figure.
TEST_F(RotatedKeyTest, AKeyThatWasReplacedConvictsNobodyOfAFigure) {
  const uint64_t size = engine_->view()->size();
  EXPECT_TRUE(CheckEvidence(Figure(Answered(MorePaid, "log-2"), Records(size)), WithKeys())->convicts);
  const auto stolen = CheckEvidence(Figure(Answered(MorePaid, "log"), Records(size)), WithKeys());
  EXPECT_EQ(ReasonOf(stolen.status()), "EVIDENCE_UNVERIFIED");
}

TEST_F(RotatedKeyTest, KeysAreFollowedFromThatOfTheGenesis) {
  const uint64_t size = engine_->view()->size();
  EvidenceFile file = log::TwoRoots(engine_->view()->signed_checkpoint(), Forked(size, "log-2"));
  EXPECT_EQ(ReasonFor(file), "EVIDENCE_UNVERIFIED")
      << "the genesis key alone does not show whose key this is";
  const std::string proven = Base64Encode(Record(0)) + "\n" + Base64Encode(Record(size - 1)) + "\n";
  file.parts.push_back({PartLabel::kLogKeys, proven});
  const auto checked = CheckEvidence(file, Ours());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_TRUE(checked->convicts);
  EXPECT_NE(checked->key, KeyName(world_.verifier()));

  // Neither another ledger's genesis, nor a record that replaces nothing, nor one that was altered.
  World other(v1::SUITE_SM);
  test_support::TemporaryDirectory directory;
  auto engine = other.CreateAndOpen(directory.Sub("ledger"));
  ASSERT_TRUE(engine.ok());
  file.parts.back().body = Base64Encode(*(*engine)->view()->Record(0)) + "\n";
  EXPECT_EQ(ReasonFor(file), "EVIDENCE_UNVERIFIED");
  file.parts.back().body = Base64Encode(Record(0)) + "\n" + Base64Encode(Record(1)) + "\n";
  EXPECT_EQ(ReasonFor(file), "LOG_KEY_ROTATION_INVALID");
  std::string altered = Record(0);
  altered.back() = static_cast<char>(altered.back() ^ 1);
  file.parts.back().body = Base64Encode(altered) + "\n" + Base64Encode(Record(size - 1)) + "\n";
  EXPECT_FALSE(CheckEvidence(file, {world_.verifier(), std::nullopt}).ok());
}

TEST_F(CheckEvidenceTest, AComplaintSaysWhatItsPartsAreWorth) {
  const auto view = engine_->view();
  const std::string note = view->signed_checkpoint();
  const auto inclusion = view->InclusionProof(2, view->size());
  ASSERT_TRUE(inclusion.ok());
  const log::ProofFile proof{Record(2), 2, *inclusion, note};
  log::ProofFile altered = proof;
  altered.extra->back() = static_cast<char>(altered.extra->back() ^ 1);
  const std::string submission = world_.Seal(world_.Register(*view, "v-9"));
  const EvidenceFile file{EvidenceKind::kComplaint,
                          {{PartLabel::kStatement, "record 2 is gone\n"},
                           {PartLabel::kCheckpoint, note},
                           {PartLabel::kCheckpoint, Forked(9, "admin-city")},
                           {PartLabel::kRecordProof, log::FormatProofFile(proof)},
                           {PartLabel::kRecordProof, log::FormatProofFile(altered)},
                           {PartLabel::kSubmission, Base64Encode(submission) + "\n"},
                           {PartLabel::kSignedAnswer, Base64Encode(Answered()) + "\n"}}};
  const auto checked = CheckEvidence(file, Ours());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_FALSE(checked->convicts);
  EXPECT_TRUE(checked->key.empty());
  EXPECT_THAT(checked->statements, testing::ElementsAre("record 2 is gone\n"));
  using testing::HasSubstr;
  EXPECT_THAT(checked->parts,
              testing::ElementsAre(HasSubstr("signed by the log: size 4"), HasSubstr("NOT signed by the log"),
                                   HasSubstr("tree of 4 records with record 2"), HasSubstr("does NOT hold"),
                                   HasSubstr("in the name of admin-city"), HasSubstr("that the log signed")));
}

}  // namespace
}  // namespace fundledger::evidence
