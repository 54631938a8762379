// Records with their proofs, and checkpoints, against what is known of the log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/verify/core/findings.h"
#include "clients/verify/core/reader.h"
#include "ledger/log/note.h"
#include "ledger/log/policy.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"

#include "absl/status/statusor.h"

namespace fundledger::verify {

// The log's key for checkpoints of a size.
using KeyAt = std::function<const log::NoteVerifier&(uint64_t size)>;

struct ProvenRecord {
  std::string bytes;
  log::RecordHeader header;
  Hash256 leaf;
  log::Checkpoint checkpoint;  // signed by the log, and the record is in it
};
// That the record in the file is in the log, at its place, under the checkpoint in the file. DATA_LOSS,
// reasons PROOF_WITHOUT_RECORD, RECORD_MALFORMED, SEQUENCE_WRONG, PROOF_INVALID; UNAUTHENTICATED, reason
// NOTE_UNVERIFIED.
absl::StatusOr<ProvenRecord> CheckProof(const log::ProofFile& proof, const KeyAt& key_at);

// A checkpoint that witnesses cosigned, or nobody: as far as the policy knows them.
struct Attested {
  log::Checkpoint checkpoint;
  std::string note;
  std::vector<log::Cosignature> cosignatures;
  bool is_witnessed = false;  // the policy asks for witnesses, and enough of them cosigned
  uint64_t since_s = 0;       // then
};
// That the note is the log's, and its cosignatures by witnesses of the policy are good. Errors as of
// log::OpenWitnessed.
absl::StatusOr<Attested> OpenAttested(std::string_view note, const KeyAt& key_at, const log::Policy& policy);

}  // namespace fundledger::verify
