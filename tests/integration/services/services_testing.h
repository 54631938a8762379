// A server on a free port of this machine over a ledger of its own, and a client's view of it.
//
//   Ledgerd ledgerd;
//   v1::SubmitResponse response;
//   grpc::Status status = ledgerd.Submit(envelope, &response);
//   EXPECT_EQ(ErrorOf(status).reason, "WRONG_LEDGER");
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>

#include "fundledger/v1/audit_service.grpc.pb.h"
#include "fundledger/v1/fund_service.grpc.pb.h"
#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "services/server/server.h"
#include "tests/support/world.h"

namespace fundledger::services_testing {

namespace v1 = ::fundledger::v1;

// What a client reads out of an error.
struct WireError {
  int code = 0;         // of google.rpc.Status in grpc-status-details-bin
  std::string message;  // as above
  std::string reason;   // of ErrorInfo
  std::string domain;   // of ErrorInfo
  int64_t retry_delay_ms = -1;
};
WireError ErrorOf(const grpc::Status& status);

// Makes an engine another: to fill it, to hold it up, or to let it fail.
using Wrap =
    std::function<std::unique_ptr<engine::Engine>(test_support::World*, std::unique_ptr<engine::Engine>)>;

class Ledgerd {
 public:
  // In insecure loopback mode, unless `change` changes the configuration first. Aborts if it cannot listen.
  explicit Ledgerd(const std::function<void(server::Config*)>& change = {}, const Wrap& wrap = {});

  grpc::Status Submit(const std::string& envelope, v1::SubmitResponse* response);
  // Registers an organization and expects a receipt.
  v1::Receipt Register(const std::string& organization);
  // A new channel; in the clear unless told otherwise.
  std::shared_ptr<grpc::Channel> Dial(std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr) const;

  test_support::TemporaryDirectory directory;
  test_support::World world;
  server::Config config;
  std::unique_ptr<server::Server> server;
  std::shared_ptr<grpc::Channel> channel;
};

// A call with bytes instead of messages, for services whose messages are not at hand.
grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request, std::string* response);

// Answer of grpc.health.v1: "SERVING", "NOT_SERVING", or the error's code.
std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service);

// Runs `openssl` with arguments; aborts if it fails.
void OpenSsl(const std::string& arguments);

// Passes everything on. Override what is to be otherwise.
class PassingEngine : public engine::Engine {
 public:
  explicit PassingEngine(std::unique_ptr<engine::Engine> below) : below_(std::move(below)) {}
  void Submit(std::string envelope, std::function<void(absl::StatusOr<v1::Receipt>)> done) override {
    below_->Submit(std::move(envelope), std::move(done));
  }
  absl::StatusOr<engine::Prepared> Prepare(std::string envelope) const override {
    return below_->Prepare(std::move(envelope));
  }
  void Enqueue(engine::Prepared prepared, engine::Done done) override {
    below_->Enqueue(std::move(prepared), std::move(done));
  }
  std::vector<engine::CheckOutcome> Check(const std::vector<std::string>& submissions) const override {
    return below_->Check(submissions);
  }
  void Keep(engine::Attestation attestation, engine::Kept kept) override {
    below_->Keep(std::move(attestation), std::move(kept));
  }
  absl::StatusOr<std::string> SignAnswer(const engine::View& view, std::string_view answer) const override {
    return below_->SignAnswer(view, answer);
  }
  std::shared_ptr<const engine::View> view() const override { return below_->view(); }
  absl::Status write_status() const override { return below_->write_status(); }
  void Stop() override { below_->Stop(); }

 private:
  const std::unique_ptr<engine::Engine> below_;
};

}  // namespace fundledger::services_testing
