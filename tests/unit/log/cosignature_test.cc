#include "ledger/log/cosignature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "ledger/log/lines.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

constexpr char kWitness[] = "example.com/witness";
constexpr uint64_t kGoldenTime = 1679315147;

std::unique_ptr<crypto::Signer> WitnessSigner() {
  return *crypto::Ed25519FromSeed(CountingSeed(0x20));
}
WitnessVerifier Golden() {
  return *WitnessVerifier::Parse(GoldenLines("verifier_keys.txt").at(1));
}
std::string GoldenText() {
  return ParseNote(ReadGolden("checkpoint.txt"))->text;
}

absl::StatusOr<std::vector<Cosignature>> Open(std::string_view note,
                                              const std::vector<WitnessVerifier>& witnesses = {Golden()}) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  return OpenCosignatures(parsed, witnesses);
}

TEST(WitnessKey, IsTheGoldenOne) {
  EXPECT_EQ(WitnessKey(kWitness, WitnessSigner()->public_key()), GoldenLines("verifier_keys.txt").at(1));
  EXPECT_EQ(Golden().name, kWitness);
  EXPECT_EQ(Golden().key_id, 0x098ef77fu);
  EXPECT_EQ(Golden().key->public_key(), WitnessSigner()->public_key());
}

TEST(WitnessVerifier, RefusesKeysOfLogsAndDamagedOnes) {
  const std::string good = GoldenLines("verifier_keys.txt").at(1);
  EXPECT_EQ(ReasonOf(WitnessVerifier::Parse(GoldenLines("verifier_keys.txt").at(0)).status()),
            "VERIFIER_KEY_MALFORMED");
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(ReasonOf(WitnessVerifier::Parse(good.substr(0, i)).status()), "VERIFIER_KEY_MALFORMED") << i;
    std::string spoiled = good;
    spoiled[i] = spoiled[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(ReasonOf(WitnessVerifier::Parse(spoiled).status()), "VERIFIER_KEY_MALFORMED") << spoiled;
  }
}

TEST(Cosign, GivesTheGoldenBytes) {
  const auto line = Cosign(GoldenText(), kGoldenTime, kWitness, *WitnessSigner());
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(ReadGolden("checkpoint.txt") + *line, ReadGolden("checkpoint_cosigned.txt"));
}

TEST(Cosign, RefusesWhatIsNoCosignature) {
  const auto signer = WitnessSigner();
  EXPECT_EQ(ReasonOf(Cosign("not a checkpoint\n", 1, kWitness, *signer).status()), "CHECKPOINT_MALFORMED");
  EXPECT_EQ(ReasonOf(Cosign("", 1, kWitness, *signer).status()), "CHECKPOINT_MALFORMED");
  EXPECT_EQ(ReasonOf(Cosign(GoldenText(), 1, "a b", *signer).status()), "NOTE_MALFORMED");
  EXPECT_EQ(ReasonOf(Cosign(GoldenText(), 1, "", *signer).status()), "NOTE_MALFORMED");
  EXPECT_EQ(ReasonOf(Cosign(GoldenText(), uint64_t{1} << 63, kWitness, *signer).status()), "NOTE_MALFORMED");
  EXPECT_TRUE(Cosign(GoldenText(), (uint64_t{1} << 63) - 1, kWitness, *signer).ok());
  const auto sm2 = *crypto::GenerateKey(crypto::Algorithm::kSm2);
  EXPECT_EQ(ReasonOf(Cosign(GoldenText(), 1, kWitness, *sm2).status()), "NOTE_MALFORMED");
}

