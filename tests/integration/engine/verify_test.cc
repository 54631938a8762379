// Verification of a ledger's directory: quiet on a good one, and on a damaged one it names the record.
#include "ledger/engine/verify.h"

#include <random>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/create.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/open.h"
#include "ledger/engine/tree_compare.h"
#include "ledger/engine/verify_store.h"
#include "ledger/store/anchor.h"
#include "ledger/store/memory.h"
#include "ledger/store/rocksdb.h"
#include "tests/support/faults.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using store::Batch;
using store::Table;
using test_support::FaultPlan;
using test_support::SubmitAndWait;
using test_support::TemporaryDirectory;
using test_support::World;
using ::testing::AnyOf;
using ::testing::Eq;

// A ledger in memory, grown by the engine, then spoiled.
class Verify : public ::testing::Test {
 protected:
  // Makes the ledger and works on it with an engine of its own.
  void Work(const std::function<void(Engine* engine)>& work) {
    const auto first = MakeFirstRecord(world_.CreateOptionsAt(""));
    ASSERT_TRUE(first.ok()) << first.status();
    ASSERT_TRUE(store_->Commit(first->batch, 0, 1).ok());
    *anchor_ = first->signed_checkpoint;
    const auto plan = std::make_shared<FaultPlan>();
    auto engine = OpenOn(test_support::WrapStore(store_, plan), test_support::MakeAnchor(anchor_, plan),
                         world_.OptionsAt(""));
    ASSERT_TRUE(engine.ok()) << engine.status();
    work(engine->get());
    size_ = (*engine)->view()->size();
  }

  void Grow(uint64_t records) {
    Work([&](Engine* engine) {
      for (uint64_t i = 1; i < records; ++i) {
        world_.clock.Advance(1'000'000);
        const auto receipt =
            SubmitAndWait(engine, world_.Seal(world_.Register(*engine->view(), absl::StrCat("org-", i))));
        ASSERT_TRUE(receipt.ok()) << receipt.status();
      }
    });
  }

  VerifyReport Run() {
    const auto snapshot = store_->GetSnapshot();
    VerifySource source;
    source.snapshot = snapshot.get();
    source.anchor = *anchor_;
    return *VerifyStore(source, options_);
  }

  std::string Get(Table table, const std::string& key) {
    const auto value = store_->GetSnapshot()->Get(table, key);
    return value.ok() ? value->value_or("") : "";
  }
  void Put(Table table, const std::string& key, const std::string& value) {
    Batch batch;
    batch.Put(table, key, value);
    ASSERT_TRUE(store_->Commit(batch, size_, size_).ok());
  }
  void Erase(Table table, const std::string& key) {
    Batch batch;
    batch.Erase(table, key);
    ASSERT_TRUE(store_->Commit(batch, size_, size_).ok());
  }
  // The first key of a table from `begin` on.
  std::string FirstKey(Table table, const std::string& begin = "") {
    std::string found;
    EXPECT_TRUE(store_->GetSnapshot()
                    ->Scan(table, begin, "",
                           [&](std::string_view key, std::string_view) {
                             found = std::string(key);
                             return false;
                           })
                    .ok());
    return found;
  }

  // The first finding names `record` for `reason`.
  void ExpectFirst(const VerifyReport& report, std::optional<Sequence> record, std::string_view reason) {
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.findings[0].record, record) << report.findings[0].message;
    EXPECT_EQ(report.findings[0].reason, reason) << report.findings[0].message;
  }

  World world_;
  std::shared_ptr<store::Store> store_ = store::MakeMemoryStore();
  std::shared_ptr<std::string> anchor_ = std::make_shared<std::string>();
  VerifyOptions options_;
  uint64_t size_ = 0;
};

std::string Explain(const VerifyReport& report) {
  std::string text;
  for (const VerifyFinding& finding : report.findings)
    absl::StrAppend(&text, finding.reason, " ", finding.message, "\n");
  return text;
}

