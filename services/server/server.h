// The server in one process: an engine, the services over it, health and reflection, on one address.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/security/server_credentials.h>

#include "ledger/engine/engine.h"
#include "services/server/config.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::server {

// TLS as configured, or none. Errors of rpc/tls.h.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const Config& config);
// The log's key. Errors of files.h; KEY_MALFORMED.
absl::StatusOr<std::shared_ptr<const crypto::Signer>> ReadLogKey(const Config& config);
// The ledger, with the configured limits. Errors of Engine::Open.
absl::StatusOr<std::unique_ptr<engine::Engine>> OpenEngine(const Config& config,
                                                           std::shared_ptr<const crypto::Signer> log_key);

class Server {
 public:
  // Listens, serves, and has written the endpoints file when it returns. UNAVAILABLE, reason CANNOT_LISTEN,
  // FILE_NOT_WRITTEN.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(const Config& config,
                                                        std::shared_ptr<grpc::ServerCredentials> credentials,
                                                        std::unique_ptr<engine::Engine> engine);
  // Stops.
  virtual ~Server() = default;

  // HOST:PORT, with the port that was taken.
  virtual const std::string& address() const = 0;
  virtual const engine::Engine& engine() const = 0;

  // Lets health say whether the ledger writes: not at all and for LedgerService, which is where it matters;
  // services that only read go on serving. Returns the engine's write status. To be called now and then; a
  // failed Submit does.
  virtual absl::Status UpdateHealth() = 0;

  // Health says NOT_SERVING; submissions are refused and those queued are finished; queries under way are
  // answered, those that wait only until config.stop_seconds are over; connections and the store are closed;
  // the endpoints file is removed. Every call has been finished when it returns. Once; from one thread.
  virtual void Stop() = 0;
};

}  // namespace fundledger::server
