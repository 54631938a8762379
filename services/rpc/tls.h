// TLS for a server, from PEM files. gRPC itself starts with files that are missing or do not match, and then
// fails every handshake; so they are checked here, before anything listens.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/security/server_credentials.h>

#include "absl/status/statusor.h"

namespace fundledger::rpc {

struct TlsFiles {
  std::string certificate;  // the server's chain, its own certificate first
  std::string key;          // its private key, unencrypted
  std::string client_ca;    // empty: clients need no certificate; else they need one by these
};

// Reads and checks the files. All INVALID_ARGUMENT, naming the file: TLS_FILE_UNREADABLE,
// TLS_CERTIFICATE_MALFORMED, TLS_CERTIFICATE_NOT_VALID_NOW, TLS_KEY_MALFORMED, TLS_KEY_EXPOSED (others may
// read it), TLS_KEY_MISMATCH (not the certificate's).
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsFromFiles(const TlsFiles& files);

}  // namespace fundledger::rpc
