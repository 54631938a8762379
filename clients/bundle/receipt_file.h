// Receipts as files: C2SP tlog-proof, or as the client keeps them.
#pragma once

#include <string_view>

#include "ledger/log/proof_file.h"

#include "absl/status/statusor.h"

namespace fundledger::bundle {

// A tlog-proof as it is; of a fundledger.v1.Receipt with its envelope what it says, in that form.
// INVALID_ARGUMENT, reason RECEIPT_MALFORMED.
absl::StatusOr<log::ProofFile> ParseReceipt(std::string_view bytes);

}  // namespace fundledger::bundle
