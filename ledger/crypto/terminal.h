// Passphrases and PINs from whoever sits at the terminal, or from an open descriptor.
#pragma once

#include <string_view>

#include <termios.h>

#include "ledger/crypto/secret.h"

#include "absl/status/statusor.h"

namespace fundledger::crypto {

// The passphrase (PassphraseOf) that an open descriptor gives; nothing behind its line is taken.
// UNAUTHENTICATED, reason PASSPHRASE_NEEDED: nothing could be read.
absl::StatusOr<Secret> ReadSecretLine(int fd);

// The process's terminal, with its echo off while this lives. Not thread-safe.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Says the prompt and waits for a line. UNAUTHENTICATED, reason PASSPHRASE_NEEDED: there is no terminal, or
  // nobody answers.
  absl::StatusOr<Secret> Ask(std::string_view prompt) const;

 private:
  void Say(std::string_view text) const;

  const int fd_;
  termios before_{};
  bool quiet_ = false;
};

}  // namespace fundledger::crypto
