// What the line formats of C2SP have in common: names and keys of notes, numbers, hashes one a line. For this
// folder and for who reads those formats; everything is as strict as it can be, so that one meaning has one
// spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

// Takes the text before the first `separator` off `text`, and the separator; nothing where there is none.
std::optional<std::string_view> TakeUntil(std::string_view* text, char separator);

// A number as it must be written: digits, no sign, no leading zero.
std::optional<uint64_t> ReadNumber(std::string_view text);

// Takes base64 hashes, one a line, and the empty line behind them off `text`. Nothing where a line is no
// hash, where there are more than `max`, or where no empty line ends them.
std::optional<std::vector<Hash256>> TakeHashes(size_t max, std::string_view* text);
// The same written: without the empty line.
std::string FormatHashes(const std::vector<Hash256>& hashes);

// Whether a key may have this name: not empty, UTF-8, no white space, control character or '+'.
bool IsKeyName(std::string_view name);

// "— NAME BASE64\n".
std::string SignatureLine(std::string_view name, uint32_t key_id, std::string_view signature);

// A verifier key, NAME+HEX+BASE64, taken apart; its id is checked.
struct VerifierKeyParts {
  std::string name;
  uint32_t key_id = 0;
  uint8_t type = 0;
  std::string key;  // without the type
};
// INVALID_ARGUMENT, reason VERIFIER_KEY_MALFORMED.
absl::StatusOr<VerifierKeyParts> ParseVerifierKey(std::string_view verifier_key);
std::string FormatVerifierKey(std::string_view name, uint8_t type, std::string_view key);
// The refusal the above and its callers give.
absl::Status VerifierKeyMalformed(std::string_view why);

}  // namespace fundledger::log
