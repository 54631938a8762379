#include "clients/sdk/witnessed.h"

#include <algorithm>

#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/merkle.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

absl::Status CheckBeginsWith(const log::Checkpoint& witnessed, const log::Checkpoint& checkpoint,
                             const ProofFetcher& fetch) {
  const auto contradicts = [&](std::string_view why) {
    return Evidence(
        "WITNESSED_CONTRADICTS",
        absl::StrCat("the tree of ", witnessed.size, " records that witnesses cosigned, root ",
                     HexEncode(witnessed.root.view()), ", is not the beginning of the one shown, of ",
                     checkpoint.size, ", root ", HexEncode(checkpoint.root.view()), ": ", ToAbsl(why)));
  };
  if (witnessed.origin != checkpoint.origin) return contradicts("it is of another log");
  if (witnessed.size > checkpoint.size || witnessed.size == 0) return contradicts("its size does not fit");
  std::vector<Hash256> proof;
  if (witnessed.size < checkpoint.size) {
    ASSIGN_OR_RETURN(proof, fetch.consistency(witnessed.size, checkpoint.size));
  }
  if (log::VerifyConsistency(witnessed.size, checkpoint.size, witnessed.root, checkpoint.root, proof).ok()) {
    return absl::OkStatus();
  }
  return contradicts("the server's proof does not hold");
}

}  // namespace

absl::StatusOr<log::WitnessedCheckpoint> OpenWitnessed(const std::string& note, const audit::LogKeys& keys,
                                                       const log::Policy& policy) {
  ASSIGN_OR_RETURN(const log::Note parsed, log::ParseNote(note));
  ASSIGN_OR_RETURN(const log::Checkpoint stated, log::ParseCheckpointText(parsed.text));
  return log::OpenWitnessed(note, keys.At(stated.size), policy);
}

absl::StatusOr<std::optional<WitnessedUpTo>> OpenWitnessedBasis(const ::fundledger::v1::Basis& basis,
                                                                const log::Checkpoint& checkpoint,
                                                                const audit::LogKeys& keys,
                                                                const log::Policy& policy,
                                                                const ProofFetcher& fetch) {
  if (basis.witnessed_checkpoint().empty()) return std::nullopt;
  const auto opened = OpenWitnessed(basis.witnessed_checkpoint(), keys, policy);
  if (!opened.ok()) {
    return Evidence(
        "WITNESSED_UNVERIFIED",
        absl::StrCat("the witnessed checkpoint that the answer names is none: ", opened.status().message()));
  }
  RETURN_IF_ERROR(CheckBeginsWith(opened->checkpoint, checkpoint, fetch));
  if (!policy.AsksWitnesses() || !opened->witnessed) return std::nullopt;
  WitnessedUpTo up_to{opened->checkpoint.size - 1, static_cast<int64_t>(opened->since_s) * 1'000'000, {}};
  for (const log::Cosignature& cosignature : opened->cosignatures) {
    if (std::find(up_to.names.begin(), up_to.names.end(), cosignature.name) == up_to.names.end()) {
      up_to.names.push_back(cosignature.name);
    }
  }
  return up_to;
}

}  // namespace fundledger::sdk
