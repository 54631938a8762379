#include "clients/sdk/receipt.h"

#include <functional>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

class ReceiptTest : public testing::Test {
 protected:
  ReceiptTest() {
    for (int i = 0; i < 3; ++i) log_.Append("another's envelope " + std::to_string(i));
    sent_ = Sealed(Draft());
    index_ = log_.Append(sent_.envelope);
    for (int i = 0; i < 4; ++i) log_.Append("a later envelope " + std::to_string(i));
  }

  static v1::Submission Draft() {
    v1::Submission submission;
    submission.set_ledger(std::string(32, 'i'));
    submission.set_officer("clerk-1");
    submission.set_request_id(std::string(16, 'r'));
    submission.set_not_after_us(5);
    auto* receive = submission.add_actions()->mutable_receive();
    receive->set_fund("f-1");
    receive->set_amount_fen(120'500'000);
    return submission;
  }
  sdk::Sealed Sealed(const v1::Submission& submission) { return Sealed(submission, *officer_); }
  static sdk::Sealed Sealed(const v1::Submission& submission, const crypto::Signer& signer) {
    auto sealed = Seal(submission, signer);
    EXPECT_TRUE(sealed.ok()) << sealed.status();
    return *std::move(sealed);
  }

  absl::StatusOr<CheckedReceipt> Check(const v1::Receipt& receipt) {
    return CheckReceipt(receipt, sent_, officer_->public_key(), log_.Keyring());
  }
  void ExpectRefused(const v1::Receipt& receipt, const std::string& how) {
    const auto checked = Check(receipt);
    ASSERT_FALSE(checked.ok()) << how;
    EXPECT_EQ(ReasonOf(checked.status()), "RECEIPT_INVALID") << how << ": " << checked.status();
    EXPECT_TRUE(IsEvidence(checked.status())) << how;
  }
  // A receipt that says this submission had been recorded as `recorded`.
  v1::Receipt Repeated(const sdk::Sealed& recorded) {
    const Sequence index = log_.Append(recorded.envelope);
    v1::Receipt receipt = log_.Receipt(index, log_.size());
    receipt.set_repeated_request(true);
    receipt.set_envelope(recorded.envelope);
    return receipt;
  }

  LittleLog log_;
  std::unique_ptr<crypto::Signer> officer_ = KeyOf('o');
  sdk::Sealed sent_;
  Sequence index_ = 0;
};

TEST_F(ReceiptTest, BelievesAReceiptThatIsRight) {
  for (uint64_t size = index_ + 1; size <= log_.size(); ++size) {
    const auto checked = Check(log_.Receipt(index_, size));
    ASSERT_TRUE(checked.ok()) << size << ": " << checked.status();
    EXPECT_EQ(checked->sequence, index_);
    EXPECT_EQ(checked->leaf, log_.leaf(index_));
    EXPECT_EQ(checked->checkpoint, log_.At(size));
    EXPECT_EQ(checked->receipt.envelope(), sent_.envelope);
    EXPECT_FALSE(checked->repeated);
  }
}

TEST_F(ReceiptTest, RefusesEveryFieldSpoiled) {
  const v1::Receipt good = log_.Receipt(index_, log_.size());
  const std::vector<std::pair<std::string, std::function<void(v1::Receipt*)>>> spoilers = {
      {"no header", [](v1::Receipt* r) { r->clear_header(); }},
      {"header cut short", [](v1::Receipt* r) { r->mutable_header()->pop_back(); }},
      {"header too long", [](v1::Receipt* r) { r->mutable_header()->push_back('\0'); }},
      {"header that swallows the envelope",
       [this](v1::Receipt* r) { *r->mutable_header() += sent_.envelope; }},
      {"size below", [](v1::Receipt* r) { r->set_tree_size(r->tree_size() - 1); }},
      {"size above", [](v1::Receipt* r) { r->set_tree_size(r->tree_size() + 1); }},
      {"no proof", [](v1::Receipt* r) { r->clear_inclusion(); }},
      {"hash missing", [](v1::Receipt* r) { r->mutable_inclusion()->RemoveLast(); }},
      {"hash too many", [](v1::Receipt* r) { r->add_inclusion(std::string(32, 'x')); }},
      {"hash cut short", [](v1::Receipt* r) { r->mutable_inclusion(0)->pop_back(); }},
      {"no checkpoint", [](v1::Receipt* r) { r->clear_checkpoint(); }},
      {"checkpoint of another size", [this](v1::Receipt* r) { r->set_checkpoint(log_.Note(index_ + 1)); }},
      {"envelope though not repeated", [this](v1::Receipt* r) { r->set_envelope(sent_.envelope); }},
      {"repeated without envelope", [](v1::Receipt* r) { r->set_repeated_request(true); }},
  };
  for (const auto& [how, spoil] : spoilers) {
    v1::Receipt receipt = good;
    spoil(&receipt);
    ExpectRefused(receipt, how);
  }
}

