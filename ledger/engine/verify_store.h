// VerifyDirectory, on a store and an anchor of the caller's.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "ledger/engine/verify.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

struct VerifySource {
  const store::Snapshot* snapshot = nullptr;
  absl::StatusOr<std::string> anchor;  // its content; read before the snapshot was taken
  std::string damage;                  // what was wrong with the store's files; empty if nothing
  // More records than this cannot be there, whatever the store and the anchor say.
  uint64_t records_max = std::numeric_limits<uint64_t>::max();
};

// What was found, however bad. UNAVAILABLE, reason STORE_UNREADABLE: the snapshot could not be read, which
// says nothing of the ledger.
absl::StatusOr<VerifyReport> VerifyStore(const VerifySource& source, const VerifyOptions& options);

}  // namespace fundledger::engine
