#include "services/server/server.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "ledger/base/status.h"
#include "services/api/audit_service.h"
#include "services/api/fund_service.h"
#include "services/api/ledger_service.h"
#include "services/api/project_service.h"
#include "services/api/registry_service.h"
#include "services/api/report_service.h"
#include "services/rpc/executor.h"
#include "services/rpc/tls.h"
#include "services/server/files.h"
#include "services/server/log.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <nlohmann/json.hpp>

namespace fundledger::server {
namespace {

// A statement of 20,000 lines, a page of 3 MiB of records: both fit.
constexpr int kSendBytesMax = 4 << 20;
// Queries that may wait for a thread.
constexpr size_t kReadQueueMax = 1024;
// Checks that may wait for their one thread.
constexpr size_t kCheckQueueMax = 8;
// Calls at once on one connection.
constexpr int kStreamsMax = 1024;

api::DoorLimits LimitsOf(const Config& config) {
  return {.submissions = static_cast<size_t>(config.queue),
          .stream_window = static_cast<size_t>(config.stream_window),
          .streams = static_cast<size_t>(config.streams)};
}

int Millis(int64_t seconds) {
  return static_cast<int>(seconds * 1000);
}

// Before a server is built; both are global in gRPC.
void EnableHealthAndReflection() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
}

void SetLimits(const Config& config, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(static_cast<int>(config.receive_bytes));
  builder->SetMaxSendMessageSize(kSendBytesMax);
  // Without this a second server quietly shares the port of the first.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(config.keepalive_seconds));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Millis(config.keepalive_timeout_seconds));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              Millis(config.ping_interval_seconds_min));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Millis(config.connection_age_seconds_max));
}

// HOST of HOST:PORT with another port.
std::string WithPort(const std::string& listen, int port) {
  return absl::StrCat(listen.substr(0, listen.rfind(':') + 1), port);
}

class GrpcServer final : public Server {
 public:
  GrpcServer(const Config& config, std::unique_ptr<engine::Engine> engine)
      : config_(config),
        engine_(std::move(engine)),
        reads_(static_cast<size_t>(config.read_threads), kReadQueueMax),
        checks_(1, kCheckQueueMax),
        runtime_{&reads_, &checks_,
                 [](const absl::Status& status) { LogStatus(LogLevel::kError, "fault", status); }} {}

  ~GrpcServer() override { Stop(); }

  absl::Status Start(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    EnableHealthAndReflection();
    grpc::ServerBuilder builder;
    SetLimits(config_, &builder);
    int port = 0;
    builder.AddListeningPort(config_.listen, credentials, &port);
    builder.RegisterService(&ledger_service_);
    builder.RegisterService(&fund_service_);
    builder.RegisterService(&project_service_);
    builder.RegisterService(&report_service_);
    builder.RegisterService(&registry_service_);
    builder.RegisterService(&audit_service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return Refuse(
          absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
          absl::StrCat("cannot listen at ", config_.listen,
                       "; another process may have the port, or the address is not this machine's"));
    }
    address_ = WithPort(config_.listen, port);
    (void)UpdateHealth();
    if (config_.endpoints_file.empty()) return absl::OkStatus();
    return ReplaceFile(config_.endpoints_file, nlohmann::json{{"grpc", address_}}.dump() + "\n");
  }

  const std::string& address() const override { return address_; }
  const engine::Engine& engine() const override { return *engine_; }

  absl::Status UpdateHealth() override {
    absl::Status status = engine_->write_status();
    grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
    for (const char* name :
         {"fundledger.v1.FundService", "fundledger.v1.ProjectService", "fundledger.v1.ReportService",
          "fundledger.v1.RegistryService", "fundledger.v1.AuditService"}) {
      health->SetServingStatus(name, true);
    }
    health->SetServingStatus("fundledger.v1.LedgerService", status.ok());
    health->SetServingStatus("", status.ok());
    return status;
  }

  void Stop() override {
    if (engine_ == nullptr) return;
    if (server_ != nullptr) server_->GetHealthCheckService()->Shutdown();
    const absl::Time deadline = absl::Now() + absl::Seconds(config_.stop_seconds);
    // Shutdown never returns while a call is unfinished, so whoever finishes calls goes first: the door with
    // what waits to be verified, the sequencer with its queue, then the readers with theirs. What comes in
    // meanwhile all refuse at once.
    ledger_service_.StopTaking();
    engine_->Stop();
    reads_.Stop(deadline);
    checks_.Stop(deadline);
    if (server_ != nullptr) server_->Shutdown(absl::ToChronoTime(deadline));
    server_.reset();
    if (!address_.empty() && !config_.endpoints_file.empty())
      (void)std::remove(config_.endpoints_file.c_str());
    engine_.reset();
  }

 private:
  const Config config_;
  std::unique_ptr<engine::Engine> engine_;
  rpc::Executor reads_;
  rpc::Executor checks_;
  rpc::Runtime runtime_;
  const api::Context context_{engine_.get(), &runtime_};
  api::LedgerService ledger_service_{context_, LimitsOf(config_)};
  api::FundService fund_service_{context_};
  api::ProjectService project_service_{context_};
  api::ReportService report_service_{context_};
  api::RegistryService registry_service_{context_};
  api::AuditService audit_service_{context_};
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const Config& config) {
  if (!config.has_tls()) return grpc::InsecureServerCredentials();
  return rpc::ServerCredentialsFromFiles(
      {.certificate = config.tls_certificate, .key = config.tls_key, .client_ca = config.tls_client_ca});
}

absl::StatusOr<std::shared_ptr<const crypto::Signer>> ReadLogKey(const Config& config) {
  ASSIGN_OR_RETURN(const std::string pem, ReadSecretFile(config.log_key));
  absl::StatusOr<std::unique_ptr<crypto::Signer>> signer = crypto::SignerFromPem(pem);
  if (!signer.ok()) return Annotate(signer.status(), config.log_key);
  return std::shared_ptr<const crypto::Signer>(*std::move(signer));
}

absl::StatusOr<std::unique_ptr<engine::Engine>> OpenEngine(const Config& config,
                                                           std::shared_ptr<const crypto::Signer> log_key) {
  engine::Options options;
  options.directory = config.ledger;
  options.log_key = std::move(log_key);
  // The door refuses before: nobody who got through it finds the queue full.
  options.queue_limit = LimitsOf(config).total();
  options.group_limit = static_cast<size_t>(config.group);
  return engine::Engine::Open(std::move(options));
}

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const Config& config,
                                                       std::shared_ptr<grpc::ServerCredentials> credentials,
                                                       std::unique_ptr<engine::Engine> engine) {
  RETURN_IF_ERROR(CheckConfig(config));
  auto server = std::make_unique<GrpcServer>(config, std::move(engine));
  RETURN_IF_ERROR(server->Start(credentials));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace fundledger::server
