// Each attack by whoever runs the ledger on what an inspector takes home, detected and named by the offline
// verifier.
#include <gmock/gmock.h>

#include "ledger/base/bytes.h"
#include "ledger/crypto/time_stamp.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/evidence.h"
#include "ledger/log/note.h"
#include "ledger/log/record.h"
#include "ledger/log/tile_layout.h"
#include "tests/attack/offline/county.h"
#include "tests/support/time_stamps/authority.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using test_support::TemporaryDirectory;
using test_support::TestClock;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using verify::Options;

constexpr int64_t kMinuteUs = 60'000'000;
// Where recorded_at stands in a record's header.
constexpr size_t kTimeOffset = 12;

class OfflineAttack : public testing::Test {
 protected:
  std::filesystem::path Bundle(const std::string& name = "bundle") const { return directory_.Sub(name); }
  static void UnderPolicy(Options& options) { options.policy = County::WitnessPolicy(); }

  TemporaryDirectory directory_;
};

TEST_F(OfflineAttack, AnHonestBundleVerifies) {
  County county;
  county.Cosign(county.world.clock.now_us());
  county.Grow("late");
  county.Export(Bundle());
  const verify::Report report = Check(Bundle(), [&](Options& options) {
    UnderPolicy(options);
    options.receipts = {{"receipt", county.receipt}};
    options.ledger = log::LeafHash(*county.engine().view()->Record(0));
  });
  EXPECT_THAT(Named(report), IsEmpty());
  EXPECT_EQ(report.records, county.engine().view()->size());
  EXPECT_TRUE(report.replayed);
  EXPECT_GT(report.signatures, report.records);
  EXPECT_EQ(report.receipts, 1u);
  ASSERT_TRUE(report.witnessed.has_value());
  EXPECT_EQ(report.witnessed->size, report.size - 1);
  EXPECT_THAT(report.witnessed->by, ElementsAre("inspection.example/witness"));
  const auto briefing = BriefingOf(Bundle());
  EXPECT_EQ(briefing["planned_fen"], 60'000);
  EXPECT_EQ(briefing["allocated_fen"], 500);
  EXPECT_EQ(briefing["received_fen"], 100'000);
  EXPECT_EQ(briefing["township_started"], 1);
  const auto again = Check(Bundle(), [&](Options& options) { options.figures = briefing; });
  EXPECT_THAT(Named(again), IsEmpty());
  EXPECT_GT(again.figures, 20u);
}

TEST_F(OfflineAttack, ARecordThatIsRemovedIsNamed) {
  County().Export(Bundle());
  Entries entries(Bundle());
  entries.records.erase(entries.records.begin() + 9);
  entries.Write();
  const auto named = Named(Check(Bundle()));
  ASSERT_FALSE(named.empty());
  EXPECT_EQ(named.front(), "SEQUENCE_WRONG@9");
  EXPECT_THAT(named, Contains(absl::StrCat("ENTRY_TILE_MALFORMED@", entries.records.size())));
}

TEST_F(OfflineAttack, TwoRecordsThatAreSwappedAreNamed) {
  County().Export(Bundle());
  Entries entries(Bundle());
  std::swap(entries.records[7], entries.records[12]);
  entries.Write();
  const auto named = Named(Check(Bundle()));
  EXPECT_THAT(named, Contains("SEQUENCE_WRONG@7"));
  EXPECT_THAT(named, Contains("SEQUENCE_WRONG@12"));
}

TEST_F(OfflineAttack, ADateThatIsChangedIsNamed) {
  County().Export(Bundle());
  Entries entries(Bundle());
  entries.records[11][kTimeOffset + 4] ^= 1;
  entries.Write();
  EXPECT_THAT(Named(Check(Bundle())), Contains("RECORD_ALTERED@11"));
}

// Whoever makes the tile fit as well is caught by the record behind, and by what was signed.
TEST_F(OfflineAttack, ARecordIsNamedThoughItsTileWasMadeToFit) {
  County().Export(Bundle());
  Entries entries(Bundle());
  const size_t last = entries.records.size() - 1;
  const std::filesystem::path tile = Bundle() / log::TilePath(0, 0, entries.records.size());
  for (const size_t record : {size_t{11}, last}) {
    std::string hashes = ReadAll(tile);
    const std::string before = entries.records[record];
    entries.records[record].back() ^= 1;
    entries.Write();
    WriteAll(tile,
             std::string(hashes).replace(record * 32, 32, log::LeafHash(entries.records[record]).view()));
    const verify::Report chain = Check(Bundle(), [](Options& options) { options.chain_only = true; });
    const std::string expected =
        record == last ? absl::StrCat("LOG_FORKED@", last) : absl::StrCat("LINK_BROKEN@", record + 1);
    EXPECT_THAT(Named(chain), Contains(expected));
    EXPECT_THAT(Named(Check(Bundle())), Contains(HasSubstr(absl::StrCat("@", record))))
        << "the replay names it";
    entries.records[record] = before;
    WriteAll(tile, hashes);
  }
}

TEST_F(OfflineAttack, ATailThatIsCutOffIsNamedByAReceiptAndACheckpointOfBefore) {
  County county;
  county.Export(Bundle("short"));
  const uint64_t size = county.engine().view()->size();
  county.Grow("late");
  county.Cosign(county.world.clock.now_us());
  county.Export(Bundle("long"));
  const std::string later = ReadAll(Bundle("long") / "checkpoint");
  const auto by_checkpoint = Check(Bundle("short"), [&](Options& options) {
    options.checkpoints = {{"mine", later}};
  });
  EXPECT_THAT(Named(by_checkpoint), ElementsAre(absl::StrCat("TAIL_MISSING@", size)));
  // The same where the operator's bundle still has what the witness said.
  std::filesystem::copy(Bundle("long") / "checkpoints", Bundle("short") / "checkpoints");
  EXPECT_THAT(Named(Check(Bundle("short"))), ElementsAre(absl::StrCat("TAIL_MISSING@", size)));
}

TEST_F(OfflineAttack, AReceiptOfACutOffRecordNamesIt) {
  County county;
  county.Export(Bundle());
  const uint64_t size = county.engine().view()->size();
  const std::string envelope = county.world.Seal(county.world.Register(*county.engine().view(), "late"));
  auto receipt = test_support::SubmitAndWait(&county.engine(), envelope);
  ASSERT_TRUE(receipt.ok());
  receipt->set_envelope(envelope);
  const auto report = Check(Bundle(), [&](Options& options) {
    options.receipts = {{"mine", receipt->SerializeAsString()}};
  });
  EXPECT_THAT(Named(report), ElementsAre(absl::StrCat("TAIL_MISSING@", size)));
}

// The operator has the log's key and drops a proposal: everything in the other history is in order by itself.
TEST_F(OfflineAttack, AWholeLogThatIsRewrittenIsConvictedByWhatOthersHold) {
  County honest;
  honest.Cosign(honest.world.clock.now_us());
  honest.Export(Bundle("honest"));
  County forged(30'000);
  forged.Export(Bundle("forged"));
  EXPECT_THAT(Named(Check(Bundle("forged"))), IsEmpty()) << "from the inside nothing shows";
  EXPECT_THAT(Named(Check(Bundle("forged"), UnderPolicy)), ElementsAre("NOT_WITNESSED"));
  const uint64_t size = honest.engine().view()->size();
  const std::string fork = absl::StrCat("LOG_FORKED@", size - 1);
  const std::string held = ReadAll(Bundle("honest") / "checkpoint");
  EXPECT_THAT(Named(Check(Bundle("forged"),
                          [&](Options& o) {
                            o.checkpoints = {{"mine", held}};
                          })),
              ElementsAre(fork));
  const auto by_receipt = Check(Bundle("forged"), [&](Options& o) {
    o.receipts = {{"mine", honest.receipt}};
  });
  ASSERT_EQ(by_receipt.findings.size(), 1u);
  EXPECT_EQ(by_receipt.findings[0].reason, "LOG_FORKED");
  EXPECT_THAT(by_receipt.findings[0].message, HasSubstr("the log was rewritten"));
  // Both notes in one file convict, whoever looks.
  const auto evidence = log::FormatEvidence(log::TwoRoots(held, ReadAll(Bundle("forged") / "checkpoint")));
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  const auto judged = Check(Bundle("honest"), [&](Options& o) { o.evidence = {{"fork", *evidence}}; });
  EXPECT_THAT(Named(judged), IsEmpty());
  ASSERT_EQ(judged.evidence.size(), 1u);
  EXPECT_THAT(judged.evidence[0].convicts, testing::StartsWith(std::string(test_support::World::kOrigin)));
  const auto same = log::FormatEvidence(log::TwoRoots(held, held));
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(Check(Bundle("honest"), [&](Options& o) { o.evidence = {{"none", *same}}; }).findings.size(), 1u);
  // With the witness's word on the old history taken along, the forged bundle contradicts itself.
  std::filesystem::copy(Bundle("honest") / "checkpoints", Bundle("forged") / "checkpoints");
  EXPECT_THAT(Named(Check(Bundle("forged"), UnderPolicy)), Contains(fork));
}

TEST_F(OfflineAttack, AnotherLogsKeyIsNoProof) {
  County().Export(Bundle());
  const auto report = Check(Bundle(), [](Options& options) {
    options.verifier_key =
        log::VerifierKey(test_support::World::kOrigin, test_support::KeyOf("other")->public_key());
  });
  EXPECT_THAT(Named(report), Contains("LOG_KEY_MISMATCH@0"));
  const auto other = Check(Bundle(), [](Options& options) { options.ledger = Hash256(); });
  EXPECT_THAT(Named(other), Contains("WRONG_LEDGER@0"));
}

TEST_F(OfflineAttack, AFigureThatIsChangedIsNamed) {
  County().Export(Bundle());
  const nlohmann::json briefing = BriefingOf(Bundle());
  const auto compare = [&](const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json given = briefing;
    change(given);
    return Check(Bundle(), [&](Options& options) { options.figures = given; });
  };
  const auto planned = compare([](nlohmann::json& json) { json["planned_fen"] = 60'001; });
  ASSERT_EQ(planned.findings.size(), 1u);
  EXPECT_EQ(planned.findings[0].reason, "FIGURE_DIFFERS");
  EXPECT_EQ(planned.findings[0].message,
            "planned_fen: the briefing given says 60001, the records give 60000");
  const auto programme = compare([](nlohmann::json& json) { json["programmes"][0]["projects"] = 2; });
  ASSERT_EQ(programme.findings.size(), 1u);
  EXPECT_THAT(programme.findings[0].message, HasSubstr("programmes.housing.projects"));
  EXPECT_THAT(Named(compare([](nlohmann::json& json) { json.erase("received_fen"); })),
              ElementsAre("FIGURE_DIFFERS"));
  EXPECT_THAT(Named(compare([](nlohmann::json& json) {
                json["programmes"].push_back({{"id", "made-up"}, {"planned_fen", 1}});
              })),
              ElementsAre("FIGURE_DIFFERS", "FIGURE_DIFFERS"));
  EXPECT_THAT(Named(compare([](nlohmann::json& json) { json["ledger"] = std::string(64, '0'); })),
              ElementsAre("WRONG_LEDGER"));
  // Every figure, one after the other.
  for (const auto& [key, value] : briefing.items()) {
    if (!value.is_number() || key == "year" || key == "from_year" || key == "sequence") continue;
    const auto changed =
        compare([&key = key](nlohmann::json& json) { json[key] = json[key].get<int64_t>() + 1; });
    ASSERT_EQ(changed.findings.size(), 1u) << key;
    EXPECT_THAT(changed.findings[0].message, testing::StartsWith(key + ":"));
  }
}

// The operator's clock stands behind: what is recorded after a witness or an authority saw the checkpoint is
// dated before.
TEST_F(OfflineAttack, ABackDatedRecordIsCaughtByAWitnessAndByATimeStamp) {
  const auto authority = test_support::TimeStampAuthority::Make();
  for (const bool by_stamp : {false, true}) {
    County county;
    const int64_t seen_us = county.world.clock.now_us() + 60 * kMinuteUs;
    const uint64_t size = county.engine().view()->size();
    if (by_stamp) {
      const auto request = crypto::MakeTimeStampRequest(county.engine().view()->signed_checkpoint());
      ASSERT_TRUE(request.ok());
      v1::TimeStamp stamp;
      stamp.set_authority("notary");
      stamp.set_response(authority->Answer(request->der, {.time_us = seen_us}));
      county.Keep({.size = size, .cosignatures = {}, .time_stamps = {stamp}});
    } else {
      county.Cosign(seen_us);
    }
    county.world.clock.Advance(54 * kMinuteUs);
    county.Grow("late");
    const std::string name = by_stamp ? "stamped" : "cosigned";
    county.Export(Bundle(name));
    const auto report = Check(Bundle(name), [&](Options& options) {
      if (!by_stamp) UnderPolicy(options);
      if (by_stamp) options.authorities_pem = authority->authorities_pem();
    });
    EXPECT_THAT(Named(report), ElementsAre(absl::StrCat("RECORD_BACKDATED@", size))) << name;
    EXPECT_GT(report.attested_times, 0u);
  }
}

// Whoever hands a bundle on can put a witness of their own into its policy, with a clock as they like.
TEST_F(OfflineAttack, AWitnessThatABundleBringsAlongSpeaksAgainstNobody) {
  constexpr char kInvented[] = "invented.example/witness";
  County county;
  county.Export(Bundle("before"));
  county.Grow("late");
  county.Export(Bundle());
  const std::string note = ReadAll(Bundle("before") / "checkpoint");
  const auto parsed = log::ParseNote(note);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const auto size = log::ParseCheckpointText(parsed->text)->size;
  const auto key = crypto::GenerateKey(crypto::Algorithm::kEd25519);
  ASSERT_TRUE(key.ok()) << key.status();
  const auto seen_s = static_cast<uint64_t>((county.world.clock.now_us() + 600 * kMinuteUs) / 1'000'000);
  const auto line = log::Cosign(parsed->text, seen_s, kInvented, **key);
  ASSERT_TRUE(line.ok()) << line.status();
  std::filesystem::create_directories(Bundle() / "checkpoints");
  WriteAll(Bundle() / "checkpoints" / absl::StrCat(size), note + *line);
  const std::string policy =
      absl::StrCat("log ", County::VerifierKey(), "\nwitness invented ",
                   log::WitnessKey(kInvented, (*key)->public_key()), "\nquorum invented\n");
  WriteAll(Bundle() / "policy", policy);
  const auto report = Check(Bundle());
  EXPECT_THAT(Named(report), IsEmpty());
  EXPECT_EQ(report.attested_times, 0u);
  // Whoever vouches for that witness themselves sees it.
  const auto named = Named(Check(Bundle(), [&](Options& options) { options.policy = policy; }));
  EXPECT_THAT(named, ElementsAre(absl::StrCat("RECORD_BACKDATED@", size)));
}

// Anybody can have a note stamped: only what the log's key signed was ever a state of the log.
TEST_F(OfflineAttack, AStampOrACosignatureOfWhatTheLogDidNotSignDatesNoRecord) {
  const auto authority = test_support::TimeStampAuthority::Make();
  County county;
  county.Export(Bundle("before"));
  county.world.clock.Advance(kMinuteUs);
  county.Grow("late");
  const std::string text = log::ParseNote(ReadAll(Bundle("before") / "checkpoint"))->text;
  const uint64_t size = log::ParseCheckpointText(text)->size;
  const int64_t seen_us = county.world.clock.now_us() + 600 * kMinuteUs;
  const auto stranger = crypto::GenerateKey(crypto::Algorithm::kEd25519);
  ASSERT_TRUE(stranger.ok()) << stranger.status();
  const auto forged = log::SignNote(text, test_support::World::kOrigin, **stranger);
  ASSERT_TRUE(forged.ok()) << forged.status();
  const auto request = crypto::MakeTimeStampRequest(*forged);
  ASSERT_TRUE(request.ok()) << request.status();
  const std::string stamp = authority->Answer(request->der, {.time_us = seen_us});
  const auto line = log::Cosign(text, static_cast<uint64_t>(seen_us / 1'000'000),
                                "inspection.example/witness", *test_support::KeyOf("witness"));
  ASSERT_TRUE(line.ok()) << line.status();
  county.Export(Bundle());
  std::filesystem::create_directories(Bundle() / "checkpoints");
  std::filesystem::create_directories(Bundle() / "stamps");
  WriteAll(Bundle() / "checkpoints" / absl::StrCat(size), *forged + *line);
  WriteAll(Bundle() / "stamps" / absl::StrCat(size, ".notary.tsr"), stamp);
  const auto report = Check(Bundle(), [&](Options& options) {
    // Witnesses are known, none is demanded.
    std::string policy = County::WitnessPolicy();
    options.policy = policy.replace(policy.find("quorum"), std::string::npos, "quorum none\n");
    options.authorities_pem = authority->authorities_pem();
  });
  EXPECT_THAT(Named(report), ElementsAre(absl::StrCat("CHECKPOINT_UNVERIFIED@", size - 1)));
  EXPECT_EQ(report.attested_times, 0u);
}

TEST_F(OfflineAttack, ATimeStampThatIsNotTheCheckpointsIsNamed) {
  const auto authority = test_support::TimeStampAuthority::Make();
  County county;
  const auto request = crypto::MakeTimeStampRequest("another note");
  ASSERT_TRUE(request.ok());
  v1::TimeStamp stamp;
  stamp.set_authority("notary");
  stamp.set_response(authority->Answer(request->der, {.time_us = county.world.clock.now_us()}));
  const uint64_t size = county.engine().view()->size();
  county.Keep({.size = size, .cosignatures = {}, .time_stamps = {stamp}});
  county.Export(Bundle());
  const auto pem = [&](Options& options) { options.authorities_pem = authority->authorities_pem(); };
  EXPECT_THAT(Named(Check(Bundle(), pem)), ElementsAre(absl::StrCat("TIME_STAMP_OF_OTHER_BYTES@", size - 1)));
}

}  // namespace
}  // namespace fundledger::attack
