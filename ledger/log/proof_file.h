// C2SP tlog-proof: that a record stands in a log, as one text file that anybody checks offline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/log/note.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

struct ProofFile {
  // Signed by nobody until its hash is the leaf's. Here: the record's bytes.
  std::optional<std::string> extra;
  uint64_t index = 0;
  std::vector<Hash256> inclusion;  // from the leaf's sibling up
  std::string checkpoint;          // the note, word for word
  bool operator==(const ProofFile&) const = default;
};

std::string FormatProofFile(const ProofFile& proof);
// What it reads, the function above gives back byte for byte. The checkpoint is one in form, and has the
// index; nothing is verified. INVALID_ARGUMENT, reason PROOF_FILE_MALFORMED, NOTE_MALFORMED or
// CHECKPOINT_MALFORMED.
absl::StatusOr<ProofFile> ParseProofFile(std::string_view text);

// The one function that believes a proof: `leaf` at its index under a checkpoint of `log`. UNAUTHENTICATED,
// reason NOTE_UNVERIFIED; DATA_LOSS, reason PROOF_INVALID.
absl::StatusOr<Checkpoint> OpenProof(const ProofFile& proof, const Hash256& leaf, const NoteVerifier& log);

}  // namespace fundledger::log
