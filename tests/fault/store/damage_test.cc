// Bytes of the store's files change or vanish: it says so, or gives up a tail as a whole; it never shows a
// state that was not committed.
#include <iostream>
#include <random>

#include "ledger/store/rocksdb.h"
#include "tests/contract/store/store_testing.h"

#include "gmock/gmock.h"

namespace fundledger::store {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kCommits = 60;
// RocksDB writes its log in blocks of this size. In the last one, a damaged length looks like an incomplete
// entry.
constexpr size_t kLogBlockBytes = 32768;

std::filesystem::path OnlyFileWith(const std::string& directory, std::string_view ending,
                                   std::string_view text) {
  for (const auto& path : FilesEndingIn(directory, ending)) {
    if (ReadFile(path).find(text) != std::string::npos) return path;
  }
  ADD_FAILURE() << "no file *" << ending << " holds the text";
  return {};
}

class DamageTest : public ::testing::Test {
 protected:
  // `crashed_` is a store as a crash left it, all in the log; `stopped_` one after a clean stop, all in SST
  // files.
  void SetUp() override {
    auto store = CreateRocksdb(stopped_);
    ASSERT_TRUE(store.ok()) << store.status();
    for (uint64_t n = 0; n < kCommits; ++n) ASSERT_TRUE(CommitNext(store->get()).ok());
    CopyDirectory(stopped_, crashed_);
    store->reset();
  }

  // Opens a copy of crashed_ whose log is `bytes`; the head, or the reason of the refusal.
  std::string HeadWithLog(std::string_view bytes) {
    const std::string copy = dir_ / "copy";
    CopyDirectory(crashed_, copy);
    WriteFile(OnlyFileWith(copy, ".log", "<records 30>"), bytes);
    const auto store = OpenRocksdb(copy);
    if (!store.ok()) return ReasonOf(store.status());
    ExpectWhole(*(*store)->GetSnapshot());
    return absl::StrCat((*store)->GetSnapshot()->head());
  }
  std::string Log() const { return ReadFile(OnlyFileWith(crashed_, ".log", "<records 30>")); }

  TempDir dir_;
  const std::string stopped_ = dir_ / "stopped";
  const std::string crashed_ = dir_ / "crashed";
};

TEST_F(DamageTest, ACrashLosesNothing) {
  EXPECT_EQ(HeadWithLog(Log()), absl::StrCat(kCommits));
}

TEST_F(DamageTest, AFlippedByteInTheMiddleOfTheLogIsRefused) {
  std::string bytes = Log();
  const size_t at = bytes.find("<records 30>");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 100] = static_cast<char>(bytes[at + 100] ^ 0x40);
  EXPECT_EQ(HeadWithLog(bytes), "STORE_DAMAGED");
}

TEST_F(DamageTest, NoFlippedByteOfTheLogGivesAStateThatWasNotCommitted) {
  const uint32_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  const std::string whole = Log();
  ASSERT_GT(whole.size(), 2 * kLogBlockBytes);
  const size_t last_block = (whole.size() - 1) / kLogBlockBytes * kLogBlockBytes;
  int refused = 0;
  for (int round = 0; round < 40; ++round) {
    std::string bytes = whole;
    const size_t at = std::uniform_int_distribution<size_t>(0, whole.size() - 1)(random);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    SCOPED_TRACE(absl::StrCat("seed ", seed, " byte ", at, " of ", whole.size()));
    const std::string outcome = HeadWithLog(bytes);
    refused += outcome == "STORE_DAMAGED";
    // Whole but shorter is possible in the last block alone: that is what the anchor is for.
    if (at < last_block) {
      EXPECT_EQ(outcome, "STORE_DAMAGED");
    }
  }
  EXPECT_GT(refused, 20);
}

