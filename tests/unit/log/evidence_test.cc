#include "ledger/log/evidence.h"

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "ledger/log/proof_file.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

constexpr char kOrigin[] = "log.example/funds";

// A log, and a fork of it under the same key that leaves the common way at record 5.
class EvidenceTest : public testing::Test {
 protected:
  EvidenceTest() {
    for (int i = 0; i < 12; ++i) {
      records_.push_back("record " + std::to_string(i));
      forged_.push_back(i < 5 ? records_.back() : "forged " + std::to_string(i));
    }
  }
  static std::unique_ptr<crypto::Signer> Key(char seed) {
    return *crypto::Ed25519FromSeed(std::string(32, seed));
  }
  static NoteVerifier VerifierOf(char seed) {
    return *NoteVerifier::Parse(VerifierKey(kOrigin, Key(seed)->public_key()));
  }
  static std::vector<Hash256> Leaves(const std::vector<std::string>& records, size_t size) {
    std::vector<Hash256> leaves;
    for (size_t i = 0; i < size; ++i) leaves.push_back(LeafHash(records[i]));
    return leaves;
  }
  static std::string Note(const std::vector<std::string>& records, size_t size, char seed = 'L') {
    return *SignCheckpoint({kOrigin, size, SlowRoot(Leaves(records, size))}, *Key(seed));
  }
  static std::string Proof(const std::vector<std::string>& records, size_t index, size_t size,
                           char seed = 'L') {
    return FormatProofFile(
        {records[index], index, SlowInclusion(index, Leaves(records, size)), Note(records, size, seed)});
  }
  // That the older checkpoint is no beginning of the newer: what the newer log's own proof shows.
  EvidenceFile Forked(size_t older, size_t newer) {
    const auto leaves = Leaves(forged_, newer);
    return NotAPrefix(Note(records_, older), Note(forged_, newer), SlowRoot(Leaves(forged_, older)),
                      SlowConsistency(older, leaves));
  }
  // As whoever gets the file by post does it.
  static absl::StatusOr<Contradiction> Check(const EvidenceFile& file,
                                             const std::vector<NoteVerifier>& keys = {VerifierOf('L')}) {
    ASSIGN_OR_RETURN(const std::string text, FormatEvidence(file));
    ASSIGN_OR_RETURN(const EvidenceFile read, ParseEvidence(text));
    EXPECT_EQ(*FormatEvidence(read), text);
    return CheckContradiction(read, keys);
  }
  static void ExpectReason(const absl::StatusOr<Contradiction>& checked, const std::string& reason) {
    EXPECT_EQ(ReasonOf(checked.status()), reason) << checked.status();
  }

  std::vector<std::string> records_;
  std::vector<std::string> forged_;
};

TEST_F(EvidenceTest, TwoRootsAtOneSizeConvict) {
  const auto shown = Check(TwoRoots(Note(records_, 7), Note(forged_, 7)));
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->at, 7U);
  EXPECT_EQ(shown->one, SlowRoot(Leaves(records_, 7)));
  EXPECT_EQ(shown->other, SlowRoot(Leaves(forged_, 7)));
  EXPECT_EQ(shown->key.key_id, VerifierOf('L').key_id);
  EXPECT_NE(Describe(*shown).find("signed two different trees of 7 records"), std::string::npos);
}

TEST_F(EvidenceTest, ALongerLogThatDoesNotBeginWithTheShorterConvicts) {
  for (size_t older = 6; older < 12; ++older) {
    for (size_t newer = older + 1; newer <= 12; ++newer) {
      const auto shown = Check(Forked(older, newer));
      ASSERT_TRUE(shown.ok()) << older << " " << newer << ": " << shown.status();
      EXPECT_EQ(shown->at, older);
      EXPECT_EQ(shown->other, SlowRoot(Leaves(forged_, older)));
    }
  }
}

