// What the embedded store promises beyond the port: creating, opening, reading beside a writer.
#include "ledger/store/rocksdb.h"

#include <malloc.h>
#include <unistd.h>

#include "tests/contract/store/store_testing.h"

#include "gmock/gmock.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/perf_context.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/sst_file_reader.h"

namespace fundledger::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RocksdbTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Create() {
    auto store = CreateRocksdb(path_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  std::unique_ptr<Store> Open() {
    auto store = OpenRocksdb(path_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  void DropTable(const std::string& name) {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path_, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> tables;
    for (const std::string& each : names) tables.emplace_back(each, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, path_, tables, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      if (handle->GetName() == name) {
        EXPECT_TRUE(db->DropColumnFamily(handle).ok());
      }
      EXPECT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    }
  }

  TempDir dir_;
  const std::string path_ = dir_ / "store";
};

TEST_F(RocksdbTest, CreateTakesAnEmptyDirectory) {
  std::filesystem::create_directory(path_);
  EXPECT_NE(Create(), nullptr);
}

// What is not written out yet is found through iterators that RocksDB asks us for, and does not free.
TEST_F(RocksdbTest, ReadingWhatIsInMemoryTakesNoMemory) {
  const auto store = Create();
  ASSERT_TRUE(CommitNext(store.get()).ok());
  const auto snapshot = store->GetSnapshot();
  const auto read = [&](int times) {
    for (int i = 0; i < times; ++i) {
      EXPECT_TRUE(snapshot->Get(Table::kRecords, "no such key").ok());
      EXPECT_EQ(snapshot->FindMissing(Table::kRecords, {"no", "such key"}), std::vector<bool>({true, true}));
      EXPECT_TRUE(snapshot->Scan(Table::kRecords, "", "", [](auto, auto) { return true; }).ok());
    }
  };
  read(100);
  const size_t before = ::mallinfo2().uordblks;
  read(5'000);
  EXPECT_LT(::mallinfo2().uordblks, before + 50'000);
}

// RocksDB's own log must not be there to fail: on a full disk that ends the process.
TEST_F(RocksdbTest, KeepsNoInformationLog) {
  ASSERT_TRUE(CommitNext(Create().get()).ok());
  ASSERT_TRUE(CommitNext(Open().get()).ok());
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    EXPECT_FALSE(entry.path().filename().string().starts_with("LOG")) << entry.path();
}

TEST_F(RocksdbTest, CreateRefusesAnExistingStore) {
  CommitNext(Create().get()).IgnoreError();
  const auto before = Contents(path_);
  const auto again = CreateRocksdb(path_);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(again.status()), "STORE_EXISTS");
  EXPECT_EQ(Contents(path_), before);
}

TEST_F(RocksdbTest, CreateRefusesADirectoryWithOtherFiles) {
  std::filesystem::create_directory(path_);
  WriteFile(path_ + "/letter.txt", "dear");
  const auto before = Contents(path_);
  EXPECT_EQ(ReasonOf(CreateRocksdb(path_).status()), "STORE_EXISTS");
  EXPECT_EQ(Contents(path_), before);
}

// As an earlier release's is: whole, but without a table that came later. Nobody is to throw it away.
TEST_F(RocksdbTest, OpenKeepsAStoreThatLacksATable) {
  CommitNext(Create().get()).IgnoreError();
  DropTable("documents");
  const absl::Status opened = OpenRocksdb(path_).status();
  EXPECT_EQ(ReasonOf(opened), "STORE_OTHER_FORMAT") << opened;
  EXPECT_THAT(opened.message(), HasSubstr("holds 1 records: missing tables: documents; "));
  EXPECT_THAT(opened.message(), HasSubstr("Keep it"));
  // Who verifies looks at what there is, and calls it damage.
  std::string damage;
  const auto read = OpenRocksdbReadOnly(path_, &damage);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)->GetSnapshot()->head(), 1);
  EXPECT_THAT(damage, HasSubstr("missing tables: documents"));
}

TEST_F(RocksdbTest, OpenRefusesAMissingDirectoryAndMakesNone) {
  std::string damage;
  for (const auto& status : {OpenRocksdb(path_).status(), OpenRocksdbReadOnly(path_, &damage).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ReasonOf(status), "STORE_MISSING");
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(RocksdbTest, OpenRefusesADirectoryWithoutAStoreAndLeavesItAlone) {
  std::filesystem::create_directory(path_);
  std::string damage;
  EXPECT_EQ(ReasonOf(OpenRocksdb(path_).status()), "STORE_MISSING");
  EXPECT_EQ(ReasonOf(OpenRocksdbReadOnly(path_, &damage).status()), "STORE_MISSING");
  EXPECT_TRUE(Contents(path_).empty());
  WriteFile(path_ + "/letter.txt", "dear");
  const auto before = Contents(path_);
  EXPECT_EQ(ReasonOf(OpenRocksdb(path_).status()), "STORE_MISSING");
  EXPECT_EQ(ReasonOf(OpenRocksdbReadOnly(path_, &damage).status()), "STORE_MISSING");
  EXPECT_EQ(Contents(path_), before);
}

TEST_F(RocksdbTest, OpenCallsAStoreWithoutItsCurrentFileDamaged) {
  Create();
  std::filesystem::remove(path_ + "/CURRENT");
  const auto before = Contents(path_);
  EXPECT_EQ(ReasonOf(OpenRocksdb(path_).status()), "STORE_DAMAGED");
  EXPECT_EQ(ReasonOf(CreateRocksdb(path_).status()), "STORE_EXISTS");
  EXPECT_EQ(Contents(path_), before);
}

TEST_F(RocksdbTest, ReopenedItHoldsWhatWasCommitted) {
  auto store = Create();
  for (int round = 1; round <= 4; ++round) {
    for (int n = 0; n < 20; ++n) ASSERT_TRUE(CommitNext(store.get()).ok());
    store.reset();
    store = Open();
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(store->GetSnapshot()->head(), 20u * round);
    ExpectWhole(*store->GetSnapshot());
  }
}

TEST_F(RocksdbTest, ACleanStopLeavesNoLogToReplay) {
  auto store = Create();
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(CommitNext(store.get()).ok());
  store.reset();
  for (const auto& log : FilesEndingIn(path_, ".log")) EXPECT_EQ(std::filesystem::file_size(log), 0u) << log;
  EXPECT_FALSE(FilesEndingIn(path_, ".sst").empty());
}

// Blocks are packed, but in RocksDB's own format: its tools read them without this program.
TEST_F(RocksdbTest, ARecordIsFoundInTheFilesByRocksdbAlone) {
  auto store = Create();
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(CommitNext(store.get()).ok());
  store.reset();
  ASSERT_TRUE(CompactRocksdb(path_).ok());
  std::vector<std::string> found;
  for (const auto& sst : FilesEndingIn(path_, ".sst")) {
    rocksdb::SstFileReader reader{rocksdb::Options()};
    ASSERT_TRUE(reader.Open(sst).ok());
    if (reader.GetTableProperties()->column_family_name != TableName(Table::kRecords)) continue;
    const std::unique_ptr<rocksdb::Iterator> it(reader.NewIterator(rocksdb::ReadOptions()));
    it->Seek(KeyOf(7));
    ASSERT_TRUE(it->Valid());
    found.push_back(it->value().ToString());
  }
  EXPECT_THAT(found, ElementsAre(ValueOf(Table::kRecords, 7)));
}

TEST_F(RocksdbTest, CompactedItHoldsTheSameAndGoesOn) {
  auto store = Create();
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 20; ++n) ASSERT_TRUE(CommitNext(store.get()).ok());
    store.reset();
    ASSERT_TRUE(CompactRocksdb(path_).ok());
    store = Open();
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(store->GetSnapshot()->head(), 20u * (round + 1));
    ExpectWhole(*store->GetSnapshot());
  }
}

TEST_F(RocksdbTest, CompactedItTakesLessRoom) {
  auto store = Create();
  for (uint64_t n = 0; n < 40; ++n) {
    Batch batch;
    for (const Table table : {Table::kRecords, Table::kEntities, Table::kPostings, Table::kTrail}) {
      batch.Put(table, KeyOf(n), std::string(3000, static_cast<char>('a' + n % 7)));
    }
    ASSERT_TRUE(store->Commit(batch, n, n + 1).ok());
  }
  store.reset();
  ASSERT_TRUE(CompactRocksdb(path_).ok());
  uintmax_t bytes = 0;
  for (const auto& sst : FilesEndingIn(path_, ".sst")) bytes += std::filesystem::file_size(sst);
  EXPECT_LT(bytes, 40u * 4 * 3000 / 4);
}

// A filter in one piece, larger than what the cache takes, was read from the file and checksummed anew for
// every request: a ledger became seven times slower with its first million of references.
TEST_F(RocksdbTest, AFilterIsReadOnceHoweverManyKeysItHas) {
  constexpr uint64_t kCommits = 10;
  constexpr uint64_t kKeysEach = 50'000;
  const auto key = [](uint64_t n) {
    return absl::StrCat(absl::Hex(n * 0x9e3779b97f4a7c15, absl::kZeroPad16));
  };
  const RocksdbOptions options = {.block_cache_bytes = 8 << 20};
  {
    const auto store = Create();
    for (uint64_t commit = 0; commit < kCommits; ++commit) {
      Batch batch;
      for (uint64_t n = 0; n < kKeysEach; ++n) batch.Put(Table::kRequests, key(commit * kKeysEach + n), "");
      ASSERT_TRUE(store->Commit(batch, commit, commit + 1).ok());
    }
  }
  ASSERT_TRUE(CompactRocksdb(path_, options).ok());
  const auto store = OpenRocksdb(path_, options);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto snapshot = (*store)->GetSnapshot();
  const auto filter_reads = [&] {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    for (uint64_t n = 0; n < 1000; ++n) {
      const auto found = snapshot->Get(Table::kRequests, key(kCommits * kKeysEach + n));
      EXPECT_TRUE(found.ok() && !found->has_value());
    }
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    return rocksdb::get_perf_context()->filter_block_read_count;
  };
  EXPECT_GT(filter_reads(), 0);
  EXPECT_EQ(filter_reads(), 0);
}

TEST_F(RocksdbTest, CompactRefusesWhatIsOpenAndWhatIsNoStore) {
  EXPECT_EQ(ReasonOf(CompactRocksdb(path_)), "STORE_MISSING");
  EXPECT_FALSE(std::filesystem::exists(path_));
  const auto store = Create();
  ASSERT_TRUE(CommitNext(store.get()).ok());
  const auto before = Contents(path_);
  EXPECT_EQ(ReasonOf(CompactRocksdb(path_)), "STORE_LOCKED");
  EXPECT_EQ(Contents(path_), before);
}

TEST_F(RocksdbTest, ASecondHandleInThisProcessIsRefused) {
  const auto store = Create();
  ASSERT_TRUE(CommitNext(store.get()).ok());
  const auto before = Contents(path_);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto second = OpenRocksdb(path_);
    EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(second.status()), "STORE_LOCKED");
    EXPECT_THAT(std::string(second.status().message()),
                HasSubstr(absl::StrCat("this process, number ", ::getpid())));
  }
  EXPECT_EQ(Contents(path_), before) << "the refused handle touched the holder's files";
  EXPECT_TRUE(CommitNext(store.get()).ok());
}

