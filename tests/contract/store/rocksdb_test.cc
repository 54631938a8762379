// What the embedded store promises beyond the port: creating, opening, reading beside a writer.
#include "ledger/store/rocksdb.h"

#include <unistd.h>

#include "tests/contract/store/store_testing.h"

#include "gmock/gmock.h"

namespace fundledger::store {
namespace {

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

  TempDir dir_;
  const std::string path_ = dir_ / "store";
};

TEST_F(RocksdbTest, CreateTakesAnEmptyDirectory) {
  std::filesystem::create_directory(path_);
  EXPECT_NE(Create(), nullptr);
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

TEST_F(RocksdbTest, ARecordIsFoundInTheFilesAsItIs) {
  auto store = Create();
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(CommitNext(store.get()).ok());
  store.reset();
  int found = 0;
  for (const auto& sst : FilesEndingIn(path_, ".sst")) {
    found += ReadFile(sst).find(ValueOf(Table::kRecords, 7)) != std::string::npos;
  }
  EXPECT_EQ(found, 1);
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