TEST_F(EvidenceTest, TwoRecordsAtOneIndexConvict) {
  const auto shown = Check(TwoLeaves(Proof(records_, 8, 9), Proof(forged_, 8, 12)));
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->at, 8U);
  EXPECT_EQ(shown->one, LeafHash(records_[8]));
  EXPECT_EQ(shown->other, LeafHash(forged_[8]));
}

TEST_F(EvidenceTest, WhatAgreesConvictsNobody) {
  ExpectReason(Check(TwoRoots(Note(records_, 5), Note(forged_, 5))), "EVIDENCE_SHOWS_NOTHING");
  ExpectReason(Check(TwoRoots(Note(records_, 6), Note(forged_, 7))), "EVIDENCE_SHOWS_NOTHING");
  ExpectReason(Check(TwoLeaves(Proof(records_, 4, 9), Proof(forged_, 4, 9))), "EVIDENCE_SHOWS_NOTHING");
  ExpectReason(Check(TwoLeaves(Proof(records_, 7, 9), Proof(forged_, 8, 9))), "EVIDENCE_SHOWS_NOTHING");
  // The honest continuation, with its own proof.
  ExpectReason(Check(NotAPrefix(Note(records_, 6), Note(records_, 11), SlowRoot(Leaves(records_, 6)),
                                SlowConsistency(6, Leaves(records_, 11)))),
               "EVIDENCE_SHOWS_NOTHING");
  // Another root, and a proof that does not lead to it.
  ExpectReason(Check(NotAPrefix(Note(records_, 6), Note(records_, 11), SlowRoot(Leaves(forged_, 6)),
                                SlowConsistency(6, Leaves(records_, 11)))),
               "EVIDENCE_SHOWS_NOTHING");
  // The newer first.
  EvidenceFile swapped = Forked(6, 11);
  std::swap(swapped.parts[0], swapped.parts[1]);
  ExpectReason(Check(swapped), "EVIDENCE_SHOWS_NOTHING");
}

TEST_F(EvidenceTest, NobodyIsConvictedOfWhatAnotherSigned) {
  ExpectReason(Check(TwoRoots(Note(records_, 7), Note(forged_, 7, 'X'))), "EVIDENCE_UNVERIFIED");
  ExpectReason(Check(TwoRoots(Note(records_, 7, 'X'), Note(forged_, 7, 'X'))), "EVIDENCE_UNVERIFIED");
  ExpectReason(Check(TwoLeaves(Proof(records_, 8, 9), Proof(forged_, 8, 12, 'X'))), "EVIDENCE_UNVERIFIED");
  EvidenceFile forked = Forked(6, 11);
  forked.parts[1].body = Note(forged_, 11, 'X');
  ExpectReason(Check(forked), "EVIDENCE_UNVERIFIED");
  ExpectReason(Check(TwoRoots(Note(records_, 7), Note(forged_, 7)), {}), "EVIDENCE_UNVERIFIED");
}

TEST_F(EvidenceTest, OneKeyOfSeveralConvictsAndTwoTogetherDoNot) {
  const std::vector<NoteVerifier> keys = {VerifierOf('L'), VerifierOf('N')};
  const auto shown = Check(TwoRoots(Note(records_, 7, 'N'), Note(forged_, 7, 'N')), keys);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->key.key_id, VerifierOf('N').key_id);
  ExpectReason(Check(TwoRoots(Note(records_, 7, 'L'), Note(forged_, 7, 'N')), keys), "EVIDENCE_UNVERIFIED");
}

TEST_F(EvidenceTest, ACheckpointOfAnotherOriginIsNone) {
  const std::string other =
      *SignNote(FormatCheckpoint({"else.example", 7, SlowRoot(Leaves(forged_, 7))}), kOrigin, *Key('L'));
  ExpectReason(Check(TwoRoots(Note(records_, 7), other)), "EVIDENCE_UNVERIFIED");
}

