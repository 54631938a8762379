#include "clients/sdk/receipt.h"

#include <map>
#include <optional>
#include <utility>

#include <google/protobuf/util/message_differencer.h>

#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

absl::Status Invalid(std::string_view what) {
  return Evidence(
      "RECEIPT_INVALID",
      absl::StrCat("the receipt does not prove that the submission was recorded: ", ToAbsl(what)));
}

absl::StatusOr<v1::Submission> ReadSubmission(const std::string& payload) {
  v1::Submission submission;
  if (!submission.ParseFromString(payload)) return Invalid("the envelope holds no submission");
  return submission;
}

// That a repeated request's envelope means what was sent now. Who signed it is CheckSigner's to say.
absl::Status CheckRepeated(const crypto::OpenedEnvelope& opened, const Sealed& sent) {
  if (opened.payload_type != crypto::kSubmissionType || opened.signatures.size() != 1) {
    return Invalid("the recorded envelope is not one officer's submission");
  }
  ASSIGN_OR_RETURN(const v1::Submission recorded, ReadSubmission(opened.payload));
  ASSIGN_OR_RETURN(const v1::Submission ours, ReadSubmission(sent.payload));
  if (recorded.ledger() != ours.ledger() || recorded.officer() != ours.officer() ||
      recorded.request_id() != ours.request_id()) {
    return Invalid("the recorded envelope is another request");
  }
  // Only the actions: time, seen and not_after may differ between two sendings.
  if (recorded.actions_size() != ours.actions_size()) return Invalid("the recorded actions are others");
  for (int i = 0; i < ours.actions_size(); ++i) {
    if (!google::protobuf::util::MessageDifferencer::Equals(recorded.actions(i), ours.actions(i))) {
      return Invalid(absl::StrCat("the recorded action ", i, " is another"));
    }
  }
  return absl::OkStatus();
}

// That the envelope of the record `sequence`, which is in the log, is by a key of its officer.
absl::Status CheckSigner(const crypto::OpenedEnvelope& opened, const crypto::PublicKey& own_key,
                         Sequence sequence, const KeysNamedFor& named) {
  const std::string signed_bytes = crypto::PreAuthEncoding(opened.payload_type, opened.payload);
  ASSIGN_OR_RETURN(const auto own, crypto::Verifier::Make(own_key));
  if (own->Verify(signed_bytes, opened.signatures[0]).ok()) return absl::OkStatus();
  if (named) {
    ASSIGN_OR_RETURN(const v1::Submission recorded, ReadSubmission(opened.payload));
    ASSIGN_OR_RETURN(const std::vector<crypto::PublicKey> keys, named(recorded.officer(), sequence));
    for (const crypto::PublicKey& key : keys) {
      const auto verifier = crypto::Verifier::Make(key);
      if (verifier.ok() && (*verifier)->Verify(signed_bytes, opened.signatures[0]).ok()) {
        return absl::OkStatus();
      }
    }
  }
  return Invalid(
      "the recorded envelope is signed neither by this officer's key nor by one that the log names for the "
      "officer before it");
}

absl::StatusOr<std::vector<Hash256>> ReadHashes(const v1::Receipt& receipt) {
  std::vector<Hash256> hashes;
  for (const std::string& bytes : receipt.inclusion()) {
    const auto hash = Hash256::FromBytes(bytes);
    if (!hash.has_value()) return Invalid("a hash of the proof is not of 32 bytes");
    hashes.push_back(*hash);
  }
  return hashes;
}

// Where a receipt is to be kept; nothing where a receipt for the same record is kept there already. `planned`
// are the files about to be written.
std::optional<std::filesystem::path> PlaceFor(const std::filesystem::path& directory,
                                              const CheckedReceipt& receipt,
                                              const std::map<std::filesystem::path, Hash256>& planned) {
  std::filesystem::path path = directory / absl::StrCat(receipt.sequence, ".receipt");
  std::optional<Hash256> held;
  if (const auto next = planned.find(path); next != planned.end()) {
    held = next->second;
  } else if (const auto kept = ReadFile(path); kept.ok()) {
    v1::Receipt first;
    held = first.ParseFromString(*kept) ? log::LeafHash(first.header() + first.envelope()) : Hash256();
  }
  if (!held.has_value()) return path;
  // A later receipt for the same record says nothing new.
  if (*held == receipt.leaf) return std::nullopt;
  // Of another ledger, or evidence: nothing that was received is ever overwritten.
  return directory /
         absl::StrCat(receipt.sequence, "-", HexEncode(receipt.leaf.view().substr(0, 4)), ".receipt");
}

}  // namespace

