// A log of any length, of what a county does in three years.
#pragma once

#include <cstdint>
#include <functional>

#include "ledger/engine/engine.h"
#include "tests/bench/county.h"

#include "absl/status/status.h"

namespace fundledger::bench {

struct FillOptions {
  // How many records the log has at the end; nothing happens if it has them already.
  uint64_t records = 100'000;
  // The years that the records are spread over.
  int years = 3;
  // Called now and then.
  std::function<void(uint64_t records)> progress = {};
};

// Brings the log to its size with what a county does: payments requested, countersigned, approved, instructed
// and confirmed, progress reported. The clock goes from 2021-05-01 to `years` later, so that business days
// vary. Only on a ledger fresh from Create. Any refusal is an error: nothing here is wrong on purpose.
absl::Status Fill(const County& county, engine::Engine* engine, SimulatedClock* clock,
                  const FillOptions& options);

}  // namespace fundledger::bench
