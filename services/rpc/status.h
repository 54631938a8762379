// How an error of the ledger goes over the wire: the gRPC code and message, and in the trailer
// grpc-status-details-bin a google.rpc.Status with
//   ErrorInfo  reason = ReasonOf(status), domain = "fundledger"
//   RetryInfo  for RESOURCE_EXHAUSTED: when to come back
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace fundledger::rpc {

inline constexpr std::string_view kErrorDomain = "fundledger";
// The queues it protects empty within some group commits.
inline constexpr int kRetryDelayMs = 100;

grpc::Status ToGrpcStatus(const absl::Status& status);

// What a client hears of another ledger's: code, message and reason. What has no reason was said by gRPC:
// SERVER_UNREACHABLE where nobody answered, otherwise NO_ANSWER.
absl::Status FromGrpcStatus(const grpc::Status& status);

// `status` with advice when to come back, at least 1 ms, instead of kRetryDelayMs.
absl::Status WithRetryDelay(absl::Status status, int64_t delay_ms);

// The same in parts, for answers that carry an error in a message of their own.
// When to come back, milliseconds; 0: no such advice.
int64_t RetryDelayMs(const absl::Status& status);
// The message, cut between characters where it is too long for the wire.
std::string WireMessage(const absl::Status& status);

}  // namespace fundledger::rpc
