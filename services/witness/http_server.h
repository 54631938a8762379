// A witness over HTTP or HTTPS.
#pragma once

#include <memory>
#include <string>

#include "services/http/listener.h"
#include "services/process/tls.h"
#include "services/witness/witness.h"

#include "absl/status/statusor.h"

namespace fundledger::witness {

// A log asks now and then; a connection that is silent so long gives its thread back.
inline constexpr http::Patience kPatience = {
    .idle_seconds = 5, .request_seconds = 10, .answer_seconds = 30, .requests = 100};

struct HttpOptions {
  std::string listen;  // HOST:PORT; port 0 takes a free one
  // Certificate chain and private key, PEM files; both empty: plain HTTP.
  std::string tls_certificate;
  std::string tls_key;
  size_t connections = 64;  // at once; of more, the one that has been idle longest makes room
  http::Patience patience = kPatience;
};

class HttpServer {
 public:
  // Listens and serves when it returns. `witness` must outlive it. UNAVAILABLE, reason CANNOT_LISTEN;
  // INVALID_ARGUMENT, reason LISTEN_MALFORMED, errors of process::ReadTlsPair.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Listen(const HttpOptions& options, Witness* witness);

  // HOST:PORT, with the port that was taken.
  const std::string& address() const { return listener_->address(); }
  // Connections that are open; those of them between two questions or before the first. Thread-safe.
  size_t open() const { return listener_->open(); }
  size_t idle() const { return listener_->idle(); }
  // Reads the TLS files again; connections from here on take what they hold. Errors of process::ReadTlsPair:
  // the old ones stay. Nothing to do without TLS. For one thread.
  absl::Status Reload();
  // Finishes requests under way, each as long as it may take, then returns.
  void Stop();

 private:
  HttpServer(HttpOptions options, std::unique_ptr<http::Listener> listener)
      : options_(std::move(options)), listener_(std::move(listener)) {}

  const HttpOptions options_;
  const std::unique_ptr<http::Listener> listener_;
};

}  // namespace fundledger::witness
