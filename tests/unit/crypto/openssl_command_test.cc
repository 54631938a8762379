// What we sign, the openssl command verifies; what it signs, we verify.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/signature.h"

namespace fundledger::crypto {
namespace {

class OpensslCommand : public testing::TestWithParam<Algorithm> {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/openssl-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    if (Run("openssl version") != 0) {
      std::cerr << "\n*** NOT CHECKED against the openssl command: it is not installed ***\n\n";
      GTEST_SKIP() << "the openssl command is not installed";
    }
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  void Write(const std::string& name, std::string_view bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Runs a command in the directory; its exit status.
  int Run(const std::string& command) const {
    const std::string quiet = "cd '" + directory_.string() + "' && " + command;
    return std::system(
        (quiet + " > log 2>&1").c_str());  // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own text
  }
  bool sm2() const { return GetParam() == Algorithm::kSm2; }

 private:
  std::filesystem::path directory_;
};
INSTANTIATE_TEST_SUITE_P(Signature, OpensslCommand, testing::Values(Algorithm::kEd25519, Algorithm::kSm2),
                         [](const auto& test) { return test.param == Algorithm::kSm2 ? "Sm2" : "Ed25519"; });

constexpr char kId[] = " -sigopt distid:1234567812345678 ";

// DER of SEQUENCE { INTEGER r, INTEGER s } by hand.
std::string Der(std::string_view raw) {
  std::string body;
  for (std::string_view number : {raw.substr(0, 32), raw.substr(32)}) {
    while (number.size() > 1 && number[0] == '\0') number.remove_prefix(1);
    const bool pad = (static_cast<uint8_t>(number[0]) & 0x80) != 0;
    body += '\x02';
    body += static_cast<char>(number.size() + (pad ? 1 : 0));
    if (pad) body += '\0';
    body += number;
  }
  return std::string("\x30") + static_cast<char>(body.size()) + body;
}

std::string Raw(const std::string& der) {
  std::string raw;
  size_t at = 2;
  for (int i = 0; i < 2 && at + 1 < der.size(); ++i) {
    const size_t size = static_cast<uint8_t>(der[at + 1]);
    std::string number = der.substr(at + 2, size);
    if (number.size() == 33) number.erase(0, 1);
    raw += std::string(32 - std::min<size_t>(32, number.size()), '\0') + number;
    at += 2 + size;
  }
  return raw;
}

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
    Write("sig", sm2() ? Der(signature) : signature);
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
    const std::string signature = sm2() ? Raw(Read("sig")) : Read("sig");
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
    EXPECT_EQ(ReasonOf((*Verifier::Make(signer->public_key()))->Verify("m", Raw(Read("sig")))),
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

}  // namespace
}  // namespace fundledger::crypto
