// The door for submissions once it stops: it takes nothing more, and leaves nothing half taken in.
#include "services/api/door.h"

#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/integration/services/services_testing.h"
#include "tests/support/world.h"

namespace fundledger::api {
namespace {

using test_support::TemporaryDirectory;
using test_support::World;

// Whoever submits waits, once told to hold.
class HeldEngine final : public services_testing::PassingEngine {
 public:
  using PassingEngine::PassingEngine;

  void Submit(std::string envelope, engine::Done done) override {
    entered.set_value();
    go_on.get_future().wait();
    PassingEngine::Submit(std::move(envelope), std::move(done));
    has_taken = true;
  }

  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<bool> has_taken = false;
};

class DoorTest : public ::testing::Test {
 protected:
  std::string Envelope() { return world_.Seal(world_.Register(*engine_.view(), "org-1")); }
  std::future<absl::Status> Submit(std::string envelope) {
    const auto answered = std::make_shared<std::promise<absl::Status>>();
    door_.Submit(std::move(envelope), [answered](const absl::StatusOr<v1::Receipt>& receipt) {
      answered->set_value(receipt.status());
    });
    return answered->get_future();
  }

  World world_;
  TemporaryDirectory directory_;
  HeldEngine engine_{*world_.CreateAndOpen(directory_.Sub("ledger"))};
  Door door_{&engine_, {}};
};

TEST_F(DoorTest, TakesNothingOnceItHasStopped) {
  engine_.go_on.set_value();
  door_.Stop();
  const absl::Status refused = Submit(Envelope()).get();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(refused), "SERVER_STOPPING");
  EXPECT_EQ(door_.under_way(), 0u);
  EXPECT_EQ(engine_.view()->size(), 1u);
}

TEST_F(DoorTest, StopsWhenTheOneThatIsAloneIsInTheEnginesHands) {
  std::future<absl::Status> answered;
  std::thread caller([&] { answered = Submit(Envelope()); });
  engine_.entered.get_future().wait();
  std::thread opener([&] { engine_.go_on.set_value(); });
  door_.Stop();
  EXPECT_TRUE(engine_.has_taken);
  opener.join();
  caller.join();
  EXPECT_TRUE(answered.get().ok());
}

}  // namespace
}  // namespace fundledger::api
