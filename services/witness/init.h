// A new witness: its key, its empty state, its configuration.
#pragma once

#include <string>

#include "services/witness/config.h"

#include "absl/status/statusor.h"

namespace fundledger::witness {

// Makes the directory with witness.key, state/ and witness.toml, and gives what to tell the people: its
// verifier key and its policy line. Asks for a passphrase at the terminal unless the options say where it is,
// or that there is none. INVALID_ARGUMENT: CONFIG_INCOMPLETE, PASSPHRASE_NEEDED,
// PASSPHRASE_TOO_SHORT, PASSPHRASES_DIFFER, VERIFIER_KEY_MALFORMED, DIRECTORY_NOT_EMPTY; errors of files.h
// and state.h.
absl::StatusOr<std::string> Init(const InitOptions& options);

}  // namespace fundledger::witness
