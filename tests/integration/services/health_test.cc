// Health and reflection, as tools that are not ours ask for them.
#include <atomic>

#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/integration/services/services_testing.h"

namespace fundledger::services_testing {
namespace {

TEST(Health, ServesEveryServiceAndNoOther) {
  const Ledgerd ledgerd;
  for (const char* service :
       {"", "fundledger.v1.LedgerService", "fundledger.v1.FundService", "fundledger.v1.ProjectService",
        "fundledger.v1.ReportService", "fundledger.v1.RegistryService", "fundledger.v1.AuditService"}) {
    EXPECT_EQ(HealthOf(ledgerd.channel, service), "SERVING") << service;
  }
  EXPECT_EQ(HealthOf(ledgerd.channel, "fundledger.v1.NoService"), "error 5");
}

// Stops writing when told to.
class StoppableEngine final : public PassingEngine {
 public:
  StoppableEngine(std::unique_ptr<engine::Engine> below, std::atomic<bool>* writes)
      : PassingEngine(std::move(below)), writes_(writes) {}
  absl::Status write_status() const override {
    return *writes_ ? absl::OkStatus()
                    : Refuse(absl::StatusCode::kUnavailable, "LEDGER_READ_ONLY", "the disk is gone");
  }

 private:
  std::atomic<bool>* const writes_;
};

TEST(Health, FollowsWhetherTheLedgerWrites) {
  std::atomic<bool> writes{true};
  const Ledgerd ledgerd({}, [&](test_support::World*, std::unique_ptr<engine::Engine> below) {
    return std::make_unique<StoppableEngine>(std::move(below), &writes);
  });
  writes = false;
  EXPECT_EQ(ReasonOf(ledgerd.server->UpdateHealth()), "LEDGER_READ_ONLY");
  EXPECT_EQ(HealthOf(ledgerd.channel, ""), "NOT_SERVING");
  EXPECT_EQ(HealthOf(ledgerd.channel, "fundledger.v1.LedgerService"), "NOT_SERVING");
  // What only reads goes on.
  EXPECT_EQ(HealthOf(ledgerd.channel, "fundledger.v1.FundService"), "SERVING");
  v1::GetLedgerResponse facts;
  grpc::ClientContext context;
  ASSERT_TRUE(v1::LedgerService::NewStub(ledgerd.channel)->GetLedger(&context, {}, &facts).ok());
  EXPECT_FALSE(facts.writable());

  writes = true;
  EXPECT_TRUE(ledgerd.server->UpdateHealth().ok());
  EXPECT_EQ(HealthOf(ledgerd.channel, ""), "SERVING");
}

TEST(Reflection, ListsTheServices) {
  const Ledgerd ledgerd;
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  auto call =
      grpc::GenericStub(ledgerd.channel)
          .PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  const grpc::Slice list_services("\x3a\x00", 2);  // ServerReflectionRequest{list_services = ""}
  call->Write(grpc::ByteBuffer(&list_services, 1), nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::Slice slice;
  ASSERT_TRUE(answer.DumpToSingleSlice(&slice).ok());
  const std::string text(reinterpret_cast<const char*>(slice.begin()), slice.size());
  for (const char* service :
       {"fundledger.v1.LedgerService", "fundledger.v1.FundService", "fundledger.v1.ProjectService",
        "fundledger.v1.ReportService", "fundledger.v1.RegistryService", "fundledger.v1.AuditService",
        "grpc.health.v1.Health"}) {
    EXPECT_NE(text.find(service), std::string::npos) << service;
  }
  call->WritesDone(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  grpc::Status status;
  call->Finish(&status, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

}  // namespace
}  // namespace fundledger::services_testing
