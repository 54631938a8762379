// A mirror's engine: it takes what the log's own machine recorded, byte for byte, and nothing else.
#include "ledger/engine/follower.h"

#include <atomic>
#include <filesystem>
#include <future>

#include <sys/stat.h>

#include "ledger/base/status.h"
#include "ledger/engine/checkpoints.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/mirror_directory.h"
#include "ledger/engine/mirror_mark.h"
#include "ledger/engine/open.h"
#include "ledger/engine/promote.h"
#include "ledger/engine/verify.h"
#include "ledger/log/record.h"
#include "ledger/store/rocksdb.h"
#include "tests/integration/engine/follower_world.h"
#include "tests/support/faults.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using test_support::Fault;
using test_support::SubmitAndWait;
using test_support::World;

class FollowerTest : public FollowerWorld, public ::testing::WithParamInterface<v1::Suite> {
 protected:
  FollowerTest() : FollowerWorld(GetParam()) {}

  void SetUp() override {
    FollowerWorld::SetUp();
    if (HasFatalFailure()) return;
    const absl::Status staff = world_.RegisterStaff(primary_.get());
    ASSERT_TRUE(staff.ok()) << staff;
    for (int i = 0; i < 20; ++i) Register(absl::StrCat("v-", i));
  }
  std::vector<std::string> Records(uint64_t from, uint64_t end) const {
    std::vector<std::string> records;
    for (uint64_t i = from; i < end; ++i) records.push_back(*primary_->view()->Record(i));
    return records;
  }
  std::string NoteOf(uint64_t size) const {
    return (*LastCheckpoint(*primary_->view(), size - 1, size)).value().note;
  }
  std::unique_ptr<Follower> Create(uint64_t size) {
    auto follower = Follower::Create(Options(), Records(0, size), NoteOf(size));
    EXPECT_TRUE(follower.ok()) << follower.status();
    return follower.ok() ? *std::move(follower) : nullptr;
  }
  // The one that was made, on a store that fails as plan_ says.
  std::unique_ptr<Follower> OpenFaulty() {
    auto store = store::OpenRocksdb(directory_.Sub("mirror/db"));
    EXPECT_TRUE(store.ok()) << store.status();
    auto anchor = store::Anchor::Open(directory_.Sub("mirror/anchor"));
    EXPECT_TRUE(anchor.ok()) << anchor.status();
    if (!store.ok() || !anchor.ok()) return nullptr;
    store_ = *std::move(store);
    auto opened = OpenMirror(test_support::WrapStore(store_, plan_), *std::move(anchor));
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return nullptr;
    return std::make_unique<Follower>(Options(), std::move(opened->ledger), std::move(opened->log_keys));
  }
  static absl::Status KeepAndWait(Follower* follower) {
    std::promise<absl::Status> kept;
    follower->Keep({20, {"— witness line\n"}, {}}, [&](absl::Status status) { kept.set_value(status); });
    return kept.get_future().get();
  }

  std::shared_ptr<test_support::FaultPlan> plan_ = std::make_shared<test_support::FaultPlan>();
  std::shared_ptr<store::Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Suites, FollowerTest, ::testing::Values(v1::SUITE_INTERNATIONAL, v1::SUITE_SM));

TEST_P(FollowerTest, KeepsWhatTheLogHoldsAndVerifiesAsItsOwnMachineDoes) {
  auto follower = Create(1);
  uint64_t size = 1;
  for (const uint64_t end : {2, 3, 9, 10, 24}) {
    const AppendOutcome outcome = follower->Append(Records(size, end), NoteOf(end));
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    size = end;
    EXPECT_EQ(follower->view()->signed_checkpoint(), NoteOf(end));
    EXPECT_EQ(follower->view()->edge().Root(), *primary_->view()->RootAt(end));
  }
  follower.reset();
  ExpectVerifies();
}