TEST(OpenCosignatures, BelievesTheGoldenBytes) {
  const auto opened = Open(ReadGolden("checkpoint_cosigned.txt"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_THAT(*opened, testing::ElementsAre(Cosignature{kWitness, 0x098ef77fu, kGoldenTime}));
}

// Nothing of the text, the time or the signature can change and still be believed.
TEST(OpenCosignatures, BelievesNoFlippedBit) {
  const std::string golden = ReadGolden("checkpoint_cosigned.txt");
  for (size_t bit = 0; bit < golden.size() * 8; ++bit) {
    std::string spoiled = golden;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    const auto opened = Open(spoiled);
    const size_t log_line = golden.find("\n\n") + 2;
    const size_t witness_line = golden.find('\n', log_line) + 1;
    const size_t byte = bit / 8;
    if (byte >= log_line && byte < witness_line) continue;  // the log's line, which says nothing here
    EXPECT_FALSE(opened.ok() && !opened->empty()) << "bit " << bit;
  }
}

TEST(OpenCosignatures, IgnoresOthersAndRefusesABadOneOfAKnownKey) {
  const std::string note = ReadGolden("checkpoint.txt");
  const std::string good = *Cosign(GoldenText(), 7, kWitness, *WitnessSigner());
  const auto stranger = *crypto::Ed25519FromSeed(CountingSeed(0x70));
  const std::string other = *Cosign(GoldenText(), 8, "other", *stranger);
  const auto bad = [](const std::string& signature) {
    return SignatureLine(kWitness, Golden().key_id, signature);
  };
  EXPECT_THAT(*Open(note), testing::IsEmpty());
  EXPECT_THAT(*Open(note + other), testing::IsEmpty());
  EXPECT_THAT(*Open(note + good, {}), testing::IsEmpty());
  EXPECT_EQ((*Open(note + other + good)).size(), 1u);
  EXPECT_THAT(*Open(note + good + other,
                    {Golden(), *WitnessVerifier::Parse(WitnessKey("other", stranger->public_key()))}),
              testing::ElementsAre(Cosignature{kWitness, 0x098ef77fu, 7}, testing::_));
  for (const std::string& signature :
       {std::string("x"), std::string(8, '\0'), std::string(9, '\0'), std::string(72, '\0'),
        std::string(72, '\xff'), ParseNote(note + good)->signatures[1].signature + "x",
        "\xff" + ParseNote(note + good)->signatures[1].signature.substr(1)}) {
    EXPECT_EQ(ReasonOf(Open(note + bad(signature)).status()), "NOTE_UNVERIFIED");
    EXPECT_EQ(ReasonOf(Open(note + good + bad(signature)).status()), "NOTE_UNVERIFIED");
    EXPECT_EQ(ReasonOf(Open(note + bad(signature) + good).status()), "NOTE_UNVERIFIED");
  }
}

// The note's signature and the cosignature are by one key here: neither passes for the other.
TEST(OpenCosignatures, IsNoSignatureOfTheNoteAndNoSignatureIsOne) {
  const auto key = WitnessSigner();
  const std::string note = *SignNote(GoldenText(), kWitness, *key);
  const std::string plain = ParseNote(note)->signatures[0].signature;
  const std::string forged =
      note + SignatureLine(kWitness, Golden().key_id, std::string("\0\0\0\0\0\0\0\1", 8) + plain);
  EXPECT_EQ(ReasonOf(Open(forged).status()), "NOTE_UNVERIFIED");
  const std::string cosigned = note + *Cosign(GoldenText(), 1, kWitness, *key);
  const std::string stamped = ParseNote(cosigned)->signatures[1].signature;
  const NoteVerifier as_log = *NoteVerifier::Parse(VerifierKey(kWitness, key->public_key()));
  const std::string passed_off =
      GoldenText() + "\n" + SignatureLine(kWitness, as_log.key_id, stamped.substr(8));
  EXPECT_EQ(ReasonOf(OpenNote(passed_off, {as_log}).status()), "NOTE_UNVERIFIED");
}

TEST(OpenCosignatures, CoversExtensionLines) {
  const std::string text = GoldenText() + "extension\n";
  const std::string note = text + "\n" + *Cosign(text, 5, kWitness, *WitnessSigner());
  EXPECT_EQ((*Open(note)).size(), 1u);
  const std::string shorter = GoldenText() + note.substr(text.size());
  EXPECT_EQ(ReasonOf(Open(shorter).status()), "NOTE_UNVERIFIED");
}

}  // namespace
}  // namespace fundledger::log
