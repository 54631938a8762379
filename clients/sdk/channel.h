// The connection to a server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <grpcpp/channel.h>

#include "clients/sdk/config.h"
#include "clients/sdk/passphrase.h"
#include "ledger/crypto/secret.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

// Whether a target such as 127.0.0.1:7800, [::1]:7800, localhost:7800 or unix:/run/x never leaves this
// machine.
bool IsLoopback(std::string_view target);

// What a client shows of itself in TLS: a certificate and its key, PEM.
struct Identity {
  std::string certificate_pem;
  crypto::Secret key_pem;  // plain
};
// The certificate that opens an officer's connection, with its key: none if [tls] names no certificates.
// NOT_FOUND, reason CERTIFICATE_MISSING; FAILED_PRECONDITION, reasons CERTIFICATE_KEY_MISMATCH,
// CERTIFICATE_EXPIRED; errors of keys.h.
absl::StatusOr<std::shared_ptr<const Identity>> ReadIdentity(const ClientConfig& config,
                                                             std::string_view officer, int64_t now_s,
                                                             Passphrases* passphrases);

// TLS as [tls] says, showing `identity` if there is one; without [tls], plain text to this machine only.
// FAILED_PRECONDITION, reason TLS_NEEDED, for any other; errors of reading the files.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientConfig& config,
                                                           const Identity* identity);

}  // namespace fundledger::sdk
