// Whose a connection is: the officer that the client's certificate names, as a URI among its subject
// alternative names (RFC 5280, 4.2.1.6):
//
//   URI:urn:fundledger:officer:<id>
//
// TLS has verified the certificate against the client authority before anything here is asked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/security/auth_context.h>

#include "absl/status/statusor.h"

namespace fundledger::rpc {

inline constexpr std::string_view kOfficerUrn = "urn:fundledger:officer:";

// The officer that exactly one of a certificate's URIs names; other URIs do not matter. UNAUTHENTICATED:
// CERTIFICATE_NAMES_NO_OFFICER, CERTIFICATE_NAMES_SEVERAL, CERTIFICATE_OFFICER_MALFORMED.
absl::StatusOr<std::string> OfficerOfUris(const std::vector<std::string_view>& uris);

// The officer of a connection. Also UNAUTHENTICATED, reason CERTIFICATE_NEEDED: no certificate was verified.
absl::StatusOr<std::string> OfficerOfPeer(const grpc::AuthContext& peer);

}  // namespace fundledger::rpc