absl::StatusOr<log::Checkpoint> CheckpointReader::Open(const std::string& note) {
  if (!last_.empty() && note == last_) return last_checkpoint_;
  ASSIGN_OR_RETURN(log::Checkpoint opened, log_->Open(note));
  ++verified_;
  last_ = note;
  last_checkpoint_ = opened;
  return opened;
}

absl::StatusOr<CheckedReceipt> CheckReceipt(const v1::Receipt& receipt, const Sealed& sent,
                                            const crypto::PublicKey& own_key, std::shared_ptr<LogKeyring> log,
                                            const KeysNamedFor& named) {
  CheckpointReader checkpoints(std::move(log));
  return CheckReceipt(receipt, sent, own_key, &checkpoints, named);
}

absl::StatusOr<CheckedReceipt> CheckReceipt(const v1::Receipt& receipt, const Sealed& sent,
                                            const crypto::PublicKey& own_key, CheckpointReader* checkpoints,
                                            const KeysNamedFor& named) {
  if (receipt.repeated_request() == receipt.envelope().empty()) {
    return Invalid("an envelope comes with a repeated request, and only with one");
  }
  const std::string& envelope = receipt.repeated_request() ? receipt.envelope() : sent.envelope;
  // Our very bytes need no second look: we signed them.
  std::optional<crypto::OpenedEnvelope> opened;
  if (envelope != sent.envelope) {
    auto other = crypto::OpenEnvelope(envelope);
    if (!other.ok()) return Invalid(ToStd(other.status().message()));
    RETURN_IF_ERROR(CheckRepeated(*other, sent));
    opened = *std::move(other);
  }

  const std::string record = receipt.header() + envelope;
  const auto decoded = log::DecodeRecord(record);
  if (!decoded.ok()) return Invalid(ToStd(decoded.status().message()));
  if (decoded->header_bytes != receipt.header()) return Invalid("the header does not end where it says");

  auto checkpoint = checkpoints->Open(receipt.checkpoint());
  if (!checkpoint.ok()) return Invalid(absl::StrCat("its checkpoint: ", checkpoint.status().message()));
  if (checkpoint->size != receipt.tree_size()) {
    return Invalid(absl::StrCat("it is for a tree of ", receipt.tree_size(), ", its checkpoint for one of ",
                                checkpoint->size));
  }
  CheckedReceipt checked;
  checked.sequence = decoded->header.sequence;
  checked.recorded_at_us = decoded->header.recorded_at_us;
  checked.leaf = log::LeafHash(record);
  ASSIGN_OR_RETURN(const std::vector<Hash256> proof, ReadHashes(receipt));
  const absl::Status included =
      log::VerifyInclusion(checked.sequence, checkpoint->size, checked.leaf, proof, checkpoint->root);
  if (!included.ok()) return Invalid(ToStd(included.message()));
  if (opened.has_value()) RETURN_IF_ERROR(CheckSigner(*opened, own_key, checked.sequence, named));

  checked.checkpoint = *std::move(checkpoint);
  checked.repeated = receipt.repeated_request();
  checked.receipt = receipt;
  checked.receipt.set_envelope(envelope);
  return checked;
}

absl::Status KeepReceipts(const std::filesystem::path& directory,
                          const std::vector<const CheckedReceipt*>& receipts) {
  RETURN_IF_ERROR(MakeDirectory(directory));
  std::map<std::filesystem::path, Hash256> planned;
  std::vector<NewFile> files;
  for (const CheckedReceipt* receipt : receipts) {
    const auto path = PlaceFor(directory, *receipt, planned);
    if (!path.has_value() || !planned.emplace(*path, receipt->leaf).second) continue;
    files.push_back({*path, receipt->receipt.SerializeAsString()});
  }
  return ReplaceFiles(directory, files);
}

absl::Status KeepReceipt(const std::filesystem::path& directory, const CheckedReceipt& receipt) {
  return KeepReceipts(directory, {&receipt});
}

}  // namespace fundledger::sdk
