// Whoever operates a log, with all its keys, against a witness: a history that was cosigned is not replaced.
#include <gmock/gmock.h>

#include "ledger/log/evidence.h"
#include "services/process/files.h"
#include "tests/integration/witness/witness_testing.h"

namespace fundledger::witness {
namespace {

using testing::HasSubstr;

class WitnessAttack : public testing::Test {
 protected:
  WitnessAttack() {
    EXPECT_TRUE(
        State::Create(directory_ / "state", log::WitnessKey(kWitnessName, KeyOf(0x20)->public_key())).ok());
    witness_ = *Witness::Open(OptionsFor(directory_, {log_.verifier()}));
    EXPECT_EQ(witness_->AddCheckpoint(log_.Request(0, 8)).status, 200);
  }
  void ExpectRefusedFor(const std::string& body, int status, const std::string& part) {
    const Answer answer = witness_->AddCheckpoint(body);
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(answer.body, HasSubstr(part));
  }
  std::vector<std::string> FilesOf(const std::string& extension) const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / "state")) {
      if (entry.path().extension() == extension) files.push_back(entry.path().string());
    }
    return files;
  }
  log::Checkpoint SignedIn(std::string_view note) const {
    const auto opened = log::OpenNote(note, {log_.verifier()});
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *log::ParseCheckpointText(opened->text) : log::Checkpoint();
  }
  std::string RootOf(const TestLog& log, size_t size) const { return Base64Encode(log.At(size).root.view()); }

  TestDirectory directory_;
  const TestLog log_;
  std::unique_ptr<Witness> witness_;
};

// The whole log rewritten, from any record on, of the same size or longer, with whatever proof the rewritten
// log gives.
TEST_F(WitnessAttack, ARewrittenLogIsRefusedAndNamed) {
  for (size_t from = 0; from < 8; ++from) {
    const TestLog rewritten("example.com/log", 0, from);
    ExpectRefusedFor(rewritten.Request(8, 8), 422, "the log is forked");
    ExpectRefusedFor(rewritten.Request(8, 8), 422, RootOf(log_, 8));
    ExpectRefusedFor(rewritten.Request(8, 8), 422, RootOf(rewritten, 8));
    for (const size_t to : {9u, 16u, 100u}) {
      ExpectRefusedFor(rewritten.Request(8, to), 422, "does not show that the tree");
      ExpectRefusedFor(rewritten.Request(8, to), 422, RootOf(rewritten, to));
      // The honest log's proof does not fit the rewritten tree either.
      ExpectRefusedFor(log::FormatWitnessRequest({8, log_.Proof(8, to), rewritten.Note(to)}), 422,
                       "does not");
    }
  }
  // What follows what was cosigned is cosigned still: a fork after it is an extension.
  EXPECT_EQ(witness_->AddCheckpoint(TestLog("example.com/log", 0, 8).Request(8, 9)).status, 200);
}

// What the witness keeps of a fork convicts whoever holds the log's key, before anybody who has the key's
// public part alone; once, however often it comes.
TEST_F(WitnessAttack, AForkIsKeptAsEvidence) {
  const TestLog rewritten("example.com/log", 0, 3);
  for (int i = 0; i < 3; ++i) ExpectRefusedFor(rewritten.Request(8, 8), 422, "forked");
  const std::vector<std::string> files = FilesOf(".evidence");
  ASSERT_EQ(files.size(), 1u);
  const auto text = process::ReadFile(files[0]);
  ASSERT_TRUE(text.ok()) << text.status();
  const auto evidence = log::ParseEvidence(*text);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  const auto shown = log::CheckContradiction(*evidence, {log_.verifier()});
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->kind, log::EvidenceKind::kTwoRoots);
  EXPECT_EQ(shown->at, 8u);
  // The state opens with it as before.
  witness_.reset();
  witness_ = *Witness::Open(OptionsFor(directory_, {log_.verifier()}));
  EXPECT_EQ(witness_->AddCheckpoint(log_.Request(8, 9)).status, 200);
}

