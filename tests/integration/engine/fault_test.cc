// Groups, and what becomes of those who wait when a write fails: before it took effect, after, or nobody
// knows.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <future>
#include <mutex>
#include <thread>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/status.h"
#include "ledger/engine/create.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/open.h"
#include "ledger/engine/verify_store.h"
#include "ledger/log/record.h"
#include "ledger/store/memory.h"
#include "tests/support/faults.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using absl::StatusCode;
using test_support::Fault;
using test_support::FaultPlan;
using test_support::SubmitAndWait;
using test_support::VerifyReceipt;
using test_support::World;

using Answer = absl::StatusOr<v1::Receipt>;

// Holds whoever passes until it is opened; opens for good.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void AwaitWaiting() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto first = MakeFirstRecord(world_.CreateOptionsAt(""));
    ASSERT_TRUE(first.ok()) << first.status();
    ASSERT_TRUE(store_->Commit(first->batch, 0, 1).ok());
    *anchor_ = first->signed_checkpoint;
    Open();
  }

  absl::Status TryOpen() {
    engine_.reset();
    auto engine =
        OpenOn(test_support::WrapStore(store_, plan_), test_support::MakeAnchor(anchor_, plan_), options_);
    if (engine.ok()) engine_ = *std::move(engine);
    return engine.status();
  }
  void Open() {
    options_ = world_.OptionsAt("");
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }

  std::string Envelope(std::string_view id) { return world_.Seal(world_.Register(*engine_->view(), id)); }

  std::future<Answer> SubmitLater(std::string envelope) {
    auto promise = std::make_shared<std::promise<Answer>>();
    engine_->Submit(std::move(envelope), [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }

  void ExpectRecorded(const std::string& envelope, const Answer& answer, Sequence sequence) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    const auto found = VerifyReceipt(*answer, envelope, world_.verifier());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, sequence);
  }

  void ExpectVerifies() {
    const auto snapshot = store_->GetSnapshot();
    VerifySource source;
    source.snapshot = snapshot.get();
    source.anchor = *anchor_;
    const VerifyReport report = *VerifyStore(source, {});
    EXPECT_TRUE(report.ok()) << report.findings[0].message;
  }

  World world_;
  std::shared_ptr<store::Store> store_ = store::MakeMemoryStore();
  std::shared_ptr<std::string> anchor_ = std::make_shared<std::string>();
  std::shared_ptr<FaultPlan> plan_ = std::make_shared<FaultPlan>();
  Options options_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(Faults, OneCommitTakesAllThatWait) {
  Gate gate;
  plan_->SetBeforeCommit([&gate] { gate.Pass(); });
  std::vector<std::string> envelopes = {Envelope("org-1"), Envelope("org-2"), Envelope("org-3"),
                                        Envelope("org-2")};
  std::vector<std::future<Answer>> answers;
  answers.push_back(SubmitLater(envelopes[0]));
  gate.AwaitWaiting();  // the first is being committed; what comes now makes one group
  for (size_t i = 1; i < envelopes.size(); ++i) answers.push_back(SubmitLater(envelopes[i]));
  answers.push_back(SubmitLater(envelopes[1]));  // a duplicate of one in flight
  EXPECT_EQ(engine_->view()->size(), 1u);
  gate.Open();
  ExpectRecorded(envelopes[0], answers[0].get(), 1);
  const Answer second = answers[1].get();
  ExpectRecorded(envelopes[1], second, 2);
  ExpectRecorded(envelopes[2], answers[2].get(), 3);
  EXPECT_EQ(answers[3].get().status().code(), StatusCode::kAlreadyExists);  // the same organization
  const Answer repeated = answers[4].get();
  ExpectRecorded(envelopes[1], repeated, 2);
  EXPECT_TRUE(repeated->repeated_request());
  EXPECT_EQ(repeated->envelope(), envelopes[1]);
  EXPECT_EQ(second->checkpoint(), repeated->checkpoint());
  // Three commits and no more: the genesis, the first, the group.
  uint64_t notes = 0;
  ASSERT_TRUE(store_->GetSnapshot()
                  ->Scan(store::Table::kCheckpoints, "", "",
                         [&notes](std::string_view, std::string_view) { return ++notes > 0; })
                  .ok());
  EXPECT_EQ(notes, 3u);
  engine_.reset();
  ExpectVerifies();
}

