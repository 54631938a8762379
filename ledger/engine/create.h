// Making a ledger. The parts that Engine::Create puts on disk, apart from it, so that a test can give them
// another disk.
#pragma once

#include <string>

#include "ledger/engine/engine.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// A genesis, verified as any record is, and what it writes.
struct FirstRecord {
  store::Batch batch;             // moves the head from 0 to 1
  std::string signed_checkpoint;  // of size 1: the anchor's first content
};

// INVALID_ARGUMENT, reason GENESIS_MISPLACED, unless the envelope is a genesis; FAILED_PRECONDITION, reason
// LOG_KEY_MISMATCH; errors of audit and of the rules.
absl::StatusOr<FirstRecord> MakeFirstRecord(const CreateOptions& options);

}  // namespace fundledger::engine