TEST_F(DamageTest, ACutLogOpensWithAShorterHead) {
  const uint32_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  const std::string whole = Log();
  for (int round = 0; round < 20; ++round) {
    const size_t size = std::uniform_int_distribution<size_t>(1000, whole.size() - 1)(random);
    SCOPED_TRACE(absl::StrCat("seed ", seed, " size ", size, " of ", whole.size()));
    const std::string head = HeadWithLog(whole.substr(0, size));
    ASSERT_THAT(head, ::testing::MatchesRegex("[0-9]+"));
    EXPECT_LT(std::stoull(head), kCommits);
  }
}

TEST_F(DamageTest, AFlippedByteOfAStoredRecordIsDataLoss) {
  const std::string value = ValueOf(Table::kRecords, 30);
  const auto sst = OnlyFileWith(stopped_, ".sst", value);
  FlipByte(sst, ReadFile(sst).find(value) + 100);
  const auto store = OpenRocksdb(stopped_);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto snapshot = (*store)->GetSnapshot();
  const auto got = snapshot->Get(Table::kRecords, KeyOf(30));
  EXPECT_EQ(got.status().code(), absl::StatusCode::kDataLoss) << got.status();
  EXPECT_EQ(ReasonOf(got.status()), "STORE_DAMAGED");
  EXPECT_EQ(Rows(*snapshot, Table::kRecords).status().code(), absl::StatusCode::kDataLoss);
  // Other blocks and tables are as readable as before.
  EXPECT_TRUE(snapshot->Get(Table::kRecords, KeyOf(55)).ok());
  const auto rows = Rows(*snapshot, Table::kPostings);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, ExpectedRows(Table::kPostings, kCommits));
}

// Noise and repetition, as real values are: they pack to about half.
std::string PackingValueOf(Table table, uint64_t n) {
  return ValueOf(table, n) + std::string(300, static_cast<char>('a' + n % 7));
}

// What is wrong with what a damaged copy gives: nothing, unless it shows a value that was not written.
// `is_found` says whether anything was refused.
std::string ReadPacked(const Snapshot& snapshot, Table table, uint64_t rows, bool* is_found) {
  for (uint64_t n = 0; n < rows; ++n) {
    const auto got = snapshot.Get(table, KeyOf(n));
    if (!got.ok()) *is_found = true;
    if (!got.ok() && ReasonOf(got.status()) != "STORE_DAMAGED") return got.status().ToString();
    if (got.ok() && *got != PackingValueOf(table, n)) return absl::StrCat("row ", n, " is another");
  }
  return "";
}

TEST_F(DamageTest, NoFlippedByteOfPackedFilesGivesAValueThatWasNotWritten) {
  constexpr uint64_t kRows = 300;
  constexpr int kRounds = 60;
  constexpr Table kPacked[] = {Table::kRecords, Table::kEntities, Table::kPostings, Table::kTrail};
  const std::string packed = dir_ / "packed";
  auto store = CreateRocksdb(packed);
  ASSERT_TRUE(store.ok()) << store.status();
  Batch batch;
  for (const Table table : kPacked) {
    for (uint64_t n = 0; n < kRows; ++n) batch.Put(table, KeyOf(n), PackingValueOf(table, n));
  }
  ASSERT_TRUE((*store)->Commit(batch, 0, kRows).ok());
  store->reset();
  ASSERT_TRUE(CompactRocksdb(packed).ok());
  const uint32_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  int found_in_data = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string copy = dir_ / "copy";
    CopyDirectory(packed, copy);
    const Table table = kPacked[round % std::size(kPacked)];
    // The noise stands in the file as it was, so it tells the table.
    const auto sst = OnlyFileWith(copy, ".sst", ValueOf(table, 30).substr(100, 60));
    FlipByte(sst, random() % std::filesystem::file_size(sst));
    const auto damaged = OpenRocksdb(copy);
    if (!damaged.ok()) {
      EXPECT_EQ(ReasonOf(damaged.status()), "STORE_DAMAGED") << "seed " << seed;
      continue;
    }
    bool is_found = false;
    ASSERT_EQ(ReadPacked(*(*damaged)->GetSnapshot(), table, kRows, &is_found), "") << "seed " << seed;
    found_in_data += is_found;
  }
  // Nearly every byte of such a file is data.
  EXPECT_GT(found_in_data, kRounds / 2) << "seed " << seed;
}

