// A ledger that is recorded on its own machine, and where a mirror's engine of it lies.
#pragma once

#include <memory>
#include <string>

#include "ledger/engine/follower.h"
#include "ledger/engine/verify.h"
#include "ledger/log/record.h"
#include "tests/support/world.h"

#include "gtest/gtest.h"

namespace fundledger::engine {

class FollowerWorld : public ::testing::Test {
 protected:
  explicit FollowerWorld(v1::Suite suite = v1::SUITE_INTERNATIONAL) : world_(suite) {}

  void SetUp() override {
    auto opened = world_.CreateAndOpen(directory_.Sub("ledger"));
    ASSERT_TRUE(opened.ok()) << opened.status();
    primary_ = *std::move(opened);
  }
  void Register(const std::string& organization) {
    const auto receipt = test_support::SubmitAndWait(
        primary_.get(), world_.Seal(world_.Register(*primary_->view(), organization)));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }
  FollowOptions Options() const {
    FollowOptions options;
    options.directory = directory_.Sub("mirror");
    options.ledger = log::LeafHash(*primary_->view()->Record(0));
    options.verifier_key = log::VerifierKey(test_support::World::kOrigin, world_.log_key()->public_key());
    return options;
  }
  // Books, indexes, sheets and attestations of the mirror against the records.
  void ExpectVerifies() const {
    VerifyOptions options;
    options.directory = directory_.Sub("mirror");
    options.verifier_key = Options().verifier_key;
    const auto report = VerifyDirectory(options);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->findings[0].reason << ": " << report->findings[0].message;
  }

  test_support::World world_;
  test_support::TemporaryDirectory directory_;
  std::unique_ptr<Engine> primary_;
};

}  // namespace fundledger::engine
