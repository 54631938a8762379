#include "clients/verify/core/proof_check.h"

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

}  // namespace

absl::StatusOr<ProvenRecord> CheckProof(const log::ProofFile& proof, const KeyAt& key_at) {
  if (!proof.extra.has_value())
    return Lost("PROOF_WITHOUT_RECORD", "the proof file does not hold its record");
  ProvenRecord proven;
  proven.bytes = *proof.extra;
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(proven.bytes));
  proven.header = record.header;
  proven.leaf = log::LeafHash(proven.bytes);
  if (proven.header.sequence != proof.index) {
    return Lost("SEQUENCE_WRONG", absl::StrCat("the proof is for place ", proof.index,
                                               ", its record says it is ", proven.header.sequence));
  }
  ASSIGN_OR_RETURN(const log::Checkpoint stated, PeekCheckpoint(proof.checkpoint));
  ASSIGN_OR_RETURN(proven.checkpoint, log::OpenProof(proof, proven.leaf, key_at(stated.size)));
  return proven;
}

absl::StatusOr<Attested> OpenAttested(std::string_view note, const KeyAt& key_at, const log::Policy& policy) {
  ASSIGN_OR_RETURN(const log::Checkpoint stated, PeekCheckpoint(note));
  ASSIGN_OR_RETURN(log::WitnessedCheckpoint opened, log::OpenWitnessed(note, key_at(stated.size), policy));
  Attested attested;
  attested.checkpoint = opened.checkpoint;
  attested.note = std::string(note);
  attested.cosignatures = std::move(opened.cosignatures);
  attested.is_witnessed = policy.AsksWitnesses() && opened.witnessed;
  attested.since_s = opened.since_s;
  return attested;
}

}  // namespace fundledger::verify
