#include "services/server/server.h"

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "ledger/crypto/pkcs8.h"
#include "ledger/crypto/secret.h"
#include "ledger/crypto/terminal.h"
#include "ledger/engine/facts.h"
#include "services/api/access.h"
#include "services/api/audit_service.h"
#include "services/api/fund_service.h"
#include "services/api/ledger_facts.h"
#include "services/api/ledger_service.h"
#include "services/api/project_service.h"
#include "services/api/registry_service.h"
#include "services/api/report_service.h"
#include "services/rpc/acceptor.h"
#include "services/rpc/executor.h"
#include "services/server/audit_file.h"
#include "services/server/files.h"
#include "services/server/log.h"
#include "services/server/metrics.h"
#include "services/server/operator_watch.h"
#include "services/server/time_stamps.h"
#include "services/server/web.h"
#include "services/server/witnesses.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

namespace fundledger::server {
namespace {

constexpr int64_t kDaySeconds = 86'400;

api::DoorLimits LimitsOf(const Config& config) {
  return {.submissions = static_cast<size_t>(config.queue),
          .stream_window = static_cast<size_t>(config.stream_window),
          .streams = static_cast<size_t>(config.streams),
          .stream_idle_s = config.stream_idle_seconds,
          .officer_per_second = config.officer_per_second};
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
  builder->SetMaxSendMessageSize(static_cast<int>(config.send_bytes));
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Millis(config.handshake_seconds));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(config.calls_per_connection));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(config.keepalive_seconds));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Millis(config.keepalive_timeout_seconds));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              Millis(config.ping_interval_seconds_min));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Millis(config.connection_age_seconds_max));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Millis(config.connection_grace_seconds));
}

// HOST of HOST:PORT with another port.
std::string WithPort(const std::string& listen, int port) {
  return absl::StrCat(listen.substr(0, listen.rfind(':') + 1), port);
}

class GrpcServer final : public Server {
 public:
  GrpcServer(const Config& config, std::shared_ptr<rpc::TlsCredentials> tls,
             std::unique_ptr<engine::Engine> engine, std::unique_ptr<Metrics> metrics,
             std::unique_ptr<AuditFile> audit, std::unique_ptr<Witnesses> witnesses)
      : config_(config),
        tls_(std::move(tls)),
        engine_(std::move(engine)),
        metrics_(std::move(metrics)),
        audit_(std::move(audit)),
        witnesses_(std::move(witnesses)),
        reads_(static_cast<size_t>(config.read_threads), static_cast<size_t>(config.read_queue)),
        checks_(1, static_cast<size_t>(config.check_queue)),
        runtime_{&reads_, &checks_,
                 [](const absl::Status& status) { LogStatus(LogLevel::kError, "fault", status); }} {}

  ~GrpcServer() override { Stop(); }

