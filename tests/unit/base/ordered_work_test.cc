// Ordered work: every item is prepared once, on any thread, and taken in order.
#include "ledger/base/ordered_work.h"

#include <atomic>

#include "gtest/gtest.h"

namespace fundledger {
namespace {

struct Item {
  int number = 0;
  std::atomic<int> prepared = 0;
};

class OrderedWorkOf : public ::testing::TestWithParam<size_t> {};

TEST_P(OrderedWorkOf, TakesInOrderWhatWasPrepared) {
  constexpr int kItems = 2000;
  std::vector<int> taken;
  std::atomic<int> held = 0;
  std::atomic<int> held_max = 0;
  const auto prepare = [&](Item* item) {
    ++item->prepared;
    held_max = std::max(held_max.load(), held.load());
  };
  const auto take = [&](Item* item) {
    EXPECT_EQ(item->prepared, 1);
    taken.push_back(item->number);
    --held;
  };
  OrderedWork<Item> work(GetParam(), 8, prepare, take);
  for (int i = 0; i < kItems; ++i) {
    auto item = std::make_unique<Item>();
    item->number = i;
    ++held;
    work.Push(std::move(item));
  }
  work.Finish();
  ASSERT_EQ(taken.size(), static_cast<size_t>(kItems));
  for (int i = 0; i < kItems; ++i) ASSERT_EQ(taken[static_cast<size_t>(i)], i);
  EXPECT_LE(held_max, 8);
}

TEST_P(OrderedWorkOf, EndsWithWorkLeft) {
  OrderedWork<Item> work(
      GetParam(), 100, [](Item*) {}, [](Item*) { FAIL() << "nothing asked for it"; });
  for (int i = 0; i < 50; ++i) work.Push(std::make_unique<Item>());
}

INSTANTIATE_TEST_SUITE_P(Threads, OrderedWorkOf, ::testing::Values(0, 1, 2, 4));

}  // namespace
}  // namespace fundledger
