// A byte changed anywhere in the store, by whoever can write to the disk: whatever the table, verification
// says so. Of a ledger with money in it, each value of each table.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "ledger/engine/create.h"
#include "ledger/engine/open.h"
#include "ledger/engine/verify_store.h"
#include "ledger/log/note.h"
#include "ledger/store/memory.h"
#include "ledger/store/store.h"
#include "tests/support/faults.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using store::Table;
using test_support::FaultPlan;
using test_support::World;

// Each run looks at one byte in so many, beginning anywhere.
constexpr size_t kStride = 3;

class EveryByte : public ::testing::Test {
 protected:
  EveryByte() {
    const auto first = engine::MakeFirstRecord(world_.CreateOptionsAt(""));
    EXPECT_TRUE(first.ok()) << first.status();
    EXPECT_TRUE(store_->Commit(first->batch, 0, 1).ok());
    *anchor_ = first->signed_checkpoint;
    const auto plan = std::make_shared<FaultPlan>();
    const auto engine = engine::OpenOn(test_support::WrapStore(store_, plan),
                                       test_support::MakeAnchor(anchor_, plan), world_.OptionsAt(""));
    EXPECT_TRUE(engine.ok()) << engine.status();
    RecordMoney(engine->get());
    size_ = (*engine)->view()->size();
  }

  void RecordMoney(engine::Engine* engine) {
    EXPECT_EQ(world_.RegisterStaff(engine), absl::OkStatus());
    v1::Action action;
    v1::RegisterFund& fund = *action.mutable_register_fund();
    fund.set_id("fund-1");
    fund.set_name("A fund");
    fund.set_document_number("No. 1");
    fund.set_fiscal_year(2020);
    fund.set_origin_year(2020);
    fund.set_source_tier(v1::SOURCE_TIER_CENTRAL);
    fund.set_nature(v1::NATURE_FISCAL);
    EXPECT_TRUE(world_.Decide(engine, "clerk", action, {"reviewer"}).ok());
    action.mutable_receive()->set_fund("fund-1");
    action.mutable_receive()->set_amount_fen(12'345'600);
    action.mutable_date()->set_year(2020);
    action.mutable_date()->set_month(6);
    action.mutable_date()->set_day(16);
    EXPECT_TRUE(world_.Decide(engine, "clerk", action, {"reviewer"}).ok());
  }

  bool Verifies() {
    const auto snapshot = store_->GetSnapshot();
    engine::VerifySource source;
    source.snapshot = snapshot.get();
    source.anchor = *anchor_;
    engine::VerifyOptions options;
    options.verifier_key = log::VerifierKey(World::kOrigin, world_.log_key()->public_key());
    options.threads = 1;
    return engine::VerifyStore(source, options)->ok();
  }
  void Put(Table table, const std::string& key, const std::string& value) {
    store::Batch batch;
    batch.Put(table, key, value);
    ASSERT_TRUE(store_->Commit(batch, size_, size_).ok());
  }

  World world_;
  const std::shared_ptr<store::Store> store_ = store::MakeMemoryStore();
  const std::shared_ptr<std::string> anchor_ = std::make_shared<std::string>();
  uint64_t size_ = 0;
};

TEST_F(EveryByte, IsMissedByNobodyWhoVerifies) {
  ASSERT_TRUE(Verifies());
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  size_t place = random() % kStride;
  std::map<Table, size_t> changed;
  for (const Table table : store::kAllTables) {
    std::map<std::string, std::string> rows;
    ASSERT_TRUE(store_->GetSnapshot()
                    ->Scan(table, "", "",
                           [&](std::string_view key, std::string_view value) {
                             rows.emplace(key, value);
                             return true;
                           })
                    .ok());
    for (const auto& [key, value] : rows) {
      for (; place < value.size(); place += kStride) {
        std::string bad = value;
        bad[place] = static_cast<char>(bad[place] ^ (1 << (random() % 8)));
        Put(table, key, bad);
        EXPECT_FALSE(Verifies()) << store::TableName(table) << ", byte " << place << " of " << value.size();
        ++changed[table];
      }
      place -= value.size();
      Put(table, key, value);
    }
  }
  EXPECT_TRUE(Verifies());
  for (const Table table : {Table::kRecords, Table::kEntities, Table::kPostings, Table::kCheckpoints})
    EXPECT_GT(changed[table], 5u) << store::TableName(table);
}

}  // namespace
}  // namespace fundledger::attack