  absl::Status Start() {
    EnableHealthAndReflection();
    grpc::ServerBuilder builder;
    SetLimits(config_, &builder);
    ASSIGN_OR_RETURN(acceptor_,
                     rpc::Acceptor::Listen(config_.listen, static_cast<size_t>(config_.connections)));
    const std::shared_ptr<grpc::ServerCredentials> tls = tls_;
    rpc::Acceptor::Door door = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        tls == nullptr ? grpc::InsecureServerCredentials() : tls);
    builder.RegisterService(&ledger_service_);
    builder.RegisterService(&fund_service_);
    builder.RegisterService(&project_service_);
    builder.RegisterService(&report_service_);
    builder.RegisterService(&registry_service_);
    builder.RegisterService(&audit_service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return Refuse(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                    absl::StrCat("cannot serve at ", config_.listen, ": the TLS files cannot be used"));
    }
    address_ = WithPort(config_.listen, acceptor_->port());
    acceptor_->Start(std::move(door), [this](std::string_view peer) { watch_.OnTooManyConnections(peer); });
    TellFailedHandshakes([this](std::string_view why) { watch_.OnFailedHandshake(why); });
    RETURN_IF_ERROR(StartWeb());
    RETURN_IF_ERROR(StartStamping());
    (void)Tend();
    if (config_.endpoints_file.empty()) return absl::OkStatus();
    nlohmann::json endpoints = {{"grpc", address_}};
    for (const auto& [name, address] :
         {std::pair{"metrics", metrics_address()}, {"http", http_address()}, {"health", health_address()}}) {
      if (!address.empty()) endpoints[name] = address;
    }
    return ReplaceFile(config_.endpoints_file, endpoints.dump() + "\n");
  }

  const std::string& address() const override { return address_; }
  const std::string& metrics_address() const override { return metrics_->address(); }
  std::string http_address() const override { return web_ == nullptr ? "" : web_->address(); }
  std::string health_address() const override { return web_ == nullptr ? "" : web_->health_address(); }
  const engine::Engine& engine() const override { return *engine_; }

  absl::Status UpdateHealth() override {
    absl::Status status = engine_->write_status();
    const std::optional<engine::MirrorState> mirror = engine_->mirror_state();
    const bool is_alarmed = mirror.has_value() && mirror->phase == engine::MirrorState::Phase::kAlarmed;
    const bool is_healthy = mirror.has_value() ? !is_alarmed : status.ok();
    grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
    for (const char* name :
         {"fundledger.v1.FundService", "fundledger.v1.ProjectService", "fundledger.v1.ReportService",
          "fundledger.v1.RegistryService", "fundledger.v1.AuditService"}) {
      health->SetServingStatus(name, true);
    }
    health->SetServingStatus("fundledger.v1.LedgerService", status.ok());
    health->SetServingStatus("", is_healthy);
    return mirror.has_value() ? absl::OkStatus() : status;  // that it does not write is what a mirror is for
  }

  absl::Status Tend() override {
    const absl::Status status = UpdateHealth();
    const int64_t now_s = SystemClockMicros() / 1'000'000;
    if (tls_ != nullptr && now_s >= next_look_s_) LookAtTls(now_s);
    Gauges gauges = {.records = engine_->view()->size(),
                     .submissions_under_way = ledger_service_.under_way(),
                     .http_connections = web_ == nullptr ? 0 : web_->open(),
                     .connections = acceptor_->open(),
                     .writable = engine_->write_status().ok(),
                     .audit_lines_dropped = audit_ == nullptr ? 0 : audit_->dropped(),
                     .mirror = engine_->mirror_state()};
    if (tls_ != nullptr) {
      const process::TlsMaterial material = tls_->material();
      gauges.certificate_ends_s = material.certificate_ends_s;
      gauges.client_ca_ends_s = material.client_ca_ends_s;
    }
    metrics_->Set(gauges);
    for (const auto& stamping : stamping_) stamping->Tick();
    if (witnesses_ != nullptr) {
      witnesses_->Tick();
      metrics_->SetWitnessing(witnesses_->State());
    }
    return status;
  }

  void Reload() override {
    if (tls_ != nullptr) LookAtTls(SystemClockMicros() / 1'000'000);
    if (audit_ == nullptr) return;
    const absl::Status reopened = audit_->Reopen();
    if (reopened.ok()) {
      Log(LogLevel::kInfo, "audit_file_opened", {{"path", config_.audit_file}});
    } else {
      LogStatus(LogLevel::kWarn, "audit_file_kept", reopened);
    }
  }

  void Stop() override {
    if (engine_ == nullptr) return;
    TellFailedHandshakes(nullptr);
    if (acceptor_ != nullptr) acceptor_->Stop();
    if (server_ != nullptr) server_->GetHealthCheckService()->Shutdown();
    const absl::Time deadline = absl::Now() + absl::Seconds(config_.stop_seconds);
    // Shutdown never returns while a call is unfinished, so whoever finishes calls goes first: the door with
    // what waits to be verified, the sequencer with its queue, then the readers with theirs. What comes in
    // meanwhile all refuse at once.
    ledger_service_.StopTaking();
    // These wait for the engine to keep what they have.
    stamping_.clear();
    audit_service_.StopWatches();
    // Its threads wait for the engine to keep what they have.
    if (witnesses_ != nullptr) witnesses_->Stop();
    engine_->Stop();
    reads_.Stop(deadline);
    checks_.Stop(deadline);
    if (web_ != nullptr) web_->Stop(deadline);
    if (server_ != nullptr) server_->Shutdown(absl::ToChronoTime(deadline));
    server_.reset();
    if (!address_.empty() && !config_.endpoints_file.empty())
      (void)std::remove(config_.endpoints_file.c_str());
    engine_.reset();
  }

 private:
  absl::Status StartWeb() {
    std::optional<process::TlsMaterial> material;
    if (tls_ != nullptr) material = tls_->material();
    ASSIGN_OR_RETURN(
        web_,
        Web::Listen(config_, material.has_value() ? &*material : nullptr,
                    {.engine = engine_.get(),
                     .access = &access_,
                     .watch = &watch_,
                     .facts = [this] { return api::LedgerFacts(*engine_, witnesses_.get()); },
                     .failed_handshake = [this](std::string_view why) { watch_.OnFailedHandshake(why); }}));
    return absl::OkStatus();
  }

  absl::Status StartStamping() {
    ASSIGN_OR_RETURN(std::vector<StampingOptions> authorities, LoadStamping(config_));
    for (StampingOptions& authority : authorities) {
      const std::string name = authority.name;
      authority.on_stamped = [this, name](uint64_t size, const crypto::StampedTime& stamped) {
        metrics_->SetTimeStamped(name, size, stamped.time_us / 1'000'000);
      };
      authority.on_failed = [this, name](const absl::Status& why) {
        metrics_->CountTimeStampFailure(name, ReasonOf(why));
      };
      ASSIGN_OR_RETURN(std::unique_ptr<Stamping> stamping,
                       Stamping::Start(std::move(authority), engine_.get()));
      stamping_.push_back(std::move(stamping));
    }
    return absl::OkStatus();
  }

  void LookAtTls(int64_t now_s) {
    next_look_s_ = now_s + config_.tls_reload_seconds;
    const absl::Status status = TakeTls();
    if (!status.ok()) {
      // Files that stay wrong are told of once, and counted once.
      if (status == last_refusal_) return;
      last_refusal_ = status;
      metrics_->CountReload(false);
      return LogStatus(LogLevel::kWarn, "tls_files_refused", status);
    }
    last_refusal_ = absl::OkStatus();
    const bool is_taken = std::exchange(is_taking_tls_, false);
    if (is_taken) {
      metrics_->CountReload(true);
      Log(LogLevel::kInfo, "tls_files_taken", {{"certificate", config_.tls_certificate}});
    }
    if (is_taken || now_s >= next_warning_s_) WarnOfEnds(now_s);
  }

  // Files that changed are taken once both have them, gRPC and HTTP; what one did not take it is given again.
  absl::Status TakeTls() {
    ASSIGN_OR_RETURN(const bool changed, tls_->Reload());
    is_taking_tls_ = is_taking_tls_ || changed;
    return is_taking_tls_ ? web_->SetTls(tls_->material()) : absl::OkStatus();
  }

  // Once a day, and when they change.
  void WarnOfEnds(int64_t now_s) {
    next_warning_s_ = now_s + kDaySeconds;
    const process::TlsMaterial material = tls_->material();
    for (const auto& [path, ends_s] : {std::pair{&config_.tls_certificate, material.certificate_ends_s},
                                       {&config_.tls_client_ca, material.client_ca_ends_s}}) {
      if (ends_s - now_s > config_.tls_warn_days * kDaySeconds) continue;
      Log(LogLevel::kWarn, "certificate_ends_soon",
          {{"file", *path},
           {"ends",
            absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(ends_s), absl::UTCTimeZone())},
           {"days", absl::StrCat((ends_s - now_s) / kDaySeconds)}});
    }
  }

  const Config config_;
  const std::shared_ptr<rpc::TlsCredentials> tls_;  // null in insecure loopback mode
  std::unique_ptr<engine::Engine> engine_;
  const std::unique_ptr<Metrics> metrics_;
  const std::unique_ptr<AuditFile> audit_;      // null if none is configured
  const std::unique_ptr<Witnesses> witnesses_;  // null if none is configured
  OperatorWatch watch_{metrics_.get(), audit_.get()};
  const api::Access access_{engine_.get(), config_.insecure_loopback, engine::MonotonicClockMicros};
  int64_t next_look_s_ = 0;
  int64_t next_warning_s_ = 0;
  absl::Status last_refusal_;
  bool is_taking_tls_ = false;  // files that changed, and that not both have yet
  rpc::Executor reads_;
  rpc::Executor checks_;
  rpc::Runtime runtime_;
  const api::Context context_{engine_.get(), &runtime_, &access_, &watch_, witnesses_.get()};
  api::LedgerService ledger_service_{context_, LimitsOf(config_)};
  api::FundService fund_service_{context_};
  api::ProjectService project_service_{context_};
  api::ReportService report_service_{context_};
  api::RegistryService registry_service_{context_};
  api::AuditService audit_service_{context_, static_cast<size_t>(config_.watches)};
  std::unique_ptr<Web> web_;  // null until it was started
  std::vector<std::unique_ptr<Stamping>> stamping_;
  std::unique_ptr<rpc::Acceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

