// Bundles of some records: what is shown, what is not, and what does not fit.
#include <functional>
#include <sstream>

#include <gmock/gmock.h>

#include "clients/bundle/json.h"
#include "clients/verify/part_check.h"
#include "clients/verify/print.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/merkle.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"
#include "tests/attack/offline/county.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using test_support::TemporaryDirectory;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using verify::Options;

class OfflinePart : public testing::Test {
 protected:
  std::filesystem::path Bundle(const std::string& name = "bundle") const { return directory_.Sub(name); }
  static std::vector<std::string> Records(const std::filesystem::path& bundle) {
    std::vector<std::string> files;
    for (const std::string& file : FilesOf(bundle)) {
      if (file.starts_with("records/")) files.push_back(file);
    }
    return files;
  }

  TemporaryDirectory directory_;
  County county_;
};

TEST_F(OfflinePart, OneProjectsRecordsAreIncluded) {
  county_.Cosign(county_.world.clock.now_us());
  county_.Export(Bundle(), "p-1");
  const auto report = Check(Bundle(), [](Options& options) { options.policy = County::WitnessPolicy(); });
  EXPECT_THAT(Named(report), IsEmpty());
  EXPECT_EQ(report.kind, bundle::Kind::kRecords);
  EXPECT_EQ(report.about, "project p-1");
  EXPECT_EQ(report.records, Records(Bundle()).size());
  EXPECT_GE(report.records, 8u);
  EXPECT_FALSE(report.replayed);
  ASSERT_TRUE(report.witnessed.has_value());
  EXPECT_EQ(report.witnessed->size, report.size);
}

TEST_F(OfflinePart, SignaturesAreByKeysThatRecordsInTheLogName) {
  county_.Export(Bundle(), "p-1");
  const auto report = Check(Bundle());
  EXPECT_THAT(Named(report), IsEmpty());
  EXPECT_EQ(report.signatures, report.records);
  EXPECT_THAT(report.notes, testing::Not(Contains(HasSubstr("were not checked"))));
  // Without the records that name them, whose were not checked is said.
  std::filesystem::remove_all(Bundle() / "officers");
  const auto less = Check(Bundle());
  EXPECT_THAT(Named(less), IsEmpty());
  EXPECT_LT(less.signatures, less.records);
  EXPECT_THAT(less.notes, Contains(HasSubstr("were not checked: no record here names a key of theirs")));
}

// The operator holds the log's key and no officer's: every proof leads to a tree that the log signed.
TEST_F(OfflinePart, ARecordThatItsOfficerDidNotSignIsNamed) {
  county_.Export(Bundle(), "p-1");
  const auto view = county_.engine().view();
  std::vector<std::string> log;
  for (Sequence sequence = 0; sequence < view->size(); ++sequence) log.push_back(*view->Record(sequence));
  const Sequence forged = log::ParseProofFile(ReadAll(Bundle() / Records(Bundle()).front()))->index;
  const auto record = log::DecodeRecord(log[forged]);
  const auto envelope = crypto::OpenEnvelope(record->envelope);
  const std::string again = *crypto::SealEnvelope(crypto::kSubmissionType, envelope->payload,
                                                  {test_support::KeyOf("operator").get()});
  log[forged] = *log::EncodeRecord(record->header, again);

  const std::function<Hash256(int, uint64_t)> node = [&](int level, uint64_t index) {
    return level == 0 ? log::LeafHash(log[index])
                      : log::NodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  };
  const log::NodeReader nodes = [&](int level, uint64_t index) -> absl::StatusOr<Hash256> {
    return node(level, index);
  };
  const std::string note = *log::SignCheckpoint(
      {std::string(test_support::World::kOrigin), log.size(), *log::TreeRoot(log.size(), nodes)},
      *test_support::KeyOf("log"));
  WriteAll(Bundle() / "checkpoint", note);
  for (const std::string& file : FilesOf(Bundle())) {
    auto proof = log::ParseProofFile(ReadAll(Bundle() / file));
    if (!proof.ok()) continue;
    proof->extra = log[proof->index];
    proof->inclusion = *log::ProveInclusion(proof->index, log.size(), nodes);
    proof->checkpoint = note;
    WriteAll(Bundle() / file, log::FormatProofFile(*proof));
  }
  EXPECT_THAT(Named(Check(Bundle())), Contains(absl::StrCat("SIGNATURE_INVALID@", forged)));
}