// A fork that grows past what was cosigned: by itself it convicts nobody, for the proof may be anybody's; the
// log's two notes are kept, and one more note of its size convicts.
TEST_F(WitnessAttack, AForkThatGrowsIsKeptAndConvictsByItsOwnSize) {
  const TestLog rewritten("example.com/log", 0, 3);
  for (int i = 0; i < 3; ++i) ExpectRefusedFor(rewritten.Request(8, 12), 422, "does not show");
  const std::vector<std::string> kept = FilesOf(".unreconciled");
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(FilesOf(".evidence").size(), 0u);
  const auto file = log::ParseEvidence(*process::ReadFile(kept[0]));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->kind, log::EvidenceKind::kComplaint);
  const auto notes = file->Of(log::PartLabel::kCheckpoint);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(SignedIn(notes[0]).size, 8u);
  EXPECT_EQ(SignedIn(notes[1]).root, rewritten.At(12).root);
  EXPECT_FALSE(log::CheckContradiction(log::TwoRoots(notes[0], notes[1]), {log_.verifier()}).ok());

  // Over a restart as well; and whether the other note is cosigned or only shown.
  witness_.reset();
  witness_ = *Witness::Open(OptionsFor(directory_, {log_.verifier()}));
  EXPECT_EQ(witness_->AddCheckpoint(log_.Request(0, 12)).status, 409);
  const std::vector<std::string> evidence = FilesOf(".evidence");
  ASSERT_EQ(evidence.size(), 1u);
  const auto shown =
      log::CheckContradiction(*log::ParseEvidence(*process::ReadFile(evidence[0])), {log_.verifier()});
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->at, 12u);
  EXPECT_EQ(witness_->AddCheckpoint(log_.Request(8, 12)).status, 200);
  EXPECT_EQ(FilesOf(".unreconciled").size(), 1u) << "what contradicts stays";
}

// Somebody brings the log's own checkpoints with proofs that are none: the log is not to blame, and what was
// kept of it goes once the log has proved it.
TEST_F(WitnessAttack, ABadProofAccusesNobody) {
  const auto bring = [&](size_t size) {
    ExpectRefusedFor(log::FormatWitnessRequest({8, {log::LeafHash("x")}, log_.Note(size)}), 422, "does not");
  };
  for (size_t size = 9; size < 9 + 2 * kFilesMax; ++size) bring(size);
  EXPECT_EQ(FilesOf(".unreconciled").size(), kFilesMax) << "bounded";
  EXPECT_EQ(FilesOf(".evidence").size(), 0u);
  EXPECT_EQ(witness_->AddCheckpoint(log_.Request(8, 9)).status, 200);
  EXPECT_EQ(FilesOf(".unreconciled").size(), kFilesMax - 1) << "proved";
  EXPECT_EQ(FilesOf(".evidence").size(), 0u);
}

TEST_F(WitnessAttack, ACutTailIsRefused) {
  for (size_t size = 0; size < 8; ++size) {
    ExpectRefusedFor(log_.Request(0, size), 409, "8\n");
    ExpectRefusedFor(log::FormatWitnessRequest({8, {}, log_.Note(size)}), 400, "old size");
  }
}

// An old backup restored, from which the log goes on otherwise.
TEST_F(WitnessAttack, AnOldBackupThatGoesOnIsRefused) {
  const TestLog restored("example.com/log", 0, 6);
  ExpectRefusedFor(restored.Request(6, 7), 409, "8\n");
  ExpectRefusedFor(restored.Request(8, 8), 422, "forked");
  ExpectRefusedFor(restored.Request(8, 12), 422, "does not show");
}

// The witness restarted on an empty or older state would cosign anew: it does not start.
TEST_F(WitnessAttack, AWitnessWithoutItsMemoryDoesNotStart) {
  witness_.reset();
  std::filesystem::remove_all(directory_ / "state");
  EXPECT_EQ(Witness::Open(OptionsFor(directory_, {log_.verifier()})).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace fundledger::witness
