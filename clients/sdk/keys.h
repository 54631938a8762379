// Private keys of a client: encrypted files, plain ones where somebody insisted, and tokens.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "clients/sdk/passphrase.h"
#include "ledger/crypto/secret.h"
#include "ledger/crypto/signature.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

// The plain PEM of a key file, of any kind of key. Its holder is the file's name without its ending: an
// officer's two keys, which share a passphrase, share the name. A person at a terminal may try three times.
// Errors of ReadSecretFile, of Passphrases and of crypto::DecryptKey.
absl::StatusOr<crypto::Secret> ReadKeyPem(const std::filesystem::path& path, Passphrases* passphrases);

// A key that signs submissions: a key file, or a file with a pkcs11: URI (RFC 7512) on its first line, whose
// key stays on its token. Also KEY_MALFORMED, and errors of crypto/token.h.
absl::StatusOr<std::unique_ptr<crypto::Signer>> LoadSigner(const std::filesystem::path& path,
                                                           Passphrases* passphrases);

// Makes a key on the token of a URI, and the file that names it. Errors of crypto::MakeTokenKey and of
// MakeSecretFile; KEY_FILE_EXISTS before anything is made.
absl::StatusOr<std::unique_ptr<crypto::Signer>> MakeTokenKeyFile(const std::filesystem::path& path,
                                                                 const std::string& uri,
                                                                 Passphrases* passphrases);

// Whether a key file names a key on a token. Errors of ReadSecretFile.
absl::StatusOr<bool> IsOnToken(const std::filesystem::path& path);

// How a new key is kept: under a passphrase, or in clear where nothing is given.
using Protection = std::optional<crypto::Secret>;
// Makes a key file, readable by its owner alone, durable on return. Errors of MakeSecretFile and of
// crypto::EncryptKey.
absl::Status MakeKeyFile(const std::filesystem::path& path, std::string_view plain_pem,
                         const Protection& protection);
absl::Status MakeKeyFile(const std::filesystem::path& path, const crypto::Signer& signer,
                         const Protection& protection);

}  // namespace fundledger::sdk
