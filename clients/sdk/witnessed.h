// Up to where witnesses vouch for what a client was shown: judged by the client's own policy, never by the
// server's word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/sdk/seen.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/audit/log_keys.h"
#include "ledger/log/note.h"
#include "ledger/log/policy.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

struct WitnessedUpTo {
  Sequence sequence = 0;           // of the last record under the quorum
  int64_t since_us = 0;            // when the quorum was complete, by the witnesses' clocks
  std::vector<std::string> names;  // of their keys, each once
};

// The checkpoint of a note with the cosignatures under it, by the log's key for its size. Errors as of
// log::OpenWitnessed.
absl::StatusOr<log::WitnessedCheckpoint> OpenWitnessed(const std::string& note, const audit::LogKeys& keys,
                                                       const log::Policy& policy);

// What `basis` shows of witnesses, `checkpoint` being its own, believed already; nothing where the policy's
// quorum does not stand under it. The witnessed tree must be one that the believed tree begins with.
// Evidence, reasons WITNESSED_UNVERIFIED (a signature of log or witness is bad), WITNESSED_CONTRADICTS; or
// the fetcher's error.
absl::StatusOr<std::optional<WitnessedUpTo>> OpenWitnessedBasis(const ::fundledger::v1::Basis& basis,
                                                                const log::Checkpoint& checkpoint,
                                                                const audit::LogKeys& keys,
                                                                const log::Policy& policy,
                                                                const ProofFetcher& fetch);

}  // namespace fundledger::sdk
