// What a witness cosigned last, asked of it over HTTP (C2SP tlog-witness, GET).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ledger/log/cosignature.h"
#include "ledger/log/policy.h"

#include "absl/status/statusor.h"

namespace fundledger::cli {

struct WitnessAnswer {
  std::string note;  // as it came; empty: the witness has cosigned nothing of this log
  log::Cosignature cosignature;
};

// The latest checkpoint of the log with this origin that `witness` cosigned: GET PREFIX/HEX/checkpoint, HEX
// being SHA-256 of the origin. Over HTTPS it is believed by the authorities in the PEM file `ca`, or, where
// that is empty, by the system's. Whatever comes is believed for the witness's cosignature alone; the log's
// signature is for the caller to check. Blocks for 10 seconds to connect, again for each pause of an answer
// of 128 KiB at most, and for `time_max` in all. UNAVAILABLE, reason WITNESS_UNREACHABLE: the policy has no
// URL for it, it does not answer, or what it answers does not bear its cosignature.
absl::StatusOr<WitnessAnswer> AskWitness(const log::PolicyWitness& witness, std::string_view origin,
                                         const std::string& ca,
                                         std::chrono::milliseconds time_max = std::chrono::seconds(30));

}  // namespace fundledger::cli
