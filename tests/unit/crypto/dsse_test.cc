#include "ledger/crypto/dsse.h"

#include <random>

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

namespace fundledger::crypto {
namespace {

// A field of wire type 2 by hand, so that the tests do not lean on the encoder they test.
std::string Field(int number, std::string_view value) {
  std::string bytes(1, static_cast<char>(number << 3 | 2));
  bytes.push_back(static_cast<char>(value.size()));  // under 128 in these tests
  return bytes.append(value);
}

const std::string kPayload = Field(1, "body");
const std::string kType = Field(2, "type");
const std::string kSignature = Field(3, Field(1, "sig"));

void ExpectMalformed(const std::string& bytes, const char* why) {
  const auto opened = OpenEnvelope(bytes);
  ASSERT_FALSE(opened.ok()) << why;
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument) << why;
  EXPECT_EQ(ReasonOf(opened.status()), "ENVELOPE_MALFORMED") << why;
}

TEST(PreAuthEncoding, MatchesTheVectorOfDsse) {
  EXPECT_EQ(PreAuthEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(PreAuthEncoding("", ""), "DSSEv1 0  0 ");
  EXPECT_EQ(PreAuthEncoding("资", std::string_view("\0", 1)), std::string("DSSEv1 3 资 1 \0", 16));
}

TEST(SealEnvelope, IsOpenedWithItsPartsAndSignaturesInOrder) {
  const auto first = *Ed25519FromSeed(std::string(32, '\x01'));
  const auto second = *GenerateKey(Algorithm::kSm2);
  const auto sealed = SealEnvelope(kSubmissionType, "payload", {first.get(), second.get()});
  ASSERT_TRUE(sealed.ok());
  const auto opened = OpenEnvelope(*sealed);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->payload, "payload");
  EXPECT_EQ(opened->payload_type, kSubmissionType);
  ASSERT_EQ(opened->signatures.size(), 2u);
  const std::string signed_bytes = PreAuthEncoding(opened->payload_type, opened->payload);
  EXPECT_TRUE((*Verifier::Make(first->public_key()))->Verify(signed_bytes, opened->signatures[0]).ok());
  EXPECT_TRUE((*Verifier::Make(second->public_key()))->Verify(signed_bytes, opened->signatures[1]).ok());
  EXPECT_FALSE((*Verifier::Make(first->public_key()))->Verify("payload", opened->signatures[0]).ok());
}

TEST(SealEnvelope, GivesTheBytesOfTheFormat) {
  const auto signer = *Ed25519FromSeed(std::string(32, '\x01'));
  const std::string signature = *signer->Sign(PreAuthEncoding("type", "body"));
  EXPECT_EQ(*SealEnvelope("type", "body", {signer.get()}), kPayload + kType + Field(3, Field(1, signature)));
}

TEST(OpenEnvelope, ReadsBytesMadeByHand) {
  const auto opened = OpenEnvelope(kPayload + kType + kSignature + Field(3, Field(1, "two")));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->payload, "body");
  EXPECT_EQ(opened->payload_type, "type");
  EXPECT_EQ(opened->signatures, (std::vector<std::string>{"sig", "two"}));
}

TEST(OpenEnvelope, RefusesWhatItDoesNotAccountFor) {
  const google::protobuf::LogSilencer quiet;
  ExpectMalformed("", "nothing at all");
  ExpectMalformed(kPayload + kType, "no signature");
  ExpectMalformed(kPayload + kType + Field(3, ""), "a signature without bytes");
  ExpectMalformed(kPayload + kType + Field(3, Field(2, "hint")), "a signature of a hint alone");
  ExpectMalformed(kPayload + kType + Field(3, Field(1, "sig") + Field(2, "hint")),
                  "a hint that nothing signs");
  ExpectMalformed(kPayload + kType + kSignature + Field(4, "x"), "an unknown field");
  ExpectMalformed(kPayload + kType + kSignature + std::string("\x20\x01"), "an unknown field, a number");
  ExpectMalformed(kPayload + kType + Field(3, Field(1, "sig") + Field(3, "x")), "an unknown field, nested");
  ExpectMalformed(kPayload + kPayload + kType + kSignature, "the payload twice");
  ExpectMalformed(kPayload + kType + kType + kSignature, "the type twice");
  ExpectMalformed(kPayload + kType + Field(3, Field(1, "sig") + Field(1, "gis")),
                  "a signature's bytes twice");
  ExpectMalformed(Field(1, "") + kType + kSignature, "an empty field written out");
  ExpectMalformed(kPayload + kType + Field(3, Field(1, "sig") + Field(2, "")), "an empty hint written out");
  ExpectMalformed(kPayload + kType + kSignature + std::string(1, '\0'), "a byte after the end");
  ExpectMalformed(kPayload + kType + kSignature + "\n", "half a field after the end");
  ExpectMalformed(kPayload + Field(2, "\xff") + kSignature, "a type that is not UTF-8");
  ExpectMalformed(std::string("\x0a\x84\x00", 3) + "body" + kType + kSignature,
                  "a length in more bytes than needed");
  ExpectMalformed(std::string("\x8a\x00\x04", 3) + "body" + kType + kSignature,
                  "a tag in more bytes than needed");
  ExpectMalformed(kPayload + kType + kSignature + std::string("\x0b\x0c"), "a group");
  ExpectMalformed(std::string("\x08\x01") + kType + kSignature, "the payload as a number");
}

TEST(OpenEnvelope, RefusesEveryTruncation) {
  const std::string whole = kPayload + kType + kSignature;
  for (size_t size = 0; size < whole.size(); ++size) ExpectMalformed(whole.substr(0, size), "truncated");
}

TEST(OpenEnvelope, GivesOtherContentForEveryFlippedBitOrRefuses) {
  const google::protobuf::LogSilencer quiet;
  const std::string whole = kPayload + kType + kSignature;
  const auto good = OpenEnvelope(whole);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string spoiled = whole;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    const auto opened = OpenEnvelope(spoiled);
    if (!opened.ok()) continue;
    EXPECT_TRUE(opened->payload != good->payload || opened->payload_type != good->payload_type ||
                opened->signatures != good->signatures)
        << "bit " << bit;
  }
}

TEST(OpenEnvelope, SurvivesRandomBytes) {
  const google::protobuf::LogSilencer quiet;  // the parser reports every field that is not UTF-8
  const auto seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random() % 4 == 0 ? random() : "\x0a\x12\x1a\x02"[random() % 4]);
    const auto opened = OpenEnvelope(bytes);
    if (opened.ok()) {
      EXPECT_FALSE(opened->signatures.empty());
    }
  }
}

}  // namespace
}  // namespace fundledger::crypto
