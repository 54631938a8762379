#include "clients/sdk/keys.h"

#include <string>
#include <utility>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "ledger/crypto/pkcs8.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

constexpr int kTriesAtTerminal = 3;

absl::StatusOr<crypto::Secret> Decrypt(const std::filesystem::path& path, std::string_view pem,
                                       Passphrases* passphrases) {
  const std::string holder = path.stem().string();
  for (int tries = 1;; ++tries) {
    ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                     passphrases->Ask(holder, absl::StrCat("passphrase of ", path.string())));
    absl::StatusOr<crypto::Secret> plain = crypto::DecryptKey(pem, passphrase.view());
    const bool wrong = ReasonOf(plain.status()) == "PASSPHRASE_WRONG";
    if (wrong && passphrases->Forget(holder) && tries < kTriesAtTerminal) continue;
    if (!plain.ok()) return Annotate(plain.status(), path.string());
    return plain;
  }
}

}  // namespace

absl::StatusOr<crypto::Secret> ReadKeyPem(const std::filesystem::path& path, Passphrases* passphrases) {
  ASSIGN_OR_RETURN(std::string pem, ReadSecretFile(path));
  if (crypto::IsEncryptedKey(pem)) return Decrypt(path, pem, passphrases);
  return crypto::Secret(std::move(pem));
}

absl::StatusOr<std::unique_ptr<crypto::Signer>> LoadSigner(const std::filesystem::path& path,
                                                           Passphrases* passphrases) {
  ASSIGN_OR_RETURN(const crypto::Secret pem, ReadKeyPem(path, passphrases));
  auto signer = crypto::SignerFromPem(pem.view());
  if (!signer.ok()) return Annotate(signer.status(), path.string());
  return signer;
}

absl::Status MakeKeyFile(const std::filesystem::path& path, std::string_view plain_pem,
                         const Protection& protection) {
  if (!protection.has_value()) return MakeSecretFile(path, plain_pem);
  ASSIGN_OR_RETURN(const std::string encrypted, crypto::EncryptKey(plain_pem, protection->view()));
  return MakeSecretFile(path, encrypted);
}

absl::Status MakeKeyFile(const std::filesystem::path& path, const crypto::Signer& signer,
                         const Protection& protection) {
  ASSIGN_OR_RETURN(std::string pem, crypto::SignerToPem(signer));
  const crypto::Secret plain(std::move(pem));
  return MakeKeyFile(path, plain.view(), protection);
}

}  // namespace fundledger::sdk
