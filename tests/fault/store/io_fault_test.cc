// Every step of input and output fails in turn, before and after it took effect: the store stops, and
// reopened it holds the old or the new state, whole.
#include <iostream>

#include "ledger/store/rocksdb.h"
#include "tests/contract/store/store_testing.h"
#include "tests/fault/store/fault_file_system.h"

namespace fundledger::store {
namespace {

constexpr uint64_t kBefore = 3;   // commits before the faults
constexpr uint64_t kCommits = 3;  // commits among the faults

class IoFaultTest : public ::testing::Test {
 protected:
  struct Outcome {
    uint64_t acknowledged = 0;
    uint64_t attempted = 0;
  };

  // A store as a crash left it, so that opening it has work to do.
  void SetUp() override {
    auto store = CreateRocksdb(dir_ / "made");
    ASSERT_TRUE(store.ok()) << store.status();
    for (uint64_t n = 0; n < kBefore; ++n) ASSERT_TRUE(CommitNext(store->get()).ok());
    CopyDirectory(dir_ / "made", before_);
  }

  RocksdbOptions Options() const {
    RocksdbOptions options;
    options.env = files_->env();
    return options;
  }

  // Opens, commits, closes; checks that the store stops at the first error.
  Outcome OpenCommitClose() {
    Outcome outcome{kBefore, kBefore};
    auto store = OpenRocksdb(path_, Options());
    if (!store.ok()) {
      EXPECT_TRUE(files_->has_failed()) << store.status();
      return outcome;
    }
    while (outcome.attempted < kBefore + kCommits) {
      const absl::Status status = CommitNext(store->get());
      ++outcome.attempted;
      if (status.ok()) {
        outcome.acknowledged = outcome.attempted;
        ExpectWhole(*(*store)->GetSnapshot());
        continue;
      }
      EXPECT_TRUE(files_->has_failed()) << status;
      EXPECT_EQ(status.code(), absl::StatusCode::kUnknown) << status;
      EXPECT_EQ(ReasonOf(status), "STORE_OUTCOME_UNKNOWN");
      const absl::Status next = CommitNext(store->get());
      EXPECT_EQ(next.code(), absl::StatusCode::kFailedPrecondition) << next;
      EXPECT_EQ(ReasonOf(next), "STORE_STOPPED");
      // Readers keep the last state known to be committed.
      EXPECT_EQ((*store)->GetSnapshot()->head(), outcome.acknowledged);
      ExpectWhole(*(*store)->GetSnapshot());
      break;
    }
    EXPECT_EQ((*store)->GetSnapshot()->head(), outcome.acknowledged);
    return outcome;
  }

  // Runs with `fault`, reopens on a good disk and checks what is there; the number of steps.
  uint64_t Run(const Fault& fault, bool power_cut) {
    CopyDirectory(before_, path_);
    files_->Arm(fault);
    const Outcome outcome = OpenCommitClose();
    const uint64_t steps = files_->steps();
    files_->Arm(Fault());
    if (power_cut) files_->DropUnsynced();

    const auto store = OpenRocksdb(path_, Options());
    EXPECT_TRUE(store.ok()) << store.status();
    if (!store.ok()) return steps;
    const auto snapshot = (*store)->GetSnapshot();
    EXPECT_GE(snapshot->head(), outcome.acknowledged);
    EXPECT_LE(snapshot->head(), outcome.attempted);
    ExpectWhole(*snapshot);
    EXPECT_TRUE(CommitNext(store->get()).ok());
    return steps;
  }

  void RunAtEveryStep(Fault fault, bool power_cut) {
    const uint64_t steps = Run(Fault(), power_cut);
    ASSERT_GT(steps, 3 * kCommits);
    std::cout << steps << " steps\n";
    for (fault.step = 0; fault.step < steps && !HasFailure(); ++fault.step) {
      SCOPED_TRACE(absl::StrCat("step ", fault.step, " effect ", static_cast<int>(fault.effect), " kind ",
                                static_cast<int>(fault.kind)));
      Run(fault, power_cut);
    }
  }

