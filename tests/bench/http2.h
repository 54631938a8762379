// gRPC calls as a load driver makes them: HTTP/2 (libnghttp2) over TLS, without threads, queues or wake-ups
// of its own. The peers' driver, pgbench, waits on its sockets and does nothing else; a client library that
// takes as much of the machine as the server would be what is measured.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::bench {

// The call that all this is about.
inline const std::string kSubmit = "/fundledger.v1.LedgerService/Submit";

// What a call came to.
struct RawAnswer {
  int code = -1;        // of gRPC; -1: the server gave none
  std::string message;  // as it came, percent-encoded
  std::string details;  // grpc-status-details-bin, decoded
  std::string body;     // the answer's bytes; empty unless OK
};

struct Http2Options {
  std::string server;       // HOST:PORT
  std::string ca;           // PEM file of the authority that signed the server's certificate
  std::string certificate;  // PEM files of the client's own; empty: it shows none
  std::string key;
};

// One connection. One thread.
class Http2Connection {
 public:
  using Done = std::function<void(RawAnswer)>;

  // Connected, certificates checked, the session begun. UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Http2Connection>> Open(const Http2Options& options);
  virtual ~Http2Connection() = default;

  // A call to `path` ("/package.Service/Method"); Exchange sends it. `done` is called by Exchange, and may
  // begin other calls.
  virtual absl::Status Begin(const std::string& path, std::string_view request, Done done) = 0;
  // Writes what there is to write and reads what came, without waiting. UNAVAILABLE once the connection is
  // lost.
  virtual absl::Status Exchange() = 0;
  // For poll: when this is readable, there is something to exchange.
  virtual int socket() const = 0;
  virtual bool has_to_write() const = 0;
};

// Exchanges on all of `connections` as things come in, until `goes_on` says no.
absl::Status Drive(const std::vector<Http2Connection*>& connections, const std::function<bool()>& goes_on);

}  // namespace fundledger::bench
