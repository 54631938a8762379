// What others said of checkpoints: kept beside the log, merged, and gone with no crash.
#include "ledger/engine/attestations.h"

#include <atomic>
#include <future>
#include <limits>
#include <thread>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/create.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/open.h"
#include "ledger/engine/verify_store.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/note.h"
#include "ledger/store/memory.h"
#include "tests/support/faults.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using test_support::Fault;
using test_support::FaultPlan;
using test_support::KeyOf;
using test_support::SubmitAndWait;
using test_support::World;
using testing::ElementsAre;

class Attestations : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto first = MakeFirstRecord(world_.CreateOptionsAt(""));
    ASSERT_TRUE(first.ok()) << first.status();
    ASSERT_TRUE(store_->Commit(first->batch, 0, 1).ok());
    *anchor_ = first->signed_checkpoint;
    Open();
  }
  void Open() {
    engine_.reset();
    auto engine = OpenOn(test_support::WrapStore(store_, plan_), test_support::MakeAnchor(anchor_, plan_),
                         world_.OptionsAt(""));
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  void Grow(int records) {
    for (int i = 0; i < records; ++i) {
      const std::string id = "org-" + std::to_string(next_++);
      const auto receipt = SubmitAndWait(engine_.get(), world_.Seal(world_.Register(*engine_->view(), id)));
      ASSERT_TRUE(receipt.ok()) << receipt.status();
    }
  }

  std::future<absl::Status> KeepLater(Attestation attestation) {
    const auto promise = std::make_shared<std::promise<absl::Status>>();
    engine_->Keep(std::move(attestation),
                  [promise](absl::Status status) { promise->set_value(std::move(status)); });
    return promise->get_future();
  }
  absl::Status Keep(uint64_t size, std::vector<std::string> lines) {
    return KeepLater({.size = size, .cosignatures = std::move(lines), .time_stamps = {}}).get();
  }
  // A good cosignature of the checkpoint of `size`.
  std::string LineBy(const std::string& witness, uint64_t size, uint64_t time_s) {
    const auto attested = ReadAttested(*engine_->view(), size);
    EXPECT_TRUE(attested.ok()) << attested.status();
    return *log::Cosign(log::ParseNote(attested->checkpoint())->text, time_s, witness, *KeyOf(witness));
  }
  // Who cosigned the checkpoint of `size`, and when, as a client sees it: all verified.
  std::vector<std::pair<std::string, uint64_t>> CosignersOf(uint64_t size) {
    const auto attested = ReadAttested(*engine_->view(), size);
    EXPECT_TRUE(attested.ok()) << attested.status();
    const auto checkpoint = log::OpenCheckpoint(attested->checkpoint(), world_.verifier());
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->size, size);
    std::vector<log::WitnessVerifier> known;
    for (const char* name : {"w.a", "w.b", "w.c"}) {
      known.push_back(*log::WitnessVerifier::Parse(log::WitnessKey(name, KeyOf(name)->public_key())));
    }
    const auto cosignatures = log::OpenCosignatures(*log::ParseNote(attested->checkpoint()), known);
    EXPECT_TRUE(cosignatures.ok()) << cosignatures.status();
    std::vector<std::pair<std::string, uint64_t>> cosigners;
    for (const log::Cosignature& each : *cosignatures) cosigners.emplace_back(each.name, each.time_s);
    return cosigners;
  }
  std::vector<uint64_t> AttestedSizes(uint64_t size_min, uint64_t size_max) {
    std::vector<uint64_t> sizes;
    EXPECT_TRUE(ScanAttested(*engine_->view(), size_min, size_max, [&](uint64_t size, const auto&) {
                  sizes.push_back(size);
                  return true;
                }).ok());
    return sizes;
  }
  VerifyReport Verify() {
    const auto snapshot = store_->GetSnapshot();
    VerifySource source;
    source.snapshot = snapshot.get();
    source.anchor = *anchor_;
    return *VerifyStore(source, {});
  }
  // One write past the engine.
  void Put(const std::string& key, const std::string& value) {
    store::Batch batch;
    batch.Put(store::Table::kAttestations, key, value);
    const uint64_t head = store_->GetSnapshot()->head();
    ASSERT_TRUE(store_->Commit(batch, head, head).ok());
  }
  void ExpectFound(const std::string& reason, const std::string& part) {
    const VerifyReport report = Verify();
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].reason, reason);
    EXPECT_THAT(report.findings[0].message, testing::HasSubstr(part));
  }

  World world_;
  int next_ = 1;
  std::shared_ptr<store::Store> store_ = store::MakeMemoryStore();
  std::shared_ptr<std::string> anchor_ = std::make_shared<std::string>();
  std::shared_ptr<FaultPlan> plan_ = std::make_shared<FaultPlan>();
  std::unique_ptr<Engine> engine_;
};

