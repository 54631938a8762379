// A ledger's directory for reading: no key, no lock, no daemon, and nothing is written. A daemon may be
// running on it.
#pragma once

#include <memory>
#include <string>

#include "ledger/engine/view.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

struct ReadOnlyLedger {
  std::unique_ptr<store::Store> store;  // outlives the view
  std::shared_ptr<const View> view;     // under the latest checkpoint that the store keeps
};

// Does not verify the ledger (VerifyDirectory does); its tree has the root of its checkpoint. NOT_FOUND,
// reason STORE_MISSING; DATA_LOSS, reasons STORE_DAMAGED, RECORD_MISSING, TILE_MISSING, CHECKPOINT_INVALID,
// ROOT_MISMATCH.
absl::StatusOr<ReadOnlyLedger> OpenReadOnly(const std::string& directory);

}  // namespace fundledger::engine
