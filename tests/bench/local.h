// Measurements without a network, each on a ledger of its own or one made by `fill`, as JSON.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include <nlohmann/json.hpp>

namespace fundledger::bench {

// Opens the ledger of `directory` (made.h), asks it for statements, proofs, trail pages and records with ever
// other arguments, and says how long that took and how much memory the process had.
absl::StatusOr<nlohmann::ordered_json> RunReads(const std::string& directory, double seconds,
                                                size_t trail_page);

// Verifies the ledger of `directory` from its files: the chain only, or in full, and then measures before and
// after, on as many threads as there are cores, how many signatures a second the machine verifies.
absl::StatusOr<nlohmann::ordered_json> RunVerify(const std::string& directory, bool chain_only);

// Compacts the store of `directory` and says what a byte of record takes on disk.
absl::StatusOr<nlohmann::ordered_json> RunDisk(const std::string& directory);

// A peer in process: SQLite with a write-ahead log and full sync, the same chain and indexes as the
// PostgreSQL peer. One entry a transaction, and 200 a transaction.
absl::StatusOr<nlohmann::ordered_json> RunSqlite(const std::string& directory, double seconds);

}  // namespace fundledger::bench
