// An orderly stop: whatever is under way, every call is finished and the store is closed.
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "tests/integration/services/services_testing.h"

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace fundledger::services_testing {
namespace {

// Holds submissions and checks until it is stopped, as a slow disk would.
class HoldingEngine final : public PassingEngine {
 public:
  using PassingEngine::PassingEngine;

  void Submit(std::string envelope, std::function<void(absl::StatusOr<v1::Receipt>)> done) override {
    {
      const absl::MutexLock lock(&mutex_);
      if (!stopping_.HasBeenNotified()) {
        held_.emplace_back(std::move(envelope), std::move(done));
        return;
      }
    }
    PassingEngine::Submit(std::move(envelope), std::move(done));
  }

  std::vector<engine::CheckOutcome> Check(const std::vector<std::string>& submissions) const override {
    {
      const absl::MutexLock lock(&mutex_);
      ++checks_;
    }
    stopping_.WaitForNotification();
    return PassingEngine::Check(submissions);
  }

  // The next two views asked for are held until it is stopped.
  std::shared_ptr<const engine::View> view() const override {
    {
      const absl::MutexLock lock(&mutex_);
      if (views_to_hold_ == 0) return PassingEngine::view();
      --views_to_hold_;
      ++views_;
    }
    stopping_.WaitForNotification();
    return PassingEngine::view();
  }
  void HoldViewsOfQueries() {
    const absl::MutexLock lock(&mutex_);
    views_to_hold_ = 2;
  }
  void WaitForViews(size_t views) const {
    const absl::MutexLock lock(&mutex_);
    const auto arrived = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return views_ >= views; };
    mutex_.Await(absl::Condition(&arrived));
  }

  void Stop() override {
    std::vector<Held> held;
    {
      const absl::MutexLock lock(&mutex_);
      if (!stopping_.HasBeenNotified()) stopping_.Notify();
      held.swap(held_);
    }
    for (Held& each : held) PassingEngine::Submit(std::move(each.first), std::move(each.second));
    PassingEngine::Stop();
  }

  // Waits until so many are held.
  void WaitFor(size_t submissions, size_t checks) const {
    const absl::MutexLock lock(&mutex_);
    const auto arrived = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return held_.size() >= submissions && checks_ >= checks;
    };
    mutex_.Await(absl::Condition(&arrived));
  }

 private:
  using Held = std::pair<std::string, std::function<void(absl::StatusOr<v1::Receipt>)>>;
  mutable absl::Mutex mutex_;
  mutable absl::Notification stopping_;
  std::vector<Held> held_ ABSL_GUARDED_BY(mutex_);
  mutable size_t checks_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable size_t views_to_hold_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable size_t views_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A call that somebody else finishes.
template <typename Request, typename Response>
struct Call {
  grpc::ClientContext context;
  Request request;
  Response response;
  std::promise<grpc::Status> done;
  grpc::Status Wait() { return done.get_future().get(); }
};
using SubmitCall = Call<v1::SubmitRequest, v1::SubmitResponse>;
using CheckCall = Call<v1::CheckRequest, v1::CheckResponse>;

class StopTest : public ::testing::Test {
 protected:
  void Start(int64_t stop_seconds) {
    ledgerd_ = std::make_unique<Ledgerd>(
        [&](server::Config* config) {
          config->stop_seconds = stop_seconds;
          config->read_threads = 2;
          config->endpoints_file = files_.Sub("endpoints.json");
        },
        [&](test_support::World*, std::unique_ptr<engine::Engine> below) {
          auto holding = std::make_unique<HoldingEngine>(std::move(below));
          engine_ = holding.get();
          return holding;
        });
    stub_ = v1::LedgerService::NewStub(ledgerd_->channel);
  }
  void Send(SubmitCall* call, const std::string& organization) {
    const auto view = engine_->view();
    call->request.set_envelope(ledgerd_->world.Seal(ledgerd_->world.Register(*view, organization)));
    stub_->async()->Submit(&call->context, &call->request, &call->response,
                           [call](grpc::Status status) { call->done.set_value(std::move(status)); });
  }
  void Send(CheckCall* call) {
    call->request.add_submissions("");
    stub_->async()->Check(&call->context, &call->request, &call->response,
                          [call](grpc::Status status) { call->done.set_value(std::move(status)); });
  }

  test_support::TemporaryDirectory files_;
  std::unique_ptr<Ledgerd> ledgerd_;
  HoldingEngine* engine_ = nullptr;
  std::unique_ptr<v1::LedgerService::Stub> stub_;
};

TEST_F(StopTest, FinishesSubmissionsThatWait) {
  Start(60);
  std::vector<SubmitCall> calls(20);
  for (size_t i = 0; i < calls.size(); ++i) Send(&calls[i], "v-" + std::to_string(i));
  engine_->WaitFor(calls.size(), 0);
  ledgerd_->server->Stop();
  for (SubmitCall& call : calls) {
    const grpc::Status status = call.Wait();
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(test_support::VerifyReceipt(call.response.receipt(), call.request.envelope(),
                                            ledgerd_->world.verifier())
                    .ok());
  }
}

TEST_F(StopTest, AnswersQueriesUnderWay) {
  Start(60);
  // There is one thread for checks.
  std::vector<CheckCall> checks(1);
  for (CheckCall& call : checks) Send(&call);
  engine_->WaitFor(0, checks.size());
  ledgerd_->server->Stop();
  for (CheckCall& call : checks) {
    const grpc::Status status = call.Wait();
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
  }
}

// Those behind the query under way were there in time, or found the queue full (RESOURCE_EXHAUSTED), the
// executor stopping (UNAVAILABLE) or gRPC itself (CANCELLED): none is left without an answer.
TEST_F(StopTest, FinishesQueriesThatWait) {
  for (const int64_t stop_seconds : {60, 0}) {
    Start(stop_seconds);
    std::vector<CheckCall> checks(20);
    for (CheckCall& call : checks) Send(&call);
    engine_->WaitFor(0, 1);
    ledgerd_->server->Stop();
    for (CheckCall& call : checks) {
      const grpc::StatusCode code = call.Wait().error_code();
      EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::UNAVAILABLE ||
                  code == grpc::StatusCode::RESOURCE_EXHAUSTED || code == grpc::StatusCode::CANCELLED)
          << code;
    }
  }
}

