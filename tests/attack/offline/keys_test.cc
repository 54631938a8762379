// Whose log it is: what an inspector knows of its keys, against the keys that the bundle's records prove.
#include <gmock/gmock.h>

#include "clients/bundle/writer.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/evidence.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"
#include "tests/attack/offline/county.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using test_support::KeyOf;
using test_support::SubmitAndWait;
using test_support::World;
using testing::ElementsAre;
using testing::IsEmpty;
using verify::Options;

std::string KeyLine(const std::string& key) {
  return log::VerifierKey(World::kOrigin, KeyOf(key)->public_key());
}

// A policy that believes logs of the county's name and these keys.
std::function<void(Options&)> Policy(const std::vector<std::string>& keys) {
  std::string policy;
  for (const std::string& key : keys) absl::StrAppend(&policy, "log ", KeyLine(key), "\n");
  return [policy = policy + "quorum none\n"](Options& options) {
    options.verifier_key.clear();
    options.policy = policy;
  };
}

class OfflineKeys : public testing::Test {
 protected:
  std::filesystem::path Bundle(const std::string& name = "bundle") const { return directory_.Sub(name); }

  void Found(const std::string& log_key = "log") {
    world_ = std::make_unique<World>(v1::SUITE_INTERNATIONAL, log_key);
    auto engine = world_->CreateAndOpen(directory_.Sub("ledger"));
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    Grow("early");
  }
  void Grow(const std::string& organization) {
    ASSERT_TRUE(
        SubmitAndWait(engine_.get(), world_->Seal(world_->Register(*engine_->view(), organization))).ok());
  }
  // The key "log" is replaced by "log-2".
  void Rotate() {
    engine_.reset();
    engine::Options options = world_->OptionsAt(directory_.Sub("ledger"));
    options.next_log_key = KeyOf("log-2");
    engine_ = *engine::Engine::Open(options);
    const auto receipt = SubmitAndWait(
        engine_.get(),
        world_->SealRotation(world_->Draft(*engine_->view(), World::kAdmin), "log", "log-2", "standby-2"));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    rotation_ = engine_->view()->last_sequence();
    Grow("late");
  }
  // Ends the engine: it is what is on disk that is exported.
  void Export(const std::string& name = "bundle") {
    engine_.reset();
    const auto source = exporting::SourceOfDirectory(directory_.Sub("ledger"));
    ASSERT_TRUE(source.ok()) << source.status();
    exporting::Options options;
    options.out = Bundle(name);
    const auto exported = exporting::ExportBundle(source->get(), options);
    ASSERT_TRUE(exported.ok()) << exported.status();
  }

  test_support::TemporaryDirectory directory_;
  std::unique_ptr<World> world_;
  std::unique_ptr<engine::Engine> engine_;
  Sequence rotation_ = 0;
};

// A key id has 32 bits. These two were found in a second; a stranger's ledger under the id of a county's key
// takes longer and is no harder.
TEST_F(OfflineKeys, AnotherKeyOfTheSameIdIsAnotherKey) {
  constexpr char kTheirs[] = "twin-66754";
  constexpr char kOurs[] = "twin-93087";
  const auto id_of = [](const char* key) { return log::NoteVerifier::Parse(KeyLine(key))->key_id; };
  ASSERT_EQ(id_of(kTheirs), id_of(kOurs));
  Found(kTheirs);
  Export();
  EXPECT_THAT(Named(Check(Bundle(), Policy({kTheirs}))), IsEmpty());
  EXPECT_THAT(Named(Check(Bundle(), Policy({kOurs}))), testing::Contains("LOG_KEY_MISMATCH@0"));
}

TEST_F(OfflineKeys, APolicyMayNameAnyKeyThatTheLogHasHad) {
  Found();
  Rotate();
  Export();
  for (const auto& keys : std::vector<std::vector<std::string>>{{"log"}, {"log-2"}, {"log", "log-2"}}) {
    const auto report = Check(Bundle(), Policy(keys));
    EXPECT_THAT(Named(report), IsEmpty()) << keys.front();
    EXPECT_TRUE(report.key_was_given);
  }
}

TEST_F(OfflineKeys, APolicyThatNamesAKeyThatTheLogNeverHadIsNotThisLogs) {
  Found();
  Export("before");
  engine_ = *engine::Engine::Open(world_->OptionsAt(directory_.Sub("ledger")));
  Rotate();
  Export();
  EXPECT_THAT(Named(Check(Bundle(), Policy({"other"}))), testing::Contains("LOG_KEY_MISMATCH@0"));
  // Whoever stole the first key can go another way from any record on; the inspector knows where it led.
  EXPECT_THAT(Named(Check(Bundle(), Policy({"log", "other"}))), ElementsAre("LOG_KEY_MISMATCH@0"));
  EXPECT_THAT(Named(Check(Bundle("before"), Policy({"log", "log-2"}))), ElementsAre("LOG_KEY_MISMATCH@0"));
  // A standby is no key of the log's while it stands by.
  EXPECT_THAT(Named(Check(Bundle(), Policy({"standby-2"}))), testing::Contains("LOG_KEY_MISMATCH@0"));
}

