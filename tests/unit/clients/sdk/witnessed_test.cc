#include "clients/sdk/witnessed.h"

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "ledger/log/cosignature.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

class WitnessedTest : public testing::Test {
 protected:
  WitnessedTest() {
    for (int i = 0; i < 9; ++i) log_.Append("record " + std::to_string(i));
    const std::string text = "witness a " + Key("w.a", 'a') + "\nwitness b " + Key("w.b", 'b') +
                             "\nwitness c " + Key("w.c", 'c') + "\ngroup two 2 a b c\nquorum two\n";
    policy_ = *log::Policy::Parse(text);
  }
  static std::string Key(const std::string& name, char seed) {
    return log::WitnessKey(name, KeyOf(seed)->public_key());
  }
  static std::string By(const std::string& note, const std::string& name, char seed, uint64_t time_s) {
    return *log::Cosign(log::ParseNote(note)->text, time_s, name, *KeyOf(seed));
  }
  std::string Cosigned(const LittleLog& log, uint64_t size) {
    const std::string note = log.Note(size);
    return note + By(note, "w.b", 'b', 200) + By(note, "w.a", 'a', 100) + By(note, "w.c", 'c', 300);
  }
  absl::StatusOr<std::optional<WitnessedUpTo>> Open(const std::string& witnessed, uint64_t size = 9) {
    v1::Basis basis;
    basis.set_checkpoint(log_.Note(size));
    basis.set_witnessed_checkpoint(witnessed);
    return OpenWitnessedBasis(basis, log_.At(size), audit::LogKeys::Of(log_.Verifier()), policy_,
                              log_.Fetcher());
  }
  void ExpectEvidence(const std::string& witnessed, const std::string& reason) {
    const auto opened = Open(witnessed);
    EXPECT_EQ(ReasonOf(opened.status()), reason) << opened.status();
    EXPECT_TRUE(IsEvidence(opened.status()));
  }

  LittleLog log_;
  log::Policy policy_;
};

TEST_F(WitnessedTest, NamesRecordTimeAndWitnesses) {
  for (const uint64_t size : {1u, 5u, 8u, 9u}) {
    const auto opened = Open(Cosigned(log_, size));
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_TRUE(opened->has_value());
    EXPECT_EQ((*opened)->sequence, size - 1);
    EXPECT_EQ((*opened)->since_us, 200'000'000) << "when the second came";
    EXPECT_EQ((*opened)->names, (std::vector<std::string>{"w.b", "w.a", "w.c"}));
  }
}

TEST_F(WitnessedTest, SaysNothingWhereTheQuorumDoesNotStand) {
  EXPECT_EQ(Open("")->has_value(), false);
  EXPECT_EQ(Open(log_.Note(5))->has_value(), false);
  EXPECT_EQ(Open(log_.Note(5) + By(log_.Note(5), "w.a", 'a', 1))->has_value(), false);
  EXPECT_EQ(
      Open(log_.Note(5) + By(log_.Note(5), "w.a", 'a', 1) + By(log_.Note(5), "w.a", 'a', 2))->has_value(),
      false)
      << "nobody counts twice";
  EXPECT_EQ(
      Open(log_.Note(5) + By(log_.Note(5), "w.x", 'x', 1) + By(log_.Note(5), "w.y", 'y', 2))->has_value(),
      false)
      << "strangers do not count";
}

TEST_F(WitnessedTest, TellsALyingServerFromAnAbsentWitness) {
  ExpectEvidence("nonsense", "WITNESSED_UNVERIFIED");
  ExpectEvidence(log_.Note(5) + By(log_.Note(4), "w.a", 'a', 1), "WITNESSED_UNVERIFIED");
  ExpectEvidence(log_.Note(5) + By(log_.Note(5), "w.a", 'b', 1).replace(6, 3, "w.a"), "WITNESSED_UNVERIFIED");
  const auto stranger = KeyOf('S');
  ExpectEvidence(*log::SignNote(log::ParseNote(log_.Note(5))->text, "log.example", *stranger),
                 "WITNESSED_UNVERIFIED");
  LittleLog fork;
  for (int i = 0; i < 9; ++i) fork.Append(i == 3 ? "another" : "record " + std::to_string(i));
  for (const uint64_t size : {4u, 8u, 9u}) ExpectEvidence(Cosigned(fork, size), "WITNESSED_CONTRADICTS");
  EXPECT_TRUE(Open(Cosigned(fork, 3)).ok()) << "up to there they are one";
  log_.Append("one more");
  ExpectEvidence(Cosigned(log_, 10), "WITNESSED_CONTRADICTS");
}

TEST_F(WitnessedTest, EveryFlippedBitIsNoticedOrWeakensOnly) {
  const std::string good = Cosigned(log_, 5);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string spoiled = good;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    const auto opened = Open(spoiled);
    if (!opened.ok() || !opened->has_value()) continue;
    // A witness's name or key id was spoiled, and its line is a stranger's: the other two are enough.
    EXPECT_EQ((*opened)->sequence, 4u);
    EXPECT_EQ((*opened)->names.size(), 2u) << "bit " << bit;
  }
}

// What replaced the log's key stands in its records; a policy's word is not enough.
TEST_F(WitnessedTest, AKeyThatThePolicyAloneNamesIsNotTheLogs) {
  const auto next = KeyOf('N');
  const std::string text = log::ParseNote(log_.Note(7))->text;
  const std::string note = *log::SignNote(text, "log.example", *next);
  policy_ = *log::Policy::Parse("log " + log::VerifierKey("log.example", next->public_key()) +
                                "\nwitness a " + Key("w.a", 'a') + "\nquorum a\n");
  ExpectEvidence(note + By(note, "w.a", 'a', 1), "WITNESSED_UNVERIFIED");
}

TEST_F(WitnessedTest, PassesAFailedRequestOn) {
  v1::Basis basis;
  basis.set_witnessed_checkpoint(Cosigned(log_, 5));
  const auto opened =
      OpenWitnessedBasis(basis, log_.At(9), audit::LogKeys::Of(log_.Verifier()), policy_,
                         {[](uint64_t, uint64_t) { return absl::UnavailableError("gone"); }, nullptr});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace fundledger::sdk
