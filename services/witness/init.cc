#include "services/witness/init.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/crypto/pkcs8.h"
#include "ledger/crypto/secret.h"
#include "ledger/crypto/signature.h"
#include "ledger/crypto/terminal.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/lines.h"
#include "ledger/log/note.h"
#include "services/process/files.h"
#include "services/witness/language.h"
#include "services/witness/state.h"

#include "absl/strings/str_cat.h"

namespace fundledger::witness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPassphraseBytesMin = 8;

absl::Status Invalid(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

absl::Status CheckOptions(const InitOptions& options) {
  if (!log::IsKeyName(options.name)) {
    return Invalid("CONFIG_INCOMPLETE", "--name is empty, or has white space or '+' in it");
  }
  for (const std::string& key : options.logs) {
    const auto parsed = log::NoteVerifier::Parse(key);
    if (!parsed.ok()) return Annotate(parsed.status(), absl::StrCat("--log ", key));
  }
  std::error_code error;
  if (fs::exists(options.directory, error) && !fs::is_empty(options.directory, error)) {
    return Invalid("DIRECTORY_NOT_EMPTY",
                   absl::StrCat(options.directory, " holds something already; it is left as it is"));
  }
  if (options.plain_key && !options.passphrase_file.empty()) {
    return Invalid("PASSPHRASE_NEEDED",
                   "give --passphrase-file, so that the key is encrypted, or --plain-key, so that it is not");
  }
  return absl::OkStatus();
}

absl::Status CheckLength(const crypto::Secret& passphrase) {
  if (passphrase.view().size() >= kPassphraseBytesMin) return absl::OkStatus();
  return Invalid("PASSPHRASE_TOO_SHORT",
                 absl::StrCat("a passphrase has at least ", kPassphraseBytesMin, " bytes"));
}

// From the file that is named, else from whoever sits at the terminal, who gives it twice.
absl::StatusOr<crypto::Secret> NewPassphrase(const InitOptions& options) {
  if (!options.passphrase_file.empty()) {
    ASSIGN_OR_RETURN(std::string text, process::ReadSecretFile(options.passphrase_file));
    crypto::Secret passphrase = crypto::PassphraseOf(crypto::Secret(std::move(text)));
    RETURN_IF_ERROR(Annotate(CheckLength(passphrase), options.passphrase_file));
    return passphrase;
  }
  const crypto::Terminal terminal;
  auto first = terminal.Ask(T("new passphrase for the witness's key: ", "新口令，用于见证密钥："));
  if (!first.ok()) {
    return Invalid("PASSPHRASE_NEEDED",
                   absl::StrCat(first.status().message(),
                                ": give --passphrase-file, so that the key is encrypted, or --plain-key, so "
                                "that it is not"));
  }
  RETURN_IF_ERROR(CheckLength(*first));
  ASSIGN_OR_RETURN(const crypto::Secret second, terminal.Ask(T("the same again: ", "再次输入：")));
  if (first->view() == second.view()) return first;
  return Invalid("PASSPHRASES_DIFFER", "the two passphrases are not the same: nothing was made");
}

absl::StatusOr<crypto::Secret> KeyFileText(const InitOptions& options, const crypto::Signer& key) {
  ASSIGN_OR_RETURN(std::string pem, crypto::SignerToPem(key));
  crypto::Secret plain(std::move(pem));
  if (options.plain_key) return plain;
  ASSIGN_OR_RETURN(const crypto::Secret passphrase, NewPassphrase(options));
  ASSIGN_OR_RETURN(std::string encrypted, crypto::EncryptKey(plain.view(), passphrase.view()));
  return crypto::Secret(std::move(encrypted));
}

// Key names hold neither quotes' escapes nor control characters but for backslash and quote.
std::string TomlText(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string ConfigText(const InitOptions& options) {
  std::string logs;
  for (const std::string& key : options.logs) absl::StrAppend(&logs, "  ", TomlText(key), ",\n");
  return absl::StrCat(
      "# Configuration of fundledger-witness; `fundledger-witness --help` lists all settings.\nname = ",
      TomlText(options.name), "\nkey = \"witness.key\"\nstate = \"state\"\nlisten = \"127.0.0.1:7431\"\n",
      "# The logs it cosigns. When a log replaces its key, add the new one beside the old.\nlogs = [\n", logs,
      "]\n");
}

}  // namespace

absl::StatusOr<std::string> Init(const InitOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(const std::unique_ptr<crypto::Signer> key,
                   crypto::GenerateKey(crypto::Algorithm::kEd25519));
  ASSIGN_OR_RETURN(const crypto::Secret key_text, KeyFileText(options, *key));
  const fs::path directory = options.directory;
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return Refuse(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
                  absl::StrCat(options.directory, ": ", error.message()));
  }
  const std::string verifier_key = log::WitnessKey(options.name, key->public_key());
  RETURN_IF_ERROR(process::MakeSecretFile((directory / "witness.key").string(), key_text.view()));
  RETURN_IF_ERROR(State::Create((directory / "state").string(), verifier_key));
  RETURN_IF_ERROR(process::ReplaceFileDurably((directory / "witness.toml").string(), ConfigText(options)));
  return absl::StrCat("verifier key: ", verifier_key, "\npolicy line:  witness ", options.name, " ",
                      verifier_key, options.url.empty() ? "" : " ", options.url, "\n");
}

}  // namespace fundledger::witness