TEST_P(FollowerTest, TakesEverythingInOneBatchAndGoesOnAfterItWasClosed) {
  Create(20).reset();
  auto opened = Follower::Open(Options());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->view()->size(), 20u);
  const uint64_t end = primary_->view()->size();
  const AppendOutcome outcome = (*opened)->Append(Records(20, end), NoteOf(end));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  opened->reset();
  ExpectVerifies();
}

// Whatever byte of whatever record was altered on the way, nothing of the batch is kept.
TEST_P(FollowerTest, RefusesARecordWithAnyByteAltered) {
  auto follower = Create(20);
  const std::vector<std::string> good = Records(20, 22);
  for (size_t i = 0; i < good[0].size(); ++i) {
    std::vector<std::string> records = good;
    records[0][i] = static_cast<char>(records[0][i] ^ 0x20);
    const AppendOutcome outcome = follower->Append(records, NoteOf(22));
    EXPECT_FALSE(outcome.status.ok()) << "byte " << i;
    EXPECT_TRUE(outcome.is_refuted) << "byte " << i;
    ASSERT_EQ(follower->view()->size(), 20u) << "byte " << i;
  }
  const AppendOutcome outcome = follower->Append(good, NoteOf(22));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
}

TEST_P(FollowerTest, RefusesRecordsThatAreMissingSwappedOrRepeated) {
  auto follower = Create(20);
  const std::vector<std::string> good = Records(20, 23);
  const auto reason = [&](const std::vector<std::string>& records, uint64_t end) {
    return ReasonOf(follower->Append(records, NoteOf(end)).status);
  };
  EXPECT_EQ(reason({good[1]}, 22), "SEQUENCE_WRONG");
  EXPECT_EQ(reason({good[1], good[0]}, 22), "SEQUENCE_WRONG");
  EXPECT_EQ(reason({good[0], good[0]}, 22), "SEQUENCE_WRONG");
  EXPECT_EQ(reason({good[0], good[1]}, 23), "CHECKPOINT_INVALID");
  EXPECT_EQ(reason({good[0], good[1]}, 21), "CHECKPOINT_INVALID");
  EXPECT_EQ(reason(good, 23), "");
}

// A root that the log's key signed over other records than were sent.
TEST_P(FollowerTest, RefusesACheckpointWithAnotherRootOrByAnotherKey) {
  auto follower = Create(20);
  const auto sign = [](uint64_t size, const Hash256& root, const crypto::Signer& key) {
    return *log::SignCheckpoint({std::string(World::kOrigin), size, root}, key);
  };
  const Hash256 other = log::LeafHash("other");
  AppendOutcome outcome = follower->Append(Records(20, 21), sign(21, other, *world_.log_key()));
  EXPECT_EQ(ReasonOf(outcome.status), "ROOT_MISMATCH");
  EXPECT_TRUE(outcome.is_refuted);
  const Hash256 root = *primary_->view()->RootAt(21);
  outcome = follower->Append(Records(20, 21), sign(21, root, *test_support::KeyOf("other")));
  EXPECT_EQ(ReasonOf(outcome.status), "CHECKPOINT_INVALID");
  EXPECT_EQ(ReasonOf(follower->Compare(sign(20, other, *world_.log_key())).status()), "ROOT_MISMATCH");
  EXPECT_TRUE(follower->Compare(NoteOf(20)).ok());
}

TEST_P(FollowerTest, TakesNoSubmissionsAndSaysWhere) {
  FollowOptions options = Options();
  options.origin_address = "ledger.example:7411";
  auto follower = Follower::Create(options, Records(0, 1), NoteOf(1));
  ASSERT_TRUE(follower.ok()) << follower.status();
  const auto answer = SubmitAndWait(follower->get(), "anything");
  EXPECT_EQ(ReasonOf(answer.status()), "MIRROR_READ_ONLY");
  EXPECT_NE(answer.status().ToString().find("ledger.example:7411"), std::string::npos);
  EXPECT_EQ(ReasonOf((*follower)->Check({"x"}).front().status), "MIRROR_READ_ONLY");
}

