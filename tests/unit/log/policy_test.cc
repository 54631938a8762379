#include "ledger/log/policy.h"

#include <functional>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

std::unique_ptr<crypto::Signer> Key(uint8_t n) {
  return *crypto::Ed25519FromSeed(CountingSeed(n));
}
std::string LogKey() {
  return GoldenLines("verifier_keys.txt").at(0);
}
// The verifier key of the n-th witness, "w<n>.example".
std::string WitnessName(uint8_t n) {
  return "w" + std::to_string(n) + ".example";
}
std::string Witness(uint8_t n) {
  return WitnessKey(WitnessName(n), Key(static_cast<uint8_t>(100 + n))->public_key());
}
Cosignature By(uint8_t n, uint64_t time_s = 1) {
  static std::map<uint8_t, uint32_t> key_ids;
  const auto [it, is_new] = key_ids.try_emplace(n);
  if (is_new) it->second = WitnessVerifier::Parse(Witness(n))->key_id;
  return {WitnessName(n), it->second, time_s};
}

void ExpectRefused(const std::string& text, size_t line, const std::string& part) {
  const auto policy = Policy::Parse(text);
  ASSERT_FALSE(policy.ok()) << text;
  EXPECT_EQ(ReasonOf(policy.status()), "POLICY_MALFORMED") << text;
  EXPECT_THAT(std::string(policy.status().message()),
              testing::HasSubstr("line " + std::to_string(line) + " "))
      << text;
  EXPECT_THAT(std::string(policy.status().message()), testing::HasSubstr(part)) << text;
}

// The specification's example.
std::string TwoLevels() {
  std::string text = "log " + LogKey() + "\n\n";
  for (int i = 1; i <= 3; ++i) text += "witness X" + std::to_string(i) + " " + Witness(i) + "\n";
  text += "group X-witnesses 2 X1 X2 X3\n\n";
  for (int i = 4; i <= 6; ++i) text += "witness Y" + std::to_string(i) + " " + Witness(i) + "\n";
  return text +
         "group Y-witnesses any Y4 Y5 Y6\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
}

TEST(Policy, ReadsTheSpecificationsExample) {
  const auto policy = Policy::Parse(TwoLevels());
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->logs().size(), 1u);
  EXPECT_EQ(policy->witnesses().size(), 6u);
  EXPECT_EQ(policy->witnesses()[3].name, "Y4");
  EXPECT_EQ(policy->witnesses()[3].key.name, "w4.example");
  EXPECT_TRUE(policy->AsksWitnesses());
  for (int set = 0; set < 64; ++set) {
    std::vector<Cosignature> cosignatures;
    int x = 0;
    int y = 0;
    for (int i = 0; i < 6; ++i) {
      if ((set >> i & 1) == 0) continue;
      cosignatures.push_back(By(i + 1));
      ++(i < 3 ? x : y);
    }
    EXPECT_EQ(policy->IsSatisfied(cosignatures), x >= 2 && y >= 1) << set;
  }
}

