// The log as a store holds it, for those who open one: records, and the tree's edge.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/base/hash256.h"
#include "ledger/log/tile.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// DATA_LOSS, reason RECORD_MISSING; errors of store::Snapshot.
absl::StatusOr<std::string> ReadRecord(const store::Snapshot& snapshot, Sequence sequence);
// The edge of the tree of the first `size` records. DATA_LOSS, reasons RECORD_MISSING, TILE_MISSING; errors
// of store::Snapshot.
absl::StatusOr<log::TreeEdge> LoadEdge(const store::Snapshot& snapshot, uint64_t size);

}  // namespace fundledger::engine
