// Where passphrases and PINs come from: a file, a descriptor, or whoever sits at the terminal.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "ledger/crypto/secret.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

// Keys are not encrypted under shorter ones.
inline constexpr size_t kPassphraseBytesMin = 8;

// In this order: the file given (--passphrase-file); the file $FUNDLEDGER_PASSPHRASE_FILE names; the open
// descriptor $FUNDLEDGER_PASSPHRASE_FD names, read once; the terminal, without echo. Each gives its first
// line (crypto::PassphraseOf). Others than its owner may not read a file (KEY_FILE_EXPOSED). Not thread-safe.
class Passphrases {
 public:
  explicit Passphrases(std::filesystem::path file = {}) : file_(std::move(file)) {}

  // Only whoever sits at the terminal, whatever the variables say.
  static Passphrases OfPerson() {
    Passphrases passphrases;
    passphrases.of_person_ = true;
    return passphrases;
  }

  // The passphrase of `holder`'s keys, asked for once; `what` is said at the terminal. UNAUTHENTICATED,
  // reason PASSPHRASE_NEEDED, where there is nobody to ask; errors of reading the file.
  absl::StatusOr<crypto::Secret> Ask(std::string_view holder, std::string_view what);
  // A new one, asked for twice at a terminal. Also INVALID_ARGUMENT, reasons PASSPHRASE_TOO_SHORT,
  // PASSPHRASES_DIFFER.
  absl::StatusOr<crypto::Secret> AskNew(std::string_view holder, std::string_view what);
  // The one given was wrong: the next Ask asks again. False if asking again would only give the same.
  bool Forget(std::string_view holder);
  // Whether a person is asked, who sees what for.
  bool AsksPeople() const;

 private:
  absl::StatusOr<crypto::Secret> Given();

  std::filesystem::path file_;
  bool of_person_ = false;
  std::map<std::string, crypto::Secret, std::less<>> known_;  // by holder; "" is what a descriptor gave
};

}  // namespace fundledger::sdk
