// Errors as they come over the wire, back as statuses with their reason.
#pragma once

#include <cstdint>
#include <optional>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace fundledger::sdk {

// The reason is that of the ledger's google.rpc.ErrorInfo (domain "fundledger") in grpc-status-details-bin.
// Without one the ledger has not answered, whatever the code: SERVER_UNREACHABLE, SERVER_TIMED_OUT,
// NO_ANSWER.
absl::Status FromGrpc(const grpc::Status& status);
// Whether a status is what the ledger said, not what the transport or this program found.
bool IsFromServer(const absl::Status& status);
// google.rpc.RetryInfo, if the server gave one.
std::optional<int64_t> RetryDelayMs(const grpc::Status& status);
// Whether the same bytes may be sent again with a chance of success: the ledger was busy, or said nothing.
bool IsRetryable(const grpc::Status& status);

}  // namespace fundledger::sdk
