#include "clients/sdk/outbox.h"

#include "ledger/base/status.h"
#include "tests/support/limit.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

namespace fs = std::filesystem;

class OutboxTest : public testing::Test {
 protected:
  Sealed NewOne(const std::string& officer = "township-1") {
    v1::Submission submission;
    submission.set_officer(officer);
    submission.set_request_id(NewRequestId());
    const auto sealed = Seal(submission, *KeyOf('k'));
    EXPECT_TRUE(sealed.ok());
    return *sealed;
  }
  Waiting Stored(bool unsent) {
    const auto stored = outbox_.Store(NewOne(), unsent);
    EXPECT_TRUE(stored.ok()) << stored.status();
    return *stored;
  }
  std::vector<Waiting> List() {
    const auto listed = outbox_.List();
    EXPECT_TRUE(listed.ok()) << listed.status();
    return listed.ok() ? *listed : std::vector<Waiting>();
  }
  static Refusal Refused() {
    return {Refuse(absl::StatusCode::kNotFound, "PROJECT_NOT_FOUND", "no project 'p-9'\nsecond line"),
            1'700'000};
  }

  TestDirectory directory_;
  Outbox outbox_{directory_ / "outbox"};
};

TEST_F(OutboxTest, HoldsTheSameBytesUntilRemoved) {
  EXPECT_TRUE(List().empty());
  const Sealed sealed = NewOne();
  const auto stored = outbox_.Store(sealed, false);
  ASSERT_TRUE(stored.ok()) << stored.status();
  const std::vector<Waiting> listed = List();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].sealed.envelope, sealed.envelope);
  EXPECT_EQ(listed[0].sealed.payload, sealed.payload);
  EXPECT_EQ(listed[0].sealed.request_id, sealed.request_id);
  EXPECT_EQ(listed[0].submission.officer(), "township-1");
  EXPECT_EQ(listed[0].path, stored->path);
  ASSERT_TRUE(outbox_.Remove(listed[0]).ok());
  EXPECT_TRUE(List().empty());
  EXPECT_TRUE(outbox_.Remove(listed[0]).ok()) << "another program may have removed it";
}

TEST_F(OutboxTest, KeepsTheOrderInWhichTheyWereStored) {
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(Stored(i % 3 == 0).sealed.request_id);
  // What leaves in between takes no place of those behind it.
  ASSERT_TRUE(outbox_.Remove(List()[4]).ok());
  ids.erase(ids.begin() + 4);
  ids.push_back(Stored(true).sealed.request_id);
  const std::vector<Waiting> listed = List();
  ASSERT_EQ(listed.size(), ids.size());
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(listed[i].sealed.request_id, ids[i]) << i;
}

TEST_F(OutboxTest, KnowsWhatNeverLeft) {
  Waiting waiting = Stored(true);
  EXPECT_TRUE(List()[0].unsent());
  ASSERT_TRUE(outbox_.MarkSent(&waiting).ok());
  EXPECT_FALSE(waiting.unsent());
  ASSERT_EQ(List().size(), 1U);
  EXPECT_FALSE(List()[0].unsent());
  ASSERT_TRUE(outbox_.MarkSent(&waiting).ok()) << "once is enough";
  ASSERT_TRUE(outbox_.Remove(waiting).ok());
  EXPECT_TRUE(List().empty());
}

TEST_F(OutboxTest, KeepsWhyOneWasRefused) {
  Waiting first = Stored(false);
  Stored(false);
  ASSERT_TRUE(outbox_.MarkRefused(first, Refused()).ok());
  std::vector<Waiting> listed = List();
  ASSERT_EQ(listed.size(), 2U);
  ASSERT_TRUE(listed[0].refusal.has_value());
  EXPECT_EQ(listed[0].refusal->status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(listed[0].refusal->status), "PROJECT_NOT_FOUND");
  EXPECT_EQ(listed[0].refusal->status.message(), "no project 'p-9'\nsecond line");
  EXPECT_EQ(listed[0].refusal->refused_at_us, 1'700'000);
  EXPECT_FALSE(listed[1].refusal.has_value());
  ASSERT_TRUE(outbox_.Reopen(&listed[0]).ok());
  EXPECT_FALSE(List()[0].refusal.has_value());
}

TEST_F(OutboxTest, SetsAsideWhatIsDiscardedWithTheWordGiven) {
  const Waiting first = Stored(false);
  ASSERT_TRUE(outbox_.MarkRefused(first, Refused()).ok());
  ASSERT_TRUE(outbox_.Discard(List()[0], "typed twice", 42).ok());
  EXPECT_TRUE(List().empty());
  const fs::path aside = directory_ / "outbox/discarded" / first.path.stem();
  EXPECT_EQ(*ReadFile(aside.string() + ".envelope"), first.sealed.envelope);
  EXPECT_EQ(*ReadFile(aside.string() + ".txt"),
            "42\ntyped twice\nPROJECT_NOT_FOUND\n5\n1700000\nno project 'p-9'\nsecond line\n");
}

TEST_F(OutboxTest, AStrayRefusalIsOfNothing) {
  const Waiting first = Stored(false);
  ASSERT_TRUE(outbox_.MarkRefused(first, Refused()).ok());
  ASSERT_TRUE(outbox_.Remove(first).ok());
  EXPECT_TRUE(List().empty());
}

TEST_F(OutboxTest, NamesWhatIsDamaged) {
  const Waiting waiting = Stored(false);
  for (const char* text : {"", "x", "REASON\n0\n1\nm\n", "REASON\n5\nsoon\nm\n", "\n5\n1\nm\n"}) {
    fs::path refusal = waiting.path;
    refusal.replace_extension(".refused");
    ASSERT_TRUE(ReplaceFile(refusal, text, false).ok());
    const absl::Status status = outbox_.List().status();
    EXPECT_EQ(ReasonOf(status), "OUTBOX_DAMAGED") << text;
    EXPECT_NE(status.message().find(refusal.string()), std::string::npos) << status;
    fs::remove(refusal);
  }
  ASSERT_TRUE(ReplaceFile(directory_ / "outbox/x.envelope", "x", false).ok());
  EXPECT_EQ(ReasonOf(outbox_.List().status()), "OUTBOX_DAMAGED");
}

TEST_F(OutboxTest, ThatCannotBeReadIsNotTakenForEmpty) {
  ASSERT_TRUE(ReplaceFile(directory_ / "outbox", "in the way", false).ok());
  EXPECT_EQ(ReasonOf(outbox_.List().status()), "FILE_UNREADABLE");
  fs::remove(directory_ / "outbox");
  Stored(false);
  const Sealed next = NewOne();
  absl::Status listed;
  absl::Status stored;
  {
    const test_support::Limit no_descriptors(RLIMIT_NOFILE, 0);
    listed = outbox_.List().status();
    stored = outbox_.Store(next, false).status();
  }
  EXPECT_EQ(ReasonOf(listed), "FILE_UNREADABLE") << listed;
  EXPECT_EQ(ReasonOf(stored), "FILE_UNREADABLE") << stored;
  EXPECT_EQ(List().size(), 1U);
}

TEST_F(OutboxTest, IgnoresWhatAKilledProgramWasWriting) {
  Stored(false);
  ASSERT_TRUE(ReplaceFile(directory_ / "outbox/000000000002-aa.envelope.4711.new", "half", false).ok());
  EXPECT_EQ(List().size(), 1U);
}

}  // namespace
}  // namespace fundledger::sdk