// Checks are for anybody and dear; what they may hold up is each other.
TEST_F(StopTest, ChecksHoldUpNoQuery) {
  Start(60);
  std::vector<CheckCall> checks(30);
  for (CheckCall& call : checks) Send(&call);
  engine_->WaitFor(0, 1);
  const auto audit = v1::AuditService::NewStub(ledgerd_->channel);
  v1::GetRecordResponse record;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  EXPECT_TRUE(audit->GetRecord(&context, {}, &record).ok());
  ledgerd_->server->Stop();
  size_t refused = 0;
  for (CheckCall& call : checks) {
    const grpc::Status status = call.Wait();
    if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) continue;
    ++refused;
    EXPECT_EQ(ErrorOf(status).reason, "READ_QUEUE_FULL");
    EXPECT_GT(ErrorOf(status).retry_delay_ms, 0);
  }
  EXPECT_GT(refused, 0U);
}

// All threads for queries held up: whoever asks what ledger this is, and how far, is answered all the same.
TEST_F(StopTest, LedgerAndCheckpointWaitForNoQuery) {
  Start(60);
  engine_->HoldViewsOfQueries();
  const auto audit = v1::AuditService::NewStub(ledgerd_->channel);
  std::vector<Call<v1::GetRecordRequest, v1::GetRecordResponse>> records(2);
  for (auto& call : records) {
    audit->async()->GetRecord(&call.context, &call.request, &call.response,
                              [&call](grpc::Status status) { call.done.set_value(std::move(status)); });
  }
  engine_->WaitForViews(records.size());
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(30);
  grpc::ClientContext context;
  context.set_deadline(deadline);
  v1::GetLedgerResponse ledger;
  EXPECT_TRUE(stub_->GetLedger(&context, {}, &ledger).ok());
  grpc::ClientContext another;
  another.set_deadline(deadline);
  v1::GetCheckpointResponse checkpoint;
  EXPECT_TRUE(audit->GetCheckpoint(&another, {}, &checkpoint).ok());
  ledgerd_->server->Stop();
  for (auto& call : records) EXPECT_TRUE(call.Wait().ok());
}

TEST_F(StopTest, FinishesCancelledCallsToo) {
  Start(60);
  SubmitCall submit;
  CheckCall check;
  CheckCall queued;
  Send(&submit, "v-1");
  Send(&check);
  engine_->WaitFor(1, 1);
  Send(&queued);
  for (grpc::ClientContext* context : {&submit.context, &check.context, &queued.context})
    context->TryCancel();
  EXPECT_EQ(submit.Wait().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(check.Wait().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(queued.Wait().error_code(), grpc::StatusCode::CANCELLED);
  ledgerd_->server->Stop();
  // Cancelling takes nothing back that was submitted.
  const auto reopened = engine::Engine::Open(ledgerd_->world.OptionsAt(ledgerd_->config.ledger));
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_EQ((*reopened)->view()->size(), 2u);
}

TEST_F(StopTest, EndsCallsThatWouldGoOnForEver) {
  Start(0);
  // Health's Watch never ends by itself.
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  auto call =
      grpc::GenericStub(ledgerd_->channel).PrepareCall(&context, "/grpc.health.v1.Health/Watch", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  const grpc::Slice every_service;  // HealthCheckRequest{}
  call->WriteLast(grpc::ByteBuffer(&every_service, 1), {}, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::ByteBuffer first;
  call->Read(&first, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);

  ledgerd_->server->Stop();
  do {  // that it no longer serves, and then the end
    grpc::ByteBuffer next;
    call->Read(&next, nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok));
  } while (ok);
  grpc::Status status;
  call->Finish(&status, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

TEST_F(StopTest, ClosesTheDoorTheStoreAndTheEndpointsFile) {
  Start(60);
  EXPECT_TRUE(std::filesystem::exists(files_.Sub("endpoints.json")));
  ledgerd_->server->Stop();
  EXPECT_FALSE(std::filesystem::exists(files_.Sub("endpoints.json")));
  v1::GetLedgerResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(stub_->GetLedger(&context, {}, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(engine::Engine::Open(ledgerd_->world.OptionsAt(ledgerd_->config.ledger)).ok());
  ledgerd_->server->Stop();
}

}  // namespace
}  // namespace fundledger::services_testing
