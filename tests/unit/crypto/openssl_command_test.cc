// What we sign, the openssl command verifies; what it signs, we verify.
#include "tests/unit/crypto/openssl_command.h"

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/pkcs8.h"
#include "ledger/crypto/signature.h"

namespace fundledger::crypto {
namespace {

class OpensslCommand : public testing::TestWithParam<Algorithm>, protected CommandDirectory {
 protected:
  void SetUp() override {
    if (!HasCommand()) GTEST_SKIP() << "the openssl command is not installed";
  }
  using CommandDirectory::Run;
  bool sm2() const { return GetParam() == Algorithm::kSm2; }
};
INSTANTIATE_TEST_SUITE_P(Signature, OpensslCommand, testing::Values(Algorithm::kEd25519, Algorithm::kSm2),
                         [](const auto& test) { return test.param == Algorithm::kSm2 ? "Sm2" : "Ed25519"; });

constexpr const char* kId = kSm2Option;

TEST_P(OpensslCommand, VerifiesWhatWeSign) {
  const auto signer = *GenerateKey(GetParam());
  Write("key.pem", *SignerToPem(*signer));
  ASSERT_EQ(Run("openssl pkey -in key.pem -pubout -out public.pem"), 0) << Read("log");
  const std::string verify =
      sm2() ? std::string("openssl dgst -sm3 -verify public.pem") + kId + "-signature sig message"
            : "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile sig";
  for (int i = 0; i < 4; ++i) {
    const std::string message =
        "message " + std::to_string(i) + std::string(static_cast<size_t>(i) * 100, '\xff');
    const std::string signature = *signer->Sign(message);
    Write("message", message);
    Write("sig", sm2() ? Sm2Der(signature) : signature);
    EXPECT_EQ(Run(verify), 0) << Read("log");
    Write("message", message + "!");
    EXPECT_NE(Run(verify), 0) << "the command accepted another message";
  }
}

TEST_P(OpensslCommand, SignsWhatWeVerify) {
  const std::string generate =
      sm2() ? "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem"
            : "openssl genpkey -algorithm ED25519 -out key.pem";
  ASSERT_EQ(Run(generate), 0) << Read("log");
  const auto signer = SignerFromPem(Read("key.pem"));
  ASSERT_TRUE(signer.ok()) << signer.status();
  const auto verifier = *Verifier::Make((*signer)->public_key());
  const std::string sign = sm2() ? std::string("openssl dgst -sm3 -sign key.pem") + kId + "-out sig message"
                                 : "openssl pkeyutl -sign -inkey key.pem -rawin -in message -out sig";
  for (int i = 0; i < 4; ++i) {
    const std::string message = "message " + std::to_string(i);
    Write("message", message);
    ASSERT_EQ(Run(sign), 0) << Read("log");
    const std::string signature = sm2() ? Sm2Raw(Read("sig")) : Read("sig");
    const absl::Status status = verifier->Verify(message, signature);
    EXPECT_TRUE(status.ok()) << status << " " << HexEncode(signature);
    EXPECT_EQ(ReasonOf(verifier->Verify(message + "!", signature)), "SIGNATURE_INVALID");
  }
}

// Ed25519 has no id.
class OpensslCommandWithId : public OpensslCommand {};
INSTANTIATE_TEST_SUITE_P(Signature, OpensslCommandWithId, testing::Values(Algorithm::kSm2));

TEST_P(OpensslCommandWithId, SignsUnderAnotherIdInVain) {
  const auto signer = *GenerateKey(Algorithm::kSm2);
  Write("key.pem", *SignerToPem(*signer));
  Write("message", "m");
  for (const char* id : {"", " -sigopt distid:someone-else "}) {
    ASSERT_EQ(Run(std::string("openssl dgst -sm3 -sign key.pem") + id + " -out sig message"), 0)
        << Read("log");
    EXPECT_EQ(ReasonOf((*Verifier::Make(signer->public_key()))->Verify("m", Sm2Raw(Read("sig")))),
              "SIGNATURE_INVALID");
  }
}

TEST_P(OpensslCommand, WritesKeysWeRead) {
  const auto signer = *GenerateKey(GetParam());
  Write("key.pem", *SignerToPem(*signer));
  ASSERT_EQ(Run("openssl pkey -in key.pem -pubout -outform DER -out public.der"), 0) << Read("log");
  EXPECT_TRUE(Read("public.der").ends_with(signer->public_key().bytes))
      << "the command sees another public key";
  ASSERT_EQ(Run("openssl pkcs8 -topk8 -in key.pem -passout pass:secret -out locked.pem"), 0) << Read("log");
  EXPECT_EQ(ReasonOf(SignerFromPem(Read("locked.pem")).status()), "KEY_MALFORMED") << "an encrypted key";
}

TEST_P(OpensslCommand, DecryptsKeysWeEncrypt) {
  const auto signer = *GenerateKey(GetParam());
  Write("key.pem", *EncryptKey(*SignerToPem(*signer), "四字口令 four words"));
  Write("passphrase", "四字口令 four words\n");
  ASSERT_EQ(Run("openssl pkey -in key.pem -passin file:passphrase -pubout -outform DER -out public.der"), 0)
      << Read("log");
  EXPECT_TRUE(Read("public.der").ends_with(signer->public_key().bytes));
  ASSERT_EQ(Run("openssl asn1parse -in key.pem"), 0) << Read("log");
  EXPECT_NE(Read("log").find(":scrypt"), std::string::npos) << Read("log");
  EXPECT_NE(Read("log").find(":aes-256-cbc"), std::string::npos) << Read("log");
}

TEST_P(OpensslCommand, EncryptsKeysWeDecrypt) {
  const auto signer = *GenerateKey(GetParam());
  Write("key.pem", *SignerToPem(*signer));
  for (const char* how : {"-scrypt", "-v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 10000"}) {
    ASSERT_EQ(
        Run(std::string("openssl pkcs8 -topk8 ") + how + " -in key.pem -passout pass:secret -out l.pem"), 0)
        << Read("log");
    ASSERT_TRUE(IsEncryptedKey(Read("l.pem")));
    const auto plain = DecryptKey(Read("l.pem"), "secret");
    ASSERT_TRUE(plain.ok()) << plain.status();
    const auto again = SignerFromPem(plain->view());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ((*again)->public_key(), signer->public_key());
    EXPECT_EQ(ReasonOf(DecryptKey(Read("l.pem"), "Secret").status()), "PASSPHRASE_WRONG");
  }
}

TEST(OpensslDigest, OfSm3IsOurs) {
  const CommandDirectory directory;
  if (!directory.HasCommand()) GTEST_SKIP() << "the openssl command is not installed";
  for (const size_t size : {0, 1, 55, 56, 63, 64, 65, 300, 65535}) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7 + size);
    directory.Write("message", bytes);
    ASSERT_EQ(directory.Run("openssl dgst -sm3 -binary -out digest message"), 0) << directory.Read("log");
    EXPECT_EQ(directory.Read("digest"), Sm3(bytes).str()) << size;
  }
}

}  // namespace
}  // namespace fundledger::crypto
