// Sheets against the plain sum over all postings, on random logs with small blocks, so that blocks, levels,
// segments and sheets all occur.
#include "ledger/engine/sheets.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <random>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/sheet_check.h"
#include "ledger/engine/sheet_codec.h"
#include "ledger/engine/sheet_writer.h"
#include "ledger/store/memory.h"
#include "tests/support/faults.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using store::Table;

constexpr SheetOptions kSmall = {
    .block_postings = 5, .fan_out = 3, .level_max = 3, .segment_entries = 7, .sheet_postings = 20};
constexpr int32_t kFirstDay = 18000;

using Sums = std::map<books::Account, books::Balance>;

// A store whose records are numbers, with postings at random: days in order, late, or all over the years; two
// accounts or twenty; of any sign, and now and then so large that no sum of two fits 64 bits.
class RandomLog {
 public:
  explicit RandomLog(uint32_t seed) : random_(seed) {
    shape_ = static_cast<int>(seed % 3);
    accounts_ = 2 + Below(20);
  }

  // One more record, and what `writer` has ready with it.
  void Append(SheetWriter* writer) {
    store::Batch batch;
    storage::v1::Postings postings;
    const int count = Below(4) == 0 ? 0 : 1 + Below(6);
    for (int i = 0; i < count; ++i) *postings.add_postings() = Make();
    batch.Put(Table::kRecords, SequenceKey(size_), "record");
    if (count > 0) batch.Put(Table::kPostings, SequenceKey(size_), postings.SerializeAsString());
    if (writer != nullptr) writer->TakeWrites(&batch);
    ASSERT_EQ(store->Commit(batch, size_, size_ + 1), absl::OkStatus());
    ++size_;
    all_.push_back(postings);
    if (writer != nullptr) writer->Offer(store->GetSnapshot(), static_cast<size_t>(count));
  }

  // What a writer would have written by now, all of it or blocks alone.
  void BuildSheets(bool with_runs) {
    const auto snapshot = store->GetSnapshot();
    auto builder = SheetBuilder::Resume(*snapshot, kSmall);
    ASSERT_TRUE(builder.ok()) << builder.status();
    store::Batch batch;
    ASSERT_EQ(ScanPostings(*snapshot, builder->next_sequence(), size_,
                           [&](Sequence sequence, const storage::v1::Postings& postings) {
                             builder->Add(sequence, postings, &batch);
                             return true;
                           }),
              absl::OkStatus());
    ASSERT_EQ(store->Commit(batch, size_, size_), absl::OkStatus());
    if (!with_runs) return;
    for (int level = 1; level <= kSmall.level_max; ++level) {
      for (uint64_t i = 0; i < builder->blocks() / kSmall.BlocksOf(level); ++i) {
        store::Batch run;
        ASSERT_TRUE(BuildRun(*store->GetSnapshot(), kSmall, {level, i}, &run).value_or(false));
        ASSERT_EQ(store->Commit(run, size_, size_), absl::OkStatus());
      }
    }
  }

  Sums Slow(Sequence last, std::optional<int32_t> last_day) const {
    Sums sums;
    for (Sequence sequence = 0; sequence <= last && sequence < size_; ++sequence) {
      for (const storage::v1::Posting& posting : all_[sequence].postings()) {
        if (last_day.has_value() && posting.day() > *last_day) continue;
        books::AddPosting(posting, &sums[books::AccountOf(posting)]);
      }
    }
    return sums;
  }

  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }
  int32_t AnyDay() { return kFirstDay - 5 + Below(120); }
  uint64_t size() const { return size_; }

  std::unique_ptr<store::Store> store = store::MakeMemoryStore();

 private:
  storage::v1::Posting Make() {
    storage::v1::Posting posting;
    const int now = static_cast<int>(size_ / 4);
    const int day = shape_ == 0 ? now : shape_ == 1 ? now - Below(30) * (Below(5) == 0 ? 1 : 0) : Below(100);
    posting.set_day(kFirstDay + day);
    const int account = Below(accounts_);
    posting.set_fund(absl::StrCat("f", account % 3));
    if (account % 5 == 4) posting.set_programme(absl::StrCat("g", account));
    if (account % 5 < 3) posting.set_project(absl::StrCat("p", account));
    const int64_t fen =
        Below(50) == 0 ? std::numeric_limits<int64_t>::max() - Below(3) : Below(1'000'000) - 400'000;
    switch (Below(5)) {
      case 0:
        posting.set_available_fen(-fen);
        posting.set_reserved_fen(fen);
        break;
      case 1:
        posting.set_planned_fen(fen);
        posting.set_planned_initially_fen(fen);
        break;
      case 2:
        posting.set_source_fen(-fen);
        posting.set_unallocated_fen(fen);
        break;
      case 3:
        posting.set_outside_fen(fen);
        posting.set_loans_granted_fen(Below(10));
        posting.set_loans_repaid_fen(Below(10));
        break;
      default:  // a movement of nothing still shows
        break;
    }
    return posting;
  }

  std::mt19937 random_;
  int shape_ = 0;
  int accounts_ = 0;
  uint64_t size_ = 0;
  std::vector<storage::v1::Postings> all_;
};

