// What a submission meets: a receipt that verifies, or a refusal that leaves no trace.
#include <future>
#include <set>
#include <thread>

#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/engine/engine.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using test_support::SubmitAndWait;
using test_support::TemporaryDirectory;
using test_support::VerifyReceipt;
using test_support::World;

class Submit : public ::testing::TestWithParam<v1::Suite> {
 protected:
  void SetUp() override {
    auto opened = world_.CreateAndOpen(directory_.Sub("ledger"));
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }

  // `envelope` is refused for `reason`, and the ledger is as it was.
  void ExpectRefused(const std::string& envelope, absl::StatusCode code, std::string_view reason) {
    const std::string before = engine_->view()->signed_checkpoint();
    const auto answer = SubmitAndWait(engine_.get(), envelope);
    EXPECT_EQ(answer.status().code(), code) << answer.status();
    EXPECT_EQ(ReasonOf(answer.status()), reason) << answer.status();
    EXPECT_EQ(engine_->view()->signed_checkpoint(), before);
  }

  World world_{GetParam()};
  TemporaryDirectory directory_;
  std::unique_ptr<Engine> engine_;
};

TEST_P(Submit, GivesAReceiptThatVerifies) {
  const std::string envelope = world_.Seal(world_.Register(*engine_->view(), "org-1"));
  const auto receipt = SubmitAndWait(engine_.get(), envelope);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  const auto sequence = VerifyReceipt(*receipt, envelope, world_.verifier());
  ASSERT_TRUE(sequence.ok()) << sequence.status();
  EXPECT_EQ(*sequence, 1u);
  EXPECT_EQ(engine_->view()->size(), 2u);
  const auto entity = engine_->view()->Get({books::EntityKind::kOrganization, "org-1"});
  ASSERT_TRUE(entity.ok() && *entity != nullptr);
  EXPECT_EQ((*entity)->organization().registration().id(), "org-1");
}

INSTANTIATE_TEST_SUITE_P(Suites, Submit, ::testing::Values(v1::SUITE_INTERNATIONAL, v1::SUITE_SM),
                         [](const auto& suite) { return v1::Suite_Name(suite.param); });

}  // namespace
}  // namespace fundledger::engine
