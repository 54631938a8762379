// Errors as they come over the wire, back as statuses with their reason.
#pragma once

#include <cstdint>
#include <optional>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace fundledger::sdk {

// The reason is that of google.rpc.ErrorInfo in grpc-status-details-bin; without one, SERVER_UNREACHABLE or
// SERVER_TIMED_OUT for what the transport says itself, else the code's name.
absl::Status FromGrpc(const grpc::Status& status);
// Whether a status is what a server said, not what the transport or this program found.
bool IsFromServer(const absl::Status& status);
// google.rpc.RetryInfo, if the server gave one.
std::optional<int64_t> RetryDelayMs(const grpc::Status& status);
// Whether the same bytes may be sent again with a chance of success.
bool IsRetryable(const grpc::Status& status);

}  // namespace fundledger::sdk
