// What every store promises (ledger/store/store.h), run against each of them.
#include <atomic>
#include <functional>
#include <thread>

#include "ledger/store/memory.h"
#include "ledger/store/rocksdb.h"
#include "tests/contract/store/store_testing.h"

#include "gmock/gmock.h"

namespace fundledger::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

struct Backend {
  std::string name;
  std::function<std::unique_ptr<Store>(const TempDir& dir)> make;
};

class StoreContract : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    store_ = GetParam().make(dir_);
    ASSERT_NE(store_, nullptr);
  }

  // Commits without moving the head.
  void Write(const Batch& batch) {
    const uint64_t head = store_->GetSnapshot()->head();
    const absl::Status status = store_->Commit(batch, head, head);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Put(Table table, std::string key, std::string value) {
    Batch batch;
    batch.Put(table, std::move(key), std::move(value));
    Write(batch);
  }
  void Erase(Table table, std::string key) {
    Batch batch;
    batch.Erase(table, std::move(key));
    Write(batch);
  }

  // "(none)" for no such key.
  static std::string Get(const Snapshot& snapshot, Table table, std::string_view key) {
    const auto value = snapshot.Get(table, key);
    if (!value.ok()) return value.status().ToString();
    return value->value_or("(none)");
  }
  std::string Get(Table table, std::string_view key) const { return Get(*store_->GetSnapshot(), table, key); }

  static std::vector<std::string> Keys(const Snapshot& snapshot, Table table, std::string_view begin,
                                       std::string_view end) {
    std::vector<std::string> keys;
    const absl::Status status = snapshot.Scan(table, begin, end, [&](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      return true;
    });
    if (!status.ok()) keys.push_back(status.ToString());
    return keys;
  }
  std::vector<std::string> Keys(Table table, std::string_view begin, std::string_view end) const {
    return Keys(*store_->GetSnapshot(), table, begin, end);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, IsEmptyWhenNew) {
  EXPECT_EQ(store_->GetSnapshot()->head(), 0u);
  for (const Table table : kAllTables) {
    EXPECT_THAT(Keys(table, "", ""), IsEmpty());
    EXPECT_EQ(Get(table, "key"), "(none)");
  }
}

TEST_P(StoreContract, GivesBackWhatWasPut) {
  Put(Table::kRecords, "key", "value");
  EXPECT_EQ(Get(Table::kRecords, "key"), "value");
  EXPECT_EQ(Get(Table::kRecords, "ke"), "(none)");
  EXPECT_EQ(Get(Table::kRecords, "key2"), "(none)");
  Put(Table::kRecords, "key", "other");
  EXPECT_EQ(Get(Table::kRecords, "key"), "other");
  Erase(Table::kRecords, "key");
  EXPECT_EQ(Get(Table::kRecords, "key"), "(none)");
  Put(Table::kRecords, "key", "again");
  EXPECT_EQ(Get(Table::kRecords, "key"), "again");
}

TEST_P(StoreContract, TellsAnEmptyValueFromNone) {
  Put(Table::kTrail, "key", "");
  EXPECT_EQ(Get(Table::kTrail, "key"), "");
  EXPECT_THAT(Keys(Table::kTrail, "", ""), ElementsAre("key"));
}

TEST_P(StoreContract, FindsWhatIsMissingAmongMany) {
  Batch batch;
  for (int n = 0; n < 1000; n += 2) batch.Put(Table::kEntities, KeyOf(n), n % 3 == 0 ? "" : "value");
  ASSERT_TRUE(store_->Commit(batch, 0, 0).ok());
  const auto snapshot = store_->GetSnapshot();
  Batch change;
  for (int n = 0; n < 1000; n += 4) change.Erase(Table::kEntities, KeyOf(n));
  change.Put(Table::kEntities, KeyOf(1), "new");
  ASSERT_TRUE(store_->Commit(change, 0, 0).ok());
  std::vector<std::string> keys = {"", KeyOf(6), KeyOf(6), KeyOf(7), KeyOf(7)};  // in no order, and twice
  for (int n = 999; n >= 0; --n) keys.push_back(KeyOf(n));
  for (const auto& each : {snapshot, store_->GetSnapshot()}) {
    const std::vector<bool> missing = each->FindMissing(Table::kEntities, keys);
    ASSERT_EQ(missing.size(), keys.size());
    for (size_t i = 0; i < keys.size(); ++i)
      EXPECT_EQ(missing[i], Get(*each, Table::kEntities, keys[i]) == "(none)") << keys[i];
  }
  EXPECT_TRUE(snapshot->FindMissing(Table::kEntities, {}).empty());
}

TEST_P(StoreContract, ErasingWhatIsNotThereDoesNothing) {
  Erase(Table::kEntities, "key");
  EXPECT_EQ(Get(Table::kEntities, "key"), "(none)");
  EXPECT_THAT(Keys(Table::kEntities, "", ""), IsEmpty());
}

TEST_P(StoreContract, KeepsTablesApart) {
  for (const Table table : kAllTables) Put(table, "key", std::string(TableName(table)));
  for (const Table table : kAllTables) EXPECT_EQ(Get(table, "key"), TableName(table));
  Erase(Table::kTiles, "key");
  for (const Table table : kAllTables) {
    EXPECT_EQ(Get(table, "key"), table == Table::kTiles ? "(none)" : TableName(table));
  }
}

TEST_P(StoreContract, ScansInByteOrderWithinLimits) {
  Batch batch;
  for (const char* key : {"b", "a", "d", "ab", "c", "B"}) batch.Put(Table::kPostings, key, "v");
  Write(batch);
  EXPECT_THAT(Keys(Table::kPostings, "", ""), ElementsAre("B", "a", "ab", "b", "c", "d"));
  EXPECT_THAT(Keys(Table::kPostings, "ab", "c"), ElementsAre("ab", "b"));
  EXPECT_THAT(Keys(Table::kPostings, "aa", "cc"), ElementsAre("ab", "b", "c"));
  EXPECT_THAT(Keys(Table::kPostings, "c", ""), ElementsAre("c", "d"));
  EXPECT_THAT(Keys(Table::kPostings, "", "a"), ElementsAre("B"));
  EXPECT_THAT(Keys(Table::kPostings, "e", ""), IsEmpty());
  EXPECT_THAT(Keys(Table::kPostings, "b", "b"), IsEmpty());
  EXPECT_THAT(Keys(Table::kPostings, "c", "b"), IsEmpty());
}

TEST_P(StoreContract, TreatsZeroBytesAndHighBytesAsBytes) {
  const std::string zero(1, '\0');
  const std::string high("\xFF");
  const std::vector<std::string> keys = {zero,       zero + zero, zero + "a",        "a",        "a" + zero,
                                         "a" + high, high,        high + zero + "b", high + high};
  Batch batch;
  for (auto it = keys.rbegin(); it != keys.rend(); ++it) batch.Put(Table::kEntities, *it, zero + *it + high);
  Write(batch);
  EXPECT_EQ(Keys(Table::kEntities, "", ""), keys);
  for (const std::string& key : keys) EXPECT_EQ(Get(Table::kEntities, key), zero + key + high);
  EXPECT_THAT(Keys(Table::kEntities, "a" + zero, high), ElementsAre("a" + zero, "a" + high));
  EXPECT_THAT(Keys(Table::kEntities, high + high, ""), ElementsAre(high + high));
  EXPECT_THAT(Keys(Table::kEntities, "", zero + zero), ElementsAre(zero));
}

TEST_P(StoreContract, StopsAScanWhenTold) {
  Batch batch;
  for (int n = 0; n < 200; ++n) batch.Put(Table::kRecords, KeyOf(n), "v");
  Write(batch);
  int visited = 0;
  const absl::Status status = store_->GetSnapshot()->Scan(
      Table::kRecords, "", "", [&](std::string_view, std::string_view) { return ++visited < 150; });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(visited, 150);
}

TEST_P(StoreContract, SnapshotDoesNotSeeLaterCommits) {
  ASSERT_TRUE(CommitNext(store_.get()).ok());
  Put(Table::kMeta, "erased", "before");
  const auto before = store_->GetSnapshot();
  Put(Table::kMeta, "new", "value");
  Erase(Table::kMeta, "erased");
  Put(Table::kMeta, "latest", "overwritten");
  Put(Table::kMeta, "latest", "overwritten twice");
  ASSERT_TRUE(store_->Commit(Batch(), 1, 7).ok());

  EXPECT_EQ(before->head(), 1u);
  EXPECT_EQ(Get(*before, Table::kMeta, "new"), "(none)");
  EXPECT_EQ(Get(*before, Table::kMeta, "erased"), "before");
  EXPECT_EQ(Get(*before, Table::kMeta, "latest"), KeyOf(1));
  EXPECT_THAT(Keys(*before, Table::kMeta, "a", ""), ElementsAre("erased", "latest", "only-0"));
  EXPECT_EQ(store_->GetSnapshot()->head(), 7u);
  EXPECT_THAT(Keys(Table::kMeta, "a", ""), ElementsAre("latest", "new", "only-0"));
  EXPECT_EQ(Get(Table::kMeta, "latest"), "overwritten twice");
}

TEST_P(StoreContract, ScanDoesNotSeeCommitsMadeWhileItRuns) {
  Batch batch;
  for (int n = 0; n < 200; n += 2) batch.Put(Table::kTrail, KeyOf(n), "old");
  Write(batch);
  std::vector<std::string> keys;
  const auto snapshot = store_->GetSnapshot();
  const absl::Status status =
      snapshot->Scan(Table::kTrail, "", "", [&](std::string_view key, std::string_view value) {
        keys.emplace_back(key);
        EXPECT_EQ(value, "old");
        if (keys.size() == 50) {
          Batch change;
          for (int n = 0; n < 200; n += 4) change.Erase(Table::kTrail, KeyOf(n));
          for (int n = 1; n < 200; n += 2) change.Put(Table::kTrail, KeyOf(n), "new");
          change.Put(Table::kTrail, KeyOf(198), "new");
          Write(change);
        }
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_EQ(keys.size(), 100u);
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(keys[i], KeyOf(2 * i));
  EXPECT_EQ(Keys(Table::kTrail, "", "").size(), 150u);
}

TEST_P(StoreContract, CommitsAllTablesAndTheHeadTogether) {
  for (int n = 0; n < 5; ++n) {
    ASSERT_TRUE(CommitNext(store_.get()).ok());
    ExpectWhole(*store_->GetSnapshot());
  }
  EXPECT_EQ(store_->GetSnapshot()->head(), 5u);
}

TEST_P(StoreContract, RefusesAMovedHeadAndWritesNothing) {
  ASSERT_TRUE(CommitNext(store_.get()).ok());
  for (const uint64_t wrong : {uint64_t{0}, uint64_t{2}, ~uint64_t{0}}) {
    const absl::Status status = store_->Commit(BatchOf(1), wrong, 2);
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
    EXPECT_EQ(ReasonOf(status), "STORE_HEAD_MOVED");
  }
  EXPECT_EQ(store_->GetSnapshot()->head(), 1u);
  ExpectWhole(*store_->GetSnapshot());
  // A refusal is not a failure: the store goes on.
  EXPECT_TRUE(CommitNext(store_.get()).ok());
  EXPECT_EQ(store_->GetSnapshot()->head(), 2u);
}

TEST_P(StoreContract, LaterWriteOfAKeyInOneBatchWins) {
  Batch batch;
  batch.Put(Table::kMeta, "a", "1");
  batch.Put(Table::kMeta, "a", "2");
  batch.Put(Table::kMeta, "b", "1");
  batch.Erase(Table::kMeta, "b");
  batch.Erase(Table::kMeta, "c");
  batch.Put(Table::kMeta, "c", "1");
  Write(batch);
  EXPECT_EQ(Get(Table::kMeta, "a"), "2");
  EXPECT_EQ(Get(Table::kMeta, "b"), "(none)");
  EXPECT_EQ(Get(Table::kMeta, "c"), "1");
  EXPECT_THAT(Keys(Table::kMeta, "", ""), ElementsAre("a", "c"));
}

TEST_P(StoreContract, TakesAnEmptyBatchAndLargeHeads) {
  const uint64_t large = (uint64_t{1} << 53) + 1;
  ASSERT_TRUE(store_->Commit(Batch(), 0, large).ok());
  EXPECT_EQ(store_->GetSnapshot()->head(), large);
  EXPECT_TRUE(store_->Commit(Batch(), large, large + 1).ok());
}

TEST_P(StoreContract, TakesALargeBatch) {
  constexpr uint64_t kKeys = 50'000;
  Batch batch;
  for (uint64_t n = 0; n < kKeys; ++n) {
    batch.Put(kAllTables[n % std::size(kAllTables)], KeyOf(n), ValueOf(Table::kRecords, n));
  }
  batch.Put(Table::kRecords, "large", std::string(8 << 20, 'x'));
  ASSERT_TRUE(store_->Commit(batch, 0, kKeys).ok());
  const auto snapshot = store_->GetSnapshot();
  EXPECT_EQ(snapshot->head(), kKeys);
  uint64_t found = 0;
  for (const Table table : kAllTables) found += Keys(*snapshot, table, "", "").size();
  EXPECT_EQ(found, kKeys + 1);
  EXPECT_EQ(Get(*snapshot, Table::kRecords, "large").size(), size_t{8} << 20);
  EXPECT_EQ(Get(*snapshot, kAllTables[40'001 % std::size(kAllTables)], KeyOf(40'001)),
            ValueOf(Table::kRecords, 40'001));
}

TEST_P(StoreContract, ReadersSeeWholeCommitsWhileOthersAreMade) {
  constexpr uint64_t kCommits = 200;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      uint64_t last = 0;
      do {
        const auto snapshot = store_->GetSnapshot();
        EXPECT_GE(snapshot->head(), last);
        last = snapshot->head();
        ExpectWhole(*snapshot);
      } while (!done && !HasFailure());
    });
  }
  for (uint64_t n = 0; n < kCommits && !HasFailure(); ++n) {
    const absl::Status status = CommitNext(store_.get());
    EXPECT_TRUE(status.ok()) << status;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(store_->GetSnapshot()->head(), kCommits);
}

TEST(TableName, IsOfItsOwnForEveryTable) {
  std::vector<std::string> names;
  for (const Table table : kAllTables) names.emplace_back(TableName(table));
  EXPECT_THAT(names, ElementsAre("records", "tiles", "entities", "postings", "trail", "requests",
                                 "checkpoints", "meta", "sheets", "attestations", "documents"));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         ::testing::Values(Backend{"Memory",
                                                   [](const TempDir&) { return MakeMemoryStore(); }},
                                           Backend{"Rocksdb",
                                                   [](const TempDir& dir) {
                                                     auto store = CreateRocksdb(dir / "store");
                                                     EXPECT_TRUE(store.ok()) << store.status();
                                                     return store.ok() ? *std::move(store) : nullptr;
                                                   }}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace fundledger::store