TEST_F(ReceiptTest, RefusesEveryBitOfHeaderAndProofFlipped) {
  const v1::Receipt good = log_.Receipt(index_, log_.size());
  for (size_t bit = 0; bit < good.header().size() * 8; ++bit) {
    v1::Receipt receipt = good;
    (*receipt.mutable_header())[bit / 8] ^= static_cast<char>(1 << bit % 8);
    ExpectRefused(receipt, "header bit " + std::to_string(bit));
  }
  for (int hash = 0; hash < good.inclusion_size(); ++hash) {
    for (size_t byte = 0; byte < 32; ++byte) {
      v1::Receipt receipt = good;
      (*receipt.mutable_inclusion(hash))[byte] ^= 1;
      ExpectRefused(receipt, "hash " + std::to_string(hash));
    }
  }
}

TEST_F(ReceiptTest, RefusesEveryByteOfTheCheckpointFlipped) {
  const v1::Receipt good = log_.Receipt(index_, log_.size());
  for (size_t byte = 0; byte < good.checkpoint().size(); ++byte) {
    v1::Receipt receipt = good;
    (*receipt.mutable_checkpoint())[byte] ^= 1;
    ExpectRefused(receipt, "checkpoint byte " + std::to_string(byte));
  }
}

TEST_F(ReceiptTest, RefusesACheckpointByAnotherKeyOrOrigin) {
  v1::Receipt receipt = log_.Receipt(index_, log_.size());
  receipt.set_checkpoint(*log::SignCheckpoint(log_.At(log_.size()), *KeyOf('X')));
  ExpectRefused(receipt, "another key");
  log::Checkpoint renamed = log_.At(log_.size());
  renamed.origin = "other.example";
  receipt.set_checkpoint(*log::SignCheckpoint(renamed, log_.key()));
  ExpectRefused(receipt, "another origin");
}

TEST_F(ReceiptTest, RefusesASequenceThatIsNotTheIndex) {
  // A header that says another sequence than where its leaf stands: the proof is right for the place, and
  // only for it.
  const Sequence index = log_.Append(sent_.envelope, log_.size() + 3);
  ExpectRefused(log_.Receipt(index, log_.size()), "sequence ahead of index");
}

TEST_F(ReceiptTest, RefusesAnothersRecord) {
  ExpectRefused(log_.Receipt(0, log_.size()), "another's record");
}

TEST_F(ReceiptTest, BelievesARepeatedRequestWithEqualActions) {
  v1::Submission earlier = Draft();
  earlier.set_not_after_us(4);  // another time, another `seen`: still the same request
  earlier.mutable_seen()->set_size(1);
  const v1::Receipt receipt = Repeated(Sealed(earlier));
  const auto checked = Check(receipt);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_TRUE(checked->repeated);
  EXPECT_EQ(checked->receipt.envelope(), receipt.envelope());
}

TEST_F(ReceiptTest, RefusesARepeatedRequestThatIsAnother) {
  const std::vector<std::pair<std::string, std::function<void(v1::Submission*)>>> changes = {
      {"amount", [](v1::Submission* s) { s->mutable_actions(0)->mutable_receive()->set_amount_fen(1); }},
      {"reference", [](v1::Submission* s) { s->mutable_actions(0)->set_reference("other"); }},
      {"one action more", [](v1::Submission* s) { s->add_actions()->mutable_start_project(); }},
      {"no action", [](v1::Submission* s) { s->clear_actions(); }},
      {"officer", [](v1::Submission* s) { s->set_officer("clerk-2"); }},
      {"request id", [](v1::Submission* s) { s->set_request_id(std::string(16, 'q')); }},
      {"ledger", [](v1::Submission* s) { s->set_ledger(std::string(32, 'j')); }},
  };
  for (const auto& [how, change] : changes) {
    v1::Submission other = Draft();
    change(&other);
    ExpectRefused(Repeated(Sealed(other)), how);
  }
  ExpectRefused(Repeated(Sealed(Draft(), *KeyOf('y'))), "signed by another key");
}

