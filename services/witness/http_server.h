// A witness over HTTP or HTTPS.
#pragma once

#include <memory>
#include <string>

#include "services/witness/witness.h"

#include "absl/status/statusor.h"

namespace fundledger::witness {

struct HttpOptions {
  std::string listen;  // HOST:PORT; port 0 takes a free one
  // Certificate chain and private key, PEM files; both empty: plain HTTP.
  std::string tls_certificate;
  std::string tls_key;
  size_t threads = 8;  // requests at once; connections more than that wait
};

class HttpServer {
 public:
  // Listens and serves when it returns. `witness` must outlive it. UNAVAILABLE, reason CANNOT_LISTEN;
  // INVALID_ARGUMENT, reasons LISTEN_MALFORMED, TLS_CERTIFICATE_UNUSABLE.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Listen(const HttpOptions& options, Witness* witness);
  // Stops.
  virtual ~HttpServer() = default;

  // HOST:PORT, with the port that was taken.
  virtual const std::string& address() const = 0;
  // Finishes requests under way, then returns.
  virtual void Stop() = 0;
};

}  // namespace fundledger::witness
