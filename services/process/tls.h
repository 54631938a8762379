// TLS files of a server, read and checked. gRPC itself starts with files that are missing or do not match,
// and then fails every handshake; so they are checked here, before anything listens and before they replace
// others.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace fundledger::process {

struct TlsFiles {
  std::string certificate;  // the server's chain, its own certificate first
  std::string key;          // its private key, unencrypted
  std::string client_ca;    // authorities of the clients' certificates
};

// What the files hold, checked.
struct TlsMaterial {
  std::string certificate_pem;
  std::string key_pem;
  std::string client_ca_pem;
  // When the first certificate of each file ends, seconds since 1970 UTC; 0 where there is none.
  int64_t certificate_ends_s = 0;
  int64_t client_ca_ends_s = 0;

  bool operator==(const TlsMaterial&) const = default;
};

// All INVALID_ARGUMENT, naming the file: TLS_FILE_UNREADABLE, TLS_CERTIFICATE_MALFORMED,
// TLS_CERTIFICATE_NOT_VALID_NOW, TLS_CERTIFICATE_UNUSABLE (OpenSSL takes no server with it, mostly since its
// key is too short), TLS_KEY_MALFORMED, TLS_KEY_EXPOSED (others may read it), TLS_KEY_MISMATCH (not the
// certificate's).
absl::StatusOr<TlsMaterial> ReadTlsFiles(const TlsFiles& files);
// The same of a server that asks no client for a certificate: nothing of client authorities.
absl::StatusOr<TlsMaterial> ReadTlsPair(const std::string& certificate, const std::string& key);

}  // namespace fundledger::process
