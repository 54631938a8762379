#include "ledger/audit/answer.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/signature.h"

namespace fundledger::audit {
namespace {

constexpr char kOrigin[] = "log.example/funds";

std::unique_ptr<crypto::Signer> Key(char seed) {
  return *crypto::Ed25519FromSeed(std::string(32, seed));
}

log::NoteVerifier VerifierOf(char seed) {
  return *log::NoteVerifier::Parse(log::VerifierKey(kOrigin, Key(seed)->public_key()));
}

v1::Answer SomeAnswer(char checkpoint_seed = 'L') {
  Hash256 root;
  root.bytes.fill(7);
  v1::Answer answer;
  answer.set_ledger(std::string(32, 'l'));
  answer.set_method("fundledger.v1.FundService/ListFunds");
  answer.set_request("asked");
  answer.set_response("answered");
  answer.set_checkpoint(*log::SignCheckpoint({kOrigin, 9, root}, *Key(checkpoint_seed)));
  return answer;
}

std::string Sealed(const std::string& payload, char seed = 'L', std::string_view type = crypto::kAnswerType) {
  return *crypto::SealEnvelope(type, payload, {Key(seed).get()});
}

std::string ReasonFor(const std::string& envelope,
                      const std::vector<log::NoteVerifier>& keys = {VerifierOf('L')}) {
  return ReasonOf(OpenAnswer(envelope, keys).status());
}

TEST(Answer, IsBelievedByTheKeyThatSignedItAndItsCheckpoint) {
  const auto opened =
      OpenAnswer(Sealed(SomeAnswer().SerializeAsString()), {VerifierOf('X'), VerifierOf('L')});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->answer.response(), "answered");
  EXPECT_EQ(opened->checkpoint.size, 9U);
  EXPECT_EQ(opened->key.key_id, VerifierOf('L').key_id);
}

TEST(Answer, IsNotBelievedOfAnother) {
  const std::string answer = SomeAnswer().SerializeAsString();
  EXPECT_EQ(ReasonFor(Sealed(answer, 'X')), "ANSWER_UNVERIFIED");
  EXPECT_EQ(ReasonFor(Sealed(answer), {VerifierOf('X')}), "ANSWER_UNVERIFIED");
  EXPECT_EQ(ReasonFor(Sealed(answer), {}), "ANSWER_UNVERIFIED");
  // Two keys of one log do not sign together.
  EXPECT_EQ(ReasonFor(Sealed(SomeAnswer('N').SerializeAsString()), {VerifierOf('L'), VerifierOf('N')}),
            "ANSWER_UNVERIFIED");
}

TEST(Answer, SignedAsSomethingElseIsNone) {
  const std::string answer = SomeAnswer().SerializeAsString();
  EXPECT_EQ(ReasonFor(Sealed(answer, 'L', crypto::kSubmissionType)), "ANSWER_MALFORMED");
  EXPECT_EQ(ReasonFor(*crypto::SealEnvelope(crypto::kAnswerType, answer, {Key('L').get(), Key('L').get()})),
            "ANSWER_MALFORMED");
  EXPECT_EQ(ReasonFor(Sealed(answer + "\x32\x01x")), "ANSWER_MALFORMED");  // an unknown field
  EXPECT_EQ(ReasonFor(Sealed(answer + answer)), "ANSWER_MALFORMED");
  EXPECT_EQ(ReasonFor(Sealed("")), "ANSWER_MALFORMED");
  EXPECT_EQ(ReasonFor("bytes"), "ANSWER_MALFORMED");
}

TEST(Answer, EveryByteSpoiltIsRefused) {
  const std::string envelope = Sealed(SomeAnswer().SerializeAsString());
  for (size_t at = 0; at < envelope.size(); ++at) {
    for (const int flip : {1, 4, 32, 128}) {
      std::string spoilt = envelope;
      spoilt[at] = static_cast<char>(spoilt[at] ^ flip);
      EXPECT_FALSE(OpenAnswer(spoilt, {VerifierOf('L')}).ok()) << "byte " << at << " ^ " << flip;
    }
  }
}

}  // namespace
}  // namespace fundledger::audit
