// The pipeline takes what Replay::Next takes and stops where it stops, whatever the number of threads.
#include "ledger/audit/pipeline.h"

#include "ledger/audit/tree.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/record.h"
#include "ledger/log/tile.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::audit {
namespace {

using test_support::KeyOf;
using test_support::SubmitAndWait;
using test_support::TemporaryDirectory;
using test_support::World;

// The records of a small ledger, in which officers work right after their keys were registered.
std::vector<std::string> MakeRecords() {
  World world;
  const TemporaryDirectory directory;
  std::vector<std::string> records;
  auto engine = world.CreateAndOpen(directory.Sub("ledger"));
  EXPECT_TRUE(engine.ok()) << engine.status();
  EXPECT_EQ(world.RegisterStaff(engine->get()), absl::OkStatus());
  v1::Action fund;
  fund.mutable_register_fund()->set_id("fund-1");
  fund.mutable_register_fund()->set_name("A fund");
  fund.mutable_register_fund()->set_document_number("No. 1");
  fund.mutable_register_fund()->set_fiscal_year(2020);
  fund.mutable_register_fund()->set_origin_year(2020);
  fund.mutable_register_fund()->set_source_tier(v1::SOURCE_TIER_CENTRAL);
  fund.mutable_register_fund()->set_nature(v1::NATURE_FISCAL);
  EXPECT_TRUE(world.Decide(engine->get(), "clerk", fund, {"reviewer"}).ok());
  for (int i = 0; i < 100; ++i) {
    const auto view = (*engine)->view();
    EXPECT_TRUE(
        SubmitAndWait(engine->get(), world.Seal(world.Register(*view, absl::StrCat("org-", i)))).ok());
  }
  const auto view = (*engine)->view();
  EXPECT_TRUE(view->snapshot()
                  .Scan(store::Table::kRecords, "", "",
                        [&](std::string_view, std::string_view record) {
                          records.emplace_back(record);
                          return true;
                        })
                  .ok());
  return records;
}

// What became of the records: how many were taken, to which root, and why no more.
struct Outcome {
  uint64_t size = 0;
  uint64_t visits = 0;
  Hash256 root;
  absl::Status status;
  bool operator==(const Outcome&) const = default;
};

Outcome RunNext(const std::vector<std::string>& records) {
  Replay replay;
  Outcome outcome;
  for (const std::string& record : records) {
    outcome.status = replay.Next(record);
    if (!outcome.status.ok()) break;
  }
  outcome.size = outcome.visits = replay.size();
  outcome.root = replay.Root();
  return outcome;
}

Outcome RunPipeline(const std::vector<std::string>& records, size_t threads) {
  Replay replay;
  Outcome outcome;
  ReplayPipeline pipeline(&replay, threads, [&] {
    EXPECT_EQ(replay.size(), ++outcome.visits);
    EXPECT_EQ(replay.last_leaf(), log::LeafHash(records[outcome.visits - 1]));
  });
  for (const std::string& record : records) {
    if (!pipeline.Push(record).ok()) break;
  }
  outcome.status = pipeline.Finish();
  EXPECT_EQ(pipeline.Push("after an error"), outcome.status.ok() ? absl::OkStatus() : outcome.status);
  outcome.size = replay.size();
  outcome.root = replay.Root();
  return outcome;
}

class Pipeline : public ::testing::Test {
 protected:
  void ExpectSame(const std::vector<std::string>& records) {
    const Outcome expected = RunNext(records);
    for (const size_t threads : {1, 2, 4}) {
      SCOPED_TRACE(absl::StrCat(threads, " threads"));
      const Outcome outcome = RunPipeline(records, threads);
      EXPECT_EQ(outcome.status, expected.status);
      EXPECT_EQ(outcome, expected);
    }
  }
  const std::vector<std::string> records_ = MakeRecords();
};

TEST_F(Pipeline, TakesAGoodLog) {
  ASSERT_GT(records_.size(), 100u);
  EXPECT_EQ(RunNext(records_).size, records_.size());
  ExpectSame(records_);
}

// The signature's last byte stands near the record's end, whatever else is in it; links behind it are left
// broken, which must not be what is named.
TEST_F(Pipeline, NamesTheFirstWrongSignatureInAnyPlace) {
  for (size_t place = 0; place < records_.size(); ++place) {
    SCOPED_TRACE(absl::StrCat("record ", place));
    const log::Record record = *log::DecodeRecord(records_[place]);
    auto opened = *crypto::OpenEnvelope(record.envelope);
    std::vector<std::string> spoiled = records_;
    const size_t at = spoiled[place].rfind(opened.signatures.back());
    ASSERT_NE(at, std::string::npos);
    spoiled[place][at + 5] = static_cast<char>(spoiled[place][at + 5] ^ 1);
    // A second one a little later must not win.
    if (place + 3 < spoiled.size()) spoiled[place + 3] = "no record";
    const Outcome outcome = RunPipeline(spoiled, 2);
    EXPECT_EQ(outcome.size, place);
    EXPECT_EQ(ReasonOf(outcome.status), "SIGNATURE_INVALID");
    if (place % 16 == 0) ExpectSame(spoiled);
  }
}

TEST_F(Pipeline, StopsAtWhatIsNoRecordOrFollowsNone) {
  for (const size_t place : {size_t{0}, size_t{1}, size_t{31}, size_t{32}, size_t{33}, records_.size() - 1}) {
    std::vector<std::string> spoiled = records_;
    spoiled[place] = "no record";
    ExpectSame(spoiled);
    spoiled = records_;
    spoiled.erase(spoiled.begin() + static_cast<long>(place));
    ExpectSame(spoiled);
    spoiled = records_;
    spoiled.insert(spoiled.begin() + static_cast<long>(place), spoiled[place]);
    ExpectSame(spoiled);
  }
}

// A key that was guessed ahead counts only if it is the officer's at the record's turn.
TEST_F(Pipeline, VerifiesAnewWhatWasVerifiedByAnotherKey) {
  Replay replay;
  for (size_t i = 0; i + 1 < records_.size(); ++i) ASSERT_TRUE(replay.Next(records_[i]).ok());
  const auto other = crypto::Verifier::Make(KeyOf("another")->public_key());
  ASSERT_TRUE(other.ok());
  const std::string& good = records_.back();
  const log::Record record = *log::DecodeRecord(good);
  const auto payload = crypto::OpenEnvelope(record.envelope)->payload;
  const auto forged_envelope =
      crypto::SealEnvelope(crypto::kSubmissionType, payload, {KeyOf("another").get()});
  const auto forged = log::EncodeRecord(record.header, *forged_envelope);
  ASSERT_TRUE(forged.ok());

  VerifierCache keys;
  PreparedRecord prepared = replay.Prepare(*forged);
  EXPECT_EQ(prepared.signatures.signed_by, nullptr);
  prepared.signatures = VerifyAhead(*prepared.admitted, *other, &keys);
  ASSERT_NE(prepared.signatures.signed_by, nullptr);
  EXPECT_EQ(ReasonOf(replay.Take(std::move(prepared))), "SIGNATURE_INVALID");

  prepared = replay.Prepare(good);
  ASSERT_NE(prepared.signatures.signed_by, nullptr);
  prepared.signatures.signed_by = *other;
  EXPECT_TRUE(replay.Take(std::move(prepared)).ok());
}

// Officers' first records are among them: prepared before their keys were known, they are verified in turn.
TEST_F(Pipeline, TakesRecordsThatWerePreparedBeforeTheirOfficersKeyWasKnown) {
  Replay replay;
  std::vector<PreparedRecord> prepared;
  for (const std::string& record : records_) prepared.push_back(replay.Prepare(record));
  for (PreparedRecord& each : prepared) {
    EXPECT_EQ(each.signatures.signed_by, nullptr);
    ASSERT_TRUE(replay.Take(std::move(each)).ok());
  }
}

TEST(Tree, HasTheRootsOfTheGrowingEdge) {
  Tree tree;
  log::TreeEdge edge;
  std::vector<Hash256> roots = {tree.RootAt(0)};
  EXPECT_EQ(roots[0], edge.Root());
  for (uint64_t i = 0; i < 600; ++i) {
    const Hash256 leaf = log::LeafHash(absl::StrCat(i));
    std::vector<log::Tile> full;
    edge.Append(leaf, &full);
    tree.Append(leaf);
    roots.push_back(edge.Root());
    EXPECT_EQ(tree.size(), i + 1);
  }
  for (uint64_t size = 0; size <= 600; ++size) EXPECT_EQ(tree.RootAt(size), roots[size]) << size;
}

}  // namespace
}  // namespace fundledger::audit
