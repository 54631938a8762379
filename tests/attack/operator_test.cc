// The operator's attacks on store and history, with the log's key and everything else that is theirs. For
// each: who notices, and what they say. Where nobody on the machine can notice, that is said too: it takes
// somebody outside who kept something.
#include "tests/attack/operator.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/engine/layout.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using store::Table;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsSupersetOf;

// More than one full tile.
constexpr uint64_t kSize = 260;

class OperatorTest : public ::testing::Test {
 protected:
  // A ledger that a client has seen, and everybody finds in order.
  void Begin(uint64_t size, Seeing seeing) {
    ledger_.Grow(size, seeing);
    ASSERT_TRUE(ledger_.Serve()) << ledger_.refusal();
    ASSERT_EQ(ledger_.ClientSays(), "OK");
    ASSERT_EQ(ledger_.WitnessSays(), 200);
    ledger_.StopServing();
    ASSERT_THAT(ledger_.DirectorySays(), ElementsAre("OK"));
  }

  Operator ledger_;
};

// The first entry of each table, a byte at a time: what anybody with a copy of the directory finds.
TEST_F(OperatorTest, AByteChangedInAnyTableIsFoundInTheDirectory) {
  Begin(kSize, Seeing::kEverything);
  // Reasons, by table. What is computed from records is compared with them; what the log signed with its key.
  const std::map<Table, std::string> expected = {
      {Table::kRecords, "RECORD_ALTERED"}, {Table::kTiles, "INDEX_ALTERED"},
      {Table::kEntities, "INDEX_ALTERED"}, {Table::kTrail, "INDEX_ALTERED"},
      {Table::kRequests, "INDEX_ALTERED"}, {Table::kCheckpoints, "CHECKPOINT_INVALID"},
  };
  for (const auto& [table, reason] : expected) {
    SCOPED_TRACE(store::TableName(table));
    std::string key;
    std::string good;
    ledger_.Spoil([&, table = table](const store::Snapshot& snapshot, store::Batch* batch) {
      const absl::Status read =
          snapshot.Scan(table, "", "", [&](std::string_view first, std::string_view value) {
            key = first;
            good = value;
            return false;
          });
      ASSERT_TRUE(read.ok()) << read;
      std::string bad = good.empty() ? "x" : good;
      bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 0x10);
      batch->Put(table, key, bad);
    });
    EXPECT_THAT(ledger_.DirectorySays(), Contains(reason));
    ledger_.Spoil(
        [&, table = table](const store::Snapshot&, store::Batch* batch) { batch->Put(table, key, good); });
    EXPECT_THAT(ledger_.DirectorySays(), ElementsAre("OK"));
  }
}

// A record altered where it lies, and shown to who asks for it: the signed tree does not hold it.
TEST_F(OperatorTest, ARecordAlteredWhereItLiesIsNotBelievedByAClient) {
  Begin(kSize, Seeing::kEverything);
  const auto alter = [this](Sequence sequence) {
    ledger_.Spoil([&](const store::Snapshot& snapshot, store::Batch* batch) {
      std::string record = **snapshot.Get(Table::kRecords, engine::SequenceKey(sequence));
      record.back() = static_cast<char>(record.back() ^ 1);
      batch->Put(Table::kRecords, engine::SequenceKey(sequence), record);
    });
  };
  alter(7);
  EXPECT_THAT(ledger_.DirectorySays(), Contains("RECORD_ALTERED"));
  ASSERT_TRUE(ledger_.Serve()) << ledger_.refusal();
  EXPECT_EQ(ledger_.ClientSays(), "OK");  // checkpoints and tiles are as they were
  EXPECT_EQ(ledger_.WitnessSays(), 200);
  EXPECT_EQ(ledger_.LeafShown(7), "RECORD_NOT_INCLUDED");
  EXPECT_EQ(ledger_.LeafShown(8), ledger_.held()[7].leaf.str());
  // Behind the last full tile the tree is computed from the records at each start.
  alter(258);
  EXPECT_FALSE(ledger_.Serve());
  EXPECT_EQ(ledger_.refusal(), "STORE_CONTRADICTS_ANCHOR");
}

