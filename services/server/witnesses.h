// Asks the ledger's witnesses for cosignatures of the latest checkpoint, again and again while it grows (C2SP
// tlog-witness), keeps what it verified, and knows up to where the quorum of the policy stands.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/base/clock.h"
#include "ledger/engine/engine.h"
#include "ledger/log/policy.h"
#include "services/api/witnessed.h"
#include "services/server/config.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::server {

// A cosignature whose time is further from this machine's clock is not kept: it would speak against the times
// of the records around it, for which verifiers allow five minutes.
inline constexpr int64_t kWitnessClockMarginS = 240;

struct WitnessingOptions {
  log::Policy policy;  // witnesses without a URL are not asked
  std::string ca;      // PEM file by which HTTPS is believed; empty: the system's authorities
  int64_t interval_seconds = 60;
  int64_t timeout_seconds = 10;
  Clock clock = SystemClockMicros;
  Clock monotonic_clock = engine::MonotonicClockMicros;
  // Told from a thread of its own; must not block. After each request, OK where a cosignature is kept now.
  // `contradicts`: what the witness has does not fit this log.
  std::function<void(std::string_view witness, const absl::Status& status, bool contradicts)> on_asked =
      [](auto, const auto&, bool) {};
};

// As configured; null where no witnesses are. UNAVAILABLE, reason FILE_UNREADABLE; INVALID_ARGUMENT, reason
// POLICY_MALFORMED; CERTIFICATE_MALFORMED, where [witness] ca holds no certificate.
absl::StatusOr<std::unique_ptr<WitnessingOptions>> LoadWitnessing(const Config& config);

class Witnesses : public api::Witnessed {
 public:
  // Reads what is kept. `engine` outlives it. INVALID_ARGUMENT, reason URL_MALFORMED; DATA_LOSS, reason
  // STORE_DAMAGED.
  static absl::StatusOr<std::unique_ptr<Witnesses>> Start(WitnessingOptions options, engine::Engine* engine);

  // To be called every second, by one thread. On a mirror: has read, an interval after the last time, what
  // was fetched of witnesses since, on a thread of its own; nobody is asked. Else has each witness asked that
  // is due, on a thread of its own. A witness is due an interval after it was asked last, if the ledger has
  // grown since it cosigned; after a failure from 15 seconds on, twice as late each time, never later than
  // the interval. Does not block.
  virtual void Tick() = 0;
  // Ends requests under way. Before the engine stops.
  virtual void Stop() = 0;
};

}  // namespace fundledger::server
