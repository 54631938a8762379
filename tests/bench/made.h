// A county's ledger on disk, as the benchmarks make and find it:
//
//   DIR/ledger/      the ledger
//   DIR/log.key      the log's key, for the daemon
//   DIR/county.json  the county's options, from which every officer's key comes
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/county.h"

#include "absl/status/statusor.h"

namespace fundledger::bench {

// Makes it, filled to `records` (0: as it is set up). Progress goes to standard error.
absl::Status Make(const std::string& directory, const CountyOptions& options, uint64_t records);
absl::StatusOr<CountyOptions> ReadOptions(const std::string& directory);
std::string LedgerDirectory(const std::string& directory);

}  // namespace fundledger::bench