void ExpectSame(const absl::StatusOr<books::Balances>& found, const Sums& expected) {
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->rows.size(), expected.size());
  auto at = expected.begin();
  for (const books::AccountBalance& row : found->rows) {
    EXPECT_EQ(*row.account, at->first);
    EXPECT_TRUE(*row.balance == at->second);
    ++at;
  }
}

void ExpectSums(RandomLog* log, const store::Snapshot& snapshot, SheetAccountCache* cache, int questions) {
  const SheetReader reader(snapshot, kSmall);
  for (int i = 0; i < questions; ++i) {
    const auto last = static_cast<Sequence>(log->Below(static_cast<int>(snapshot.head())));
    const std::optional<int32_t> day = i % 3 == 0 ? std::nullopt : std::optional<int32_t>(log->AnyDay());
    const Sequence asked = i % 4 == 0 ? snapshot.head() - 1 : last;
    SCOPED_TRACE(absl::StrCat("record ", asked, ", day ", day.value_or(-1)));
    ExpectSame(reader.Sum(asked, day, cache), log->Slow(asked, day));
  }
}

class RandomSheets : public ::testing::TestWithParam<uint32_t> {
 protected:
  RandomSheets() { RecordProperty("seed", static_cast<int>(GetParam())); }
};

TEST_P(RandomSheets, EverySumIsThatOfThePostings) {
  RandomLog log(GetParam());
  SheetAccountCache cache;
  std::vector<std::shared_ptr<const store::Snapshot>> earlier;
  for (int part = 0; part < 4; ++part) {
    for (int i = 0; i < 60; ++i) log.Append(nullptr);
    earlier.push_back(log.store->GetSnapshot());  // before its sheets exist
    log.BuildSheets(part % 2 == 1);
    ExpectSums(&log, *log.store->GetSnapshot(), &cache, 60);
  }
  // What a reader sees does not depend on what was kept since, nor on who shares the names.
  for (const auto& snapshot : earlier) ExpectSums(&log, *snapshot, &cache, 15);
  SheetAccountCache another;
  ExpectSums(&log, *earlier[0], &another, 15);
}

// All of a table, by key.
std::map<std::string, std::string> Sheets(const store::Store& store) {
  std::map<std::string, std::string> entries;
  EXPECT_TRUE(store.GetSnapshot()
                  ->Scan(Table::kSheets, "", "",
                         [&](std::string_view key, std::string_view value) {
                           entries.emplace(key, value);
                           return true;
                         })
                  .ok());
  return entries;
}

// A writer with the means to wait until it has something.
class WaitingWriter {
 public:
  WaitingWriter() : writer_(kSmall, [this] { Notify(); }) {}
  SheetWriter* get() { return &writer_; }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    came_.wait(lock, [this] { return ready_; });
    ready_ = false;
  }

 private:
  void Notify() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ready_ = true;
    came_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable came_;
  bool ready_ = false;
  SheetWriter writer_;
};

TEST_P(RandomSheets, TheWriterLeavesTheSameWhereverItIsInterrupted) {
  RandomLog log(GetParam());
  RandomLog at_once(GetParam());
  for (int i = 0; i < 200; ++i) at_once.Append(nullptr);
  at_once.BuildSheets(true);
  const auto expected = Sheets(*at_once.store);
  ASSERT_GT(expected.size(), 100u);

  int written = 0;
  while (log.size() < 200) {
    WaitingWriter writer;  // anew each time, as after a restart
    for (uint64_t i = 0; i < 37 && log.size() < 200; ++i) log.Append(writer.get());
  }
  // Until all is there: each state shows what was taken before.
  for (; Sheets(*log.store).size() < expected.size() && written < 1000; ++written) {
    WaitingWriter writer;
    writer.get()->Offer(log.store->GetSnapshot(), 0);
    for (int i = 0; i <= written % 3 && Sheets(*log.store).size() < expected.size(); ++i) {
      writer.Wait();
      store::Batch batch;
      writer.get()->TakeWrites(&batch);
      if (written % 7 == 3) break;  // taken, and lost in a crash
      ASSERT_EQ(log.store->Commit(batch, 200, 200), absl::OkStatus());
      writer.get()->Offer(log.store->GetSnapshot(), 0);
    }
  }
  EXPECT_EQ(Sheets(*log.store), expected);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSheets, ::testing::Range(1u, 13u));

