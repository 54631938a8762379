// The connection to a server.
#pragma once

#include <memory>
#include <string_view>

#include <grpcpp/channel.h>

#include "clients/sdk/config.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

// Whether a target such as 127.0.0.1:7800, [::1]:7800, localhost:7800 or unix:/run/x never leaves this
// machine.
bool IsLoopback(std::string_view target);

// TLS as [tls] says; without it, plain text to this machine only. FAILED_PRECONDITION, reason TLS_NEEDED, for
// any other; errors of reading the files.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientConfig& config);

}  // namespace fundledger::sdk