// A history of the operator's making: signed, linked and in tiles as it should be. Officers' clients said
// what they had seen before, so no later submission of theirs fits into it.
class Rewritten : public OperatorTest {
 protected:
  // What all notice of a history that leaves the old one at `first`.
  void ExpectNoticed(Sequence first, const std::string& directory_says) {
    EXPECT_THAT(ledger_.DirectorySays(), Contains(directory_says));
    ASSERT_TRUE(ledger_.Serve()) << ledger_.refusal();  // store and anchor agree: starting is no verifying
    EXPECT_EQ(ledger_.ClientSays(), "LOG_FORKED");
    EXPECT_EQ(ledger_.WitnessSays(), 422);
    // A receipt of the old history and the new one's proof: two leaves at one place, both under the log's
    // key.
    const Operator::Held& receipt = ledger_.held()[first - 1];
    ASSERT_EQ(receipt.sequence, first);
    EXPECT_NE(ledger_.LeafShown(first), receipt.leaf.str());
    EXPECT_EQ(ledger_.LeafShown(first).size(), 32u) << ledger_.LeafShown(first);
  }
};

TEST_F(Rewritten, ARecordTakenOut) {
  Begin(20, Seeing::kEverything);
  std::vector<Row> rows = ledger_.Rows();
  rows.erase(rows.begin() + 8);
  // Another one at the end, so that the log is not shorter.
  rows.push_back(ledger_.Rows()[8]);
  rows.back().recorded_at_us = rows[18].recorded_at_us;
  ledger_.Rewrite(rows);
  ExpectNoticed(8, "SEEN_NOT_A_PREFIX");
}

TEST_F(Rewritten, TwoRecordsSwapped) {
  Begin(20, Seeing::kEverything);
  std::vector<Row> rows = ledger_.Rows();
  std::swap(rows[8].envelope, rows[9].envelope);
  ledger_.Rewrite(rows);
  ExpectNoticed(8, "SEEN_NOT_A_PREFIX");
}

TEST_F(Rewritten, ARecordsTimeChanged) {
  Begin(20, Seeing::kEverything);
  std::vector<Row> rows = ledger_.Rows();
  rows[8].recorded_at_us -= 500'000;  // still after the one before
  ledger_.Rewrite(rows);
  ExpectNoticed(8, "SEEN_NOT_A_PREFIX");
}

TEST_F(Rewritten, ARecordsTimeChangedToBeforeItsPredecessors) {
  Begin(20, Seeing::kEverything);
  std::vector<Row> rows = ledger_.Rows();
  rows[8].recorded_at_us = rows[3].recorded_at_us;
  ledger_.Rewrite(rows);
  EXPECT_THAT(ledger_.DirectorySays(), Contains("TIME_WENT_BACK"));
}

// The operator has the log's key, and no officer's.
TEST_F(Rewritten, ARecordMadeUpInAnOfficersName) {
  Begin(20, Seeing::kEverything);
  std::vector<Row> rows = ledger_.Rows();
  v1::Submission made_up;
  ASSERT_TRUE(ledger_.Serve());
  const auto real = crypto::OpenEnvelope(rows[8].envelope);
  ASSERT_TRUE(real.ok()) << real.status();
  ASSERT_TRUE(made_up.ParseFromString(real->payload));
  ledger_.StopServing();
  made_up.mutable_actions(0)->mutable_register_organization()->set_name("Somebody's cousin");
  const auto forged = crypto::SealEnvelope(crypto::kSubmissionType, made_up.SerializeAsString(),
                                           {ledger_.world().log_key().get()});
  ASSERT_TRUE(forged.ok()) << forged.status();
  rows[8].envelope = *forged;
  ledger_.Rewrite(rows);
  ExpectNoticed(8, "SIGNATURE_INVALID");
}

// The whole log made anew by the program itself, of what officers signed: the first submission that saw what
// is left out is refused by the program, and by everybody who verifies.
TEST_F(Rewritten, TheWholeLogWithoutOneRecordCannotBeRecordedAnew) {
  Begin(20, Seeing::kEverything);
  std::vector<Row> rows = ledger_.Rows();
  rows.erase(rows.begin() + 8);
  EXPECT_EQ(ledger_.Replay(rows), "SEEN_NOT_A_PREFIX");
}

// Submissions that say they saw nothing fit in any history: then the directory verifies, and nobody who has
// only that can notice. Whoever kept a checkpoint or a receipt does.
class RewrittenWhole : public OperatorTest {
 protected:
  // `first`: where the histories part.
  void ExpectNoticedOutside(Sequence first) {
    EXPECT_THAT(ledger_.DirectorySays(), ElementsAre("OK"));
    ASSERT_TRUE(ledger_.Serve()) << ledger_.refusal();
    EXPECT_EQ(ledger_.ClientSays(), "LOG_FORKED");
    EXPECT_EQ(ledger_.WitnessSays(), 422);
    EXPECT_THAT(ledger_.EvidenceSays(), ElementsAre(::testing::AnyOf("two-roots", "not-a-prefix")));
    EXPECT_EQ(ledger_.ReceiptSays(first), "two-leaves");
  }
};