absl::StatusOr<crypto::Secret> LogKeyPassphrase(const Config& config, const std::string& key_file) {
  if (!config.log_key_passphrase_file.empty()) {
    ASSIGN_OR_RETURN(std::string text, ReadSecretFile(config.log_key_passphrase_file));
    return crypto::PassphraseOf(crypto::Secret(std::move(text)));
  }
  if (config.log_key_passphrase_fd >= 0) {
    auto passphrase = crypto::ReadSecretLine(static_cast<int>(config.log_key_passphrase_fd));
    RETURN_IF_ERROR(Annotate(passphrase.status(), "log_key_passphrase_fd"));
    return passphrase;
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "PASSPHRASE_NEEDED",
                absl::StrCat(key_file,
                             " is encrypted: set log_key_passphrase_file to a file with its "
                             "passphrase, or log_key_passphrase_fd to an open descriptor"));
}

// The passphrase is read when the first encrypted key needs it: a descriptor has it only once.
absl::StatusOr<std::shared_ptr<const crypto::Signer>> ReadSigner(const Config& config,
                                                                 const std::string& file,
                                                                 std::optional<crypto::Secret>* passphrase) {
  ASSIGN_OR_RETURN(std::string text, ReadSecretFile(file));
  crypto::Secret pem(std::move(text));
  if (crypto::IsEncryptedKey(pem.view())) {
    if (!passphrase->has_value()) {
      ASSIGN_OR_RETURN(*passphrase, LogKeyPassphrase(config, file));
    }
    auto plain = crypto::DecryptKey(pem.view(), (*passphrase)->view());
    if (!plain.ok()) return Annotate(plain.status(), file);
    pem = *std::move(plain);
  }
  absl::StatusOr<std::unique_ptr<crypto::Signer>> signer = crypto::SignerFromPem(pem.view());
  if (!signer.ok()) return Annotate(signer.status(), file);
  return std::shared_ptr<const crypto::Signer>(*std::move(signer));
}

