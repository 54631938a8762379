#include "ledger/crypto/signature.h"

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sodium.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

namespace fundledger::crypto {
namespace {

class EachAlgorithm : public testing::TestWithParam<Algorithm> {};
INSTANTIATE_TEST_SUITE_P(Signature, EachAlgorithm, testing::Values(Algorithm::kEd25519, Algorithm::kSm2),
                         [](const auto& test) { return test.param == Algorithm::kSm2 ? "Sm2" : "Ed25519"; });

void ExpectInvalid(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(status), "SIGNATURE_INVALID");
}

TEST_P(EachAlgorithm, SignsWhatItVerifies) {
  const auto signer = GenerateKey(GetParam());
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ((*signer)->public_key().algorithm, GetParam());
  EXPECT_EQ((*signer)->public_key().bytes.size(), GetParam() == Algorithm::kSm2 ? 65u : 32u);
  const auto verifier = Verifier::Make((*signer)->public_key());
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ((*verifier)->public_key(), (*signer)->public_key());
  for (const std::string& message : {std::string(), std::string("m"), std::string(100'000, '\0')}) {
    for (int i = 0; i < 20; ++i) {  // r or s of SM2 is short now and then: the padding must hold
      const auto signature = (*signer)->Sign(message);
      ASSERT_TRUE(signature.ok());
      ASSERT_EQ(signature->size(), 64u);
      EXPECT_TRUE((*verifier)->Verify(message, *signature).ok());
    }
  }
}

TEST_P(EachAlgorithm, RefusesEveryFlippedBit) {
  const auto signer = *GenerateKey(GetParam());
  const auto verifier = *Verifier::Make(signer->public_key());
  const std::string message = "拨付 7851 万元";
  const std::string signature = *signer->Sign(message);
  for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string spoiled = signature;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    ExpectInvalid(verifier->Verify(message, spoiled));
  }
  for (size_t bit = 0; bit < message.size() * 8; ++bit) {
    std::string spoiled = message;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    ExpectInvalid(verifier->Verify(spoiled, signature));
  }
  EXPECT_TRUE(verifier->Verify(message, signature).ok());
}

TEST_P(EachAlgorithm, RefusesOtherLengthsOtherKeysAndZeros) {
  const auto signer = *GenerateKey(GetParam());
  const auto verifier = *Verifier::Make(signer->public_key());
  const std::string signature = *signer->Sign("m");
  for (const std::string& bad :
       {std::string(), signature.substr(0, 63), signature + '\0', std::string(64, '\0'),
        std::string(64, '\xff'), std::string(32, '\0') + signature.substr(32),
        signature.substr(0, 32) + std::string(32, '\0')}) {
    ExpectInvalid(verifier->Verify("m", bad));
  }
  const auto other = *GenerateKey(GetParam());
  ExpectInvalid((*Verifier::Make(other->public_key()))->Verify("m", signature));
}

TEST_P(EachAlgorithm, KeepsTheKeyThroughPem) {
  const auto signer = *GenerateKey(GetParam());
  const auto pem = SignerToPem(*signer);
  ASSERT_TRUE(pem.ok()) << pem.status();
  EXPECT_TRUE(pem->starts_with("-----BEGIN PRIVATE KEY-----\n")) << "not PKCS#8";
  const auto again = SignerFromPem(*pem);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->public_key(), signer->public_key());
  const auto verifier = *Verifier::Make(signer->public_key());
  EXPECT_TRUE(verifier->Verify("m", *(*again)->Sign("m")).ok());
}

TEST_P(EachAlgorithm, MayBeUsedByManyThreads) {
  const auto signer = *GenerateKey(GetParam());
  const auto verifier = *Verifier::Make(signer->public_key());
  std::vector<int> failed(4, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < failed.size(); ++t) {
    threads.emplace_back([&failed, &signer, &verifier, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string message = std::to_string(t) + "/" + std::to_string(i);
        failed[t] += !verifier->Verify(message, *signer->Sign(message)).ok();
        failed[t] += verifier->Verify(message + "!", *signer->Sign(message)).ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, std::vector<int>(4, 0));
}

TEST(Ed25519, MatchesTheVectorsOfRfc8032) {
  const auto signer =
      *Ed25519FromSeed(*HexDecode("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
  EXPECT_EQ(HexEncode(signer->public_key().bytes),
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  EXPECT_EQ(HexEncode(*signer->Sign("\xaf\x82")),
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
}

TEST(Ed25519, RefusesASignatureRaisedByTheGroupOrder) {
  // S + L is as good an equation; RFC 8032 §5.1.7 refuses it, so that nobody can make a second signature of
  // one.
  const auto signer = *Ed25519FromSeed(std::string(32, '\x07'));
  const auto verifier = *Verifier::Make(signer->public_key());
  const std::string order = *HexDecode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  std::string signature = *signer->Sign("m");
  unsigned int carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    carry += static_cast<uint8_t>(signature[32 + i]) + static_cast<uint8_t>(order[i]);
    signature[32 + i] = static_cast<char>(carry);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0u);
  ExpectInvalid(verifier->Verify("m", signature));
}

// A signature of `message` by the key of `seed` whose R is the neutral point: a good equation, S·B = R + h·A,
// with a point of small order.
std::string SignWithNeutralPoint(const std::string& seed, std::string_view key, std::string_view message) {
  using Wide = std::array<unsigned char, 64>;
  using Scalar = std::array<unsigned char, 32>;
  const auto reduced_sha512 = [](const std::string& bytes, bool clamped) {
    Wide hash{};
    crypto_hash_sha512(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    if (clamped) {
      hash[0] &= 248;
      hash[31] = static_cast<unsigned char>((hash[31] & 127) | 64);
      std::fill(hash.begin() + 32, hash.end(), static_cast<unsigned char>(0));
    }
    Scalar scalar{};
    crypto_core_ed25519_scalar_reduce(scalar.data(), hash.data());
    return scalar;
  };
  const std::string neutral = std::string(1, '\x01') + std::string(31, '\0');
  const Scalar secret = reduced_sha512(seed, /*clamped=*/true);
  const Scalar h = reduced_sha512(neutral + std::string(key) + std::string(message), /*clamped=*/false);
  Scalar s{};
  crypto_core_ed25519_scalar_mul(s.data(), h.data(), secret.data());
  return neutral + std::string(s.begin(), s.end());
}

// libsodium does not, and would make records refused that a log already holds.
TEST(Ed25519, TakesTheSignaturesThatOnlyOpensslTakes) {
  const std::string seed(32, '\x07');
  const auto signer = *Ed25519FromSeed(seed);
  const std::string& key = signer->public_key().bytes;
  const std::string signature = SignWithNeutralPoint(seed, key, "m");
  ASSERT_NE(crypto_sign_ed25519_verify_detached(reinterpret_cast<const unsigned char*>(signature.data()),
                                                reinterpret_cast<const unsigned char*>("m"), 1,
                                                reinterpret_cast<const unsigned char*>(key.data())),
            0);
  const auto verifier = *Verifier::Make(signer->public_key());
  EXPECT_TRUE(verifier->Verify("m", signature).ok());
  ExpectInvalid(verifier->Verify("n", signature));
}

void ExpectMalformedKey(const absl::Status& status, std::string_view what) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
  EXPECT_EQ(ReasonOf(status), "KEY_MALFORMED") << what;
}

TEST(Ed25519FromSeed, RefusesOtherLengths) {
  for (const size_t size : {0, 31, 33, 64})
    ExpectMalformedKey(Ed25519FromSeed(std::string(size, 'x')).status(), "seed");
}

TEST(Verifier, RefusesKeysOfOtherLengthsAndOffTheCurve) {
  for (const size_t size : {0, 31, 33, 65}) {
    ExpectMalformedKey(Verifier::Make({Algorithm::kEd25519, std::string(size, '\x05')}).status(), "Ed25519");
  }
  const std::string point = (*GenerateKey(Algorithm::kSm2))->public_key().bytes;
  std::string off_curve = point;
  off_curve[64] = static_cast<char>(off_curve[64] ^ 1);
  std::string hybrid = point;
  hybrid[0] = '\x06';
  const std::string compressed = std::string(1, '\x02') + point.substr(1, 32);
  for (const std::string& bad :
       {std::string(), std::string(1, '\0'), point.substr(0, 64), point + '\0', off_curve, hybrid, compressed,
        std::string(65, '\0'), std::string("\x04") + std::string(64, '\xff')}) {
    ExpectMalformedKey(Verifier::Make({Algorithm::kSm2, bad}).status(), HexEncode(bad));
  }
  ExpectMalformedKey(Verifier::Make({static_cast<Algorithm>(3), std::string(32, '\x05')}).status(),
                     "algorithm 3");
}

TEST(Verifier, RefusesEd25519KeysOfSmallOrder) {
  // Under the first, R = identity and S = 0 would be a signature of every message.
  for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    ExpectMalformedKey(Verifier::Make({Algorithm::kEd25519, *HexDecode(hex)}).status(), hex);
  }
}

TEST(SignerFromPem, RefusesWhatIsNoPlainPkcs8KeyOfOurs) {
  const std::string good = *SignerToPem(**Ed25519FromSeed(std::string(32, '\x01')));
  const char* const kP256 =
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n"
      "OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n"
      "1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n"
      "-----END PRIVATE KEY-----\n";
  for (const std::string& bad :
       {std::string(), std::string("x"), good.substr(0, 60),
        std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        std::string("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
        std::string(kP256), std::string(1 << 20, 'A')}) {
    ExpectMalformedKey(SignerFromPem(bad).status(), bad.substr(0, 80));
  }
}

TEST(SignerToPem, RefusesAKeyThatIsKeptElsewhere) {
  class Remote final : public Signer {
   public:
    const PublicKey& public_key() const override { return key_; }
    absl::StatusOr<std::string> Sign(std::string_view) const override { return absl::UnimplementedError(""); }

   private:
    PublicKey key_;
  };
  ExpectMalformedKey(SignerToPem(Remote()).status(), "remote");
}

}  // namespace
}  // namespace fundledger::crypto
