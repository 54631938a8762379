#include "clients/sdk/seen.h"

#include <set>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "ledger/log/evidence.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

class SeenTest : public testing::Test {
 protected:
  SeenTest() {
    for (int i = 0; i < 12; ++i) {
      log_.Append("envelope " + std::to_string(i));
      // The fork agrees for five records and goes its own way from there.
      fork_.Append(i < 5 ? "envelope " + std::to_string(i) : "forged " + std::to_string(i));
    }
  }
  Seen Load() {
    auto seen = Seen::Load(file_, directory_ / "evidence", log_.Keyring(), log_.leaf(0));
    EXPECT_TRUE(seen.ok()) << seen.status();
    return *std::move(seen);
  }
  uint64_t Stored() { return Load().checkpoint().size; }
  void ExpectEvidence(const absl::Status& status, const std::string& reason) {
    EXPECT_EQ(ReasonOf(status), reason) << status;
    EXPECT_TRUE(IsEvidence(status)) << status;
  }
  // Of the evidence files: what each shows to whoever has the log's key.
  std::multiset<log::EvidenceKind> Kept() {
    std::multiset<log::EvidenceKind> kinds;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / "evidence", error)) {
      const auto file = log::ParseEvidence(*ReadFile(entry.path()));
      EXPECT_TRUE(file.ok()) << file.status();
      const bool convicts = log::CheckContradiction(*file, {log_.Verifier()}).ok();
      EXPECT_EQ(convicts, file->kind != log::EvidenceKind::kComplaint);
      kinds.insert(file->kind);
    }
    return kinds;
  }
  using Kinds = std::multiset<log::EvidenceKind>;

  TestDirectory directory_;
  std::filesystem::path file_ = directory_ / "client.seen";
  LittleLog log_;
  LittleLog fork_;
};

TEST_F(SeenTest, BeginsWithTheLedgersFirstRecord) {
  EXPECT_EQ(Load().checkpoint(), log_.At(1));
}

TEST_F(SeenTest, MovesForwardAndStaysThere) {
  Seen seen = Load();
  for (const uint64_t size : {1, 3, 8, 12}) {
    const auto believed = seen.Believe(log_.Note(size), log_.Fetcher());
    ASSERT_TRUE(believed.ok()) << size << ": " << believed.status();
    EXPECT_EQ(*believed, log_.At(size));
    EXPECT_EQ(seen.checkpoint(), log_.At(size));
  }
  EXPECT_EQ(Stored(), 12U);
}

TEST_F(SeenTest, BelievesAnOlderCheckpointAndNeverMovesBack) {
  Seen seen = Load();
  ASSERT_TRUE(seen.Believe(log_.Note(9), log_.Fetcher()).ok());
  const auto older = seen.Believe(log_.Note(4), log_.Fetcher());
  ASSERT_TRUE(older.ok()) << older.status();
  EXPECT_EQ(older->size, 4U);
  EXPECT_EQ(seen.checkpoint().size, 9U);
  EXPECT_EQ(Stored(), 9U);
}

TEST_F(SeenTest, DoesNotOverwriteWhatAnotherProgramVerified) {
  Seen slow = Load();
  Seen fast = Load();
  ASSERT_TRUE(fast.Believe(log_.Note(11), log_.Fetcher()).ok());
  ASSERT_TRUE(slow.Believe(log_.Note(6), log_.Fetcher()).ok());
  EXPECT_EQ(Stored(), 11U);
}

TEST_F(SeenTest, NoticesAForkThatWasShownToTwoProgramsAtOneSize) {
  Seen one = Load();
  Seen other = Load();
  ASSERT_TRUE(one.Believe(log_.Note(8), log_.Fetcher()).ok());
  ExpectEvidence(other.Believe(fork_.Note(8), fork_.Fetcher()).status(), "LOG_FORKED");
  EXPECT_EQ(Kept(), Kinds{log::EvidenceKind::kTwoRoots});
  EXPECT_EQ(Load().checkpoint(), log_.At(8));
}