TEST_F(Faults, RefusesARequestIdReusedInFlight) {
  Gate gate;
  plan_->SetBeforeCommit([&gate] { gate.Pass(); });
  v1::Submission submission = world_.Register(*engine_->view(), "org-1");
  const std::string envelope = world_.Seal(submission);
  submission.mutable_actions(0)->set_note("other");
  const std::string other = world_.Seal(submission);
  std::future<Answer> blocked = SubmitLater(Envelope("org-0"));
  gate.AwaitWaiting();
  std::future<Answer> first = SubmitLater(envelope);
  std::future<Answer> second = SubmitLater(other);
  gate.Open();
  EXPECT_TRUE(blocked.get().ok());
  ExpectRecorded(envelope, first.get(), 2);
  EXPECT_EQ(ReasonOf(second.get().status()), "REQUEST_ID_REUSED");
}

TEST_F(Faults, RefusesWhatTheQueueCannotHold) {
  options_.queue_limit = 2;
  ASSERT_TRUE(TryOpen().ok());
  Gate gate;
  plan_->SetBeforeCommit([&gate] { gate.Pass(); });
  std::vector<std::future<Answer>> answers;
  answers.push_back(SubmitLater(Envelope("org-0")));
  gate.AwaitWaiting();
  for (int i = 1; i <= 3; ++i) answers.push_back(SubmitLater(Envelope(absl::StrCat("org-", i))));
  const absl::Status status = answers[3].get().status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  gate.Open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(answers[static_cast<size_t>(i)].get().ok());
}

TEST_F(Faults, FinishesWhatWaitsWhenItStops) {
  Gate gate;
  plan_->SetBeforeCommit([&gate] { gate.Pass(); });
  std::future<Answer> first = SubmitLater(Envelope("org-0"));
  gate.AwaitWaiting();
  std::future<Answer> second = SubmitLater(Envelope("org-1"));
  const std::string late = Envelope("org-2");
  gate.Open();
  engine_->Stop();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  EXPECT_EQ(ReasonOf(SubmitAndWait(engine_.get(), late).status()), "LEDGER_READ_ONLY");
  engine_->Stop();
}

TEST_F(Faults, GoesOnAfterACommitThatWroteNothing) {
  const std::string envelope = Envelope("org-1");
  plan_->FailNextCommit(Fault::kRefused);
  const Answer refused = SubmitAndWait(engine_.get(), envelope);
  EXPECT_EQ(refused.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(refused.status()), "STORE_REFUSED");
  EXPECT_TRUE(engine_->write_status().ok());
  EXPECT_EQ(engine_->view()->size(), 1u);
  ExpectRecorded(envelope, SubmitAndWait(engine_.get(), envelope), 1);
  engine_.reset();
  ExpectVerifies();
}