TEST(SheetWriter, MakesAnewWhatTheStoreRefused) {
  RandomLog log(1);
  for (int i = 0; i < 20; ++i) log.Append(nullptr);
  WaitingWriter writer;
  writer.get()->Offer(log.store->GetSnapshot(), 0);
  writer.Wait();
  store::Batch lost;
  writer.get()->TakeWrites(&lost);
  ASSERT_FALSE(lost.writes().empty());
  // A snapshot may be passed over for a newer one, so the states go on until it has noticed.
  store::Batch again;
  while (again.writes().empty()) {
    writer.get()->Offer(log.store->GetSnapshot(), 0);
    std::this_thread::yield();
    writer.get()->TakeWrites(&again);
  }
  EXPECT_EQ(again.writes().front().key, lost.writes().front().key);
  EXPECT_EQ(again.writes().front().value, lost.writes().front().value);
}

// Whichever read it is that fails, once: it looks again, and leaves what it would have left.
TEST(SheetWriter, GoesOnAfterAReadThatFailed) {
  constexpr uint64_t kRecords = 60;
  RandomLog at_once(1);
  for (uint64_t i = 0; i < kRecords; ++i) at_once.Append(nullptr);
  at_once.BuildSheets(true);
  const auto expected = Sheets(*at_once.store);
  uint64_t n = 0;
  for (bool has_failed = true; has_failed; ++n) {
    SCOPED_TRACE(n);
    RandomLog log(1);
    for (uint64_t i = 0; i < kRecords; ++i) log.Append(nullptr);
    const auto plan = std::make_shared<test_support::FaultPlan>();
    const std::shared_ptr<store::Store> below = std::move(log.store);
    const auto faulty = test_support::WrapStore(below, plan);
    plan->FailReads(n, 1);
    SheetWriter writer(kSmall, [] {});
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (Sheets(*below).size() < expected.size()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "the writer does nothing more";
      writer.Offer(faulty->GetSnapshot(), 1);
      std::this_thread::yield();
      store::Batch batch;
      writer.TakeWrites(&batch);
      ASSERT_EQ(below->Commit(batch, kRecords, kRecords), absl::OkStatus());
    }
    EXPECT_EQ(Sheets(*below), expected);
    has_failed = plan->failed_reads() > 0;
  }
  EXPECT_GT(n, 5u);
}

TEST(SheetCodec, WritesTheseBytes) {
  SheetEncoder encoder;
  SheetEntry entry;
  entry.day = 18400;
  entry.account = 3;
  entry.balance[books::kAvailable] = -1000;
  entry.balance[books::kReserved] = 1000;
  encoder.Add(entry);
  entry.account = 5;
  encoder.Add(entry);
  entry.day = 18402;
  entry.account = 0;
  entry.balance = {};
  encoder.Add(entry);
  EXPECT_EQ(HexEncode(encoder.Finish()), "c09f0202040ccf0f00020ccf0f0004010100");
}