TEST_F(Attestations, AreReadWithTheirCheckpointAndStayAfterARestart) {
  Grow(3);
  ASSERT_TRUE(Keep(4, {LineBy("w.a", 4, 100)}).ok());
  EXPECT_THAT(CosignersOf(4), ElementsAre(std::pair("w.a", 100)));
  Grow(1);
  EXPECT_THAT(CosignersOf(4), ElementsAre(std::pair("w.a", 100)));
  EXPECT_THAT(CosignersOf(5), ElementsAre());
  Open();
  EXPECT_THAT(CosignersOf(4), ElementsAre(std::pair("w.a", 100)));
  EXPECT_TRUE(Verify().ok());
}

TEST_F(Attestations, OfOneKeyTheLaterStays) {
  ASSERT_TRUE(Keep(1, {LineBy("w.b", 1, 100)}).ok());
  ASSERT_TRUE(Keep(1, {LineBy("w.a", 1, 200)}).ok());
  ASSERT_TRUE(Keep(1, {LineBy("w.b", 1, 300), LineBy("w.c", 1, 50)}).ok());
  EXPECT_THAT(CosignersOf(1),
              ElementsAre(std::pair("w.a", 200), std::pair("w.b", 300), std::pair("w.c", 50)));
  Attestation stamps;
  stamps.size = 1;
  for (const char* authority : {"z", "a"}) {
    stamps.time_stamps.emplace_back();
    stamps.time_stamps.back().set_authority(authority);
    stamps.time_stamps.back().set_response(absl::StrCat("first of ", authority));
  }
  ASSERT_TRUE(KeepLater(stamps).get().ok());
  stamps.time_stamps[0].set_response("second");
  stamps.time_stamps.pop_back();
  ASSERT_TRUE(KeepLater(stamps).get().ok());
  const auto attested = ReadAttested(*engine_->view(), 1);
  ASSERT_EQ(attested->time_stamps_size(), 2);
  EXPECT_EQ(attested->time_stamps(0).response(), "first of a");
  EXPECT_EQ(attested->time_stamps(1).response(), "second");
  EXPECT_EQ(CosignersOf(1).size(), 3u) << "stamps leave cosignatures alone";
  EXPECT_TRUE(Verify().ok());
}

TEST_F(Attestations, WaitingTogetherAreMergedInOneCommit) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<int> commits = 0;
  plan_->SetBeforeCommit([&] {
    if (++commits == 1) {
      entered.set_value();
      go_on.get_future().wait();
    }
  });
  std::vector<std::future<absl::Status>> kept;
  const std::string a = LineBy("w.a", 1, 1);
  const std::string b = LineBy("w.b", 1, 2);
  const std::string later = LineBy("w.a", 1, 3);
  kept.push_back(KeepLater({.size = 1, .cosignatures = {a}, .time_stamps = {}}));
  entered.get_future().wait();  // the first is being committed; what comes now makes one commit
  kept.push_back(KeepLater({.size = 1, .cosignatures = {b}, .time_stamps = {}}));
  kept.push_back(KeepLater({.size = 1, .cosignatures = {later}, .time_stamps = {}}));
  go_on.set_value();
  for (auto& each : kept) EXPECT_TRUE(each.get().ok());
  EXPECT_THAT(CosignersOf(1), ElementsAre(std::pair("w.a", 3), std::pair("w.b", 2)));
  EXPECT_EQ(commits, 2);
}

