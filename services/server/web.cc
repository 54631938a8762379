#include "services/server/web.h"

#include <utility>

#include "ledger/base/status.h"
#include "services/web/health.h"

namespace fundledger::server {
namespace {

// Whoever watches the ledger; they come one after the other.
constexpr size_t kHealthConnections = 4;

http::Patience PatienceOf(const Config& config) {
  return {.idle_seconds = config.http_idle_seconds,
          .request_seconds = config.http_request_seconds,
          .answer_seconds = config.http_answer_seconds,
          .requests = config.http_requests};
}

}  // namespace

Web::Web(const Config& config, WebSources sources)
    : sources_(std::move(sources)),
      tiles_(sources_.engine, sources_.access, sources_.watch,
             {.officers_only = config.http_officers_only, .entry_tiles = config.http_entry_tiles}) {}

absl::StatusOr<std::unique_ptr<Web>> Web::Listen(const Config& config, const process::TlsMaterial* tls,
                                                 WebSources sources) {
  std::unique_ptr<Web> web(new Web(config, std::move(sources)));
  Web* const self = web.get();
  if (!config.http_listen.empty()) {
    http::ListenerOptions options{.address = config.http_listen,
                                  .connections = static_cast<size_t>(config.http_connections),
                                  .patience = PatienceOf(config),
                                  .failed_handshake = self->sources_.failed_handshake};
    if (tls != nullptr) {
      ASSIGN_OR_RETURN(options.tls, process::TlsContext::Make(*tls));
    }
    ASSIGN_OR_RETURN(web->tiles_listener_,
                     http::Listener::Listen(std::move(options), [self](const http::Request& request) {
                       return self->tiles_.Answer(request);
                     }));
  }
  if (!config.health.empty()) {
    http::ListenerOptions options{
        .address = config.health, .connections = kHealthConnections, .patience = PatienceOf(config)};
    ASSIGN_OR_RETURN(web->health_listener_,
                     http::Listener::Listen(std::move(options), [self](const http::Request& request) {
                       return self->Health(request);
                     }));
  }
  return web;
}

http::Response Web::Health(const http::Request& request) const {
  const auto facts = sources_.facts();
  if (!facts.ok()) return http::ErrorResponse(facts.status());
  return web::HealthAnswer(request, sources_.engine->view()->size(), *facts, sources_.engine->write_status());
}

absl::Status Web::SetTls(const process::TlsMaterial& tls) {
  if (tiles_listener_ == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto context, process::TlsContext::Make(tls));
  tiles_listener_->SetTls(std::move(context));
  return absl::OkStatus();
}

void Web::Stop(absl::Time deadline) {
  if (tiles_listener_ != nullptr) tiles_listener_->Stop(deadline);
  if (health_listener_ != nullptr) health_listener_->Stop(deadline);
}

}  // namespace fundledger::server
