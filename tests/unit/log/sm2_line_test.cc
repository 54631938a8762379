#include "ledger/log/sm2_line.h"

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/note.h"
#include "tests/unit/crypto/openssl_command.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

class Sm2Line : public testing::Test {
 protected:
  std::string Vkey() const { return VerifierKey("county.example/funds", sm2_->public_key()); }
  Sm2Verifier Verifier() const { return *Sm2Verifier::Parse(Vkey()); }
  std::string Note() const { return *SignCheckpoint(checkpoint_, *log_); }
  std::string Both() const { return *AddSm2Line(Note(), *sm2_); }

  std::unique_ptr<crypto::Signer> log_ = *crypto::Ed25519FromSeed(std::string(32, 'L'));
  std::unique_ptr<crypto::Signer> sm2_ = *crypto::GenerateKey(crypto::Algorithm::kSm2);
  Checkpoint checkpoint_{"county.example/funds", 8, Hash256()};
};

TEST_F(Sm2Line, IsVerifiedByItsKeyAndIgnoredByOthers) {
  const std::string note = Both();
  EXPECT_TRUE(note.starts_with(Note()));
  const absl::Status status = CheckSm2Line(note, Verifier());
  EXPECT_TRUE(status.ok()) << status;
  const auto log = NoteVerifier::Parse(VerifierKey("county.example/funds", log_->public_key()));
  ASSERT_TRUE(log.ok());
  const auto opened = OpenCheckpoint(note, *log);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, checkpoint_);
}

TEST_F(Sm2Line, HasTheFormThatIsWrittenDown) {
  const auto parsed = ParseNote(Both());
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->signatures.size(), 2U);
  EXPECT_EQ(parsed->signatures[1].name, "county.example/funds");
  EXPECT_EQ(parsed->signatures[1].signature.size(), 64U) << "r and s";
  EXPECT_EQ(sm2_->public_key().bytes.size(), 65U);
  EXPECT_EQ(parsed->signatures[1].key_id,
            NoteKeyId("county.example/funds", 0xff, "fundledger/sm2/v1" + sm2_->public_key().bytes));
  EXPECT_TRUE(sm2_->Sign("x").ok());
}

TEST_F(Sm2Line, IsMissedWhereItIsNot) {
  EXPECT_EQ(ReasonOf(CheckSm2Line(Note(), Verifier())), "NOTE_UNVERIFIED");
  const auto other = *crypto::GenerateKey(crypto::Algorithm::kSm2);
  EXPECT_EQ(ReasonOf(CheckSm2Line(*AddSm2Line(Note(), *other), Verifier())), "NOTE_UNVERIFIED");
  const auto named = *Sm2Verifier::Parse(VerifierKey("another.example", sm2_->public_key()));
  EXPECT_EQ(ReasonOf(CheckSm2Line(Both(), named)), "NOTE_UNVERIFIED");
  // One that fails is not made good by one that does not.
  std::string twice = Both();
  const auto wrong = AddSm2Line(*SignCheckpoint({"county.example/funds", 9, Hash256()}, *log_), *sm2_);
  ASSERT_TRUE(wrong.ok());
  twice += wrong->substr(wrong->rfind("\u2014"));
  EXPECT_EQ(ReasonOf(CheckSm2Line(twice, Verifier())), "NOTE_UNVERIFIED");
}

TEST_F(Sm2Line, RefusesEveryByteSpoilt) {
  const std::string note = Both();
  const size_t end_of_log_line = Note().size();
  for (size_t i = 0; i < note.size(); ++i) {
    // The log's own line is not this key's to vouch for.
    const size_t text = note.find("\n\n") + 1;
    if (i > text && i < end_of_log_line) continue;
    std::string spoilt = note;
    spoilt[i] = static_cast<char>(spoilt[i] ^ 1);
    EXPECT_FALSE(CheckSm2Line(spoilt, Verifier()).ok()) << i;
  }
}

TEST_F(Sm2Line, IsNoLineByAnotherKindOfKey) {
  EXPECT_EQ(ReasonOf(AddSm2Line(Note(), *log_).status()), "NOTE_MALFORMED");
  EXPECT_EQ(ReasonOf(AddSm2Line("x", *sm2_).status()), "NOTE_MALFORMED");
  EXPECT_EQ(ReasonOf(NoteVerifier::Parse(Vkey()).status()), "VERIFIER_KEY_MALFORMED")
      << "an SM2 key is not the log's key";
}

TEST_F(Sm2Line, VerifierKeysAreReadStrictly) {
  const std::string vkey = Vkey();
  EXPECT_EQ(Sm2Verifier::Parse(vkey)->name, "county.example/funds");
  for (const std::string& bad : {std::string(), std::string("a+b"), vkey + "A", "x" + vkey, vkey.substr(1),
                                 vkey.substr(0, vkey.size() - 4),
                                 VerifierKey("county.example/funds", log_->public_key()), "+" + vkey}) {
    EXPECT_EQ(ReasonOf(Sm2Verifier::Parse(bad).status()), "VERIFIER_KEY_MALFORMED") << bad;
  }
  for (size_t i = 0; i < vkey.size(); ++i) {
    std::string spoilt = vkey;
    spoilt[i] = spoilt[i] == 'A' ? 'B' : 'A';
    if (spoilt == vkey) continue;
    EXPECT_FALSE(Sm2Verifier::Parse(spoilt).ok()) << i;
  }
}

TEST_F(Sm2Line, IsWhatTheOpensslCommandSignsAndVerifies) {
  const crypto::CommandDirectory directory;
  if (!directory.HasCommand()) GTEST_SKIP() << "the openssl command is not installed";
  const auto parsed = ParseNote(Both());
  ASSERT_TRUE(parsed.ok());
  directory.Write("key.pem", *crypto::SignerToPem(*sm2_));
  directory.Write("text", parsed->text);
  directory.Write("sig", crypto::Sm2Der(parsed->signatures[1].signature));
  ASSERT_EQ(directory.Run("openssl pkey -in key.pem -pubout -out public.pem"), 0) << directory.Read("log");
  const std::string verify =
      absl::StrCat("openssl dgst -sm3 -verify public.pem", crypto::kSm2Option, "-signature sig text");
  EXPECT_EQ(directory.Run(verify), 0) << directory.Read("log");
  directory.Write("text", parsed->text + "extension\n");
  EXPECT_NE(directory.Run(verify), 0);
  // And a line that is put together from the command's signature.
  directory.Write("text", parsed->text);
  ASSERT_EQ(
      directory.Run(absl::StrCat("openssl dgst -sm3 -sign key.pem", crypto::kSm2Option, "-out sig text")), 0)
      << directory.Read("log");
  std::string bytes;
  AppendBigEndian32(Verifier().key_id, &bytes);
  bytes += crypto::Sm2Raw(directory.Read("sig"));
  const std::string note = absl::StrCat(Note(), "\u2014 county.example/funds ", Base64Encode(bytes), "\n");
  const absl::Status status = CheckSm2Line(note, Verifier());
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace fundledger::log