TEST_P(FollowerTest, IsNoLedgerOfItsOwnAndALedgerIsNoMirror) {
  Create(20).reset();
  engine::Options options = world_.OptionsAt(directory_.Sub("mirror"));
  EXPECT_EQ(ReasonOf(Engine::Open(options).status()), "LEDGER_IS_MIRROR");
  primary_->Stop();
  FollowOptions primary = Options();
  primary_.reset();
  primary.directory = directory_.Sub("ledger");
  EXPECT_EQ(ReasonOf(Follower::Open(primary).status()), "NOT_A_MIRROR");
  primary.directory = directory_.Sub("mirror");
  primary.ledger = log::LeafHash("another");
  EXPECT_EQ(ReasonOf(Follower::Open(primary).status()), "WRONG_LEDGER");
  primary.directory = directory_.Sub("none");
  EXPECT_EQ(ReasonOf(Follower::Open(primary).status()), "MIRROR_MISSING");
}

// A crash between store and anchor: the next start moves the anchor on.
TEST_P(FollowerTest, OpensWithAnAnchorThatIsABatchBehind) {
  auto follower = Create(20);
  std::filesystem::copy_file(directory_.Sub("mirror/anchor"), directory_.Sub("anchor"));
  ASSERT_TRUE(follower->Append(Records(20, 22), NoteOf(22)).status.ok());
  follower.reset();
  std::filesystem::rename(directory_.Sub("anchor"), directory_.Sub("mirror/anchor"));
  const auto opened = Follower::Open(Options());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->view()->size(), 22u);
}

TEST_P(FollowerTest, AnInterruptedCreationLeavesNothingInTheWay) {
  const auto make = [this](const std::string& name) {
    std::filesystem::create_directories(directory_.Sub("mirror"));
    std::filesystem::create_directories(directory_.Sub("mirror/" + name));
  };
  // Before anything was moved; after the store was.
  for (const std::string store : {".making/db", "db"}) {
    make(".making");
    make(store);
    EXPECT_EQ(ReasonOf(Follower::Open(Options()).status()), "MIRROR_MISSING") << store;
    EXPECT_NE(Create(3), nullptr) << store;
    EXPECT_FALSE(std::filesystem::exists(directory_.Sub("mirror/.making"))) << store;
    std::filesystem::remove_all(directory_.Sub("mirror"));
  }
  // After all was: it is made.
  Create(3).reset();
  make(".making");
  EXPECT_TRUE(Follower::Open(Options()).ok());
  EXPECT_FALSE(std::filesystem::exists(directory_.Sub("mirror/.making")));
}

