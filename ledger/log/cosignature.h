// C2SP tlog-cosignature, version 1 with Ed25519: a witness says that, as of a time, the largest tree of this
// log it has seen, consistent with all it saw before, is this checkpoint's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/crypto/signature.h"
#include "ledger/log/note.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

// A key whose cosignatures are known. Type 04 only.
struct WitnessVerifier {
  std::string name;
  uint32_t key_id = 0;
  std::shared_ptr<const crypto::Verifier> key;
  // INVALID_ARGUMENT, reason VERIFIER_KEY_MALFORMED.
  static absl::StatusOr<WitnessVerifier> Parse(std::string_view verifier_key);
};

// NAME+HEX+BASE64 of a witness's Ed25519 key.
std::string WitnessKey(std::string_view name, const crypto::PublicKey& key);

struct Cosignature {
  std::string name;  // the key's
  uint32_t key_id = 0;
  uint64_t time_s = 0;  // since 1970 UTC, by the witness's clock
  bool operator==(const Cosignature&) const = default;
};

// The note line, with its newline. INVALID_ARGUMENT: CHECKPOINT_MALFORMED unless `checkpoint_text` is a
// checkpoint's text, NOTE_MALFORMED for a name, a key or a time (over 2^63 - 1) that no cosignature has.
absl::StatusOr<std::string> Cosign(std::string_view checkpoint_text, uint64_t time_s, std::string_view name,
                                   const crypto::Signer& signer);

// Those of the note's signatures that are cosignatures of `witnesses`, verified, in the note's order; none is
// no error. Others are ignored, so the log's own signature is to be checked beside this (policy.h does both).
// UNAUTHENTICATED, reason NOTE_UNVERIFIED, where one by a known key does not verify.
absl::StatusOr<std::vector<Cosignature>> OpenCosignatures(const Note& note,
                                                          const std::vector<WitnessVerifier>& witnesses);

}  // namespace fundledger::log
