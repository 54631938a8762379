// Making a ledger. The parts that Engine::Create puts on disk, apart from it, so that a test can give them
// another disk.
#pragma once

#include <string>
#include <string_view>

#include "ledger/books/reader.h"
#include "ledger/engine/engine.h"
#include "ledger/store/store.h"

#include "absl/status/status.h"
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

// The books before record 0.
class EmptyBooks final : public books::Reader {
 public:
  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey&) const override { return books::EntityPtr(); }
};

// What a store says of itself from its creation on.
void WriteMeta(std::string_view origin, store::Batch* batch);
// An empty directory, durably, with those above it that are missing. ALREADY_EXISTS, reason LEDGER_EXISTS;
// UNAVAILABLE, reason DIRECTORY_NOT_MADE.
absl::Status MakeDirectory(const std::string& directory);
// The directory's own entry in its parent, durably: what is synced inside it is lost with it.
absl::Status SyncParent(const std::string& directory);

}  // namespace fundledger::engine
