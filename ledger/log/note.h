// C2SP signed notes and checkpoints (tlog-checkpoint).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/crypto/signature.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

struct NoteSignature {
  std::string name;
  uint32_t key_id = 0;
  std::string signature;  // without the key id
};

struct Note {
  std::string text;  // with its final newline
  std::vector<NoteSignature> signatures;
};

// First 4 bytes of SHA-256(name ‖ 0A ‖ type ‖ key), big-endian.
uint32_t NoteKeyId(std::string_view name, uint8_t type, std::string_view key);
// NAME+HEX+BASE64 of an Ed25519 key.
std::string VerifierKey(std::string_view name, const crypto::PublicKey& key);

// One known key. Only Ed25519 (type 01) here.
struct NoteVerifier {
  std::string name;
  uint32_t key_id = 0;
  std::shared_ptr<const crypto::Verifier> key;
  // INVALID_ARGUMENT, reason VERIFIER_KEY_MALFORMED.
  static absl::StatusOr<NoteVerifier> Parse(std::string_view verifier_key);
};
// Whether both are one key under one name. The id has 32 bits: keys that share another's are soon made, so it
// only says which line of a note to look at.
bool IsSameKey(const NoteVerifier& one, const NoteVerifier& other);

// Reads a note of up to 128 KiB and 100 signatures; verifies nothing. INVALID_ARGUMENT, reason
// NOTE_MALFORMED.
absl::StatusOr<Note> ParseNote(std::string_view note);
// Reads a note and checks the signatures of keys in `known`: at least one is there, and none of theirs fails.
// Others are ignored. UNAUTHENTICATED, reason NOTE_UNVERIFIED.
absl::StatusOr<Note> OpenNote(std::string_view note, const std::vector<NoteVerifier>& known);
// The note with one Ed25519 signature. INVALID_ARGUMENT, reason NOTE_MALFORMED, for text that cannot be a
// note's.
absl::StatusOr<std::string> SignNote(std::string_view text, std::string_view name,
                                     const crypto::Signer& signer);

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash256 root;
  bool operator==(const Checkpoint&) const = default;
};

std::string FormatCheckpoint(const Checkpoint& checkpoint);
// Extension lines are tolerated. INVALID_ARGUMENT, reason CHECKPOINT_MALFORMED.
absl::StatusOr<Checkpoint> ParseCheckpointText(std::string_view text);
absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const crypto::Signer& signer);
// The one function that believes a checkpoint: signature by `log`, origin equal to the key's name.
absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const NoteVerifier& log);

}  // namespace fundledger::log
