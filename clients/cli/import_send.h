// Sending an import: many rows in flight, each recorded once, in the files' order.
#pragma once

#include "clients/cli/context.h"
#include "clients/cli/import.h"
#include "clients/cli/import_rows.h"

#include "absl/status/statusor.h"

namespace fundledger::cli {

// Sends all rows and believes their receipts. A refused row ends it, unless `keep_going`: then rows are first
// tried out together, and only those before the first that the ledger would refuse are sent. A row that is
// refused all the same, for the ledger changed in between, may have rows behind it on their way: what became
// of them stands in the summary. The exit code; or the error that is not about one row, which says where the
// import stopped.
absl::StatusOr<int> SendImport(Context& context, const Import& import, bool keep_going,
                               ImportSummary* summary);

}  // namespace fundledger::cli