TEST(Policy, ReadsUrlsCommentsAndWhiteSpace) {
  const auto policy =
      Policy::Parse("# comment\n  \t\n\t# another\n  log\t" + LogKey() + " https://log.example \n" +
                    "witness 纪委 " + Witness(1) + " http://127.0.0.1:1\n  quorum 纪委\t\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->logs()[0].url, "https://log.example");
  EXPECT_EQ(policy->witnesses()[0].name, "纪委");
  EXPECT_EQ(policy->witnesses()[0].url, "http://127.0.0.1:1");
  EXPECT_FALSE(policy->IsSatisfied({}));
  EXPECT_TRUE(policy->IsSatisfied({By(1)}));
  EXPECT_FALSE(policy->IsSatisfied({By(2)}));
  const Cosignature other_key{WitnessName(1), By(2).key_id, 1};
  EXPECT_FALSE(policy->IsSatisfied({other_key}));
}

TEST(Policy, AsksNoWitnessWithQuorumNone) {
  const auto policy = Policy::Parse("quorum none\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_FALSE(policy->AsksWitnesses());
  EXPECT_TRUE(policy->IsSatisfied({}));
  EXPECT_EQ(policy->SatisfiedSince({By(1)}), std::nullopt);
}

TEST(Policy, CountsAWitnessOnce) {
  const auto policy = Policy::Parse("witness a " + Witness(1) + "\nwitness b " + Witness(2) +
                                    "\ngroup both all a b\nquorum both\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_FALSE(policy->IsSatisfied({By(1), By(1, 2), By(1, 3)}));
  EXPECT_TRUE(policy->IsSatisfied({By(1), By(1, 2), By(2)}));
  EXPECT_EQ(policy->SatisfiedSince({By(1, 9), By(1, 3), By(2, 5), By(3, 4)}), 5u);
  EXPECT_EQ(policy->SatisfiedSince({By(1, 9), By(1, 3)}), std::nullopt);
}

TEST(Policy, NamesTheLineItRefuses) {
  const std::string w1 = "witness a " + Witness(1) + "\n";
  const std::string w2 = "witness b " + Witness(2) + "\n";
  ExpectRefused("", 1, "no quorum");
  ExpectRefused(w1, 2, "no quorum");
  ExpectRefused("quorum none\nquorum none\n", 2, "second quorum");
  ExpectRefused("quorum\n", 1, "is not: quorum");
  ExpectRefused("quorum none none\n", 1, "is not: quorum");
  ExpectRefused("quorum a\n" + w1, 1, "no line before");
  ExpectRefused("quorum none", 1, "newline");
  ExpectRefused("quorum none\r\n", 1, "CR LF");
  ExpectRefused(std::string("quorum none\n\0\n", 14), 2, "control character");
  ExpectRefused("Quorum none\n", 1, "begins with");
  ExpectRefused("\n\nwitnes a\n", 3, "begins with");
  ExpectRefused("log\n", 1, "is not: log");
  ExpectRefused("log " + LogKey() + " url more\n", 1, "is not: log");
  ExpectRefused("log " + Witness(1) + "\n", 1, "type 01");
  ExpectRefused("log " + LogKey() + "x\n", 1, "refused");
  ExpectRefused("log " + LogKey() + "\nlog " + VerifierKey("other", Key(0)->public_key()) + "\n", 2,
                "another log");
  ExpectRefused("witness a\n", 1, "is not: witness");
  ExpectRefused("witness a " + Witness(1) + " url more\n", 1, "is not: witness");
  ExpectRefused("witness none " + Witness(1) + "\n", 1, "none");
  ExpectRefused("witness a " + LogKey() + "\n", 1, "type 04");
  ExpectRefused(w1 + "witness a " + Witness(2) + "\n", 2, "second time");
  ExpectRefused(w1 + "witness b " + Witness(1) + "\n", 2, "another witness, a");
  ExpectRefused(w1 + "witness b " + WitnessKey("b.example", Key(101)->public_key()) + "\n", 2,
                "another witness, a");
  ExpectRefused(w1 + "group g any\n", 2, "is not: group");
  ExpectRefused(w1 + "group none any a\n", 2, "none");
  ExpectRefused(w1 + "group a any a\n", 2, "second time");
  ExpectRefused(w1 + "group g any g\n", 2, "no line before");
  ExpectRefused(w1 + "group g any b\n" + w2, 2, "no line before");
  ExpectRefused(w1 + "group g any none\n", 2, "no line before");
  ExpectRefused(w1 + "group g 0 a\n", 2, "from 1 to 1");
  ExpectRefused(w1 + "group g 2 a\n", 2, "from 1 to 1");
  ExpectRefused(w1 + "group g 01 a\n", 2, "from 1 to 1");
  ExpectRefused(w1 + "group g -1 a\n", 2, "from 1 to 1");
  ExpectRefused(w1 + "group g 18446744073709551617 a\n", 2, "from 1 to 1");
  ExpectRefused(w1 + "group g ALL a\n", 2, "from 1 to 1");
  ExpectRefused(w1 + "group g any a a\n", 2, "already");
  ExpectRefused(w1 + w2 + "group g any a\ngroup h any a b\n", 4, "already");
  EXPECT_EQ(ReasonOf(Policy::Parse(std::string(300000, '\n') + "quorum none\n").status()),
            "POLICY_MALFORMED");
}

// Random policies judged by a second, recursive reading; and more cosignatures never satisfy less.
TEST(Policy, IsSatisfiedAsARecursiveReadingSays) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr int kWitnesses = 8;
  for (int round = 0; round < 100; ++round) {
    std::string text;
    std::map<std::string, std::pair<size_t, std::vector<std::string>>> groups;
    std::vector<std::string> free;
    for (int i = 0; i < kWitnesses; ++i) {
      free.push_back("w" + std::to_string(i));
      text += "witness " + free.back() + " " + Witness(i) + "\n";
    }
    for (int g = 0; free.size() > 1; ++g) {
      std::shuffle(free.begin(), free.end(), random);
      const size_t n = 1 + random() % std::min<size_t>(free.size(), 4);
      const size_t k = 1 + random() % n;
      const std::string name = "g" + std::to_string(g);
      text += "group " + name + " " + (k == n ? "all" : k == 1 ? "any" : std::to_string(k));
      for (size_t i = 0; i < n; ++i) {
        text += " " + free.back();
        groups[name].second.push_back(free.back());
        free.pop_back();
      }
      groups[name].first = k;
      text += "\n";
      free.push_back(name);
      if (g > 20) break;
    }
    text += "quorum " + free.back() + "\n";
    const auto policy = Policy::Parse(text);
    ASSERT_TRUE(policy.ok()) << policy.status() << text;
    std::vector<bool> satisfied(1 << kWitnesses);
    int fewest = kWitnesses;
    for (int set = 0; set < 1 << kWitnesses; ++set) {
      const std::function<bool(const std::string&)> holds = [&](const std::string& name) {
        if (name[0] == 'w') return (set >> std::stoi(name.substr(1)) & 1) == 1;
        const auto& [k, members] = groups.at(name);
        return static_cast<size_t>(std::count_if(members.begin(), members.end(), holds)) >= k;
      };
      std::vector<Cosignature> cosignatures;
      for (int i = 0; i < kWitnesses; ++i) {
        if ((set >> i & 1) == 1) cosignatures.push_back(By(i));
      }
      if (holds(free.back())) fewest = std::min(fewest, static_cast<int>(cosignatures.size()));
      satisfied[set] = policy->IsSatisfied(cosignatures);
      ASSERT_EQ(satisfied[set], holds(free.back())) << text << set;
      for (int i = 0; i < kWitnesses; ++i) {
        const bool without = satisfied[set & ~(1 << i)];
        ASSERT_TRUE(!without || satisfied[set]) << text << set;
      }
    }
    EXPECT_EQ(policy->CosignaturesMin(), static_cast<size_t>(fewest)) << text;
  }
}

// Lines shuffled, cut and damaged: read or refused with a reason, never anything else.
TEST(Policy, SurvivesDamage) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 3000; ++round) {
    std::string text = TwoLevels();
    for (int edits = 1 + static_cast<int>(random() % 4); edits > 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 40);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 80));
          break;
        default:
          text.insert(at, 1, "\n\t #+="[random() % 6]);
          break;
      }
      if (text.empty()) text = "x";
    }
    const auto policy = Policy::Parse(text);
    if (policy.ok()) {
      (void)policy->IsSatisfied({By(1), By(2), By(4)});
    } else {
      EXPECT_EQ(ReasonOf(policy.status()), "POLICY_MALFORMED") << text;
    }
  }
}

