#include "clients/bundle/receipt_file.h"

#include <string>
#include <utility>

#include "fundledger/v1/resources.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/base/status.h"
#include "ledger/log/note.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bundle {
namespace {

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "RECEIPT_MALFORMED",
                absl::StrCat("the file holds no receipt: ", ToAbsl(why)));
}

absl::StatusOr<log::ProofFile> ReadStored(std::string_view bytes) {
  ::fundledger::v1::Receipt receipt;
  if (!receipt.ParseFromString(std::string(bytes)) || receipt.header().empty()) {
    return Malformed("it is neither a client's receipt nor a C2SP tlog-proof");
  }
  if (receipt.envelope().empty()) return Malformed("it lacks the submission's envelope");
  log::ProofFile proof;
  proof.extra = receipt.header() + receipt.envelope();
  for (const std::string& each : receipt.inclusion()) {
    const auto hash = Hash256::FromBytes(each);
    if (!hash.has_value()) return Malformed("a hash of its proof is not of 32 bytes");
    proof.inclusion.push_back(*hash);
  }
  proof.checkpoint = receipt.checkpoint();
  const auto record = log::DecodeRecord(*proof.extra);
  if (!record.ok()) return Malformed(ToStd(record.status().message()));
  if (record->header_bytes != receipt.header()) return Malformed("its header does not end where it says");
  proof.index = record->header.sequence;
  // The size is the checkpoint's to say; where they differ, something was altered.
  const auto note = log::ParseNote(proof.checkpoint);
  const auto stated = note.ok() ? log::ParseCheckpointText(note->text) : note.status();
  if (!stated.ok()) return Malformed(ToStd(stated.status().message()));
  if (stated->size != receipt.tree_size()) {
    return Malformed(absl::StrCat("it is for a tree of ", receipt.tree_size(), ", its checkpoint for one of ",
                                  stated->size));
  }
  return proof;
}

}  // namespace

absl::StatusOr<log::ProofFile> ParseReceipt(std::string_view bytes) {
  if (!bytes.starts_with("c2sp.org/tlog-proof")) return ReadStored(bytes);
  auto proof = log::ParseProofFile(bytes);
  return proof.ok() ? std::move(proof) : Malformed(ToStd(proof.status().message()));
}

}  // namespace fundledger::bundle
