// Errors as they come over the wire, back as statuses with their reason.
#pragma once

#include <cstdint>
#include <optional>

#include <grpcpp/support/status.h>

#include "fundledger/v1/ledger_service.pb.h"

#include "absl/status/status.h"

namespace fundledger::sdk {

// The reason is that of the ledger's google.rpc.ErrorInfo (domain "fundledger") in grpc-status-details-bin.
// Without one the ledger has not answered, whatever the code: SERVER_UNREACHABLE, SERVER_TIMED_OUT,
// NO_ANSWER.
absl::Status FromGrpc(const grpc::Status& status);
// The same for the answer to one submission of a stream; what has no reason or no error's code is no answer
// of the ledger: NO_ANSWER.
absl::Status FromSubmitError(const v1::SubmitError& error);
// Whether a status is what the ledger said, not what the transport or this program found.
bool IsFromServer(const absl::Status& status);
// google.rpc.RetryInfo, if the server gave one.
std::optional<int64_t> RetryDelayMs(const grpc::Status& status);
// Whether the same bytes may be sent again with a chance of success: the ledger was busy, or said nothing.
bool IsRetryable(const grpc::Status& status);
// The same for what FromGrpc or FromSubmitError made of it.
bool IsUnanswered(const absl::Status& status);
// Of the answer to a submission: the ledger judged it, and did not record it. Any other error from the server
// - a damaged store, a defect, a mirror - is no verdict: what was sent, now or before, may be recorded.
bool IsRefusal(const absl::Status& status);
// By a mirror, which takes nothing: the ledger has not seen what was sent this time.
bool IsOfMirror(const absl::Status& status);
// Of the answer to a submission: sending it this time recorded nothing.
bool RecordedNothing(const absl::Status& status);

}  // namespace fundledger::sdk
