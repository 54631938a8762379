#include "ledger/log/proof_file.h"

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

NoteVerifier LogVerifier() {
  return *NoteVerifier::Parse(GoldenLines("verifier_keys.txt").at(0));
}

// Of leaf 3 of the golden log, 2021 in hex being leaf 3.
ProofFile GoldenProof() {
  ProofFile proof;
  proof.extra = *HexDecode(GoldenLines("leaves.txt").at(3));
  proof.index = 3;
  for (const std::string& line : GoldenLines("inclusion_3_of_8.txt")) {
    proof.inclusion.push_back(*Hash256::FromBytes(*Base64Decode(line)));
  }
  proof.checkpoint = ReadGolden("checkpoint_cosigned.txt");
  return proof;
}

TEST(ProofFile, IsTheGoldenOne) {
  EXPECT_EQ(FormatProofFile(GoldenProof()), ReadGolden("proof_3_of_8.tlog-proof"));
  const auto read = ParseProofFile(ReadGolden("proof_3_of_8.tlog-proof"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, GoldenProof());
  const auto checkpoint = OpenProof(*read, LeafHash(*read->extra), LogVerifier());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, 8u);
}

TEST(ProofFile, IsReadBackAtEverySizeAndIndex) {
  const auto signer = *crypto::Ed25519FromSeed(CountingSeed(0));
  for (const size_t size : {1u, 2u, 3u, 7u, 8u, 13u, 64u}) {
    const std::vector<Hash256> leaves = MakeLeaves(size);
    const std::string note = *SignCheckpoint({"example.com/log", size, SlowRoot(leaves)}, *signer);
    for (size_t index = 0; index < size; ++index) {
      ProofFile proof{std::nullopt, index, SlowInclusion(index, leaves), note};
      for (int with_extra = 0; with_extra < 2; ++with_extra) {
        const std::string text = FormatProofFile(proof);
        const auto read = ParseProofFile(text);
        ASSERT_TRUE(read.ok()) << read.status();
        EXPECT_EQ(*read, proof);
        EXPECT_TRUE(OpenProof(*read, leaves[index], LogVerifier()).ok());
        EXPECT_EQ(ReasonOf(OpenProof(*read, LeafHash("another"), LogVerifier()).status()), "PROOF_INVALID");
        proof.extra = with_extra == 0 ? std::to_string(index) : std::string();
      }
    }
  }
}

TEST(ProofFile, ReadsOneSpellingOnly) {
  const std::string golden = ReadGolden("proof_3_of_8.tlog-proof");
  for (size_t byte = 0; byte < golden.size(); ++byte) {
    for (const char put : {'\0', '\n', ' ', '0', 'A', '=', '\xff'}) {
      std::string spoiled = golden;
      if (std::exchange(spoiled[byte], put) == put) continue;
      const auto read = ParseProofFile(spoiled);
      if (!read.ok()) continue;
      EXPECT_EQ(FormatProofFile(*read), spoiled) << byte;
      EXPECT_NE(*read, GoldenProof()) << byte;
    }
    const bool lacks_a_line_only = byte == golden.rfind("\xe2\x80\x94");  // the cosignature
    EXPECT_EQ(ParseProofFile(golden.substr(0, byte)).ok(), lacks_a_line_only) << byte;
  }
}

// Whatever byte changes: unreadable, not believed, or in a place that the proof does not need (the
// cosignature, which policy.h judges).
TEST(ProofFile, BelievesNoFlippedBit) {
  const std::string golden = ReadGolden("proof_3_of_8.tlog-proof");
  const size_t cosignature = golden.rfind("\xe2\x80\x94");
  for (size_t bit = 0; bit < cosignature * 8; ++bit) {
    std::string spoiled = golden;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    const auto read = ParseProofFile(spoiled);
    if (!read.ok()) continue;
    const Hash256 leaf = LeafHash(read->extra.value_or("none"));
    EXPECT_FALSE(OpenProof(*read, leaf, LogVerifier()).ok()) << "bit " << bit;
  }
}

TEST(ProofFile, RefusesHostileInput) {
  const std::string note = ReadGolden("checkpoint.txt");
  const std::string first = "c2sp.org/tlog-proof@v1\n";
  const std::string hash = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";
  std::string many;
  for (int i = 0; i < 65; ++i) many += hash;
  for (const std::string& bad : {std::string(),
                                 std::string("\n"),
                                 first,
                                 first + "index 3\n",
                                 first + "index 3\n\n",
                                 "c2sp.org/tlog-proof@v2\nindex 3\n\n" + note,
                                 " " + first + "index 3\n\n" + note,
                                 first + "\nindex 3\n\n" + note,
                                 first + "index 03\n\n" + note,
                                 first + "index -1\n\n" + note,
                                 first + "index  3\n\n" + note,
                                 first + "index 3 \n\n" + note,
                                 first + "index\n\n" + note,
                                 first + "Index 3\n\n" + note,
                                 first + "index 18446744073709551616\n\n" + note,
                                 first + "index 8\n\n" + note,
                                 first + "index 3\n\n\n" + note,
                                 first + "index 3\r\n\r\n" + note,
                                 first + "index 3\nextra AA==\n\n" + note,
                                 first + "extra AA=\nindex 3\n\n" + note,
                                 first + "extra AA==\nextra AA==\nindex 3\n\n" + note,
                                 first + "extra\nindex 3\n\n" + note,
                                 first + "index 3\nAA==\n\n" + note,
                                 first + "index 3\n " + hash + "\n" + note,
                                 first + "index 3\n" + many + "\n" + note,
                                 first + "index 3\n" + hash + note,
                                 first + "index 3\n\n" + note + "\n",
                                 first + "index 3\n\nno note\n",
                                 first + "extra " + std::string(600000, 'A') + "\nindex 3\n\n" + note}) {
    EXPECT_EQ(ParseProofFile(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad.substr(0, 200);
  }
  EXPECT_TRUE(ParseProofFile(first + "extra \nindex 3\n\n" + note).ok()) << "nothing, spelled out";
}

}  // namespace
}  // namespace fundledger::log