TEST_F(EvidenceTest, KeepsTheWordsOfWhoeverWroteItAndTheLogsKeys) {
  EvidenceFile file = TwoRoots(Note(records_, 7), Note(forged_, 7));
  file.parts.push_back({PartLabel::kStatement, "两个客户端所见不同\n\n- seen on 16 June\n"});
  file.parts.push_back({PartLabel::kLogKeys, Base64Encode("record 0") + "\n"});
  const auto read = ParseEvidence(*FormatEvidence(file));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Of(PartLabel::kStatement), std::vector<std::string_view>{file.parts[2].body});
  EXPECT_EQ(*DecodeLines(read->Of(PartLabel::kLogKeys)[0]), std::vector<std::string>{"record 0"});
  EXPECT_TRUE(Check(file).ok());
}

TEST_F(EvidenceTest, AComplaintConvictsNobody) {
  const EvidenceFile complaint{
      EvidenceKind::kComplaint,
      {{PartLabel::kStatement, "record 7 is gone\n"}, {PartLabel::kRecordProof, Proof(records_, 7, 9)}}};
  ExpectReason(Check(complaint), "EVIDENCE_SHOWS_NOTHING");
}

TEST_F(EvidenceTest, RefusesPartsThatAKindDoesNotHave) {
  const auto reason = [](const EvidenceFile& file) { return ReasonOf(FormatEvidence(file).status()); };
  EvidenceFile file = TwoRoots(Note(records_, 7), Note(forged_, 7));
  file.parts.push_back(file.parts[0]);
  EXPECT_EQ(reason(file), "EVIDENCE_MALFORMED");
  file.parts.resize(1);
  EXPECT_EQ(reason(file), "EVIDENCE_MALFORMED");
  EXPECT_EQ(ReasonOf(CheckContradiction(file, {VerifierOf('L')}).status()), "EVIDENCE_MALFORMED");
  EXPECT_EQ(reason({EvidenceKind::kComplaint, {}}), "EVIDENCE_MALFORMED");
  for (const char* body : {"", "no newline", "-----END STATEMENT-----\n", "a\n-----\n", "\xff\n"}) {
    EXPECT_EQ(reason({EvidenceKind::kComplaint, {{PartLabel::kStatement, body}}}), "EVIDENCE_MALFORMED")
        << body;
  }
}

TEST_F(EvidenceTest, EveryByteSpoiltIsRefused) {
  for (const EvidenceFile& file : {TwoRoots(Note(records_, 7), Note(forged_, 7)), Forked(6, 11),
                                   TwoLeaves(Proof(records_, 8, 9), Proof(forged_, 8, 12))}) {
    const std::string text = *FormatEvidence(file);
    const auto whole = CheckContradiction(file, {VerifierOf('L')});
    ASSERT_TRUE(whole.ok()) << whole.status();
    for (size_t at = 0; at < text.size(); ++at) {
      for (const int flip : {1, 4, 32, 128}) {
        std::string spoilt = text;
        spoilt[at] = static_cast<char>(spoilt[at] ^ flip);
        const auto read = ParseEvidence(spoilt);
        EXPECT_FALSE(read.ok() && CheckContradiction(*read, {VerifierOf('L')}).ok())
            << NameOf(file.kind) << ", byte " << at << " ^ " << flip << ":\n"
            << spoilt;
      }
    }
    for (size_t size = 0; size < text.size(); ++size) {
      const auto read = ParseEvidence(std::string_view(text).substr(0, size));
      EXPECT_FALSE(read.ok()) << NameOf(file.kind) << " cut at " << size;
    }
  }
}

TEST_F(EvidenceTest, ReadsAnyBytesWithoutHarm) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string text = *FormatEvidence(Forked(6, 11));
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = text;
    for (int change = 0; change < 3; ++change) {
      const size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes.erase(at, random() % 80);
          break;
        case 1:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 80));
          break;
        default:
          bytes[at] = static_cast<char>(random());
      }
      if (bytes.empty()) bytes = "\n";
    }
    const auto read = ParseEvidence(bytes);
    if (!read.ok()) continue;
    EXPECT_EQ(*FormatEvidence(*read), bytes);
    (void)CheckContradiction(*read, {VerifierOf('L')});
  }
}

}  // namespace
}  // namespace fundledger::log
