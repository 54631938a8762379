// The benchmarks' county is a ledger like any other: whatever fills it verifies.
#include "tests/bench/county.h"

#include <gtest/gtest.h>

#include "ledger/engine/verify.h"
#include "tests/bench/desk.h"
#include "tests/bench/fill.h"
#include "tests/support/world.h"

namespace fundledger::bench {
namespace {

constexpr CountyOptions kSmall = {.projects = 20, .funds = 2, .payees = 5};

// Root of a county filled to `records`, verified from its files.
Hash256 FilledRoot(uint64_t records) {
  const test_support::TemporaryDirectory directory;
  const County county(kSmall);
  SimulatedClock clock(County::kSetUpUs);
  auto engine = county.Create(directory.Sub("ledger"), &clock);
  EXPECT_TRUE(engine.ok()) << engine.status();
  if (!engine.ok()) return {};
  const absl::Status filled = Fill(county, engine->get(), &clock, {.records = records});
  EXPECT_TRUE(filled.ok()) << filled;
  EXPECT_EQ((*engine)->view()->size(), records);
  engine->reset();

  engine::VerifyOptions verify;
  verify.directory = directory.Sub("ledger");
  verify.verifier_key = county.verifier_key();
  const auto report = engine::VerifyDirectory(verify);
  EXPECT_TRUE(report.ok()) << report.status();
  if (!report.ok()) return {};
  EXPECT_TRUE(report->ok()) << report->findings.front().message;
  EXPECT_EQ(report->records, records);
  return report->root;
}

TEST(BenchCounty, VerifiesWhenFilled) {
  FilledRoot(2500);
}

TEST(BenchCounty, IsTheSameFromTheSameSeed) {
  EXPECT_EQ(FilledRoot(600), FilledRoot(600));
}

TEST(BenchCounty, TakesBulkSubmissions) {
  const test_support::TemporaryDirectory directory;
  const County county(kSmall);
  SimulatedClock clock(County::kSetUpUs);
  auto engine = county.Create(directory.Sub("ledger"), &clock);
  ASSERT_TRUE(engine.ok()) << engine.status();
  clock.Set(1'640'000'000'000'000);
  Desk desk(county, "bulk");
  for (size_t requester = 0; requester < county.requesters().size(); ++requester) {
    const Draft draft = desk.Payments(requester, StandingAt(*(*engine)->view(), clock.now_us()), 200);
    const auto receipt = test_support::SubmitAndWait(engine->get(), Seal(draft));
    EXPECT_TRUE(receipt.ok()) << receipt.status();
  }
  const Draft allocations = desk.Allocations(0, StandingAt(*(*engine)->view(), clock.now_us()), 200);
  const auto receipt = test_support::SubmitAndWait(engine->get(), Seal(allocations));
  EXPECT_TRUE(receipt.ok()) << receipt.status();
}

}  // namespace
}  // namespace fundledger::bench