// As a volume of its own is, which cannot be replaced by another directory.
TEST_P(FollowerTest, IsMadeInADirectoryThatIsThere) {
  std::filesystem::create_directories(directory_.Sub("mirror/lost+found"));
  struct stat before {};
  ASSERT_EQ(::stat(directory_.Sub("mirror").c_str(), &before), 0);
  EXPECT_EQ(ReasonOf(Follower::Open(Options()).status()), "MIRROR_MISSING");
  Create(3).reset();
  struct stat after {};
  ASSERT_EQ(::stat(directory_.Sub("mirror").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  ExpectVerifies();
  EXPECT_TRUE(Follower::Open(Options()).ok());
}

// As when the disk is full: it can be tried again, and nothing is left to whoever looks there.
TEST(MirrorDirectory, HoldsNothingOfACreationThatFailed) {
  const test_support::TemporaryDirectory directory;
  const std::filesystem::path mirror = directory.Sub("mirror");
  const auto fail = [](const std::filesystem::path& made) {
    std::filesystem::create_directory(made / "db");
    return absl::UnavailableError("the disk is full");
  };
  EXPECT_EQ(MakeMirror(mirror, fail).message(), "the disk is full");
  EXPECT_FALSE(std::filesystem::exists(mirror));
  std::filesystem::create_directory(mirror);
  EXPECT_EQ(MakeMirror(mirror, fail).message(), "the disk is full");
  EXPECT_TRUE(std::filesystem::is_empty(mirror));
  // Without an anchor it is not made.
  const auto half = [](const std::filesystem::path& made) {
    std::filesystem::create_directory(made / "db");
    return absl::OkStatus();
  };
  EXPECT_EQ(ReasonOf(MakeMirror(mirror, half)), "DIRECTORY_NOT_MADE");
  EXPECT_TRUE(std::filesystem::is_empty(mirror));
}

TEST_P(FollowerTest, IsNotMadeBesideAnythingElse) {
  std::filesystem::create_directories(directory_.Sub("mirror/db"));
  const auto follower = Follower::Create(Options(), Records(0, 1), NoteOf(1));
  EXPECT_EQ(ReasonOf(follower.status()), "LEDGER_EXISTS");
  EXPECT_TRUE(std::filesystem::exists(directory_.Sub("mirror/db")));
  EXPECT_FALSE(std::filesystem::exists(directory_.Sub("mirror/.making")));
}

TEST_P(FollowerTest, KeepsAttestationsWithoutRecords) {
  auto follower = Create(20);
  const absl::Status status = KeepAndWait(follower.get());
  EXPECT_TRUE(status.ok()) << status;
  const auto attested = ReadAttested(*follower->view(), 20);
  ASSERT_TRUE(attested.ok()) << attested.status();
  EXPECT_EQ(attested->checkpoint(), NoteOf(20) + "— witness line\n");
}

// A witness's word is the one bound below which nothing takes the ledger's place.
TEST_P(FollowerTest, IsPromotedAtTheWitnessedSizeAndNotBelow) {
  Create(20)->NoteSeen(NoteOf(24));
  const auto promote = [this](std::vector<std::string> witnessed) {
    return Promote({directory_.Sub("mirror"), Options().verifier_key, std::move(witnessed)});
  };
  EXPECT_EQ(ReasonOf(promote({NoteOf(3), NoteOf(21)}).status()), "MIRROR_BELOW_WITNESSED");
  const std::string forked =
      *log::SignCheckpoint({std::string(World::kOrigin), 20, log::LeafHash("other")}, *world_.log_key());
  EXPECT_EQ(ReasonOf(promote({forked}).status()), "MIRROR_CONTRADICTS_WITNESS");
  EXPECT_TRUE(Follower::Open(Options()).ok()) << "nothing was changed by what was refused";
  const auto promoted = promote({NoteOf(3), NoteOf(20)});
  ASSERT_TRUE(promoted.ok()) << promoted.status();
  EXPECT_EQ(promoted->size, 20u);
  EXPECT_EQ(ReasonOf(promote({}).status()), "NOT_A_MIRROR");
  EXPECT_EQ(ReasonOf(Follower::Open(Options()).status()), "NOT_A_MIRROR");
  ExpectVerifies();
  auto opened = Engine::Open(world_.OptionsAt(directory_.Sub("mirror")));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->view()->size(), 20u);
}

TEST_P(FollowerTest, KnowsWhatTheLostMachineHadSigned) {
  {
    auto follower = Create(20);
    follower->NoteSeen(NoteOf(24));
    ASSERT_TRUE(follower->Append(Records(20, 21), NoteOf(21)).status.ok());
  }
  const auto promoted = Promote({directory_.Sub("mirror"), Options().verifier_key, {}});
  ASSERT_TRUE(promoted.ok()) << promoted.status();
  EXPECT_EQ(promoted->size, 21u);
  EXPECT_EQ(promoted->seen_size, 24u);
}

TEST_P(FollowerTest, KeepsWhatItSawOverARestart) {
  {
    auto follower = Create(20);
    follower->NoteSeen(NoteOf(24));
    ASSERT_TRUE(follower->Append(Records(20, 21), NoteOf(21)).status.ok());
  }
  {
    auto opened = Follower::Open(Options());
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ((*opened)->seen(), NoteOf(24));
    ASSERT_TRUE((*opened)->Append(Records(21, 22), NoteOf(22)).status.ok());
  }
  const auto promoted = Promote({directory_.Sub("mirror"), Options().verifier_key, {}});
  ASSERT_TRUE(promoted.ok()) << promoted.status();
  EXPECT_EQ(promoted->seen_size, 24u);
}

// No record need come after it: what stops the ledger, or this mirror, must not make it forget.
TEST_P(FollowerTest, KeepsWhatItSawWithoutRecords) {
  Create(20)->NoteSeen(NoteOf(24));
  {
    auto opened = Follower::Open(Options());
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ((*opened)->seen(), NoteOf(24));
    // Not the smaller one, which says less.
    (*opened)->NoteSeen(NoteOf(22));
  }
  const auto promoted = Promote({directory_.Sub("mirror"), Options().verifier_key, {}});
  ASSERT_TRUE(promoted.ok()) << promoted.status();
  EXPECT_EQ(promoted->seen_size, 24u);
}

// Not only when it stops in order; and whoever follows is not kept waiting by the disk.
TEST_P(FollowerTest, WritesWhatItSawMeanwhile) {
  Create(20).reset();
  const auto follower = OpenFaulty();
  ASSERT_NE(follower, nullptr);
  std::promise<void> began;
  std::promise<void> go_on;
  std::atomic<int> commits = 0;
  plan_->SetBeforeCommit([&] {
    if (++commits != 1) return;
    began.set_value();
    go_on.get_future().wait();
  });
  follower->NoteSeen(NoteOf(22));
  began.get_future().wait();
  follower->NoteSeen(NoteOf(23));
  follower->NoteSeen(NoteOf(24));
  go_on.set_value();
  EXPECT_TRUE(KeepAndWait(follower.get()).ok()) << "committed behind what was seen, or with it";
  const auto mark = ReadMirrorMark(*store_->GetSnapshot());
  ASSERT_TRUE(mark.ok()) << mark.status();
  EXPECT_EQ(mark->seen, NoteOf(24));
}

TEST_P(FollowerTest, TriesAgainToWriteWhatItSaw) {
  Create(20).reset();
  auto follower = OpenFaulty();
  ASSERT_NE(follower, nullptr);
  std::promise<void> began;
  std::atomic<int> commits = 0;
  plan_->SetBeforeCommit([&] {
    if (++commits == 1) began.set_value();
  });
  plan_->FailNextCommit(Fault::kRefused);
  follower->NoteSeen(NoteOf(24));
  began.get_future().wait();
  EXPECT_TRUE(KeepAndWait(follower.get()).ok());
  follower->NoteSeen(NoteOf(24));
  follower.reset();
  const auto mark = ReadMirrorMark(*store_->GetSnapshot());
  ASSERT_TRUE(mark.ok()) << mark.status();
  EXPECT_EQ(mark->seen, NoteOf(24));
}

// Nobody waits until the mirror stops for what is known to be lost.
TEST_P(FollowerTest, RefusesWhatWaitsWhenItStopsWriting) {
  Create(20).reset();
  const auto follower = OpenFaulty();
  ASSERT_NE(follower, nullptr);
  std::promise<absl::Status> kept;
  std::atomic<int> commits = 0;
  plan_->SetBeforeCommit([&] {
    if (++commits != 1) return;
    follower->Keep({20, {"— witness line\n"}, {}}, [&](absl::Status status) { kept.set_value(status); });
  });
  plan_->FailNextCommit(Fault::kUnknownBefore);
  EXPECT_FALSE(follower->Append(Records(20, 21), NoteOf(21)).status.ok());
  EXPECT_EQ(ReasonOf(kept.get_future().get()), "LEDGER_READ_ONLY");
}

// Forgotten with the batch that reaches it, it would convict nobody.
TEST_P(FollowerTest, KeepsWhatItSawUntilItCanBeCompared) {
  const std::string other_face =
      *log::SignCheckpoint({std::string(World::kOrigin), 21, log::LeafHash("other")}, *world_.log_key());
  {
    auto follower = Create(20);
    follower->NoteSeen(other_face);
    ASSERT_TRUE(follower->Append(Records(20, 22), NoteOf(22)).status.ok());
  }
  auto opened = Follower::Open(Options());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->seen(), other_face);
  EXPECT_EQ(ReasonOf((*opened)->Compare((*opened)->seen()).status()), "ROOT_MISMATCH");
  ASSERT_TRUE((*opened)->Append(Records(22, 23), NoteOf(23)).status.ok());
  EXPECT_EQ((*opened)->seen(), "");
}

