// The parts of services/rpc that need no server: errors and the executor.
#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "services/rpc/executor.h"
#include "services/rpc/status.h"
#include "services/rpc/unary.h"
#include "tests/integration/services/services_testing.h"

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace fundledger::rpc {
namespace {

using services_testing::ErrorOf;

TEST(ToGrpcStatus, CarriesCodeMessageAndReason) {
  const grpc::Status status = ToGrpcStatus(
      Refuse(absl::StatusCode::kFailedPrecondition, "ACCOUNT_BELOW_ZERO", "line 修路: asked for 2"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "line 修路: asked for 2");
  const auto error = ErrorOf(status);
  EXPECT_EQ(error.code, 9);
  EXPECT_EQ(error.message, "line 修路: asked for 2");
  EXPECT_EQ(error.reason, "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(error.domain, "fundledger");
  EXPECT_EQ(error.retry_delay_ms, -1);
}

TEST(ToGrpcStatus, OkIsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(ToGrpcStatus, SaysWhenToComeBackIfAQueueIsFull) {
  const auto error =
      ErrorOf(ToGrpcStatus(Refuse(absl::StatusCode::kResourceExhausted, "QUEUE_FULL", "4096 wait")));
  EXPECT_EQ(error.reason, "QUEUE_FULL");
  EXPECT_EQ(error.retry_delay_ms, kRetryDelayMs);
}

TEST(ToGrpcStatus, CutsLongMessagesBetweenCharacters) {
  std::string message = "x";
  while (message.size() < 10'000) message += "款";
  const grpc::Status status = ToGrpcStatus(Refuse(absl::StatusCode::kInvalidArgument, "LONG", message));
  EXPECT_LT(status.error_message().size(), 2100u);
  EXPECT_TRUE(IsValidUtf8(status.error_message()));
  EXPECT_EQ(ErrorOf(status).reason, "LONG");
}

TEST(ReportFault, TellsOfWhatAPersonMustLookInto) {
  using absl::StatusCode;
  std::vector<std::string> told;
  const Runtime runtime{nullptr, nullptr,
                        [&told](const absl::Status& status) { told.push_back(ReasonOf(status)); }};
  ReportFault(runtime, absl::OkStatus());
  ReportFault(runtime, Refuse(StatusCode::kDataLoss, "STORE_DAMAGED", "a block"));
  ReportFault(runtime, Refuse(StatusCode::kUnavailable, "STORE_UNREADABLE", "too many open files"));
  ReportFault(runtime, Refuse(StatusCode::kUnavailable, "SERVER_STOPPING", "another time"));
  ReportFault(runtime, Refuse(StatusCode::kInvalidArgument, "ENVELOPE_MALFORMED", "not one"));
  EXPECT_EQ(told, (std::vector<std::string>{"STORE_DAMAGED", "STORE_UNREADABLE"}));
}

TEST(Executor, RunsEveryTaskOnceWhenManyThreadsAsk) {
  Executor executor(3, 10'000);
  std::atomic<int> runs{0};
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; ++i) {
    askers.emplace_back([&] {
      for (int n = 0; n < 500; ++n)
        executor.Run([&](const absl::Status& admitted) { runs += admitted.ok(); });
    });
  }
  for (std::thread& asker : askers) asker.join();
  executor.Stop(absl::InfiniteFuture());
  EXPECT_EQ(runs, 2000);
}

TEST(Executor, RefusesWhatDoesNotFit) {
  Executor executor(1, 1);
  absl::Notification started;
  absl::Notification go_on;
  std::atomic<int> ran{0};
  executor.Run([&](const absl::Status&) {
    started.Notify();
    go_on.WaitForNotification();
    ++ran;
  });
  started.WaitForNotification();
  executor.Run([&](const absl::Status& admitted) { ran += admitted.ok(); });
  absl::Status refused;
  executor.Run([&](const absl::Status& admitted) { refused = admitted; });
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), "READ_QUEUE_FULL");
  go_on.Notify();
  executor.Stop(absl::InfiniteFuture());
  EXPECT_EQ(ran, 2);
}

TEST(Executor, RefusesWhatWaitsWhenTheDeadlineIsOverAndAllThatComesLater) {
  Executor executor(1, 8);
  absl::Notification started;
  absl::Notification go_on;
  executor.Run([&](const absl::Status&) {
    started.Notify();
    go_on.WaitForNotification();
  });
  started.WaitForNotification();
  absl::Status waiting;
  executor.Run([&](const absl::Status& admitted) { waiting = admitted; });
  std::thread stopper([&] { executor.Stop(absl::InfinitePast()); });
  // Until the stop has begun, tasks are queued, or do not fit; the first refused for another reason shows
  // that it has. Those queued are refused by the executor's thread, the others by this one.
  const std::thread::id here = std::this_thread::get_id();
  absl::Status late;
  while (late.ok() || ReasonOf(late) == "READ_QUEUE_FULL") {
    executor.Run([&late, here](const absl::Status& admitted) {
      if (std::this_thread::get_id() == here) late = admitted;
    });
    std::this_thread::yield();
  }
  EXPECT_EQ(ReasonOf(late), "SERVER_STOPPING");
  go_on.Notify();
  stopper.join();
  EXPECT_EQ(ReasonOf(waiting), "SERVER_STOPPING");
}

}  // namespace
}  // namespace fundledger::rpc
