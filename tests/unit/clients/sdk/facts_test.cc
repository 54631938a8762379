#include "clients/sdk/facts.h"

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

// 2020-09-13 23:30 UTC, which is the next day at +08:00.
constexpr int64_t kMadeUs = 1'600'039'800'000'000;

std::string Record0(const v1::Action& action, int64_t recorded_at_us = kMadeUs) {
  v1::Submission submission;
  *submission.add_actions() = action;
  const auto sealed = Seal(submission, *KeyOf('L'));
  EXPECT_TRUE(sealed.ok());
  log::RecordHeader header;
  header.recorded_at_us = recorded_at_us;
  return *log::EncodeRecord(header, sealed->envelope);
}

v1::Action GenesisAction() {
  v1::Action action;
  action.mutable_genesis()->set_utc_offset_minutes(480);
  return action;
}

TEST(Facts, AreThoseOfRecordZero) {
  const std::string record = Record0(GenesisAction());
  const auto facts = FactsOfGenesis(record, log::LeafHash(record));
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->utc_offset_minutes, 480);
  EXPECT_EQ(facts->first_day.ToString(), "2020-09-14");
  EXPECT_EQ(facts->Today(kMadeUs).ToString(), "2020-09-14");
}

TEST(Facts, AreNotTakenFromAnotherRecord) {
  const std::string record = Record0(GenesisAction());
  const std::string other = Record0(GenesisAction(), kMadeUs + 1);
  v1::Action receive;
  receive.mutable_receive()->set_fund("f-1");
  const std::string no_genesis = Record0(receive);
  EXPECT_TRUE(IsEvidence(FactsOfGenesis(other, log::LeafHash(record)).status()));
  EXPECT_TRUE(IsEvidence(FactsOfGenesis(no_genesis, log::LeafHash(no_genesis)).status()));
  EXPECT_TRUE(IsEvidence(FactsOfGenesis("", log::LeafHash("")).status()));
}

TEST(Facts, AreReadAsTheyWereKept) {
  const TestDirectory directory;
  const std::string record = Record0(GenesisAction());
  const Hash256 ledger = log::LeafHash(record);
  EXPECT_EQ(ReasonOf(LoadFacts(directory / "client.facts", ledger).status()), "FACTS_MISSING");
  auto facts = FactsOfGenesis(record, ledger);
  ASSERT_TRUE(facts.ok());
  facts->scales = {{"jobs", 0}, {"water.km", 2}};
  facts->log_key_rotations = {"a record", "another"};
  ASSERT_TRUE(SaveFacts(directory / "client.facts", *facts).ok());
  const auto kept = LoadFacts(directory / "client.facts", ledger);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->genesis, record);
  EXPECT_EQ(kept->scales, facts->scales);
  EXPECT_EQ(kept->log_key_rotations, facts->log_key_rotations);
  EXPECT_EQ(kept->first_day, facts->first_day);
  EXPECT_EQ(kept->utc_offset_minutes, 480);
  // Of another ledger in the same place, they are none.
  EXPECT_EQ(ReasonOf(LoadFacts(directory / "client.facts", log::LeafHash("x")).status()), "FACTS_MISSING");
}

TEST(Facts, ThatWereSpoiltAreNone) {
  const TestDirectory directory;
  const std::string record = Record0(GenesisAction());
  auto facts = FactsOfGenesis(record, log::LeafHash(record));
  ASSERT_TRUE(facts.ok());
  ASSERT_TRUE(SaveFacts(directory / "a.facts", *facts).ok());
  const auto text = ReadFile(directory / "a.facts");
  ASSERT_TRUE(text.ok());
  for (size_t i = 0; i < text->size(); ++i) {
    std::string spoilt = *text;
    spoilt[i] = static_cast<char>(spoilt[i] ^ 1);
    ASSERT_TRUE(ReplaceFile(directory / "a.facts", spoilt, false).ok());
    const auto loaded = LoadFacts(directory / "a.facts", log::LeafHash(record));
    // White space and the names of what is empty do not matter; record 0 does.
    if (loaded.ok()) {
      EXPECT_EQ(loaded->genesis, record) << i;
    }
  }
}

}  // namespace
}  // namespace fundledger::sdk
