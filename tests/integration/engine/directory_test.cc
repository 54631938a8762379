// Creating and opening a ledger's directory: never the one by way of the other, and never one that lost
// something.
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include <sys/syscall.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/layout.h"
#include "ledger/store/rocksdb.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

std::mutex synced_mutex;
std::set<std::string> synced;  // what was synced, by the name it had then

}  // namespace

// In the place of the C library's, to see what is synced.
extern "C" int fsync(int fd) {
  std::error_code error;
  const auto name = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
  const std::lock_guard lock(synced_mutex);
  synced.insert(name.string());
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace fundledger::engine {
namespace {

using absl::StatusCode;
using test_support::KeyOf;
using test_support::SubmitAndWait;
using test_support::TemporaryDirectory;
using test_support::World;

class Directory : public ::testing::Test {
 protected:
  absl::Status Create() { return Engine::Create(world_.CreateOptionsAt(ledger_)); }
  absl::StatusOr<std::unique_ptr<Engine>> Open() { return Engine::Open(world_.OptionsAt(ledger_)); }
  void Grow(int records) {
    auto engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    for (int i = 0; i < records; ++i) {
      const std::string envelope =
          world_.Seal(world_.Register(*(*engine)->view(), absl::StrCat("org-", next_organization_++)));
      ASSERT_TRUE(SubmitAndWait(engine->get(), envelope).ok());
    }
  }
  void ExpectOpenRefused(StatusCode code, std::string_view reason) {
    const absl::Status status = Open().status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason) << status;
  }

  World world_;
  TemporaryDirectory directory_;
  const std::string ledger_ = directory_.Sub("some/where/ledger");
  int next_organization_ = 0;
};

TEST_F(Directory, CreatesOnceAndOpensOften) {
  ExpectOpenRefused(StatusCode::kNotFound, "STORE_MISSING");
  EXPECT_FALSE(std::filesystem::exists(ledger_));
  ASSERT_TRUE(Create().ok());
  EXPECT_EQ(ReasonOf(Create()), "LEDGER_EXISTS");
  for (int i = 0; i < 3; ++i) {
    const auto engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    EXPECT_EQ((*engine)->view()->size(), 1u);
    EXPECT_EQ((*engine)->view()->checkpoint().origin, World::kOrigin);
    EXPECT_EQ(ReasonOf(Open().status()), "STORE_LOCKED");
  }
}

// A power cut must not take a level away with all that was synced below it.
TEST_F(Directory, IsDurableWithTheLevelsAboveIt) {
  ASSERT_TRUE(Create().ok());
  const std::filesystem::path top =
      std::filesystem::canonical(ledger_).parent_path().parent_path().parent_path();
  const std::lock_guard lock(synced_mutex);
  for (const char* level : {"", "some", "some/where", "some/where/ledger"}) {
    const std::string path = *level == '\0' ? top.string() : (top / level).string();
    EXPECT_TRUE(synced.contains(path)) << path;
  }
}

TEST_F(Directory, CreatesNothingOutOfWhatIsWrong) {
  auto options = world_.CreateOptionsAt(ledger_);
  options.log_key = KeyOf("another");
  EXPECT_EQ(ReasonOf(Engine::Create(options)), "LOG_KEY_MISMATCH");
  options.log_key = nullptr;
  EXPECT_EQ(ReasonOf(Engine::Create(options)), "LOG_KEY_MISMATCH");
  options = world_.CreateOptionsAt(ledger_);
  options.genesis_envelope.back() ^= 1;
  EXPECT_EQ(ReasonOf(Engine::Create(options)), "SIGNATURE_INVALID");
  options.genesis_envelope = "nothing";
  EXPECT_EQ(ReasonOf(Engine::Create(options)), "ENVELOPE_MALFORMED");
  v1::Submission submission;
  submission.set_ledger(std::string(32, 'x'));
  submission.set_officer(std::string(World::kAdmin));
  submission.set_request_id(std::string(16, 'r'));
  submission.mutable_seen()->set_size(1);
  submission.mutable_seen()->set_root(std::string(32, 'x'));
  submission.add_actions()->mutable_register_task_group();
  options.genesis_envelope = world_.Seal(submission);
  EXPECT_EQ(ReasonOf(Engine::Create(options)), "GENESIS_MISPLACED");
  EXPECT_FALSE(std::filesystem::exists(ledger_));

  std::filesystem::create_directories(ledger_);
  std::ofstream(ledger_ + "/letter") << "hello";
  EXPECT_EQ(ReasonOf(Create()), "LEDGER_EXISTS");
}

TEST_F(Directory, MakesNoGenesisThatTheRulesRefuse) {
  const auto admin = KeyOf(World::kAdmin);
  const auto other = KeyOf(World::kOtherAdmin);
  v1::Genesis genesis = world_.genesis();
  const std::string request_id(16, 'r');
  EXPECT_TRUE(MakeGenesis(genesis, request_id, *world_.log_key(), {admin.get(), other.get()}).ok());
  EXPECT_EQ(ReasonOf(MakeGenesis(genesis, request_id, *world_.log_key(), {admin.get()}).status()),
            "GENESIS_KEYS_MISSING");
  EXPECT_EQ(
      ReasonOf(MakeGenesis(genesis, request_id, *world_.log_key(), {other.get(), admin.get()}).status()),
      "SIGNATURE_INVALID");
  EXPECT_EQ(ReasonOf(MakeGenesis(genesis, "short", *world_.log_key(), {admin.get(), other.get()}).status()),
            "REQUEST_ID_MALFORMED");
  genesis.set_origin("a b");
  const absl::Status status =
      MakeGenesis(genesis, request_id, *world_.log_key(), {admin.get(), other.get()}).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "GENESIS_INVALID");
}

TEST_F(Directory, IsNotOpenedWithoutItsAnchor) {
  ASSERT_TRUE(Create().ok());
  std::filesystem::remove(ledger_ + "/anchor");
  ExpectOpenRefused(StatusCode::kNotFound, "ANCHOR_MISSING");
}

TEST_F(Directory, IsNotOpenedOnAnOldCopyOfItsStore) {
  ASSERT_TRUE(Create().ok());
  Grow(2);
  const std::string copy = directory_.Sub("copy");
  std::filesystem::copy(ledger_ + "/db", copy, std::filesystem::copy_options::recursive);
  Grow(2);
  std::filesystem::remove_all(ledger_ + "/db");
  std::filesystem::copy(copy, ledger_ + "/db", std::filesystem::copy_options::recursive);
  ExpectOpenRefused(StatusCode::kDataLoss, "STORE_BEHIND_ANCHOR");
}

TEST_F(Directory, IsNotOpenedWhenARecordOfItsEndWasAltered) {
  ASSERT_TRUE(Create().ok());
  Grow(5);
  {
    auto store = store::OpenRocksdb(ledger_ + "/db");
    ASSERT_TRUE(store.ok());
    std::string record = **(*store)->GetSnapshot()->Get(store::Table::kRecords, SequenceKey(3));
    record[40] ^= 1;
    store::Batch batch;
    batch.Put(store::Table::kRecords, SequenceKey(3), record);
    ASSERT_TRUE((*store)->Commit(batch, 6, 6).ok());
  }
  ExpectOpenRefused(StatusCode::kDataLoss, "STORE_CONTRADICTS_ANCHOR");
}

TEST_F(Directory, TakesUpTheTreeAcrossFullTiles) {
  ASSERT_TRUE(Create().ok());
  for (const int records : {254, 1, 1, 255}) {
    Grow(records);
    const auto engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
  }
  const auto engine = Open();
  const auto view = (*engine)->view();
  EXPECT_EQ(view->size(), 512u);
  const auto old_root = view->RootAt(256);
  const auto proof = view->ConsistencyProof(256, 512);
  ASSERT_TRUE(old_root.ok() && proof.ok());
  EXPECT_TRUE(log::VerifyConsistency(256, 512, *old_root, view->checkpoint().root, *proof).ok());
  EXPECT_EQ(view->InclusionProof(0, 513).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(view->ConsistencyProof(1, 513).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(view->RootAt(513).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(ReasonOf(view->Record(512).status()), "RECORD_NOT_FOUND");
  EXPECT_EQ(view->TileHashes(0, 1)->size(), 8192u);
  EXPECT_EQ(view->TileHashes(1, 0)->size(), 64u);
  EXPECT_EQ(ReasonOf(view->TileHashes(0, 2).status()), "TILE_NOT_FOUND");
}

TEST_F(Directory, ListsTrailsByIdAndTime) {
  ASSERT_TRUE(Create().ok());
  const auto engine = Open();
  for (int i = 0; i < 6; ++i) {
    world_.clock.Advance(1'000'000);
    ASSERT_TRUE(SubmitAndWait(engine->get(),
                              world_.Seal(world_.Register(*(*engine)->view(), absl::StrCat("org-", i))))
                    .ok());
  }
  const auto view = (*engine)->view();
  const int64_t start_us = test_support::TestClock::kStartUs;
  using Sequences = std::vector<Sequence>;
  const books::TrailKey officer{books::TrailDimension::kOfficer, std::string(World::kAdmin)};
  EXPECT_EQ(*view->Trail({officer, 0, 0}, 0, 100), (Sequences{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(*view->Trail({officer, 0, 0}, 2, 3), (Sequences{2, 3, 4}));
  EXPECT_EQ(*view->Trail({officer, start_us + 2'000'000, start_us + 4'000'000}, 0, 100), (Sequences{2, 3}));
  EXPECT_EQ(*view->Trail({std::nullopt, start_us + 4'000'001, 0}, 0, 100), (Sequences{5, 6}));
  EXPECT_EQ(*view->Trail({{{books::TrailDimension::kOrganization, "org-2"}}, 0, 0}, 0, 100), (Sequences{3}));
  EXPECT_EQ(*view->Trail({{{books::TrailDimension::kOrganization, "org-"}}, 0, 0}, 0, 100), Sequences{});
  uint64_t visited = 0;
  ASSERT_TRUE(view->ScanRecords(3, [&](Sequence, std::string_view) { return ++visited < 2; }).ok());
  EXPECT_EQ(visited, 2u);
  std::vector<std::string> ids;
  ASSERT_TRUE(view->Scan(books::EntityKind::kOrganization, "org-", "org-3",
                         [&](std::string_view id, const auto&) {
                           ids.emplace_back(id);
                           return true;
                         })
                  .ok());
  EXPECT_EQ(ids, (std::vector<std::string>{"org-3", "org-4", "org-5"}));
}

}  // namespace
}  // namespace fundledger::engine