TEST_F(Verify, IsQuietOnAGoodLedger) {
  Grow(300);
  const VerifyReport report = Run();
  EXPECT_TRUE(report.ok()) << Explain(report);
  EXPECT_EQ(report.records, 300u);
  EXPECT_EQ(report.signatures, 299u + 3 + 2);  // the genesis has three, and two proofs of keys
  EXPECT_EQ(report.origin, World::kOrigin);
  EXPECT_FALSE(report.key_was_given);
  EXPECT_EQ(report.checkpoint, *anchor_);
}

TEST_F(Verify, BelievesAKeyThatWasGivenAndNoOther) {
  Grow(3);
  options_.verifier_key = log::VerifierKey(World::kOrigin, world_.log_key()->public_key());
  EXPECT_TRUE(Run().ok());
  options_.verifier_key = log::VerifierKey(World::kOrigin, test_support::KeyOf("another")->public_key());
  ExpectFirst(Run(), 0, "LOG_KEY_MISMATCH");
}

// Every byte of every record, in turn: the record that holds it is the one that is named, first and as
// altered.
TEST_F(Verify, NamesTheRecordOfEveryFlippedByte) {
  Grow(5);
  options_.verifier_key = log::VerifierKey(World::kOrigin, world_.log_key()->public_key());
  for (Sequence sequence = 0; sequence < size_; ++sequence) {
    const std::string record = Get(Table::kRecords, SequenceKey(sequence));
    for (size_t at = 0; at < record.size(); ++at) {
      SCOPED_TRACE(absl::StrCat("record ", sequence, " byte ", at));
      std::string spoiled = record;
      spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << (at % 8)));
      Put(Table::kRecords, SequenceKey(sequence), spoiled);
      const VerifyReport report = Run();
      ASSERT_FALSE(report.ok());
      const bool another_key =
          report.findings[0].reason == "LOG_KEY_MISMATCH";  // a byte of the key in record 0
      ASSERT_EQ(report.findings[0].record, sequence) << Explain(report);
      ASSERT_THAT(report.findings[another_key ? 1 : 0].reason, Eq("RECORD_ALTERED")) << Explain(report);
    }
    Put(Table::kRecords, SequenceKey(sequence), record);
  }
  EXPECT_TRUE(Run().ok());
}

// With tiles: records below full tiles, at their borders, and in the ragged edge. Without the key.
TEST_F(Verify, NamesTheRecordOfAFlippedByteInAndOutsideOfTiles) {
  Grow(515);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (const Sequence sequence : {1, 100, 254, 255, 256, 257, 400, 511, 512, 513, 514}) {
    const std::string record = Get(Table::kRecords, SequenceKey(sequence));
    std::string spoiled = record;
    const size_t at = random() % record.size();
    SCOPED_TRACE(absl::StrCat("record ", sequence, " byte ", at));
    spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << (random() % 8)));
    Put(Table::kRecords, SequenceKey(sequence), spoiled);
    ExpectFirst(Run(), sequence, "RECORD_ALTERED");
    Put(Table::kRecords, SequenceKey(sequence), record);
  }
}

TEST_F(Verify, NamesARecordThatIsGone) {
  Grow(6);
  const std::string record = Get(Table::kRecords, SequenceKey(3));
  Erase(Table::kRecords, SequenceKey(3));
  ExpectFirst(Run(), 3, "RECORD_MISSING");
  Put(Table::kRecords, SequenceKey(3), record);
  Erase(Table::kRecords, SequenceKey(5));
  const VerifyReport report = Run();
  ExpectFirst(report, 5, "RECORD_MISSING");
  EXPECT_EQ(report.records, 5u);
  EXPECT_EQ(report.findings.size(), 1u) << Explain(report);
}

TEST_F(Verify, NamesARecordTooMany) {
  Grow(4);
  Put(Table::kRecords, SequenceKey(4), Get(Table::kRecords, SequenceKey(3)));
  ExpectFirst(Run(), 4, "RECORD_EXTRA");
}

