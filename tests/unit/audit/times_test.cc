#include "ledger/audit/times.h"

#include <algorithm>
#include <random>

#include "ledger/base/status.h"

#include "gtest/gtest.h"

namespace fundledger::audit {
namespace {

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kStart = 1'592'265'600'000'000;

TEST(TimeBounds, AllowsEverythingWhereNothingIsAttested) {
  const TimeBounds bounds({});
  EXPECT_TRUE(bounds.Check(0, 0).ok());
  EXPECT_TRUE(bounds.Check(7, kStart).ok());
}

TEST(TimeBounds, ARecordBehindACheckpointIsNotOlderThanIt) {
  const TimeBounds bounds({{10, kStart, "W"}});
  EXPECT_TRUE(bounds.Check(10, kStart - 5 * kMinute).ok());
  const absl::Status status = bounds.Check(10, kStart - 5 * kMinute - 1);
  EXPECT_EQ(ReasonOf(status), "RECORD_BACKDATED");
  EXPECT_NE(status.message().find("record 10 says it was recorded 300 s before W attested"),
            std::string::npos)
      << status;
  EXPECT_TRUE(bounds.Check(9, kStart - 1000 * kMinute).ok()) << "older ones are in it";
}

TEST(TimeBounds, ARecordInACheckpointIsNotYoungerThanIt) {
  const TimeBounds bounds({{10, kStart, "W"}});
  EXPECT_TRUE(bounds.Check(9, kStart + 5 * kMinute).ok());
  EXPECT_EQ(ReasonOf(bounds.Check(9, kStart + 5 * kMinute + 1)), "RECORD_POSTDATED");
  EXPECT_TRUE(bounds.Check(10, kStart + 1000 * kMinute).ok());
}

TEST(TimeBounds, TheTightestOfAllCounts) {
  // An idle ledger's checkpoint is attested again and again: behind it counts the last time, in it the first.
  const TimeBounds bounds(
      {{10, kStart + 60 * kMinute, "late"}, {10, kStart, "early"}, {4, kStart, "before"}});
  EXPECT_TRUE(bounds.Check(10, kStart + 56 * kMinute).ok());
  EXPECT_EQ(ReasonOf(bounds.Check(10, kStart + 54 * kMinute)), "RECORD_BACKDATED");
  EXPECT_TRUE(bounds.Check(9, kStart + 4 * kMinute).ok());
  EXPECT_EQ(ReasonOf(bounds.Check(9, kStart + 6 * kMinute)), "RECORD_POSTDATED");
}

// Anybody can have an old checkpoint stamped today: that does not make honest records look back-dated.
TEST(TimeBounds, AnOldCheckpointThatIsAttestedLateSpeaksAgainstNobody) {
  const TimeBounds bounds(
      {{10, kStart, "W"}, {20, kStart + 60 * kMinute, "W"}, {10, kStart + 600 * kMinute, "T"}});
  EXPECT_TRUE(bounds.Check(10, kStart + kMinute).ok()) << bounds.Check(10, kStart + kMinute);
  EXPECT_TRUE(bounds.Check(19, kStart + 59 * kMinute).ok());
  EXPECT_EQ(ReasonOf(bounds.Check(10, kStart - 6 * kMinute)), "RECORD_BACKDATED")
      << "the first one still counts";
  EXPECT_EQ(ReasonOf(bounds.Check(20, kStart + 70 * kMinute)), "RECORD_BACKDATED")
      << "no larger one is known";
}

// Against the definition, read over all attestations each time.
TEST(TimeBounds, AgreesWithTheDefinition) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto below = [&random](int bound) {
    return static_cast<int64_t>(random() % static_cast<unsigned>(bound));
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<AttestedTime> attested;
    for (int64_t i = below(8); i > 0; --i) {
      attested.push_back({static_cast<uint64_t>(1 + below(20)), kStart + below(60) * kMinute, "W"});
    }
    const TimeBounds bounds(attested);
    for (int i = 0; i < 50; ++i) {
      const auto sequence = static_cast<Sequence>(below(22));
      const int64_t time = kStart + below(80) * kMinute;
      bool early = false;
      bool late = false;
      const auto has_it_by = [&](int64_t moment) {
        return std::any_of(attested.begin(), attested.end(), [&](const AttestedTime& other) {
          return other.size > sequence && other.time_us < moment;
        });
      };
      for (const AttestedTime& each : attested) {
        early = early ||
                (each.size <= sequence && !has_it_by(each.time_us) && time < each.time_us - kTimeToleranceUs);
        late = late || (each.size > sequence && time > each.time_us + kTimeToleranceUs);
      }
      const std::string expected = early ? "RECORD_BACKDATED" : late ? "RECORD_POSTDATED" : "";
      EXPECT_EQ(ReasonOf(bounds.Check(sequence, time)), expected);
    }
  }
}

}  // namespace
}  // namespace fundledger::audit
