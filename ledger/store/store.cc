#include "ledger/store/store.h"

#include <cstdlib>

namespace fundledger::store {

std::string_view TableName(Table table) {
  switch (table) {
    case Table::kRecords:
      return "records";
    case Table::kTiles:
      return "tiles";
    case Table::kEntities:
      return "entities";
    case Table::kPostings:
      return "postings";
    case Table::kTrail:
      return "trail";
    case Table::kRequests:
      return "requests";
    case Table::kCheckpoints:
      return "checkpoints";
    case Table::kMeta:
      return "meta";
    case Table::kSheets:
      return "sheets";
    case Table::kAttestations:
      return "attestations";
    case Table::kDocuments:
      return "documents";
  }
  std::abort();  // Invariant: a Table is one of kAllTables.
}

}  // namespace fundledger::store