TEST(SheetCodec, RefusesDamage) {
  SheetEncoder encoder;
  SheetEntry entry;
  entry.day = 18400;
  entry.account = 3;
  entry.balance[books::kAvailable] = std::numeric_limits<int64_t>::min();
  entry.balance[books::kPaid] = __int128{std::numeric_limits<int64_t>::max()} * 1'000'000'000;
  encoder.Add(entry);
  const std::string good = encoder.Finish();
  SheetDecoder decoder(good);
  ASSERT_TRUE(decoder.Next());
  books::Balance balance{};
  decoder.AddTo(&balance);
  EXPECT_TRUE(balance == entry.balance);
  EXPECT_FALSE(decoder.Next());
  EXPECT_FALSE(decoder.is_damaged());
  for (size_t length = 1; length < good.size(); ++length) {
    SheetDecoder cut(std::string_view(good).substr(0, length));
    while (cut.Next()) {
    }
    EXPECT_TRUE(cut.is_damaged()) << length;
  }
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {  // any bytes are read to an end
    std::string bytes = good;
    for (int n = 0; n < 3; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
    SheetDecoder any(bytes);
    while (any.Next()) any.AddTo(&balance);
    balance = {};
  }
}

TEST(Sheets, SayWhatIsGone) {
  RandomLog log(2);
  for (int i = 0; i < 200; ++i) log.Append(nullptr);
  log.BuildSheets(true);
  const auto entries = Sheets(*log.store);
  int noticed = 0;
  for (const auto& [key, value] : entries) {
    store::Batch batch;
    batch.Put(Table::kSheets, key, "\xff\xff");
    ASSERT_EQ(log.store->Commit(batch, log.size(), log.size()), absl::OkStatus());
    SheetAccountCache cache;
    const auto snapshot = log.store->GetSnapshot();
    for (int32_t day = kFirstDay; day < kFirstDay + 100; day += 9) {
      const auto found = SheetReader(*snapshot, kSmall).Sum(log.size() - 1, day, &cache);
      if (found.ok()) {
        ExpectSame(found, log.Slow(log.size() - 1, day));  // it was not needed
      } else {
        EXPECT_EQ(ReasonOf(found.status()), "SHEET_DAMAGED");
        ++noticed;
      }
    }
    store::Batch back;
    back.Put(Table::kSheets, key, value);
    ASSERT_EQ(log.store->Commit(back, log.size(), log.size()), absl::OkStatus());
  }
  EXPECT_GT(noticed, 100);
}

std::vector<VerifyFinding> Check(const store::Store& store) {
  std::vector<VerifyFinding> found;
  Findings findings(&found);
  CheckSheets(*store.GetSnapshot(), kSmall, &findings);
  return found;
}

// One entry is spoiled and then put right again.
void Spoil(RandomLog* log, const std::string& key, std::optional<std::string> value, const auto& check) {
  const auto entries = Sheets(*log->store);
  const auto before = entries.find(key);
  store::Batch spoiled;
  if (value.has_value()) {
    spoiled.Put(Table::kSheets, key, *value);
  } else {
    spoiled.Erase(Table::kSheets, key);
  }
  ASSERT_EQ(log->store->Commit(spoiled, log->size(), log->size()), absl::OkStatus());
  check();
  store::Batch back;
  if (before == entries.end()) {
    back.Erase(Table::kSheets, key);
  } else {
    back.Put(Table::kSheets, key, before->second);
  }
  ASSERT_EQ(log->store->Commit(back, log->size(), log->size()), absl::OkStatus());
}

TEST(SheetCheck, FindsWhateverByteWasAltered) {
  RandomLog log(4);
  for (int i = 0; i < 60; ++i) log.Append(nullptr);
  EXPECT_TRUE(Check(*log.store).empty());  // none yet
  log.BuildSheets(false);
  EXPECT_TRUE(Check(*log.store).empty());  // no runs yet
  log.BuildSheets(true);
  EXPECT_TRUE(Check(*log.store).empty());
  for (const auto& [key, value] : Sheets(*log.store)) {
    SCOPED_TRACE(HexEncode(key));
    for (size_t i = key.size() % 3; i < value.size(); i += 7) {
      std::string altered = value;
      altered[i] = static_cast<char>(altered[i] ^ 1);
      Spoil(&log, key, altered, [&] {
        const auto findings = Check(*log.store);
        ASSERT_FALSE(findings.empty()) << i;
        EXPECT_EQ(findings[0].reason, "INDEX_ALTERED");
      });
    }
  }
}

TEST(SheetCheck, FindsWhatIsGoneAndWhatIsExtra) {
  RandomLog log(5);
  for (int i = 0; i < 120; ++i) log.Append(nullptr);
  log.BuildSheets(true);
  const auto builder = SheetBuilder::Resume(*log.store->GetSnapshot(), kSmall);
  for (const auto& [key, value] : Sheets(*log.store)) {
    SCOPED_TRACE(HexEncode(key));
    Spoil(&log, key, std::nullopt, [&, &key = key] {
      const auto findings = Check(*log.store);
      const bool is_upper = key[0] >= 3 && key[0] <= 5 && key[1] > 0;
      if (!is_upper || key[0] != 3) {
        EXPECT_FALSE(findings.empty());
      }
      for (const VerifyFinding& finding : findings)
        EXPECT_TRUE(finding.reason == "INDEX_MISSING" || finding.reason == "INDEX_EXTRA" ||
                    finding.reason == "INDEX_UNREADABLE")
            << finding.reason;
    });
    Spoil(&log, key + "x", value, [&] {
      const auto findings = Check(*log.store);
      ASSERT_EQ(findings.size(), 1u);
      EXPECT_EQ(findings[0].reason, "INDEX_EXTRA");
    });
  }
  for (const std::string& key : {SheetBlockKey(1'000'000), SheetKey(1'000'000), SheetRunKey({0, 1'000'000}),
                                 SheetRunKey({9, 0}), SheetAccountsKey(1'000'000), std::string("?")}) {
    Spoil(&log, key, "", [&] {
      const auto findings = Check(*log.store);
      ASSERT_FALSE(findings.empty());
      EXPECT_EQ(findings.back().reason, "INDEX_EXTRA");
    });
  }
}

}  // namespace
}  // namespace fundledger::engine
