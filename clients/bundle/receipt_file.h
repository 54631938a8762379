// Receipts as files: C2SP tlog-proof, or as the client keeps them.
#pragma once

#include <string_view>

#include "ledger/log/proof_file.h"

#include "absl/status/statusor.h"

namespace fundledger::bundle {

// Reads form alone: a tlog-proof as it is; a fundledger.v1.Receipt with its envelope in that form, its record
// in `extra`. INVALID_ARGUMENT, reason RECEIPT_MALFORMED; what a receipt says twice must be said alike.
absl::StatusOr<log::ProofFile> ParseReceipt(std::string_view bytes);

}  // namespace fundledger::bundle