TEST_F(Verify, NamesWhereRewrittenRecordsLeaveWhatWasSigned) {
  Grow(6);
  // Record 3 gets another time, and everybody behind it a link that fits: only signatures over roots are
  // left.
  Hash256 previous = log::LeafHash(Get(Table::kRecords, SequenceKey(2)));
  for (Sequence sequence = 3; sequence < size_; ++sequence) {
    const std::string bytes = Get(Table::kRecords, SequenceKey(sequence));
    log::RecordHeader header = log::DecodeRecord(bytes)->header;
    if (sequence == 3) header.recorded_at_us += 1;
    header.previous = previous;
    const auto rewritten = log::EncodeRecord(header, log::DecodeRecord(bytes)->envelope);
    ASSERT_TRUE(rewritten.ok());
    previous = log::LeafHash(*rewritten);
    Put(Table::kRecords, SequenceKey(sequence), *rewritten);
  }
  ExpectFirst(Run(), 3, "ROOT_MISMATCH");
}

TEST_F(Verify, NamesTheRecordOfASpoiledIndex) {
  Grow(258);
  const books::EntityKey organization{books::EntityKind::kOrganization, "org-7"};
  const std::string request =
      FirstKey(Table::kRequests,
               RequestKey(World::kAdmin, std::string(8, '\0') + std::string("\0\0\0\0\0\0\0\x09", 8)));
  const std::string trail = TrailStoreKey({books::TrailDimension::kOrganization, "org-5"}, 5);
  const struct {
    Table table;
    std::string key;
    Sequence record;
  } cases[] = {{Table::kEntities, EntityStoreKey(organization), 7},
               {Table::kRequests, request, 9},
               {Table::kTrail, trail, 5},
               {Table::kTiles, TileKey(0, 0), 0}};
  for (const auto& each : cases) {
    SCOPED_TRACE(store::TableName(each.table));
    const std::string value = Get(each.table, each.key);
    Erase(each.table, each.key);
    VerifyReport report = Run();
    ExpectFirst(report, each.record, "INDEX_MISSING");
    EXPECT_EQ(report.findings.size(), 1u) << Explain(report);
    Put(each.table, each.key, value.empty() ? "x" : value.substr(0, value.size() - 1) + "~");
    report = Run();
    ExpectFirst(report, each.table == Table::kTiles ? 255 : each.record, "INDEX_ALTERED");
    EXPECT_EQ(report.findings.size(), 1u) << Explain(report);
    Put(each.table, each.key, value);
  }
  EXPECT_TRUE(Run().ok());
}

TEST_F(Verify, ComparesPostingsOfMoney) {
  Sequence received = 0;
  Work([&](Engine* engine) {
    ASSERT_EQ(world_.RegisterStaff(engine), absl::OkStatus());
    v1::Action action;
    v1::RegisterFund& fund = *action.mutable_register_fund();
    fund.set_id("fund-1");
    fund.set_name("A fund");
    fund.set_document_number("No. 1");
    fund.set_fiscal_year(2020);
    fund.set_origin_year(2020);
    fund.set_source_tier(v1::SOURCE_TIER_CENTRAL);
    fund.set_nature(v1::NATURE_FISCAL);
    ASSERT_TRUE(world_.Decide(engine, "clerk", action, {"reviewer"}).ok());
    action.mutable_receive()->set_fund("fund-1");
    action.mutable_receive()->set_amount_fen(12'345'600);
    action.mutable_date()->set_year(2020);
    action.mutable_date()->set_month(6);
    action.mutable_date()->set_day(16);
    const auto proposed = world_.Decide(engine, "clerk", action, {"reviewer"});
    ASSERT_TRUE(proposed.ok()) << proposed.status();
    received = *proposed + 1;  // with the approval
    const auto balances = engine->view()->SumPostings(received, std::nullopt);
    ASSERT_TRUE(balances.ok()) << balances.status();
    ASSERT_EQ(balances->rows.size(), 1u);
    EXPECT_EQ(balances->rows[0].account->fund, "fund-1");
    EXPECT_TRUE((*balances->rows[0].balance)[books::kUnallocated] == 12'345'600);
    EXPECT_TRUE(engine->view()->SumPostings(received - 1, std::nullopt)->rows.empty());
  });
  EXPECT_TRUE(Run().ok()) << Explain(Run());

  const std::string key = SequenceKey(received);
  const std::string good = Get(Table::kPostings, key);
  storage::v1::Postings postings;
  ASSERT_TRUE(postings.ParseFromString(good));
  ASSERT_EQ(postings.postings_size(), 1);
  storage::v1::Posting& posting = *postings.mutable_postings(0);
  posting.set_unallocated_fen(posting.unallocated_fen() + 1);
  Put(Table::kPostings, key, postings.SerializeAsString());
  ExpectFirst(Run(), received, "INDEX_ALTERED");
  Erase(Table::kPostings, key);
  ExpectFirst(Run(), received, "INDEX_MISSING");
  Put(Table::kPostings, key, good);
  Put(Table::kPostings, key, good + good);
  ExpectFirst(Run(), received, "INDEX_ALTERED");
  Put(Table::kPostings, key, good);
  Put(Table::kPostings, key + "x", good);
  ExpectFirst(Run(), received, "INDEX_ALTERED");
  Erase(Table::kPostings, key + "x");

  // The fund's own entity, which says how much there is.
  const std::string fund = EntityStoreKey({books::EntityKind::kFund, "fund-1"});
  Put(Table::kEntities, fund, Get(Table::kEntities, fund).substr(1));
  ExpectFirst(Run(), received, "INDEX_ALTERED");
}