// The records in the bundle say which key was the log's when, not the file that somebody hands in.
TEST_F(OfflineKeys, EvidenceIsJudgedByTheKeysThatTheBundleProves) {
  Found();
  Rotate();
  const std::string genesis = *engine_->view()->Record(0);
  const std::string paper = *log::EncodeRecord(
      log::DecodeRecord(*engine_->view()->Record(rotation_))->header,
      world_->SealRotation(world_->Draft(*engine_->view(), World::kAdmin), "log", "thief", "thief-2"));
  Export();
  // What two roots of that size, signed by that key, come to; with these records of the log's keys.
  const auto judged = [&](uint64_t size, const std::string& key,
                          const std::vector<std::string>& records) -> std::string {
    std::vector<std::string> notes;
    for (const uint8_t fill : {8, 9}) {
      Hash256 root;
      root.bytes.fill(fill);
      notes.push_back(*log::SignCheckpoint({std::string(World::kOrigin), size, root}, *KeyOf(key)));
    }
    log::EvidenceFile file = log::TwoRoots(notes[0], notes[1]);
    log::AddLogKeys(records, &file);
    const auto report = Check(Bundle(), [&](Options& options) {
      options.evidence = {{"file", *log::FormatEvidence(file)}};
    });
    if (!report.findings.empty()) return report.findings.front().reason;
    return report.evidence.empty() || report.evidence.front().convicts.empty() ? "nothing" : "convicts";
  };
  EXPECT_EQ(judged(rotation_ + 1, "log-2", {}), "convicts");
  EXPECT_EQ(judged(rotation_, "log", {}), "convicts");
  EXPECT_EQ(judged(rotation_ + 1, "log", {}), "EVIDENCE_UNVERIFIED");
  EXPECT_EQ(judged(rotation_ + 1, "thief", {genesis, paper}), "EVIDENCE_UNVERIFIED");
}

// Nobody has to have a key to write its name down: a genesis that names the county's key, and a standby of
// the forger's that takes the place of the one that was "lost".
TEST_F(OfflineKeys, AGenesisThatTheKeyInItDidNotSignVouchesForNoKey) {
  const World world;
  const auto envelope = crypto::OpenEnvelope(world.GenesisEnvelope());
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  v1::Submission genesis;
  ASSERT_TRUE(genesis.ParseFromString(envelope->payload));
  *genesis.mutable_actions(0)->mutable_genesis()->mutable_standby_key() =
      test_support::WireKey(*KeyOf("thief"));
  const auto sealed = crypto::SealEnvelope(
      crypto::kSubmissionType, genesis.SerializeAsString(),
      {KeyOf("thief").get(), KeyOf(World::kAdmin).get(), KeyOf(World::kOtherAdmin).get()});
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  log::RecordHeader header;
  header.recorded_at_us = world.clock.now_us();
  const std::string first = *log::EncodeRecord(header, *sealed);
  const Hash256 ledger = log::LeafHash(first);

  v1::Submission draft;
  draft.set_ledger(ledger.str());
  draft.set_officer(std::string(World::kAdmin));
  draft.set_request_id(std::string(16, 'r'));
  draft.set_signed_at_us(world.clock.now_us());
  draft.set_not_after_us(world.clock.now_us() + 1);
  draft.mutable_seen()->set_size(1);
  draft.mutable_seen()->set_root(ledger.str());
  header.sequence = 1;
  header.previous = ledger;
  const std::string second = *log::EncodeRecord(header, world.SealRotation(draft, "", "thief", "thief-2"));
  const std::string note = *log::SignCheckpoint(
      {std::string(World::kOrigin), 2, log::NodeHash(ledger, log::LeafHash(second))}, *KeyOf("thief"));

  const auto writer = bundle::Writer::Create(Bundle());
  ASSERT_TRUE(writer.ok()) << writer.status();
  const auto add = [&](const std::string& path, const std::string& bytes) {
    const absl::Status added = (*writer)->AddFile(path, bytes);
    ASSERT_TRUE(added.ok()) << added;
  };
  add(bundle::kCheckpointFile, note);
  add("keys/0.tlog-proof", log::FormatProofFile({first, 0, {log::LeafHash(second)}, note}));
  add("keys/1.tlog-proof", log::FormatProofFile({second, 1, {ledger}, note}));
  add("records/1.tlog-proof", log::FormatProofFile({second, 1, {ledger}, note}));
  ASSERT_TRUE((*writer)
                  ->Finish({.kind = bundle::Kind::kRecords,
                            .ledger = ledger,
                            .origin = std::string(World::kOrigin),
                            .verifier_key = KeyLine("log"),
                            .size = 2,
                            .about = "a theft"})
                  .ok());
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre("SIGNATURE_INVALID@0"));
  EXPECT_THAT(Named(Check(Bundle(), Policy({"log"}))), ElementsAre("SIGNATURE_INVALID@0"));
}

}  // namespace
}  // namespace fundledger::attack