TEST_F(RewrittenWhole, WithoutOneRecord) {
  Begin(20, Seeing::kNothing);
  std::vector<Row> rows = ledger_.Rows();
  rows.erase(rows.begin() + 8);
  ASSERT_EQ(ledger_.Replay(rows), "OK");
  ledger_.Grow(25, Seeing::kNothing);  // and it goes on
  ExpectNoticedOutside(8);
}

TEST_F(RewrittenWhole, WithTwoRecordsSwapped) {
  Begin(20, Seeing::kNothing);
  std::vector<Row> rows = ledger_.Rows();
  std::swap(rows[8].envelope, rows[9].envelope);
  ASSERT_EQ(ledger_.Replay(rows), "OK");
  ExpectNoticedOutside(8);
}

TEST_F(RewrittenWhole, WithOtherTimes) {
  Begin(20, Seeing::kNothing);
  std::vector<Row> rows = ledger_.Rows();
  for (size_t i = 1; i < rows.size(); ++i) rows[i].recorded_at_us += 60'000'000;
  ASSERT_EQ(ledger_.Replay(rows), "OK");
  ExpectNoticedOutside(1);
}

TEST_F(OperatorTest, ATailCutOffIsNoticedAtTheStartAndInTheDirectory) {
  Begin(20, Seeing::kEverything);
  ledger_.Copy("whole");
  const std::vector<Row> rows = ledger_.Rows();
  ledger_.Rewrite({rows.begin(), rows.begin() + 15});
  // With the anchor of before: the store alone was cut.
  std::filesystem::copy_file(ledger_.path("whole/anchor"), ledger_.path("ledger/anchor"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_FALSE(ledger_.Serve());
  EXPECT_EQ(ledger_.refusal(), "STORE_BEHIND_ANCHOR");
  EXPECT_THAT(ledger_.DirectorySays(), Contains("STORE_BEHIND_ANCHOR"));
}

// Store and anchor put back together: on the machine all is in order, and who was here before sees it.
TEST_F(OperatorTest, AnOldBackupPutBackIsNoticedByWhoeverSawMore) {
  ledger_.Grow(15, Seeing::kEverything);
  ledger_.Copy("backup");
  Begin(20, Seeing::kEverything);
  ledger_.PutBack("backup");
  EXPECT_THAT(ledger_.DirectorySays(), ElementsAre("OK"));
  ASSERT_TRUE(ledger_.Serve()) << ledger_.refusal();
  EXPECT_EQ(ledger_.ClientSays(), "LOG_SHRANK");
  EXPECT_EQ(ledger_.WitnessSays(), 409);
  // A shorter log is no contradiction yet: a complaint.
  EXPECT_THAT(ledger_.EvidenceSays(), ElementsAre("EVIDENCE_SHOWS_NOTHING"));
  EXPECT_EQ(ledger_.LeafShown(17), "RECORD_NOT_FOUND");  // of which somebody holds a receipt
  // What was recorded after the backup saw what is gone.
  EXPECT_EQ(ledger_.ResubmitSays(ledger_.held().back().envelope), "SEEN_NOT_A_PREFIX");
  // It goes on as another history.
  ledger_.Grow(25, Seeing::kEverything);
  ASSERT_TRUE(ledger_.Serve()) << ledger_.refusal();
  EXPECT_EQ(ledger_.ClientSays(), "LOG_FORKED");
  EXPECT_EQ(ledger_.WitnessSays(), 422);
  EXPECT_THAT(ledger_.EvidenceSays(), Contains(::testing::AnyOf("two-roots", "not-a-prefix")));
}

// The same ledger shown in two states to two readers: each is consistent in itself.
TEST_F(OperatorTest, TwoHistoriesAreNoticedByWhoeverMeetsBoth) {
  ledger_.Grow(10, Seeing::kEverything);
  ledger_.Copy("common");
  Begin(15, Seeing::kEverything);
  ledger_.PutBack("common");
  ledger_.world().clock.Advance(7'000'000);
  ledger_.Grow(15, Seeing::kEverything);
  EXPECT_THAT(ledger_.DirectorySays(), ElementsAre("OK"));
  ASSERT_TRUE(ledger_.Serve()) << ledger_.refusal();
  EXPECT_EQ(ledger_.ClientSays(), "LOG_FORKED");
  EXPECT_EQ(ledger_.WitnessSays(), 422);
  EXPECT_THAT(ledger_.EvidenceSays(), Contains(::testing::AnyOf("two-roots", "not-a-prefix")));
}

}  // namespace
}  // namespace fundledger::attack
