// Bytes that strangers send, for every parser of this room: spoilt, cut, put together from parts of good
// ones, or nothing but noise. Nothing crashes, reads beyond its input (under the sanitizers), or is taken in
// two spellings: what a parser accepts, its counterpart writes again byte for byte.
#include <algorithm>
#include <cctype>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "ledger/log/cosignature.h"
#include "ledger/log/evidence.h"
#include "ledger/log/log_signed.h"
#include "ledger/log/note.h"
#include "ledger/log/policy.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/tile_layout.h"
#include "ledger/log/witness_request.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

// What strangers begin with: something good of each kind.
std::vector<std::string> Good() {
  const std::vector<Hash256> leaves = GoldenLeaves();
  const std::string note = ReadGolden("checkpoint.txt");
  const auto signer = *crypto::Ed25519FromSeed(CountingSeed(1));
  const Checkpoint other{"example.com/log", 8, leaves[0]};
  std::vector<std::string> good = {
      note,
      ReadGolden("checkpoint_cosigned.txt"),
      ReadGolden("proof_3_of_8.tlog-proof"),
      FormatWitnessRequest({5, SlowConsistency(5, leaves), note}),
      *FormatEvidence(TwoRoots(note, *SignCheckpoint(other, *signer))),
      "log " + GoldenLines("verifier_keys.txt")[0] + "\nwitness w1 " + GoldenLines("verifier_keys.txt")[1] +
          " https://w.example/\ngroup g any w1\nquorum g\n",
      *HexDecode(GoldenLines("record.hex")[0]),
      *HexDecode(GoldenLines("record_sm3.hex")[0]),
      TilePath(3, 1'234'067, 17),
      EntriesPath(5, kTileWidth),
      GoldenLines("verifier_keys.txt")[0],
      GoldenLines("verifier_keys.txt")[1],
  };
  std::string entries;
  for (const char* record : {"", "one", "another record"}) AppendEntry(record, &entries);
  good.push_back(entries);
  return good;
}

// Bytes made of those of `good`.
std::string Strange(const std::vector<std::string>& good, std::mt19937* random) {
  const auto pick = [random](size_t below) { return below == 0 ? 0 : (*random)() % below; };
  std::string bytes = good[pick(good.size())];
  for (size_t changes = pick(4) + 1; changes > 0; --changes) {
    const size_t at = pick(bytes.size() + 1);
    const std::string& other = good[pick(good.size())];
    const size_t from = pick(other.size() + 1);
    switch (pick(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << pick(8)));
        break;
      case 1:
        bytes.erase(at, pick(9));
        break;
      case 2:
        bytes.insert(at, other, from, pick(80));
        break;
      case 3:
        bytes.insert(at, 1, "\n\0 +-\xff=09"[pick(9)]);
        break;
      case 4:
        bytes.resize(at);
        break;
      default:
        for (size_t noise = pick(20); noise > 0; --noise) bytes += static_cast<char>((*random)());
    }
  }
  return bytes;
}

// Runs `parse`, which says whether it accepted its input and checks it if so, on everything good and on much
// that is strange. It must accept something, or it tests nothing.
void Offer(const std::function<bool(const std::string&)>& parse) {
  const std::vector<std::string> good = Good();
  int accepted = 0;
  for (const std::string& bytes : good) accepted += parse(bytes) ? 1 : 0;
  EXPECT_GT(accepted, 0);
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const std::string bytes = Strange(good, &random);
    (void)parse(bytes);
    if (testing::Test::HasFailure()) FAIL() << "round " << round << ": " << HexEncode(bytes);
  }
}

