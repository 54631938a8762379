// Private keys at rest: PKCS#8 in PEM, encrypted under a passphrase (RFC 8018, PBES2) with scrypt (RFC 7914)
// and AES-256-CBC, as `openssl pkcs8 -topk8 -scrypt` writes them. Any kind of key OpenSSL knows.
#pragma once

#include <string>
#include <string_view>

#include "ledger/crypto/secret.h"

#include "absl/status/statusor.h"

namespace fundledger::crypto {

// Whether a PEM text holds an encrypted private key (BEGIN ENCRYPTED PRIVATE KEY) rather than a plain one.
bool IsEncryptedKey(std::string_view pem);

// A plain PKCS#8 key, encrypted. scrypt with N = 2^14, r = 8, p = 5: 16 MiB and a quarter of a second a
// guess. INVALID_ARGUMENT, reason KEY_MALFORMED.
absl::StatusOr<std::string> EncryptKey(std::string_view plain_pem, std::string_view passphrase);

// The plain PKCS#8 PEM of an encrypted key, whichever way of PKCS#8 it is encrypted. UNAUTHENTICATED, reason
// PASSPHRASE_WRONG; INVALID_ARGUMENT, reason KEY_MALFORMED, if it is no encrypted key at all.
absl::StatusOr<Secret> DecryptKey(std::string_view pem, std::string_view passphrase);

}  // namespace fundledger::crypto
