#include "clients/sdk/keys.h"

#include <string>
#include <utility>

#include "clients/sdk/agent.h"
#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "ledger/crypto/pkcs8.h"
#include "ledger/crypto/token.h"

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

// The PIN of a token: from the file its URI names, or as a passphrase is. The last try before the token locks
// is left to a person: a program that is called again and again would waste it.
crypto::AskPin AskPinOf(std::string pin_file, Passphrases* passphrases) {
  return [pin_file = std::move(pin_file), passphrases](const std::string& token,
                                                       bool last_try) -> absl::StatusOr<crypto::Secret> {
    Passphrases by_file(pin_file);
    Passphrases* source = pin_file.empty() ? passphrases : &by_file;
    if (last_try && !source->AsksPeople()) {
      return Refuse(absl::StatusCode::kUnauthenticated, "TOKEN_PIN_LOCKED",
                    absl::StrCat("one more wrong PIN locks token ", token,
                                 ": it is not taken from a file now; type it at a terminal"));
    }
    const char* warning = last_try ? " (last try: a wrong one locks the token)" : "";
    return source->Ask(absl::StrCat("token ", token), absl::StrCat("PIN of token ", token, warning));
  };
}

// The URI of a key file that names a key on a token; empty for other files.
std::string TokenUriOf(std::string_view text) {
  if (!crypto::IsTokenUri(text)) return "";
  return std::string(text.substr(0, text.find_first_of("\r\n")));
}

}  // namespace

absl::StatusOr<std::unique_ptr<crypto::Signer>> MakeTokenKeyFile(const std::filesystem::path& path,
                                                                 const std::string& uri,
                                                                 Passphrases* passphrases) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return Refuse(absl::StatusCode::kAlreadyExists, "KEY_FILE_EXISTS",
                  absl::StrCat("there is a key ", path.string(), " already; it is left as it is"));
  }
  ASSIGN_OR_RETURN(std::string pin_file, crypto::PinSource(uri));
  ASSIGN_OR_RETURN(auto signer, crypto::MakeTokenKey(uri, AskPinOf(std::move(pin_file), passphrases)));
  RETURN_IF_ERROR(MakeSecretFile(path, absl::StrCat(uri, "\n")));
  return signer;
}

absl::StatusOr<bool> IsOnToken(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadSecretFile(path));
  return crypto::IsTokenUri(text);
}

absl::StatusOr<crypto::Secret> ReadKeyPem(const std::filesystem::path& path, Passphrases* passphrases) {
  ASSIGN_OR_RETURN(std::string pem, ReadSecretFile(path));
  if (!crypto::IsEncryptedKey(pem)) return crypto::Secret(std::move(pem));
  if (std::optional<crypto::Secret> held = PemOfAgent(pem); held.has_value()) return *std::move(held);
  return Decrypt(path, pem, passphrases);
}

absl::StatusOr<std::unique_ptr<crypto::Signer>> LoadSigner(const std::filesystem::path& path,
                                                           Passphrases* passphrases) {
  ASSIGN_OR_RETURN(const std::string file, ReadSecretFile(path));
  // A key in clear needs no agent.
  if (crypto::IsEncryptedKey(file) || crypto::IsTokenUri(file)) {
    if (auto held = SignerOfAgent(file); held != nullptr) return held;
  }
  ASSIGN_OR_RETURN(const crypto::Secret pem, ReadKeyPem(path, passphrases));
  if (const std::string uri = TokenUriOf(pem.view()); !uri.empty()) {
    ASSIGN_OR_RETURN(std::string pin_file, crypto::PinSource(uri));
    auto token = crypto::OpenTokenKey(uri, AskPinOf(std::move(pin_file), passphrases));
    if (!token.ok()) return Annotate(token.status(), path.string());
    return token;
  }
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