// Nobody knows: it stops, says so, goes on reading; a restart and a repetition find out.
TEST_F(Faults, StopsWhenTheOutcomeIsUnknown) {
  const struct {
    Fault commit;
    Fault anchor;
    bool is_recorded;
  } cases[] = {{Fault::kUnknownBefore, Fault::kNone, false},
               {Fault::kUnknownAfter, Fault::kNone, true},
               {Fault::kNone, Fault::kUnknownBefore, true},
               {Fault::kNone, Fault::kUnknownAfter, true}};
  int number = 0;
  for (const auto& each : cases) {
    SCOPED_TRACE(number);
    const uint64_t before = engine_->view()->size();
    const std::string envelope = Envelope(absl::StrCat("org-", number));
    Gate gate;
    plan_->SetBeforeCommit([&gate] { gate.Pass(); });
    std::future<Answer> answer = SubmitLater(envelope);
    gate.AwaitWaiting();
    std::future<Answer> waiting = SubmitLater(Envelope(absl::StrCat("waiting-", number)));
    plan_->FailNextCommit(each.commit);
    plan_->FailNextAnchor(each.anchor);
    gate.Open();
    for (std::future<Answer>* unknown : {&answer, &waiting}) {
      const absl::Status status = unknown->get().status();
      EXPECT_EQ(status.code(), StatusCode::kUnavailable);
      EXPECT_EQ(ReasonOf(status), "OUTCOME_UNKNOWN");
    }
    EXPECT_FALSE(engine_->write_status().ok());
    EXPECT_EQ(engine_->view()->size(), before);
    EXPECT_EQ(ReasonOf(SubmitAndWait(engine_.get(), envelope).status()), "LEDGER_READ_ONLY");
    plan_->SetBeforeCommit(nullptr);
    plan_->FailNextCommit(Fault::kNone);
    plan_->FailNextAnchor(Fault::kNone);

    Open();
    EXPECT_EQ(engine_->view()->size(), before + (each.is_recorded ? 1 : 0));
    const Answer again = SubmitAndWait(engine_.get(), envelope);
    ExpectRecorded(envelope, again, before);
    EXPECT_EQ(again->repeated_request(), each.is_recorded);
    ++number;
  }
  engine_.reset();
  ExpectVerifies();
}

// Whichever read it is that fails: the sender hears that it could not be read, and may send the same again.
TEST_F(Faults, RefusesNothingForAReadThatFailed) {
  int failed = 0;
  uint64_t records = engine_->view()->size();
  for (uint64_t n = 0;; ++n) {
    SCOPED_TRACE(n);
    const std::string envelope = Envelope(absl::StrCat("org-", n));
    plan_->FailReads(n, 1);
    const Answer answer = SubmitAndWait(engine_.get(), envelope);
    const bool has_failed = plan_->failed_reads() > 0;
    plan_->FailReads(0, 0);
    if (!answer.ok()) {
      ++failed;
      EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable);
      EXPECT_EQ(ReasonOf(answer.status()), "STORE_UNREADABLE");
      ExpectRecorded(envelope, SubmitAndWait(engine_.get(), envelope), records);
    }
    EXPECT_TRUE(engine_->write_status().ok()) << engine_->write_status();
    EXPECT_EQ(engine_->view()->size(), ++records);
    if (!has_failed) break;
  }
  EXPECT_GT(failed, 0);
  engine_.reset();
  ExpectVerifies();
}

// What could not be read is no finding: nobody is accused, and nothing is to be restored.
TEST_F(Faults, VerificationFindsNothingInAReadThatFailed) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(SubmitAndWait(engine_.get(), Envelope(absl::StrCat("org-", i))).ok());
  }
  const auto store = test_support::WrapStore(store_, plan_);
  const auto snapshot = store->GetSnapshot();
  VerifySource source;
  source.snapshot = snapshot.get();
  source.anchor = *anchor_;
  VerifyOptions options;
  options.threads = 2;
  uint64_t n = 0;
  for (;; ++n) {
    SCOPED_TRACE(n);
    plan_->FailReads(n, 1);
    const auto report = VerifyStore(source, options);
    if (plan_->failed_reads() == 0) {
      ASSERT_TRUE(report.ok()) << report.status();
      EXPECT_TRUE(report->ok()) << report->findings[0].message;
      break;
    }
    ASSERT_EQ(ReasonOf(report.status()), "STORE_UNREADABLE");
  }
  EXPECT_GT(n, 10u);
}

