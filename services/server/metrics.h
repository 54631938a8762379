// What a machine that watches the server may fetch, in Prometheus' text format, at an address of this
// machine. docs/operations.md lists every name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fundledger/v1/ledger_service.pb.h"
#include "ledger/engine/engine.h"

#include "absl/status/statusor.h"

namespace fundledger::server {

// What is so now; counters are kept by Metrics itself.
struct Gauges {
  uint64_t records = 0;
  size_t submissions_under_way = 0;
  size_t http_connections = 0;
  size_t connections = 0;
  bool writable = false;
  uint64_t audit_lines_dropped = 0;
  // Of a mirror; nothing of a primary.
  std::optional<engine::MirrorState> mirror;
  // Seconds since 1970 UTC; 0: there is no TLS.
  int64_t certificate_ends_s = 0;
  int64_t client_ca_ends_s = 0;
};

// Thread-safe; counting takes a fraction of a microsecond.
class Metrics {
 public:
  // Empty `address`: counts, and serves nothing. UNAVAILABLE, reason METRICS_CANNOT_LISTEN.
  static absl::StatusOr<std::unique_ptr<Metrics>> Make(const std::string& address);
  virtual ~Metrics() = default;

  // HOST:PORT that was taken; empty if nothing is served.
  virtual const std::string& address() const = 0;

  virtual void CountRecorded() = 0;
  virtual void CountRefusedSubmission(std::string_view reason) = 0;
  virtual void CountRefusedQuery(std::string_view reason) = 0;
  virtual void CountFailedHandshake() = 0;
  // `what` is one of a few words.
  virtual void CountHttpAnswer(std::string_view what, int status) = 0;
  virtual void CountTooManyConnections() = 0;
  virtual void CountReload(bool good) = 0;
  // `authority` stamped the checkpoint of `size` records at `time_s`, seconds since 1970 UTC.
  virtual void SetTimeStamped(std::string_view authority, uint64_t size, int64_t time_s) = 0;
  virtual void CountTimeStampFailure(std::string_view authority, std::string_view reason) = 0;
  // A witness was asked, and no cosignature of it is kept.
  virtual void CountWitnessFailure(std::string_view witness, std::string_view reason) = 0;
  virtual void SetWitnessing(const ::fundledger::v1::Witnessing& witnessing) = 0;
  virtual void Set(const Gauges& gauges) = 0;
};

}  // namespace fundledger::server