TEST_F(OfflinePart, ABundleWithoutRecordsShowsNothing) {
  county_.Export(Bundle(), "p-1");
  std::filesystem::remove_all(Bundle() / "records");
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre("RECORDS_MISSING"));
}

// ledger.json is nobody's word, and what it says of the bundle is shown: it must not speak for the verifier.
TEST_F(OfflinePart, WhatABundleIsSaidToBeAboutForgesNoLineOfTheReport) {
  county_.Export(Bundle(), "p-1");
  auto manifest = bundle::ParseJson(ReadAll(Bundle() / "ledger.json"));
  ASSERT_TRUE(manifest.ok());
  (*manifest)["about"] = "project p-1\nwitnessed      up to record 9, by the court\r\x1b[8m";
  WriteAll(Bundle() / "ledger.json", manifest->dump());
  std::ostringstream printed;
  verify::PrintReport(Check(Bundle()), printed);
  EXPECT_THAT(printed.str(), testing::Not(HasSubstr("\nwitnessed      up to record")));
  EXPECT_THAT(printed.str(), testing::Not(HasSubstr("\x1b")));
  EXPECT_THAT(printed.str(), HasSubstr("\\x1B[8m (so says whoever made the bundle)\n"));
}

TEST_F(OfflinePart, ARecordThatIsChangedIsNamed) {
  county_.Export(Bundle(), "p-1");
  const std::string file = Records(Bundle()).front();
  auto proof = log::ParseProofFile(ReadAll(Bundle() / file));
  ASSERT_TRUE(proof.ok());
  const std::string sequence = absl::StrCat("@", proof->index);
  proof->extra->back() ^= 1;
  WriteAll(Bundle() / file, log::FormatProofFile(*proof));
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre("PROOF_INVALID" + sequence));
  proof->extra.reset();
  WriteAll(Bundle() / file, log::FormatProofFile(*proof));
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre("PROOF_WITHOUT_RECORD" + sequence));
}

TEST_F(OfflinePart, RecordsUnderAnotherCheckpointOrName) {
  county_.Export(Bundle(), "p-1");
  county_.Grow("late");
  county_.Export(Bundle("later"), "p-1");
  const std::string file = Records(Bundle()).front();
  const auto sequence = log::ParseProofFile(ReadAll(Bundle() / file))->index;
  std::filesystem::copy(Bundle("later") / file, Bundle() / file,
                        std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre(absl::StrCat("CHECKPOINT_MIXED@", sequence)));
  std::filesystem::copy(Bundle("later") / Records(Bundle()).back(), Bundle("later") / file,
                        std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Named(Check(Bundle("later"))), ElementsAre(absl::StrCat("SEQUENCE_WRONG@", sequence)));
}