// Submissions and attestations from several threads at once: none is lost, and none holds up another.
TEST_F(Attestations, AreKeptUnderLoad) {
  constexpr int kEach = 40;
  Grow(1);
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (const char* witness : {"w.a", "w.b", "w.c"}) {
    threads.emplace_back([&, witness] {
      for (uint64_t i = 1; i <= kEach; ++i) {
        const auto view = engine_->view();
        const std::string line =
            *log::Cosign(log::ParseNote(view->signed_checkpoint())->text, i, witness, *KeyOf(witness));
        if (!Keep(view->size(), {line}).ok()) ++failed;
        // On disk and in the latest view when it is heard.
        if (ReadAttested(*engine_->view(), view->size())->checkpoint().find(line) == std::string::npos)
          ++failed;
      }
    });
  }
  Grow(kEach);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  Open();
  EXPECT_FALSE(AttestedSizes(0, std::numeric_limits<uint64_t>::max() - 1).empty());
  EXPECT_TRUE(Verify().ok());
}

// Whoever asks while the engine stops hears something too, and what was said to be kept is there.
TEST_F(Attestations, AreAllAnsweredAlthoughItStops) {
  const std::string line = LineBy("w.a", 1, 1);
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> asked = 0;
    const auto answered = std::make_shared<std::atomic<int>>(0);
    std::atomic<bool> is_refused = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&, answered] {
        while (!is_refused) {
          ++asked;
          engine_->Keep({.size = 1, .cosignatures = {line}, .time_stamps = {}},
                        [answered, &is_refused](const absl::Status& status) {
                          if (!status.ok()) is_refused = true;
                          ++*answered;
                        });
        }
      });
    }
    engine_->Stop();
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(*answered, asked) << "round " << round;
    Open();
  }
}

TEST_F(Attestations, AreListedBySize) {
  Grow(5);
  for (const uint64_t size : {6u, 2u, 4u}) ASSERT_TRUE(Keep(size, {LineBy("w.a", size, size)}).ok());
  EXPECT_THAT(AttestedSizes(0, 1000), ElementsAre(2, 4, 6));
  EXPECT_THAT(AttestedSizes(3, 5), ElementsAre(4));
  EXPECT_THAT(AttestedSizes(4, 6), ElementsAre(4, 6));
  EXPECT_THAT(AttestedSizes(7, 1000), ElementsAre());
  int visited = 0;
  ASSERT_TRUE(
      ScanAttested(*engine_->view(), 0, 1000, [&](uint64_t, const auto&) { return ++visited < 2; }).ok());
  EXPECT_EQ(visited, 2);
}

TEST_F(Attestations, AnOldViewShowsNoLaterCheckpoint) {
  const auto before = engine_->view();
  Grow(1);
  ASSERT_TRUE(Keep(2, {LineBy("w.a", 2, 1)}).ok());
  EXPECT_EQ(ReasonOf(ReadAttested(*before, 2).status()), "CHECKPOINT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(ReadAttested(*engine_->view(), 3).status()), "CHECKPOINT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(ReadAttested(*engine_->view(), 0).status()), "CHECKPOINT_NOT_FOUND");
}

TEST_F(Attestations, ARefusedCommitIsSaidAndMayBeRepeated) {
  const std::string line = LineBy("w.a", 1, 1);
  plan_->FailNextCommit(Fault::kRefused);
  const absl::Status refused = Keep(1, {line});
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  EXPECT_TRUE(CosignersOf(1).empty());
  EXPECT_TRUE(engine_->write_status().ok());
  EXPECT_TRUE(Keep(1, {line}).ok());
  EXPECT_EQ(CosignersOf(1).size(), 1u);
}