// It may repeat the very one whose outcome is not known, so nobody may tell it that nothing was written.
TEST_F(Faults, SaysUnknownToOneThatItHadJustTaken) {
  Gate gate;
  std::promise<void> taken;
  std::shared_future<Answer> of_first;
  std::atomic<int> readings = 0;
  options_.group_limit = 1;
  options_.monotonic_clock = [&] {
    // Once to open, then once for each that is judged: the opening one, the first, the second.
    if (++readings == 4) {
      taken.set_value();
      of_first.wait();
    }
    return MonotonicClockMicros();
  };
  ASSERT_TRUE(TryOpen().ok());
  int commits = 0;
  plan_->SetBeforeCommit([&] {
    if (++commits == 1) return gate.Pass();
    taken.get_future().wait();
    plan_->FailNextCommit(Fault::kUnknownAfter);
  });
  std::future<Answer> opening = SubmitLater(Envelope("opening"));
  gate.AwaitWaiting();
  const std::string envelope = Envelope("org-1");
  of_first = SubmitLater(envelope).share();
  std::future<Answer> of_second = SubmitLater(envelope);
  gate.Open();
  EXPECT_TRUE(opening.get().ok());
  EXPECT_EQ(ReasonOf(of_first.get().status()), "OUTCOME_UNKNOWN");
  EXPECT_EQ(ReasonOf(of_second.get().status()), "OUTCOME_UNKNOWN");
  const absl::Status later = SubmitAndWait(engine_.get(), envelope).status();
  EXPECT_EQ(ReasonOf(later), "LEDGER_READ_ONLY");
  EXPECT_EQ(later.message().find("was written"), std::string::npos) << later;
  plan_->SetBeforeCommit(nullptr);
  Open();
  const Answer again = SubmitAndWait(engine_.get(), envelope);
  ExpectRecorded(envelope, again, 2);
  EXPECT_TRUE(again->repeated_request());
}

TEST_F(Faults, StopsWhenAnotherWriterWasThere) {
  plan_->FailNextCommit(Fault::kHeadMoved);
  EXPECT_EQ(ReasonOf(SubmitAndWait(engine_.get(), Envelope("org-1")).status()), "LEDGER_READ_ONLY");
  EXPECT_EQ(ReasonOf(engine_->write_status()), "STORE_HEAD_MOVED");
}

TEST_F(Faults, StopsWhenTheClockWasSet) {
  World& world = world_;
  options_.monotonic_clock = [] { return int64_t{0}; };
  ASSERT_TRUE(TryOpen().ok());
  world.clock.Advance(60'000'000);
  EXPECT_TRUE(SubmitAndWait(engine_.get(), Envelope("org-1")).ok());
  world.clock.Advance(1);
  EXPECT_EQ(ReasonOf(SubmitAndWait(engine_.get(), Envelope("org-2")).status()), "LEDGER_READ_ONLY");
  EXPECT_EQ(ReasonOf(engine_->write_status()), "CLOCK_JUMPED");
  EXPECT_EQ(engine_->view()->size(), 2u);
}

// Two groups of one submission each, the second judged while the commit of the first is under way.
class Overlapping : public Faults {
 protected:
  // Submits `first` and `second`, and lets the commit of `first` meet `fault` once `second` is being judged.
  void SubmitOverlapping(const std::string& first, const std::string& second, Fault fault) {
    options_.group_limit = 1;
    options_.clock = [this] {
      CountReading();
      return world_.clock.now_us();
    };
    ASSERT_TRUE(TryOpen().ok());
    Gate gate;
    commits_ = 0;
    const uint64_t before = readings();
    plan_->SetBeforeCommit([this, &gate, fault] {
      ++commits_;
      if (commits_ == 1) return gate.Pass();
      if (commits_ > 2) return;
      AwaitReadings(judging_second_);
      plan_->FailNextCommit(fault);
    });
    std::future<Answer> opening = SubmitLater(Envelope("opening"));
    gate.AwaitWaiting();
    // Each of the three is judged at as many readings of the clock as the one that was.
    judging_second_ = before + 2 * (readings() - before) + 1;
    std::future<Answer> of_first = SubmitLater(first);
    std::future<Answer> of_second = SubmitLater(second);
    gate.Open();
    EXPECT_TRUE(opening.get().ok());
    first_ = of_first.get();
    second_ = of_second.get();
    plan_->SetBeforeCommit(nullptr);
  }

  std::string EnvelopeBelow(std::string_view id, std::string_view parent) {
    v1::Submission submission = world_.Register(*engine_->view(), id);
    submission.mutable_actions(0)->mutable_register_organization()->set_parent(std::string(parent));
    return world_.Seal(submission);
  }

  Answer first_;
  Answer second_;