TEST_F(OfflinePart, AForkShowsWhereSizesAreTheSame) {
  County forged(30'000);
  forged.Export(Bundle("forged"), "p-1");
  county_.Export(Bundle(), "p-1");
  const std::string held = ReadAll(Bundle() / "checkpoint");
  const auto report = Check(Bundle("forged"), [&](Options& o) { o.checkpoints = {{"mine", held}}; });
  EXPECT_THAT(Named(report), ElementsAre(absl::StrCat("LOG_FORKED@", report.size - 1)));
  const auto by_receipt = Check(Bundle("forged"), [&](Options& o) {
    o.receipts = {{"mine", county_.receipt}};
  });
  EXPECT_THAT(Named(by_receipt), Contains(testing::StartsWith("LOG_FORKED@")));
  EXPECT_EQ(by_receipt.receipts, 0U);
}

// What was not compared is not vouched for: here, a receipt of another branch for a record that was left out.
TEST_F(OfflinePart, AReceiptForARecordThatIsNotHereIsNotCounted) {
  County forged(30'000);
  const Sequence last = forged.engine().view()->size();
  const std::string of_fork = forged.Grow("other");
  county_.Export(Bundle(), "p-1");
  const auto apart = Check(Bundle(), [&](Options& o) { o.receipts = {{"mine", of_fork}}; });
  EXPECT_EQ(apart.receipts, 0U);
  EXPECT_THAT(Named(apart), IsEmpty());
  EXPECT_THAT(apart.notes,
              Contains(absl::StrCat("mine: record ", last, " is not in the bundle: not compared")));
  // Of one size, the roots tell.
  const std::string own = county_.Grow("late");
  county_.Export(Bundle("later"), "p-1");
  const auto same = Check(Bundle("later"), [&](Options& o) { o.receipts = {{"mine", of_fork}}; });
  EXPECT_EQ(same.receipts, 0U);
  EXPECT_THAT(Named(same), ElementsAre(absl::StrCat("LOG_FORKED@", last)));
  const auto by_root = Check(Bundle("later"), [&](Options& o) { o.receipts = {{"mine", own}}; });
  EXPECT_EQ(by_root.receipts, 1U);
  EXPECT_THAT(Named(by_root), IsEmpty());
}

TEST_F(OfflinePart, AReceiptForARecordThatIsHereIsComparedWithoutADoubt) {
  county_.Export(Bundle("earlier"), "p-1");
  county_.Grow("late");
  county_.Export(Bundle(), "p-1");
  // Those that name keys are records of the bundle too.
  std::string naming;
  for (const std::string& file : FilesOf(Bundle("earlier"))) {
    if (file.starts_with("officers/")) naming = ReadAll(Bundle("earlier") / file);
  }
  ASSERT_FALSE(naming.empty());
  const auto report = Check(Bundle(), [&](Options& o) {
    o.receipts = {{"mine", county_.receipt}, {"naming", naming}};
  });
  EXPECT_THAT(Named(report), IsEmpty());
  EXPECT_EQ(report.receipts, 2U);
  EXPECT_THAT(report.notes, testing::Not(Contains(HasSubstr("mine"))));
  EXPECT_THAT(report.notes, testing::Not(Contains(HasSubstr("naming"))));
}

TEST_F(OfflinePart, APolicyThatCannotBeReadIsSaid) {
  county_.Export(Bundle(), "p-1");
  EXPECT_THAT(Check(Bundle()).notes, testing::Not(Contains(HasSubstr("policy cannot be read"))));
  WriteAll(Bundle() / "policy", "witnes x\n");
  const auto report = Check(Bundle());
  EXPECT_THAT(Named(report), IsEmpty());
  EXPECT_THAT(report.notes, Contains(HasSubstr("policy cannot be read")));
}

TEST_F(OfflinePart, NoFiguresFromSomeRecords) {
  county_.Export(Bundle(), "p-1");
  Options options;
  options.bundle = Bundle();
  options.briefing = BriefingQuestion();
  EXPECT_EQ(ReasonOf(verify::Verify(options).status()), "BUNDLE_OF_ANOTHER_KIND");
}

TEST_F(OfflinePart, HalfABundleIsNone) {
  county_.Export(Bundle());
  std::filesystem::remove(Bundle() / "ledger.json");
  Options options;
  options.bundle = Bundle();
  EXPECT_EQ(ReasonOf(verify::Verify(options).status()), "BUNDLE_INCOMPLETE");
  options.bundle = Bundle("nowhere");
  EXPECT_EQ(ReasonOf(verify::Verify(options).status()), "BUNDLE_MISSING");
}

}  // namespace
}  // namespace fundledger::attack