  TempDir dir_{
      FastDirectory()};  // Which steps are taken is tested; what a sync does is the file system's part.
  const std::string before_ = dir_ / "before";
  const std::string path_ = dir_ / "store";
  const std::unique_ptr<FaultFileSystem> files_ = MakeFaultFileSystem();
};

TEST_F(IoFaultTest, StepFailsBeforeItTookEffect) {
  RunAtEveryStep({.effect = Fault::Effect::kBefore}, false);
}

TEST_F(IoFaultTest, StepFailsAfterItTookEffect) {
  RunAtEveryStep({.effect = Fault::Effect::kAfter}, false);
}

TEST_F(IoFaultTest, AppendIsTorn) {
  RunAtEveryStep({.effect = Fault::Effect::kTorn}, false);
}

// Errors after which RocksDB would go on by itself, were it let.
TEST_F(IoFaultTest, StepFailsInAWayThatCouldBeRetried) {
  RunAtEveryStep({.effect = Fault::Effect::kAfter, .kind = Fault::Kind::kRetryable}, false);
}

TEST_F(IoFaultTest, DiskIsFull) {
  RunAtEveryStep({.effect = Fault::Effect::kTorn, .kind = Fault::Kind::kNoSpace}, false);
}

TEST_F(IoFaultTest, DiskIsFullAfterTheFact) {
  RunAtEveryStep({.effect = Fault::Effect::kAfter, .kind = Fault::Kind::kNoSpace}, false);
}

TEST_F(IoFaultTest, PowerIsCutBeforeAStep) {
  RunAtEveryStep({.effect = Fault::Effect::kBefore, .for_good = true}, true);
}

TEST_F(IoFaultTest, PowerIsCutAfterAStep) {
  RunAtEveryStep({.effect = Fault::Effect::kAfter, .for_good = true}, true);
}

// A store whose creation failed is none: it is refused, or empty and in order.
TEST_F(IoFaultTest, CreationFailsAtAnyStep) {
  files_->Arm(Fault());
  ASSERT_TRUE(CreateRocksdb(dir_ / "counted", Options()).ok());
  const uint64_t steps = files_->steps();
  std::cout << steps << " steps\n";
  for (Fault fault{.step = 0, .for_good = true}; fault.step < steps; ++fault.step) {
    SCOPED_TRACE(absl::StrCat("step ", fault.step));
    std::filesystem::remove_all(path_);
    files_->Arm(fault);
    const bool created = CreateRocksdb(path_, Options()).ok();
    files_->Arm(Fault());
    const auto store = OpenRocksdb(path_, Options());
    if (created) {
      ASSERT_TRUE(store.ok()) << store.status();
    }
    if (store.ok()) {
      EXPECT_EQ((*store)->GetSnapshot()->head(), 0u);
      EXPECT_TRUE(CommitNext(store->get()).ok());
      ExpectWhole(*(*store)->GetSnapshot());
    } else {
      const std::string reason = ReasonOf(store.status());
      EXPECT_TRUE(reason == "STORE_MISSING" || reason == "STORE_DAMAGED") << store.status();
    }
  }
}

// A read that finds no descriptor says nothing of what is stored: nobody is to restore it. A file that is
// gone does.
TEST_F(IoFaultTest, AFailedReadIsDamageOnlyWhereTheFileIsGone) {
  const struct {
    ReadFault fault;
    absl::StatusCode code;
    std::string_view reason;
  } cases[] = {{ReadFault::kNoDescriptor, absl::StatusCode::kUnavailable, "STORE_UNREADABLE"},
               {ReadFault::kNoFile, absl::StatusCode::kDataLoss, "STORE_DAMAGED"}};
  for (const auto& each : cases) {
    SCOPED_TRACE(each.reason);
    CopyDirectory(before_, path_);
    files_->Arm(Fault());
    OpenRocksdb(path_, Options())->reset();  // what was in the log is in files now
    const auto store = OpenRocksdb(path_, Options());
    ASSERT_TRUE(store.ok()) << store.status();
    const auto snapshot = (*store)->GetSnapshot();
    files_->FailReads(each.fault);
    const absl::Status got = snapshot->Get(Table::kRecords, KeyOf(0)).status();
    EXPECT_EQ(got.code(), each.code) << got;
    EXPECT_EQ(ReasonOf(got), each.reason);
    const absl::Status scanned = Rows(*snapshot, Table::kRecords).status();
    EXPECT_EQ(scanned.code(), each.code) << scanned;
    EXPECT_EQ(ReasonOf(scanned), each.reason);
    EXPECT_EQ(snapshot->FindMissing(Table::kRecords, {KeyOf(0), KeyOf(1)}),
              std::vector<bool>({false, false}));
    files_->FailReads(ReadFault::kNone);
    ExpectWhole(*snapshot);
    EXPECT_TRUE(CommitNext(store->get()).ok());
  }
}

}  // namespace
}  // namespace fundledger::store