TEST_F(Verify, FindsWhatComesFromNoRecord) {
  Grow(4);
  const struct {
    Table table;
    std::string key;
    std::string value;
  } cases[] = {{Table::kEntities, EntityStoreKey({books::EntityKind::kOrganization, "org-x"}), "x"},
               {Table::kTrail, TrailStoreKey({books::TrailDimension::kFund, "f"}, 2), ""},
               {Table::kTrail, "?", ""},
               {Table::kDocuments, std::string(32, 'd') + SequenceKey(2), ""},
               {Table::kDocuments, "?", ""},
               {Table::kRequests, RequestKey("someone", "0123456789abcdef"), ""},
               {Table::kPostings, SequenceKey(9), ""},
               {Table::kTiles, TileKey(0, 0), std::string(8192, 'x')},
               {Table::kSheets, SheetBlockKey(0), ""},
               {Table::kSheets, "?", ""},
               {Table::kMeta, "more", "x"}};
  for (const auto& each : cases) {
    SCOPED_TRACE(store::TableName(each.table));
    Put(each.table, each.key, each.value);
    const VerifyReport report = Run();
    ASSERT_EQ(report.findings.size(), 1u) << Explain(report);
    EXPECT_THAT(report.findings[0].reason, AnyOf(Eq("INDEX_EXTRA"), Eq("META_WRONG")));
    Erase(each.table, each.key);
  }
  Put(Table::kPostings, SequenceKey(2), "");
  ExpectFirst(Run(), 2, "INDEX_ALTERED");
}

TEST_F(Verify, ChecksEveryCheckpointThatIsKept) {
  Grow(5);
  const std::string note = Get(Table::kCheckpoints, SequenceKey(3));
  Put(Table::kCheckpoints, SequenceKey(3), Get(Table::kCheckpoints, SequenceKey(2)));
  ExpectFirst(Run(), 2, "CHECKPOINT_INVALID");
  const log::Checkpoint other{std::string(World::kOrigin), 3, Hash256()};
  Put(Table::kCheckpoints, SequenceKey(3), *log::SignCheckpoint(other, *world_.log_key()));
  ExpectFirst(Run(), 2, "ROOT_MISMATCH");
  Put(Table::kCheckpoints, SequenceKey(3), *log::SignCheckpoint(other, *test_support::KeyOf("another")));
  ExpectFirst(Run(), 2, "CHECKPOINT_INVALID");
  Put(Table::kCheckpoints, SequenceKey(3), note);
  Erase(Table::kCheckpoints, SequenceKey(5));
  ExpectFirst(Run(), 4, "CHECKPOINT_MISSING");
}

