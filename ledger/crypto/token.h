// Keys on tokens (UKey, smart card, HSM) by PKCS#11 3.0: they sign there and never leave it. Which key is
// said by a URI (RFC 7512):
//
//   pkcs11:token=clerk-1;object=ledger?module-path=/usr/lib/softhsm/libsofthsm2.so
//
// Without module-path the modules that p11-kit is configured with are asked. Ed25519 by CKM_EDDSA. PKCS#11
// has no SM2: what vendors define for it differs from one to the next, and is not used here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/crypto/secret.h"
#include "ledger/crypto/signature.h"

#include "absl/status/statusor.h"

namespace fundledger::crypto {

bool IsTokenUri(std::string_view text);

// What is asked of whoever has the PIN: for the token of this label. With `last_try` the next wrong one locks
// the token.
using AskPin = std::function<absl::StatusOr<Secret>(const std::string& token, bool last_try)>;
// The file of a URI's pin-source; empty if it has none. INVALID_ARGUMENT, reason TOKEN_URI_MALFORMED.
absl::StatusOr<std::string> PinSource(std::string_view uri);

// A key on a token. The PIN is asked for once and tried once: tokens lock after a few wrong ones. The signer
// holds a session until it ends; each signature is verified under the token's public key before it is given
// out. Its Sign is INTERNAL, reason KEY_CANNOT_SIGN, when the token was pulled out. INVALID_ARGUMENT,
// TOKEN_URI_MALFORMED; NOT_FOUND, TOKEN_MODULE_MISSING, TOKEN_MISSING, TOKEN_KEY_MISSING;
// FAILED_PRECONDITION, TOKEN_AMBIGUOUS, TOKEN_KEY_AMBIGUOUS, TOKEN_CANNOT (no Ed25519); UNAUTHENTICATED,
// TOKEN_PIN_WRONG, TOKEN_PIN_LOCKED; UNAVAILABLE, TOKEN_FAILED.
absl::StatusOr<std::unique_ptr<Signer>> OpenTokenKey(std::string_view uri, const AskPin& ask);
// A new Ed25519 key on a token, not extractable; the URI's object is its label. Also ALREADY_EXISTS, reason
// TOKEN_KEY_EXISTS.
absl::StatusOr<std::unique_ptr<Signer>> MakeTokenKey(std::string_view uri, const AskPin& ask);

}  // namespace fundledger::crypto
