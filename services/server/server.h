// The server in one process: an engine, the services over it, health and reflection, on one address; and
// tiles over HTTP on another.
#pragma once

#include <memory>
#include <string>

#include "ledger/engine/engine.h"
#include "services/rpc/tls_credentials.h"
#include "services/server/config.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::server {

// TLS as configured; null in insecure loopback mode. Errors of process/tls.h.
absl::StatusOr<std::shared_ptr<rpc::TlsCredentials>> LoadTls(const Config& config);
// The log's key, the one that is to replace it, and the SM2 key; null if there is none.
struct LogKeyPair {
  std::shared_ptr<const crypto::Signer> now;
  std::shared_ptr<const crypto::Signer> next;
  std::shared_ptr<const crypto::Signer> sm2;
};
// As configured. Errors of files.h; of crypto/pkcs8.h; INVALID_ARGUMENT, reasons KEY_MALFORMED,
// PASSPHRASE_NEEDED.
absl::StatusOr<LogKeyPair> ReadLogKeys(const Config& config);
// The ledger, with the configured limits. Errors of Engine::Open; FAILED_PRECONDITION, reasons
// SM2_KEY_MISSING, SM2_KEY_UNEXPECTED, where the ledger's suite and the keys do not agree.
absl::StatusOr<std::unique_ptr<engine::Engine>> OpenEngine(const Config& config, LogKeyPair log_keys);

class Server {
 public:
  // Listens, serves, and has written the endpoints file when it returns. `tls` as LoadTls made it.
  // UNAVAILABLE, reasons CANNOT_LISTEN, METRICS_CANNOT_LISTEN, AUDIT_FILE_NOT_OPENED, FILE_NOT_WRITTEN;
  // errors of CheckConfig, LoadStamping, LoadWitnessing and Witnesses::Start.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(const Config& config,
                                                        std::shared_ptr<rpc::TlsCredentials> tls,
                                                        std::unique_ptr<engine::Engine> engine);
  // Stops.
  virtual ~Server() = default;

  // HOST:PORT, with the port that was taken.
  virtual const std::string& address() const = 0;
  // Where metrics are served; empty if nowhere.
  virtual const std::string& metrics_address() const = 0;
  // Where checkpoint and tiles are served, and where health is; empty if nowhere.
  virtual std::string http_address() const = 0;
  virtual std::string health_address() const = 0;
  virtual const engine::Engine& engine() const = 0;

  // Lets health say whether the ledger writes: not at all and for LedgerService, which is where it matters;
  // services that only read go on serving. Returns the engine's write status. To be called now and then; a
  // failed Submit does.
  virtual absl::Status UpdateHealth() = 0;

  // UpdateHealth, and what else is due: metrics, a look at the TLS files, a warning of certificates that end
  // soon, time stamps. To be called every second, from one thread.
  virtual absl::Status Tend() = 0;
  // What the operator changed, at once: opens the audit file anew and looks at the TLS files. From the thread
  // that calls Tend.
  virtual void Reload() = 0;

  // Health says NOT_SERVING; submissions are refused and those queued are finished; queries under way are
  // answered, those that wait only until config.stop_seconds are over; connections and the store are closed;
  // the endpoints file is removed. Every call has been finished when it returns. Once; from one thread.
  virtual void Stop() = 0;
};

}  // namespace fundledger::server
