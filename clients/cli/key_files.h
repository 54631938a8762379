// Key files of officers: made, shown to whoever registers them, protected.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "clients/cli/context.h"
#include "clients/sdk/keys.h"
#include "ledger/crypto/signature.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::cli {

// What a new key is kept under: a passphrase, asked for twice at a terminal; nothing, with `no_passphrase`.
absl::StatusOr<sdk::Protection> ProtectionFor(Context& context, const std::string& holder,
                                              bool no_passphrase);
// "ed25519" or "sm2". INVALID_ARGUMENT, reason WORD_UNKNOWN.
absl::StatusOr<crypto::Algorithm> ParseAlgorithm(const std::string& text);

// A new key in a file of its own. Errors of sdk/keys.h.
absl::StatusOr<std::unique_ptr<crypto::Signer>> MakeOfficerKey(const std::filesystem::path& path,
                                                               crypto::Algorithm algorithm,
                                                               const sdk::Protection& protection);

// The same on the token of a URI; the file only names it. Errors of sdk::MakeTokenKeyFile;
// FAILED_PRECONDITION, reason TOKEN_CANNOT.
absl::StatusOr<std::unique_ptr<crypto::Signer>> MakeOfficerKeyOnToken(Context& context,
                                                                      const std::filesystem::path& path,
                                                                      const std::string& uri,
                                                                      crypto::Algorithm algorithm);

// What the holder of a key sends to whoever registers it, so that the key itself never travels: the public
// key, its proof, and a request for a certificate, which that key signs too. Nothing of it is secret. JSON.
struct KeyRequest {
  std::string officer;
  std::string ledger;  // 32 bytes
  crypto::PublicKey key;
  std::string key_proof;
  std::string certificate_request;  // PEM; empty without TLS
  std::string certificate_proof;    // the key's signature over it; empty without TLS
};
// Reads a request, and believes it: it is for this ledger and officer, and its key signed all of it. Whose
// key that is, it does not prove: the key is shown, to be compared with what its holder reads out.
// INVALID_ARGUMENT, reason KEY_REQUEST_INVALID; errors of reading the file.
absl::StatusOr<KeyRequest> TakeKeyRequest(Context& context, const std::filesystem::path& path,
                                          const std::string& officer);

}  // namespace fundledger::cli