TEST_F(Verify, ChecksTheAnchor) {
  Grow(5);
  const std::string good = *anchor_;
  *anchor_ = *log::SignCheckpoint({std::string(World::kOrigin), 7, Hash256()}, *world_.log_key());
  VerifyReport report = Run();
  ExpectFirst(report, std::nullopt, "STORE_BEHIND_ANCHOR");
  *anchor_ = *log::SignCheckpoint({std::string(World::kOrigin), 5, Hash256()}, *world_.log_key());
  EXPECT_FALSE(Run().ok());
  *anchor_ = "nothing";
  ExpectFirst(Run(), std::nullopt, "ANCHOR_UNVERIFIED");
  *anchor_ = good;
  EXPECT_TRUE(Run().ok());
}

TEST_F(Verify, ReplayGivesTheEntitiesOfTheStoreByteForByte) {
  Grow(40);
  audit::Replay replay;
  for (Sequence sequence = 0; sequence < size_; ++sequence) {
    const absl::Status status = replay.Next(Get(Table::kRecords, SequenceKey(sequence)));
    ASSERT_TRUE(status.ok()) << status;
  }
  std::map<std::string, std::string> expected;
  for (const auto& [key, entity] : replay.entities())
    expected[EntityStoreKey(key)] = entity->SerializeAsString();
  std::map<std::string, std::string> stored;
  ASSERT_TRUE(store_->GetSnapshot()
                  ->Scan(Table::kEntities, "", "",
                         [&](std::string_view key, std::string_view value) {
                           stored.emplace(key, value);
                           return true;
                         })
                  .ok());
  EXPECT_EQ(stored, expected);
  const auto checkpoint = log::OpenCheckpoint(*anchor_, world_.verifier());
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(replay.Root(), checkpoint->root);
}

std::string Describe(const VerifyReport& report) {
  return absl::StrCat(Explain(report), report.records, " records, ", report.signatures, " signatures, root ",
                      HexEncode(report.root.view()), ", ledger ", HexEncode(report.ledger.view()), ", ",
                      report.checkpoint);
}

// Whatever is spoiled, the findings do not depend on the number of threads, and the chain alone names the
// same record where it is the chain that is spoiled.
TEST_F(Verify, FindsTheSameWithAnyNumberOfThreads) {
  Grow(300);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  constexpr Table kTables[] = {Table::kRecords, Table::kTiles,    Table::kEntities,
                               Table::kTrail,   Table::kRequests, Table::kCheckpoints};
  for (int i = 0; i < 40; ++i) {
    const Table table = kTables[random() % std::size(kTables)];
    std::vector<std::string> keys;
    ASSERT_TRUE(store_->GetSnapshot()
                    ->Scan(table, "", "",
                           [&](std::string_view key, std::string_view) {
                             keys.emplace_back(key);
                             return true;
                           })
                    .ok());
    const std::string key = keys[random() % keys.size()];
    const std::string value = Get(table, key);
    SCOPED_TRACE(absl::StrCat("table ", ToAbsl(store::TableName(table)), " key ", HexEncode(key)));
    const unsigned how = random() % 3;
    std::string spoiled = value;
    if (how == 0 && !value.empty()) {
      const size_t at = random() % value.size();
      spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << (random() % 8)));
      Put(table, key, spoiled);
    } else if (how == 1 || table == Table::kCheckpoints) {  // one of many checkpoints need not be kept
      Put(table, key, value + "x");
    } else {
      Erase(table, key);
    }
    std::string expected;
    for (const size_t threads : {1, 2, 4}) {
      options_.threads = threads;
      const VerifyReport report = Run();
      EXPECT_FALSE(report.ok());
      if (threads == 1) expected = Describe(report);
      EXPECT_EQ(Describe(report), expected) << threads << " threads";
    }
    const VerifyReport full = Run();
    options_.depth = VerifyDepth::kChain;
    const VerifyReport chain = Run();
    const bool is_of_chain =
        table == Table::kRecords || table == Table::kTiles || table == Table::kCheckpoints;
    ASSERT_EQ(chain.ok(), !is_of_chain) << Explain(chain);
    if (is_of_chain) {
      EXPECT_EQ(chain.findings[0].record, full.findings[0].record);
      EXPECT_EQ(chain.findings[0].reason, full.findings[0].reason);
    }
    options_.depth = VerifyDepth::kFull;
    Put(table, key, value);
  }
  EXPECT_TRUE(Run().ok());
}