// Null where none are configured. Engine and metrics outlive it.
absl::StatusOr<std::unique_ptr<Witnesses>> StartWitnesses(const Config& config, engine::Engine* engine,
                                                          Metrics* metrics) {
  ASSIGN_OR_RETURN(std::unique_ptr<WitnessingOptions> options, LoadWitnessing(config));
  if (options == nullptr) return nullptr;
  options->on_asked = [metrics](std::string_view witness, const absl::Status& status, bool) {
    if (!status.ok()) metrics->CountWitnessFailure(witness, ReasonOf(status));
  };
  return Witnesses::Start(*std::move(options), engine);
}

// A ledger of suite sm promises its readers an SM2 line in every checkpoint; of another, nobody would know
// whose key it is.
absl::Status CheckSuite(const engine::View& view, bool has_sm2) {
  ASSIGN_OR_RETURN(const std::string genesis, view.Record(0));
  ASSIGN_OR_RETURN(const engine::LedgerFacts facts, engine::FactsOfRecord(genesis));
  const bool wants_sm2 = facts.has_sm3_links;
  if (wants_sm2 == has_sm2) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, wants_sm2 ? "SM2_KEY_MISSING" : "SM2_KEY_UNEXPECTED",
                wants_sm2 ? "the ledger is of suite sm, whose checkpoints an SM2 key signs too: set sm2_key"
                          : "the ledger is of suite international, whose checkpoints no SM2 key signs: take "
                            "sm2_key out");
}

}  // namespace

