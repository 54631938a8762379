// Lets an authority (RFC 3161) stamp the latest checkpoint, again and again while the ledger grows, and keeps
// what it verified. What is stamped are the bytes of the note as the log alone signed it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/clock.h"
#include "ledger/crypto/time_stamp.h"
#include "ledger/engine/engine.h"
#include "services/server/config.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::server {

// Records before a checkpoint that was stamped at t lie before t, those behind it after, give or take five
// minutes: of these one is the authority's, which may be off by as much.
inline constexpr int64_t kStampMarginUs = 240'000'000;

// Whether a stamp over the checkpoint of `size` records, asked for at `asked_us` and here at `now_us`, agrees
// with the times of the records around it; `view` is the latest. FAILED_PRECONDITION, reason
// TIME_STAMP_TOO_LATE: records came in meanwhile that are older than the stamp allows, so ask again;
// TIME_STAMP_CLOCKS_DIFFER: this machine's clock or the authority's is wrong.
absl::Status CheckStampFits(const crypto::StampedTime& stamped, uint64_t size, const engine::View& view,
                            int64_t asked_us, int64_t now_us);

struct StampingOptions {
  std::string name;
  std::string url;
  std::string authorities_pem;
  int64_t interval_seconds = 3600;
  int64_t timeout_seconds = 10;
  Clock clock = SystemClockMicros;
  Clock monotonic_clock = engine::MonotonicClockMicros;
  // Told from its thread; must not block. Of what is kept, also at the start of what was kept before.
  std::function<void(uint64_t size, const crypto::StampedTime& stamped)> on_stamped = [](auto, const auto&) {
  };
  std::function<void(const absl::Status& why)> on_failed = [](const auto&) {};
};

// The authorities of `config`, with their certificates. UNAVAILABLE, reason FILE_UNREADABLE; errors of
// crypto::CheckTimeStampAuthorities.
absl::StatusOr<std::vector<StampingOptions>> LoadStamping(const Config& config);

// One authority, on a thread of its own.
class Stamping {
 public:
  // `engine` outlives it. Errors of HttpClient::Make and crypto::CheckTimeStampAuthorities.
  static absl::StatusOr<std::unique_ptr<Stamping>> Start(StampingOptions options, engine::Engine* engine);
  // Stops.
  virtual ~Stamping() = default;

  // To be called every second: asks when it is due. It is due an interval after the last stamp, if there are
  // records that it does not cover; after a failure from 15 seconds on, twice as late each time, but never
  // later than that. Does not block.
  virtual void Tick() = 0;
  // Ends a request under way. Before the engine stops.
  virtual void Stop() = 0;
};

}  // namespace fundledger::server
