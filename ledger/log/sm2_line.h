// The SM2 line of a checkpoint, for readers who must not rely on Ed25519 alone: one more signature of the
// same text, under the same name, by a key of its own. C2SP leaves type FF to us, so every other reader
// ignores it.
//
//   key id       = first 4 bytes of SHA-256(name ‖ 0A ‖ FF ‖ "fundledger/sm2/v1" ‖ point)
//   signature    = r ‖ s, 64 bytes: SM2 with SM3 (GB/T 32918), id 1234567812345678, of the note's text
//   verifier key = NAME+HEX8(key id)+BASE64(FF ‖ "fundledger/sm2/v1" ‖ point), see log::VerifierKey
//   point        = uncompressed, 65 bytes
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/crypto/signature.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::log {

struct Sm2Verifier {
  std::string name;
  uint32_t key_id = 0;
  std::shared_ptr<const crypto::Verifier> key;
  // INVALID_ARGUMENT, reason VERIFIER_KEY_MALFORMED.
  static absl::StatusOr<Sm2Verifier> Parse(std::string_view verifier_key);
};

// A signed checkpoint with the line of `signer`, an SM2 key, at its end. INVALID_ARGUMENT, reasons
// NOTE_MALFORMED, CHECKPOINT_MALFORMED.
absl::StatusOr<std::string> AddSm2Line(std::string_view note, const crypto::Signer& signer);
// That the key signed the note's text: its line is there, and none of its lines fails. UNAUTHENTICATED,
// reason NOTE_UNVERIFIED.
absl::Status CheckSm2Line(std::string_view note, const Sm2Verifier& verifier);

}  // namespace fundledger::log
