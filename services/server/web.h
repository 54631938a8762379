// What the daemon serves over HTTP: checkpoint and tiles at one address, health at another, so that readers
// of tiles never stand in its way.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "fundledger/v1/ledger_service.pb.h"
#include "ledger/engine/engine.h"
#include "services/api/access.h"
#include "services/api/watch.h"
#include "services/http/listener.h"
#include "services/process/tls.h"
#include "services/server/config.h"
#include "services/web/tiles.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace fundledger::server {

// What a Web is about; all outlive it.
struct WebSources {
  const engine::Engine* engine;
  const api::Access* access;
  api::Watch* watch;
  // What GetLedger answers, for health.
  std::function<absl::StatusOr<::fundledger::v1::GetLedgerResponse>()> facts;
  // As of http::ListenerOptions.
  std::function<void(std::string_view why)> failed_handshake;
};

class Web {
 public:
  // Listens where `config` says. `tls` is null in insecure loopback mode. UNAVAILABLE, reason CANNOT_LISTEN;
  // errors of process::TlsContext::Make.
  static absl::StatusOr<std::unique_ptr<Web>> Listen(const Config& config, const process::TlsMaterial* tls,
                                                     WebSources sources);

  // HOST:PORT with the port that was taken; empty where nothing is served.
  std::string address() const { return tiles_listener_ == nullptr ? "" : tiles_listener_->address(); }
  std::string health_address() const {
    return health_listener_ == nullptr ? "" : health_listener_->address();
  }
  // Connections to the former that are open.
  size_t open() const { return tiles_listener_ == nullptr ? 0 : tiles_listener_->open(); }

  // What new connections take. Errors of process::TlsContext::Make: the old material stays.
  absl::Status SetTls(const process::TlsMaterial& tls);
  // As of http::Listener::Stop; health goes last.
  void Stop(absl::Time deadline);

 private:
  Web(const Config& config, WebSources sources);
  http::Response Health(const http::Request& request) const;

  const WebSources sources_;
  web::Tiles tiles_;
  std::unique_ptr<http::Listener> tiles_listener_;
  std::unique_ptr<http::Listener> health_listener_;
};

}  // namespace fundledger::server