TEST_F(RocksdbTest, ReadOnlyWritesNothingAndCommitsNothing) {
  auto store = Create();
  for (int n = 0; n < 10; ++n) ASSERT_TRUE(CommitNext(store.get()).ok());
  // Once beside the writer, with everything still in the log; once after its clean stop.
  for (int round = 0; round < 2; ++round) {
    const auto before = Contents(path_);
    std::string damage = "stale";
    auto reader = OpenRocksdbReadOnly(path_, &damage);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(damage, "");
    EXPECT_EQ((*reader)->GetSnapshot()->head(), 10u);
    ExpectWhole(*(*reader)->GetSnapshot());
    const absl::Status status = CommitNext(reader->get());
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ReasonOf(status), "STORE_STOPPED");
    reader->reset();
    EXPECT_EQ(Contents(path_), before);
    store.reset();
  }
}

TEST_F(RocksdbTest, AReaderKeepsItsMomentWhileTheWriterGoesOn) {
  auto store = Create();
  ASSERT_TRUE(CommitNext(store.get()).ok());
  std::string damage;
  const auto reader = OpenRocksdbReadOnly(path_, &damage);
  ASSERT_TRUE(reader.ok()) << reader.status();
  for (int n = 0; n < 10; ++n) ASSERT_TRUE(CommitNext(store.get()).ok());
  store.reset();  // flushes and removes the log
  store = Open();
  EXPECT_EQ((*reader)->GetSnapshot()->head(), 1u);
  ExpectWhole(*(*reader)->GetSnapshot());
  EXPECT_EQ(store->GetSnapshot()->head(), 11u);
}

}  // namespace
}  // namespace fundledger::store
