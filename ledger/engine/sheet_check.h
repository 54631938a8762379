// Whether the sheets that a store keeps are what its postings give. That the postings are what the records
// give is compared elsewhere (index_sums.h).
#pragma once

#include "ledger/engine/index_check.h"
#include "ledger/engine/sheets.h"
#include "ledger/store/store.h"

namespace fundledger::engine {

// Findings: INDEX_ALTERED, INDEX_MISSING and INDEX_EXTRA. Sheets may lag: the newest blocks, and runs, may be
// absent; what is there must be right, and a block that counts must be there whole. Reads one segment of each
// of a few runs at a time; memory grows with accounts.
void CheckSheets(const store::Snapshot& snapshot, const SheetOptions& options, Findings* findings);

}  // namespace fundledger::engine