 private:
  void CountReading() {
    const std::lock_guard lock(mutex_);
    ++readings_;
    changed_.notify_all();
  }
  uint64_t readings() {
    const std::lock_guard lock(mutex_);
    return readings_;
  }
  void AwaitReadings(uint64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, count] { return readings_ >= count; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t readings_ = 0;
  uint64_t judging_second_ = 0;
  int commits_ = 0;  // one at a time
};

TEST_F(Overlapping, BuildsOnAGroupThatIsBeingCommitted) {
  const std::string parent = Envelope("parent");
  const std::string child = EnvelopeBelow("child", "parent");
  SubmitOverlapping(parent, child, Fault::kNone);
  ExpectRecorded(parent, first_, 2);
  ExpectRecorded(child, second_, 3);
  engine_.reset();
  ExpectVerifies();
}

TEST_F(Overlapping, JudgesAgainWhatWasBuiltOnAGroupThatFailed) {
  const std::string parent = Envelope("parent");
  const std::string child = EnvelopeBelow("child", "parent");
  SubmitOverlapping(parent, child, Fault::kRefused);
  EXPECT_EQ(ReasonOf(first_.status()), "STORE_REFUSED");
  EXPECT_EQ(ReasonOf(second_.status()), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(engine_->view()->size(), 2u);
  ExpectRecorded(parent, SubmitAndWait(engine_.get(), parent), 2);
  ExpectRecorded(child, SubmitAndWait(engine_.get(), child), 3);
  engine_.reset();
  ExpectVerifies();
}

TEST_F(Overlapping, KeepsWhatDoesNotNeedTheGroupThatFailed) {
  const std::string failing = Envelope("failing");
  const std::string other = Envelope("other");
  SubmitOverlapping(failing, other, Fault::kRefused);
  EXPECT_EQ(ReasonOf(first_.status()), "STORE_REFUSED");
  ExpectRecorded(other, second_, 2);
  engine_.reset();
  ExpectVerifies();
}

TEST_F(Overlapping, RefusesByNothingThatWasTakenBack) {
  const std::string first = Envelope("same");
  const std::string second = Envelope("same");
  SubmitOverlapping(first, second, Fault::kRefused);
  EXPECT_EQ(ReasonOf(first_.status()), "STORE_REFUSED");
  ExpectRecorded(second, second_, 2);
  EXPECT_EQ(ReasonOf(SubmitAndWait(engine_.get(), first).status()), "ALREADY_REGISTERED");
  engine_.reset();
  ExpectVerifies();
}

TEST_F(Overlapping, SaysNoRefusalBeforeWhatItRestsOnIsDurable) {
  SubmitOverlapping(Envelope("same"), Envelope("same"), Fault::kNone);
  EXPECT_TRUE(first_.ok()) << first_.status();
  EXPECT_EQ(ReasonOf(second_.status()), "ALREADY_REGISTERED");
  EXPECT_EQ(engine_->view()->size(), 3u);
}

TEST_F(Overlapping, AnswersADuplicateWithTheRecordOfTheGroupBelow) {
  const std::string envelope = Envelope("org-1");
  SubmitOverlapping(envelope, envelope, Fault::kNone);
  ExpectRecorded(envelope, first_, 2);
  ExpectRecorded(envelope, second_, 2);
  EXPECT_FALSE(first_->repeated_request());
  EXPECT_TRUE(second_->repeated_request());
  EXPECT_EQ(engine_->view()->size(), 3u);
  engine_.reset();
  ExpectVerifies();
}

TEST_F(Overlapping, RecordsADuplicateOfOneThatWasNotWritten) {
  const std::string envelope = Envelope("org-1");
  SubmitOverlapping(envelope, envelope, Fault::kRefused);
  EXPECT_EQ(ReasonOf(first_.status()), "STORE_REFUSED");
  ExpectRecorded(envelope, second_, 2);
  EXPECT_FALSE(second_->repeated_request());
  engine_.reset();
  ExpectVerifies();
}

class OverlappingUnknown : public Overlapping, public ::testing::WithParamInterface<Fault> {};

TEST_P(OverlappingUnknown, LeavesWhatWasBuiltOnItUnwrittenAndRepeatable) {
  const std::string parent = Envelope("parent");
  const std::string child = EnvelopeBelow("child", "parent");
  SubmitOverlapping(parent, child, GetParam());
  EXPECT_EQ(ReasonOf(first_.status()), "OUTCOME_UNKNOWN");
  EXPECT_EQ(ReasonOf(second_.status()), "OUTCOME_UNKNOWN");
  EXPECT_FALSE(engine_->write_status().ok());
  EXPECT_EQ(engine_->view()->size(), 2u);
  Open();
  const bool is_recorded = GetParam() == Fault::kUnknownAfter;
  EXPECT_EQ(engine_->view()->size(), is_recorded ? 3u : 2u);
  const Answer again = SubmitAndWait(engine_.get(), parent);
  ExpectRecorded(parent, again, 2);
  EXPECT_EQ(again->repeated_request(), is_recorded);
  ExpectRecorded(child, SubmitAndWait(engine_.get(), child), 3);
  engine_.reset();
  ExpectVerifies();
}

INSTANTIATE_TEST_SUITE_P(BeforeAndAfter, OverlappingUnknown,
                         ::testing::Values(Fault::kUnknownBefore, Fault::kUnknownAfter));

TEST_F(Faults, KeepsAndSignsWhatTheStoreHasBeyondItsAnchor) {
  const std::string old_anchor = *anchor_;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(SubmitAndWait(engine_.get(), Envelope(absl::StrCat("org-", i))).ok());
  const std::string new_anchor = *anchor_;
  *anchor_ = old_anchor;
  Open();
  EXPECT_EQ(engine_->view()->size(), 4u);
  EXPECT_EQ(*anchor_, new_anchor);  // Ed25519 gives the same note for the same tree

  // A tail that is not signed by its officer is not kept.
  *anchor_ = old_anchor;
  std::string record = **store_->GetSnapshot()->Get(store::Table::kRecords, SequenceKey(2));
  record.back() ^= 1;
  store::Batch batch;
  batch.Put(store::Table::kRecords, SequenceKey(2), record);
  ASSERT_TRUE(store_->Commit(batch, 4, 4).ok());
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "RECORD_ALTERED");
}

// What somebody with a disk and an officer's key, but without the log's, would append.
TEST_F(Faults, DoesNotSignATailThatBreaksARule) {
  const std::string good = *anchor_;
  const std::string genesis = **store_->GetSnapshot()->Get(store::Table::kRecords, SequenceKey(0));
  v1::Submission submission = world_.Register(*engine_->view(), "org-1");
  submission.mutable_actions(0)->mutable_register_organization()->set_parent("nowhere");
  log::RecordHeader header;
  header.sequence = 1;
  header.recorded_at_us = world_.clock.now_us();
  header.previous = log::LeafHash(genesis);
  const std::string forged = *log::EncodeRecord(header, world_.Seal(submission));
  store::Batch batch;
  batch.Put(store::Table::kRecords, SequenceKey(1), forged);
  ASSERT_TRUE(store_->Commit(batch, 1, 2).ok());
  EXPECT_EQ(ReasonOf(TryOpen()), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(*anchor_, good);
}

TEST_F(Faults, DoesNotSignATailFromTheFuture) {
  const std::string old_anchor = *anchor_;
  ASSERT_TRUE(SubmitAndWait(engine_.get(), Envelope("org-1")).ok());
  *anchor_ = old_anchor;
  world_.clock.Advance(-60'000'001);
  EXPECT_EQ(ReasonOf(TryOpen()), "RECORD_IN_FUTURE");
  EXPECT_EQ(*anchor_, old_anchor);
}

TEST_F(Faults, DoesNotSignATailOverSpoiledBooks) {
  const std::string old_anchor = *anchor_;
  ASSERT_TRUE(SubmitAndWait(engine_.get(), Envelope("org-1")).ok());
  *anchor_ = old_anchor;
  const std::string key = EntityStoreKey({books::EntityKind::kOrganization, "org-1"});
  std::string entity = **store_->GetSnapshot()->Get(store::Table::kEntities, key);
  entity.back() ^= 1;
  store::Batch batch;
  batch.Put(store::Table::kEntities, key, entity);
  ASSERT_TRUE(store_->Commit(batch, 2, 2).ok());
  EXPECT_EQ(TryOpen().code(), StatusCode::kDataLoss);
  EXPECT_EQ(*anchor_, old_anchor);
}

TEST_F(Faults, DoesNotWriteWhileTheClockIsBehindTheLog) {
  ASSERT_TRUE(SubmitAndWait(engine_.get(), Envelope("org-1")).ok());
  world_.clock.Advance(-60'000'001);
  ASSERT_TRUE(TryOpen().ok());
  EXPECT_EQ(ReasonOf(SubmitAndWait(engine_.get(), Envelope("org-2")).status()), "LEDGER_READ_ONLY");
  EXPECT_EQ(ReasonOf(engine_->write_status()), "CLOCK_BEHIND_LOG");
  EXPECT_EQ(engine_->view()->size(), 2u);
}

TEST_F(Faults, RefusesAStoreThatIsNotAsAnchored) {
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(SubmitAndWait(engine_.get(), Envelope(absl::StrCat("org-", i))).ok());
  const std::string good = *anchor_;
  const auto sign = [this](uint64_t size) {
    return *log::SignCheckpoint({std::string(World::kOrigin), size, Hash256()}, *world_.log_key());
  };
  *anchor_ = sign(5);
  absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "STORE_BEHIND_ANCHOR");
  for (const uint64_t size : {1, 3, 4}) {
    *anchor_ = sign(size);
    EXPECT_EQ(ReasonOf(TryOpen()), "STORE_CONTRADICTS_ANCHOR") << size;
  }
  *anchor_ =
      *log::SignCheckpoint({std::string(World::kOrigin), 4, Hash256()}, *test_support::KeyOf("another"));
  EXPECT_EQ(ReasonOf(TryOpen()), "ANCHOR_UNVERIFIED");
  *anchor_ = good;
  options_.log_key = test_support::KeyOf("another");
  EXPECT_EQ(ReasonOf(TryOpen()), "LOG_KEY_MISMATCH");
  options_.log_key = nullptr;
  EXPECT_EQ(ReasonOf(TryOpen()), "LOG_KEY_MISMATCH");
  Open();
}

double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The writer of sheets is at work when writing stops: what it has made then nobody takes.
TEST(StoppedEngine, RestsWithSheetsThatNobodyTakes) {
  World world;
  const std::shared_ptr<store::Store> store = store::MakeMemoryStore();
  const auto plan = std::make_shared<FaultPlan>();
  const auto first = MakeFirstRecord(world.CreateOptionsAt(""));
  ASSERT_TRUE(first.ok());
  storage::v1::Postings postings;
  for (int i = 0; i < 100'000; ++i) {
    storage::v1::Posting* posting = postings.add_postings();
    posting->set_fund("f");
    posting->set_project(absl::StrCat("p", i));
    posting->set_day(i % 365);
  }
  store::Batch batch = first->batch;
  batch.Put(store::Table::kPostings, SequenceKey(0), postings.SerializeAsString());
  ASSERT_TRUE(store->Commit(batch, 0, 1).ok());
  const auto anchor = std::make_shared<std::string>(first->signed_checkpoint);
  const auto engine = OpenOn(test_support::WrapStore(store, plan), test_support::MakeAnchor(anchor, plan),
                             world.OptionsAt(""));
  ASSERT_TRUE(engine.ok()) << engine.status();
  plan->FailNextCommit(Fault::kUnknownBefore);
  const Answer answer = SubmitAndWait(engine->get(), world.Seal(world.Register(*(*engine)->view(), "org-1")));
  ASSERT_EQ(ReasonOf(answer.status()), "OUTCOME_UNKNOWN");
  // Nothing tells when it rests but the processor's time: what is slept is the window that it is measured in.
  bool rests = false;
  for (int i = 0; i < 50 && !rests; ++i) {
    const double before = CpuSeconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    rests = CpuSeconds() - before < 0.05;
  }
  EXPECT_TRUE(rests) << "a quarter of a processor or more for ten seconds, with nobody asking";
}

}  // namespace
}  // namespace fundledger::engine