TEST_F(SeenTest, NoticesAForkThatWasShownToTwoProgramsAtTwoSizes) {
  for (const uint64_t size : {7, 11}) {
    SCOPED_TRACE(size);
    std::filesystem::remove(file_);
    std::filesystem::remove_all(directory_ / "evidence");
    Seen one = Load();
    Seen other = Load();
    ASSERT_TRUE(one.Believe(log_.Note(9), log_.Fetcher()).ok());
    ExpectEvidence(other.Believe(fork_.Note(size), fork_.Fetcher()).status(), "LOG_FORKED");
    EXPECT_EQ(Kept().size(), 1U);
    EXPECT_EQ(Load().checkpoint(), log_.At(9)) << "replaced without a proof";
    EXPECT_EQ(other.checkpoint().size, 1U);
  }
}

TEST_F(SeenTest, GoesOnOverWhatAnotherProgramStoredAndKeepsMovingWhileItIsProven) {
  Seen one = Load();
  Seen other = Load();
  ASSERT_TRUE(one.Believe(log_.Note(4), log_.Fetcher()).ok());
  // While the second asks for its proofs, the first goes on.
  ProofFetcher slow = log_.Fetcher();
  uint64_t next = 6;
  slow.consistency = [&, ask = slow.consistency](uint64_t old_size, uint64_t new_size) {
    if (next < 9) {
      EXPECT_TRUE(one.Believe(log_.Note(next++), log_.Fetcher()).ok());
    }
    return ask(old_size, new_size);
  };
  const auto believed = other.Believe(log_.Note(10), slow);
  ASSERT_TRUE(believed.ok()) << believed.status();
  EXPECT_EQ(next, 9U);
  EXPECT_EQ(Stored(), 10U);
}

TEST_F(SeenTest, LeavesWhatAnotherProgramStoredWhereNobodyProvesIt) {
  Seen one = Load();
  Seen other = Load();
  ASSERT_TRUE(one.Believe(log_.Note(4), log_.Fetcher()).ok());
  ProofFetcher nobody = log_.Fetcher();
  nobody.consistency = [ask = nobody.consistency](uint64_t old_size,
                                                  uint64_t new_size) -> absl::StatusOr<std::vector<Hash256>> {
    if (old_size == 4) return absl::UnavailableError("nobody there");
    return ask(old_size, new_size);
  };
  EXPECT_TRUE(absl::IsUnavailable(other.Believe(log_.Note(9), nobody).status()));
  EXPECT_EQ(Stored(), 4U);
  EXPECT_EQ(other.checkpoint().size, 1U) << "the next time it is proven again";
}

TEST_F(SeenTest, ReportsTwoRootsAtOneSizeAndKeepsBoth) {
  Seen seen = Load();
  ASSERT_TRUE(seen.Believe(log_.Note(7), log_.Fetcher()).ok());
  ExpectEvidence(seen.Believe(fork_.Note(7), fork_.Fetcher()).status(), "LOG_FORKED");
  EXPECT_EQ(Kept(), Kinds{log::EvidenceKind::kTwoRoots});
  EXPECT_EQ(Load().checkpoint(), log_.At(7));
}

TEST_F(SeenTest, ReportsAForkThatWentOn) {
  Seen seen = Load();
  ASSERT_TRUE(seen.Believe(log_.Note(7), log_.Fetcher()).ok());
  ExpectEvidence(seen.Believe(fork_.Note(12), fork_.Fetcher()).status(), "LOG_FORKED");
  EXPECT_EQ(Load().checkpoint(), log_.At(7));
  EXPECT_EQ(Kept(), Kinds{log::EvidenceKind::kNotAPrefix});
  // And one that is behind, of records that were never there.
  ExpectEvidence(seen.Believe(fork_.Note(6), fork_.Fetcher()).status(), "LOG_FORKED");
  EXPECT_EQ(Kept(), (Kinds{log::EvidenceKind::kNotAPrefix, log::EvidenceKind::kComplaint}));
}

