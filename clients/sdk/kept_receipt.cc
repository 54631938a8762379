#include "clients/sdk/kept_receipt.h"

#include <utility>

#include "clients/bundle/receipt_file.h"
#include "clients/sdk/client.h"
#include "clients/sdk/evidence.h"
#include "clients/sdk/files.h"
#include "ledger/audit/contradiction.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/merkle.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "RECEIPT_MALFORMED",
                absl::StrCat("the file holds no receipt: ", ToAbsl(why)));
}

absl::Status Invalid(std::string_view why) {
  return Evidence("RECEIPT_INVALID",
                  absl::StrCat("the receipt does not prove that the log has its record: ", ToAbsl(why)));
}

// What the server shows at the receipt's place, against the receipt.
absl::Status Contradicted(Client* client, const KeptReceipt& receipt, const absl::Status& why) {
  const std::filesystem::path directory = client->config().evidence_path();
  const std::string mine = log::FormatProofFile(receipt.proof);
  const std::string what =
      absl::StrCat("the receipt's record ", receipt.header.sequence, ", leaf ",
                   HexEncode(receipt.leaf.view()), ", is not in the log that is shown: ", why.message());
  const auto shown = client->Record(receipt.header.sequence);
  if (shown.ok() && shown->leaf != receipt.leaf) {
    const std::string theirs =
        log::FormatProofFile({shown->bytes, receipt.header.sequence, shown->inclusion, shown->note});
    const log::EvidenceFile file = log::TwoLeaves(mine, theirs);
    if (audit::CheckContradiction(file, client->log_keys()->keys()).ok()) {
      return Report(directory, "RECEIPT_CONTRADICTED", what, file, client->log_keys()->records());
    }
  }
  std::string latest;
  (void)client->Latest(&latest);
  return Complain(directory, "RECEIPT_CONTRADICTED", what,
                  {{log::PartLabel::kRecordProof, mine}, {log::PartLabel::kCheckpoint, latest}},
                  client->log_keys()->records());
}

}  // namespace

absl::StatusOr<KeptReceipt> ReadReceipt(std::string_view bytes) {
  KeptReceipt receipt;
  ASSIGN_OR_RETURN(receipt.proof, bundle::ParseReceipt(bytes));
  if (!receipt.proof.extra.has_value()) return Malformed("it lacks the record, in a line \"extra\"");
  const auto record = log::DecodeRecord(receipt.record());
  if (!record.ok()) return Malformed(ToStd(record.status().message()));
  const auto opened = crypto::OpenEnvelope(record->envelope);
  if (!opened.ok()) return Malformed(ToStd(opened.status().message()));
  if (!receipt.submission.ParseFromString(opened->payload))
    return Malformed("its envelope holds no submission");
  receipt.header = record->header;
  receipt.leaf = log::LeafHash(receipt.record());
  return receipt;
}

absl::StatusOr<std::string> FormatReceipt(const KeptReceipt& receipt) {
  v1::Receipt out;
  const auto record = log::DecodeRecord(receipt.record());
  if (!record.ok()) return Malformed(ToStd(record.status().message()));
  const auto note = log::ParseNote(receipt.proof.checkpoint);
  const auto stated = note.ok() ? log::ParseCheckpointText(note->text) : note.status();
  if (!stated.ok()) return Malformed(absl::StrCat("its checkpoint: ", stated.status().message()));
  out.set_header(std::string(record->header_bytes));
  out.set_envelope(std::string(record->envelope));
  out.set_tree_size(stated->size);
  for (const Hash256& hash : receipt.proof.inclusion) out.add_inclusion(hash.str());
  out.set_checkpoint(receipt.proof.checkpoint);
  return out.SerializeAsString();
}

absl::StatusOr<log::Checkpoint> CheckKept(const KeptReceipt& receipt, const audit::LogKeys& keys,
                                          const std::optional<Hash256>& ledger) {
  if (receipt.proof.index != receipt.header.sequence) {
    return Invalid(absl::StrCat("its record says it is number ", receipt.header.sequence,
                                ", its proof is of number ", receipt.proof.index));
  }
  const bool is_genesis = receipt.header.sequence == 0;
  if (ledger.has_value() &&
      (is_genesis ? receipt.leaf.view() : receipt.submission.ledger()) != ledger->view()) {
    return Invalid(absl::StrCat("its submission is for ledger ", HexEncode(receipt.submission.ledger()),
                                ", not for ", HexEncode(ledger->view())));
  }
  const auto note = log::ParseNote(receipt.proof.checkpoint);
  const auto stated = note.ok() ? log::ParseCheckpointText(note->text) : note.status();
  if (!stated.ok()) return Invalid(absl::StrCat("its checkpoint: ", stated.status().message()));
  auto checkpoint = log::OpenProof(receipt.proof, receipt.leaf, keys.At(stated->size));
  if (checkpoint.ok()) return checkpoint;
  const absl::Status& why = checkpoint.status();
  if (ReasonOf(why) == "PROOF_INVALID") {
    return Invalid(absl::StrCat("record and proof do not lead to the checkpoint's root: ", why.message()));
  }
  const bool is_of_unknown = ReasonOf(why) == "NOTE_UNVERIFIED";
  return Invalid(absl::StrCat("its checkpoint: ", why.message(),
                              is_of_unknown ? "; or the log replaced its key, which is not known here" : ""));
}

absl::Status CheckStillThere(Client* client, const KeptReceipt& receipt) {
  const auto believed = client->Believe(receipt.proof.checkpoint);
  return IsEvidence(believed.status()) ? Contradicted(client, receipt, believed.status()) : believed.status();
}

absl::StatusOr<KeptReceipt> ProveUnder(Client* client, const KeptReceipt& receipt, const std::string& note) {
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, client->Believe(note));
  const auto proven = client->VerifyRecord(receipt.header.sequence, receipt.record(), checkpoint);
  const bool is_denied = IsEvidence(proven.status()) || absl::IsOutOfRange(proven.status());
  if (is_denied) return Contradicted(client, receipt, proven.status());
  if (!proven.ok()) return proven.status();
  KeptReceipt upgraded = receipt;
  upgraded.proof.inclusion = proven->inclusion;
  upgraded.proof.checkpoint = note;
  return upgraded;
}

}  // namespace fundledger::sdk
