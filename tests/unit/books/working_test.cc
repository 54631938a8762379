// What judging asks the state below for.
#include "ledger/books/working.h"

#include <map>

#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

// Counts what it is asked for.
class CountingReader final : public Reader {
 public:
  explicit CountingReader(const Reader& below) : below_(below) {}
  absl::StatusOr<EntityPtr> Get(const EntityKey& key) const override {
    ++asked[key];
    return below_.Get(key);
  }

  mutable std::map<EntityKey, int> asked;

 private:
  const Reader& below_;
};

// Noon of 2020-06-01 in the world's time zone.
const RecordContext kRecord{1'000, 1'590'984'000'000'000, Hash256()};

// A number that must not have been used is looked up in the store, where most of the work of a bulk
// submission would be to find it missing once more before it is taken.
TEST(Working, AsksOnceForANumberThatIsTaken) {
  World w;
  v1::Submission submission;
  submission.set_officer("clerk-1");
  *submission.add_actions() = WithReference(Receive("fund-1", 1_yuan, "2020-03-01"), "R-1");
  *submission.add_actions() = WithReference(Receive("fund-1", 1_yuan, "2020-03-01"), "R-2");
  const CountingReader counting(w.books());
  const absl::StatusOr<Effects> effects = Apply(counting, kRecord, submission, Form::kGood);
  ASSERT_TRUE(effects.ok()) << effects.status();
  int references = 0;
  for (const auto& [key, times] : counting.asked) {
    if (key.kind != EntityKind::kReference) continue;
    ++references;
    EXPECT_EQ(times, 1);
  }
  EXPECT_EQ(references, 2);
}

TEST(Working, WhatWasMissingAndThenMadeIsThere) {
  World w;
  Working working(w.books(), kRecord);
  const EntityKey key{EntityKind::kReference, "new"};
  const EntityKey other{EntityKind::kFund, "fund-1"};
  EXPECT_EQ(*working.Get(key), nullptr);
  // Another key that is there is copied, whatever was missing before.
  const auto fund = working.Change(other);
  ASSERT_TRUE(fund.ok());
  EXPECT_EQ((*fund)->fund().registration().id(), "fund-1");
  const auto made = working.Change(key);
  ASSERT_TRUE(made.ok());
  (*made)->mutable_reference()->mutable_origin()->set_sequence(7);
  EXPECT_EQ((*working.Get(key))->reference().origin().sequence(), 7u);
}

}  // namespace
}  // namespace fundledger::books::testing
