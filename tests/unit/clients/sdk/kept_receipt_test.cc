#include "clients/sdk/kept_receipt.h"

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

class KeptReceiptTest : public testing::Test {
 protected:
  KeptReceiptTest() {
    for (int i = 0; i < 3; ++i) log_.Append("another's envelope " + std::to_string(i));
    v1::Submission submission;
    submission.set_ledger(ledger_.str());
    submission.set_officer("clerk-1");
    submission.set_request_id(std::string(16, 'r'));
    submission.add_actions()->mutable_receive()->set_amount_fen(5);
    envelope_ = Seal(submission, *KeyOf('o'))->envelope;
    index_ = log_.Append(envelope_);
    for (int i = 0; i < 4; ++i) log_.Append("a later envelope " + std::to_string(i));
  }
  std::string Stored() {
    v1::Receipt receipt = log_.Receipt(index_, log_.size());
    receipt.set_envelope(envelope_);
    return receipt.SerializeAsString();
  }
  absl::Status Check(std::string_view bytes) {
    ASSIGN_OR_RETURN(const KeptReceipt receipt, ReadReceipt(bytes));
    return CheckKept(receipt, audit::LogKeys::Of(log_.Verifier()), ledger_).status();
  }

  const Hash256 ledger_ = *Hash256::FromBytes(std::string(32, 'i'));
  LittleLog log_;
  std::string envelope_;
  Sequence index_ = 0;
};

TEST_F(KeptReceiptTest, HoldsInBothForms) {
  const auto receipt = ReadReceipt(Stored());
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->header.sequence, index_);
  EXPECT_EQ(receipt->submission.officer(), "clerk-1");
  const auto checkpoint = CheckKept(*receipt, audit::LogKeys::Of(log_.Verifier()), ledger_);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(*checkpoint, log_.At(log_.size()));
  EXPECT_EQ(*FormatReceipt(*receipt), Stored());
  KeptReceipt unreadable = *receipt;
  unreadable.proof.checkpoint.clear();
  EXPECT_EQ(ReasonOf(FormatReceipt(unreadable).status()), "RECEIPT_MALFORMED");
  const std::string proof = log::FormatProofFile(receipt->proof);
  EXPECT_TRUE(Check(proof).ok()) << Check(proof);
}

TEST_F(KeptReceiptTest, SaysWhatDoesNotHold) {
  const KeptReceipt receipt = *ReadReceipt(Stored());
  const auto why = [&](const KeptReceipt& altered, const log::NoteVerifier& key,
                       const std::optional<Hash256>& ledger) {
    const auto checked = CheckKept(altered, audit::LogKeys::Of(key), ledger);
    EXPECT_EQ(ReasonOf(checked.status()), "RECEIPT_INVALID");
    EXPECT_TRUE(IsEvidence(checked.status()));
    return std::string(checked.status().message());
  };
  const auto says = [](const std::string& text, const std::string& what) {
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  says(why(receipt, log_.Verifier(), log_.leaf(0)), "for ledger 6969");
  says(why(receipt, LittleLog("else.example").Verifier(), ledger_), "its checkpoint: ");
  KeptReceipt altered = receipt;
  altered.proof.index = 2;
  says(why(altered, log_.Verifier(), ledger_), "number 3, its proof is of number 2");
  altered = receipt;
  altered.proof.inclusion[1].bytes[3] ^= 1;
  says(why(altered, log_.Verifier(), ledger_), "do not lead to the checkpoint's root");
  altered = receipt;
  altered.proof.checkpoint = log_.Note(log_.size() - 1);
  says(why(altered, log_.Verifier(), ledger_), "do not lead to the checkpoint's root");
}

TEST_F(KeptReceiptTest, EveryByteSpoiltIsRefused) {
  const std::string stored = Stored();
  const std::string proof = log::FormatProofFile(ReadReceipt(stored)->proof);
  for (const std::string& bytes : {stored, proof}) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {1, 32, 128}) {
        std::string spoilt = bytes;
        spoilt[at] = static_cast<char>(spoilt[at] ^ flip);
        EXPECT_FALSE(Check(spoilt).ok()) << "byte " << at << " ^ " << flip;
      }
    }
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(Check(std::string_view(bytes).substr(0, size)).ok()) << "cut at " << size;
    }
  }
}

TEST_F(KeptReceiptTest, FilesThatHoldNoneAreRefused) {
  v1::Receipt bare = log_.Receipt(index_, log_.size());
  KeptReceipt receipt = *ReadReceipt(Stored());
  receipt.proof.extra.reset();
  for (const std::string& bytes :
       {std::string(), std::string("text"), bare.SerializeAsString(), log::FormatProofFile(receipt.proof)}) {
    EXPECT_EQ(ReasonOf(ReadReceipt(bytes).status()), "RECEIPT_MALFORMED");
  }
}

}  // namespace
}  // namespace fundledger::sdk