TEST(Strangers, Notes) {
  const std::vector<NoteVerifier> known = {*NoteVerifier::Parse(GoldenLines("verifier_keys.txt")[0])};
  const std::string right = ParseNote(ReadGolden("checkpoint.txt"))->text;
  Offer([&](const std::string& bytes) {
    const auto note = ParseNote(bytes);
    EXPECT_TRUE(bytes.starts_with(LogSigned(bytes)));
    if (!note.ok()) return false;
    EXPECT_TRUE(bytes.starts_with(note->text));
    const auto opened = OpenNote(bytes, known);
    EXPECT_TRUE(!opened.ok() || opened->text == right) << "believed what nobody signed";
    const auto checkpoint = ParseCheckpointText(note->text);
    EXPECT_TRUE(!checkpoint.ok() || note->text.starts_with(FormatCheckpoint(*checkpoint)));
    return true;
  });
}

// The key id's hex is read in either case, as Go's sumdb/note reads it; it names the same key.
bool IsSpelledAs(const std::string& bytes, const std::string& name, const std::string& written) {
  std::string lower = bytes;
  for (size_t i = name.size(); i < std::min(name.size() + 9, lower.size()); ++i)
    lower[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(lower[i])));
  return lower == written;
}

TEST(Strangers, VerifierKeys) {
  Offer([](const std::string& bytes) {
    const auto log = NoteVerifier::Parse(bytes);
    EXPECT_TRUE(!log.ok() || IsSpelledAs(bytes, log->name, VerifierKey(log->name, log->key->public_key())));
    const auto witness = WitnessVerifier::Parse(bytes);
    EXPECT_TRUE(!witness.ok() ||
                IsSpelledAs(bytes, witness->name, WitnessKey(witness->name, witness->key->public_key())));
    return log.ok() || witness.ok();
  });
}

TEST(Strangers, ProofFiles) {
  Offer([](const std::string& bytes) {
    const auto proof = ParseProofFile(bytes);
    if (proof.ok()) {
      EXPECT_EQ(FormatProofFile(*proof), bytes);
    }
    return proof.ok();
  });
}

TEST(Strangers, WitnessRequests) {
  Offer([](const std::string& bytes) {
    const auto request = ParseWitnessRequest(bytes);
    if (request.ok()) {
      EXPECT_EQ(FormatWitnessRequest(*request), bytes);
    }
    return request.ok();
  });
}

TEST(Strangers, EvidenceFiles) {
  const std::vector<NoteVerifier> known = {*NoteVerifier::Parse(GoldenLines("verifier_keys.txt")[0])};
  Offer([&](const std::string& bytes) {
    const auto file = ParseEvidence(bytes);
    if (!file.ok()) return false;
    EXPECT_EQ(*FormatEvidence(*file), bytes);
    EXPECT_FALSE(CheckContradiction(*file, known).ok()) << "the log signed one checkpoint only";
    return true;
  });
}

TEST(Strangers, Policies) {
  const std::string note = ReadGolden("checkpoint_cosigned.txt");
  Offer([&](const std::string& bytes) {
    const auto policy = Policy::Parse(bytes);
    if (policy.ok()) (void)OpenWitnessed(note, *policy);
    return policy.ok();
  });
}

TEST(Strangers, Records) {
  Offer([](const std::string& bytes) {
    const auto record = DecodeRecord(bytes);
    if (record.ok()) {
      EXPECT_EQ(*EncodeRecord(record->header, record->envelope), bytes);
    }
    return record.ok();
  });
}

TEST(Strangers, Tiles) {
  Offer([](const std::string& bytes) {
    const auto address = ParseTilePath(bytes);
    if (address.has_value()) {
      EXPECT_EQ(TilePath(*address), bytes);
    }
    bool split = false;
    for (const uint64_t width : {1, 2, 3, 256}) {
      const auto entries = SplitEntries(bytes, width);
      if (!entries.ok()) continue;
      split = true;
      EXPECT_EQ(entries->size(), width);
      std::string again;
      for (const std::string_view entry : *entries) AppendEntry(entry, &again);
      EXPECT_EQ(again, bytes);
    }
    return address.has_value() || split;
  });
}

}  // namespace
}  // namespace fundledger::log