TEST_F(SeenTest, ConvictsByAnOlderCheckpointOfAnotherFace) {
  Seen seen = Load();
  ASSERT_TRUE(seen.Believe(log_.Note(11), log_.Fetcher()).ok());
  ExpectEvidence(seen.Believe(fork_.Note(8), log_.Fetcher()).status(), "LOG_FORKED");
  EXPECT_EQ(Kept(), Kinds{log::EvidenceKind::kNotAPrefix});
}

TEST_F(SeenTest, OnlyComplainsWhereTheServerProvesNothing) {
  Seen seen = Load();
  ASSERT_TRUE(seen.Believe(log_.Note(7), log_.Fetcher()).ok());
  ProofFetcher liar = fork_.Fetcher();
  liar.consistency = [](uint64_t, uint64_t) { return std::vector<Hash256>(3); };
  ExpectEvidence(seen.Believe(log_.Note(12), liar).status(), "LOG_FORKED");
  liar.consistency = [](uint64_t, uint64_t) -> absl::StatusOr<std::vector<Hash256>> {
    return Evidence("LOG_SHRANK", "it cannot prove it");
  };
  ExpectEvidence(seen.Believe(log_.Note(11), liar).status(), "LOG_SHRANK");
  EXPECT_EQ(Kept(), (Kinds{log::EvidenceKind::kComplaint, log::EvidenceKind::kComplaint}));
}

TEST_F(SeenTest, BelievesBothSidesOfAForkUpToWhereTheyAgree) {
  Seen seen = Load();
  ASSERT_TRUE(seen.Believe(log_.Note(5), log_.Fetcher()).ok());
  EXPECT_TRUE(seen.Believe(fork_.Note(8), fork_.Fetcher()).ok());
}

TEST_F(SeenTest, ReportsALogOfAnotherLedgerFromTheFirstContact) {
  LittleLog other;
  other.Append("another genesis");
  other.Append("and more");
  Seen seen = Load();
  ExpectEvidence(seen.BelieveLatest(other.Note(2), other.Fetcher()).status(), "LOG_FORKED");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(SeenTest, ReportsALatestCheckpointThatShrank) {
  Seen seen = Load();
  ASSERT_TRUE(seen.BelieveLatest(log_.Note(10), log_.Fetcher()).ok());
  ExpectEvidence(seen.BelieveLatest(log_.Note(9), log_.Fetcher()).status(), "LOG_SHRANK");
  EXPECT_EQ(Kept(), Kinds{log::EvidenceKind::kComplaint});
  EXPECT_EQ(Stored(), 10U);
}

TEST_F(SeenTest, RefusesACheckpointNobodySigned) {
  Seen seen = Load();
  std::string note = log_.Note(3);
  note[note.size() - 5] ^= 1;
  ExpectEvidence(seen.Believe(note, log_.Fetcher()).status(), "CHECKPOINT_UNVERIFIED");
  ExpectEvidence(seen.Believe(*log::SignCheckpoint(log_.At(3), *KeyOf('X')), log_.Fetcher()).status(),
                 "CHECKPOINT_UNVERIFIED");
  EXPECT_EQ(seen.checkpoint().size, 1U);
}

TEST_F(SeenTest, PassesOnThatTheProofCannotBeFetched) {
  Seen seen = Load();
  ProofFetcher nobody = log_.Fetcher();
  nobody.consistency = [](uint64_t, uint64_t) -> absl::StatusOr<std::vector<Hash256>> {
    return absl::UnavailableError("nobody there");
  };
  const auto believed = seen.Believe(log_.Note(3), nobody);
  EXPECT_TRUE(absl::IsUnavailable(believed.status())) << believed.status();
  EXPECT_FALSE(IsEvidence(believed.status()));
  EXPECT_EQ(seen.checkpoint().size, 1U);
}

TEST_F(SeenTest, RefusesAFileThatWasChanged) {
  ASSERT_TRUE(ReplaceFile(file_, "12\n", true).ok());
  const auto seen = Seen::Load(file_, directory_ / "evidence", log_.Keyring(), log_.leaf(0));
  EXPECT_EQ(ReasonOf(seen.status()), "SEEN_DAMAGED") << seen.status();
}

}  // namespace
}  // namespace fundledger::sdk