TEST_F(DamageTest, AMissingFileIsRefused) {
  std::filesystem::remove(OnlyFileWith(stopped_, ".sst", "<records 30>"));
  EXPECT_EQ(ReasonOf(OpenRocksdb(stopped_).status()), "STORE_DAMAGED");
}

TEST_F(DamageTest, AFileOfAnotherMomentIsRefused) {
  // The same table's file from another store: right size of everything but the wrong identity.
  const std::string other = dir_ / "other";
  auto store = CreateRocksdb(other);
  ASSERT_TRUE(store.ok()) << store.status();
  for (uint64_t n = 0; n < kCommits; ++n) ASSERT_TRUE(CommitNext(store->get()).ok());
  store->reset();
  std::filesystem::copy_file(OnlyFileWith(other, ".sst", "<records 30>"),
                             OnlyFileWith(stopped_, ".sst", "<records 30>"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(ReasonOf(OpenRocksdb(stopped_).status()), "STORE_DAMAGED");
}

TEST_F(DamageTest, ADamagedManifestIsRefused) {
  for (const auto& path : FilesEndingIn(stopped_, "")) {
    if (path.filename().string().starts_with("MANIFEST-")) FlipByte(path, 100);
  }
  EXPECT_EQ(ReasonOf(OpenRocksdb(stopped_).status()), "STORE_DAMAGED");
  std::string damage;
  EXPECT_EQ(ReasonOf(OpenRocksdbReadOnly(stopped_, &damage).status()), "STORE_DAMAGED");
}

TEST_F(DamageTest, ReadOnlyReadsOnPastADamagedLogAndSaysWhatIsWrong) {
  const auto log = OnlyFileWith(crashed_, ".log", "<records 30>");
  FlipByte(log, ReadFile(log).find("<records 30>") + 100);
  const auto before = Contents(crashed_);
  std::string damage;
  const auto reader = OpenRocksdbReadOnly(crashed_, &damage);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT(damage, HasSubstr("orruption"));
  const auto snapshot = (*reader)->GetSnapshot();
  EXPECT_EQ(*snapshot->Get(Table::kRecords, KeyOf(29)), ValueOf(Table::kRecords, 29));
  EXPECT_EQ(*snapshot->Get(Table::kRecords, KeyOf(30)), std::nullopt);
  EXPECT_EQ(ReasonOf(CommitNext(reader->get())), "STORE_STOPPED");
  EXPECT_EQ(Contents(crashed_), before);
}

TEST_F(DamageTest, ReadOnlyReadsOnBesideAMissingOrCutFile) {
  for (const bool cut : {false, true}) {
    const std::string copy = dir_ / "copy";
    CopyDirectory(stopped_, copy);
    const auto sst = OnlyFileWith(copy, ".sst", "<records 30>");
    if (cut) {
      WriteFile(sst, ReadFile(sst).substr(0, 5000));
    } else {
      std::filesystem::remove(sst);
    }
    const auto before = Contents(copy);
    std::string damage;
    const auto reader = OpenRocksdbReadOnly(copy, &damage);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_NE(damage, "");
    const auto snapshot = (*reader)->GetSnapshot();
    EXPECT_EQ(snapshot->head(), kCommits);
    EXPECT_EQ(snapshot->Get(Table::kRecords, KeyOf(30)).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(*Rows(*snapshot, Table::kPostings), ExpectedRows(Table::kPostings, kCommits));
    EXPECT_EQ(Contents(copy), before);
  }
}

}  // namespace
}  // namespace fundledger::store