absl::StatusOr<std::shared_ptr<rpc::TlsCredentials>> LoadTls(const Config& config) {
  if (config.insecure_loopback) return nullptr;
  return rpc::TlsCredentials::Load(
      {.certificate = config.tls_certificate, .key = config.tls_key, .client_ca = config.tls_client_ca});
}

absl::StatusOr<LogKeyPair> ReadLogKeys(const Config& config) {
  std::optional<crypto::Secret> passphrase;
  LogKeyPair keys;
  ASSIGN_OR_RETURN(keys.now, ReadSigner(config, config.log_key, &passphrase));
  if (!config.next_log_key.empty()) {
    ASSIGN_OR_RETURN(keys.next, ReadSigner(config, config.next_log_key, &passphrase));
  }
  if (config.sm2_key.empty()) return keys;
  ASSIGN_OR_RETURN(keys.sm2, ReadSigner(config, config.sm2_key, &passphrase));
  if (keys.sm2->public_key().algorithm == crypto::Algorithm::kSm2) return keys;
  return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED",
                absl::StrCat(config.sm2_key, " is not an SM2 key"));
}

absl::StatusOr<std::unique_ptr<engine::Engine>> OpenEngine(const Config& config, LogKeyPair log_keys) {
  engine::Options options;
  const bool has_sm2 = log_keys.sm2 != nullptr;
  options.sm2_key = std::move(log_keys.sm2);
  options.directory = config.ledger;
  options.log_key = std::move(log_keys.now);
  options.next_log_key = std::move(log_keys.next);
  // The door refuses before: nobody who got through it finds the queue full.
  options.queue_limit = LimitsOf(config).total();
  options.group_limit = static_cast<size_t>(config.group);
  ASSIGN_OR_RETURN(std::unique_ptr<engine::Engine> engine, engine::Engine::Open(std::move(options)));
  RETURN_IF_ERROR(CheckSuite(*engine->view(), has_sm2));
  return engine;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const Config& config,
                                                       std::shared_ptr<rpc::TlsCredentials> tls,
                                                       std::unique_ptr<engine::Engine> engine) {
  RETURN_IF_ERROR(CheckConfig(config));
  std::unique_ptr<AuditFile> audit;
  if (!config.audit_file.empty()) {
    ASSIGN_OR_RETURN(audit, AuditFile::Open(config.audit_file));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Metrics> metrics, Metrics::Make(config.metrics));
  ASSIGN_OR_RETURN(std::unique_ptr<Witnesses> witnesses, StartWitnesses(config, engine.get(), metrics.get()));
  auto server = std::make_unique<GrpcServer>(config, std::move(tls), std::move(engine), std::move(metrics),
                                             std::move(audit), std::move(witnesses));
  RETURN_IF_ERROR(server->Start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace fundledger::server