// A mirror whose own files are damaged must not accuse the ledger, for good, of what it sent.
TEST_P(FollowerTest, ItsOwnDamageIsNotTheLedgersFault) {
  Create(20).reset();
  {
    auto store = store::OpenRocksdb(directory_.Sub("mirror/db"));
    ASSERT_TRUE(store.ok()) << store.status();
    store::Batch batch;
    const auto damage = [&batch](std::string_view key, std::string_view) {
      const bool is_officer = key.front() == static_cast<char>(books::EntityKind::kOfficer);
      if (is_officer) batch.Put(store::Table::kEntities, std::string(key), "\xff\xff");
      return true;
    };
    ASSERT_TRUE((*store)->GetSnapshot()->Scan(store::Table::kEntities, "", "", damage).ok());
    ASSERT_TRUE((*store)->Commit(batch, 20, 20).ok());
  }
  auto opened = Follower::Open(Options());
  ASSERT_TRUE(opened.ok()) << opened.status();
  const AppendOutcome outcome = (*opened)->Append(Records(20, 21), NoteOf(21));
  EXPECT_EQ(ReasonOf(outcome.status), "ENTITY_DAMAGED") << outcome.status;
  EXPECT_FALSE(outcome.is_refuted);
}

// Nor one that is out of descriptors; and it need not be made anew.
TEST_P(FollowerTest, AReadThatFailedIsNobodysFault) {
  Create(20).reset();
  const std::shared_ptr<store::Store> below = *store::OpenRocksdb(directory_.Sub("mirror/db"));
  const auto plan = std::make_shared<test_support::FaultPlan>();
  auto opened =
      OpenMirror(test_support::WrapStore(below, plan), *store::Anchor::Open(directory_.Sub("mirror/anchor")));
  ASSERT_TRUE(opened.ok()) << opened.status();
  Follower follower(Options(), std::move(opened->ledger), std::move(opened->log_keys));
  AppendOutcome outcome;
  plan->FailReads(0, 1'000'000);
  outcome = follower.Append(Records(20, 21), NoteOf(21));
  EXPECT_EQ(ReasonOf(outcome.status), "STORE_UNREADABLE") << outcome.status;
  EXPECT_FALSE(outcome.is_refuted);
  plan->FailReads(0, 0);
  outcome = follower.Append(Records(20, 21), NoteOf(21));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
}

TEST_P(FollowerTest, IsNotPromotedWhenItDoesNotVerify) {
  Create(20).reset();
  {
    auto store = store::OpenRocksdb(directory_.Sub("mirror/db"));
    ASSERT_TRUE(store.ok()) << store.status();
    store::Batch batch;
    batch.Erase(store::Table::kTrail, TrailStoreKey({books::TrailDimension::kOfficer, "inspector"}, 1));
    batch.Put(store::Table::kTrail, TrailStoreKey({books::TrailDimension::kOfficer, "nobody"}, 1), "");
    ASSERT_TRUE((*store)->Commit(batch, 20, 20).ok());
  }
  EXPECT_EQ(ReasonOf(Promote({directory_.Sub("mirror"), Options().verifier_key, {}}).status()),
            "MIRROR_NOT_VERIFIED");
  EXPECT_TRUE(Follower::Open(Options()).ok());
}

}  // namespace
}  // namespace fundledger::engine
