// By whom the certificates of witnesses are that are asked over HTTPS, as client.toml has it beside its
// policy:
//
//   witness_ca = "witness-ca.pem"      # optional: the system's authorities
#pragma once

#include <string>

#include "clients/sdk/config.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

// The PEM file; empty where none is named. Read where witnesses are asked, so that nothing else depends on
// it. INVALID_ARGUMENT, reason CONFIG_INVALID: it holds no certificate; errors of ReadFile.
absl::StatusOr<std::string> WitnessCaOf(const ClientConfig& config);

}  // namespace fundledger::sdk
