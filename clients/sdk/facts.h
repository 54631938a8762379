// What a client keeps of a ledger to sign without a connection and to know its keys: record 0, which names
// first day and time zone and whose leaf hash is the ledger's id, and the decimal places of indicators.
// <name>.facts beside client.toml; losing it costs a connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/date.h"
#include "ledger/base/hash256.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

struct Facts {
  // Record 0.
  std::string genesis;
  // Those that replaced the log's key, oldest first.
  std::vector<std::string> log_key_rotations;
  // Decimal places by indicator.
  std::map<std::string, uint32_t> scales;

  // By record 0.
  Date first_day;
  int32_t utc_offset_minutes = 0;
  Date Today(int64_t now_us) const { return Date::FromUnixMicros(now_us, utc_offset_minutes); }
};

// Of record 0 and nothing else. Evidence, reason RECORD_INVALID, where it is not that of `ledger`.
absl::StatusOr<Facts> FactsOfGenesis(std::string_view record, const Hash256& ledger);

// NOT_FOUND, reason FACTS_MISSING, where there are none of this ledger, or none that can be read.
absl::StatusOr<Facts> LoadFacts(const std::filesystem::path& file, const Hash256& ledger);
// Writes nothing where the file says the same. UNAVAILABLE, reason FILE_UNWRITABLE.
absl::Status SaveFacts(const std::filesystem::path& file, const Facts& facts);

}  // namespace fundledger::sdk