// Whoever rotated their key, and imports again what an import recorded before.
TEST_F(ReceiptTest, BelievesARepeatedRequestByAnEarlierKeyThatTheLogNames) {
  const auto old_key = KeyOf('y');
  const v1::Receipt receipt = Repeated(Sealed(Draft(), *old_key));
  int asked = 0;
  std::vector<crypto::PublicKey> keys = {KeyOf('z')->public_key(), old_key->public_key()};
  const KeysNamedFor named = [&](const std::string& officer,
                                 Sequence before) -> absl::StatusOr<std::vector<crypto::PublicKey>> {
    EXPECT_EQ(officer, "clerk-1");
    EXPECT_EQ(before, log_.size() - 1);
    ++asked;
    return keys;
  };
  const auto check = [&](const v1::Receipt& shown, const KeysNamedFor& by) {
    return CheckReceipt(shown, sent_, officer_->public_key(), log_.Keyring(), by);
  };
  const auto checked = check(receipt, named);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_TRUE(checked->repeated);
  EXPECT_EQ(asked, 1);
  keys.pop_back();
  const auto unnamed = check(receipt, named);
  EXPECT_EQ(ReasonOf(unnamed.status()), "RECEIPT_INVALID") << unnamed.status();
  EXPECT_TRUE(IsEvidence(unnamed.status()));
  // That nobody can be asked is no fault of the receipt.
  const auto unasked =
      check(receipt, [](const std::string&, Sequence) -> absl::StatusOr<std::vector<crypto::PublicKey>> {
        return absl::UnavailableError("nobody there");
      });
  EXPECT_TRUE(absl::IsUnavailable(unasked.status())) << unasked.status();
  EXPECT_FALSE(IsEvidence(unasked.status()));
  // Another's actions stay another's, whoever signed them; and our own key asks nobody.
  v1::Submission other = Draft();
  other.mutable_actions(0)->mutable_receive()->set_amount_fen(1);
  keys.push_back(old_key->public_key());
  EXPECT_FALSE(check(Repeated(Sealed(other, *old_key)), named).ok());
  v1::Submission earlier = Draft();
  earlier.set_not_after_us(4);
  EXPECT_TRUE(check(Repeated(Sealed(earlier)), named).ok());
  EXPECT_EQ(asked, 2);
}

TEST_F(ReceiptTest, VerifiesACheckpointOnceHoweverManyReceiptsRestOnIt) {
  CheckpointReader checkpoints(log_.Keyring());
  const auto check = [&](uint64_t size) {
    return CheckReceipt(log_.Receipt(index_, size), sent_, officer_->public_key(), &checkpoints);
  };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(check(log_.size()).ok());
  EXPECT_EQ(checkpoints.verified(), 1U);
  ASSERT_TRUE(check(log_.size() - 1).ok());
  EXPECT_EQ(checkpoints.verified(), 2U);
  // One that differs in a single byte is another, and is never taken for the one that was verified.
  v1::Receipt receipt = log_.Receipt(index_, log_.size() - 1);
  for (size_t byte = 0; byte < receipt.checkpoint().size(); ++byte) {
    v1::Receipt spoiled = receipt;
    (*spoiled.mutable_checkpoint())[byte] ^= 1;
    EXPECT_FALSE(CheckReceipt(spoiled, sent_, officer_->public_key(), &checkpoints).ok()) << byte;
  }
  EXPECT_TRUE(check(log_.size() - 1).ok());
  EXPECT_EQ(checkpoints.verified(), 2U);
}

TEST_F(ReceiptTest, KeepsManyAtOnceAndTwoThatContradictEachOther) {
  const TestDirectory directory;
  const auto first = Check(log_.Receipt(index_, log_.size()));
  ASSERT_TRUE(first.ok());
  CheckedReceipt other = *first;
  (*other.receipt.mutable_envelope())[20] ^= 1;
  other.leaf = log::LeafHash(other.receipt.header() + other.receipt.envelope());
  CheckedReceipt later = *first;
  later.sequence = index_ + 1;
  ASSERT_TRUE(KeepReceipts(directory / "receipts", {&*first, &other, &later, &*first}).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory / "receipts"), {}), 3);
}

TEST_F(ReceiptTest, KeepsReceiptsAndOverwritesNone) {
  const TestDirectory directory;
  auto checked = Check(log_.Receipt(index_, log_.size()));
  ASSERT_TRUE(checked.ok());
  ASSERT_TRUE(KeepReceipt(directory / "receipts", *checked).ok());
  const auto kept = ReadFile(directory / "receipts" / (std::to_string(index_) + ".receipt"));
  ASSERT_TRUE(kept.ok()) << kept.status();
  v1::Receipt read;
  ASSERT_TRUE(read.ParseFromString(*kept));
  EXPECT_EQ(read.envelope(), sent_.envelope);
  // The same sequence with another header is another ledger's, or evidence; both stay.
  (*checked->receipt.mutable_header())[20] ^= 1;
  checked->leaf.bytes[0] ^= 1;
  ASSERT_TRUE(KeepReceipt(directory / "receipts", *checked).ok());
  EXPECT_EQ(*ReadFile(directory / "receipts" / (std::to_string(index_) + ".receipt")), *kept);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory / "receipts"), {}), 2);
}

TEST_F(ReceiptTest, KeepsASecondReceiptForTheSameHeaderAndAnotherEnvelope) {
  const TestDirectory directory;
  auto checked = Check(log_.Receipt(index_, log_.size()));
  ASSERT_TRUE(checked.ok());
  ASSERT_TRUE(KeepReceipt(directory.path(), *checked).ok());
  ASSERT_TRUE(KeepReceipt(directory.path(), *checked).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
  (*checked->receipt.mutable_envelope())[20] ^= 1;
  checked->leaf = log::LeafHash(checked->receipt.header() + checked->receipt.envelope());
  ASSERT_TRUE(KeepReceipt(directory.path(), *checked).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 2);
}

}  // namespace
}  // namespace fundledger::sdk