TEST_F(Verify, ChecksTheChainAlone) {
  Grow(600);
  const VerifyReport full = Run();
  options_.depth = VerifyDepth::kChain;
  const VerifyReport chain = Run();
  EXPECT_TRUE(chain.ok()) << Explain(chain);
  EXPECT_EQ(chain.records, 600u);
  EXPECT_EQ(chain.signatures, 0u);
  EXPECT_EQ(chain.root, full.root);
  EXPECT_EQ(chain.ledger, full.ledger);
  EXPECT_EQ(chain.checkpoint, full.checkpoint);
  // What it says it does not look at.
  const std::string trail = FirstKey(Table::kTrail);
  Erase(Table::kTrail, trail);
  EXPECT_TRUE(Run().ok());
  options_.depth = VerifyDepth::kFull;
  EXPECT_FALSE(Run().ok());
}

TEST_F(Verify, NamesTheRecordOfEveryFlippedByteByTheChainAlone) {
  Grow(4);
  options_.verifier_key = log::VerifierKey(World::kOrigin, world_.log_key()->public_key());
  options_.depth = VerifyDepth::kChain;
  for (Sequence sequence = 0; sequence < size_; ++sequence) {
    const std::string record = Get(Table::kRecords, SequenceKey(sequence));
    for (size_t at = 0; at < record.size(); ++at) {
      SCOPED_TRACE(absl::StrCat("record ", sequence, " byte ", at));
      std::string spoiled = record;
      spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << (at % 8)));
      Put(Table::kRecords, SequenceKey(sequence), spoiled);
      const VerifyReport report = Run();
      ASSERT_FALSE(report.ok());
      const bool another_key = report.findings[0].reason == "LOG_KEY_MISMATCH";
      ASSERT_EQ(report.findings[0].record, sequence) << Explain(report);
      ASSERT_THAT(report.findings[another_key ? 1 : 0].reason, Eq("RECORD_ALTERED")) << Explain(report);
    }
    Put(Table::kRecords, SequenceKey(sequence), record);
  }
}

TEST_F(Verify, NamesAKeyThatIsNoRecords) {
  Grow(4);
  Put(Table::kRecords, SequenceKey(2) + "x", "x");
  for (const VerifyDepth depth : {VerifyDepth::kFull, VerifyDepth::kChain}) {
    options_.depth = depth;
    const VerifyReport report = Run();
    ExpectFirst(report, std::nullopt, "RECORD_EXTRA");
    EXPECT_EQ(report.findings.size(), 1u) << Explain(report);
    EXPECT_EQ(report.records, 4u);
  }
}

// Against the edge that writes them, over tiles of two levels.
TEST(TreeCompare, AgreesWithTheTilesAndRootsOfTheGrowingEdge) {
  constexpr uint64_t kLeaves = 256 * 256 + 300;
  const auto leaf = [](uint64_t i) { return log::LeafHash(SequenceKey(i)); };
  log::TreeEdge edge;
  Batch batch;
  std::vector<SignedRoot> roots = {{0, edge.Root()}};
  for (uint64_t i = 0; i < kLeaves; ++i) {
    std::vector<log::Tile> full;
    edge.Append(leaf(i), &full);
    for (const log::Tile& tile : full) batch.Put(Table::kTiles, TileKey(tile.level, tile.index), tile.hashes);
    if (i < 600 || i % 997 == 0 || i > 256 * 256 - 3) roots.push_back({i + 1, edge.Root()});
  }
  const auto store = store::MakeMemoryStore();
  ASSERT_TRUE(store->Commit(batch, 0, kLeaves).ok());
  const auto is_same = [&](const std::vector<SignedRoot>& signed_roots) {
    const auto snapshot = store->GetSnapshot();
    TreeCompare tree(*snapshot, signed_roots);
    for (uint64_t i = 0; i < kLeaves; ++i) tree.Append(leaf(i));
    EXPECT_EQ(tree.Root(), edge.Root());
    return tree.is_same();
  };
  EXPECT_TRUE(is_same(roots));
  std::vector<SignedRoot> wrong = roots;
  wrong[wrong.size() / 2].root.bytes[0] ^= 1;
  EXPECT_FALSE(is_same(wrong));
  for (const std::string& key : {TileKey(0, 100), TileKey(1, 0)}) {
    const std::string tile = **store->GetSnapshot()->Get(Table::kTiles, key);
    Batch spoil;
    spoil.Put(Table::kTiles, key, tile.substr(1) + "x");
    ASSERT_TRUE(store->Commit(spoil, kLeaves, kLeaves).ok());
    EXPECT_FALSE(is_same({}));
    Batch mend;
    mend.Put(Table::kTiles, key, tile);
    ASSERT_TRUE(store->Commit(mend, kLeaves, kLeaves).ok());
  }
  EXPECT_TRUE(is_same({}));
}

