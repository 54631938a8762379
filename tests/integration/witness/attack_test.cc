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
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory_ / "state")) {
    if (entry.path().extension() == ".evidence") files.push_back(entry.path().string());
  }
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
