#include "clients/bundle/receipt_file.h"

#include "fundledger/v1/resources.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bundle {
namespace {

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "RECEIPT_MALFORMED",
                absl::StrCat("this is no receipt: ", ToAbsl(why)));
}

}  // namespace

absl::StatusOr<log::ProofFile> ParseReceipt(std::string_view bytes) {
  if (bytes.starts_with("c2sp.org/tlog-proof@")) {
    auto proof = log::ParseProofFile(bytes);
    return proof.ok() ? std::move(proof) : Malformed(ToStd(proof.status().message()));
  }
  ::fundledger::v1::Receipt receipt;
  if (!receipt.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Malformed("it cannot be parsed");
  log::ProofFile proof;
  proof.extra = receipt.header() + receipt.envelope();
  const auto record = log::DecodeRecord(*proof.extra);
  if (!record.ok()) return Malformed(ToStd(record.status().message()));
  proof.index = record->header.sequence;
  for (const std::string& each : receipt.inclusion()) {
    const auto hash = Hash256::FromBytes(each);
    if (!hash.has_value()) return Malformed("a hash of its proof is not 32 bytes");
    proof.inclusion.push_back(*hash);
  }
  proof.checkpoint = receipt.checkpoint();
  return proof;
}

}  // namespace fundledger::bundle