TEST(VerifyDirectory, ReadsADirectoryAndWritesNothing) {
  World world(v1::SUITE_SM);
  const TemporaryDirectory directory;
  {
    auto engine = world.CreateAndOpen(directory.Sub("ledger"));
    ASSERT_TRUE(engine.ok()) << engine.status();
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(SubmitAndWait(engine->get(),
                                world.Seal(world.Register(*(*engine)->view(), absl::StrCat("org-", i))))
                      .ok());
    }
    uint64_t done = 0;
    const auto beside = VerifyDirectory(
        {directory.Sub("ledger"), std::nullopt, std::nullopt, [&](uint64_t d, uint64_t) { done = d; }});
    ASSERT_TRUE(beside.ok()) << beside.status();
    EXPECT_TRUE(beside->ok()) << Explain(*beside);
    EXPECT_EQ(done, 11u);
    VerifyOptions chain;
    chain.directory = directory.Sub("ledger");
    chain.depth = VerifyDepth::kChain;
    EXPECT_TRUE(VerifyDirectory(chain)->ok());  // by the SM3 links too
  }
  {
    auto store = store::OpenRocksdb(directory.Sub("ledger/db"));
    ASSERT_TRUE(store.ok()) << store.status();
    std::string record = **(*store)->GetSnapshot()->Get(Table::kRecords, SequenceKey(4));
    record[record.size() / 2] ^= 1;
    Batch batch;
    batch.Put(Table::kRecords, SequenceKey(4), record);
    ASSERT_TRUE((*store)->Commit(batch, 11, 11).ok());
  }
  const auto report = VerifyDirectory({directory.Sub("ledger"), std::nullopt, std::nullopt, nullptr});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_FALSE(report->ok());
  EXPECT_EQ(report->findings[0].record, 4u) << Explain(*report);
  EXPECT_EQ(report->findings[0].reason, "RECORD_ALTERED");
}

TEST(VerifyDirectory, BelievesNoSizeThatTheFilesHaveNoRoomFor) {
  World world;
  const TemporaryDirectory directory;
  ASSERT_TRUE(world.CreateAndOpen(directory.Sub("ledger")).ok());
  {
    auto store = store::OpenRocksdb(directory.Sub("ledger/db"));
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->Commit(Batch(), 1, uint64_t{1} << 50).ok());
  }
  const auto report = VerifyDirectory({directory.Sub("ledger"), std::nullopt, std::nullopt, nullptr});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_FALSE(report->ok());
  EXPECT_EQ(report->findings[0].reason, "SIZE_IMPLAUSIBLE") << Explain(*report);
}

TEST(VerifyDirectory, SaysThatThereIsNoLedger) {
  const TemporaryDirectory directory;
  EXPECT_EQ(ReasonOf(VerifyDirectory({directory.path(), std::nullopt, std::nullopt, nullptr}).status()),
            "STORE_MISSING");
}

}  // namespace
}  // namespace fundledger::engine