TEST_F(Attestations, AnUnknownCommitStopsWritingAndARestartTells) {
  for (const Fault fault : {Fault::kUnknownBefore, Fault::kUnknownAfter}) {
    const std::string line = LineBy("w.a", 1, fault == Fault::kUnknownBefore ? 1 : 2);
    plan_->FailNextCommit(fault);
    EXPECT_EQ(ReasonOf(Keep(1, {line})), "LEDGER_READ_ONLY");
    EXPECT_FALSE(engine_->write_status().ok());
    EXPECT_EQ(ReasonOf(Keep(1, {line})), "LEDGER_READ_ONLY");
    Open();
    EXPECT_EQ(CosignersOf(1).size(), fault == Fault::kUnknownAfter ? 1u : 0u);
    EXPECT_TRUE(Verify().ok());
  }
}

// On its way with submissions it has no request id that could be repeated.
TEST_F(Attestations, AnUnknownCommitWithSubmissionsSaysThatItMayNotBeKept) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<int> commits = 0;
  plan_->SetBeforeCommit([&] {
    if (++commits > 1) return plan_->FailNextCommit(Fault::kUnknownAfter);
    entered.set_value();
    go_on.get_future().wait();
  });
  const std::string line = LineBy("w.b", 1, 2);
  auto first = KeepLater({.size = 1, .cosignatures = {LineBy("w.a", 1, 1)}, .time_stamps = {}});
  entered.get_future().wait();  // the first is being committed; what comes now makes one commit
  std::promise<absl::Status> submitted;
  engine_->Submit(world_.Seal(world_.Register(*engine_->view(), "org-1")),
                  [&](absl::StatusOr<v1::Receipt> receipt) { submitted.set_value(receipt.status()); });
  auto second = KeepLater({.size = 1, .cosignatures = {line}, .time_stamps = {}});
  go_on.set_value();
  EXPECT_TRUE(first.get().ok());
  EXPECT_EQ(ReasonOf(submitted.get_future().get()), "OUTCOME_UNKNOWN");
  const absl::Status unknown = second.get();
  EXPECT_EQ(ReasonOf(unknown), "LEDGER_READ_ONLY");
  EXPECT_THAT(std::string(unknown.message()), testing::HasSubstr("may or may not be kept"));
}

TEST_F(Attestations, StoppedEngineKeepsNothing) {
  const std::string line = LineBy("w.a", 1, 1);
  engine_->Stop();
  EXPECT_FALSE(Keep(1, {line}).ok());
}

TEST_F(Attestations, VerificationNamesWhatHasNoForm) {
  Grow(1);
  ASSERT_TRUE(Keep(2, {LineBy("w.a", 2, 1)}).ok());
  ASSERT_TRUE(Verify().ok());
  const auto value = [&](const std::vector<std::string>& lines) {
    ::fundledger::storage::v1::Attestations kept;
    for (const std::string& line : lines) kept.add_cosignatures(line);
    return kept.SerializeAsString();
  };
  const std::string line = LineBy("w.a", 2, 1);
  Put(SequenceKey(2), value({"x"}));
  ExpectFound("ATTESTATION_MALFORMED", "size 2");
  Put(SequenceKey(2), value({line.substr(0, line.size() - 1)}));
  ExpectFound("ATTESTATION_MALFORMED", "no line");
  Put(SequenceKey(2), value({line + line}));
  ExpectFound("ATTESTATION_MALFORMED", "no line");
  Put(SequenceKey(2), value({line, LineBy("w.a", 2, 2)}));
  ExpectFound("ATTESTATION_MALFORMED", "two cosignatures of w.a");
  Put(SequenceKey(2), "\xff");
  ExpectFound("ATTESTATION_MALFORMED", "cannot be read");
  EXPECT_EQ(ReasonOf(ReadAttested(*engine_->view(), 2).status()), "") << "an older view";
  Put(SequenceKey(2), value({}));
  ExpectFound("ATTESTATION_MALFORMED", "says nothing");
  Put(SequenceKey(2), value({line}));
  ASSERT_TRUE(Verify().ok());
  Put(SequenceKey(7), value({line}));
  ExpectFound("ATTESTATION_STRAY", "size 7");
}

TEST_F(Attestations, VerificationNamesAStrayKey) {
  Put("short", "x");
  ExpectFound("ATTESTATION_STRAY", HexEncode("short"));
}

}  // namespace
}  // namespace fundledger::engine