TEST(OpenWitnessed, JudgesTheGoldenNote) {
  const std::string witness = GoldenLines("verifier_keys.txt").at(1);
  const auto policy = Policy::Parse("log " + LogKey() + "\nwitness w " + witness + "\nquorum w\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  const auto cosigned = OpenWitnessed(ReadGolden("checkpoint_cosigned.txt"), *policy);
  ASSERT_TRUE(cosigned.ok()) << cosigned.status();
  EXPECT_EQ(cosigned->checkpoint.size, 8u);
  EXPECT_TRUE(cosigned->witnessed);
  EXPECT_EQ(cosigned->since_s, 1679315147u);
  EXPECT_EQ(cosigned->cosignatures.size(), 1u);
  const auto plain = OpenWitnessed(ReadGolden("checkpoint.txt"), *policy);
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_FALSE(plain->witnessed);
  EXPECT_EQ(plain->since_s, 0u);
}

TEST(OpenWitnessed, ListsAKeyThatCosignedTwiceOnce) {
  const auto log = Key(0);
  const auto witness = Key(0x60);
  const auto other = Key(0x80);
  const auto policy =
      Policy::Parse("log " + LogKey() + "\nwitness w " + WitnessKey("example.com/w", witness->public_key()) +
                    "\nwitness o " + WitnessKey("example.com/o", other->public_key()) +
                    "\ngroup both all w o\nquorum both\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  const Checkpoint checkpoint{"example.com/log", 1, LeafHash("x")};
  const std::string text = FormatCheckpoint(checkpoint);
  std::string note = *SignCheckpoint(checkpoint, *log);
  for (const uint64_t time_s : {300, 100, 200}) note += *Cosign(text, time_s, "example.com/w", *witness);
  const auto alone = OpenWitnessed(note, *policy);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_FALSE(alone->witnessed);
  EXPECT_EQ(alone->cosignatures.size(), 1u);
  note += *Cosign(text, 150, "example.com/o", *other);
  const auto opened = OpenWitnessed(note, *policy);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(opened->witnessed);
  EXPECT_EQ(opened->since_s, 150u);
  ASSERT_EQ(opened->cosignatures.size(), 2u);
  EXPECT_EQ(opened->cosignatures[0].name, "example.com/w");
  EXPECT_EQ(opened->cosignatures[0].time_s, 100u);
  EXPECT_EQ(opened->cosignatures[1].name, "example.com/o");
}

TEST(OpenWitnessed, BelievesNoFlippedBit) {
  const std::string golden = ReadGolden("checkpoint_cosigned.txt");
  const auto policy = Policy::Parse("log " + LogKey() + "\nwitness w " +
                                    GoldenLines("verifier_keys.txt").at(1) + "\nquorum w\n");
  for (size_t bit = 0; bit < golden.size() * 8; ++bit) {
    std::string spoiled = golden;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    const auto opened = OpenWitnessed(spoiled, *policy);
    EXPECT_FALSE(opened.ok() && opened->witnessed) << "bit " << bit;
  }
}

TEST(OpenWitnessed, TakesOnlyTheLogOfTheOrigin) {
  const auto first = Key(0);
  const auto second = Key(0x60);
  const auto policy =
      Policy::Parse("log " + LogKey() + "\nlog " + VerifierKey("example.com/second", second->public_key()) +
                    "\nquorum none\n");
  const Checkpoint checkpoint{"example.com/second", 1, LeafHash("x")};
  EXPECT_TRUE(OpenWitnessed(*SignCheckpoint(checkpoint, *second), *policy)->witnessed);
  // The first log's key is known, but not for the second's origin.
  const std::string crossed = *SignNote(FormatCheckpoint(checkpoint), "example.com/log", *first);
  EXPECT_EQ(ReasonOf(OpenWitnessed(crossed, *policy).status()), "NOTE_UNVERIFIED");
  const Checkpoint unknown{"example.com/third", 1, LeafHash("x")};
  EXPECT_EQ(ReasonOf(OpenWitnessed(*SignCheckpoint(unknown, *first), *policy).status()), "NOTE_UNVERIFIED");
  const auto no_logs = Policy::Parse("quorum none\n");
  EXPECT_EQ(ReasonOf(OpenWitnessed(ReadGolden("checkpoint.txt"), *no_logs).status()), "NOTE_UNVERIFIED");
  const NoteVerifier log = *NoteVerifier::Parse(LogKey());
  EXPECT_TRUE(OpenWitnessed(ReadGolden("checkpoint.txt"), log, *no_logs).ok());
  EXPECT_EQ(ReasonOf(OpenWitnessed("x", log, *no_logs).status()), "NOTE_MALFORMED");
  EXPECT_EQ(
      ReasonOf(
          OpenWitnessed(*SignNote("no checkpoint\n", "example.com/log", *first), log, *no_logs).status()),
      "CHECKPOINT_MALFORMED");
}

}  // namespace
}  // namespace fundledger::log
